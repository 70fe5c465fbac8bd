//! The files of a repository: what git would track, else what lies below the directory, without what others made.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use crate::git;

/// The most files that are listed.
pub const WALK_FILES: usize = 100_000;
/// The most directories that are opened where git does not know.
pub const WALK_DIRECTORIES: usize = 20_000;

/// Directories that others fill; hidden ones are skipped, too, except `.github`.
const SKIPPED: &[&str] =
    &["node_modules", "target", "vendor", "dist", "build", "__pycache__", "venv", "bower_components", "site-packages"];

/// What lies below a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Paths of files from the directory, with `/` between parts, sorted.
    pub paths: Vec<String>,
    /// Whether there is more than the limits allow, or a directory could not be opened.
    pub is_cut: bool,
    /// Whether git said which files there are.
    pub by_git: bool,
}

/// Lists the files below `root`. Symbolic links are listed, never followed.
pub fn walk(root: &Path) -> Listing {
    let listing = match git::files(root) {
        Some(mut paths) => {
            let is_cut = paths.len() > WALK_FILES;
            paths.truncate(WALK_FILES);
            // What is tracked may be deleted in the working tree.
            paths.retain(|path| fs::symlink_metadata(root.join(path)).is_ok());
            Listing { paths, is_cut, by_git: true }
        }
        None => by_hand(root, is_skipped),
    };
    sorted(listing)
}

fn sorted(mut listing: Listing) -> Listing {
    listing.paths.sort();
    listing.paths.dedup();
    listing
}

/// Lists everything that lies below `root`, also what git ignores and what builds made, but for `.git` and `node_modules`.
pub fn walk_all(root: &Path) -> Listing {
    sorted(by_hand(root, |name| name == ".git" || name == "node_modules"))
}

fn is_skipped(name: &str) -> bool {
    SKIPPED.contains(&name) || (name.starts_with('.') && name != ".github")
}

fn by_hand(root: &Path, is_skipped: impl Fn(&str) -> bool) -> Listing {
    let mut listing = Listing::default();
    let mut open = VecDeque::from([String::new()]);
    let mut opened = 0;
    while let Some(directory) = open.pop_front() {
        opened += 1;
        let Ok(entries) = fs::read_dir(root.join(&directory)) else {
            listing.is_cut = true;
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            if kind.is_dir() {
                if !is_skipped(&name) {
                    open.push_back(path);
                }
            } else {
                listing.paths.push(path);
            }
            if listing.paths.len() >= WALK_FILES || opened + open.len() > WALK_DIRECTORIES {
                listing.is_cut = true;
                return listing;
            }
        }
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_directory_is_listed_without_what_others_made() {
        let directory = tempfile::tempdir().unwrap();
        for path in ["docs/a b.md", "node_modules/x/y.js", ".git2/z", ".github/w.yml", "top.md"] {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(directory.path(), directory.path().join("docs/loop")).unwrap();
        let listing = walk(directory.path());
        assert_eq!(listing.paths, [".github/w.yml", "docs/a b.md", "docs/loop", "top.md"]);
        assert!(!listing.is_cut && !listing.by_git);
    }

    #[test]
    fn a_directory_that_is_not_there_is_told_as_cut() {
        assert!(walk(Path::new("/nowhere/at/all")).is_cut);
    }
}
