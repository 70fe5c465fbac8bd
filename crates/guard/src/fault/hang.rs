//! `hang`: the upstream accepts and says nothing. What it held goes on when the fault ends.

/// Silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hang;
