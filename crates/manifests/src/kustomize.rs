//! Kustomize trees: what an overlay makes of its bases.
//!
//! Read: `resources`, `bases`, `components`, `patches` (files and inline, by name, kind and label), `patchesStrategicMerge`,
//! `patchesJson6902`, `replicas`, `images`, `namePrefix`, `nameSuffix`, `commonLabels`, `labels`, `configMapGenerator`
//! (literals and environment files). Source: the kustomization reference of kubectl.

use std::collections::{BTreeMap, BTreeSet};

use text::{Entry, Node, NodeKind, Source, Span};

use crate::object::{Object, objects, read};
use crate::patch::{json, merge};

/// The longest chain of overlays.
pub const MAX_DEPTH: usize = 16;

/// Names under which kustomize looks for itself.
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Keys that are understood, or change nothing of what is asked here.
const KNOWN: [&str; 21] = [
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
    "generatorOptions",
    "namespace",
    "buildMetadata",
    "sortOptions",
];

/// What `replicas` is about.
const SCALED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

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
    let mut named = listed(&node, &["resources", "bases", "components", "patchesStrategicMerge", "patches"]);
    for key in ["patches", "patchesJson6902"] {
        let patches = node.get(key).and_then(Node::as_list).unwrap_or_default().iter();
        named.extend(
            patches.filter_map(|patch| patch.get("path")).filter_map(|at| Some((at.as_text()?.to_owned(), at.span))),
        );
    }
    for generator in node.get("configMapGenerator").and_then(Node::as_list).unwrap_or_default() {
        named.extend(listed(generator, &["envs"]));
    }
    let local = named.into_iter().filter(|(text, _)| !text.contains('\n') && !text.contains("://"));
    local.map(|(text, _)| joined(directory(path), &text)).collect()
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
    let mut assembling = Assembling { files, open: Vec::new(), notes: Vec::new() };
    let objects = assembling.kustomization(path, Vec::new());
    Assembled { objects, notes: assembling.notes }
}

struct Assembling<'f> {
    files: &'f BTreeMap<String, Source>,
    open: Vec<String>,
    notes: Vec<String>,
}

impl Assembling<'_> {
    /// What a kustomization makes of its own resources and of what is handed to it (a component changes what is there).
    fn kustomization(&mut self, path: &str, mut made: Vec<Object>) -> Vec<Object> {
        if self.open.len() >= MAX_DEPTH || self.open.iter().any(|open| open == path) {
            self.notes.push(format!("{path}: kustomizations in a circle, or more than {MAX_DEPTH} deep"));
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
        for (entry, span) in listed(&node, &["components"]) {
            match kustomization_in(self.files, &joined(directory(path), &entry)) {
                Some(component) => made = self.kustomization(&component, made),
                None => self.notes.push(format!("{}: the component {entry} is not in these files", place(span))),
            }
        }
        self.generate(&node, path, source, &mut made);
        self.patch(&node, path, source, &mut made);
        transform(&node, &mut made);
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

    /// Config maps from literals and environment files; their names keep no hash, as their references do not.
    fn generate(&mut self, node: &Node, path: &str, source: &Source, made: &mut Vec<Object>) {
        for generator in node.get("configMapGenerator").and_then(Node::as_list).unwrap_or_default() {
            let Some(name) = generator.get("name").and_then(Node::as_text) else { continue };
            let mut lines: Vec<String> = listed(generator, &["literals"]).into_iter().map(|(text, _)| text).collect();
            for (file, _) in listed(generator, &["envs"]) {
                match self.files.get(&joined(directory(path), &file)) {
                    Some(source) => lines.extend(source.text().lines().map(str::to_owned)),
                    None => self
                        .notes
                        .push(format!("{}: {file} of the config map {name} is not in these files", source.path())),
                }
            }
            for key in ["files", "env", "behavior"].into_iter().filter(|key| generator.get(key).is_some()) {
                self.notes.push(format!("{}: `{key}` of the config map {name} is not followed", source.path()));
            }
            let data = lines.iter().filter_map(|line| line.trim().split_once('='));
            let data = data
                .map(|(key, value)| format!("  {key}: {}\n", quoted(value.trim_matches(['"', '\'']))))
                .collect::<String>();
            let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n{data}", quoted(name));
            made.extend(objects(&Source::new(source.path(), text)));
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
                None => object.kind() == kind && object.name() == name,
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
                rename(object, &name);
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
    let fits = |pattern: &str, text: &str| match pattern.trim_start_matches('^').trim_end_matches('$') {
        ".*" | "" => true,
        pattern => match pattern.split_once(".*") {
            Some((before, after)) => text.starts_with(before) && text.ends_with(after),
            None => pattern == text,
        },
    };
    let labels = object.node.get("metadata").and_then(|metadata| metadata.get("labels"));
    let has = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        labels.and_then(|labels| labels.get(key.trim())).and_then(Node::as_text) == Some(value.trim())
    };
    says("kind").is_none_or(|kind| fits(kind, object.kind()))
        && says("name").is_none_or(|name| fits(name, object.name()))
        && says("labelSelector").is_none_or(|selector| selector.split(',').all(has))
}

/// Replicas, images, labels and names.
fn transform(node: &Node, made: &mut [Object]) {
    for replicas in node.get("replicas").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| replicas.get(key).and_then(Node::as_text);
        let (Some(name), Some(count)) = (says("name"), says("count")) else { continue };
        for object in made.iter_mut().filter(|object| object.name() == name && SCALED.contains(&object.kind())) {
            set(&mut object.node, &["spec", "replicas"], count);
        }
    }
    for image in node.get("images").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| image.get(key).and_then(Node::as_text);
        let Some(name) = says("name") else { continue };
        made.iter_mut().for_each(|object| images(&mut object.node, name, says("newName"), says("newTag")));
    }
    let mut pairs: Vec<(&Node, bool)> = node.get("commonLabels").map(|labels| (labels, true)).into_iter().collect();
    for labels in node.get("labels").and_then(Node::as_list).unwrap_or_default() {
        let selects = labels.get("includeSelectors").and_then(Node::as_text) == Some("true");
        pairs.extend(labels.get("pairs").map(|pairs| (pairs, selects)));
    }
    for (labels, selects) in pairs {
        made.iter_mut().for_each(|object| label(object, labels, selects));
    }
    let says = |key: &str| node.get(key).and_then(Node::as_text).unwrap_or("");
    let (prefix, suffix) = (says("namePrefix"), says("nameSuffix"));
    if !prefix.is_empty() || !suffix.is_empty() {
        let own: BTreeSet<String> = made.iter().map(|object| object.name().to_owned()).collect();
        for object in made {
            let name = format!("{prefix}{}{suffix}", object.name());
            rename(object, &name);
            refer(&mut object.node, &own, prefix, suffix);
        }
    }
}

fn rename(object: &mut Object, name: &str) {
    set(&mut object.node, &["metadata", "name"], name);
}

/// Sets a text; maps on the way are made where they are missing.
fn set(node: &mut Node, path: &[&str], value: &str) {
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

fn each(node: &mut Node, change: &mut impl FnMut(&mut Entry)) {
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

fn images(node: &mut Node, name: &str, new_name: Option<&str>, new_tag: Option<&str>) {
    each(node, &mut |entry| {
        let Some(image) = entry.value.as_text().filter(|_| entry.key == "image").map(str::to_owned) else { return };
        let (own, tag) = match image.rsplit_once(':') {
            Some((own, tag)) if !tag.contains('/') => (own, tag),
            _ => (image.as_str(), ""),
        };
        if own == name {
            let tag = new_tag.unwrap_or(tag);
            let colon = if tag.is_empty() { "" } else { ":" };
            set(&mut entry.value, &[], &format!("{}{colon}{tag}", new_name.unwrap_or(own)));
        }
    });
}

/// Labels of the object and of its pods, and with `selects` of what selects them.
fn label(object: &mut Object, labels: &Node, selects: bool) {
    let has_pods = object.node.get("spec").is_some_and(|spec| spec.get("template").is_some());
    let is_service = object.kind() == "Service";
    for entry in labels.as_map().unwrap_or_default() {
        let Some(value) = entry.value.as_text() else { continue };
        set(&mut object.node, &["metadata", "labels", &entry.key], value);
        if selects && has_pods {
            set(&mut object.node, &["spec", "template", "metadata", "labels", &entry.key], value);
            set(&mut object.node, &["spec", "selector", "matchLabels", &entry.key], value);
        }
        if selects && is_service {
            set(&mut object.node, &["spec", "selector", &entry.key], value);
        }
    }
}

/// References by name follow the names that changed.
fn refer(node: &mut Node, own: &BTreeSet<String>, prefix: &str, suffix: &str) {
    const HOLDERS: [&str; 7] =
        ["configMapRef", "configMapKeyRef", "secretRef", "secretKeyRef", "scaleTargetRef", "service", "configMap"];
    let moved = |name: &str| format!("{prefix}{name}{suffix}");
    each(node, &mut |entry| {
        if entry.key == "serviceName" {
            if let Some(name) = entry.value.as_text().filter(|name| own.contains(*name)).map(moved) {
                set(&mut entry.value, &[], &name);
            }
        } else if HOLDERS.contains(&entry.key.as_str()) {
            let name = entry.value.get("name").and_then(Node::as_text).filter(|name| own.contains(*name)).map(moved);
            if let Some(name) = name {
                set(&mut entry.value, &["name"], &name);
            }
        }
    });
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

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
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
