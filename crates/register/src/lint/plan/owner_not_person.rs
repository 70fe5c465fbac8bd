//! An owner that is a phase, a release or a piece of work: nobody is called when it burns.

use text::Severity;

use super::quoted;
use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Field, Risk};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "owner-not-person",
    severity: Severity::Info,
    what: "the owner of a risk is a phase, a release or a task, and no person, role or team",
    why: "a phase ends, and then nobody carries the risk",
    before: "**Owner**: Phase 2",
    after: "**Owner**: storage team (phase 2)",
};

const TIMES: &[&str] =
    &["phase", "sprint", "milestone", "release", "iteration", "quarter", "epic", "week", "month", "wave", "stage"];
/// The most owners named in one finding.
const MAX_SHOWN: usize = 3;

/// Finds them, once for the document.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let found: Vec<(&Risk, &Field)> = look
        .register
        .risks
        .iter()
        .filter_map(|risk| Some((risk, risk.stated(FieldName::Owner)?)))
        .filter(|(_, owner)| is_time(&owner.text))
        .collect();
    let Some(((risk, first), rest)) = found.split_first() else { return Vec::new() };
    let names: Vec<String> = found.iter().take(MAX_SHOWN).map(|(_, owner)| quoted(&owner.text)).collect();
    let message = match rest {
        [] => format!("the owner of {} is {}, which is no person and no team", risk.id, names.join(", ")),
        _ => format!("{} risks are owned by what is no person and no team: {}", found.len(), names.join(", ")),
    };
    let mut finding = Finding::of(&RULE, first.span, message, "name who acts when it happens");
    for (_, owner) in rest.iter().take(MAX_SHOWN) {
        finding = finding.against(owner.span, "and here");
    }
    vec![finding]
}

/// `Phase 1 - Caching`, `Sprint 12`, `Q3`, `v0.2.9`; not `Release manager`.
fn is_time(text: &str) -> bool {
    let folded = fold(text);
    let mut words = folded.split(' ');
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let numbered = second.chars().all(|c| c.is_ascii_digit()) && !second.is_empty();
    let quarter = first.len() == 2 && first.starts_with('q') && first.ends_with(|c: char| ('1'..='4').contains(&c));
    let version =
        first.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
    TIMES.contains(&first) && numbered || quarter || version && !second.is_empty()
}
