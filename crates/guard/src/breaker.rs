//! Breaker: stops asking a dependency that fails, and asks again carefully.
//!
//! ```text
//!              trips (5 in a row, 50% of 20)            open time is over
//!  admitting ------------------------------> tripped -------------------> probing
//!      ^                                        ^                            |
//!      |                                        |   one failure              |
//!      |                                        +----------------------------+
//!      +---------------------------------------------------------------------+
//!                                  as many successes as `trial`
//! ```
//!
//! Rules: probing lets a fixed number of requests through at once, or a hung upstream would take a flood; a request
//! that never comes back gives its place back ([`Permit`] does so on drop, and every attempt has a timeout); what the
//! guard rejects itself is never counted, so a tripped breaker cannot hold itself tripped; an outcome of a request
//! admitted under an earlier state says nothing about this one.
//!
//! A pure state machine: the time is an argument. What it does not do: look at latencies (a slow answer counts when
//! the timeout makes a failure of it), or share its state with other processes.

mod permit;

use std::collections::VecDeque;
use std::time::Duration;

use system::Trips;
use tokio::time::Instant;

pub(crate) use permit::{Permit, SharedBreaker};

/// The widest window of outcomes a breaker keeps.
pub const WIDEST_WINDOW: u32 = 100_000;

/// How an admitted request ended, as far as the upstream is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The upstream answered.
    Success,
    /// The upstream failed.
    Failure,
    /// Nothing was learned: the client left, or was too slow itself.
    Abandoned,
}

/// Proof of admission, to be handed back with the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    /// Which state let it in.
    epoch: u64,
}

/// A request that the breaker did not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// When it makes sense to come back; `None` while probing, when nobody knows.
    pub(crate) retry_after: Option<Duration>,
}

/// The state machine of one edge.
#[derive(Debug)]
pub(crate) struct Breaker {
    rule: system::Breaker,
    state: State,
    /// Counts state changes.
    epoch: u64,
}

#[derive(Debug)]
enum State {
    Admitting(Window),
    Tripped { until: Instant },
    Probing { in_flight: u32, successes: u32 },
}

/// The outcomes that decide whether to trip; `true` is a failure.
#[derive(Debug, Default)]
struct Window {
    outcomes: VecDeque<bool>,
    failures: u32,
    in_a_row: u32,
}

impl Breaker {
    /// An admitting breaker.
    pub(crate) fn new(rule: system::Breaker) -> Self {
        Self { rule, state: State::Admitting(Window::default()), epoch: 0 }
    }

    /// Lets a request through, or not.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Admission, Rejected> {
        if let State::Tripped { until } = self.state {
            if now < until {
                return Err(Rejected { retry_after: Some(until - now) });
            }
            self.enter(State::Probing { in_flight: 0, successes: 0 });
        }
        if let State::Probing { in_flight, .. } = &mut self.state {
            if *in_flight >= self.rule.trial.max(1) {
                return Err(Rejected { retry_after: None });
            }
            *in_flight += 1;
        }
        Ok(Admission { epoch: self.epoch })
    }

    /// Learns how an admitted request ended. Must be called exactly once for each admission.
    pub(crate) fn record(&mut self, admission: Admission, outcome: Outcome, now: Instant) {
        if admission.epoch != self.epoch {
            return;
        }
        match &mut self.state {
            State::Admitting(window) => {
                if outcome != Outcome::Abandoned && window.push(outcome == Outcome::Failure, self.rule.trips) {
                    self.trip(now);
                }
            }
            State::Tripped { .. } => {}
            State::Probing { in_flight, successes } => {
                *in_flight = in_flight.saturating_sub(1);
                *successes += u32::from(outcome == Outcome::Success);
                let recovered = *successes >= self.rule.trial.max(1);
                match outcome {
                    Outcome::Failure => self.trip(now),
                    Outcome::Success if recovered => self.reset(),
                    Outcome::Success | Outcome::Abandoned => {}
                }
            }
        }
    }

    /// Back to admitting with nothing remembered.
    pub(crate) fn reset(&mut self) {
        self.enter(State::Admitting(Window::default()));
    }

    /// The word for the state: `admitting`, `tripped` or `probing`. A breaker whose time is over is called probing
    /// although nobody has come yet.
    pub(crate) fn word(&self, now: Instant) -> &'static str {
        match self.state {
            State::Admitting(_) => "admitting",
            State::Tripped { until } if now < until => "tripped",
            State::Tripped { .. } | State::Probing { .. } => "probing",
        }
    }

    fn trip(&mut self, now: Instant) {
        self.enter(State::Tripped { until: now + self.rule.open });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }
}

impl Window {
    /// Adds an outcome; true when the breaker must trip. Only a failure trips.
    fn push(&mut self, failed: bool, trips: Trips) -> bool {
        match trips {
            Trips::InARow(count) => {
                self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
                failed && self.in_a_row >= count
            }
            Trips::Share { share, of } => {
                self.outcomes.push_back(failed);
                self.failures += u32::from(failed);
                if self.outcomes.len() > of as usize {
                    self.failures -= u32::from(self.outcomes.pop_front() == Some(true));
                }
                let full = self.outcomes.len() >= of as usize;
                failed && full && f64::from(self.failures) >= share.share() * f64::from(of)
            }
        }
    }
}

#[cfg(test)]
mod tests;
