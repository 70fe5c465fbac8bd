//! What the shell found out for the rules, which know nothing of files, clocks or version control.
//!
//! What is not listed is not known, and nothing is said about it: a rule judges only what somebody looked for.

use std::collections::{BTreeMap, BTreeSet};

use text::Date;

use crate::parts::NameKind;

/// What the shell found out about the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Paths as [`crate::named_paths`] gives them, and whether they exist. A path that is not listed is not judged.
    pub paths: BTreeMap<String, bool>,
    /// For paths that do not exist: where else something of that name is.
    pub elsewhere: BTreeMap<String, Elsewhere>,
    /// For paths that do not exist: the commit that took them away.
    pub gone: BTreeMap<String, Gone>,
    /// Links as written, and where they lead.
    pub links: BTreeMap<String, LinkFact>,
    /// Names of options, settings, variables and functions that were searched for in every text file but prose.
    pub names: BTreeMap<(NameKind, String), NameFact>,
    /// Bare file names that were searched for in the whole listing, and whether one is there.
    pub files: BTreeMap<String, bool>,
    /// File and key, as the text pairs them, and the values that the file has there. A pair that is not listed is not judged.
    pub values: BTreeMap<(String, String), ValueFact>,
    /// Ids of risks for which an acceptance is recorded.
    pub accepted: BTreeSet<String>,
    /// The day on which this is asked.
    pub today: Option<Date>,
    /// The day on which the document was last changed, as version control remembers it.
    pub changed: Option<Date>,
    /// What other documents and manifests of the repository say about how much data may be lost and how often it is copied.
    pub recovery: Vec<RecoveryFact>,
    /// What could not be found out, in words for people.
    pub unknown: Vec<String>,
}

/// A time that another file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryFact {
    /// What it is about.
    pub side: RecoverySide,
    /// Minutes.
    pub minutes: u64,
    /// What it says, for people: `hourly backups`, or what makes them and on which schedule.
    pub says: String,
    /// `file:line`.
    pub place: String,
}

/// What a time of [`RecoveryFact`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoverySide {
    /// The most that may be lost.
    Point,
    /// The longest time between two copies; 0 where it is copied all the time.
    Backup,
}

/// Where else a path that does not exist may be meant to lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// The same path in other letters' case.
    pub other_case: Option<String>,
    /// The same path below another folder, or the same file name in other folders; at most [`MAX_CANDIDATES`].
    pub candidates: Vec<String>,
}

/// The most candidates that are kept for one path.
pub const MAX_CANDIDATES: usize = 3;

/// How a file went away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The commit, short.
    pub commit: String,
    /// Its day, `2025-03-01`.
    pub day: String,
    /// What the file is called since, when it was renamed.
    pub renamed_to: Option<String>,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkFact {
    /// To something that is there.
    Sound,
    /// To nothing.
    Missing {
        /// What it may mean, relative to the document as a link would be written; exactly one makes a fix.
        candidates: Vec<String>,
    },
    /// To something whose name differs in case: it works on some machines only.
    OtherCase {
        /// The right spelling as a link would be written.
        right: String,
    },
    /// To a document that is there, but has no such heading.
    NoAnchor {
        /// The nearest heading's anchor.
        nearest: Option<String>,
    },
}

/// What the search for a name came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameFact {
    /// The number of files that have it.
    pub files: usize,
}

/// What a file says at a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueFact {
    /// Every value whose key ends with the one in the text, with its line.
    pub values: Vec<(String, usize)>,
    /// The whole path of the only such key, for a JSONPath; `None` when there are several or none.
    pub at: Option<String>,
}
