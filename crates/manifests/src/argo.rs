//! What Argo CD would apply: its Applications, and those that Applications and ApplicationSets make, from the outermost ones.
//!
//! Directories, kustomizations and static sets (lists, directories of this repository) are followed. Charts are not rendered;
//! other repositories and other generators are named and not here. Source: the API of argoproj.io/v1alpha1.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use globset::{GlobBuilder, GlobMatcher};
use text::{Entry, Node, NodeKind};

use crate::flux::origin::{is_another, is_ordinary};
use crate::flux::{Delivered, MAX_UNITS, State, Unit, is_within};
use crate::kustomize::{Assembling, Shelf, Written, joined, kustomization_in};
use crate::object::Object;
use crate::patch::{each, set};
use crate::scalar::Scalar;

/// The group of Applications.
pub const ARGO_GROUP: &str = "argoproj.io";

/// The annotation that says when something is applied, or that it is not.
const HOOK: &str = "argocd.argoproj.io/hook";

/// The comment of files that are not taken for manifests.
const SKIP_FILE: &str = "+argocd:skip-file-rendering";

fn is_application(object: &Object) -> bool {
    object.group() == ARGO_GROUP && matches!(object.kind(), "Application" | "ApplicationSet")
}

/// The Applications and sets that somebody has to apply: those that no other one makes. Where some of these make others,
/// the ones that make nothing are left over, and count as roots only when they stand beside one that does.
pub fn applications(shelf: &Shelf<'_>) -> Vec<Object> {
    let all: Vec<&Object> = shelf.read.values().flat_map(|read| &read.objects).filter(|o| is_application(o)).collect();
    let own = own_address(&all, shelf);
    let mut made_from: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for object in &all {
        let places =
            sources_of(object, shelf).into_iter().filter(|source| source.is_own(&own)).map(|source| source.path);
        made_from.entry(object.path()).or_default().extend(places);
    }
    let is_made = |object: &Object| {
        all.iter().any(|other| {
            let is_same = other.path() == object.path() && other.name() == object.name();
            let paths = made_from.get(other.path()).into_iter().flatten();
            !is_same && paths.clone().any(|path| is_within(object.path(), path) && !is_within(other.path(), path))
        })
    };
    let makes = |object: &Object| {
        let paths = sources_of(object, shelf).into_iter().filter(|source| source.is_own(&own));
        paths.into_iter().any(|source| all.iter().any(|other| is_within(other.path(), &source.path)))
    };
    let outer: Vec<&&Object> = all.iter().filter(|object| !is_made(object)).collect();
    let roots: BTreeSet<&str> =
        outer.iter().filter(|object| makes(object)).map(|object| crate::kustomize::directory(object.path())).collect();
    let is_root = |object: &&&&Object| {
        roots.is_empty() || makes(object) || roots.contains(crate::kustomize::directory(object.path()))
    };
    outer.iter().filter(is_root).map(|object| (**object).clone()).collect()
}

/// Follows everything that an Application or a set makes.
pub fn deliver_application(root: &Object, shelf: &Shelf<'_>) -> Delivered {
    let all: Vec<&Object> = shelf.read.values().flat_map(|read| &read.objects).filter(|o| is_application(o)).collect();
    let own = own_address(&all, shelf);
    let revisions = revisions(&all, &own, shelf);
    let (mut units, mut seen): (Vec<Unit>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
    let mut open = VecDeque::from([(root.clone(), None)]);
    while let Some((object, by)) = open.pop_front() {
        let key = format!("{}/{}/{}", object.kind(), object.namespace(), object.name());
        if !seen.insert(key) || units.len() >= MAX_UNITS {
            continue;
        }
        for unit in built(&object, by, (&own, &revisions), shelf) {
            let at = units.len();
            open.extend(unit.objects.iter().filter(|made| is_application(made)).cloned().map(|made| (made, Some(at))));
            units.push(unit);
        }
    }
    Delivered { root: root.place(root.node.span), units }
}

/// Where an Application takes something from.
struct Taken {
    address: String,
    path: String,
    /// The branch, tag or commit that it follows; nothing written is what the repository follows by itself.
    revision: String,
    /// What its name ends with among several of a set.
    name: String,
    /// The namespace of what names none.
    namespace: Option<String>,
    /// The `source` itself.
    node: Option<Node>,
    /// Why it is not known.
    unknown: Option<String>,
}

impl Taken {
    fn is_own(&self, own: &BTreeSet<String>) -> bool {
        self.unknown.is_none() && (self.address.is_empty() || own.contains(&self.address))
    }
}

fn address(text: &str) -> String {
    let text = text.trim_end_matches('/').trim_end_matches(".git");
    let text = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    text.rsplit_once('@').map_or(text, |(_, rest)| rest).replace(':', "/").to_lowercase()
}

/// The address that stands for this repository: that of most Applications whose paths exist here.
fn own_address(all: &[&Object], shelf: &Shelf<'_>) -> BTreeSet<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for source in all.iter().flat_map(|object| sources_of(object, shelf)) {
        if source.unknown.is_none() && !source.path.is_empty() && shelf.has_directory(&source.path) {
            *counts.entry(source.address).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(address, _)| address).into_iter().collect()
}

/// How often each revision of this repository is followed; those that people work on are one.
fn revisions(all: &[&Object], own: &BTreeSet<String>, shelf: &Shelf<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for source in all.iter().flat_map(|object| sources_of(object, shelf)).filter(|source| source.is_own(own)) {
        let name = if is_ordinary(&source.revision) { String::new() } else { source.revision };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// Why what lies here is not what an Application follows, or need not be.
fn another_revision(own: &str, all: &BTreeMap<String, usize>, shelf: &Shelf<'_>) -> Option<String> {
    if is_ordinary(own) {
        return None;
    }
    if let Some(here) = is_another(own, shelf.branch.as_deref()) {
        return Some(format!("follows {own}, and what lies here is {here}"));
    }
    let count = all.get(own).copied().unwrap_or(0);
    let is_one_of_many = all.contains_key("") || all.iter().any(|(name, more)| name != own && *more >= count);
    is_one_of_many.then(|| format!("follows {own}, which is not what others follow and need not be what lies here"))
}

/// The sources of an Application, and of those that a set makes.
fn sources_of(object: &Object, shelf: &Shelf<'_>) -> Vec<Taken> {
    if object.kind() == "Application" {
        return object.node.get("spec").map(|spec| taken(spec, "")).unwrap_or_default();
    }
    let Some(template) = object.node.get("spec").and_then(|spec| spec.get("template")) else { return Vec::new() };
    let generators = object.node.get("spec").and_then(|spec| spec.get("generators")).and_then(Node::as_list);
    let mut all = Vec::new();
    for generator in generators.unwrap_or_default() {
        match parameters(generator, shelf) {
            Some(sets) => {
                for parameters in sets {
                    let mut template = template.clone();
                    fill(&mut template, &parameters);
                    let name = template.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_text);
                    let name = name.unwrap_or("").to_owned();
                    all.extend(template.get("spec").map(|spec| taken(spec, &name)).unwrap_or_default());
                }
            }
            None => {
                let kind = generator.as_map().and_then(|map| map.first()).map_or("", |entry| entry.key.as_str());
                let why = format!("{}: what the generator `{kind}` makes is not known", object.place(generator.span));
                let (address, path, revision, name) = (String::new(), String::new(), String::new(), String::new());
                all.push(Taken { address, path, revision, name, namespace: None, node: None, unknown: Some(why) });
            }
        }
    }
    all
}

fn taken(spec: &Node, name: &str) -> Vec<Taken> {
    let one = spec.get("source").into_iter();
    let all = one.chain(spec.get("sources").and_then(Node::as_list).unwrap_or_default());
    let says = |source: &Node, key: &str| source.get(key).and_then(Node::as_text).unwrap_or("").to_owned();
    let namespace = spec.get("destination").and_then(|to| to.get("namespace")).and_then(Node::as_text);
    // What is there only for the values of another has neither path nor chart.
    let has_more = |source: &&Node| source.get("path").is_some() || source.get("chart").is_some();
    let of = |source: &Node| Taken {
        address: address(&says(source, "repoURL")),
        path: joined("", &says(source, "path")),
        revision: says(source, "targetRevision").trim_start_matches("refs/heads/").to_owned(),
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        node: Some(source.clone()),
        unknown: None,
    };
    all.filter(has_more).map(of).collect()
}

/// What a static generator gives: one set of parameters for each Application.
fn parameters(generator: &Node, shelf: &Shelf<'_>) -> Option<Vec<Vec<(String, String)>>> {
    if let Some(elements) = generator.get("list").and_then(|list| list.get("elements")).and_then(Node::as_list) {
        let of = |element: &Node| {
            let pairs = element.as_map().unwrap_or_default().iter();
            pairs.filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned()))).collect()
        };
        return Some(elements.iter().map(of).collect());
    }
    let directories = generator.get("git")?.get("directories")?.as_list()?;
    let pattern = |node: &Node| node.get("path").and_then(Node::as_text).map(|path| joined("", path));
    let excludes = |node: &&Node| node.get("exclude").and_then(Node::as_text) == Some("true");
    let out: Vec<String> = directories.iter().filter(excludes).filter_map(pattern).collect();
    let mut all = BTreeSet::new();
    for wanted in directories.iter().filter(|node| !excludes(node)).filter_map(pattern) {
        for file in shelf.files.keys() {
            let parts: Vec<&str> = file.split('/').collect();
            let depth = wanted.split('/').count();
            let found = (parts.len() > depth).then(|| parts[..depth].join("/"));
            let fits = |path: &String| matches(&wanted, path) && !out.iter().any(|out| matches(out, path));
            all.extend(found.filter(fits));
        }
    }
    let of = |path: String| {
        let name = path.rsplit('/').next().unwrap_or("").to_owned();
        let mut pairs = Vec::new();
        for (index, part) in path.split('/').enumerate() {
            pairs.push((format!("path[{index}]"), part.to_owned()));
        }
        for (key, value) in
            [("path.path", &path), ("path.basename", &name), ("path.basenameNormalized", &name), ("path", &path)]
        {
            pairs.push((key.to_owned(), value.clone()));
        }
        pairs
    };
    Some(all.into_iter().map(of).collect())
}

/// Whether a path is what a pattern with `*` within its parts says.
fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let one = |(pattern, part): (&&str, &&str)| match pattern.split_once('*') {
        Some((before, after)) => {
            part.len() >= before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
        }
        None => pattern == part,
    };
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(one)
}

/// Puts parameters into a template, in both ways of writing them.
fn fill(template: &mut Node, parameters: &[(String, String)]) {
    each(template, &mut |entry| {
        let NodeKind::Text { value, .. } = &mut entry.value.kind else { return };
        if !value.contains("{{") {
            return;
        }
        for (key, with) in parameters {
            for written in [
                format!("{{{{{key}}}}}"),
                format!("{{{{ {key} }}}}"),
                format!("{{{{.{key}}}}}"),
                format!("{{{{ .{key} }}}}"),
            ] {
                *value = value.replace(&written, with);
            }
        }
    });
}

fn built(
    object: &Object,
    by: Option<usize>,
    (own, revisions): (&BTreeSet<String>, &BTreeMap<String, usize>),
    shelf: &Shelf<'_>,
) -> Vec<Unit> {
    let place = object.place(object.node.span);
    let mut units = Vec::new();
    for source in sources_of(object, shelf) {
        let title = match source.name.is_empty() {
            true => format!("{}/{}", object.namespace(), object.name()),
            false => format!("{}/{}", object.namespace(), source.name),
        };
        let mut unit = Unit {
            title,
            place: place.clone(),
            path: source.path.clone(),
            state: State::Applied,
            by,
            objects: Vec::new(),
            errors: Vec::new(),
            unknown: Vec::new(),
            undefined: Vec::new(),
            doubts: Vec::new(),
            waits_for: Vec::new(),
        };
        let is_chart = source.node.as_ref().is_some_and(|node| node.get("chart").is_some());
        if let Some(why) = &source.unknown {
            unit.unknown.push(why.clone());
        } else if source.path.contains("{{") {
            unit.unknown.push(format!("{place}: the path {} is not known", source.path));
        } else if is_chart || !source.is_own(own) {
            unit.state = State::Elsewhere;
            unit.unknown.push(format!("{place}: {} comes from {}, which is not here", unit.title, source.address));
        } else {
            let why = another_revision(&source.revision, revisions, shelf);
            unit.doubts.extend(why.map(|why| format!("{place}: {} {why}", unit.title)));
            build(object, &source, shelf, &mut unit);
        }
        units.push(unit);
    }
    units
}

fn build(object: &Object, source: &Taken, shelf: &Shelf<'_>, unit: &mut Unit) {
    let path = &source.path;
    if !shelf.has_directory(path) {
        unit.errors.push(format!("{}: the path {path} does not exist", unit.place));
        unit.state = State::Failed;
        return;
    }
    if shelf.files.contains_key(&joined(path, "Chart.yaml")) {
        unit.unknown.push(format!("{}: the chart {path} is not rendered", unit.place));
        return;
    }
    let node = source.node.as_ref();
    let mut assembling = Assembling::new(shelf);
    let made = match kustomization_in(shelf.files, path) {
        Some(inner) => {
            let made = assembling.kustomization(&inner, Vec::new());
            let overlay = overlay(node.and_then(|node| node.get("kustomize")), &object.node);
            let (text, above) = object.origin();
            let path = joined(path, "kustomization.yaml");
            assembling.apply(&overlay, Written { path: &path, source: text, above }, made)
        }
        None => {
            let files = files(node, path, shelf, unit);
            files.into_iter().flat_map(|file| assembling.file_as_it_is(file)).collect()
        }
    };
    let assembled = assembling.done(made);
    unit.errors = assembled.errors;
    unit.unknown.extend(assembled.unknown);
    unit.objects = assembled.objects;
    // Of the marks of hooks this one means that nothing is done with it.
    unit.objects.retain(|made| made.text(&["metadata", "annotations", HOOK]) != Some("Skip"));
    let namespace = source.namespace.as_deref();
    for made in unit.objects.iter_mut().filter(|made| made.text(&["metadata", "namespace"]).is_none()) {
        if let Some(namespace) = namespace.filter(|_| !crate::kustomize::is_of_the_cluster(made.kind())) {
            set(&mut made.node, &["metadata", "namespace"], namespace);
        }
    }
    if !unit.errors.is_empty() {
        unit.state = State::Failed;
    }
}

/// The files of a directory of manifests that an Application takes.
fn files<'s>(source: Option<&Node>, path: &str, shelf: &'s Shelf<'_>, unit: &mut Unit) -> Vec<&'s str> {
    let options = source.and_then(|source| source.get("directory"));
    let says = |key: &str| options.and_then(|options| options.get(key)?.as_text()).filter(|text| !text.is_empty());
    let recurses = says("recurse").is_some_and(|text| Scalar::plain(text) == Scalar::Boolean(true));
    let mut pattern = |key: &str| -> Option<GlobMatcher> {
        let written = says(key)?;
        let glob = GlobBuilder::new(written).literal_separator(false).build();
        if glob.is_err() {
            unit.unknown.push(format!("{}: `{key}: {written}` is not followed", unit.place));
        }
        glob.ok().map(|glob| glob.compile_matcher())
    };
    let (only, never) = (pattern("include"), pattern("exclude"));
    let is_here = |file: &&str| {
        let rest = file.strip_prefix(path).unwrap_or(file).trim_start_matches('/');
        [".yaml", ".yml", ".json"].iter().any(|end| file.ends_with(end))
            && (recurses || !rest.contains('/'))
            && only.as_ref().is_none_or(|only| only.is_match(rest))
            && !never.as_ref().is_some_and(|never| never.is_match(rest))
    };
    let is_skipped = |file: &&str| shelf.files.get(*file).is_some_and(|file| file.text().contains(SKIP_FILE));
    shelf.below(path).filter(is_here).filter(|file| !is_skipped(file)).collect()
}

/// The options of `source.kustomize` that are those of a kustomization.
fn overlay(options: Option<&Node>, whole: &Node) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    for key in ["namePrefix", "nameSuffix", "namespace", "commonLabels", "patches", "components", "replicas"] {
        if let Some(value) = options.and_then(|options| options.get(key)) {
            entries.push(Entry { key: key.to_owned(), key_span: value.span, value: value.clone() });
        }
    }
    Node { span: whole.span, kind: NodeKind::Map(entries) }
}
