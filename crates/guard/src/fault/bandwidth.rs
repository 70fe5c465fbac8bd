//! `bandwidth`: bytes trickle. Pieces are a tenth of a second long, so that an end of the fault is felt soon.

use std::time::Duration;

use serde_json::{Map, Value};

use super::fields::Fields;

/// The fastest rate that can be asked for, 1 GiB/s.
const FASTEST: u64 = 1024 * 1024 * 1024;
/// Pieces per second.
const PIECES: u64 = 10;

/// A rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bandwidth {
    /// At least 1.
    pub(crate) bytes_per_second: u64,
}

impl Bandwidth {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self { bytes_per_second: fields.whole("bytes_per_second", 1, FASTEST) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("bytes_per_second".to_owned(), self.bytes_per_second.into());
    }

    /// How many of `waiting` bytes go next, and how long they take.
    pub(crate) fn next(&self, waiting: usize) -> (usize, Duration) {
        let most = usize::try_from((self.bytes_per_second / PIECES).max(1)).unwrap_or(usize::MAX);
        let piece = waiting.min(most);
        (piece, Duration::from_secs_f64(piece as f64 / self.bytes_per_second.max(1) as f64))
    }
}
