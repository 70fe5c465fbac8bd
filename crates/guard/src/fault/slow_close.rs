//! `slow_close`: the end of a connection is passed on late.

use std::time::Duration;

use serde_json::{Map, Value};

use super::LONGEST_DELAY;
use super::fields::{Fields, as_millis};

/// A delay before the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SlowClose {
    /// How late.
    pub(crate) delay: Duration,
}

impl SlowClose {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self { delay: fields.millis_or_none("delay_ms", LONGEST_DELAY) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("delay_ms".to_owned(), as_millis(self.delay).into());
    }
}
