//! Files nobody reaches: Rust files that no `mod` names, and pages that no page links to.

use std::collections::BTreeSet;

use crate::tree::Tree;

pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = dead_modules(tree);
    findings.extend(dead_pages(tree));
    findings
}

fn dead_modules(tree: &Tree) -> Vec<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = tree.rust().map(|(path, _)| path.clone()).filter(|path| is_root(tree, path)).collect();
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let content = tree.files.get(&path).map_or("", String::as_str);
        open.extend(children(tree, &path, content));
    }
    let dead = tree.rust().map(|(path, _)| path).filter(|path| !reached.contains(*path));
    dead.map(|path| format!("{path}: no `mod` reaches this file; delete it or name it")).collect()
}

/// Crate roots: lib, main, build scripts, fuzz targets, test roots and whatever a manifest names as a path.
fn is_root(tree: &Tree, path: &str) -> bool {
    let by_name =
        ["src/lib.rs", "src/main.rs", "build.rs"].iter().any(|end| path.ends_with(end)) || path.contains("/src/bin/");
    let test_root = path.rsplit_once("/tests/").is_some_and(|(_, rest)| !rest.contains('/'));
    let named =
        tree.files.iter().filter(|(manifest, _)| manifest.ends_with("Cargo.toml")).any(|(manifest, content)| {
            let folder = manifest.trim_end_matches("Cargo.toml");
            path.strip_prefix(folder).is_some_and(|rest| content.contains(&format!("path = \"{rest}\"")))
        });
    by_name || test_root || named
}

fn children(tree: &Tree, path: &str, content: &str) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.trim_end_matches(".rs");
    let own = matches!(stem, "lib" | "main" | "mod") || is_root(tree, path);
    let base = if own { folder.to_owned() } else { format!("{folder}/{stem}") };
    let mut found = Vec::new();
    for name in content.lines().filter_map(module_name) {
        for candidate in [format!("{base}/{name}.rs"), format!("{base}/{name}/mod.rs")] {
            if tree.files.contains_key(&candidate) {
                found.push(candidate);
            }
        }
    }
    found
}

fn module_name(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) ")).unwrap_or(line);
    rest.strip_prefix("mod ")?.strip_suffix(';')
}

fn dead_pages(tree: &Tree) -> Vec<String> {
    let pages = tree.files.keys().filter(|path| path.starts_with("docs/") && path.ends_with(".md"));
    let linked = |page: &str| {
        let name = page.trim_start_matches("docs/");
        let file = page.rsplit('/').next().unwrap_or(page);
        tree.files.iter().filter(|(path, _)| path.ends_with(".md") && path.as_str() != page).any(|(_, text)| {
            text.contains(&format!("({page})"))
                || text.contains(&format!("({name})"))
                || text.contains(&format!("({file})"))
                || text.contains(&format!("/{name})"))
        })
    };
    let dead = pages.filter(|page| !linked(page));
    dead.map(|page| format!("{page}: no page links here; link it or delete it")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn a_file_that_no_mod_names_is_dead() {
        let tree = tree_of(&[
            ("crates/a/src/lib.rs", "mod b;\n"),
            ("crates/a/src/b.rs", "mod c;"),
            ("crates/a/src/b/c.rs", ""),
            ("crates/a/src/d.rs", ""),
        ]);
        assert_eq!(check(&tree), ["crates/a/src/d.rs: no `mod` reaches this file; delete it or name it"]);
    }

    #[test]
    fn a_page_that_nobody_links_is_dead() {
        let tree = tree_of(&[("README.md", "[a](docs/a.md)"), ("docs/a.md", ""), ("docs/b.md", "")]);
        assert_eq!(check(&tree), ["docs/b.md: no page links here; link it or delete it"]);
    }
}
