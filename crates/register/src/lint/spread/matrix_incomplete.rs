//! A table sums up the risks, and some that are told in detail are not in it.

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::{Kind, Risk};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "matrix-incomplete",
    severity: Severity::Warning,
    what: "a risk that is told in detail is missing from the table that sums the risks up, or the reverse",
    why: "people read the table",
    before: "8 risks in detail, 5 rows in the matrix",
    after: "8 risks in detail, 8 rows in the matrix",
};

/// The fewest risks that are in both places before one is missed.
const MIN_BOTH: usize = 3;
/// The most risks named in one finding.
const MAX_SHOWN: usize = 5;

/// Finds them, each direction once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let of_kind = |kind: Kind| look.register.risks.iter().filter(move |risk| risk.kind == kind).collect::<Vec<&Risk>>();
    [Kind::Risk, Kind::Mode, Kind::Debt].into_iter().flat_map(|kind| of_risks(&of_kind(kind))).collect()
}

fn of_risks(risks: &[&Risk]) -> Vec<Finding> {
    let both: Vec<&Risk> = risks.iter().copied().filter(|risk| risk.has_row && risk.has_section).collect();
    let only_told: Vec<&Risk> = risks.iter().copied().filter(|risk| !risk.has_row).collect();
    let only_listed: Vec<&Risk> = risks.iter().copied().filter(|risk| !risk.has_section).collect();
    if both.len() < MIN_BOTH {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if only_told.len() <= both.len()
        && let Some(first) = only_told.first()
    {
        let message = format!(
            "{} of {} risks that are told in detail are missing from the table: {}",
            only_told.len(),
            both.len() + only_told.len(),
            names(&only_told)
        );
        let row = both[0].spans.iter().find(|span| **span != both[0].span()).copied().unwrap_or_else(|| both[0].span());
        let mut finding = Finding::of(&RULE, first.span(), message, "add a row for each")
            .against(row, "the table has rows like this one");
        for risk in only_told.iter().skip(1).take(MAX_SHOWN) {
            finding = finding.against(risk.span(), "not in the table");
        }
        findings.push(finding);
    }
    // Details are often told for the worst only; a table of which nearly all are told misses the rest.
    if only_listed.len() * 3 <= both.len()
        && let Some(first) = only_listed.first()
    {
        let message = format!(
            "{} of {} rows have no detail, while all others have: {}",
            only_listed.len(),
            both.len() + only_listed.len(),
            names(&only_listed)
        );
        findings.push(
            Finding::of(&RULE, first.span(), message, "tell them in detail, or say why not").weighing(Severity::Info),
        );
    }
    findings
}

fn names(risks: &[&Risk]) -> String {
    let names: Vec<String> = risks.iter().take(MAX_SHOWN).map(|risk| format!("'{}'", risk.title)).collect();
    names.join(", ")
}
