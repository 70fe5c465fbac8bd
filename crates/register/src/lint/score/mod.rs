//! Arithmetic: products, sums, counts, bands, scales and decisions.

mod field_missing;
mod off_scale;
mod score_mismatch;
mod totals_mismatch;

use super::Check;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: score_mismatch::RULE, run: score_mismatch::check },
    Check { rule: totals_mismatch::RULE, run: totals_mismatch::check },
    Check { rule: field_missing::RULE, run: field_missing::check },
    Check { rule: off_scale::RULE, run: off_scale::check },
];
