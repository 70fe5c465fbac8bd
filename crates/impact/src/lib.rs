//! How a failure spreads: `impact(&System, &Counted) -> Impact`. Pure.
//!
//! The way of one answer: [`Counted`] says which guardrails count, `graph` turns the system into links with masks of
//! the flows that use them, `spread` computes the least fixed point of one failure over these links, and [`impact`]
//! fails each thing alone and writes down what every flow gets to feel of it.
//!
//! # The model
//!
//! A component fails in a [`Mode`]; what reaches a flow is an [`Outcome`]. Along an edge `a->b`, when b fails:
//!
//! | b | needs hard | needs soft | needs async |
//! |---|---|---|---|
//! | is down | a is down | a is degraded, and loses what the edge `loses` | a's work is late |
//! | hangs | a hangs, for every flow through a | the same: a fallback nobody waits for never comes | a's work is late |
//! | is degraded or stale | a is the same | a is the same | a's work is late |
//! | is late | a is late | a is late | a's work is late |
//!
//! Where other components stand in for b and that counts, a fails only when they fail as well; what hangs, and nothing
//! bounds the wait, is never replaced.
//!
//! What stands on an edge changes that only when it counts: text is a claim, and `declared` never cuts an edge. A
//! counted edge brings its guard, its fallback and its timeout to bear as [`effect_of`] says.
//!
//! Which edges a flow uses: those on its path; those that are on no flow's path (every flow through the caller uses
//! them); and all edges of a component where its path ends, because a path that goes no further says nothing about
//! what lies behind. A hop is needed by the nearest component before it that has an edge to it, and by its
//! predecessor when none has. What hangs holds its caller whether the flow uses the edge or not; only clients, who do
//! not share their threads, are held for their own flow alone.
//!
//! Cycles are legal: a component fails only through a chain that begins at the failure.
//!
//! [`FlowTrees`] joins what takes a flow down, alone and together, into a fault tree with replicas and shared fates, and
//! solves it.
//!
//! What this crate does not do yet: time.

mod availability;
mod change;
mod counted;
mod effect;
mod graph;
mod harm;
mod layout;
mod outcome;
mod reach;
mod saving;
mod share;
mod spread;
mod stated;
mod survey;
mod walk;

pub use availability::{Availability, FlowTree, FlowTrees};
pub use change::{CHANGES, WhatIf, what_if};
pub use counted::{Counted, CountedBy};
pub use effect::{Effect, Mode, effect_of, protections};
pub use layout::{Drawn, Layout, Placed, drawn_edges, layout};
pub use outcome::Outcome;
pub use saving::Saving;
pub use share::Priority;
pub use stated::{Compared, compare_stated};
pub use walk::{
    FateRow, FlowImpact, Guardrail, Hit, Impact, MAX_DETAILED, MAX_GUARDRAILS, Row, Single, Step, impact, impact_up_to,
};
