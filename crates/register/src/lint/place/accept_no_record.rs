//! A risk that is accepted only in the text.

use std::collections::BTreeSet;

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::Risk;
use crate::noun::FieldName;
use crate::status::State;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "accept-no-record",
    severity: Severity::Warning,
    what: "a risk is called accepted, and no acceptance with owner, approver, reason and end date is recorded",
    why: "an acceptance without an end is forgotten, and one without an approver is nobody's decision",
    before: "| SEC-002 | No TLS | Accepted |",
    after: "| SEC-002 | No TLS | Accepted |  and in seaworthy.yaml: acceptances: {SEC-002: {owner: .., approved_by: .., until: .., reason: ..}}",
};

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let (register, facts) = (look.register, look.facts);
    let recorded: BTreeSet<String> = facts.accepted.iter().map(|id| id.to_lowercase()).collect();
    let accepted = register.risks.iter().filter(|risk| risk.state == State::Accepted);
    let unrecorded = accepted.filter(|risk| !is_recorded(risk, &recorded));
    unrecorded
        .map(|risk| {
            let span = risk.stated(FieldName::Status).map_or(risk.span(), |field| field.span);
            let message = format!("{} is called accepted, but no acceptance is recorded", risk.id);
            let help = format!(
                "add '{}' under acceptances in seaworthy.yaml with owner, approved_by, until and reason",
                risk.id
            );
            Finding::of(&RULE, span, message, help)
        })
        .collect()
}

fn is_recorded(risk: &Risk, recorded: &BTreeSet<String>) -> bool {
    risk.aliases.iter().chain([&risk.id]).any(|name| recorded.contains(&name.to_lowercase()))
}
