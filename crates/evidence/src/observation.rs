//! What was seen. An observation never says pass or fail.

use std::collections::BTreeMap;
use std::fmt;

use crate::Value;

/// Microseconds since the Unix epoch.
pub type Micros = i64;

/// How far a piece of evidence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Looked for in the right place, and not there.
    Absent,
    /// A text says so.
    Declared,
    /// It builds, selects, is called.
    Wired,
    /// Read from the running thing.
    Live,
    /// A drill proved that it stops the failure.
    Effective,
}

impl Grade {
    /// All grades from the lowest.
    pub const ALL: [Self; 5] = [Self::Absent, Self::Declared, Self::Wired, Self::Live, Self::Effective];

    /// The word in lower case. A grade that is not known is `None` where a grade is asked for, and printed `unknown`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Declared => "declared",
            Self::Wired => "wired",
            Self::Live => "live",
            Self::Effective => "effective",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.word() == word)
    }

    /// The word of a grade that may be unknown.
    pub fn word_of(grade: Option<Self>) -> &'static str {
        grade.map_or("unknown", Self::word)
    }

    /// Whether a grade reaches a demanded one. An unknown grade reaches none.
    pub fn reaches(grade: Option<Self>, demanded: Self) -> bool {
        grade.is_some_and(|grade| grade >= demanded)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// Typed values with everything needed to trust or doubt them.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The probe or drill kind, such as `http.check`.
    pub kind: String,
    /// What was looked at, such as `api` or `docs/limits.toml`.
    pub subject: String,
    /// What was read, by dotted name (`status`, `bystander.p95`); `obs.status` in an expect.
    pub values: BTreeMap<String, Value>,
    /// How many subjects were within reach; 0 makes every verdict `NotSeen(no data)`.
    pub subjects: u64,
    /// How far this reading goes; `None` is unknown.
    pub grade: Option<Grade>,
    /// Endpoint and query, or `file:line`.
    pub source: String,
    /// When.
    pub at: Micros,
    /// In which environment.
    pub environment: String,
    /// Of which version of the system, when it can be told.
    pub version: Option<String>,
    /// The seed of everything random in it.
    pub seed: Option<u64>,
    /// Why there is less than was asked for: unreachable, timed out, not allowed.
    pub trouble: Option<String>,
}
