//! `Held`, `Broken` or `NotSeen(reason)`. NotSeen is never Held.

use std::fmt;

/// What follows from the evidence for one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The expectation was seen to hold.
    Held,
    /// The expectation was seen to be violated.
    Broken,
    /// It could not be told.
    NotSeen(Reason),
}

/// Why a verdict could not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing was read, or the value asked for is missing, or there were zero subjects.
    NoData,
    /// The reading is older than allowed.
    Stale,
    /// Something was within reach, and nothing could be read of it. A target that nobody reached is `NoData`.
    Unreachable,
    /// The reading does not tell: interval across the limit, too few samples, a control that failed.
    Inconclusive,
    /// The kind of evidence is not known here, or was not allowed.
    Unknown,
    /// The support comes only from the text that it should support.
    Circular,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 6] =
        [Self::NoData, Self::Stale, Self::Unreachable, Self::Inconclusive, Self::Unknown, Self::Circular];

    /// The words people read.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoData => "no data",
            Self::Stale => "stale",
            Self::Unreachable => "unreachable",
            Self::Inconclusive => "inconclusive",
            Self::Unknown => "unknown",
            Self::Circular => "circular",
        }
    }
}

impl Verdict {
    /// `held`, `broken` or `not_seen`, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "broken",
            Self::NotSeen(_) => "not_seen",
        }
    }

    /// Whether the expectation was seen to hold; everything else, `NotSeen` included, is not.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held)
    }

    /// Whether the expectation was seen to be violated.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }

    /// Why it could not be told, when it could not.
    pub fn not_seen(&self) -> Option<Reason> {
        match self {
            Self::NotSeen(reason) => Some(*reason),
            Self::Held | Self::Broken => None,
        }
    }
}

/// `Held`, `Broken` or `NotSeen (no data)`.
impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => formatter.pad("Held"),
            Self::Broken => formatter.pad("Broken"),
            Self::NotSeen(reason) => formatter.pad(&format!("NotSeen ({})", reason.words())),
        }
    }
}
