//! Words of the worst kind with a low grade, or the reverse.

use text::Severity;

use crate::fold::fold;
use crate::level::Level;
use crate::lint::{Finding, Look, Rule};
use crate::model::Risk;
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "impact-severity",
    severity: Severity::Warning,
    what: "the impact is told in words of the worst kind and graded low, or told as harmless and graded high",
    why: "the grade decides what is done, and the words say what happens",
    before: "**Severity:** Low .. **Impact:** complete outage",
    after: "**Severity:** High .. **Impact:** complete outage",
};

const WORST: &[&str] = &[
    "complete outage",
    "total outage",
    "full outage",
    "complete data loss",
    "total data loss",
    "permanent data loss",
    "data loss",
    "data breach",
    "data breaches",
    "loss of life",
    "complete loss",
    "full compromise",
    "system compromise",
    "bankruptcy",
    "entire system",
    "platform outage",
];
const HARMLESS: &[&str] = &[
    "cosmetic only",
    "purely cosmetic",
    "no user impact",
    "no impact",
    "negligible",
    "barely noticeable",
    "minor inconvenience",
];
/// Words that make the worst kind a part of it, or deny it.
const SOFTENERS: &[&str] = &[
    "no",
    "not",
    "without",
    "minor",
    "partial",
    "small",
    "limited",
    "potential",
    "possible",
    "avoid",
    "prevent",
    "prevents",
    "never",
    "unless",
    "rare",
];

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    look.register.risks.iter().filter_map(of_risk).collect()
}

fn of_risk(risk: &Risk) -> Option<Finding> {
    let graded = [FieldName::Severity, FieldName::Impact].into_iter().find_map(|noun| {
        let field = risk.field(noun)?;
        Some((noun, field, field.value.level()?))
    });
    let (noun, grade, level) = graded?;
    let told = [FieldName::Impact, FieldName::Effect].into_iter().flat_map(|noun| risk.statements(noun));
    for field in told {
        let text = fold(&field.text);
        let is_low = level <= Level::Low;
        if let Some(phrase) = phrase(&text, WORST).filter(|_| is_low) {
            return Some(finding(risk, noun, (grade.span, level), (field.span, phrase)));
        }
        if let Some(phrase) = phrase(&text, HARMLESS).filter(|_| level >= Level::High) {
            return Some(finding(risk, noun, (grade.span, level), (field.span, phrase)));
        }
    }
    None
}

fn finding(risk: &Risk, noun: FieldName, grade: (text::Span, Level), told: (text::Span, &str)) -> Finding {
    let message = format!("{} has {noun} {} and tells of '{}'", risk.id, grade.1.word(), told.1);
    let help = "grade what the words say, or say what is really lost";
    let finding = Finding::of(&RULE, grade.0, message, help);
    if grade.0 == told.0 { finding } else { finding.against(told.0, "what happens") }
}

fn phrase<'p>(text: &str, list: &[&'p str]) -> Option<&'p str> {
    let padded = format!(" {text} ");
    list.iter().copied().find(|phrase| {
        let Some(at) = padded.find(&format!(" {phrase} ")) else { return false };
        let before = padded[..at].rsplit(' ').take(2).any(|word| SOFTENERS.contains(&word));
        !before
    })
}
