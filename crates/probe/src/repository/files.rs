//! The files of a repository, and the paths and globs by which claims name them.
//!
//! What git would track is what there is; without git, what lies below the directory. Which files the last commit holds is
//! kept beside it: a file that is only on this disk is not in the release. Nothing outside of the repository is read, and
//! no link that leads out of it is followed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use evidence::Value;
use globset::{GlobBuilder, GlobMatcher};
use text::{Fields, Span};

use crate::Error;

/// The most entries of a list that are kept; all are counted.
pub(crate) const MAX_LISTED: usize = 1000;

/// The most paths of one claim.
const MAX_PATTERNS: usize = 200;

/// What turns a path into a glob.
const GLOB_MARKS: [char; 4] = ['*', '?', '[', '{'];

/// A path or a glob, relative to the directory of `seaworthy.yaml`.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) written: String,
    glob: Option<GlobMatcher>,
}

/// Paths and globs, and those that do not count.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    pub(crate) all: Vec<Pattern>,
    except: Vec<Pattern>,
}

impl Pattern {
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        let plain = written.strip_prefix("./").unwrap_or(written);
        if plain.is_empty() || plain.starts_with('/') || plain.contains('\0') {
            return Err("a path must be relative to the directory of this file".to_owned());
        }
        let glob = if plain.contains(GLOB_MARKS) {
            let glob = GlobBuilder::new(plain).literal_separator(true).build();
            Some(glob.map_err(|error| format!("`{written}` is no glob: {}", error.kind()))?.compile_matcher())
        } else {
            None
        };
        Ok(Self { written: plain.to_owned(), glob })
    }

    /// Whether a path is meant: named, below a named directory, or matched.
    pub(crate) fn means(&self, path: &str) -> bool {
        let named = self.written.trim_end_matches('/');
        let below = path.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below || named == "." || self.glob.as_ref().is_some_and(|glob| glob.is_match(path))
    }

    /// The directory that everything meant lies below; nothing is the top.
    fn root(&self) -> &str {
        let fixed = self.written.find(GLOB_MARKS).map_or(self.written.as_str(), |at| &self.written[..at]);
        fixed.rsplit_once('/').map_or("", |(directory, _)| directory)
    }
}

impl Patterns {
    /// Reads `key`, which must name something, and `except`.
    pub(crate) fn read(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Self> {
        fields.need(key)?;
        let written = fields.texts(key);
        let all = parsed(fields, written);
        if all.is_empty() || all.len() > MAX_PATTERNS {
            let span = crate::read::span_of(fields, key);
            fields.problem("wrong-path", span, format!("`{key}` must name 1 to {MAX_PATTERNS} paths"));
        }
        Some(Self { all, except: Self::excepted(fields) })
    }

    fn excepted(fields: &mut Fields<'_, '_>) -> Vec<Pattern> {
        let written = fields.texts("except");
        parsed(fields, written)
    }

    /// Whether a path of another machine ends in one that is meant.
    pub(crate) fn mean_end_of(&self, path: &str) -> bool {
        let ends = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
        let ends: Vec<&str> = ends.map(|at| &path[at..]).collect();
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| ends.iter().any(|end| pattern.means(end)));
        any(&self.all) && !any(&self.except)
    }

    /// All of them, for people.
    pub(crate) fn words(&self) -> String {
        self.all.iter().map(|pattern| pattern.written.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn parsed(fields: &mut Fields<'_, '_>, written: Vec<(&str, Span)>) -> Vec<Pattern> {
    let mut all = Vec::new();
    for (text, span) in written {
        match Pattern::parse(text) {
            Ok(pattern) => all.push(pattern),
            Err(message) => fields.problem("wrong-path", span, message),
        }
    }
    all
}

/// The files below the directory of `seaworthy.yaml`.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) directory: PathBuf,
    root: PathBuf,
    /// Sorted.
    pub(crate) paths: Vec<String>,
    /// What the last commit holds; `None` when git does not know.
    committed: Option<BTreeSet<String>>,
    pub(crate) is_cut: bool,
    by_git: bool,
}

impl Files {
    /// Lists them.
    pub(crate) fn below(directory: &Path) -> Result<Self, Error> {
        let gone = || Error::Path { path: directory.display().to_string(), why: "is no directory" };
        let directory = directory.canonicalize().map_err(|_| gone())?;
        let root = outside::files::repository_root(&directory).unwrap_or_else(|| directory.clone());
        let listing = outside::files::walk(&directory);
        let committed = if listing.by_git { outside::git::committed(&directory) } else { None };
        Ok(Self {
            directory,
            root,
            paths: listing.paths,
            committed: committed.map(|paths| paths.into_iter().collect()),
            is_cut: listing.is_cut,
            by_git: listing.by_git,
        })
    }

    /// The files that the patterns mean, sorted, each once.
    pub(crate) fn meant(&self, patterns: &Patterns) -> Vec<String> {
        let mut found: Vec<String> = patterns.all.iter().flat_map(|pattern| self.meant_by(pattern)).collect();
        found.retain(|path| !patterns.except.iter().any(|pattern| pattern.means(path)));
        found.sort();
        found.dedup();
        found
    }

    /// The files that one pattern means. What is named as it is counts even where git ignores it or it leads up and back
    /// into the repository. The file of the claims itself holds every pattern and is meant only by its name.
    pub(crate) fn meant_by(&self, pattern: &Pattern) -> Vec<String> {
        let named = pattern.written.trim_end_matches('/');
        let full = self.directory.join(named);
        if full.is_file() {
            return vec![named.to_owned()];
        }
        let mut found: Vec<String> =
            self.paths.iter().filter(|path| *path != "seaworthy.yaml" && pattern.means(path)).cloned().collect();
        if found.is_empty() {
            let from = if full.is_dir() { named } else { pattern.root() };
            let inside = self.within(from).is_some_and(|path| path.is_dir());
            if !from.is_empty() && from != "." && inside {
                let more = outside::files::walk(&self.directory.join(from));
                let more = more.paths.into_iter().map(|path| format!("{from}/{path}"));
                found.extend(more.filter(|path| pattern.means(path)));
            }
        }
        found
    }

    /// The files on this disk that the patterns mean, also those that git ignores: what a build or a test run left.
    pub(crate) fn left(&self, patterns: &Patterns) -> Vec<String> {
        let mut found = Vec::new();
        for pattern in &patterns.all {
            let named = pattern.written.trim_end_matches('/');
            if self.directory.join(named).is_file() {
                found.push(named.to_owned());
                continue;
            }
            let from = if self.directory.join(named).is_dir() { named } else { pattern.root() };
            if self.within(from).is_some_and(|path| path.is_dir()) {
                let below = outside::files::walk_all(&self.directory.join(from)).paths.into_iter();
                let below = below.map(|path| if from.is_empty() { path } else { format!("{from}/{path}") });
                found.extend(below.filter(|path| pattern.means(path)));
            }
        }
        found.retain(|path| !patterns.except.iter().any(|pattern| pattern.means(path)));
        found.sort();
        found.dedup();
        found
    }

    /// What keeps a search for a pattern from being complete.
    pub(crate) fn incomplete(&self, pattern: &Pattern) -> Option<String> {
        if self.is_cut {
            return Some("there are more files than are listed".to_owned());
        }
        let root = pattern.root();
        if root.split('/').any(|part| part == "..") && self.within(root).is_none() {
            return Some(format!("{} leads out of the repository", pattern.written));
        }
        let hidden = self.by_git || pattern.glob.is_none() || !root.is_empty();
        // Without git, directories that others fill and hidden ones are not listed.
        (!hidden && pattern.written.starts_with('.'))
            .then(|| format!("{}: hidden directories are not listed without git", pattern.written))
    }

    /// A path below the root of the repository, links resolved.
    pub(crate) fn within(&self, path: &str) -> Option<PathBuf> {
        let full = self.directory.join(path).canonicalize().ok()?;
        full.starts_with(&self.root).then_some(full)
    }

    /// Whether the last commit holds a file, or something below a directory; `None` when git does not know.
    pub(crate) fn is_committed(&self, path: &str) -> Option<bool> {
        let committed = self.committed.as_ref()?;
        let full = self.directory.join(path);
        if path.split('/').any(|part| part == "..") {
            return outside::git::unsaved(&self.directory, path)
                .map(|unsaved| !unsaved.iter().any(|one| one.is_new) && full.exists());
        }
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        let is_inside = || committed.range(below.clone()..).next().is_some_and(|one| one.starts_with(&below));
        // A submodule is one path of its own, and what lies in it is not listed.
        let in_module = || path.match_indices('/').any(|(at, _)| committed.contains(&path[..at]));
        Some(committed.contains(path) || is_inside() || in_module())
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &str, limit_bytes: usize) -> Result<String, Error> {
        Ok(outside::files::read_text(&self.inside(path)?, limit_bytes)?)
    }

    /// The bytes of a file.
    pub(crate) fn read_bytes(&self, path: &str, limit_bytes: usize) -> Result<Vec<u8>, Error> {
        Ok(outside::files::read_bytes(&self.inside(path)?, limit_bytes)?)
    }

    fn inside(&self, path: &str) -> Result<PathBuf, Error> {
        let wrong = |why: &'static str| Error::Path { path: path.to_owned(), why };
        let full = self.directory.join(path).canonicalize().map_err(|_| wrong("cannot be read"))?;
        if full.starts_with(&self.root) { Ok(full) } else { Err(wrong("leads out of the repository")) }
    }
}

/// A list of texts, of which the first [`MAX_LISTED`] are kept.
pub(crate) fn texts(all: impl IntoIterator<Item = impl Into<String>>) -> Value {
    Value::List(all.into_iter().take(MAX_LISTED).map(|one| Value::Text(one.into())).collect())
}

/// A few of many, for one sentence.
pub(crate) fn some(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = all.len().saturating_sub(SHOWN);
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_itself_and_what_lies_below_it_and_a_glob_what_it_matches() {
        let means = |pattern: &str, path: &str| Pattern::parse(pattern).expect("is one").means(path);
        assert!(means("docs", "docs/a.md") && means("docs/", "docs/x/a.md") && !means("docs", "docs2/a.md"));
        assert!(means("docs/*.md", "docs/a.md") && !means("docs/*.md", "docs/x/a.md"));
        assert!(means("**/*.{yml,yaml}", "a/b.yml") && means("**/x.py", "x.py"));
        assert!(means("app/[id]/page.tsx", "app/[id]/page.tsx"));
        assert!(Pattern::parse("/etc/passwd").is_err() && Pattern::parse("a/[").is_err());
    }
}
