//! Where else a path that is not there may be meant to lead.

use std::path::{Component, Path, PathBuf};

use register::{Elsewhere, MAX_CANDIDATES};

use super::{Repository, file_name};

/// File names that say nothing: another file of that name is another file.
const COMMON: &[&str] = &[
    "readme.md",
    "index.md",
    "index.ts",
    "index.js",
    "index.html",
    "main.py",
    "main.rs",
    "main.go",
    "mod.rs",
    "lib.rs",
    "__init__.py",
    "values.yaml",
    "chart.yaml",
    "kustomization.yaml",
    "package.json",
    "cargo.toml",
    "dockerfile",
    "makefile",
    "config.yaml",
    "config.yml",
    "config.json",
    "settings.py",
    "models.py",
    "utils.py",
    "types.ts",
    "app.py",
];

/// Looks for the same path in other case, below another folder, or for the only file of that name.
pub(super) fn elsewhere(repository: &Repository, bare: &str, places: &[&Path]) -> Elsewhere {
    let lower = |place: &&Path| {
        let inside = from_root(repository, &place.join(bare))?;
        repository.by_lower.get(&inside.to_lowercase()).filter(|found| **found != inside).cloned()
    };
    let other_case = places.iter().find_map(lower);
    if other_case.is_some() || bare.ends_with('/') || bare.starts_with('.') {
        return Elsewhere { other_case, candidates: Vec::new() };
    }
    let name = file_name(bare);
    let same_name: Vec<&String> =
        repository.by_name.get(name).into_iter().flatten().map(|at| &repository.listing.paths[*at]).collect();
    let tail = format!("/{bare}");
    let mut candidates: Vec<String> =
        same_name.iter().filter(|path| path.ends_with(&tail)).map(|path| (*path).clone()).collect();
    if candidates.is_empty()
        && let [only] = same_name.as_slice()
        && !COMMON.contains(&name.to_lowercase().as_str())
    {
        candidates.push((*only).clone());
    }
    if candidates.len() > MAX_CANDIDATES {
        candidates.clear();
    }
    Elsewhere { other_case, candidates }
}

/// A path from the root of the repository with `/` between its parts; `None` when it leads outside.
pub(super) fn from_root(repository: &Repository, path: &Path) -> Option<String> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                clean.pop().then_some(())?;
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    let inside = clean.strip_prefix(&repository.root).ok()?;
    let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}
