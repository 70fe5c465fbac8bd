//! Ids and titles.

mod duplicate_id;
mod prefix_category;
mod title_drift;

use super::Check;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: duplicate_id::RULE, run: duplicate_id::check },
    Check { rule: title_drift::RULE, run: title_drift::check },
    Check { rule: prefix_category::RULE, run: prefix_category::check },
];
