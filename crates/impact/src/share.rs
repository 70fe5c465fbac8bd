//! How much of all use a flow is, and how much a failure weighs.

use system::System;
use text::Ratio;

use crate::Hit;

/// From this share of use on that fails a failure is P0; what only degrades everything, and so loses as much, is P1.
const P0_LOSS: f64 = 0.5;

/// From this share of use on that fails a failure is P1; what only delays everything, and so loses as much, is P2.
const P1_LOSS: f64 = 0.1;

/// How soon a failure mode should be dealt with, by what is lost: the sum over all flows hit of their share of use
/// times [`crate::Outcome::loss`]. Likelihood and effort are not known here and do not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Half of all use fails or more than half of it is lost.
    P0,
    /// A tenth of all use fails or more than a tenth of it is lost.
    P1,
    /// Some flow is hit.
    P2,
    /// No flow is hit.
    None,
}

impl Priority {
    /// The word for people and for JSON; `-` when no flow is hit.
    pub fn word(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::None => "-",
        }
    }

    pub(crate) fn of(hits: &[Hit], loss: f64, fails: f64) -> Self {
        match loss {
            _ if hits.is_empty() => Self::None,
            loss if loss > P0_LOSS || fails >= P0_LOSS => Self::P0,
            loss if loss > P1_LOSS || fails >= P1_LOSS => Self::P1,
            _ => Self::P2,
        }
    }
}

/// The share of all use of each flow, in the order of their names. Written weights hold, scaled down when they pass
/// 100 % together; flows without one share what is left equally.
pub(crate) fn shares(system: &System) -> Vec<f64> {
    let written: Vec<Option<f64>> = system.flows.values().map(|flow| flow.weight.map(Ratio::share)).collect();
    let sum: f64 = written.iter().flatten().sum();
    let silent = written.iter().filter(|weight| weight.is_none()).count();
    let scale = sum.max(1.0);
    let left = (1.0 - sum).max(0.0);
    let each = if silent == 0 { 0.0 } else { left / silent as f64 };
    written.into_iter().map(|weight| weight.map_or(each, |weight| weight / scale)).collect()
}

/// Sums depend on the order of their terms in the last digit; nine digits do not.
pub(crate) fn rounded(share: f64) -> f64 {
    (share * 1e9).round() / 1e9
}
