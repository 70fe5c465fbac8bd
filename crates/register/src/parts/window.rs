//! Emergency windows and escalation: what happens within which time, and who is called.

use text::Span;

use super::Reading;

/// One step of an emergency plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its name: `Immediate`, `Level 2`.
    pub name: String,
    /// Whether it is a level of escalation, not a window of time.
    pub is_escalation: bool,
    /// From and to, in minutes, where stated: `15 minutes - 2 hours`.
    pub minutes: Option<(u64, u64)>,
    /// What is done or who is called, one by one.
    pub steps: Vec<(String, Span)>,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Window> {
    Vec::new()
}
