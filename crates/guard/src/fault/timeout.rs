//! `timeout`: nothing gets through, and after a while the connection closes; with 0 it never does. Bytes that arrive
//! meanwhile are lost.

use std::time::Duration;

use serde_json::{Map, Value};

use super::LONGEST_DELAY;
use super::fields::{Fields, as_millis};

/// A black hole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timeout {
    /// When it closes; zero means never.
    pub(crate) after: Duration,
}

impl Timeout {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self { after: fields.millis_or_none("after_ms", LONGEST_DELAY) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("after_ms".to_owned(), as_millis(self.after).into());
    }
}
