//! Code blocks, and the file that the text binds them to.

use text::Span;

use super::Reading;

/// A quoted piece of code.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeBlock {
    /// The language of the fence, in lower case; empty when none is given.
    pub language: String,
    /// The code.
    pub body: Span,
    /// Line of the fence, from 1.
    pub line: usize,
    /// The file that the text says it belongs to, as written.
    pub file: Option<(String, Span)>,
    /// The heading it stands under, without markup.
    pub under: String,
    /// The line of text right above it, which may promise what the code shall show.
    pub lead: Option<Span>,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<CodeBlock> {
    Vec::new()
}
