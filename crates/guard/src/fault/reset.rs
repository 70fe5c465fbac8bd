//! `reset`: the connection breaks. An attempt on an HTTP edge breaks before anything was sent; a connection on a TCP
//! edge breaks `after_ms` after the fault first saw it.

use std::time::Duration;

use serde_json::{Map, Value};

use super::LONGEST_DELAY;
use super::fields::{Fields, as_millis};

/// Connection reset by peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reset {
    /// How long the connection lives; HTTP edges wait as long before they break.
    pub(crate) after: Duration,
}

impl Reset {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self { after: fields.millis_or_none("after_ms", LONGEST_DELAY) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("after_ms".to_owned(), as_millis(self.after).into());
    }
}
