//! What version control knows, read-only: `git` as a program, bounded in time and output, without network.
//!
//! No git, no repository and an answer that takes too long are the same to the caller: nothing is known. Nothing here
//! writes, runs hooks, or asks for a password.

mod history;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub use history::{
    Commit, Tag, Unsaved, boundaries, commits_since, committed, is_ignored, last_commit, last_commit_but, messages,
    tags, unsaved,
};

/// How long one question may take.
pub const GIT_PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read, 64 MiB.
pub const GIT_OUTPUT_LIMIT: usize = 64 * 1024 * 1024;

/// One file that differs between a revision and the working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path now, or the last one it had, from the root of the repository.
    pub path: String,
    /// Its path at the revision, when it was renamed.
    pub was: Option<String>,
    /// Whether it is gone now.
    pub is_gone: bool,
}

/// The commit that took a file away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The commit, short.
    pub commit: String,
    /// Its day, `2025-03-01`.
    pub day: String,
    /// What the file is called since, when it was renamed.
    pub renamed_to: Option<String>,
}

/// The paths that are tracked or would be, from `root`, with `/` between parts; `None` when git does not know.
pub fn files(root: &Path) -> Option<Vec<String>> {
    let answer = ask(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
    Some(fields(&answer).map(str::to_owned).collect())
}

/// A file as it was at a revision; `None` when it was not there, or git does not know. `path` is from `root`.
pub fn show(root: &Path, revision: &str, path: &str) -> Option<String> {
    is_revision(revision).then_some(())?;
    String::from_utf8(ask_bytes(root, &["show", "--no-textconv", &format!("{revision}:{path}")])?).ok()
}

/// Whether the repository has the revision.
pub fn knows(root: &Path, revision: &str) -> bool {
    is_revision(revision)
        && ask(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
            .is_some()
}

/// The commit at hand, 40 digits; `None` when git does not know.
pub fn head(root: &Path) -> Option<String> {
    let answer = ask(root, &["rev-parse", "--verify", "--quiet", "HEAD"])?;
    Some(answer.trim().to_owned()).filter(|commit| !commit.is_empty())
}

/// What differs between a revision and the working tree; `None` when git does not know.
pub fn changes(root: &Path, revision: &str) -> Option<Vec<Change>> {
    is_revision(revision).then_some(())?;
    let answer = ask(root, &["diff", "--name-status", "-z", "-M", "--no-ext-diff", revision, "--"])?;
    let mut words = fields(&answer);
    let mut changes = Vec::new();
    while let Some(status) = words.next() {
        let first = words.next()?.to_owned();
        changes.push(if status.starts_with(['R', 'C']) {
            Change { path: words.next()?.to_owned(), was: Some(first), is_gone: false }
        } else {
            Change { path: first, was: None, is_gone: status == "D" }
        });
    }
    Some(changes)
}

/// The day of the last commit that changed a path, `2025-03-01`; `None` when it was never committed, or git does not know.
pub fn last_change(root: &Path, path: &str) -> Option<String> {
    let day = ask(root, &["log", "-1", "--format=%cs", "--", &literal(path)])?;
    let day = day.trim();
    (!day.is_empty()).then(|| day.to_owned())
}

/// For each of the paths that a commit took away, the last such commit. One question for all of them.
pub fn removals(root: &Path, paths: &[String]) -> BTreeMap<String, Removal> {
    let mut found = BTreeMap::new();
    if paths.is_empty() {
        return found;
    }
    let literals: Vec<String> = paths.iter().map(|path| literal(path)).collect();
    let mut arguments =
        vec!["log", "-z", "--diff-filter=D", "--no-renames", "--name-only", "--format=%x01%h %cs", "--"];
    arguments.extend(literals.iter().map(String::as_str));
    let answer = ask(root, &arguments).unwrap_or_default();
    let mut at = None;
    for word in fields(&answer) {
        match word.strip_prefix('\u{1}') {
            Some(commit) => at = commit.split_once(' '),
            None => {
                if let (Some((commit, day)), true) = (at, paths.iter().any(|path| path == word)) {
                    let removal = || Removal { commit: commit.to_owned(), day: day.to_owned(), renamed_to: None };
                    found.entry(word.to_owned()).or_insert_with(removal);
                }
            }
        }
    }
    for (path, removal) in &mut found {
        removal.renamed_to = renamed(root, &removal.commit, path);
    }
    found
}

/// What a commit renamed a path to.
fn renamed(root: &Path, commit: &str, path: &str) -> Option<String> {
    let renames = ask(root, &["show", "-z", "-M", "--diff-filter=R", "--name-status", "--format=", commit])?;
    let words: Vec<&str> = fields(&renames).collect();
    words.chunks_exact(3).find(|rename| rename[1] == path).map(|rename| rename[2].to_owned())
}

/// A revision is one word that cannot be taken for an option.
fn is_revision(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && !text.contains([':', ' ', '\n', '\0'])
}

/// A path in which nothing is a pattern.
fn literal(path: &str) -> String {
    format!(":(top,literal){path}")
}

fn fields(answer: &str) -> impl Iterator<Item = &str> {
    answer.split('\0').map(|word| word.trim_start_matches('\n')).filter(|word| !word.is_empty())
}

fn ask(root: &Path, arguments: &[&str]) -> Option<String> {
    Some(String::from_utf8_lossy(&ask_bytes(root, arguments)?).into_owned())
}

fn ask_bytes(root: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("--no-pager").arg("--no-optional-locks").args([
        "-c",
        "core.quotePath=false",
        "-c",
        "core.fsmonitor=false",
    ]);
    command
        .args(arguments)
        .current_dir(root)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_LITERAL_PATHSPECS", "0");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    // The reader ends with the program: at end of file, or when it is killed below.
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(GIT_OUTPUT_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
        let read = output.by_ref().take(limit).read_to_end(&mut bytes);
        let _ = sender.send(read.ok().filter(|length| *length <= GIT_OUTPUT_LIMIT).map(|_| bytes));
    });
    let bytes = receiver.recv_timeout(GIT_PATIENCE).ok().flatten();
    if bytes.is_none() {
        let _ = child.kill();
    }
    let status = child.wait().ok()?;
    let _ = reader.join();
    bytes.filter(|_| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(root: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
        let status =
            Command::new("git").args(identity).args(arguments).current_dir(root).stdout(Stdio::null()).status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    fn repository() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        git(directory.path(), &["init", "-q", "-b", "main"]);
        std::fs::write(directory.path().join("ä b.md"), "one\n").unwrap();
        std::fs::write(directory.path().join("old.rs"), "a long enough text to be found again\nand again\n").unwrap();
        std::fs::write(directory.path().join(".gitignore"), "built/\n").unwrap();
        git(directory.path(), &["add", "-A"]);
        git(directory.path(), &["commit", "-qm", "first"]);
        directory
    }

    #[test]
    fn the_listing_holds_new_files_and_no_ignored_ones() {
        let directory = repository();
        std::fs::create_dir(directory.path().join("built")).unwrap();
        std::fs::write(directory.path().join("built/x"), "").unwrap();
        std::fs::write(directory.path().join("new.md"), "").unwrap();
        let mut files = files(directory.path()).unwrap();
        files.sort();
        assert_eq!(files, [".gitignore", "new.md", "old.rs", "ä b.md"]);
    }

    #[test]
    fn a_rename_and_a_removal_are_told_with_their_commit() {
        let directory = repository();
        git(directory.path(), &["mv", "old.rs", "new.rs"]);
        git(directory.path(), &["rm", "-q", "ä b.md"]);
        git(directory.path(), &["commit", "-qm", "second"]);
        let asked = ["old.rs", "ä b.md", "never.rs"].map(str::to_owned);
        let removals = removals(directory.path(), &asked);
        assert_eq!(removals["old.rs"].renamed_to.as_deref(), Some("new.rs"));
        assert_eq!((&removals["ä b.md"].renamed_to, removals["ä b.md"].day.len()), (&None, 10));
        assert_eq!(removals.len(), 2);
        assert_eq!(last_change(directory.path(), "new.rs").map(|day| day.len()), Some(10));
    }

    #[test]
    fn an_older_text_and_what_changed_since_are_told() {
        let directory = repository();
        std::fs::write(directory.path().join("ä b.md"), "two\n").unwrap();
        assert_eq!(show(directory.path(), "HEAD", "ä b.md").as_deref(), Some("one\n"));
        assert_eq!(show(directory.path(), "HEAD", "no.md"), None);
        let changes = changes(directory.path(), "HEAD").unwrap();
        assert_eq!(changes, [Change { path: "ä b.md".to_owned(), was: None, is_gone: false }]);
        assert!(
            knows(directory.path(), "main") && !knows(directory.path(), "nowhere") && !knows(directory.path(), "--all")
        );
    }

    #[test]
    fn without_a_repository_nothing_is_known() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(files(directory.path()), None);
        assert!(removals(directory.path(), &["a".to_owned()]).is_empty());
        assert_eq!(changes(directory.path(), "HEAD"), None);
    }
}
