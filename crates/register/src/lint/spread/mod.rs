//! How failures spread, as the text tells it: matrices, chains, flows, priorities, quoted code.

use super::Check;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[];
