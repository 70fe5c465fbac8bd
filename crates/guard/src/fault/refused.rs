//! `refused`: nobody listens any more. New attempts fail before a byte is sent; on a TCP edge standing connections
//! are reset too, because those of a dead process are.

/// Connection refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Refused;
