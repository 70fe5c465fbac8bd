//! Acceptance criteria: what must hold for a risk to count as handled, one by one.

use text::Span;

use super::Reading;

/// One acceptance criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// What must hold, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Criterion> {
    Vec::new()
}
