//! Filled by the slice that owns it.
