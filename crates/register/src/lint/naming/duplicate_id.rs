//! One id on two different risks of one table or list of sections.

use std::collections::HashMap;

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::Risk;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "duplicate-id",
    severity: Severity::Error,
    what: "two risks of the same table or list have the same id and different titles",
    why: "a claim, an acceptance or a review of that id could mean either of them",
    before: "| R-1 | Crash |\n| R-1 | Data loss |",
    after: "| R-1 | Crash |\n| R-2 | Data loss |",
};

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    let mut seen: HashMap<(String, usize), &Risk> = HashMap::new();
    let mut findings = Vec::new();
    for risk in register.risks.iter().filter(|risk| risk.id_is_written) {
        for (place, group) in risk.groups.iter().enumerate() {
            let first = *seen.entry((risk.id.to_lowercase(), *group)).or_insert(risk);
            if !std::ptr::eq(first, risk) {
                let span = risk.spans.get(place).copied().unwrap_or_default();
                let message = format!("{} is the id of two risks: '{}' and '{}'", risk.id, first.title, risk.title);
                let help = format!("give one of them an id of its own; the other one stands in line {}", first.line);
                findings.push(Finding::of(&RULE, span, message, help));
            }
        }
    }
    findings
}
