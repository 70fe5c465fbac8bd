//! What was promised: ticks, plans, periods, metrics, cadences.

use super::Check;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[];
