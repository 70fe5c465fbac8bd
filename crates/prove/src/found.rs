//! Which files say what runs: compose files, manifests and catalogs, of a repository or where somebody points.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use manifests::{NAMES, Object, assemble, is_kustomization, is_manifest, objects, reached, references, roots};
use system::found::{Found, catalogs, compose, environment_file, is_catalog, manifests as joined, unreadable};
use text::Source;

use crate::{Error, Repository};

/// The most YAML files that are read in search of manifests.
pub const MAX_YAML_READ: usize = 3_000;
/// The largest YAML file read, 1 MiB.
const MAX_YAML_BYTES: usize = 1024 * 1024;

/// What the files of a repository below a directory show.
pub(crate) fn beside(repository: &Repository, directory: &Path, notes: &mut Vec<String>) -> Vec<Found> {
    let yaml: Vec<&str> = crate::survey::inside(repository, directory).filter(|path| is_yaml(path)).collect();
    if yaml.len() > MAX_YAML_READ {
        notes.push(format!("only the first {MAX_YAML_READ} of {} YAML files were looked at", yaml.len()));
    }
    let mut reading = Reading::default();
    let mut texts = BTreeMap::new();
    for path in yaml.into_iter().take(MAX_YAML_READ) {
        let file = directory.join(path);
        if let Ok(text) = outside::files::read_text(&file, MAX_YAML_BYTES) {
            texts.insert(path.to_owned(), Source::new(crate::survey::shown(directory, path), text));
        }
    }
    let beside = named_beside(directory, &texts);
    let only_named: BTreeSet<String> = beside.keys().cloned().collect();
    texts.extend(beside);
    let overlaid = reading.overlays(&texts, notes);
    for (path, source) in texts.into_iter().filter(|(path, _)| !only_named.contains(path)) {
        let is_part = overlaid.contains(path.rsplit_once('/').map_or("", |(directory, _)| directory));
        if !(is_part && is_manifest(source.text())) {
            reading.take(source, &directory.join(&path), is_compose_name(&path));
        }
    }
    reading.found()
}

/// Files below a directory that kustomizations name and that are no YAML: what they make config maps and secrets of.
fn named_beside(directory: &Path, texts: &BTreeMap<String, Source>) -> BTreeMap<String, Source> {
    let kustomizations = texts.iter().filter(|(path, _)| is_kustomization(path));
    let named = kustomizations.flat_map(|(path, source)| references(path, source));
    let named: BTreeSet<String> =
        named.filter(|path| !texts.contains_key(path) && !path.starts_with("..")).take(MAX_YAML_READ).collect();
    let read = |path: String| {
        let text = outside::files::read_text(&directory.join(&path), MAX_YAML_BYTES).ok()?;
        Some((path.clone(), Source::new(crate::survey::shown(directory, &path), text)))
    };
    named.into_iter().filter_map(read).collect()
}

/// What files, or all YAML files below directories, show. Nothing found in any of them is an error.
///
/// # Errors
/// [`Error::NothingFound`], with the reasons of files that cannot be read.
pub fn found(paths: &[PathBuf]) -> Result<(Vec<Found>, Vec<String>), Error> {
    let mut notes = Vec::new();
    let mut reading = Reading::default();
    for path in paths {
        if reading.tree(path, &mut notes) {
            continue;
        }
        if path.is_dir() {
            let repository = Repository::look(path);
            let all = beside(&repository, path, &mut notes);
            reading.found.extend(all);
        } else {
            let text = match outside::files::read_text(path, MAX_YAML_BYTES) {
                Ok(text) => text,
                Err(error) => {
                    notes.push(crate::chain(&error));
                    continue;
                }
            };
            let source = Source::new(path.to_string_lossy(), text);
            notes.extend(unreadable(&source));
            reading.take(source, path, true);
        }
    }
    let found = reading.found();
    if found.iter().all(|file| file.components.is_empty()) {
        return Err(Error::NothingFound { paths: paths.to_vec(), notes });
    }
    Ok((found, notes))
}

#[derive(Default)]
struct Reading {
    found: Vec<Found>,
    objects: Vec<Object>,
    catalogs: Vec<Source>,
}

impl Reading {
    fn take(&mut self, source: Source, file: &Path, may_be_compose: bool) {
        if is_catalog(source.text()) {
            self.catalogs.push(source);
        } else if is_manifest(source.text()) {
            self.objects.extend(objects(&source));
        } else if may_be_compose {
            let beside = file.with_file_name(".env");
            let text = outside::files::read_text(&beside, MAX_YAML_BYTES).unwrap_or_default();
            self.found.extend(compose(&source, &environment_file(&text)));
        }
    }

    /// The kustomize trees of a directory that no other uses. Of several that share a base one is read. Returns the
    /// directories whose files are parts of a tree.
    fn overlays(&mut self, texts: &BTreeMap<String, Source>, notes: &mut Vec<String>) -> BTreeSet<String> {
        let mut taken: Vec<(String, BTreeSet<String>)> = Vec::new();
        for root in roots(texts) {
            let parts = reached(&root, texts);
            match taken.iter().find(|(_, other)| !other.is_disjoint(&parts)) {
                Some((first, _)) => notes.push(format!(
                    "{} and {} share a base: the first is read; point to the directory of the other to see it",
                    texts[first].path(),
                    texts[&root].path()
                )),
                None => {
                    let assembled = assemble(&root, texts);
                    self.objects.extend(assembled.objects);
                    notes.extend(assembled.notes);
                    taken.push((root, parts));
                }
            }
        }
        let kustomized = texts.keys().filter(|path| is_kustomization(path));
        let named = taken.into_iter().flat_map(|(_, parts)| parts);
        named
            .chain(kustomized.cloned())
            .map(|path| path.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned()))
            .collect()
    }

    /// The tree of one kustomization, wherever its bases lie. `false` when the path has none.
    fn tree(&mut self, path: &Path, notes: &mut Vec<String>) -> bool {
        let Some(file) = kustomization(path) else { return false };
        let root = key(&file);
        let mut texts = BTreeMap::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            if texts.len() >= MAX_YAML_READ || texts.contains_key(&key(&file)) {
                continue;
            }
            let Ok(text) = outside::files::read_text(&file, MAX_YAML_BYTES) else { continue };
            let source = Source::new(shorter(&file), text);
            if is_kustomization(&key(&file)) {
                let named =
                    references(&key(&file), &source).into_iter().map(|named| PathBuf::from(format!("/{named}")));
                open.extend(named.map(|named| kustomization(&named).unwrap_or(named)));
            }
            texts.insert(key(&file), source);
        }
        let assembled = assemble(&root, &texts);
        self.objects.extend(assembled.objects);
        notes.extend(assembled.notes);
        true
    }

    fn found(mut self) -> Vec<Found> {
        self.found.extend(joined(&self.objects));
        self.found.extend(catalogs(&self.catalogs));
        self.found
    }
}

/// The kustomization that a path is, or that lies in it; absolute.
fn kustomization(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    if path.is_file() {
        return is_kustomization(&path.to_string_lossy()).then_some(path);
    }
    NAMES.iter().map(|name| path.join(name)).find(|file| file.is_file())
}

/// An absolute path as the paths of a tree are joined: without its root and without steps up.
fn key(file: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in file.components() {
        match part {
            std::path::Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            std::path::Component::ParentDir => drop(parts.pop()),
            _ => {}
        }
    }
    parts.join("/")
}

/// From the current directory, when it lies below.
fn shorter(file: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf));
    below.unwrap_or_else(|| file.to_path_buf()).to_string_lossy().into_owned()
}

/// YAML, and what kustomizations are called or read beside it.
fn is_yaml(path: &str) -> bool {
    [".yaml", ".yml", ".env", ".properties"].iter().any(|end| path.ends_with(end)) || is_kustomization(path)
}

fn is_compose_name(path: &str) -> bool {
    let name = crate::survey::file_name(path);
    name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-")
}
