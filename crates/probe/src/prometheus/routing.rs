//! Where an Alertmanager would send an alert, by its own configuration.
//!
//! Of an alert that does not fire only some labels are known: its name, those of its rule, and those that the claim adds.
//! A matcher on any other label may go either way, so the walk keeps two sets: the receivers that get the alert for
//! certain, and those that may. What this does not follow: mute times, grouping, and inhibition by other alerts.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use text::{Node, Source};

/// The deepest tree of routes.
const MAX_DEPTH: usize = 50;

/// The longest pattern that is tried.
const MAX_PATTERN_BYTES: usize = 4096;

/// What a label must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matcher {
    pub(super) label: String,
    /// `false` for `!=` and `!~`.
    pub(super) equal: bool,
    pub(super) pattern: bool,
    pub(super) value: String,
}

/// Labels that are known. `None` for one whose value is not, such as a template.
pub(super) type Labels = BTreeMap<String, Option<String>>;

/// Who gets an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Routed {
    /// For certain.
    pub(super) certain: BTreeSet<String>,
    /// Possibly, the certain ones included.
    pub(super) possible: BTreeSet<String>,
}

impl Matcher {
    /// Whether a label is as it must be; `None` when the label or the pattern is not known.
    pub(super) fn fits(&self, labels: &Labels) -> Option<bool> {
        let value = labels.get(&self.label)?.as_deref()?;
        let is = if self.pattern {
            if self.value.len() > MAX_PATTERN_BYTES {
                return None;
            }
            Regex::new(&format!("^(?:{})$", self.value)).ok()?.is_match(value)
        } else {
            value == self.value
        };
        Some(is == self.equal)
    }

    /// `severity="critical"`, `team=~a|b`, with or without quotes.
    fn parse(text: &str) -> Option<Self> {
        let at = text.find(['=', '!'])?;
        let (label, rest) = text.split_at(at);
        let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| rest.starts_with(operator))?;
        let value = rest[operator.len()..].trim();
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = bare.map_or_else(|| value.to_owned(), |bare| bare.replace("\\\"", "\"").replace("\\\\", "\\"));
        let label = label.trim().trim_matches('"').to_owned();
        Some(Self { label, equal: operator.starts_with('='), pattern: operator.ends_with('~'), value })
    }
}

/// Whether all matchers fit; `None` when that hangs on a label that is not known.
pub(super) fn all_fit(matchers: &[Matcher], labels: &Labels) -> Option<bool> {
    let fits: Vec<Option<bool>> = matchers.iter().map(|matcher| matcher.fits(labels)).collect();
    if fits.contains(&Some(false)) {
        Some(false)
    } else {
        fits.into_iter().collect::<Option<Vec<bool>>>().map(|_| true)
    }
}

/// The configuration of an Alertmanager.
#[derive(Debug)]
pub(super) struct Config {
    root: Node,
}

impl Config {
    /// Reads it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let source = Source::new("alertmanager configuration", text);
        let (node, problems) = manifests::read(&source);
        let first = problems.iter().find(|problem| problem.severity == text::Severity::Error);
        match (node, first) {
            (Some(root), None) if root.get("route").is_some() => Ok(Self { root }),
            (_, Some(problem)) => Err(format!("its line {}: {}", problem.line, problem.message)),
            _ => Err("it has no `route`".to_owned()),
        }
    }

    /// Who gets an alert with these labels.
    pub(super) fn route(&self, labels: &Labels) -> Result<Routed, String> {
        let route = self.root.get("route").ok_or("it has no `route`")?;
        let receiver = route.get("receiver").and_then(Node::as_text).ok_or("its route has no receiver")?;
        walk(route, receiver, labels, 0)
    }

    /// Whether a receiver has nothing to send with; `None` when it is not declared.
    pub(super) fn is_empty(&self, receiver: &str) -> Option<bool> {
        let receivers = self.root.get("receivers")?.as_list()?;
        let named = |node: &&Node| node.get("name").and_then(Node::as_text) == Some(receiver);
        let entries = receivers.iter().find(named)?.as_map()?;
        let sends = |node: &Node| node.as_list().is_some_and(|list| !list.is_empty());
        Some(!entries.iter().any(|entry| entry.key.ends_with("_configs") && sends(&entry.value)))
    }
}

/// A route whose own matchers fit: its children in order, itself when none takes the alert.
fn walk(route: &Node, inherited: &str, labels: &Labels, depth: usize) -> Result<Routed, String> {
    if depth > MAX_DEPTH {
        return Err(format!("its routes are deeper than {MAX_DEPTH} levels"));
    }
    let receiver = route.get("receiver").and_then(Node::as_text).unwrap_or(inherited);
    let mut routed = Routed::default();
    // Whether the alert is surely taken already, and whether it may be.
    let (mut surely, mut maybe) = (false, false);
    let mut ended = false;
    for child in route.get("routes").and_then(Node::as_list).unwrap_or_default() {
        let fits = all_fit(&matchers(child)?, labels);
        if fits == Some(false) {
            continue;
        }
        let below = walk(child, receiver, labels, depth + 1)?;
        routed.possible.extend(below.possible);
        // Behind a route that may have ended the walk nothing is certain.
        if fits == Some(true) && !maybe {
            routed.certain.extend(below.certain);
            surely = true;
        }
        let goes_on = child.get("continue").and_then(Node::as_text) == Some("true");
        if fits == Some(true) {
            surely = true;
            if !goes_on {
                ended = true;
                break;
            }
        } else if !goes_on {
            maybe = true;
        }
    }
    let taken = surely || ended;
    if !taken {
        routed.possible.insert(receiver.to_owned());
        if routed.possible.len() == 1 {
            routed.certain.insert(receiver.to_owned());
        }
    }
    Ok(routed)
}

/// The matchers of a route in all three spellings.
fn matchers(route: &Node) -> Result<Vec<Matcher>, String> {
    let mut matchers = Vec::new();
    for (key, pattern) in [("match", false), ("match_re", true)] {
        for entry in route.get(key).and_then(Node::as_map).unwrap_or_default() {
            let value = entry.value.as_text().unwrap_or_default().to_owned();
            matchers.push(Matcher { label: entry.key.clone(), equal: true, pattern, value });
        }
    }
    if let Some(written) = route.get("matchers") {
        for item in written.as_list().unwrap_or(std::slice::from_ref(written)) {
            let text = item.as_text().ok_or("a matcher of its routes is no text")?;
            for part in parts(text) {
                matchers.push(Matcher::parse(part).ok_or_else(|| format!("its matcher `{part}` is not understood"))?);
            }
        }
    }
    Ok(matchers)
}

/// `{a="b", c=~"d,e"}` at its commas outside quotes.
fn parts(text: &str) -> Vec<&str> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let (mut parts, mut from, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !is_escaped => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    parts.push(text[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
route:
  receiver: nobody
  routes:
    - matchers: [alertname=\"Watchdog\"]
      receiver: dead-man
    - matchers: ['severity=~\"critical|page\"']
      receiver: pager
      continue: true
      routes:
        - match: {team: data}
          receiver: data-pager
    - match_re: {severity: 'warn.*'}
      receiver: chat
    - matchers: '{namespace=\"shop\", severity!=\"info\"}'
      receiver: shop
receivers:
  - name: nobody
  - name: pager
    pagerduty_configs: [{routing_key: <secret>}]
  - {name: chat, slack_configs: []}
";

    fn route(labels: &[(&str, &str)]) -> (String, String) {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
        let routed = Config::read(CONFIG).expect("is a configuration").route(&labels).expect("is routed");
        let join = |set: BTreeSet<String>| set.into_iter().collect::<Vec<String>>().join(" ");
        (join(routed.certain), join(routed.possible))
    }

    fn check(labels: &[(&str, &str)], certain: &str, possible: &str) {
        assert_eq!(route(labels), (certain.to_owned(), possible.to_owned()), "{labels:?}");
    }

    #[test]
    fn an_alert_goes_where_all_that_is_known_sends_it() {
        check(&[("alertname", "Watchdog")], "dead-man", "dead-man");
        let known = |severity| [("alertname", "A"), ("severity", severity), ("team", "web"), ("namespace", "other")];
        check(&known("critical"), "pager", "pager");
        check(&known("warning"), "chat", "chat");
        check(&known("info"), "nobody", "nobody");
        check(
            &[("alertname", "A"), ("severity", "page"), ("team", "data"), ("namespace", "shop")],
            "data-pager shop",
            "data-pager shop",
        );
        check(
            &[("alertname", "A"), ("severity", "critical-ish"), ("team", "x"), ("namespace", "shop")],
            "shop",
            "shop",
        );
    }

    #[test]
    fn a_label_that_is_not_known_leaves_it_open() {
        check(&[("alertname", "A"), ("severity", "info")], "nobody", "nobody");
        check(&[("alertname", "A"), ("severity", "low")], "", "nobody shop");
        check(&[("alertname", "A"), ("severity", "critical")], "", "data-pager pager shop");
        check(&[("alertname", "A")], "", "chat data-pager nobody pager shop");
    }

    #[test]
    fn a_receiver_without_an_integration_is_empty() {
        let config = Config::read(CONFIG).expect("is a configuration");
        let empty = ["nobody", "pager", "chat", "dead-man"].map(|name| config.is_empty(name));
        assert_eq!(empty, [Some(true), Some(false), Some(true), None]);
        assert!(Config::read("receivers: []").is_err() && Config::read("route: [").is_err());
    }
}
