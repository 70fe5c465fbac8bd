//! Which guardrails count. The same system is computed three times and shown side by side: nothing counts, what is
//! live counts, only what a drill proved counts.

use std::collections::BTreeSet;

use system::EdgeId;

/// The grade from which on guardrails count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountedBy {
    /// No guardrail counts: the system as its needs alone make it.
    Nothing,
    /// Guardrails read from the running thing, and better.
    Live,
    /// Guardrails that a drill proved.
    Effective,
}

impl CountedBy {
    /// The word for people and for JSON: `nothing`, `live`, `effective`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Live => "live",
            Self::Effective => "effective",
        }
    }
}

/// The edges whose guardrails, fallbacks and timeouts count.
///
/// Edges that the system does not have are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    by: CountedBy,
    edges: BTreeSet<EdgeId>,
    guardrails: BTreeSet<String>,
}

impl Counted {
    /// Nothing counts.
    pub fn nothing() -> Self {
        Self { by: CountedBy::Nothing, edges: BTreeSet::new(), guardrails: BTreeSet::new() }
    }

    /// These edges have evidence of grade live or better.
    pub fn live(edges: BTreeSet<EdgeId>) -> Self {
        Self { by: CountedBy::Live, edges, guardrails: BTreeSet::new() }
    }

    /// These edges have evidence of grade effective.
    pub fn effective(edges: BTreeSet<EdgeId>) -> Self {
        Self { by: CountedBy::Effective, edges, guardrails: BTreeSet::new() }
    }

    /// The same, and these declared guardrails count as well, by name.
    pub fn with_guardrails(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.guardrails.extend(names);
        self
    }

    /// Whether a declared guardrail counts.
    pub fn counts_guardrail(&self, name: &str) -> bool {
        self.guardrails.contains(name)
    }

    /// What the set was made by.
    pub fn by(&self) -> CountedBy {
        self.by
    }

    /// Whether what stands on this edge counts.
    pub fn counts(&self, edge: &EdgeId) -> bool {
        self.edges.contains(edge)
    }
}
