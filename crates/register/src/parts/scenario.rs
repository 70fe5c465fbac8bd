//! Scenario chains: what follows from a failure, step by step, and the mitigation chain beside it.

use text::Span;

use super::Reading;

/// How a failure spreads, as the text tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its heading, without markup.
    pub title: String,
    /// The steps from the failure to the last effect: text and place.
    pub chain: Vec<(String, Span)>,
    /// What stops it, in order.
    pub mitigation: Vec<(String, Span)>,
    /// Where the heading stands, or the chain when it has none.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Scenario> {
    Vec::new()
}
