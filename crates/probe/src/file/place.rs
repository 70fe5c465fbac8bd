//! Where a file may lie: below the root of the repository, symbolic links resolved.
//!
//! The root is the nearest directory upwards with a `.git` in it, else the directory of `seaworthy.yaml` itself.
//! Without this limit a claim could copy any file of the machine into a report.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::MAX_FILE_BYTES;
use crate::Error;

/// What was found at a path.
pub(super) enum Found {
    /// The directory is there and the file is not.
    Absent,
    /// The text of the file.
    Text(String),
}

/// Reads a file below the root.
pub(super) fn find(path: &str, directory: &Path) -> Result<Found, Error> {
    match locate(path, directory)? {
        Some(target) => Ok(Found::Text(outside::files::read_text(&target, MAX_FILE_BYTES)?)),
        None => Ok(Found::Absent),
    }
}

/// Where a file below the root lies; nothing when its directory is there and the file is not.
pub(super) fn locate(path: &str, directory: &Path) -> Result<Option<PathBuf>, Error> {
    let wrong = |why: &'static str| Error::Path { path: path.to_owned(), why };
    let directory = directory.canonicalize().map_err(|_| wrong("cannot be looked for: its directory is gone"))?;
    let root = root(&directory);
    let full = directory.join(path);
    match full.canonicalize() {
        Ok(target) if !target.starts_with(root) => Err(wrong("leads out of the repository")),
        Ok(target) if !target.is_file() => Err(wrong("is not a file")),
        Ok(target) => Ok(Some(target)),
        Err(error) if error.kind() == ErrorKind::NotFound => absent(&full, root, wrong),
        Err(_) => Err(wrong("cannot be read")),
    }
}

/// A missing file counts as absent only where its directory could be searched. A dangling link is something else.
fn absent(full: &Path, root: &Path, wrong: impl Fn(&'static str) -> Error) -> Result<Option<PathBuf>, Error> {
    if full.is_symlink() {
        return Err(wrong("is a link to something that is not there"));
    }
    let parent = full.parent().and_then(|parent| parent.canonicalize().ok());
    match parent {
        None => Err(wrong("cannot be looked for: its directory does not exist")),
        Some(parent) if !parent.starts_with(root) => Err(wrong("leads out of the repository")),
        Some(parent) if std::fs::read_dir(&parent).is_err() => {
            Err(wrong("lies in a directory that cannot be searched"))
        }
        Some(_) => Ok(None),
    }
}

/// The repository that a directory lies in.
pub(crate) fn root(directory: &Path) -> &Path {
    directory.ancestors().find(|ancestor| ancestor.join(".git").exists()).unwrap_or(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_nearest_directory_with_git() {
        let directory = tempfile::tempdir().expect("makes a directory");
        let deep = directory.path().join("repo/a/b");
        std::fs::create_dir_all(&deep).expect("makes");
        std::fs::create_dir(directory.path().join("repo/.git")).expect("makes");
        assert_eq!(root(&deep), directory.path().join("repo"));
    }
}
