//! A risk stands under a heading of one severity and states another.

use text::Severity;

use crate::level::Level;
use crate::lint::{Finding, Look, Rule};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "band-mismatch",
    severity: Severity::Warning,
    what: "the heading a risk stands under names another level than the risk states",
    why: "people read the headings first and stop after the first one",
    before: "## Critical risks .. ### C1 .. **Risk level:** High",
    after: "## High risks .. ### C1 .. **Risk level:** High",
};

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let banded = look.register.risks.iter().filter_map(|risk| Some((risk, risk.band?)));
    banded
        .filter_map(|(risk, (band, heading))| {
            let stated = [FieldName::Level, FieldName::Severity].into_iter().find_map(|noun| {
                let field = risk.field(noun)?;
                Some((noun, field, field.value.level()?))
            });
            let (noun, field, level) = stated.filter(|(_, _, level)| !same(*level, band))?;
            let message = format!("{} stands under '{}' and states {noun} {}", risk.id, band.word(), level.word());
            let help = "move it under the heading of its level, or correct the level";
            Some(
                Finding::of(&RULE, field.span, message, help)
                    .against(heading, format!("the heading says {}", band.word())),
            )
        })
        .collect()
}

fn same(left: Level, right: Level) -> bool {
    let worst = |level| matches!(level, Level::VeryHigh | Level::Critical);
    left == right || worst(left) && worst(right)
}
