//! Which files say what runs: compose files, manifests and catalogs, of a repository or where somebody points.

use std::path::{Path, PathBuf};

use system::found::{Found, catalogs, compose, environment_file, is_catalog, is_manifest, manifests, unreadable};
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
    for path in yaml.into_iter().take(MAX_YAML_READ) {
        let file = directory.join(path);
        if let Ok(text) = outside::files::read_text(&file, MAX_YAML_BYTES) {
            let source = Source::new(crate::survey::shown(directory, path), text);
            reading.take(source, &file, is_compose_name(path));
        }
    }
    reading.found()
}

/// What files, or all YAML files below directories, show. Nothing found in any of them is an error.
///
/// # Errors
/// [`Error::NothingFound`], with the reasons of files that cannot be read.
pub fn found(paths: &[PathBuf]) -> Result<(Vec<Found>, Vec<String>), Error> {
    let mut notes = Vec::new();
    let mut reading = Reading::default();
    for path in paths {
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
    manifests: Vec<Source>,
    catalogs: Vec<Source>,
}

impl Reading {
    fn take(&mut self, source: Source, file: &Path, may_be_compose: bool) {
        if is_catalog(source.text()) {
            self.catalogs.push(source);
        } else if is_manifest(source.text()) {
            self.manifests.push(source);
        } else if may_be_compose {
            let beside = file.with_file_name(".env");
            let text = outside::files::read_text(&beside, MAX_YAML_BYTES).unwrap_or_default();
            self.found.extend(compose(&source, &environment_file(&text)));
        }
    }

    fn found(mut self) -> Vec<Found> {
        self.found.extend(manifests(&self.manifests));
        self.found.extend(catalogs(&self.catalogs));
        self.found
    }
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn is_compose_name(path: &str) -> bool {
    let name = crate::survey::file_name(path);
    name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-")
}
