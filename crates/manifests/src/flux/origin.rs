//! Which sources of Flux are this repository as it lies here, and which of its files they carry.
//!
//! Nobody writes into a repository what it is called, so it is inferred: the source of the Kustomization that applies its own
//! directory. Another branch of the same address is not what lies here, and what `.sourceignore` or `spec.ignore` leave out
//! never reaches a cluster. Source: the API of source.toolkit.fluxcd.io/v1 and the code of source-controller.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};
use text::{Node, Source};

use crate::kustomize::{Shelf, directory, joined};
use crate::object::Object;

/// The name of files whose lines name what is left out, as in `.gitignore`.
pub(super) const IGNORE_FILE: &str = ".sourceignore";

/// Branches that people work on when nothing else is said.
const ORDINARY: [&str; 4] = ["main", "master", "trunk", "HEAD"];

/// How the addresses end from which Flux itself is installed.
const FLUX: [&str; 2] = ["/fluxcd/flux-manifests", "/fluxcd/flux2"];

/// A source by kind and name.
type Key = (String, String);

/// What is known of the sources.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    /// Those that are this repository.
    own: BTreeSet<Key>,
    /// Those of its address that follow something else than what lies here, and why.
    other: BTreeMap<Key, String>,
    /// The namespaces of the own ones, where all of them are written.
    namespaces: Option<BTreeSet<String>>,
    /// Every source that some file defines.
    defined: BTreeSet<Key>,
    /// Those of Flux itself, which bring its controllers and nothing of anybody else.
    of_flux: BTreeSet<Key>,
    /// What the own ones leave out.
    ignored: Vec<Rule>,
}

/// Where something comes from.
pub(super) enum Standing {
    /// From here.
    Here,
    /// From this repository, though perhaps not as it lies here.
    Doubtful(String),
    /// From those who make Flux.
    OfFlux,
    /// From somewhere else, and whether any file tells from where.
    Elsewhere(String, bool),
    /// From nowhere: it is never applied.
    Nowhere(String),
}

/// From which directory the paths of Kustomizations are meant: the one from which most of them exist, the uppermost of these.
pub(super) fn base(root: &str, within: &[&Object], shelf: &Shelf<'_>) -> String {
    let mut best = (0, String::new());
    let mut above = String::new();
    for part in std::iter::once("").chain(root.split('/')) {
        above = joined(&above, part);
        let exists = |object: &&&Object| {
            object.text(&["spec", "path"]).is_some_and(|path| shelf.has_directory(&joined(&above, path)))
        };
        let count = within.iter().filter(exists).count();
        if count > best.0 {
            best = (count, above.clone());
        }
    }
    best.1
}

impl Origins {
    /// Infers them from what lies below a root and in the whole repository.
    pub(super) fn of(root: &str, base: &str, within: &[&Object], shelf: &Shelf<'_>) -> Self {
        let objects = || shelf.read.values().flat_map(|read| &read.objects);
        let own = own(root, base, within, shelf);
        let is_source = |object: &&Object| object.group() == "source.toolkit.fluxcd.io";
        let all: Vec<&Object> = objects().filter(is_source).collect();
        let defined = all.iter().map(|object| key(object)).collect();
        let is_flux =
            |object: &&&Object| address(object).is_some_and(|address| FLUX.iter().any(|flux| address.ends_with(flux)));
        let of_flux = all.iter().filter(is_flux).map(|object| key(object)).collect();
        let mut sources = Self { own, defined, of_flux, ..Self::default() };
        let written: Vec<&Object> = all.iter().copied().filter(|object| sources.own.contains(&key(object))).collect();
        let addresses: BTreeSet<String> = written.iter().filter_map(|object| address(object)).collect();
        let revisions: BTreeSet<String> = written.iter().map(|object| revision(object)).collect();
        for object in all.iter().filter(|object| !sources.own.contains(&key(object))).copied().collect::<Vec<_>>() {
            if !address(object).is_some_and(|address| addresses.contains(&address)) {
                continue;
            }
            let revision = revision(object);
            if revisions.contains(&revision) {
                sources.own.insert(key(object));
            } else {
                sources
                    .other
                    .insert(key(object), format!("follows {revision} of this repository, and not what lies here"));
            }
        }
        for object in &written {
            let branch = object.text(&["spec", "ref", "branch"]).unwrap_or("");
            if let Some(here) = is_another(branch, shelf.branch.as_deref()) {
                let why = format!("follows the branch {branch}, and what lies here is {here}");
                sources.own.remove(&key(object));
                sources.other.insert(key(object), why);
            }
        }
        sources.namespaces = namespaces(root, base, within, &all, &sources.own);
        sources.ignored = ignored(base, &written, shelf);
        sources
    }

    /// Where a Kustomization comes from.
    pub(super) fn standing(&self, object: &Object) -> Standing {
        let says = |key: &str| object.text(&["spec", "sourceRef", key]).filter(|text| !text.is_empty());
        let (Some(kind), Some(name)) = (says("kind"), says("name")) else {
            return Standing::Nowhere("names no source, and would be refused".to_owned());
        };
        let key = (kind.to_owned(), name.to_owned());
        if let Some(why) = self.other.get(&key) {
            return Standing::Doubtful(format!("comes from {kind} {name}, which {why}"));
        }
        if !self.own.contains(&key) {
            if self.of_flux.contains(&key) {
                return Standing::OfFlux;
            }
            let is_defined = self.defined.contains(&key);
            return Standing::Elsewhere(format!("comes from {kind} {name}, which is not here"), is_defined);
        }
        let namespace = says("namespace").or_else(|| object.text(&["metadata", "namespace"]));
        match (namespace, &self.namespaces) {
            (Some(namespace), Some(known)) if !known.contains(namespace) => {
                let there = known.iter().cloned().collect::<Vec<_>>().join(", ");
                Standing::Nowhere(format!("comes from {kind} {namespace}/{name}, which is not there: it is in {there}"))
            }
            _ => Standing::Here,
        }
    }

    /// Whether files are left out at all.
    pub(super) fn leaves_out(&self) -> bool {
        !self.ignored.is_empty()
    }

    /// Whether a file never leaves the repository.
    pub(super) fn is_left_out(&self, path: &str) -> bool {
        let mut at = Some(path);
        while let Some(part) = at.filter(|part| !part.is_empty()) {
            // The last rule that speaks of a path decides; without one, that of the directory above does.
            let rule = self.ignored.iter().rev().find(|rule| rule.means(part, part.len() < path.len()));
            if let Some(rule) = rule {
                return !rule.is_kept;
            }
            at = part.rsplit_once('/').map(|(above, _)| above);
        }
        false
    }
}

/// What lies here, when a branch is surely not that. People follow branches of many names; only where an ordinary one is
/// checked out, and a particular one is followed, these are two.
pub(crate) fn is_another<'h>(branch: &str, here: Option<&'h str>) -> Option<&'h str> {
    let here = here.filter(|here| ORDINARY.contains(here))?;
    (!is_ordinary(branch)).then_some(here)
}

/// Whether a branch is one that people work on when nothing else is said.
pub(crate) fn is_ordinary(branch: &str) -> bool {
    branch.is_empty() || ORDINARY.contains(&branch)
}

fn key(object: &Object) -> Key {
    (object.kind().to_owned(), object.name().to_owned())
}

fn address(object: &Object) -> Option<String> {
    object.text(&["spec", "url"]).map(|url| url.trim_end_matches('/').trim_end_matches(".git").to_owned())
}

/// What of its address a source follows.
fn revision(object: &Object) -> String {
    let of = object.node.get("spec").and_then(|spec| spec.get("ref"));
    let parts = of.and_then(Node::as_map).unwrap_or_default().iter();
    let all: BTreeSet<String> =
        parts.filter_map(|entry| Some(format!("{} {}", entry.key, entry.value.as_text()?))).collect();
    if all.is_empty() { "branch master".to_owned() } else { all.into_iter().collect::<Vec<_>>().join(", ") }
}

/// The source of the Kustomization that applies its own directory; without one, that of most Kustomizations whose paths exist
/// here, else the one that `flux bootstrap` names.
fn own(root: &str, base: &str, within: &[&Object], shelf: &Shelf<'_>) -> BTreeSet<Key> {
    let source = |object: &Object| {
        let says = |key: &str| object.text(&["spec", "sourceRef", key]).map(str::to_owned);
        Some((says("kind")?, says("name")?))
    };
    let path = |object: &Object| object.text(&["spec", "path"]).map(|path| joined(base, path));
    let own: BTreeSet<Key> = within
        .iter()
        .filter(|object| path(object).as_deref() == Some(root))
        .filter_map(|object| source(object))
        .collect();
    if !own.is_empty() {
        return own;
    }
    let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
    let all = shelf.read.values().flat_map(|read| &read.objects).filter(|object| super::is_flux(object));
    for object in all.filter(|object| path(object).is_some_and(|path| shelf.has_directory(&path))) {
        if let Some(source) = source(object).filter(|(kind, name)| kind == "GitRepository" || name == "flux-system") {
            *counts.entry(source).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(source, _)| source);
    // Where no path is here, `flux bootstrap` still calls the repository that it was given so.
    let bootstrapped = |source: &Key| source.0 == "GitRepository" && source.1 == "flux-system";
    let most = most.or_else(|| within.iter().filter_map(|object| source(object)).find(bootstrapped));
    most.into_iter().collect()
}

/// Where the own sources are: as they say themselves, and as the Kustomization that applies its own directory finds them.
/// Nothing, when one of them leaves that to whoever applies it.
fn namespaces(
    root: &str,
    base: &str,
    within: &[&Object],
    all: &[&Object],
    own: &BTreeSet<Key>,
) -> Option<BTreeSet<String>> {
    let written = |object: &Object, path: &[&str]| object.text(path).map(str::to_owned);
    let of_itself =
        within.iter().filter(|object| object.text(&["spec", "path"]).is_some_and(|path| joined(base, path) == root));
    let found = of_itself.map(|object| {
        written(object, &["spec", "sourceRef", "namespace"]).or_else(|| written(object, &["metadata", "namespace"]))
    });
    let defined = all.iter().filter(|object| own.contains(&key(object)));
    let defined = defined.map(|object| written(object, &["metadata", "namespace"]));
    let known: Option<BTreeSet<String>> = found.chain(defined).collect();
    known.filter(|known| !known.is_empty())
}

/// A line of what is left out.
#[derive(Clone, Debug)]
struct Rule {
    /// The directory that it is written for.
    within: String,
    glob: GlobMatcher,
    is_for_directories: bool,
    /// It takes back what a line before it leaves out.
    is_kept: bool,
}

impl Rule {
    fn read(line: &str, within: &str) -> Option<Self> {
        let line = line.trim();
        let (line, is_kept) = line.strip_prefix('!').map_or((line, false), |rest| (rest, true));
        let is_for_directories = line.ends_with('/');
        let bare = line.trim_end_matches('/');
        if bare.is_empty() || line.starts_with('#') {
            return None;
        }
        let pattern = match bare.contains('/') {
            true => bare.trim_start_matches('/').to_owned(),
            false => format!("**/{bare}"),
        };
        let glob = GlobBuilder::new(&pattern).literal_separator(true).build().ok()?.compile_matcher();
        Some(Self { within: within.to_owned(), glob, is_for_directories, is_kept })
    }

    fn means(&self, path: &str, is_directory: bool) -> bool {
        let rest = match self.within.as_str() {
            "" => Some(path),
            within => path.strip_prefix(within).and_then(|rest| rest.strip_prefix('/')),
        };
        (is_directory || !self.is_for_directories) && rest.is_some_and(|rest| self.glob.is_match(rest))
    }
}

/// The lines of `.sourceignore` files, from above to below, and behind them those of the sources.
fn ignored(base: &str, own: &[&Object], shelf: &Shelf<'_>) -> Vec<Rule> {
    let is_file = |path: &&String| path.rsplit('/').next() == Some(IGNORE_FILE);
    let mut files: Vec<&Source> = shelf.files.iter().filter(|(path, _)| is_file(path)).map(|(_, file)| file).collect();
    files.sort_by_key(|file| file.path().matches('/').count());
    let lines = |text: &str, within: &str| text.lines().filter_map(|line| Rule::read(line, within)).collect::<Vec<_>>();
    let mut rules: Vec<Rule> = files.iter().flat_map(|file| lines(file.text(), directory(file.path()))).collect();
    let of_sources = own.iter().filter_map(|object| object.text(&["spec", "ignore"]));
    rules.extend(of_sources.flat_map(|text| lines(text, base)));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_speaks_of_a_path_decides() {
        let rules = |text: &str| Origins {
            ignored: text.lines().filter_map(|line| Rule::read(line, "")).collect(),
            ..Origins::default()
        };
        for (text, path, expected) in [
            ("/*\n!/clusters", "apps/a.yaml", true),
            ("/*\n!/clusters", "clusters/prod/a.yaml", false),
            ("# apps\n", "apps/a.yaml", false),
            ("*.txt", "apps/a.yaml", false),
            ("apps/", "apps/a.yaml", true),
            ("apps/", "more/apps/a.yaml", true),
            ("/apps/", "more/apps/a.yaml", false),
            ("apps/b", "apps/b/a.yaml", true),
            ("a.yaml/", "apps/a.yaml", false),
            ("apps/**/x.yaml\n!apps/b/x.yaml", "apps/b/x.yaml", false),
        ] {
            assert_eq!(rules(text).is_left_out(path), expected, "{text} {path}");
        }
    }

    #[test]
    fn only_a_particular_branch_beside_an_ordinary_one_is_another() {
        for (branch, here, expected) in [
            ("develop", Some("main"), Some("main")),
            ("main", Some("master"), None),
            ("prod", Some("prod"), None),
            ("prod", Some("my-work"), None),
            ("prod", None, None),
            ("", Some("main"), None),
        ] {
            assert_eq!(is_another(branch, here), expected, "{branch} {here:?}");
        }
    }
}
