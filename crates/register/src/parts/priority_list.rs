//! Priority lists: what to build first, by band.

use text::Span;

use super::Reading;

/// The entries of one priority: `### P0 (Critical)` and its list.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorityList {
    /// The priority as written: `P0`, `Priority 1`.
    pub priority: String,
    /// Where the heading stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// Its entries: text and place.
    pub entries: Vec<(String, Span)>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<PriorityList> {
    Vec::new()
}
