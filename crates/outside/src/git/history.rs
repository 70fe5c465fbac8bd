//! What commits hold and when they came: for looks that ask how old something is, and whether it was ever committed.
//!
//! As everywhere in this module, `None` means that git does not know, never that there is nothing.

use std::path::Path;

use super::{ask, fields, is_revision};

/// The largest list of boundaries that is read.
const MAX_SHALLOW_BYTES: usize = 1 << 20;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its whole name, 40 hexadecimal digits or more.
    pub id: String,
    /// When it was committed, in seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name, `v1.2.3`.
    pub name: String,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// A file that differs from what is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    /// From the root of the repository.
    pub path: String,
    /// It was never committed.
    pub is_new: bool,
}

/// Paths of the last commit below `root`, from `root`; submodules are paths of their own.
pub fn committed(root: &Path) -> Option<Vec<String>> {
    let answer = ask(root, &["ls-tree", "-r", "--name-only", "-z", "HEAD"])?;
    Some(fields(&answer).map(str::to_owned).collect())
}

/// The commits at which a shallow clone was cut off; none for a whole one. Such a commit seems to add every file.
pub fn boundaries(root: &Path) -> Option<Vec<String>> {
    let is_shallow = ask(root, &["rev-parse", "--is-shallow-repository"])?;
    if is_shallow.trim() == "false" {
        return Some(Vec::new());
    }
    let path = ask(root, &["rev-parse", "--git-path", "shallow"])?;
    let text = crate::files::read_text(&root.join(path.trim_end()), MAX_SHALLOW_BYTES).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

/// The last commit of a revision that changed a path (all when none is named); `Some(None)` when none ever did. The path is from `root`.
pub fn last_commit(root: &Path, revision: &str, path: Option<&str>) -> Option<Option<Commit>> {
    is_revision(revision).then_some(())?;
    let below = path.map(below);
    let mut arguments = vec!["log", "-1", "--format=%H %ct", revision, "--"];
    arguments.extend(below.as_deref());
    let answer = ask(root, &arguments)?;
    Some(commit(&answer))
}

/// The last commit of what is checked out that changed anything below `root` but these paths; `Some(None)` when none did.
pub fn last_commit_but(root: &Path, paths: &[String]) -> Option<Option<Commit>> {
    let excluded: Vec<String> = paths.iter().map(|path| format!(":(exclude,literal){path}")).collect();
    let mut arguments = vec!["log", "-1", "--format=%H %ct", "HEAD", "--", "."];
    arguments.extend(excluded.iter().map(String::as_str));
    Some(commit(&ask(root, &arguments)?))
}

fn commit(answer: &str) -> Option<Commit> {
    answer.trim().split_once(' ').and_then(|(id, at)| Some(Commit { id: id.to_owned(), at: at.parse().ok()? }))
}

/// The commits of a revision that changed a path at or after a time, in seconds since 1970, the last first.
pub fn commits_since(root: &Path, revision: &str, path: &str, since: i64) -> Option<Vec<Commit>> {
    is_revision(revision).then_some(())?;
    let answer = ask(root, &["log", "--format=%H %ct", revision, "--", &below(path)])?;
    let commits = answer.lines().filter_map(|line| {
        let (id, at) = line.split_once(' ')?;
        Some(Commit { id: id.to_owned(), at: at.parse().ok()? })
    });
    Some(commits.filter(|commit| commit.at >= since).collect())
}

/// What differs from the last commit at a path, new files included, ignored ones not. The path is from `root`.
pub fn unsaved(root: &Path, path: &str) -> Option<Vec<Unsaved>> {
    let answer =
        ask(root, &["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", &below(path)])?;
    let one = |word: &str| {
        let (state, path) = (word.get(..2)?, word.get(3..)?);
        Some(Unsaved { path: path.to_owned(), is_new: matches!(state, "??" | "A " | "AM") })
    };
    Some(fields(&answer).filter_map(one).collect())
}

/// Whether git would ignore a path, there or not; `false` when git does not know.
pub fn is_ignored(root: &Path, path: &str) -> bool {
    ask(root, &["check-ignore", "--no-index", "-q", "--", path]).is_some()
}

/// All tags.
pub fn tags(root: &Path) -> Option<Vec<Tag>> {
    let answer = ask(root, &["for-each-ref", "--format=%(refname:strip=2)%00%(creatordate:unix)", "refs/tags"])?;
    let tag = |line: &str| {
        let (name, at) = line.split_once('\0')?;
        Some(Tag { name: name.to_owned(), at: at.trim().parse().ok()? })
    };
    Some(answer.lines().filter_map(tag).collect())
}

/// The messages of the commits between two revisions (`from` excluded), with their short names, the last first.
pub fn messages(root: &Path, from: &str, to: &str) -> Option<Vec<(String, String)>> {
    (is_revision(from) && is_revision(to)).then_some(())?;
    let range = format!("{from}..{to}");
    let answer = ask(root, &["log", "-z", "--format=%h%n%B", "--end-of-options", &range, "--"])?;
    let message = |word: &str| word.split_once('\n').map(|(id, text)| (id.to_owned(), text.to_owned()));
    Some(fields(&answer).filter_map(message).collect())
}

/// A path from where git is asked, in which nothing is a pattern.
fn below(path: &str) -> String {
    format!(":(literal){path}")
}
