//! How many packages `Cargo.lock` may hold. Every one is somebody else's code that we answer for.

use crate::tree::Tree;

const MAX_PACKAGES: usize = 230;

pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let Some(lock) = tree.files.get("Cargo.lock") else { return Vec::new() };
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    if packages <= MAX_PACKAGES {
        return Vec::new();
    }
    vec![format!("Cargo.lock: {packages} packages, at most {MAX_PACKAGES}; take one out before one comes in")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn one_package_too_many_is_a_finding() {
        assert!(check(&tree_of(&[("Cargo.lock", &"[[package]]\n".repeat(MAX_PACKAGES))])).is_empty());
        assert_eq!(check(&tree_of(&[("Cargo.lock", &"[[package]]\n".repeat(MAX_PACKAGES + 1))])).len(), 1);
    }
}
