//! Which objects a patch means: kind, group, version, name, namespace, labels and annotations.

use text::Node;

use crate::object::Object;

/// Whether an object is what a patch's target says. Kind, name and namespace are patterns for the whole text; names and
/// namespaces count that it had before.
pub(super) fn is_meant(object: &Object, target: &Node) -> bool {
    let says = |key: &str| target.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let api = object.text(&["apiVersion"]).unwrap_or("");
    let (group, version) = api.rsplit_once('/').unwrap_or(("", api));
    let metadata = |key: &str| object.node.get("metadata").and_then(|metadata| metadata.get(key));
    says("kind").is_none_or(|kind| fits(kind, object.kind()))
        && says("group").is_none_or(|wanted| fits(wanted, group))
        && says("version").is_none_or(|wanted| fits(wanted, version))
        && says("name").is_none_or(|wanted| object.names().any(|(name, _)| fits(wanted, name)))
        && says("namespace").is_none_or(|wanted| object.names().any(|(_, namespace)| fits(wanted, namespace)))
        && says("labelSelector").is_none_or(|selector| has_labels(metadata("labels"), selector))
        && says("annotationSelector").is_none_or(|selector| has_labels(metadata("annotations"), selector))
}

/// Whether a text is, from its beginning to its end, what a pattern says. One that is no pattern fits nothing.
fn fits(pattern: &str, text: &str) -> bool {
    let is_plain = pattern.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_plain {
        return pattern == text;
    }
    let anchored = format!("^(?:{})$", pattern.trim_start_matches('^').trim_end_matches('$'));
    regex::Regex::new(&anchored).is_ok_and(|pattern| pattern.is_match(text))
}

/// Whether labels, or annotations, are what a selector such as `a=b,c!=d,e in (f, g),!h` says.
pub(crate) fn has_labels(labels: Option<&Node>, selector: &str) -> bool {
    let own = |key: &str| labels.and_then(|labels| labels.get(key.trim())).and_then(Node::as_text);
    requirements(selector).into_iter().all(|requirement| {
        if let Some((key, values)) = set_of(&requirement, " notin ") {
            return own(key).is_none_or(|own| !values.contains(&own));
        }
        if let Some((key, values)) = set_of(&requirement, " in ") {
            return own(key).is_some_and(|own| values.contains(&own));
        }
        if let Some((key, value)) = requirement.split_once("!=") {
            return own(key) != Some(value.trim());
        }
        match (requirement.split_once('='), requirement.strip_prefix('!')) {
            (Some((key, value)), _) => own(key) == Some(value.trim_start_matches('=').trim()),
            (None, Some(key)) => own(key).is_none(),
            (None, None) => own(&requirement).is_some(),
        }
    })
}

/// The parts between commas that stand in no brackets.
fn requirements(selector: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0_usize);
    for c in selector.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn set_of<'r>(requirement: &'r str, word: &str) -> Option<(&'r str, Vec<&'r str>)> {
    let (key, values) = requirement.split_once(word)?;
    let values = values.trim().strip_prefix('(')?.strip_suffix(')')?;
    Some((key, values.split(',').map(str::trim).collect()))
}

#[cfg(test)]
mod tests {
    use text::{Source, read_yaml};

    use super::*;

    #[test]
    fn patterns_mean_the_whole_name() {
        for (pattern, text, expected) in [
            ("api", "api", true),
            ("api", "apis", false),
            ("api.*", "apis", true),
            ("^(api|web)$", "web", true),
            ("api|web", "webs", false),
            ("[", "[", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn selectors_are_read_in_all_their_forms() {
        let labels = read_yaml(&Source::new("l", "{a: b, tier: back}")).0.expect("is YAML");
        for (selector, expected) in [
            ("a=b", true),
            ("a==b,tier=back", true),
            ("a!=b", false),
            ("tier in (front, back),a", true),
            ("tier notin (back)", false),
            ("!a", false),
            ("!b", true),
        ] {
            assert_eq!(has_labels(Some(&labels), selector), expected, "{selector}");
        }
    }
}
