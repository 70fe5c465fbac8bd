//! Text as people wrote it, with the place of every byte kept.
//!
//! A [`Source`] is a named text; a [`Span`] is a range of its bytes; a [`Node`] is YAML read into
//! values that remember their spans; a [`Problem`] says what is wrong, where, and what to do.
//! Reading never stops at the first problem: every reader returns what it understood together with
//! all problems, because a user mends a file once and not once per mistake.
//!
//! Pure: no files, no clock. What this crate does not do: decide whether a problem is fatal.

mod date;
mod nearest;
mod node;
mod problem;
mod source;
mod unit;
mod yaml;

pub use date::Date;
pub use nearest::nearest;
pub use node::{Entry, Fields, Node, NodeKind};
pub use problem::{Fix, Problem, Related, Severity, has_errors};
pub use source::{Source, Span};
pub use unit::{Bytes, Rate, Ratio, parse_duration, print_duration};
pub use yaml::{MAX_COPIED, MAX_DEPTH, MAX_DOCUMENT_BYTES, read_yaml, read_yaml_with_anchors};
