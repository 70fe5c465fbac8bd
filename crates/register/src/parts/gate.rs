//! Machine blocks: `risk_summary`, release decisions.

use text::Span;

use super::Reading;

/// A machine block about the release decision.
#[derive(Clone, Debug, PartialEq)]
pub struct GateSnippet {
    /// The stated decision, `PASS`, and its place.
    pub decision: Option<(String, Span)>,
    /// The stated overall score, and its place.
    pub overall: Option<(f64, Span)>,
    /// The stated worst risk: id, score, title with their places.
    pub highest: Highest,
    /// What must be fixed.
    pub must_fix: Vec<(String, Span)>,
    /// What shall be watched.
    pub monitor: Vec<(String, Span)>,
    /// Keys that the schema of the block does not have: key, place.
    pub unknown_keys: Vec<(String, Span)>,
    /// The whole block.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// The worst risk as a machine block names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Highest {
    /// Its id.
    pub id: Option<(String, Span)>,
    /// Its score.
    pub score: Option<(f64, Span)>,
    /// Its title.
    pub title: Option<(String, Span)>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<GateSnippet> {
    Vec::new()
}
