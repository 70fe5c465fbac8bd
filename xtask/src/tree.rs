//! The files of the repository as tidy sees them: tracked or new, never ignored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Text files by path relative to the root, with `/` between parts.
pub(crate) struct Tree {
    /// Where the repository stands; empty in tests.
    pub(crate) root: PathBuf,
    /// Path to content. Files that are not UTF-8 are left out.
    pub(crate) files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads what git tracks and what it would track.
    pub(crate) fn of_repository() -> Result<Self, String> {
        let root = Self::root()?;
        let names = listed(&root).or_else(|_| walked(&root))?;
        let mut files = BTreeMap::new();
        for name in names {
            if let Ok(content) = read(&root.join(&name)) {
                files.insert(name, content);
            }
        }
        Ok(Self { root, files })
    }

    /// Where the repository stands.
    pub(crate) fn root() -> Result<PathBuf, String> {
        Ok(Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask stands outside of a repository")?.to_path_buf())
    }

    /// Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter().filter(|(path, _)| path.ends_with(".rs"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a chore beside the house reads its own repository")]
fn read(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

#[expect(clippy::disallowed_methods, reason = "a chore beside the house asks git")]
fn listed(root: &Path) -> Result<Vec<String>, String> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err("git ls-files failed".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// The same without git, for source archives.
fn walked(root: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).map_err(|error| error.to_string())?.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let skipped = name == "target" || name == ".git" || name == ".seaworthy";
            if path.is_dir() && !skipped {
                open.push(path);
            } else if path.is_file() {
                let relative = path.strip_prefix(root).map_err(|error| error.to_string())?;
                names.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    Ok(names)
}
