//! The rules of the house that no compiler checks. Each finding is one line: `path:line: what, and what to do`.

mod budget;
mod dead;
mod floors;
mod shape;
mod words;

use crate::requirements;
use crate::tree::Tree;

/// All findings; empty when the house is tidy.
pub(crate) fn all(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    findings.extend(floors::check(tree));
    findings.extend(shape::check(tree));
    findings.extend(words::check(tree));
    findings.extend(dead::check(tree));
    findings.extend(budget::check(tree));
    findings.extend(requirements::check(tree));
    findings
}

#[cfg(test)]
pub(crate) fn tree_of(files: &[(&str, &str)]) -> Tree {
    let files = files.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect();
    Tree { root: std::path::PathBuf::new(), files }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let tree = Tree::of_repository().expect("the repository can be read");
        let findings = all(&tree);
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
