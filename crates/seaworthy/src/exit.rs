//! The one table of exit codes, the same for every format.

use evidence::{Decision, Outcome, Verdict};
use report::Proof;

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing stands against it.
    Pass,
    /// FAIL, findings of level error, a damaged ledger.
    Fail,
    /// Usage or configuration.
    Usage,
    /// A required claim was not seen, or the run could not be finished.
    Undecided,
    /// CONCERNS under `--strict`.
    Concerns,
    /// Something is left to heal.
    LeftToHeal,
    /// Stopped by a signal, after healing: 130 or 143.
    Stopped(u8),
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Usage => 2,
            Self::Undecided => 3,
            Self::Concerns => 4,
            Self::LeftToHeal => 10,
            Self::Stopped(code) => code,
        }
    }

    /// What a finished proof ends with. Several reasons: the first of 10, 1, 3, 4.
    pub(crate) fn of(proof: &Proof, strict: bool) -> Self {
        if !proof.left.is_empty() {
            return Self::LeftToHeal;
        }
        let broken = proof.judged.iter().any(|judged| judged.verdict == Verdict::Broken);
        let broken = broken && proof.decision.outcome == Outcome::Fail;
        Self::of_decision(&proof.decision, broken || text::has_errors(&proof.findings), strict)
    }

    /// `failed`: something fails it whatever was decided.
    fn of_decision(decision: &Decision, failed: bool, strict: bool) -> Self {
        if failed || decision.outcome == Outcome::Fail {
            return Self::Fail;
        }
        if !decision.undecided.is_empty() {
            return Self::Undecided;
        }
        if strict && decision.outcome == Outcome::Concerns { Self::Concerns } else { Self::Pass }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(outcome: Outcome, undecided: &[&str]) -> Decision {
        let undecided = undecided.iter().map(|claim| (*claim).to_owned()).collect();
        Decision { outcome, decided_by: Vec::new(), undecided, warnings: Vec::new() }
    }

    #[test]
    fn what_was_not_seen_is_never_a_pass() {
        assert_eq!(Exit::of_decision(&decision(Outcome::Concerns, &["R-1/x"]), false, false), Exit::Undecided);
        assert_eq!(Exit::of_decision(&decision(Outcome::Pass, &[]), false, false), Exit::Pass);
    }

    #[test]
    fn fail_comes_before_undecided() {
        assert_eq!(Exit::of_decision(&decision(Outcome::Fail, &["R-1/x"]), true, false), Exit::Fail);
    }

    #[test]
    fn a_register_that_contradicts_itself_is_never_a_pass() {
        assert_eq!(Exit::of_decision(&decision(Outcome::Pass, &[]), true, false), Exit::Fail);
        assert_eq!(Exit::of_decision(&decision(Outcome::Concerns, &["R-1/x"]), true, true), Exit::Fail);
    }

    #[test]
    fn concerns_count_only_when_strict() {
        assert_eq!(Exit::of_decision(&decision(Outcome::Concerns, &[]), false, false).code(), 0);
        assert_eq!(Exit::of_decision(&decision(Outcome::Concerns, &[]), false, true).code(), 4);
    }
}
