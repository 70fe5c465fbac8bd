//! Checklists and ticks: what is said to be done, and what is not.

use text::Span;

use super::Reading;

/// How a line is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `[x]`, a tick: done, says the text.
    Done,
    /// `[ ]`: to be done.
    Open,
    /// A warning sign, a cross: known to be missing.
    Missing,
}

/// One marked line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// How it is marked.
    pub mark: Mark,
    /// What it says, without the mark and without markup.
    pub text: String,
    /// Bytes of the text after the mark.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it stands under, as an index into the risks of the register.
    pub risk: Option<usize>,
    /// The heading or label it stands under, without markup: `Current Mitigation`, `Month 1-2: Critical Risks`.
    pub under: String,
    /// Bytes of its lines and of what is nested below it.
    pub body: Span,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Task> {
    Vec::new()
}
