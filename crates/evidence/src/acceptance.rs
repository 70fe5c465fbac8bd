//! A risk knowingly carried. Owner, reason, approver other than the owner and end date are all mandatory.

use jiff::civil::Date;
use text::Span;

use crate::RiskId;

/// A risk that somebody decided to carry until a date.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    /// The risk.
    pub risk: RiskId,
    /// Who carries it.
    pub owner: String,
    /// Who agreed; not the owner.
    pub approved_by: String,
    /// The last day on which it counts.
    pub until: Date,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub span: Span,
}
