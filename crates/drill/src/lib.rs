//! Drills: break something on purpose under load, measure what happens, put it right again.
//!
//! Life of a drill: [`kind::read`] turns what a claim asks for into a [`Plan`]; [`conduct()`] asks [`Target`] for
//! permission, starts the load in a process of its own, looks at it without any fault, writes the undo to the fault
//! journal, puts the fault in, sees that it bites, lifts it, watches the recovery, does the same again with the guardrail
//! off, and brings home a [`evidence::Drilled`], which never says pass or fail.
//!
//! Everything here can be killed at any moment: faults in the guard end by their time to live, started processes die
//! with their keeper, and the watchdog plays the journal backwards.
//!
//! What this crate does not do: judge, record, or start the system under test. It knows the guard by its admin port only.

pub mod admin;
pub mod fault;
pub mod heal;
pub mod journal;
pub mod kind;
pub mod load;
pub mod watchdog;

mod conduct;
mod error;
mod hands;
mod network;
mod target;

pub use conduct::{conduct, heal_now};
pub use error::Error;
pub use hands::{Hands, Replica, wait_ready};
pub use kind::{KINDS, Plan, Step};
pub use target::{Ground, Refusal, Target, Wanted};
