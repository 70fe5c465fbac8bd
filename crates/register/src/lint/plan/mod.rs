//! What was promised: ticks, plans, periods, metrics, cadences.

mod cadence_no_run;
mod claim_unverified;
mod default_conflict;
mod duplicate_action;
mod like;
mod number_mismatch;
mod open_todo;
mod owner_not_person;
mod recovery_point;
mod roadmap_incomplete;
mod snippet_incomplete;
mod stale;
mod strategy_unused;
mod threshold_gap;
mod tick_means_plan;
mod window_conflict;

use super::Check;

/// The longest text that is quoted in a message, in characters.
const MAX_QUOTED: usize = 60;

/// A text in marks of quotation, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(MAX_QUOTED).collect();
    if shown.len() < text.len() { format!("'{}..'", shown.trim_end()) } else { format!("'{shown}'") }
}

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: tick_means_plan::RULE, run: tick_means_plan::check },
    Check { rule: roadmap_incomplete::RULE, run: roadmap_incomplete::check },
    Check { rule: window_conflict::RULE, run: window_conflict::check },
    Check { rule: threshold_gap::RULE, run: threshold_gap::check },
    Check { rule: number_mismatch::RULE, run: number_mismatch::check },
    Check { rule: recovery_point::RULE, run: recovery_point::check },
    Check { rule: cadence_no_run::RULE, run: cadence_no_run::check },
    Check { rule: stale::RULE, run: stale::check },
    Check { rule: open_todo::RULE, run: open_todo::check },
    Check { rule: default_conflict::RULE, run: default_conflict::check },
    Check { rule: duplicate_action::RULE, run: duplicate_action::check },
    Check { rule: strategy_unused::RULE, run: strategy_unused::check },
    Check { rule: owner_not_person::RULE, run: owner_not_person::check },
    Check { rule: claim_unverified::RULE, run: claim_unverified::check },
    Check { rule: snippet_incomplete::RULE, run: snippet_incomplete::check },
];
