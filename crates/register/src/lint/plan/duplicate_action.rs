//! The same action stands against two risks: it is done once and counted twice, or done for one of them only.

use text::{Severity, Span};

use super::quoted;
use crate::fold::{fold, plain};
use crate::lint::spread::lines;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Register, Risk};
use crate::noun::FieldName;
use crate::parts::time::rhythm;
use crate::value::FieldValue;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "duplicate-action",
    severity: Severity::Warning,
    what: "two risks name the same action; worse when one of them counts as mitigated by it and the other does not",
    why: "an action that is done once cannot be open and done",
    before: "R-1: Back up the database daily (mitigated) .. R-4: Back up the database daily (not mitigated)",
    after: "R-4: covered by the daily backup of R-1",
};

/// The most actions of one document that are compared.
const MAX_ACTIONS: usize = 400;
/// Letters of a word that count.
const STEM_CHARS: usize = 5;
/// The fewest telling words that two actions share.
const MIN_SHARED: usize = 3;
/// Of the words of the shorter action so many must be shared; fewer where both have the same rhythm.
const ALIKE: f64 = 0.8;
const ALIKE_IN_RHYTHM: f64 = 0.6;
const STOP_WORDS: &[&str] = &[
    "the", "a", "an", "of", "and", "or", "to", "for", "with", "on", "in", "per", "by", "from", "all", "if", "at", "as",
    "is",
];

struct Action {
    risk: usize,
    words: Vec<String>,
    days: Option<u32>,
    span: Span,
    text: String,
}

/// Finds them; each action once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    let actions: Vec<Action> = register
        .risks
        .iter()
        .enumerate()
        .flat_map(|(at, risk)| actions(register, at, risk))
        .take(MAX_ACTIONS)
        .collect();
    let mut findings = Vec::new();
    for (at, one) in actions.iter().enumerate() {
        let Some(other) = actions[at + 1..].iter().find(|other| other.risk != one.risk && same(one, other)) else {
            continue;
        };
        findings.extend(finding(register, one, other));
    }
    findings
}

fn finding(register: &Register, one: &Action, other: &Action) -> Option<Finding> {
    let (first, second) = (register.risks.get(one.risk)?, register.risks.get(other.risk)?);
    let (left, right) = (status(first), status(second));
    let differ = left.is_some() && right.is_some() && left != right;
    let message = match (left, right) {
        (Some(left), Some(right)) if left != right => {
            format!("{} stands in {} ({}) and in {} ({})", quoted(&one.text), first.id, left, second.id, right)
        }
        _ => format!("{} stands in {} and in {}", quoted(&one.text), first.id, second.id),
    };
    let help = "name the action once and let the other risk point to it";
    let severity = if differ { Severity::Warning } else { Severity::Info };
    Some(Finding::of(&RULE, one.span, message, help).weighing(severity).against(other.span, "the same action"))
}

fn status(risk: &Risk) -> Option<&str> {
    match &risk.field(FieldName::Status)?.value {
        FieldValue::Status { word, .. } => Some(word),
        _ => None,
    }
}

fn actions(register: &Register, at: usize, risk: &Risk) -> Vec<Action> {
    let nouns = [FieldName::Mitigation, FieldName::Planned, FieldName::ExistingGuardrail];
    let fields = nouns.into_iter().flat_map(|noun| risk.statements(noun));
    let spans = fields.flat_map(|field| [Some(field.span), field.detail]).flatten();
    spans.flat_map(|span| lines(register, span)).map(|span| action(register, at, span)).collect()
}

fn action(register: &Register, risk: usize, span: Span) -> Action {
    let text = plain(register.source.slice(span));
    let bare: String = register.source.slice(span).split('`').step_by(2).collect();
    let mut words: Vec<String> = Vec::new();
    for word in fold(&plain(&bare)).split(' ').filter(|word| !word.is_empty() && !STOP_WORDS.contains(word)) {
        let stem: String = word.chars().take(STEM_CHARS).collect();
        if !words.contains(&stem) {
            words.push(stem);
        }
    }
    Action { risk, days: rhythm(&text).map(|(days, _)| days), words, span, text }
}

fn same(one: &Action, other: &Action) -> bool {
    let shared = one.words.iter().filter(|word| other.words.contains(word)).count();
    let shorter = one.words.len().min(other.words.len());
    let in_rhythm = one.days.is_some() && one.days == other.days;
    let needed = if in_rhythm { ALIKE_IN_RHYTHM } else { ALIKE };
    shared >= MIN_SHARED
        && shorter > MIN_SHARED
        && one.words.first() == other.words.first()
        && shared as f64 >= needed * shorter as f64
}
