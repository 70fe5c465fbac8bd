//! `slicer`: bytes arrive in small pieces, as on a bad line.

use std::time::Duration;

use serde_json::{Map, Value};

use super::LONGEST_DELAY;
use super::fields::Fields;
use crate::random::Random;

/// The largest piece that can be asked for.
const LARGEST_PIECE: u64 = 1024 * 1024;

/// Sizes of pieces and the pause between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slicer {
    /// The middle, at least 1.
    pub(crate) average: usize,
    /// The largest distance from the middle.
    pub(crate) variation: usize,
    /// The pause after each piece.
    pub(crate) delay: Duration,
}

impl Slicer {
    pub(super) fn read(fields: &mut Fields) -> Self {
        let average = fields.whole("average_bytes", 1, LARGEST_PIECE) as usize;
        let variation = fields.whole_or("variation_bytes", 0, LARGEST_PIECE) as usize;
        let longest = u64::try_from(LONGEST_DELAY.as_micros()).unwrap_or(u64::MAX);
        Self { average, variation, delay: Duration::from_micros(fields.whole_or("delay_us", 0, longest)) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("average_bytes".to_owned(), self.average.into());
        map.insert("variation_bytes".to_owned(), self.variation.into());
        map.insert("delay_us".to_owned(), u64::try_from(self.delay.as_micros()).unwrap_or(u64::MAX).into());
    }

    /// How many of `waiting` bytes go next: at least one, and never more than there are.
    pub(crate) fn next(&self, waiting: usize, random: &Random) -> usize {
        let spread = (self.variation * 2) as f64 * random.unit();
        let size = (self.average + spread.round() as usize).saturating_sub(self.variation);
        size.clamp(1, waiting.max(1))
    }
}
