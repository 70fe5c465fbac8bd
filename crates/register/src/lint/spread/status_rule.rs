//! Two risks of which something stands and something is missing, one called partly mitigated and the other not mitigated.

use text::Severity;

use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Field, Risk};
use crate::noun::FieldName;
use crate::value::FieldValue;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "status-rule",
    severity: Severity::Warning,
    what: "the reasons of two risks say the same (something stands, something is missing), and their status differs",
    why: "the status says how the writer felt that day, and not what is so",
    before: "Partially mitigated (probes exist, alerts missing) .. Not mitigated (backup exists, restore missing)",
    after: "Partially mitigated (backup exists, restore missing)",
};

const STANDS: &[&str] = &[
    "exists",
    "exist",
    "deployed",
    "includes",
    "included",
    "implemented",
    "documented",
    "configured",
    "enabled",
    "mentioned",
    "available",
    "in place",
    "installed",
    "set up",
    "supported",
    "vorhanden",
];
const MISSING: &[&str] =
    &["not", "missing", "absent", "no", "lacks", "lacking", "without", "never", "pending", "fehlt", "nicht"];
const PARTLY: &[&str] = &["partially mitigated", "partly mitigated", "teilweise mitigiert", "parcialmente mitigado"];
const UNMITIGATED: &[&str] = &["not mitigated", "unmitigated", "open", "nicht mitigiert", "no mitigado"];

/// Finds them: each risk called unmitigated although something stands, once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let said: Vec<(&Risk, &Field, &str, &str)> = look
        .register
        .risks
        .iter()
        .filter_map(|risk| {
            let field = risk.field(FieldName::Status)?;
            let FieldValue::Status { word, reason: Some(reason), .. } = &field.value else { return None };
            Some((risk, field, word.as_str(), reason.as_str()))
        })
        .collect();
    let Some(partly) = said.iter().find(|(_, _, word, reason)| PARTLY.contains(word) && is_half(reason)) else {
        return Vec::new();
    };
    let unlike = said.iter().filter(|(_, _, word, reason)| UNMITIGATED.contains(word) && is_half(reason));
    unlike
        .map(|(risk, field, word, reason)| {
            let message = format!(
                "{} is '{word}' although something stands ('{reason}'), while {} is '{}' for the same ('{}')",
                risk.id, partly.0.id, partly.2, partly.3
            );
            let help = "use the same word for the same state, and say what makes the difference";
            Finding::of(&RULE, field.span, message, help)
                .against(partly.1.span, "something stands and something is missing here too")
        })
        .collect()
}

/// Whether a reason says that something stands and that something is missing, in different clauses.
fn is_half(reason: &str) -> bool {
    let clauses: Vec<String> = reason.split([',', ';', '.']).flat_map(|part| part.split(" but ")).map(fold).collect();
    let has =
        |clause: &str, list: &[&str]| list.iter().any(|word| format!(" {clause} ").contains(&format!(" {word} ")));
    let stands = clauses.iter().any(|clause| has(clause, STANDS) && !has(clause, MISSING));
    stands && clauses.iter().any(|clause| has(clause, MISSING))
}
