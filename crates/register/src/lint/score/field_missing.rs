//! A risk without a field that the document's other risks have. The document's own habit is the rule, not ours.

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::{Kind, Register, Risk};
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
    by_habit.chain(super::nobody_says::check(look)).collect()
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
