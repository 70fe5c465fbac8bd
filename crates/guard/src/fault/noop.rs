//! `noop`: changes nothing. The template for a new fault, and the control of a drill: with it in place nothing may
//! turn.

/// Nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Noop;
