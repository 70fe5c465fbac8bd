//! The repository: paths, links, names and records that the text relies on.

mod accept_no_record;
mod path_missing;

use super::Check;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: accept_no_record::RULE, run: accept_no_record::check },
    Check { rule: path_missing::RULE, run: path_missing::check },
];
