//! Kustomize trees: what an overlay makes of its bases.
//!
//! Read: `resources`, `bases`, `components`, `patches` (files and inline, by name, kind and label), `patchesStrategicMerge`,
//! `patchesJson6902`, `replicas`, `images`, `namespace`, `namePrefix`, `nameSuffix`, `commonLabels`, `labels`,
//! `configMapGenerator` and `secretGenerator` (literals, environment files, whole files), `replacements`. Source: the
//! kustomization reference of kubectl.

mod field;
mod generate;
mod replace;
mod target;
mod transform;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use text::{Node, Severity, Source, Span};

use self::generate::generate;
use self::replace::replace;
pub(crate) use self::target::has_labels;
use self::target::is_meant;
pub(crate) use self::transform::is_of_the_cluster;
use self::transform::transform;
use crate::object::{Object, Parsed, parsed, read_anchored};
use crate::patch::{Lists, json, merge, set};

/// The longest chain of overlays.
pub const MAX_DEPTH: usize = 16;

/// The most kustomizations that are read for a tree; one that is named twice is read twice.
pub const MAX_READ: usize = 3_000;

/// The most bytes that generators and replacements may bring into a tree, 16 MiB.
pub const MAX_BROUGHT: usize = 16 * 1024 * 1024;

/// Names under which kustomize looks for itself.
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Keys that are understood, or change nothing of what is asked here.
const KNOWN: [&str; 24] = [
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
    "configurations",
];

/// Keys that name programs, charts or other things that are not followed. Any other key that nobody knows is refused by
/// kustomize.
const NOT_FOLLOWED: [&str; 10] = [
    "vars",
    "generators",
    "transformers",
    "helmCharts",
    "helmGlobals",
    "helmChartInflationGenerator",
    "inventory",
    "openapi",
    "crds",
    "validators",
];

/// The annotation of what kustomize reads and never hands on.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// Rules of our reader that other readers do not have: what they concern is not known, and nothing is wrong with it.
const OURS: [&str; 5] = ["yaml-alias", "yaml-merge", "yaml-tag", "too-deep", "too-large"];

/// What came of a tree.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// The objects, in the order in which they were met.
    pub objects: Vec<Object>,
    /// What was not followed, with its place, in words for people.
    pub notes: Vec<String>,
    /// Those notes for which kustomize would make nothing at all.
    pub errors: Vec<String>,
    /// Those notes that leave open what else there is.
    pub unknown: Vec<String>,
}

/// Files by path, and what was read of them before, so that trees that share bases need not read them again.
#[derive(Debug)]
pub struct Shelf<'f> {
    /// The files, whatever they hold.
    pub files: &'f BTreeMap<String, Source>,
    /// What they say, of those that were read; others are read when they are met.
    pub read: BTreeMap<&'f str, &'f Parsed>,
    /// The branch that is checked out, when that is known.
    pub branch: Option<String>,
}

impl<'f> Shelf<'f> {
    /// Files of which none was read.
    pub fn of(files: &'f BTreeMap<String, Source>) -> Self {
        Self { files, read: BTreeMap::new(), branch: None }
    }

    /// What a file says.
    pub fn parsed(&self, path: &str) -> Option<Cow<'_, Parsed>> {
        match self.read.get(path) {
            Some(read) => Some(Cow::Borrowed(read)),
            None => self.files.get(path).map(|source| Cow::Owned(parsed(source))),
        }
    }

    /// Whether anything lies below a directory.
    pub(crate) fn has_directory(&self, directory: &str) -> bool {
        directory.is_empty() || self.below(directory).next().is_some()
    }

    /// The paths of the files below a directory.
    pub(crate) fn below<'s>(&'s self, directory: &str) -> impl Iterator<Item = &'s str> + use<'s, 'f> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let own = prefix.clone();
        let after = self.files.range(prefix..).map(|(path, _)| path.as_str());
        after.take_while(move |path| path.starts_with(&own))
    }
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
        let Some(node) = read_anchored(&files[*path]).0 else { continue };
        for (entry, _) in listed(&node, &["resources", "bases", "components"]) {
            used.extend(kustomization_in(files, &joined(directory(path), &entry)));
        }
    }
    all.into_iter().filter(|path| !used.contains(*path)).cloned().collect()
}

/// The paths that a kustomization names, from where it stands: files, and directories with kustomizations of their own.
pub fn references(path: &str, source: &Source) -> Vec<String> {
    let Some(node) = read_anchored(source).0 else { return Vec::new() };
    let keys = ["resources", "bases", "components", "patchesStrategicMerge", "patches", "configurations"];
    let named = listed(&node, &keys);
    let mut named: Vec<String> = named.into_iter().map(|(text, _)| text).collect();
    for key in ["patches", "patchesJson6902", "replacements"] {
        let parts = node.get(key).and_then(Node::as_list).unwrap_or_default().iter();
        named.extend(parts.filter_map(|part| part.get("path")?.as_text()).map(str::to_owned));
    }
    named.extend(generate::named(&node));
    let local = named.into_iter().filter(|text| !text.contains('\n') && !text.contains("://"));
    local.map(|text| joined(directory(path), &text)).collect()
}

/// The files that a kustomization patches with, from where it stands: what they hold is no object of its own.
pub fn patches(path: &str, source: &Source) -> Vec<String> {
    let Some(node) = read_anchored(source).0 else { return Vec::new() };
    let mut named: Vec<String> =
        listed(&node, &["patchesStrategicMerge", "patches"]).into_iter().map(|(text, _)| text).collect();
    for key in ["patches", "patchesJson6902"] {
        let parts = node.get(key).and_then(Node::as_list).unwrap_or_default().iter();
        named.extend(parts.filter_map(|part| part.get("path")?.as_text()).map(str::to_owned));
    }
    named.into_iter().filter(|text| !text.contains('\n')).map(|text| joined(directory(path), &text)).collect()
}

/// Every kustomization and file that a tree is made of, by path.
pub fn reached(path: &str, files: &BTreeMap<String, Source>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) || !is_kustomization(&path) {
            continue;
        }
        let Some(node) = files.get(&path).and_then(|source| read_anchored(source).0) else { continue };
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
    assemble_on(path, &Shelf::of(files))
}

/// The same, of files that may have been read before.
pub fn assemble_on(path: &str, shelf: &Shelf<'_>) -> Assembled {
    let mut assembling = Assembling::new(shelf);
    let objects = assembling.kustomization(path, Vec::new());
    assembling.done(objects)
}

/// Where a kustomization is written: in a file of its own, or in an object of another.
#[derive(Clone, Copy)]
pub(crate) struct Written<'w> {
    /// The path from which it names others.
    pub(crate) path: &'w str,
    pub(crate) source: &'w Source,
    /// Lines of the file above that source.
    pub(crate) above: usize,
}

impl Written<'_> {
    fn place(&self, span: Span) -> String {
        format!("{}:{}", self.source.path(), self.above + self.source.line_column(span.start).0)
    }
}

pub(crate) struct Assembling<'f> {
    shelf: &'f Shelf<'f>,
    open: Vec<String>,
    /// How many kustomizations were read.
    read: usize,
    /// How many bytes may still be brought.
    room: usize,
    made: Assembled,
}

impl<'f> Assembling<'f> {
    pub(crate) fn new(shelf: &'f Shelf<'f>) -> Self {
        Self { shelf, open: Vec::new(), read: 0, room: MAX_BROUGHT, made: Assembled::default() }
    }

    pub(crate) fn done(self, objects: Vec<Object>) -> Assembled {
        Assembled { objects, ..self.made }
    }

    /// Something for which kustomize makes nothing.
    pub(crate) fn error(&mut self, note: String) {
        self.made.errors.push(note.clone());
        self.made.notes.push(note);
    }

    /// Something that leaves open what else there is.
    pub(crate) fn unknown(&mut self, note: String) {
        self.made.unknown.push(note.clone());
        self.made.notes.push(note);
    }

    /// What a kustomization makes of its own resources and of what is handed to it (a component changes what is there).
    pub(crate) fn kustomization(&mut self, path: &str, made: Vec<Object>) -> Vec<Object> {
        if self.open.len() >= MAX_DEPTH || self.open.iter().any(|open| open == path) {
            self.error(format!("{path}: kustomizations in a circle, or more than {MAX_DEPTH} deep"));
            return made;
        }
        self.read += 1;
        if self.read > MAX_READ {
            if self.read == MAX_READ + 1 {
                self.unknown(format!("{path}: only the first {MAX_READ} kustomizations are read"));
            }
            return made;
        }
        let Some(source) = self.shelf.files.get(path) else { return made };
        let (node, problems) = read_anchored(source);
        let Some(node) = node else {
            self.error(format!("{}: is no YAML that can be read", source.path()));
            return made;
        };
        if let Some(problem) = problems.iter().find(|problem| OURS.contains(&problem.rule)) {
            self.unknown(format!("{}:{}: {}", source.path(), problem.line, problem.message));
        }
        let written = Written { path, source, above: 0 };
        let says_something = |entry: &text::Entry| !["apiVersion", "kind", "metadata"].contains(&entry.key.as_str());
        if !node.as_map().unwrap_or_default().iter().any(says_something) {
            self.error(format!("{}:1: the kustomization is empty", source.path()));
        }
        for entry in node.as_map().unwrap_or_default().iter().filter(|entry| !KNOWN.contains(&entry.key.as_str())) {
            let note = format!("{}: `{}` is not followed", written.place(entry.key_span), entry.key);
            if NOT_FOLLOWED.contains(&entry.key.as_str()) { self.unknown(note) } else { self.error(note) }
        }
        self.open.push(path.to_owned());
        let made = self.apply(&node, written, made);
        self.open.pop();
        made
    }

    /// What a kustomization that was read makes of its own resources and of what is handed to it.
    pub(crate) fn apply(&mut self, node: &Node, written: Written<'_>, mut made: Vec<Object>) -> Vec<Object> {
        let beside = directory(written.path);
        for (entry, span) in listed(node, &["resources", "bases"]) {
            let own = self.resource(&joined(beside, &entry), &entry, &written.place(span));
            made.extend(own);
        }
        let shared = Arc::new(written.source.clone());
        let (files, room) = (self.shelf.files, &mut self.room);
        for note in generate(node, (written.path, &shared), files, room, &mut made) {
            self.error(note);
        }
        for (entry, span) in listed(node, &["components"]) {
            match kustomization_in(self.shelf.files, &joined(beside, &entry)) {
                Some(component) => {
                    self.is_kind(&component, "Component", &written.place(span));
                    made = self.kustomization(&component, made);
                }
                None if is_elsewhere(&entry) => {
                    self.unknown(format!("{}: {entry} lies elsewhere and is not fetched", written.place(span)));
                }
                None => {
                    self.error(format!("{}: the component {entry} is not in these files", written.place(span)));
                }
            }
        }
        self.patch(node, written, &mut made);
        self.configure(node, written, &mut made);
        for missing in transform(node, &mut made) {
            self.error(format!("{}: {missing}", written.place(node.span)));
        }
        self.replace(node, written, &mut made);
        self.same_twice(&made, &written.place(node.span));
        made
    }

    /// Files that tell which kinds name others: such names are rewritten. Whatever else they tell is not followed.
    fn configure(&mut self, node: &Node, written: Written<'_>, made: &mut [Object]) {
        for (file, span) in listed(node, &["configurations"]) {
            let place = written.place(span);
            let beside = self.shelf.files.get(&joined(directory(written.path), &file));
            let Some(told) = beside.and_then(|beside| read_anchored(beside).0) else {
                self.error(format!("{place}: the configuration {file} is not in these files"));
                continue;
            };
            let others = told.as_map().unwrap_or_default().iter().filter(|entry| entry.key != "nameReference");
            for entry in others {
                self.unknown(format!("{place}: `{}` of {file} is not followed", entry.key));
            }
            let names = told.get("nameReference").and_then(Node::as_list).unwrap_or_default().iter();
            let fields = names.filter_map(|name| name.get("fieldSpecs")?.as_list()).flatten();
            let kinds: BTreeSet<&str> = fields.filter_map(|field| field.get("kind")?.as_text()).collect();
            made.iter_mut().filter(|object| kinds.contains(object.kind())).for_each(|object| object.follows = true);
        }
    }

    /// A component stands among components, and nothing else does.
    fn is_kind(&mut self, path: &str, wanted: &str, place: &str) {
        let node = self.shelf.files.get(path).and_then(|source| read_anchored(source).0);
        let kind = node.as_ref().and_then(|node| node.get("kind")?.as_text()).unwrap_or("Kustomization");
        if kind != wanted && !kind.is_empty() {
            self.error(format!("{place}: {path} is a {kind}, and a {wanted} is wanted here"));
        }
    }

    /// Kustomize refuses two objects of one kind, namespace and name.
    pub(crate) fn same_twice(&mut self, made: &[Object], place: &str) {
        let mut seen: BTreeMap<(&str, &str, &str, &str), &Object> = BTreeMap::new();
        let mut twice = Vec::new();
        for object in made {
            let version = object.text(&["apiVersion"]).unwrap_or("");
            let id = (version, object.kind(), object.namespace(), object.name());
            if let Some(first) = seen.insert(id, object)
                && !object.name().is_empty()
            {
                let (one, other) = (first.place(first.node.span), object.place(object.node.span));
                twice.push(format!("{place}: {} {} is there twice: {one} and {other}", object.kind(), object.name()));
            }
        }
        for note in twice {
            if !self.made.errors.iter().any(|told| told.ends_with(note.trim_start_matches(place))) {
                self.error(note);
            }
        }
    }

    fn resource(&mut self, path: &str, written: &str, place: &str) -> Vec<Object> {
        if self.shelf.files.contains_key(path) {
            return self.file(path);
        }
        if let Some(inner) = kustomization_in(self.shelf.files, path) {
            self.is_kind(&inner, "Kustomization", place);
            return self.kustomization(&inner, Vec::new());
        }
        if is_elsewhere(written) {
            self.unknown(format!("{place}: {written} lies elsewhere and is not fetched"));
        } else {
            self.error(format!("{place}: {written} is not in these files"));
        }
        Vec::new()
    }

    /// The objects of a file, without those that are only for whoever works on it.
    pub(crate) fn file(&mut self, path: &str) -> Vec<Object> {
        let mut all = self.file_as_it_is(path);
        all.retain(|object| object.text(&["metadata", "annotations", LOCAL]) != Some("true"));
        all
    }

    /// The objects of a file; one that is broken somewhere gives those above, and nothing is made of it.
    pub(crate) fn file_as_it_is(&mut self, path: &str) -> Vec<Object> {
        let shelf = self.shelf;
        let Some(parsed) = shelf.parsed(path) else { return Vec::new() };
        for problem in parsed.problems.iter().filter(|problem| problem.severity == Severity::Error) {
            let note = format!("{}:{}: {}", problem.path, problem.line, problem.message);
            if OURS.contains(&problem.rule) {
                self.unknown(note);
            } else if problem.rule != "yaml-anchor" {
                self.error(note);
            }
        }
        let source = shelf.files.get(path).map_or("", Source::path);
        for line in &parsed.strays {
            self.error(format!("{source}:{line}: is no Kubernetes object"));
        }
        let nameless = |object: &&Object| object.name().is_empty() && object.kind() != "Kustomization";
        for object in parsed.objects.iter().filter(nameless) {
            let generated = object.text(&["metadata", "generateName"]).is_some();
            if !generated {
                self.error(format!("{}: the {} has no name", object.place(object.node.span), object.kind()));
            }
        }
        match parsed {
            Cow::Borrowed(parsed) => parsed.objects.clone(),
            Cow::Owned(parsed) => parsed.objects,
        }
    }

    /// Replacements that stand here, or in files beside.
    fn replace(&mut self, node: &Node, written: Written<'_>, made: &mut [Object]) {
        for one in node.get("replacements").and_then(Node::as_list).unwrap_or_default() {
            let place = written.place(one.span);
            let Some(file) = one.get("path").and_then(Node::as_text) else {
                if let Err(why) = replace(one, &mut self.room, made) {
                    self.error(format!("{place}: the replacement {why}"));
                }
                continue;
            };
            let beside = self.shelf.files.get(&joined(directory(written.path), file));
            let Some((beside, node)) = beside.and_then(|beside| Some((beside, read_anchored(beside).0?))) else {
                self.error(format!("{place}: the replacements of {file} are not in these files"));
                continue;
            };
            for one in node.as_list().unwrap_or(std::slice::from_ref(&node)) {
                if let Err(why) = replace(one, &mut self.room, made) {
                    let line = beside.line_column(one.span.start).0;
                    self.error(format!("{}:{line}: the replacement {why}", beside.path()));
                }
            }
        }
    }

    fn patch(&mut self, node: &Node, written: Written<'_>, made: &mut Vec<Object>) {
        for (text, span) in listed(node, &["patchesStrategicMerge"]) {
            match self.text_of(written.path, &text) {
                Some(patches) => self.merge_all(&patches, None, &written.place(span), made),
                None => self.error(format!("{}: {text} is not in these files", written.place(span))),
            }
        }
        for key in ["patches", "patchesJson6902"] {
            for patch in node.get(key).and_then(Node::as_list).unwrap_or_default() {
                let inline = patch.get("patch").and_then(Node::as_text);
                let inline = inline.map(|text| Source::new(written.path, text));
                let file = patch.get("path").and_then(Node::as_text).and_then(|file| self.text_of(written.path, file));
                // An entry may be nothing but a path.
                let bare = patch.as_text().and_then(|file| self.text_of(written.path, file));
                let place = written.place(patch.span);
                match inline.or(file).or(bare) {
                    Some(text) => self.merge_all(&text, patch.get("target"), &place, made),
                    None => self.error(format!("{place}: the patch is not in these files")),
                }
            }
        }
    }

    /// A file beside the kustomization, or the text itself when it is one.
    fn text_of(&self, path: &str, written: &str) -> Option<Source> {
        if written.contains('\n') {
            return Some(Source::new(path, written));
        }
        self.shelf.files.get(&joined(directory(path), written)).cloned()
    }

    fn merge_all(&mut self, patch: &Source, target: Option<&Node>, place: &str, made: &mut Vec<Object>) {
        let operations = read_anchored(patch).0.filter(|node| node.as_list().is_some());
        if let (Some(operations), Some(target)) = (&operations, target) {
            let operations = operations.as_list().unwrap_or_default();
            let mut wrong = Vec::new();
            for object in made.iter_mut().filter(|object| is_meant(object, target)) {
                wrong.extend(json(&mut object.node, operations));
            }
            wrong.into_iter().for_each(|one| self.error(format!("{place}: {one}")));
            return;
        }
        let patches = objects_of_patch(patch);
        if patches.is_empty() {
            self.error(format!("{place}: the patch says nothing that can be read"));
        }
        for patch in patches {
            self.merge_one(&patch, target, place, made);
        }
    }

    fn merge_one(&mut self, patch: &Node, target: Option<&Node>, place: &str, made: &mut Vec<Object>) {
        let is_gone = patch.get("$patch").and_then(Node::as_text) == Some("delete");
        let at = |key: &[&str]| key.iter().try_fold(patch, |node, key| node.get(key)).and_then(Node::as_text);
        let (kind, name) = (at(&["kind"]).unwrap_or("").to_owned(), at(&["metadata", "name"]).unwrap_or("").to_owned());
        let namespace = at(&["metadata", "namespace"]).unwrap_or("default").to_owned();
        let is_target = |object: &Object| match target {
            Some(target) => is_meant(object, target),
            None => {
                // A patch without a namespace means what has, or had, none.
                object.kind() == kind && object.names().any(|own| own == (name.as_str(), namespace.as_str()))
            }
        };
        if !made.iter().any(&is_target) {
            let note = format!("{place}: the patch of {kind} {name} meets nothing");
            // With a target it may meet nothing; without one kustomize refuses it.
            if target.is_none() { self.error(note) } else { self.made.notes.push(note) }
        }
        if is_gone {
            made.retain(|object| !is_target(object));
            return;
        }
        for object in made.iter_mut().filter(|object| is_target(object)) {
            let name = object.name().to_owned();
            let kind = object.kind().to_owned();
            let lists = lists_of(object);
            merge(&mut object.node, patch, lists);
            // A patch for several objects has a name of its own, which is not theirs.
            set(&mut object.node, &["metadata", "name"], &name);
            set(&mut object.node, &["kind"], &kind);
        }
    }
}

/// How the lists of an object are merged: those of kinds that kustomize knows by their keys, of others they are replaced.
fn lists_of(object: &Object) -> Lists {
    let group = object.group();
    let is_known = group.is_empty() || !group.contains('.') || group.ends_with(".k8s.io");
    match (is_known, object.kind()) {
        (false, _) => Lists::Replaced,
        (true, "Service") => Lists::OfService,
        (true, _) => Lists::OfPods,
    }
}

fn is_elsewhere(written: &str) -> bool {
    let host = written.split('/').next().unwrap_or("");
    written.contains("://")
        || written.contains("?ref=")
        || written.starts_with("git@")
        || (host.contains('.') && !host.starts_with('.') && written.contains('/') && host.ends_with(".com"))
}

fn objects_of_patch(source: &Source) -> Vec<Node> {
    let parts = crate::object::documents(source.text()).into_iter();
    parts
        .filter_map(|(_, part)| read_anchored(&Source::new(source.path(), part)).0)
        .filter(|node| node.as_map().is_some())
        .collect()
}

/// The texts of lists behind some keys, with their places.
pub(crate) fn listed(node: &Node, keys: &[&str]) -> Vec<(String, Span)> {
    let lists = keys.iter().filter_map(|key| node.get(key)).filter_map(Node::as_list);
    lists.flatten().filter_map(|item| Some((item.as_text()?.to_owned(), item.span))).collect()
}

pub(crate) fn kustomization_in(files: &BTreeMap<String, Source>, directory: &str) -> Option<String> {
    let names = NAMES.iter().map(|name| joined(directory, name));
    names.into_iter().find(|path| files.contains_key(path))
}

pub(crate) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// `a/b` and `../c` are `a/c`. What leads above the first directory keeps its dots, and is found nowhere.
pub(crate) fn joined(directory: &str, written: &str) -> String {
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
