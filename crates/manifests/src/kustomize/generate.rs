//! Config maps and secrets that a kustomization makes: of literals, environment files and whole files.
//!
//! Their names are told without the hash that kustomize puts behind them; that they get one is kept. The values of secrets stand in base64, as in a cluster; no note
//! ever says one.

use std::collections::BTreeMap;
use std::sync::Arc;

use text::{Entry, Node, NodeKind, Source, Span};

use super::{MAX_BROUGHT, directory, joined, listed};
use crate::base64;
use crate::object::Object;
use crate::patch::set;

/// The keys of a kustomization, what they make, and how people call it.
const GENERATORS: [(&str, &str, &str); 2] =
    [("configMapGenerator", "ConfigMap", "config map"), ("secretGenerator", "Secret", "secret")];

/// The files that generators name, as they are written.
pub(super) fn named(node: &Node) -> Vec<String> {
    let generators = GENERATORS.iter().filter_map(|(key, ..)| node.get(key)).filter_map(Node::as_list).flatten();
    generators.flat_map(|generator| envs(generator).into_iter().chain(files(generator).map(|(_, path)| path))).collect()
}

/// Puts what is generated among what is there. Returns what was not followed.
pub(super) fn generate(
    node: &Node,
    (path, source): (&str, &Arc<Source>),
    texts: &BTreeMap<String, Source>,
    room: &mut usize,
    made: &mut Vec<Object>,
) -> Vec<String> {
    let mut notes = Vec::new();
    for (key, kind, word) in GENERATORS {
        for generator in node.get(key).and_then(Node::as_list).unwrap_or_default() {
            let Some(name) = generator.get("name").and_then(Node::as_text) else { continue };
            let place = format!("{}:{}", source.path(), source.line_column(generator.span.start).0);
            let (data, gone) = data(generator, directory(path), texts);
            notes.extend(gone.iter().map(|file| format!("{place}: {file} of the {word} {name} is not in these files")));
            let size = data.iter().map(|(key, value)| key.len() + value.len()).sum();
            let Some(left) = room.checked_sub(size) else {
                notes.push(format!(
                    "{place}: the {word} {name} is left out: generators bring more than {MAX_BROUGHT} bytes"
                ));
                continue;
            };
            *room = left;
            let mut object = object(generator, (kind, name), data, source);
            let options = || [node.get("generatorOptions"), generator.get("options")].into_iter().flatten();
            options().for_each(|options| mark(&mut object, options));
            let is_plain =
                |options: &Node| options.get("disableNameSuffixHash").and_then(Node::as_text) == Some("true");
            object.is_hashed = !options().any(is_plain);
            let behavior = generator.get("behavior").and_then(Node::as_text).unwrap_or("create");
            notes.extend(put(object, behavior, made).map(|why| format!("{place}: the {word} {name} {why}")));
        }
    }
    notes
}

/// Environment files, also the one under the old key `env`.
fn envs(generator: &Node) -> Vec<String> {
    let one = generator.get("env").and_then(Node::as_text).map(str::to_owned);
    listed(generator, &["envs"]).into_iter().map(|(file, _)| file).chain(one).collect()
}

/// `key=path`, or a path whose last part is the key.
fn files(generator: &Node) -> impl Iterator<Item = (String, String)> {
    listed(generator, &["files"]).into_iter().map(|(written, _)| match written.split_once('=') {
        Some((key, path)) => (key.to_owned(), path.to_owned()),
        None => (written.rsplit('/').next().unwrap_or(&written).to_owned(), written.clone()),
    })
}

/// Keys with their values, and the files that are not there.
fn data(generator: &Node, directory: &str, texts: &BTreeMap<String, Source>) -> (Vec<(String, String)>, Vec<String>) {
    let (mut data, mut gone) = (Vec::new(), Vec::new());
    for file in envs(generator) {
        match texts.get(&joined(directory, &file)) {
            Some(source) => data.extend(source.text().lines().filter_map(variable)),
            None => gone.push(file),
        }
    }
    for (literal, _) in listed(generator, &["literals"]) {
        let pair = literal.split_once('=');
        data.extend(pair.map(|(key, value)| (key.to_owned(), value.trim_matches(['"', '\'']).to_owned())));
    }
    for (key, file) in files(generator) {
        match texts.get(&joined(directory, &file)) {
            Some(source) => data.push((key, source.text().to_owned())),
            None => gone.push(file),
        }
    }
    (data, gone)
}

/// A line of an environment file. Quotes are part of its value, as kustomize has it; a name without a value would take that
/// of whoever runs kustomize, and is passed over.
fn variable(line: &str) -> Option<(String, String)> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    Some((name.to_owned(), value.to_owned()))
}

fn object(generator: &Node, (kind, name): (&str, &str), data: Vec<(String, String)>, source: &Arc<Source>) -> Object {
    let span = generator.span;
    let mut node = Node { span, kind: NodeKind::Map(Vec::new()) };
    set(&mut node, &["apiVersion"], "v1");
    set(&mut node, &["kind"], kind);
    set(&mut node, &["metadata", "name"], name);
    if let Some(namespace) = generator.get("namespace").and_then(Node::as_text) {
        set(&mut node, &["metadata", "namespace"], namespace);
    }
    let mut entries: Vec<Entry> = Vec::new();
    for (key, value) in data {
        let value = if kind == "Secret" { base64::encode(value.as_bytes()) } else { value };
        assign(&mut entries, key, value, span);
    }
    if let NodeKind::Map(object) = &mut node.kind {
        let value = Node { span, kind: NodeKind::Map(entries) };
        object.push(Entry { key: "data".to_owned(), key_span: span, value });
    }
    if kind == "Secret" {
        set(&mut node, &["type"], generator.get("type").and_then(Node::as_text).unwrap_or("Opaque"));
    }
    Object::made(node, Arc::clone(source))
}

/// Labels and annotations of everything that is generated.
fn mark(object: &mut Object, options: &Node) {
    for key in ["labels", "annotations"] {
        for entry in options.get(key).and_then(Node::as_map).unwrap_or_default() {
            set(&mut object.node, &["metadata", key, &entry.key], entry.value.as_text().unwrap_or(""));
        }
    }
}

fn assign(entries: &mut Vec<Entry>, key: String, value: String, span: Span) {
    entries.retain(|entry| entry.key != key);
    let value = Node { span, kind: NodeKind::Text { value, plain: false } };
    entries.push(Entry { key, key_span: span, value });
}

/// `merge` and `replace` change the one that is there; `create` wants none to be there. Returns what kustomize would refuse.
fn put(object: Object, behavior: &str, made: &mut Vec<Object>) -> Option<String> {
    let is_same = |other: &Object| {
        let name = (object.name(), object.namespace());
        other.kind() == object.kind() && other.names().any(|own| own == name)
    };
    let at = made.iter().position(is_same);
    let changes = matches!(behavior, "merge" | "replace");
    let Some(there) = at.and_then(|at| made.get_mut(at)) else {
        made.push(object);
        return changes.then(|| format!("is told to {behavior}, and there is none before it"));
    };
    if !changes {
        made.push(object);
        return Some("is there already, and `behavior` says neither merge nor replace".to_owned());
    }
    let entries: Vec<Entry> = object.node.get("data").and_then(Node::as_map).unwrap_or_default().to_vec();
    let span = there.node.span;
    let NodeKind::Map(own) = &mut there.node.kind else { return None };
    if own.iter().all(|entry| entry.key != "data") {
        let value = Node { span, kind: NodeKind::Empty };
        own.push(Entry { key: "data".to_owned(), key_span: span, value });
    }
    let data = own.iter_mut().find(|entry| entry.key == "data")?;
    match &mut data.value.kind {
        NodeKind::Map(data) if behavior == "merge" => {
            entries.into_iter().for_each(|entry| {
                let value = entry.value.as_text().unwrap_or("").to_owned();
                assign(data, entry.key, value, span);
            });
        }
        data => *data = NodeKind::Map(entries),
    }
    None
}
