//! The claims, acceptances and gate of `seaworthy.yaml`.

use text::{Node, Problem, Source};

use crate::{Acceptance, Claim, Gate, RiskId};

/// What the file says about evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Claims in the order written.
    pub claims: Vec<Claim>,
    /// Acceptances in the order written.
    pub acceptances: Vec<Acceptance>,
    /// How the release is decided.
    pub gate: Gate,
}

/// Reads `claims`, `acceptances` and `gate`. Claims of risks that are not in `known` are problems with the nearest
/// known one.
pub fn read_claims(_source: &Source, _node: &Node, _known: &[RiskId], _problems: &mut Vec<Problem>) -> Option<Claims> {
    None
}
