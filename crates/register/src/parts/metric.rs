//! Metric tables: what is watched, with target, alert and critical thresholds.

use text::Span;

use super::Reading;

/// A row of a metric table.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What is measured.
    pub name: String,
    /// What it should be.
    pub target: Option<Threshold>,
    /// From where on somebody is told.
    pub alert: Option<Threshold>,
    /// From where on it is an emergency.
    pub critical: Option<Threshold>,
    /// Where the row stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// `<2%`, `>1s`, `<configured limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The original text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// `None` when the bound is not a number that can be compared.
    pub bound: Option<Bound>,
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// `<` and `<=` are upper bounds.
    pub is_upper: bool,
    /// Whether the number itself is within.
    pub inclusive: bool,
    /// The number in the base unit: seconds, fractions of one, bytes, or as it stands.
    pub value: f64,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Metric> {
    Vec::new()
}
