//! Field paths of replacements: `spec.template.spec.containers.[name=api].env.0.value`, `*` for every item, `\.` for a dot
//! within a key.

use text::{Entry, Node, NodeKind};

/// The parts of a path.
pub(super) fn parts(path: &str) -> Vec<String> {
    let mut dotted: Vec<String> = Vec::new();
    for part in path.split('.') {
        match dotted.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push('.');
                last.push_str(part);
            }
            None => dotted.push(part.to_owned()),
        }
    }
    let mut parts: Vec<String> = Vec::new();
    let mut bracketed: Option<String> = None;
    for part in dotted {
        let part = match bracketed.take() {
            Some(before) => format!("{before}.{part}"),
            None => part,
        };
        if part.starts_with('[') && !part.ends_with(']') {
            bracketed = Some(part);
        } else if part.starts_with('[') && !part.contains('=') {
            parts.push(part.trim_matches(['[', ']']).to_owned());
        } else {
            parts.push(part);
        }
    }
    parts.extend(bracketed);
    parts
}

/// What stands at the end of a path. Names of items are compared whole.
pub(super) fn at<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, part| match (&node.kind, named(part)) {
        (NodeKind::List(items), Some((key, value))) => items.iter().find(|item| says(item, key, |own| own == value)),
        (NodeKind::List(items), None) => items.get(part.parse::<usize>().ok()?),
        (NodeKind::Map(_), None) => node.get(part),
        (NodeKind::Map(_), Some(_)) | (NodeKind::Empty | NodeKind::Text { .. }, _) => None,
    })
}

/// Changes everything that a path leads to, and says how many that were. `[name=x]` means every item whose name holds x, as
/// kustomize reads it. With `create` what is missing is made on the way.
pub(super) fn change(node: &mut Node, path: &[String], create: bool, to: &mut dyn FnMut(&mut Node)) -> usize {
    let Some((part, rest)) = path.split_first() else {
        to(node);
        return 1;
    };
    if create && matches!(node.kind, NodeKind::Empty) {
        let is_item = named(part).is_some() || part.parse::<usize>().is_ok();
        node.kind = if is_item { NodeKind::List(Vec::new()) } else { NodeKind::Map(Vec::new()) };
    }
    let span = node.span;
    let empty = || Node { span, kind: NodeKind::Empty };
    match &mut node.kind {
        NodeKind::Map(entries) => {
            if create && named(part).is_none() && entries.iter().all(|entry| entry.key != *part) {
                entries.push(Entry { key: part.clone(), key_span: span, value: empty() });
            }
            let own = entries.iter_mut().filter(|entry| entry.key == *part);
            own.map(|entry| change(&mut entry.value, rest, create, to)).sum()
        }
        NodeKind::List(items) => {
            if let Some((key, value)) = named(part) {
                if create && !items.iter().any(|item| says(item, key, |own| is_like(own, value))) {
                    let mut item = empty();
                    let key: &[&str] = if key.is_empty() { &[] } else { &[key] };
                    crate::patch::set(&mut item, key, value);
                    items.push(item);
                }
                let meant = items.iter_mut().filter(|item| says(item, key, |own| is_like(own, value)));
                return meant.map(|item| change(item, rest, create, to)).sum();
            }
            if part == "*" {
                return items.iter_mut().map(|item| change(item, rest, create, to)).sum();
            }
            let index = part.parse::<usize>().ok();
            if create && index == Some(items.len()) {
                items.push(empty());
            }
            index.and_then(|index| items.get_mut(index)).map_or(0, |item| change(item, rest, create, to))
        }
        NodeKind::Empty | NodeKind::Text { .. } => 0,
    }
}

/// `[key=value]` apart.
fn named(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

fn says(item: &Node, key: &str, is: impl Fn(&str) -> bool) -> bool {
    // `[=x]` means an item that is nothing but a text.
    let own = if key.is_empty() { item.as_text() } else { item.get(key).and_then(Node::as_text) };
    own.is_some_and(is)
}

/// The pattern of an item: a text within it, `^` and `$` for its ends, `.*` for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let (begins, ends) = (pattern.starts_with('^'), pattern.ends_with('$'));
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    match pattern.split_once(".*") {
        Some((before, after)) => text.find(before).is_some_and(|at| text[at + before.len()..].contains(after)),
        None => match (begins, ends) {
            (true, true) => text == pattern,
            (true, false) => text.starts_with(pattern),
            (false, true) => text.ends_with(pattern),
            (false, false) => text.contains(pattern),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_at_dots_that_are_no_part_of_a_key() {
        assert_eq!(parts("a.b.0"), ["a", "b", "0"]);
        assert_eq!(parts(r"metadata.annotations.a\.b/c"), ["metadata", "annotations", "a.b/c"]);
        assert_eq!(parts("c.[name=x.y].image"), ["c", "[name=x.y]", "image"]);
        assert_eq!(parts("data.[a.b]"), ["data", "a.b"]);
        assert_eq!(parts("c.[name=x"), ["c", "[name=x"]);
    }
}
