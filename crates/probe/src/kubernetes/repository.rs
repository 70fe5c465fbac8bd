//! The manifests of a whole repository, by their paths from its root, each read once.
//!
//! Kustomizations may name files that no listing shows (below hidden directories, or such that git ignores); these are read
//! from where they lie. Nothing is read outside of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use manifests::{NAMES, Object, Parsed, Shelf, is_kustomization, parsed, references};
use text::{Severity, Source};

use super::tree::MAX_MANIFEST_BYTES;
use crate::file::repository_root;

/// The most files that kustomizations may name beside those that are listed.
const MAX_NAMED: usize = 10_000;

/// The largest file that tells which branch is checked out.
const MAX_HEAD_BYTES: usize = 4096;

/// What was read of a repository.
pub(crate) struct Repository {
    root: PathBuf,
    /// The directory of `seaworthy.yaml`, from the root.
    within: String,
    /// By path from the root.
    pub(crate) files: BTreeMap<String, Source>,
    /// What the files that look like manifests say.
    read: BTreeMap<String, Parsed>,
    /// Files that cannot be read, with the reason.
    unreadable: BTreeMap<String, String>,
    /// The branch that is checked out, when one is.
    branch: Option<String>,
    /// More files than are read.
    pub(crate) is_cut: bool,
}

/// Reads every YAML and JSON file of the repository around a directory, and what kustomizations name.
pub(crate) fn read(directory: &Path) -> Repository {
    let mut repository = Repository::at(directory);
    let listing = outside::files::walk(&repository.root);
    let is_manifest = |path: &String| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    repository.is_cut = listing.is_cut;
    let is_template =
        |path: &String| path.contains("templates/") && [".tpl", ".txt"].iter().any(|end| path.ends_with(end));
    let is_wanted = |path: &String| is_manifest(path) || is_kustomization(path) || is_template(path);
    let mut named: Vec<String> = listing.paths.into_iter().filter(is_wanted).collect();
    named.extend(repository.left_out(&named));
    repository.take(named);
    repository.follow();
    repository.parse();
    repository
}

/// Reads the kustomization of a directory and everything that it is made of.
pub(crate) fn closure(directory: &Path) -> Repository {
    let mut repository = Repository::at(directory);
    let own = NAMES.iter().map(|name| directory.join(name)).filter(|file| file.is_file());
    let own = own.map(|file| repository.key_of(&file)).collect();
    repository.take(own);
    repository.follow();
    repository.parse();
    repository
}

impl Repository {
    fn at(directory: &Path) -> Self {
        let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        let root = repository_root(&directory).to_owned();
        let within = path_text(directory.strip_prefix(&root).unwrap_or(Path::new("")));
        let head = outside::files::read_text(&root.join(".git/HEAD"), MAX_HEAD_BYTES).ok();
        let branch = head.and_then(|head| head.trim().strip_prefix("ref: refs/heads/").map(str::to_owned));
        let (files, read, unreadable) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { root, within, files, read, unreadable, branch, is_cut: false }
    }

    /// The files that say what Flux leaves out, of the directories of some files. They are hidden, and listed nowhere.
    fn left_out(&self, paths: &[String]) -> Vec<String> {
        let above = |path: &String| {
            let parents = Path::new(path).ancestors().skip(1).map(path_text).collect::<Vec<_>>();
            parents.into_iter()
        };
        let directories: BTreeSet<String> = paths.iter().flat_map(above).collect();
        let named = directories.into_iter().map(|directory| match directory.as_str() {
            "" => ".sourceignore".to_owned(),
            directory => format!("{directory}/.sourceignore"),
        });
        named.filter(|path| self.root.join(path).is_file()).collect()
    }

    /// The files, as they are assembled from.
    pub(crate) fn shelf(&self) -> Shelf<'_> {
        let read = self.read.iter().map(|(path, read)| (path.as_str(), read)).collect();
        Shelf { files: &self.files, read, branch: self.branch.clone() }
    }

    /// A path that a claim names, from the root.
    pub(crate) fn key(&self, written: &str) -> String {
        path_text(&Path::new(&self.within).join(written))
    }

    /// A path of the machine, from the root.
    pub(crate) fn key_of(&self, path: &Path) -> String {
        let whole = match (path.parent().and_then(|parent| parent.canonicalize().ok()), path.file_name()) {
            (Some(parent), Some(name)) => parent.join(name),
            _ => path.to_owned(),
        };
        path_text(whole.strip_prefix(&self.root).unwrap_or(&whole))
    }

    /// Whether a path is a directory or a file here.
    pub(crate) fn exists(&self, key: &str) -> bool {
        self.root.join(key).exists()
    }

    /// Every object that stands in a file.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.read.values().flat_map(|read| &read.objects)
    }

    /// Manifests that could not be read to their end, with their text.
    pub(crate) fn broken(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_broken = |(_, parsed): &(&String, &Parsed)| {
            parsed.problems.iter().any(|problem| problem.severity == Severity::Error && problem.rule != "yaml-anchor")
        };
        let all = self.read.iter().filter(is_broken);
        all.map(|(path, _)| (path.as_str(), self.files.get(path).map_or("", Source::text)))
    }

    /// Files below a directory that could not be read.
    pub(crate) fn unreadable_below(&self, directory: &str) -> Vec<String> {
        let is_below =
            |path: &str| directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        let all = self.unreadable.iter().filter(|(path, _)| is_below(path));
        all.map(|(path, why)| format!("{path}: {why}")).collect()
    }

    fn take(&mut self, keys: Vec<String>) {
        let texts = outside::parallel::map(&keys, |key| {
            let path = self.root.join(key);
            let is_within = path.canonicalize().is_ok_and(|path| path.starts_with(&self.root));
            if !is_within {
                return Err("is a link that leads out of the repository, or nowhere".to_owned());
            }
            outside::files::read_text(&path, MAX_MANIFEST_BYTES).map_err(|error| error.to_string())
        });
        for (key, text) in keys.into_iter().zip(texts) {
            match text {
                Ok(text) => drop(self.files.insert(key.clone(), Source::new(key, text))),
                Err(why) => drop(self.unreadable.insert(key, why)),
            }
        }
    }

    /// Files that kustomizations name and that were not listed.
    fn follow(&mut self) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        loop {
            let open: Vec<String> =
                self.files.keys().filter(|path| is_kustomization(path) && !seen.contains(*path)).cloned().collect();
            if open.is_empty() || seen.len() > MAX_NAMED {
                return;
            }
            let named = outside::parallel::map(&open, |path| references(path, &self.files[path]));
            seen.extend(open);
            let mut wanted: BTreeSet<String> = BTreeSet::new();
            for path in named.into_iter().flatten().filter(|path| !path.starts_with("..")) {
                let whole = self.root.join(&path);
                if whole.is_file() {
                    wanted.insert(path);
                } else if whole.is_dir() {
                    wanted.extend(NAMES.iter().map(|name| format!("{path}/{name}")).filter(|inner| self.exists(inner)));
                }
            }
            let is_new = |path: &String| !self.files.contains_key(path) && !self.unreadable.contains_key(path);
            self.take(wanted.into_iter().filter(is_new).take(MAX_NAMED).collect());
        }
    }

    /// Reads what looks like manifests.
    fn parse(&mut self) {
        let looks_so = |source: &&Source| source.text().contains("apiVersion") && source.text().contains("kind");
        let sources: Vec<&Source> = self.files.values().filter(looks_so).collect();
        let all = outside::parallel::map(&sources, |source| parsed(source));
        self.read = sources.iter().map(|source| source.path().to_owned()).zip(all).collect();
    }
}

/// A relative path with `/`, without steps that lead nowhere.
fn path_text(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts.join("/")
}
