//! How failures spread and what stands against them: chains, paths, fallbacks, grades, values, quoted code.

mod chain_contradiction;
mod defaults;
mod fallback_conflict;
mod guardrail_bug;
mod impact_severity;
mod matrix_incomplete;
mod mitigation_against_status;
mod priority_lists;
mod same_condition_differ;
mod same_inputs_differ;
mod spof_unmarked;
mod status_rule;
mod uncovered;

use text::Span;

use super::Check;
use crate::model::Register;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: chain_contradiction::RULE, run: chain_contradiction::check },
    Check { rule: spof_unmarked::RULE, run: spof_unmarked::check },
    Check { rule: fallback_conflict::RULE, run: fallback_conflict::check },
    Check { rule: priority_lists::RULE, run: priority_lists::check },
    Check { rule: uncovered::RULE, run: uncovered::check },
    Check { rule: matrix_incomplete::RULE, run: matrix_incomplete::check },
    Check { rule: impact_severity::RULE, run: impact_severity::check },
    Check { rule: same_condition_differ::RULE, run: same_condition_differ::check },
    Check { rule: same_inputs_differ::RULE, run: same_inputs_differ::check },
    Check { rule: status_rule::RULE, run: status_rule::check },
    Check { rule: mitigation_against_status::RULE, run: mitigation_against_status::check },
    Check { rule: guardrail_bug::RULE, run: guardrail_bug::check },
    Check { rule: defaults::NO_OP, run: defaults::no_op },
    Check { rule: defaults::BACKWARDS, run: defaults::backwards },
];

/// The lines of a field without the marks of lists before them.
pub(in crate::lint) fn lines(register: &Register, field: Span) -> Vec<Span> {
    let mut start = field.start;
    let mut spans = Vec::new();
    for line in register.source.slice(field).split_inclusive(['\n', '\r']) {
        let bare = line.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '-' | '*' | '+' | '.' | ')') || c.is_ascii_digit()
        });
        let mark = line.len() - bare.len();
        spans.push(Span::new(start + mark, start + line.trim_end().len().max(mark)));
        start += line.len();
    }
    spans
}
