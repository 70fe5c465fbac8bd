//! Testing lines: how a mitigation is said to be tested, one by one.

use text::Span;

use super::Reading;

/// One way in which a mitigation is tested.
#[derive(Clone, Debug, PartialEq)]
pub struct TestLine {
    /// What is done, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<TestLine> {
    Vec::new()
}
