//! Claims, what was seen, and what follows from it.
//!
//! The life of a claim: it is read from `seaworthy.yaml` ([`read_claims`]), a hand gathers an [`Observation`] that never
//! says pass or fail, [`judge_probe`] or [`judge_drill`] holds the claim's [`Expect`] against it and gives a [`Verdict`],
//! and [`decide`] turns all verdicts and acceptances into a [`Decision`]. Pure: times are arguments.
//!
//! What it deliberately does not do: gather anything, know the kinds of probes and drills, or write for people beyond
//! one reason a verdict.

mod acceptance;
mod claim;
mod decide;
mod drilled;
mod event;
mod expect;
mod gate;
mod judge;
mod observation;
mod read;
mod value;
mod verdict;

pub use acceptance::Acceptance;
pub use claim::{Claim, ClaimId, Look, RiskId, canonical};
pub use decide::{DecidedBy, Decision, Outcome, RiskFacts, decide};
pub use drilled::{Answer, Drilled, Phase, Sample, Seen, Timeline, Window};
pub use event::Event;
pub use expect::{Expect, MAX_EXPECT_BYTES, MAX_STEPS, Trace, Truth};
pub use gate::{Gate, GateModel, Line, PRODUCTION};
pub use judge::{Control, Controls, Judged, judge_drill, judge_probe};
pub use observation::{Grade, Micros, Observation};
pub use read::{Claims, LOCAL_ENVIRONMENT, read_claims};
pub use value::{Quantity, Unit, Value};
pub use verdict::{Reason, Verdict};
