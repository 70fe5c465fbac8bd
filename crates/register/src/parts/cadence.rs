//! Cadences: what the text promises to do again and again, and when it was last done.

use text::Span;

use super::Reading;

/// A promise to do something regularly.
#[derive(Clone, Debug, PartialEq)]
pub struct Cadence {
    /// What is promised, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// Every so many days: `weekly` 7, `quarterly` 91.
    pub days: u32,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Cadence> {
    Vec::new()
}
