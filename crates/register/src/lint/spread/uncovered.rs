//! Failure modes are listed, scenarios are told for some of them, and the others have none.

use text::Severity;

use crate::fold::{shared, stems};
use crate::lint::{Finding, Look, Rule};
use crate::model::{Kind, Risk};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "uncovered",
    severity: Severity::Info,
    what: "listed failure modes have no scenario, while others have one",
    why: "nobody thought through how these spread",
    before: "16 failure modes, 6 scenarios",
    after: "16 failure modes, each with a scenario or the words 'no scenario needed: ..'",
};

/// The fewest scenarios before one is missed.
const MIN_SCENARIOS: usize = 2;
/// The most modes named in one finding.
const MAX_SHOWN: usize = 5;
/// The most modes that are compared.
const MAX_COMPARED: usize = 500;

/// Finds them, once for the document.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let scenarios: Vec<Vec<String>> = look
        .register
        .parts
        .scenarios
        .iter()
        .map(|scenario| stems(&format!("{} {}", scenario.title, scenario.chain.first().map_or("", |(text, _)| text))))
        .collect();
    let modes: Vec<&Risk> =
        look.register.risks.iter().filter(|risk| risk.kind == Kind::Mode).take(MAX_COMPARED).collect();
    let told = |risk: &Risk| {
        let component = risk.field(FieldName::Component).map_or("", |field| field.text.as_str());
        let words = stems(&format!("{component} {}", risk.title));
        scenarios.iter().any(|scenario| shared(scenario, &words) >= 2)
    };
    let (covered, missing): (Vec<&Risk>, Vec<&Risk>) = modes.iter().partition(|risk| told(risk));
    if scenarios.len() < MIN_SCENARIOS || covered.len() < MIN_SCENARIOS {
        return Vec::new();
    }
    let Some((first, rest)) = missing.split_first() else { return Vec::new() };
    let names: Vec<String> = missing.iter().take(MAX_SHOWN).map(|risk| format!("'{}'", risk.title)).collect();
    let more = if missing.len() > MAX_SHOWN { ", .." } else { "" };
    let message =
        format!("{} of {} failure modes have no scenario: {}{more}", missing.len(), modes.len(), names.join(", "));
    let mut finding = Finding::of(&RULE, first.span(), message, "tell how they spread, or say why that is not needed");
    for risk in rest.iter().take(MAX_SHOWN) {
        finding = finding.against(risk.span(), "no scenario");
    }
    vec![finding]
}
