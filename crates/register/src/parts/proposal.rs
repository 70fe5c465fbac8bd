//! Proposed steps: what shall be done about a risk, with priority, effort and the files that it touches.

use text::Span;

use super::Reading;

/// One proposed step of a mitigation.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What shall be done, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it belongs to.
    pub risk: Option<usize>,
    /// How urgent it is, as written.
    pub priority: Option<(String, Span)>,
    /// What it costs, as written.
    pub effort: Option<(String, Span)>,
    /// The files it touches, as written.
    pub files: Vec<(String, Span)>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Proposal> {
    Vec::new()
}
