//! What the shell found out for the rules, which know nothing of files, clocks or version control.

use std::collections::{BTreeMap, BTreeSet};

/// What the shell found out about the repository. What is not there is not known, and not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Paths as [`crate::named_paths`] gives them, and whether they exist. A path that is not listed is not judged.
    pub paths: BTreeMap<String, bool>,
    /// Ids of risks for which an acceptance is recorded.
    pub accepted: BTreeSet<String>,
}
