//! Arithmetic: products, sums, counts, bands, scales and decisions.

mod band_mismatch;
mod decision;
mod field_missing;
mod off_scale;
mod scale_contradiction;
mod scale_missing;
mod score_mismatch;
mod totals_mismatch;

pub(crate) use totals_mismatch::counts;

use super::Check;
use crate::model::{Kind, Register, Risk};
use crate::status::State;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: score_mismatch::RULE, run: score_mismatch::check },
    Check { rule: totals_mismatch::RULE, run: totals_mismatch::check },
    Check { rule: field_missing::RULE, run: field_missing::check },
    Check { rule: off_scale::RULE, run: off_scale::check },
    Check { rule: decision::AGGREGATE, run: decision::aggregate },
    Check { rule: decision::GATE, run: decision::gate },
    Check { rule: decision::ACCEPTANCE, run: decision::acceptance },
    Check { rule: decision::KEY, run: decision::keys },
    Check { rule: decision::TIE, run: decision::tie },
    Check { rule: band_mismatch::RULE, run: band_mismatch::check },
    Check { rule: scale_contradiction::RULE, run: scale_contradiction::check },
    Check { rule: scale_missing::RULE, run: scale_missing::check },
];

/// The risks that are still somebody's.
fn open_risks(register: &Register) -> Vec<&Risk> {
    register.risks.iter().filter(|risk| risk.kind == Kind::Risk && risk.state != State::Closed).collect()
}
