//! Roadmaps: what shall be done in which period.

use text::Span;

use super::Reading;

/// One period of a roadmap.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// Its heading, without markup: `Month 1-2: Critical Risks`, `P0 (Critical)`.
    pub title: String,
    /// Where the heading stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// What shall be done in it: text and place.
    pub items: Vec<(String, Span)>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Period> {
    Vec::new()
}
