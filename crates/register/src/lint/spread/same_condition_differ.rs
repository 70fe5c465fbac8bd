//! The same condition has one likelihood for one risk and another for the next.

use text::Severity;

use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Field, Risk};
use crate::noun::FieldName;
use crate::value::FieldValue;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "same-condition-differ",
    severity: Severity::Warning,
    what: "two risks give the same reason for different likelihoods",
    why: "the condition is equally likely for both",
    before: "Likelihood: High (at 10K users) .. Likelihood: Medium (at 10K users)",
    after: "Likelihood: High (at 10K users) .. Likelihood: High (at 10K users)",
};

/// The fewest words of a reason that is a condition.
const MIN_WORDS: usize = 2;
/// The most risks that are compared.
const MAX_COMPARED: usize = 2_000;

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let said: Vec<(&Risk, &Field, String)> = look
        .register
        .risks
        .iter()
        .take(MAX_COMPARED)
        .filter_map(|risk| {
            let field = risk.field(FieldName::Likelihood)?;
            let FieldValue::Level { reason: Some(reason), .. } = &field.value else { return None };
            Some((risk, field, fold(reason))).filter(|(_, _, reason)| reason.split(' ').count() >= MIN_WORDS)
        })
        .collect();
    let mut findings = Vec::new();
    for (at, (risk, field, reason)) in said.iter().enumerate() {
        let other =
            said[at + 1..].iter().find(|(_, other, same)| same == reason && other.value.level() != field.value.level());
        if let Some((second, other, _)) = other {
            let message =
                format!("'{reason}' makes {} {} likely and {} {}", risk.id, word(field), second.id, word(other));
            let help = "give the same condition the same likelihood, or say what differs";
            findings.push(Finding::of(&RULE, field.span, message, help).against(other.span, "the same condition"));
        }
    }
    findings
}

fn word(field: &Field) -> &'static str {
    field.value.level().map_or("", crate::level::Level::word)
}
