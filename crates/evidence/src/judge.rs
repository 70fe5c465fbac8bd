//! Observation and claim into verdict.

use crate::{Claim, Drilled, Grade, Micros, Observation, Reason, Verdict};

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// What follows.
    pub verdict: Verdict,
    /// How far the evidence goes; `None` is unknown.
    pub grade: Option<Grade>,
    /// The shortest explanation that would convince a sceptic.
    pub reason: String,
    /// What would change this verdict.
    pub would_change: String,
    /// The three controls, when a drill was run.
    pub controls: Option<Controls>,
}

/// The three controls of a drill, as verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Controls {
    /// The fault was seen to bite.
    pub bite: Control,
    /// The same load without the fault.
    pub clean: Control,
    /// The guardrail off.
    pub off: Control,
}

/// One control.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// `held` for bite and clean when they are as they should be; for off the verdict of the claim itself.
    pub verdict: Verdict,
    /// What was seen.
    pub what: String,
}

/// Judges a probe's reading.
pub fn judge_probe(claim: &Claim, _observation: &Observation, _now: Micros) -> Judged {
    Judged { claim: claim.clone(), verdict: Verdict::NotSeen(Reason::Unknown), grade: None, reason: String::new(), would_change: String::new(), controls: None }
}

/// Judges a drill.
pub fn judge_drill(claim: &Claim, _drilled: &Drilled, _now: Micros) -> Judged {
    Judged { claim: claim.clone(), verdict: Verdict::NotSeen(Reason::Unknown), grade: None, reason: String::new(), would_change: String::new(), controls: None }
}
