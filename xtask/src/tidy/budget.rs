//! How many packages of others `Cargo.lock` may hold. Every one is somebody else's code that we answer for; our own crates
//! have no `source` there.

use crate::tree::Tree;

const MAX_PACKAGES: usize = 245;

pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let Some(lock) = tree.files.get("Cargo.lock") else { return Vec::new() };
    let packages = lock.lines().filter(|line| line.starts_with("source = ")).count();
    if packages <= MAX_PACKAGES {
        return Vec::new();
    }
    vec![format!("Cargo.lock: {packages} packages of others, at most {MAX_PACKAGES}; take one out before one comes in")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn one_package_too_many_is_a_finding_and_our_own_count_nothing() {
        let lock =
            |count: usize| "[[package]]\nname = \"own\"\n".to_owned() + &"[[package]]\nsource = \"x\"\n".repeat(count);
        assert!(check(&tree_of(&[("Cargo.lock", &lock(MAX_PACKAGES))])).is_empty());
        assert_eq!(check(&tree_of(&[("Cargo.lock", &lock(MAX_PACKAGES + 1))])).len(), 1);
    }
}
