//! Critical paths: the steps of a flow, with the marks that the text gives them.

use text::Span;

use super::Reading;

/// One critical path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathFlow {
    /// Its heading, without markup.
    pub title: String,
    /// Its steps in order.
    pub steps: Vec<PathStep>,
    /// What it falls back to, as written.
    pub fallback: Option<(String, Span)>,
    /// Where the heading stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// One step of a critical path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathStep {
    /// What happens, without marks.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Marked `[SPOF]`.
    pub is_spof: bool,
    /// Marked optional.
    pub is_optional: bool,
    /// Marked async.
    pub is_async: bool,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<PathFlow> {
    Vec::new()
}
