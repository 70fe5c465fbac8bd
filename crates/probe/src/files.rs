//! Files that a glob names, below the repository or the directory of the run.
//!
//! A link that leads out is refused, and so is a pattern that climbs: a claim must not be able to weigh or date any file of
//! the machine. Unlike a walk of the repository this sees what git ignores, since what is built is ignored. What this file
//! does not do: read them.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use glob::{MatchOptions, Pattern, glob_with};
use text::Fields;

use crate::read::span_of;
use crate::{Error, World};

/// The most files that one look weighs.
pub(crate) const MAX_FILES: usize = 20_000;

/// `*` stops at `/`, and a leading dot must be written, as in a shell.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Where patterns begin that are not of the repository.
const SCRATCH: &str = "${scratch}/";

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The path as people know it, from where the pattern begins.
    pub(crate) path: String,
    /// Where it really is.
    pub(crate) full: PathBuf,
    pub(crate) bytes: u64,
    /// When it was last written, in microseconds since 1970.
    pub(crate) modified: i64,
}

/// Where patterns begin.
#[derive(Clone, Debug)]
pub(crate) struct Grounds {
    directory: PathBuf,
    scratch: PathBuf,
}

impl Grounds {
    pub(crate) fn of(world: &World) -> Self {
        Self { directory: world.directory.clone(), scratch: world.scratch.clone() }
    }
}

/// Reads patterns; one that climbs or begins at the root is a problem.
pub(crate) fn read(fields: &mut Fields<'_, '_>, key: &'static str) -> Vec<String> {
    let mut patterns = Vec::new();
    for (text, span) in fields.texts(key) {
        let bare = text.strip_prefix(SCRATCH).unwrap_or(text);
        if bare.starts_with('/') || bare.split('/').any(|part| part == "..") || bare.contains("${") {
            let message = format!("`{text}` must lie below the repository, or below `${{scratch}}`");
            fields.problem("wrong-value", span, message);
        } else if let Err(error) = Pattern::new(bare) {
            fields.problem("wrong-value", span, format!("`{text}` is no pattern: {}", error.msg));
        } else {
            patterns.push(text.to_owned());
        }
    }
    if fields.all().iter().any(|entry| entry.key == key) && patterns.is_empty() {
        let span = span_of(fields, key);
        fields.problem("missing-key", span, format!("`{key}` names no file"));
    }
    patterns
}

/// Whether a path is one of a pattern, by the rules of [`find`].
pub(crate) fn fits(pattern: &Pattern, path: &str) -> bool {
    pattern.matches_with(path, OPTIONS)
}

/// All files of some patterns, each once, by path.
pub(crate) fn find(patterns: &[String], grounds: &Grounds) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for pattern in patterns {
        let (base, bare) = base_of(pattern, grounds);
        matches(base, bare, &mut found)?;
    }
    found.sort_by(|a, b| a.full.cmp(&b.full));
    found.dedup_by(|a, b| a.full == b.full);
    Ok(found)
}

/// Whether the directory is there in which a pattern begins to vary.
pub(crate) fn has_ground(pattern: &str, grounds: &Grounds) -> bool {
    let (base, bare) = base_of(pattern, grounds);
    let plain = |part: &&str| !part.contains(['*', '?', '[']);
    let mut parts: Vec<&str> = bare.split('/').take_while(plain).collect();
    if parts.len() == bare.split('/').count() {
        parts.pop();
    }
    base.join(parts.join("/")).is_dir()
}

/// Whether a path below the directory of the file is a directory.
pub(crate) fn is_directory(path: &str, grounds: &Grounds) -> bool {
    grounds.directory.join(path).is_dir()
}

fn base_of<'g, 'p>(pattern: &'p str, grounds: &'g Grounds) -> (&'g Path, &'p str) {
    match pattern.strip_prefix(SCRATCH) {
        Some(bare) => (&grounds.scratch, bare),
        None => (&grounds.directory, pattern),
    }
}

fn matches(base: &Path, pattern: &str, found: &mut Vec<Found>) -> Result<(), Error> {
    let wrong = |why: &'static str| Error::Path { path: pattern.to_owned(), why };
    let base = base.canonicalize().map_err(|_| wrong("cannot be looked for: its directory is gone"))?;
    let whole = format!("{}/{pattern}", Pattern::escape(&base.to_string_lossy()));
    let paths = glob_with(&whole, OPTIONS).map_err(|_| wrong("is no pattern"))?;
    for path in paths {
        let path = path.map_err(|_| wrong("lies in a directory that cannot be searched"))?;
        let full = path.canonicalize().map_err(|_| wrong("meets a link to something that is not there"))?;
        if !full.starts_with(&base) {
            return Err(wrong("leads out of the repository"));
        }
        let about = full.metadata().map_err(|_| wrong("cannot be read"))?;
        if !about.is_file() {
            continue;
        }
        if found.len() >= MAX_FILES {
            return Err(wrong("names more files than are weighed"));
        }
        let known = path.strip_prefix(&base).unwrap_or(&path).to_string_lossy().into_owned();
        found.push(Found { path: known, full, bytes: about.len(), modified: modified(&about) });
    }
    Ok(())
}

fn modified(about: &Metadata) -> i64 {
    let since = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(0)
}
