//! `limit_data`: the connection closes after so many bytes.

use serde_json::{Map, Value};

use super::fields::Fields;

/// The highest limit that can be asked for.
const MOST: u64 = 1 << 40;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LimitData {
    /// How many get through.
    pub(crate) bytes: u64,
}

impl LimitData {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self { bytes: fields.whole_or("bytes", 0, MOST) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("bytes".to_owned(), self.bytes.into());
    }

    /// How many of `waiting` bytes still get through after `passed`.
    pub(crate) fn left(&self, passed: u64, waiting: usize) -> usize {
        usize::try_from(self.bytes.saturating_sub(passed)).unwrap_or(usize::MAX).min(waiting)
    }
}
