//! Replacements: a value of one object, written into fields of others.
//!
//! What kustomize would refuse is told and left out. No note says a value: it may come from a secret.

use text::{MAX_DEPTH, Node, NodeKind};

use super::MAX_BROUGHT;
use super::field::{at, change, parts};
use crate::object::Object;
use crate::patch::placed;

/// Makes one replacement. `room` is how many bytes may still be written.
///
/// # Errors
/// Why it cannot be made, in words for people; what was written before that stays.
pub(super) fn replace(replacement: &Node, room: &mut usize, made: &mut [Object]) -> Result<(), String> {
    let value = match (replacement.get("source"), replacement.get("sourceValue")) {
        (Some(source), None) => taken(source, made)?,
        (None, Some(value)) => value.clone(),
        _ => return Err("has no `source`".to_owned()),
    };
    let (size, depth) = measure(&value);
    if depth > MAX_DEPTH {
        return Err(format!("has a source that is more than {MAX_DEPTH} deep"));
    }
    let targets = replacement.get("targets").and_then(Node::as_list).unwrap_or_default();
    if targets.is_empty() {
        return Err("has no `targets`".to_owned());
    }
    for target in targets {
        let select = target.get("select").ok_or("has a target without `select`")?;
        let options = Options::of(target)?;
        let rejects = target.get("reject").and_then(Node::as_list).unwrap_or_default();
        let meant = |object: &&mut Object| {
            is_selected(object, select) && !rejects.iter().any(|reject| is_selected(object, reject))
        };
        for object in made.iter_mut().filter(meant) {
            for path in paths(target) {
                put(object, &path, &value, &options, &mut |bytes| {
                    let left = room.checked_sub(size.saturating_add(bytes));
                    left.inspect(|left| *room = *left).is_some()
                })?;
            }
        }
    }
    Ok(())
}

/// How a value is cut out of a text, or put into one.
#[derive(Default)]
struct Options {
    delimiter: Option<String>,
    index: i64,
    create: bool,
}

impl Options {
    fn of(holder: &Node) -> Result<Self, String> {
        let Some(options) = holder.get("options") else { return Ok(Self::default()) };
        if options.get("encoding").is_some() {
            return Err("has an `encoding`, which is not followed".to_owned());
        }
        let says = |key: &str| options.get(key).and_then(Node::as_text);
        Ok(Self {
            delimiter: says("delimiter").filter(|text| !text.is_empty()).map(str::to_owned),
            index: says("index").and_then(|text| text.parse().ok()).unwrap_or(0),
            create: says("create") == Some("true"),
        })
    }
}

/// `metadata.name`, when nothing else is said.
fn paths(target: &Node) -> Vec<String> {
    let listed = target.get("fieldPaths").and_then(Node::as_list).unwrap_or_default().iter();
    let listed: Vec<String> = listed.filter_map(Node::as_text).map(str::to_owned).collect();
    if listed.is_empty() { vec!["metadata.name".to_owned()] } else { listed }
}

fn taken(source: &Node, made: &[Object]) -> Result<Node, String> {
    let mut meant = made.iter().filter(|object| is_selected(object, source));
    let object = match (meant.next(), meant.next()) {
        (Some(object), None) => object,
        (Some(_), Some(_)) => return Err("has a source that several objects fit".to_owned()),
        (None, _) => return Err("has a source that no object fits".to_owned()),
    };
    let path = source.get("fieldPath").and_then(Node::as_text).unwrap_or("metadata.name");
    let value = at(&object.node, &parts(path)).ok_or_else(|| format!("has a source without `{path}`"))?;
    let options = Options::of(source)?;
    let Some(delimiter) = &options.delimiter else { return Ok(value.clone()) };
    let text = value.as_text().ok_or_else(|| format!("has a delimiter, and `{path}` is no text"))?;
    let index = usize::try_from(options.index).ok();
    let part = index.and_then(|index| text.split(delimiter.as_str()).nth(index));
    let part = part.ok_or_else(|| format!("has no part {} in `{path}`", options.index))?;
    Ok(Node { span: value.span, kind: NodeKind::Text { value: part.to_owned(), plain: false } })
}

fn put(
    object: &mut Object,
    path: &str,
    value: &Node,
    options: &Options,
    has_room: &mut dyn FnMut(usize) -> bool,
) -> Result<(), String> {
    let mut wrong = None;
    let parts = parts(path);
    if parts.len() > MAX_DEPTH {
        return Err(format!("has a path of more than {MAX_DEPTH} parts"));
    }
    let count = change(&mut object.node, &parts, options.create, &mut |field| {
        if !has_room(field.as_text().map_or(0, str::len)) {
            wrong = Some(format!("is left out: more than {MAX_BROUGHT} bytes are brought"));
            return;
        }
        match written(field, value, options) {
            Some(new) => *field = new,
            None => wrong = Some(format!("has a delimiter, and `{path}` is no text")),
        }
    });
    match (count, wrong) {
        (_, Some(wrong)) => Err(wrong),
        (0, None) => Err(format!("finds no `{path}` in {} {}", object.kind(), object.name())),
        (_, None) => Ok(()),
    }
}

/// What becomes of a field. `None` when a part of it is meant, and it has none.
fn written(field: &Node, value: &Node, options: &Options) -> Option<Node> {
    let text = |value: String| Node { span: field.span, kind: NodeKind::Text { value, plain: false } };
    let Some(delimiter) = &options.delimiter else {
        // In the place of a text comes a text, and of a map or list there is none.
        let is_emptied = field.as_text().is_some() && value.as_text().is_none();
        return Some(if is_emptied { text(String::new()) } else { placed(value, field.span) });
    };
    // What was just made is a text without letters.
    let own = if matches!(field.kind, NodeKind::Empty) { "" } else { field.as_text()? };
    let new = value.as_text()?;
    let mut parts: Vec<&str> = own.split(delimiter.as_str()).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, new),
        Ok(index) => match parts.get_mut(index) {
            Some(part) => *part = new,
            None => parts.push(new),
        },
    }
    Some(text(parts.join(delimiter)))
}

/// Bytes of a value, an item counting as one at least, and how deep it is.
fn measure(value: &Node) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match &value.kind {
        NodeKind::Empty => Vec::new(),
        NodeKind::Text { value, .. } => vec![(value.len(), 0)],
        NodeKind::List(items) => items.iter().map(measure).collect(),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| {
                let (size, depth) = measure(&entry.value);
                (size + entry.key.len(), depth)
            })
            .collect(),
    };
    let deepest = inner.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
    (1 + inner.iter().map(|(size, _)| size).sum::<usize>(), 1 + deepest)
}

/// Kind, name, namespace, group, version and labels of a selector, each as it is written; names count that it had before.
fn is_selected(object: &Object, select: &Node) -> bool {
    let says = |key: &str| select.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let api = object.text(&["apiVersion"]).unwrap_or("");
    let (group, version) = api.rsplit_once('/').unwrap_or(("", api));
    let is_named = |(name, namespace): (&str, &str)| {
        says("name").is_none_or(|wanted| wanted == name) && says("namespace").is_none_or(|wanted| wanted == namespace)
    };
    let labels = object.node.get("metadata").and_then(|metadata| metadata.get("labels"));
    let annotations = object.node.get("metadata").and_then(|metadata| metadata.get("annotations"));
    says("kind").is_none_or(|kind| kind == object.kind())
        && says("group").is_none_or(|wanted| wanted == group)
        && says("version").is_none_or(|wanted| wanted == version)
        && object.names().any(is_named)
        && says("labelSelector").is_none_or(|selector| super::has_labels(labels, selector))
        && says("annotationSelector").is_none_or(|selector| super::has_labels(annotations, selector))
}
