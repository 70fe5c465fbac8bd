//! One id with titles that speak of different things in the summary and in the details.

use text::Severity;

use crate::fold::{shared, stems};
use crate::lint::{Finding, Look, MAX_FINDINGS, Rule, place};
use crate::model::{Register, Risk};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "title-drift",
    severity: Severity::Info,
    what: "the same id has titles with hardly a word in common in two places",
    why: "one of the two was rewritten, or an id was used again for another risk",
    before: "| R-1 | Daemon crash |  ...  ### R-1: Slow queries",
    after: "| R-1 | Daemon crash |  ...  ### R-1: Daemon crash and recovery",
};

/// Titles that share at least this part of the shorter one's telling words speak of the same thing.
const ALIKE: f64 = 0.5;

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    register
        .risks
        .iter()
        .filter(|risk| risk.id_is_written)
        .flat_map(|risk| of_risk(register, risk))
        .take(MAX_FINDINGS)
        .collect()
}

fn of_risk(register: &Register, risk: &Risk) -> Vec<Finding> {
    let Some(((first, at), later)) = risk.titles.split_first() else { return Vec::new() };
    let words = stems(first);
    let drifted = later.iter().filter(|(title, _)| differs(&words, &stems(title)));
    drifted
        .map(|(title, span)| {
            let message = format!("{} is '{title}' here and '{first}' in {}", risk.id, place(register, *at));
            Finding::of(&RULE, *span, message, "use one title, or give the other risk an id of its own".to_owned())
        })
        .collect()
}

fn differs(left: &[String], right: &[String]) -> bool {
    let shorter = left.len().min(right.len());
    shorter > 0 && (shared(left, right) as f64) < ALIKE * shorter as f64
}
