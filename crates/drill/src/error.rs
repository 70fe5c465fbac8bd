//! What keeps a drill from giving an answer. Every one of these ends in `NotSeen`, never in a verdict.

use std::time::Duration;

use crate::target::Refusal;

/// Why there is no result of a drill. Whatever it is, the fault was lifted before it was returned, unless it is
/// [`Error::LeftToHeal`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something may not be touched: show the plan instead.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A component ended without being killed by us, before any fault was on.
    #[error("{name} ended by itself{}", tail(log_tail))]
    DiedByItself {
        /// Which one.
        name: String,
        /// The end of its log.
        log_tail: String,
    },
    /// What the drill needs is not running: no proxy on the edge, or no process of the component.
    #[error("{what} is not running")]
    NotRunning {
        /// What is missing.
        what: String,
    },
    /// A component was started and did not become ready.
    #[error("{name} was not ready within {within:?}{}", tail(log_tail))]
    NotReady {
        /// Which one.
        name: String,
        /// How long was waited.
        within: Duration,
        /// The end of its log.
        log_tail: String,
    },
    /// A component was started and ended before it was ready.
    #[error("{name} ended before it was ready{}", tail(log_tail))]
    EndedEarly {
        /// Which one.
        name: String,
        /// The end of its log.
        log_tail: String,
    },
    /// The load could not begin, or ended before it was told to.
    #[error("the load {why}")]
    Load {
        /// What it said, or what became of it.
        why: String,
    },
    /// The guard's admin port did not answer as agreed.
    #[error("the guard's admin port: {why}")]
    Admin {
        /// What was asked and what came back.
        why: String,
    },
    /// The undo could not be written down, so nothing was done.
    #[error("the fault journal: {why}")]
    Journal {
        /// What went wrong.
        why: String,
    },
    /// The world outside said no.
    #[error(transparent)]
    Outside(#[from] outside::Error),
    /// A fault could not be lifted: `seaworthy drill heal` is needed.
    #[error("left to heal: {what}")]
    LeftToHeal {
        /// What is still broken, as seen from outside.
        what: String,
    },
}

fn tail(log: &str) -> String {
    if log.trim().is_empty() { String::new() } else { format!("; the end of its log:\n{}", log.trim_end()) }
}
