//! What a drill brings home: one observation for each control, and the timeline people look at.

use crate::Observation;

/// A finished drill: the same load without the fault, with the fault and the guardrail, and with the fault and the
/// guardrail off. Says nothing about pass or fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Drilled {
    /// Same load, no fault.
    pub clean: Observation,
    /// Fault on, guardrail on: what the claim is held against.
    pub on: Observation,
    /// Fault on, guardrail off, or why there is no such control.
    pub off: Result<Observation, String>,
    /// Whether the fault was seen to bite, and by what.
    pub bite: Seen,
    /// Whether the same load without the fault was clean, and by what.
    pub calm: Seen,
    /// Whether everything was seen healed from outside, and by what.
    pub healed: Seen,
    /// Requests over time.
    pub timeline: Timeline,
}

/// Something looked for, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Found.
    pub yes: bool,
    /// What was seen, in one sentence.
    pub what: String,
}

/// Requests over time, with the windows in which the fault was on. Times in microseconds since the load began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Phases in order.
    pub windows: Vec<Window>,
    /// Requests in order of their intended send time.
    pub samples: Vec<Sample>,
}

/// A phase of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which phase.
    pub phase: Phase,
    /// Begin.
    pub from_us: i64,
    /// End.
    pub to_us: i64,
}

/// The phases of a drill, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Connections open, caches fill; not judged.
    Warm,
    /// No fault.
    Clean,
    /// Fault on, guardrail on.
    Fault,
    /// Fault lifted.
    Heal,
    /// Fault on, guardrail off.
    Off,
    /// Fault lifted, guardrail on again.
    HealOff,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was due.
    pub at_us: i64,
    /// From due to answered; the client's patience when it gave up.
    pub latency_us: i64,
    /// How it ended.
    pub outcome: Answer,
    /// It belongs to the bystander flow.
    pub bystander: bool,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A good answer.
    Good,
    /// An answer that is not good, or a refusal: it surely failed.
    Bad,
    /// No answer in time, or cut in the middle: it may have happened.
    Unknown,
}
