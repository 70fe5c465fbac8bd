//! Which values a Helm chart reads: its templates are followed, not rendered.
//!
//! A key that no template reads does nothing, however right it looks. A key below something that is passed on whole counts as
//! read; where a key is computed, or something reads that is not here, nobody knows. Source: Go's text/template, the functions
//! of sprig and Helm, and how Helm hands values to dependencies.

mod eval;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use text::{Node, NodeKind, Source, Span};

use self::eval::{Reader, Templates};
use crate::kustomize::{directory, joined};
use crate::object::read_anchored;

/// How deep charts hold charts.
const MAX_NESTED: usize = 8;

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Whether it is there, or what it is as a scalar.
    Itself,
    /// With everything below it.
    Whole,
    /// Something below it, and nobody can say what.
    Computed,
}

/// Everything that a chart reads: paths of keys, `*` for any.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    uses: BTreeSet<(Vec<String>, How)>,
    /// What could not be followed, in words.
    pub notes: Vec<String>,
}

/// Whether a key is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsRead {
    /// By some template.
    Yes,
    /// By none.
    No,
    /// Nobody can say.
    Unknown,
}

/// A value that is not looked into any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The keys that lead to it; `*` for items of lists.
    pub path: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

impl Reads {
    fn put(&mut self, path: Vec<String>, how: How) {
        self.uses.insert((path, how));
    }

    /// Whether a key is read.
    pub fn reads(&self, key: &[String]) -> IsRead {
        let mut is_open = false;
        for (path, how) in &self.uses {
            let is_above = path.len() <= key.len() && fits(path, &key[..path.len()]);
            let is_below = path.len() > key.len() && fits(&path[..key.len()], key);
            match how {
                How::Itself if (is_above && path.len() == key.len()) || is_below => return IsRead::Yes,
                How::Whole if is_above || is_below => return IsRead::Yes,
                How::Computed if is_above || is_below => is_open = true,
                How::Itself | How::Whole | How::Computed => {}
            }
        }
        if is_open { IsRead::Unknown } else { IsRead::No }
    }
}

fn fits(path: &[String], key: &[String]) -> bool {
    path.iter().zip(key).all(|(part, own)| part == own || part == "*" || own == "*")
}

/// The values of a file that are not looked into any further: scalars, and lists and maps without anything in them.
pub fn keys(values: &Node) -> Vec<Key> {
    let mut all = Vec::new();
    leaves(values, &mut Vec::new(), values.span, &mut all);
    all
}

fn leaves(node: &Node, path: &mut Vec<String>, at: Span, all: &mut Vec<Key>) {
    match &node.kind {
        NodeKind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                path.push(entry.key.clone());
                leaves(&entry.value, path, entry.key_span, all);
                path.pop();
            }
        }
        NodeKind::List(items) if items.iter().any(|item| item.as_map().is_some()) => {
            for item in items {
                path.push("*".to_owned());
                leaves(item, path, item.span, all);
                path.pop();
            }
        }
        NodeKind::Map(_) | NodeKind::List(_) | NodeKind::Empty | NodeKind::Text { .. } => {
            if !path.is_empty() && !all.iter().any(|key: &Key| key.path == *path) {
                all.push(Key { path: path.clone(), span: at });
            }
        }
    }
}

/// Everything that the chart of a directory reads. `None` when no chart is there.
pub fn chart(path: &str, files: &BTreeMap<String, Source>, values: &[&Node]) -> Option<Reads> {
    files.get(&joined(path, "Chart.yaml"))?;
    let mut templates = Templates::default();
    collect(path, files, 0, &mut templates);
    let mut reads = Reads::default();
    let own = files.get(&joined(path, "values.yaml")).and_then(|source| read_anchored(source).0);
    let given: Vec<&Node> = values.iter().rev().copied().chain(&own).collect();
    of_chart(path, files, &templates, (0, &given), &mut reads);
    // Texts among the values, and among those that the chart brings, may be templates themselves.
    if templates.uses_tpl() {
        let mut texts = Vec::new();
        values.iter().for_each(|node| template_texts(node, &mut texts));
        own.iter().for_each(|node| template_texts(node, &mut texts));
        for text in texts {
            let mut reader = Reader::new(&templates);
            reader.file("values", &text);
            reader.uses.into_iter().for_each(|(path, how)| reads.put(path, how));
        }
    }
    Some(reads)
}

fn template_texts(node: &Node, texts: &mut Vec<String>) {
    match &node.kind {
        NodeKind::Text { value, .. } if value.contains("{{") => texts.push(value.clone()),
        NodeKind::List(items) => items.iter().for_each(|item| template_texts(item, texts)),
        NodeKind::Map(entries) => entries.iter().for_each(|entry| template_texts(&entry.value, texts)),
        NodeKind::Text { .. } | NodeKind::Empty => {}
    }
}

/// The templates of a chart and of all charts in it, whose definitions everybody may use.
fn collect(path: &str, files: &BTreeMap<String, Source>, depth: usize, templates: &mut Templates) {
    for source in templates_of(path, files) {
        templates.define(source.text());
    }
    for (inner, _) in vendored(path, files).into_iter().filter(|_| depth < MAX_NESTED) {
        collect(&inner, files, depth + 1, templates);
    }
}

fn templates_of<'f>(path: &str, files: &'f BTreeMap<String, Source>) -> Vec<&'f Source> {
    let prefix = format!("{}/", joined(path, "templates"));
    let below = files.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
    below.map(|(_, source)| source).collect()
}

/// The charts that lie in a chart: their directories, and the names that they have.
fn vendored(path: &str, files: &BTreeMap<String, Source>) -> Vec<(String, String)> {
    let prefix = format!("{}/", joined(path, "charts"));
    let below = files.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
    let is_chart = |path: &&String| path.ends_with("/Chart.yaml") && path[prefix.len()..].matches('/').count() == 1;
    let of = |(path, source): (&String, &Source)| {
        let name = read_anchored(source).0.and_then(|node| node.get("name")?.as_text().map(str::to_owned));
        Some((directory(path).to_owned(), name?))
    };
    below.filter(|(path, _)| is_chart(path)).filter_map(of).collect()
}

/// Whether a template makes something that runs: neither definitions, nor notes for people, nor what only `helm test` runs.
fn is_rendered(source: &Source, chart: &str) -> bool {
    let name = source.path().rsplit('/').next().unwrap_or("");
    let tests = format!("{}/", joined(chart, "templates/tests"));
    !name.starts_with('_') && name != "NOTES.txt" && !source.path().starts_with(&tests)
}

/// Whether the values switch a dependency off: the first of its conditions that stands somewhere decides. Of several values
/// the first in this list that says it counts.
fn is_off(conditions: &[Vec<String>], values: &[&Node]) -> bool {
    let at = |path: &[String]| {
        let found = |node: &&&Node| path.iter().try_fold(**node, |node, key| node.get(key)).is_some();
        let node = values.iter().find(found)?;
        path.iter().try_fold(*node, |node, key| node.get(key)).and_then(Node::as_text)
    };
    conditions.iter().find_map(|path| at(path)) == Some("false")
}

fn of_chart(
    path: &str,
    files: &BTreeMap<String, Source>,
    templates: &Templates,
    (depth, values): (usize, &[&Node]),
    reads: &mut Reads,
) {
    for source in templates_of(path, files) {
        if !is_rendered(source, path) {
            continue;
        }
        let mut reader = Reader::new(templates);
        reader.file(source.path(), source.text());
        reader.uses.into_iter().for_each(|(path, how)| reads.put(path, how));
        reads.notes.extend(reader.notes);
    }
    let Some(node) = files.get(&joined(path, "Chart.yaml")).and_then(|source| read_anchored(source).0) else { return };
    let inner = vendored(path, files);
    let mut named = BTreeSet::new();
    for dependency in node.get("dependencies").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| dependency.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
        let Some(name) = says("name") else { continue };
        let called = says("alias").unwrap_or(name).to_owned();
        let conditions = says("condition").unwrap_or("").split(',').map(str::trim).filter(|path| !path.is_empty());
        let conditions: Vec<Vec<String>> =
            conditions.map(|condition| condition.split('.').map(str::to_owned).collect()).collect();
        conditions.iter().for_each(|path| reads.put(path.clone(), How::Itself));
        for tag in dependency.get("tags").and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_text) {
            reads.put(vec!["tags".to_owned(), tag.to_owned()], How::Itself);
        }
        named.insert(name.to_owned());
        if is_off(&conditions, values) {
            reads.notes.push(format!("the chart {name} of {path} is switched off"));
            continue;
        }
        let local =
            says("repository").and_then(|address| address.strip_prefix("file://")).map(|file| joined(path, file));
        let beside = local.filter(|local| files.contains_key(&joined(local, "Chart.yaml")));
        match inner.iter().find(|(_, own)| own == name).map(|(directory, _)| directory.clone()).or(beside) {
            Some(directory) if depth < MAX_NESTED => {
                below(&directory, &called, files, templates, (depth, values), reads);
            }
            _ => {
                reads.put(vec![called.clone()], How::Computed);
                reads.put(vec!["global".to_owned()], How::Computed);
                reads.notes.push(format!("the chart {name}, which {path} needs, is not here"));
            }
        }
    }
    for (directory, name) in inner.iter().filter(|(_, name)| !named.contains(name)) {
        below(directory, name, files, templates, (depth, values), reads);
    }
}

/// What a chart within another reads: values under its name, and those that are for all.
fn below(
    directory: &str,
    called: &str,
    files: &BTreeMap<String, Source>,
    templates: &Templates,
    (depth, values): (usize, &[&Node]),
    reads: &mut Reads,
) {
    let mut inner = Reads::default();
    let handed: Vec<&Node> = values.iter().filter_map(|node| node.get(called)).collect();
    of_chart(directory, files, templates, (depth + 1, &handed), &mut inner);
    for (path, how) in inner.uses {
        if path.first().is_some_and(|first| first == "global") {
            reads.put(path.clone(), how);
        }
        reads.put(std::iter::once(called.to_owned()).chain(path).collect(), how);
    }
    reads.notes.extend(inner.notes);
}
