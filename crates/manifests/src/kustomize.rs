//! Kustomize trees: what an overlay makes of its bases.
//!
//! Read: `resources`, `bases`, `components`, `patches` (files and inline, by name, kind and label), `patchesStrategicMerge`,
//! `patchesJson6902`, `replicas`, `images`, `namespace`, `namePrefix`, `nameSuffix`, `commonLabels`, `labels`,
//! `configMapGenerator` and `secretGenerator` (literals, environment files, whole files), `replacements`. Source: the
//! kustomization reference of kubectl.

mod field;
mod generate;
mod replace;
mod transform;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use text::{Node, Source, Span};

use self::generate::generate;
use self::replace::replace;
use self::transform::transform;
use crate::object::{Object, objects, read};
use crate::patch::{json, merge, set};

/// The longest chain of overlays.
pub const MAX_DEPTH: usize = 16;

/// The most kustomizations that are read for a tree; one that is named twice is read twice.
pub const MAX_READ: usize = 3_000;

/// The most bytes that generators and replacements may bring into a tree, 16 MiB.
pub const MAX_BROUGHT: usize = 16 * 1024 * 1024;

/// Names under which kustomize looks for itself.
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Keys that are understood, or change nothing of what is asked here.
const KNOWN: [&str; 23] = [
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replicas",
    "images",
    "namePrefix",
    "nameSuffix",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "namespace",
    "buildMetadata",
    "sortOptions",
    "replacements",
];

/// What came of a tree.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// The objects, in the order in which they were met.
    pub objects: Vec<Object>,
    /// What was not followed, with its place, in words for people.
    pub notes: Vec<String>,
}

/// Whether a path is that of a kustomization.
pub fn is_kustomization(path: &str) -> bool {
    NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// The kustomizations that no other one refers to, by path.
pub fn roots(files: &BTreeMap<String, Source>) -> Vec<String> {
    let all: Vec<&String> = files.keys().filter(|path| is_kustomization(path)).collect();
    let mut used = BTreeSet::new();
    for path in &all {
        let Some(node) = read(&files[*path]).0 else { continue };
        for (entry, _) in listed(&node, &["resources", "bases", "components"]) {
            used.extend(kustomization_in(files, &joined(directory(path), &entry)));
        }
    }
    all.into_iter().filter(|path| !used.contains(*path)).cloned().collect()
}

/// The paths that a kustomization names, from where it stands: files, and directories with kustomizations of their own.
pub fn references(path: &str, source: &Source) -> Vec<String> {
    let Some(node) = read(source).0 else { return Vec::new() };
    let named = listed(&node, &["resources", "bases", "components", "patchesStrategicMerge", "patches"]);
    let mut named: Vec<String> = named.into_iter().map(|(text, _)| text).collect();
    for key in ["patches", "patchesJson6902", "replacements"] {
        let parts = node.get(key).and_then(Node::as_list).unwrap_or_default().iter();
        named.extend(parts.filter_map(|part| part.get("path")?.as_text()).map(str::to_owned));
    }
    named.extend(generate::named(&node));
    let local = named.into_iter().filter(|text| !text.contains('\n') && !text.contains("://"));
    local.map(|text| joined(directory(path), &text)).collect()
}

/// Every kustomization and file that a tree is made of, by path.
pub fn reached(path: &str, files: &BTreeMap<String, Source>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) || !is_kustomization(&path) {
            continue;
        }
        let Some(node) = files.get(&path).and_then(|source| read(source).0) else { continue };
        for (entry, _) in listed(&node, &["resources", "bases", "components"]) {
            let entry = joined(directory(&path), &entry);
            open.extend(kustomization_in(files, &entry));
            open.extend(files.contains_key(&entry).then_some(entry));
        }
    }
    reached
}

/// Assembles the tree of one kustomization.
pub fn assemble(path: &str, files: &BTreeMap<String, Source>) -> Assembled {
    let mut assembling = Assembling { files, open: Vec::new(), read: 0, room: MAX_BROUGHT, notes: Vec::new() };
    let objects = assembling.kustomization(path, Vec::new());
    Assembled { objects, notes: assembling.notes }
}

struct Assembling<'f> {
    files: &'f BTreeMap<String, Source>,
    open: Vec<String>,
    /// How many kustomizations were read.
    read: usize,
    /// How many bytes may still be brought.
    room: usize,
    notes: Vec<String>,
}

impl Assembling<'_> {
    /// What a kustomization makes of its own resources and of what is handed to it (a component changes what is there).
    fn kustomization(&mut self, path: &str, mut made: Vec<Object>) -> Vec<Object> {
        if self.open.len() >= MAX_DEPTH || self.open.iter().any(|open| open == path) {
            self.notes.push(format!("{path}: kustomizations in a circle, or more than {MAX_DEPTH} deep"));
            return made;
        }
        self.read += 1;
        if self.read > MAX_READ {
            if self.read == MAX_READ + 1 {
                self.notes.push(format!("{path}: only the first {MAX_READ} kustomizations are read"));
            }
            return made;
        }
        let Some(source) = self.files.get(path) else { return made };
        let Some(node) = read(source).0 else {
            self.notes.push(format!("{}: is no YAML that can be read", source.path()));
            return made;
        };
        self.open.push(path.to_owned());
        let place = |span: Span| format!("{}:{}", source.path(), source.line_column(span.start).0);
        for entry in node.as_map().unwrap_or_default().iter().filter(|entry| !KNOWN.contains(&entry.key.as_str())) {
            self.notes.push(format!("{}: `{}` is not followed", place(entry.key_span), entry.key));
        }
        for (entry, span) in listed(&node, &["resources", "bases"]) {
            let own = self.resource(&joined(directory(path), &entry), &entry, &place(span));
            made.extend(own);
        }
        let shared = Arc::new(source.clone());
        self.notes.extend(generate(&node, (path, &shared), self.files, &mut self.room, &mut made));
        for (entry, span) in listed(&node, &["components"]) {
            match kustomization_in(self.files, &joined(directory(path), &entry)) {
                Some(component) => made = self.kustomization(&component, made),
                None => self.notes.push(format!("{}: the component {entry} is not in these files", place(span))),
            }
        }
        self.patch(&node, path, source, &mut made);
        transform(&node, &mut made);
        self.replace(&node, path, source, &mut made);
        self.open.pop();
        made
    }

    fn resource(&mut self, path: &str, written: &str, place: &str) -> Vec<Object> {
        if let Some(source) = self.files.get(path) {
            return objects(source);
        }
        if let Some(inner) = kustomization_in(self.files, path) {
            return self.kustomization(&inner, Vec::new());
        }
        let why = if written.contains("://") || written.starts_with("github.com/") || written.contains("?ref=") {
            "lies elsewhere and is not fetched"
        } else {
            "is not in these files"
        };
        self.notes.push(format!("{place}: {written} {why}"));
        Vec::new()
    }

    /// Replacements that stand here, or in files beside.
    fn replace(&mut self, node: &Node, path: &str, source: &Source, made: &mut [Object]) {
        for written in node.get("replacements").and_then(Node::as_list).unwrap_or_default() {
            let line = |source: &Source, node: &Node| source.line_column(node.span.start).0;
            let place = format!("{}:{}", source.path(), line(source, written));
            let Some(file) = written.get("path").and_then(Node::as_text) else {
                let made = replace(written, &mut self.room, made);
                self.notes.extend(made.err().map(|why| format!("{place}: the replacement {why}")));
                continue;
            };
            let beside = self.files.get(&joined(directory(path), file));
            let Some((beside, node)) = beside.and_then(|beside| Some((beside, read(beside).0?))) else {
                self.notes.push(format!("{place}: the replacements of {file} are not in these files"));
                continue;
            };
            for one in node.as_list().unwrap_or(std::slice::from_ref(&node)) {
                let made = replace(one, &mut self.room, made);
                let place = format!("{}:{}", beside.path(), line(beside, one));
                self.notes.extend(made.err().map(|why| format!("{place}: the replacement {why}")));
            }
        }
    }

    fn patch(&mut self, node: &Node, path: &str, source: &Source, made: &mut Vec<Object>) {
        let line = |span: Span| source.line_column(span.start).0;
        for (written, span) in listed(node, &["patchesStrategicMerge"]) {
            match self.text_of(path, &written) {
                Some(patches) => self.merge_all(&patches, None, (source.path(), line(span)), made),
                None => self.notes.push(format!("{}:{}: {written} is not in these files", source.path(), line(span))),
            }
        }
        for key in ["patches", "patchesJson6902"] {
            for patch in node.get(key).and_then(Node::as_list).unwrap_or_default() {
                let inline = patch.get("patch").and_then(Node::as_text).map(|text| Source::new(path, text));
                let file = patch.get("path").and_then(Node::as_text).and_then(|file| self.text_of(path, file));
                // An entry may be nothing but a path.
                let bare = patch.as_text().and_then(|file| self.text_of(path, file));
                match inline.or(file).or(bare) {
                    Some(text) => self.merge_all(&text, patch.get("target"), (source.path(), line(patch.span)), made),
                    None => {
                        let place = format!("{}:{}", source.path(), line(patch.span));
                        self.notes.push(format!("{place}: the patch is not in these files"));
                    }
                }
            }
        }
    }

    /// A file beside the kustomization, or the text itself when it is one.
    fn text_of(&self, path: &str, written: &str) -> Option<Source> {
        if written.contains('\n') {
            return Some(Source::new(path, written));
        }
        self.files.get(&joined(directory(path), written)).cloned()
    }

    fn merge_all(&mut self, patch: &Source, target: Option<&Node>, place: (&str, usize), made: &mut Vec<Object>) {
        let operations = read(patch).0.filter(|node| node.as_list().is_some());
        if let (Some(operations), Some(target)) = (&operations, target) {
            let operations = operations.as_list().unwrap_or_default();
            for object in made.iter_mut().filter(|object| is_meant(object, target)) {
                let wrong = json(&mut object.node, operations);
                self.notes.extend(wrong.into_iter().map(|one| format!("{}:{}: {one}", place.0, place.1)));
            }
            return;
        }
        for patch in objects_of_patch(patch) {
            let is_gone = patch.get("$patch").and_then(Node::as_text) == Some("delete");
            let at = |key: &[&str]| key.iter().try_fold(&patch, |node, key| node.get(key)).and_then(Node::as_text);
            let (kind, name) =
                (at(&["kind"]).unwrap_or("").to_owned(), at(&["metadata", "name"]).unwrap_or("").to_owned());
            let is_target = |object: &Object| match target {
                Some(target) => is_meant(object, target),
                None => object.kind() == kind && object.is_called(&name),
            };
            if !made.iter().any(&is_target) {
                self.notes.push(format!("{}:{}: the patch of {kind} {name} meets nothing", place.0, place.1));
            }
            if is_gone {
                made.retain(|object| !is_target(object));
                continue;
            }
            for object in made.iter_mut().filter(|object| is_target(object)) {
                let name = object.name().to_owned();
                merge(&mut object.node, &patch);
                // A patch for several objects has a name of its own, which is not theirs.
                set(&mut object.node, &["metadata", "name"], &name);
            }
        }
    }
}

fn objects_of_patch(source: &Source) -> Vec<Node> {
    source
        .text()
        .split("\n---")
        .filter_map(|part| read(&Source::new(source.path(), part)).0)
        .filter(|node| node.as_map().is_some())
        .collect()
}

/// Kind, name and label of a patch's target; names may be patterns with `.*`.
fn is_meant(object: &Object, target: &Node) -> bool {
    let says = |key: &str| target.get(key).and_then(Node::as_text);
    let labels = object.node.get("metadata").and_then(|metadata| metadata.get("labels"));
    says("kind").is_none_or(|kind| fits(kind, object.kind()))
        && says("name").is_none_or(|wanted| object.names().any(|(name, _)| fits(wanted, name)))
        && says("labelSelector").is_none_or(|selector| has_labels(labels, selector))
}

/// Whether a text is what a pattern with one `.*` says.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.trim_start_matches('^').trim_end_matches('$') {
        ".*" | "" => true,
        pattern => match pattern.split_once(".*") {
            Some((before, after)) => text.starts_with(before) && text.ends_with(after),
            None => pattern == text,
        },
    }
}

/// Whether labels, or annotations, are what `a=b,c=d` says.
fn has_labels(labels: Option<&Node>, selector: &str) -> bool {
    selector.split(',').all(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        labels.and_then(|labels| labels.get(key.trim())).and_then(Node::as_text) == Some(value.trim())
    })
}

/// The texts of lists behind some keys, with their places.
fn listed(node: &Node, keys: &[&str]) -> Vec<(String, Span)> {
    let lists = keys.iter().filter_map(|key| node.get(key)).filter_map(Node::as_list);
    lists.flatten().filter_map(|item| Some((item.as_text()?.to_owned(), item.span))).collect()
}

fn kustomization_in(files: &BTreeMap<String, Source>, directory: &str) -> Option<String> {
    let names = NAMES.iter().map(|name| joined(directory, name));
    names.into_iter().find(|path| files.contains_key(path))
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// `a/b` and `../c` are `a/c`. What leads above the first directory keeps its dots, and is found nowhere.
fn joined(directory: &str, written: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_people_mean_them() {
        assert_eq!(joined("overlays/prod", "../../base"), "base");
        assert_eq!(joined("", "./a/b.yaml"), "a/b.yaml");
        assert_eq!(joined("a", "../../x"), "../x");
    }
}
