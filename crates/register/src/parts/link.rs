//! Links to other documents and to anchors of this one.

use text::Span;

use super::Reading;

/// A link of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where it leads, as written.
    pub target: String,
    /// Bytes of the target.
    pub span: Span,
    /// The words that are linked, without markup.
    pub text: String,
    /// Line from 1.
    pub line: usize,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Link> {
    Vec::new()
}
