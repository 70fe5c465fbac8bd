//! `path.exists`: whether the files and directories that somebody names are there, say something, and are committed.
//!
//! A file that is only on this disk is not in the release: it is told, and neither found nor missing.

use std::path::Path;
use std::time::Duration;

use evidence::Grade;
use text::Fields;

use super::files::{Files, Pattern, Patterns, some, texts};
use super::placeholder::is_placeholder;
use crate::kind::{Look, Looking, in_thread};
use crate::sight::Sight;
use crate::{Error, World};

/// How long one look may take.
const EXISTS_WITHIN: Duration = Duration::from_secs(30);

/// The largest file whose text is asked whether it says anything; a larger one does.
const MAX_PLACEHOLDER_BYTES: usize = 64 * 1024;

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    File,
    Directory,
}

/// Paths that shall be there.
#[derive(Clone, Debug)]
pub(crate) struct PathExists {
    paths: Patterns,
    kind: Option<Shape>,
    not_empty: bool,
}

impl PathExists {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let paths = Patterns::read(fields, "paths");
        let kind = fields.one_of("kind", &["file", "directory"]);
        let kind = kind.map(|index| if index == 0 { Shape::File } else { Shape::Directory });
        let not_empty = fields.boolean("not_empty").unwrap_or(false);
        Some(Self { paths: paths?, kind, not_empty })
    }
}

impl Look for PathExists {
    fn subject(&self) -> String {
        self.paths.words()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        Box::pin(async move { in_thread(&self.subject(), EXISTS_WITHIN, move || seen(&owned, &directory)).await })
    }
}

/// What was seen of all paths.
#[derive(Default)]
struct Seen {
    found: Vec<String>,
    missing: Vec<String>,
    untracked: Vec<String>,
    placeholders: Vec<String>,
    trouble: Vec<String>,
}

fn seen(probe: &PathExists, directory: &Path) -> Sight {
    let subject = probe.paths.words();
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(subject, &error),
    };
    let mut seen = Seen::default();
    for pattern in &probe.paths.all {
        one(probe, &files, pattern, &mut seen);
    }
    seen.told(probe, subject)
}

/// One path or glob: what is there of it.
fn one(probe: &PathExists, files: &Files, pattern: &Pattern, seen: &mut Seen) {
    let named = pattern.written.trim_end_matches('/');
    let there = match files.directory.join(named).symlink_metadata() {
        Ok(_) => vec![named.to_owned()],
        Err(_) if probe.kind == Some(Shape::Directory) => directories(files, pattern),
        Err(_) => files.meant_by(pattern),
    };
    let before = seen.trouble.len();
    let mut any = false;
    for path in there {
        match shape(files, &path) {
            Err(error) => seen.trouble.push(error.words()),
            Ok(shape) if probe.kind.is_some_and(|kind| kind != shape) => {}
            Ok(shape) => {
                any = true;
                seen.path(files, path, shape);
            }
        }
    }
    if any || seen.trouble.len() > before {
        return;
    }
    match files.incomplete(pattern) {
        Some(why) => seen.trouble.push(why),
        None => seen.missing.push(pattern.written.clone()),
    }
}

/// Directories above listed files that a glob means.
fn directories(files: &Files, pattern: &Pattern) -> Vec<String> {
    let above = |path: &String| path.match_indices('/').map(|(at, _)| path[..at].to_owned()).collect::<Vec<_>>();
    let mut all: Vec<String> = files.paths.iter().flat_map(above).filter(|path| pattern.means(path)).collect();
    all.sort();
    all.dedup();
    all
}

fn shape(files: &Files, path: &str) -> Result<Shape, Error> {
    let wrong = |why: &'static str| Error::Path { path: path.to_owned(), why };
    if files.directory.join(path).canonicalize().is_err() {
        return Err(wrong("is a link to something that is not there"));
    }
    match files.within(path) {
        None => Err(wrong("leads out of the repository")),
        Some(full) if full.is_dir() => Ok(Shape::Directory),
        Some(full) if full.is_file() => Ok(Shape::File),
        Some(_) => Err(wrong("is neither a file nor a directory")),
    }
}

impl Seen {
    fn path(&mut self, files: &Files, path: String, shape: Shape) {
        if says_nothing(files, &path, shape) {
            self.placeholders.push(path.clone());
        }
        match files.is_committed(&path) {
            Some(false) => self.untracked.push(path),
            Some(true) | None => self.found.push(path),
        }
    }

    fn told(mut self, probe: &PathExists, subject: String) -> Sight {
        for list in [&mut self.found, &mut self.untracked, &mut self.placeholders] {
            list.sort();
            list.dedup();
        }
        let mut sight = Sight::new(subject);
        let there = self.found.len() + self.untracked.len();
        sight.subjects = (there + self.missing.len()) as u64;
        sight.integer("count", self.found.len());
        let empty = probe.not_empty && !self.placeholders.is_empty();
        if !self.missing.is_empty() || empty {
            sight.boolean("all_found", false);
        } else if self.untracked.is_empty() && self.trouble.is_empty() {
            sight.boolean("all_found", true);
        }
        if !self.untracked.is_empty() {
            self.trouble.push(format!("only on this disk, not in the last commit: {}", some(&self.untracked)));
        }
        sight.grade = match (there, self.missing.len()) {
            (0, 0) => None,
            (0, _) if self.trouble.is_empty() => Some(Grade::Absent),
            (0, _) => None,
            (_, _) => Some(Grade::Declared),
        };
        sight.put("found", texts(self.found));
        sight.put("missing", texts(self.missing));
        sight.put("untracked", texts(self.untracked));
        sight.put("placeholders", texts(self.placeholders));
        sight.trouble = (!self.trouble.is_empty()).then(|| some(&self.trouble));
        sight
    }
}

fn says_nothing(files: &Files, path: &str, shape: Shape) -> bool {
    match shape {
        Shape::Directory => {
            let entries = files.within(path).and_then(|full| std::fs::read_dir(full).ok());
            entries.is_some_and(|entries| entries.flatten().all(|entry| entry.file_name() == ".gitkeep"))
        }
        Shape::File => files.read(path, MAX_PLACEHOLDER_BYTES).is_ok_and(|text| is_placeholder(path, &text)),
    }
}
