//! A risk without a field that the document's other risks have. The document's own habit is the rule, not ours.

use text::{Severity, Span};

use crate::lint::{Finding, Look, Rule};
use crate::model::{Kind, Model, Register, Risk};
use crate::noun::FieldName;
use crate::status::State;
use crate::value::FieldValue;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "field-missing",
    severity: Severity::Warning,
    what: "a risk has no owner, status, likelihood or impact, while most other risks of the document have one",
    why: "a risk without an owner is nobody's, and one without a grade is never next",
    before: "| R-3 | Data loss | High | - |  (owner)",
    after: "| R-3 | Data loss | High | platform team |",
};

const ASKED: &[FieldName] = &[FieldName::Owner, FieldName::Status, FieldName::Likelihood, FieldName::Impact];
/// So many others must have the field before it is missed.
const MIN_OTHERS: usize = 2;

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    let by_habit = [Kind::Risk, Kind::Debt, Kind::Mode].into_iter().flat_map(|kind| of_kind(register, kind));
    by_habit.chain(of_document(register)).collect()
}

fn of_kind(register: &Register, kind: Kind) -> Vec<Finding> {
    let open: Vec<&Risk> =
        register.risks.iter().filter(|risk| risk.kind == kind && risk.state != State::Closed).collect();
    let usual = |noun: &&FieldName| {
        let having = open.iter().filter(|risk| has(risk, **noun)).count();
        having >= MIN_OTHERS && having * 2 >= open.len()
    };
    let asked: Vec<FieldName> = ASKED.iter().filter(usual).copied().collect();
    let missing = open.iter().filter_map(|risk| {
        let missing: Vec<&str> = asked.iter().filter(|noun| !has(risk, **noun)).map(|noun| noun.word()).collect();
        (!missing.is_empty()).then_some((*risk, missing))
    });
    missing.map(|(risk, missing)| finding(risk, &missing)).collect()
}

fn finding(risk: &Risk, missing: &[&str]) -> Finding {
    let message = format!("{} states no {}", risk.id, missing.join(" and no "));
    let help = "most other risks of this document do; state it, or say why not: 'N/A (reason)'".to_owned();
    Finding::of(&RULE, risk.span(), message, help)
}

/// A reason for stating nothing is a statement.
fn has(risk: &Risk, noun: FieldName) -> bool {
    let states =
        |noun| risk.field(noun).is_some_and(|field| !matches!(field.value, FieldValue::Nothing { reason: None }));
    states(noun) || (noun == FieldName::Impact && states(FieldName::Severity))
}

/// The fewest risks of a document that is asked for more.
const MIN_RISKS: usize = 3;

/// What the model of the document asks for and no risk states: told once.
fn of_document(register: &Register) -> Option<Finding> {
    let open = super::open_risks(register);
    let first = open.first().filter(|_| open.len() >= MIN_RISKS)?;
    let is_profile = register.model == Model::Bmad && !register.parts.gates.is_empty();
    let asked: &[FieldName] = if is_profile {
        &[FieldName::Owner, FieldName::Timeline, FieldName::Residual]
    } else {
        &[FieldName::Owner, FieldName::Status]
    };
    let says = |noun: FieldName| open.iter().any(|risk| risk.stated(noun).is_some());
    let missing: Vec<&str> = asked
        .iter()
        .filter(|noun| !says(**noun))
        .map(|noun| if *noun == FieldName::Residual { "residual risk" } else { noun.word() })
        .collect();
    // A document that grades nothing is a list of thoughts, and nobody asks a thought for its owner.
    let is_graded = open.iter().any(|risk| risk.field(FieldName::Likelihood).is_some() || risk.consequence().is_some());
    if missing.is_empty() || !is_graded {
        return None;
    }
    let message = format!(
        "none of the {} risks states {}",
        open.len(),
        missing.iter().map(|word| format!("its {word}")).collect::<Vec<_>>().join(", ")
    );
    let help = if is_profile {
        "the risk profile asks for them with each mitigation"
    } else {
        "say who acts, and how far it is"
    };
    let place = Span::new(first.span().start, first.span().start);
    let severity = if is_profile { Severity::Warning } else { Severity::Info };
    Some(Finding::of(&RULE, Span::new(place.start, first.span().end), message, help).weighing(severity))
}
