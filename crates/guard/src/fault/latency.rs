//! `latency`: everything takes longer.
//!
//! ```text
//!   sent   |--- latency -+- jitter ---|  passed on
//! ```

use std::time::Duration;

use serde_json::{Map, Value};

use super::LONGEST_DELAY;
use super::fields::{Fields, as_millis};
use crate::random::Random;

/// A delay, and how far it may stray either way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Latency {
    /// The middle.
    pub(crate) delay: Duration,
    /// The largest distance from the middle.
    pub(crate) jitter: Duration,
}

impl Latency {
    pub(super) fn read(fields: &mut Fields) -> Self {
        let delay = fields.millis("latency_ms", 1, LONGEST_DELAY);
        Self { delay, jitter: fields.millis_or_none("jitter_ms", LONGEST_DELAY) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("latency_ms".to_owned(), as_millis(self.delay).into());
        map.insert("jitter_ms".to_owned(), as_millis(self.jitter).into());
    }

    /// The next delay: uniform in `delay - jitter ..= delay + jitter`, never negative.
    pub(crate) fn next(&self, random: &Random) -> Duration {
        if self.jitter.is_zero() {
            return self.delay;
        }
        (self.delay + random.up_to(self.jitter * 2)).saturating_sub(self.jitter)
    }
}
