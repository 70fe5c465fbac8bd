//! A risk that is accepted only in the text.

use std::collections::BTreeSet;

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::Risk;
use crate::noun::FieldName;
use crate::parts::line::Signals;
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
    let mentioned = mentioned(look, &recorded);
    let stated = unrecorded.map(|risk| {
        let span = risk.stated(FieldName::Status).map_or(risk.span(), |field| field.span);
        let message = format!("{} is called accepted, but no acceptance is recorded", risk.id);
        let help =
            format!("add '{}' under acceptances in seaworthy.yaml with owner, approved_by, until and reason", risk.id);
        Finding::of(&RULE, span, message, help)
    });
    stated.chain(mentioned).collect()
}

/// Lines that call a risk accepted which its own status does not: `Document the accepted risk of plain text (SEC-2)`.
fn mentioned(look: &Look<'_>, recorded: &BTreeSet<String>) -> Vec<Finding> {
    let register = look.register;
    let lines = register.parts.lines.iter().filter(|line| line.signals.has(Signals::STRATEGY) && line.risk.is_none());
    let mut findings = Vec::new();
    for line in lines {
        let raw = register.source.slice(line.span);
        if raw.len() > MAX_LINE_BYTES || !raw.to_ascii_lowercase().contains("accepted risk") {
            continue;
        }
        let ids = raw
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
            .filter(|word| word.contains(|c: char| c.is_ascii_digit()));
        let named = ids.filter_map(|id| register.risks.iter().find(|risk| risk.id_is_written && risk.id == id));
        for risk in named.filter(|risk| risk.state != State::Accepted && !is_recorded(risk, recorded)).take(1) {
            let message = format!("{} is called accepted here, but no acceptance is recorded", risk.id);
            let help = format!(
                "add '{}' under acceptances in seaworthy.yaml with owner, approved_by, until and reason",
                risk.id
            );
            findings.push(Finding::of(&RULE, line.span, message, help).against(risk.span(), "where it is listed"));
        }
    }
    findings
}

/// The longest line that is read.
const MAX_LINE_BYTES: usize = 400;

fn is_recorded(risk: &Risk, recorded: &BTreeSet<String>) -> bool {
    risk.aliases.iter().chain([&risk.id]).any(|name| recorded.contains(&name.to_lowercase()))
}
