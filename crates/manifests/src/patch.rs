//! Changes to objects: strategic merges and JSON patches (RFC 6902). What a patch brings stands at the place it changes.

use text::{Entry, MAX_DEPTH, Node, NodeKind, Span};

/// By which key the items of a list are the same (Kubernetes' patchMergeKey).
const MERGE_KEYS: [(&str, &str); 12] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("hostAliases", "ip"),
    ("imagePullSecrets", "name"),
    ("secrets", "name"),
    ("topologySpreadConstraints", "topologyKey"),
    ("ports", "containerPort"),
];

/// How the lists of an object are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    /// By their keys, ports by that of a container.
    OfPods,
    /// By their keys, ports by that of a service.
    OfService,
    /// Not at all: nobody knows the keys of custom resources.
    Replaced,
}

impl Lists {
    fn key(self, list: &str) -> Option<&'static str> {
        match (self, list) {
            (Self::Replaced, _) => None,
            (Self::OfService, "ports") => Some("port"),
            (Self::OfPods | Self::OfService, list) => {
                MERGE_KEYS.iter().find(|(key, _)| *key == list).map(|(_, by)| *by)
            }
        }
    }
}

/// Merges a patch into an object: maps key by key, lists by their key where they have one, all else is replaced. `null`
/// and `$patch: delete` take away.
pub(crate) fn merge(target: &mut Node, patch: &Node, lists: Lists) {
    if patch.get("$patch").and_then(Node::as_text) == Some("replace") {
        *target = placed(patch, target.span);
        return;
    }
    let NodeKind::Map(entries) = &patch.kind else {
        *target = placed(patch, target.span);
        return;
    };
    if !matches!(target.kind, NodeKind::Map(_)) {
        target.kind = NodeKind::Map(Vec::new());
    }
    let span = target.span;
    let NodeKind::Map(own) = &mut target.kind else { return };
    for entry in entries.iter().filter(|entry| entry.key != "$patch") {
        let at = own.iter().position(|own| own.key == entry.key);
        match (at, &entry.value.kind) {
            (Some(at), NodeKind::Empty) => {
                own.remove(at);
            }
            (None, NodeKind::Empty) => {}
            (Some(at), NodeKind::Map(_)) if entry.value.get("$patch").and_then(Node::as_text) == Some("delete") => {
                own.remove(at);
            }
            (Some(at), NodeKind::List(items)) => merge_list(&mut own[at].value, items, &entry.key, lists),
            (Some(at), _) => merge(&mut own[at].value, &entry.value, lists),
            (None, _) => {
                own.push(Entry { key: entry.key.clone(), key_span: span, value: placed(&entry.value, span) });
            }
        }
    }
}

fn merge_list(target: &mut Node, items: &[Node], key: &str, lists: Lists) {
    let by = lists.key(key);
    let replaces = |item: &Node| item.get("$patch").and_then(Node::as_text) == Some("replace");
    let by = by.filter(|_| !items.iter().any(replaces));
    let items: Vec<&Node> = items.iter().filter(|item| !replaces(item)).collect();
    let span = target.span;
    let (Some(by), NodeKind::List(own)) = (by, &mut target.kind) else {
        target.kind = NodeKind::List(items.into_iter().map(|item| placed(item, span)).collect());
        return;
    };
    // What the patch names stands first, in its order, as kustomize writes it: later patches may count places.
    let mut first = Vec::new();
    for item in items {
        let name = |node: &Node| node.get(by).and_then(Node::as_text).map(str::to_owned);
        let at = name(item).and_then(|wanted| own.iter().position(|own| name(own).as_ref() == Some(&wanted)));
        let known = at.map(|at| own.remove(at));
        if item.get("$patch").and_then(Node::as_text) == Some("delete") {
            continue;
        }
        first.push(match known {
            Some(mut known) => {
                merge(&mut known, item, lists);
                known
            }
            None => placed(item, span),
        });
    }
    own.splice(0..0, first);
}

/// The same value at another place.
pub(crate) fn placed(node: &Node, span: Span) -> Node {
    let kind = match &node.kind {
        NodeKind::Empty => NodeKind::Empty,
        NodeKind::Text { value, plain } => NodeKind::Text { value: value.clone(), plain: *plain },
        NodeKind::List(items) => NodeKind::List(items.iter().map(|item| placed(item, span)).collect()),
        NodeKind::Map(entries) => NodeKind::Map(
            entries
                .iter()
                .filter(|entry| entry.key != "$patch")
                .map(|entry| Entry { key: entry.key.clone(), key_span: span, value: placed(&entry.value, span) })
                .collect(),
        ),
    };
    Node { span, kind }
}

/// Sets a text; maps on the way are made where they are missing.
pub(crate) fn set(node: &mut Node, path: &[&str], value: &str) {
    let (span, Some((key, rest))) = (node.span, path.split_first()) else {
        node.kind = NodeKind::Text { value: value.to_owned(), plain: true };
        return;
    };
    if !matches!(node.kind, NodeKind::Map(_)) {
        node.kind = NodeKind::Map(Vec::new());
    }
    let NodeKind::Map(entries) = &mut node.kind else { return };
    if entries.iter().all(|entry| entry.key != *key) {
        let value = Node { span, kind: NodeKind::Empty };
        entries.push(Entry { key: (*key).to_owned(), key_span: span, value });
    }
    if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
        set(&mut entry.value, rest, value);
    }
}

/// Every entry of every map, from the outside in.
pub(crate) fn each(node: &mut Node, change: &mut impl FnMut(&mut Entry)) {
    match &mut node.kind {
        NodeKind::Map(entries) => {
            for entry in entries {
                change(entry);
                each(&mut entry.value, change);
            }
        }
        NodeKind::List(items) => items.iter_mut().for_each(|item| each(item, change)),
        NodeKind::Empty | NodeKind::Text { .. } => {}
    }
}

/// Makes the operations of a JSON patch in their order; says which cannot be made.
pub(crate) fn json(target: &mut Node, operations: &[Node]) -> Vec<String> {
    let mut wrong = Vec::new();
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Node::as_text).unwrap_or("");
        let (what, path) = (text("op"), text("path"));
        let made = match what {
            "add" | "replace" => operation.get("value").is_some_and(|value| put(target, path, value, what == "add")),
            "remove" => take(target, path),
            "test" => operation.get("value").is_some_and(|value| is_same(target, path, value)),
            _ => false,
        };
        if !made {
            wrong.push(format!("`{what} {path}` could not be made"));
        }
    }
    wrong
}

/// Whether the same stands at a path.
fn is_same(target: &mut Node, path: &str, value: &Node) -> bool {
    let Some((node, last)) = above(target, path) else { return false };
    let span = Span::default();
    let own = match &node.kind {
        NodeKind::Map(_) => node.get(&last),
        NodeKind::List(items) => last.parse::<usize>().ok().and_then(|at| items.get(at)),
        NodeKind::Empty | NodeKind::Text { .. } => None,
    };
    own.is_some_and(|own| said(&placed(own, span)) == said(&placed(value, span)))
}

/// The same value, however it is quoted.
fn said(node: &Node) -> Node {
    let kind = match &node.kind {
        NodeKind::Empty => NodeKind::Empty,
        NodeKind::Text { value, .. } => NodeKind::Text { value: value.clone(), plain: false },
        NodeKind::List(items) => NodeKind::List(items.iter().map(said).collect()),
        NodeKind::Map(entries) => {
            let mut entries: Vec<Entry> =
                entries.iter().map(|entry| Entry { value: said(&entry.value), ..entry.clone() }).collect();
            entries.sort_by(|one, other| one.key.cmp(&other.key));
            NodeKind::Map(entries)
        }
    };
    Node { span: node.span, kind }
}

/// The node above the last part of a pointer, and that part.
fn above<'n>(target: &'n mut Node, path: &str) -> Option<(&'n mut Node, String)> {
    let mut parts: Vec<String> =
        path.strip_prefix('/')?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    // What is put at the end of a path is no deeper than a file: no patch after patch makes it ever deeper.
    if parts.len() > MAX_DEPTH {
        return None;
    }
    let last = parts.pop()?;
    let mut node = target;
    for part in parts {
        node = match &mut node.kind {
            NodeKind::Map(entries) => &mut entries.iter_mut().find(|entry| entry.key == part)?.value,
            NodeKind::List(items) => items.get_mut(part.parse::<usize>().ok()?)?,
            NodeKind::Empty | NodeKind::Text { .. } => return None,
        };
    }
    Some((node, last))
}

fn put(target: &mut Node, path: &str, value: &Node, add: bool) -> bool {
    let Some((node, last)) = above(target, path) else { return false };
    let span = node.span;
    let value = placed(value, span);
    match &mut node.kind {
        NodeKind::Map(entries) => match entries.iter_mut().find(|entry| entry.key == last) {
            Some(entry) => entry.value = value,
            None if add => entries.push(Entry { key: last, key_span: span, value }),
            None => return false,
        },
        NodeKind::List(items) if add && last == "-" => items.push(value),
        NodeKind::List(items) => match last.parse::<usize>().ok().filter(|at| *at <= items.len()) {
            Some(at) if add => items.insert(at, value),
            Some(at) if at < items.len() => items[at] = value,
            _ => return false,
        },
        NodeKind::Empty | NodeKind::Text { .. } => return false,
    }
    true
}

fn take(target: &mut Node, path: &str) -> bool {
    let Some((node, last)) = above(target, path) else { return false };
    match &mut node.kind {
        NodeKind::Map(entries) => {
            let before = entries.len();
            entries.retain(|entry| entry.key != last);
            entries.len() < before
        }
        NodeKind::List(items) => match last.parse::<usize>().ok().filter(|at| *at < items.len()) {
            Some(at) => {
                items.remove(at);
                true
            }
            None => false,
        },
        NodeKind::Empty | NodeKind::Text { .. } => false,
    }
}
