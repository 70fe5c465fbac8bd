//! Testing lines: how a mitigation is said to be tested, one by one.

use text::Span;

use super::Reading;
use super::line::entries;
use crate::noun::FieldName;

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
pub(super) fn read(reading: &Reading<'_>) -> Vec<TestLine> {
    let entries = entries(reading, FieldName::Testing);
    entries
        .into_iter()
        .map(|entry| TestLine {
            text: reading.plain(entry.span),
            span: entry.span,
            line: reading.context.line(entry.span.start),
            risk: Some(entry.risk),
        })
        .collect()
}
