//! The system as `seaworthy.yaml` describes it: what runs, what needs what, what users do, and which guardrails
//! stand on which edge.
//!
//! [`read()`] walks a [`text::Node`] and returns what it understood with *all* problems. Pure: names of
//! environment variables are kept as templates, never resolved here.

pub mod found;
mod id;
mod model;
mod policy;
mod read;
mod template;

pub use id::{ComponentId, EdgeId, FlowId};
pub use model::{
    Component, ComponentKind, Edge, Effort, Environment, FailsAs, Flow, Guardrail, GuardrailOn, Leaves, Load, Member,
    Needs, ScoreTable, SessionStep, Slo, StateKind, System, Verify,
};
pub use policy::{Backoff, Breaker, Cache, Policy, Protocol, Retry, Trips};
pub use read::{FORMAT, GUARD_KEYS_TO_COME, TOP_LEVEL_KEYS, TOP_LEVEL_KEYS_TO_COME, known_keys, read};
pub use template::{Part, Template};
