//! Files that a glob names, below the repository or the directory of the run.
//!
//! A link that leads out is refused, and so is a pattern that climbs: a claim must not be able to weigh or date any file of
//! the machine. Unlike a walk of the repository this sees what git ignores, since what is built is ignored. What this file
//! does not do: read them.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use glob::{MatchOptions, Pattern};
use text::Fields;

use crate::read::span_of;
use crate::{Error, World};

/// The most files that one look weighs.
pub(crate) const MAX_FILES: usize = 20_000;

/// The most directories that one pattern searches.
const MAX_DIRECTORIES: usize = 20_000;

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
///
/// Links to directories are not followed: one that leads to where the walk comes anyway is passed over, any other is told.
/// `skipped` are names of directories that are not entered.
pub(crate) fn find(patterns: &[String], grounds: &Grounds, skipped: &[&str]) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for pattern in patterns {
        let (base, bare) = base_of(pattern, grounds);
        matches(base, bare.trim_start_matches("./"), skipped, &mut found)?;
    }
    found.sort_by(|a, b| a.full.cmp(&b.full));
    found.dedup_by(|a, b| a.full == b.full);
    Ok(found)
}

/// Whether the directory is there in which a pattern begins to vary.
pub(crate) fn has_ground(pattern: &str, grounds: &Grounds) -> bool {
    let (base, bare) = base_of(pattern, grounds);
    base.join(fixed(bare)).is_dir()
}

/// The directories at the beginning of a pattern that are spelled out.
fn fixed(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "." | "")).collect();
    let varies = |part: &&&str| part.contains(['*', '?', '[']);
    let plain = parts.iter().take_while(|part| !varies(part)).count();
    parts[..plain.min(parts.len().saturating_sub(1))].join("/")
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

/// Walks from where the pattern begins to vary.
fn matches(base: &Path, pattern: &str, skipped: &[&str], found: &mut Vec<Found>) -> Result<(), Error> {
    let wrong = |why: &'static str| Error::Path { path: pattern.to_owned(), why };
    let base = base.canonicalize().map_err(|_| wrong("cannot be looked for: its directory is gone"))?;
    let whole = Pattern::new(pattern).map_err(|_| wrong("is no pattern"))?;
    let begin = fixed(pattern);
    let top = match base.join(&begin).canonicalize() {
        Ok(top) if !top.starts_with(&base) => return Err(wrong("leads out of the repository")),
        Ok(top) => top,
        // What is not there holds no file; a link to nothing is something else.
        Err(_) if base.join(&begin).is_symlink() => return Err(wrong("is a link to something that is not there")),
        Err(_) => return Ok(()),
    };
    if !top.is_dir() {
        return Ok(());
    }
    let mut open = vec![(top.clone(), begin)];
    let mut opened = 0;
    while let Some((directory, shown)) = open.pop() {
        opened += 1;
        if opened > MAX_DIRECTORIES {
            return Err(wrong("lies below more directories than are searched"));
        }
        let entries = std::fs::read_dir(&directory).map_err(|_| wrong("meets a directory that cannot be searched"))?;
        for entry in entries {
            let entry = entry.map_err(|_| wrong("meets a directory that cannot be searched"))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let known = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
            let path = entry.path();
            let is_link = path.is_symlink();
            if path.is_dir() {
                if is_link && fits_below(&whole, &known) && !path.canonicalize().is_ok_and(|it| it.starts_with(&top)) {
                    return Err(wrong("meets a link to a directory elsewhere, which is not followed"));
                }
                if !is_link && !skipped.contains(&name.as_str()) && fits_below(&whole, &known) {
                    open.push((path, known));
                }
            } else if fits(&whole, &known) {
                if found.len() >= MAX_FILES {
                    return Err(wrong("names more files than are weighed"));
                }
                found.push(weighed(&path, known, &base).map_err(wrong)?);
            }
        }
    }
    Ok(())
}

fn weighed(path: &Path, known: String, base: &Path) -> Result<Found, &'static str> {
    let full = path.canonicalize().map_err(|_| "meets a link to something that is not there")?;
    if !full.starts_with(base) {
        return Err("leads out of the repository");
    }
    let about = full.metadata().map_err(|_| "cannot be read")?;
    if !about.is_file() {
        return Err("meets something that is no file");
    }
    Ok(Found { path: known, full, bytes: about.len(), modified: modified(&about) })
}

/// Whether files below a directory may fit: hidden ones only where the pattern names them, deep ones only with `**`.
fn fits_below(pattern: &Pattern, directory: &str) -> bool {
    let mut parts = pattern.as_str().split('/').filter(|part| *part != ".");
    for name in directory.split('/') {
        match parts.next() {
            Some("**") => return !directory.split('/').any(|name| name.starts_with('.') && !is_written(pattern, name)),
            Some(part) if Pattern::new(part).is_ok_and(|part| part.matches_with(name, OPTIONS)) => {}
            Some(_) | None => return false,
        }
    }
    true
}

/// Whether a pattern spells a name out.
fn is_written(pattern: &Pattern, name: &str) -> bool {
    pattern.as_str().split('/').any(|part| part == name)
}

fn modified(about: &Metadata) -> i64 {
    let since = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(0)
}
