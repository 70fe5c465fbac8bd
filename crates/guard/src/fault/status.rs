//! `status`: the upstream answers, but with an error of its own. Nothing is sent to it.

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::fields::Fields;

/// A server error, 500 to 599.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Status {
    code: StatusCode,
}

impl Status {
    pub(super) fn read(fields: &mut Fields) -> Self {
        let number = u16::try_from(fields.whole("status", 500, 599)).unwrap_or(500);
        Self { code: StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR) }
    }

    pub(super) fn write(&self, map: &mut Map<String, Value>) {
        map.insert("status".to_owned(), self.code.as_u16().into());
    }

    /// The status to answer with.
    pub(crate) fn code(&self) -> StatusCode {
        self.code
    }
}
