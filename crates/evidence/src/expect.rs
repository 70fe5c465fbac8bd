//! The expect language.

use std::collections::BTreeMap;

use text::{Problem, Source, Span};

use crate::{Reason, Value};

/// Steps after which an evaluation stops as unknown.
pub const MAX_STEPS: u32 = 10_000;

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Seen to hold.
    True,
    /// Seen to be violated.
    False,
    /// Cannot be told, and why.
    Unknown(Reason),
}

/// What each part of the expectation came to, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// One line a part: `obs.status == 401 is true (obs.status is 401)`.
    pub lines: Vec<String>,
}

/// An expectation over `obs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    text: String,
}

impl Expect {
    /// Reads an expectation.
    pub fn read(text: &str, _span: Span, _source: &Source, _problems: &mut Vec<Problem>) -> Option<Self> {
        Some(Self { text: text.to_owned() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Holds the expectation against values.
    pub fn hold(&self, _values: &BTreeMap<String, Value>) -> (Truth, Trace) {
        (Truth::Unknown(Reason::Unknown), Trace::default())
    }
}
