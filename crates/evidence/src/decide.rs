//! Verdicts and acceptances into the release decision.

use jiff::civil::Date;

use crate::{Acceptance, Gate, Judged, RiskId};

/// What the gate needs to know of a risk, from its register.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskFacts {
    /// Its id.
    pub id: RiskId,
    /// Probability times impact on 1..=3 scales, 1..=9, when it can be computed.
    pub score: Option<u32>,
    /// The register says it is closed, retired or resolved.
    pub closed: bool,
}

/// The decision of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Nothing stands against the release.
    Pass,
    /// It would pass, but somebody accepted what stands against it.
    Waived,
    /// Something to look at.
    Concerns,
    /// No release.
    Fail,
}

/// One thing that decided it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecidedBy {
    /// The risk.
    pub risk: RiskId,
    /// The claim, when one claim decided.
    pub claim: Option<String>,
    /// In words.
    pub what: String,
    /// What this alone would lead to.
    pub outcome: Outcome,
}

/// What was decided, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The decision.
    pub outcome: Outcome,
    /// What decided it, the worst first.
    pub decided_by: Vec<DecidedBy>,
    /// Required claims that are NotSeen: the gate could not decide.
    pub undecided: Vec<String>,
    /// Acceptances that are expired, about to expire, or match no risk.
    pub warnings: Vec<String>,
}

/// Decides.
pub fn decide(_gate: &Gate, _risks: &[RiskFacts], _judged: &[Judged], _acceptances: &[Acceptance], _today: Date) -> Decision {
    Decision { outcome: Outcome::Fail, decided_by: Vec::new(), undecided: Vec::new(), warnings: Vec::new() }
}
