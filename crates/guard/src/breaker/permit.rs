//! The breaker as requests use it: a permit that gives its place back however the request ends.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::{Admission, Breaker, Outcome, Rejected};
use crate::lock::lock;

/// A breaker shared by all cores of the process.
#[derive(Debug)]
pub(crate) struct SharedBreaker {
    /// Guards the state machine for the length of one step.
    breaker: Mutex<Breaker>,
}

impl SharedBreaker {
    /// An admitting breaker.
    pub(crate) fn new(rule: system::Breaker) -> Self {
        Self { breaker: Mutex::new(Breaker::new(rule)) }
    }

    /// Lets a request through, or not.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<Permit, Rejected> {
        let admission = lock(&self.breaker).admit(Instant::now())?;
        Ok(Permit { breaker: Arc::clone(self), admission: Some(admission) })
    }

    /// Back to admitting.
    pub(crate) fn reset(&self) {
        lock(&self.breaker).reset();
    }

    /// The word for the state.
    pub(crate) fn word(&self) -> &'static str {
        lock(&self.breaker).word(Instant::now())
    }
}

/// A place in the breaker. Dropped without an outcome (the client left, the task was cancelled) it counts as
/// abandoned, so a probing breaker cannot run out of places.
#[derive(Debug)]
pub(crate) struct Permit {
    breaker: Arc<SharedBreaker>,
    admission: Option<Admission>,
}

impl Permit {
    /// Tells how it ended.
    pub(crate) fn record(mut self, outcome: Outcome) {
        self.give_back(outcome);
    }

    fn give_back(&mut self, outcome: Outcome) {
        if let Some(admission) = self.admission.take() {
            lock(&self.breaker.breaker).record(admission, outcome, Instant::now());
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.give_back(Outcome::Abandoned);
    }
}
