//! Changing a register in place: a splice of the original bytes, and nothing else.

use text::Span;

/// These bytes instead of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}
