//! Priority lists and the graded entries of the document disagree on who is in them, or how urgent it is.

use text::Severity;

use crate::fold::{shared, stems};
use crate::lint::{Finding, Look, Rule};
use crate::model::Risk;
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "priority-lists",
    severity: Severity::Warning,
    what: "an entry with a priority is in no priority list, or stands in the list of another priority",
    why: "work is done by the list, and what is not in it is not done",
    before: "| Dead letters are lost | P1 | .. ### P2 .. 1. Dead letter queue",
    after: "### P1 .. 1. Dead letter queue",
};

/// So many entries must stand in the list of their own priority before the lists are taken as those of the table.
const MIN_AGREEING: usize = 3;
/// The most entries named in one finding.
const MAX_SHOWN: usize = 5;
/// The most entries and lists that are compared.
const MAX_COMPARED: usize = 300;

/// Finds them: those in no list once for the document, the others one by one.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let lists = &look.register.parts.priority_lists;
    let entries: Vec<(usize, Vec<String>)> = lists
        .iter()
        .enumerate()
        .flat_map(|(at, list)| list.entries.iter().map(move |(text, _)| (at, telling(text))))
        .take(MAX_COMPARED)
        .collect();
    let graded: Vec<(&Risk, String)> =
        look.register.risks.iter().filter_map(|risk| Some((risk, code(risk)?))).take(MAX_COMPARED).collect();
    if let Some(findings) = by_id(look, &graded) {
        return findings;
    }
    let is_listed = |priority: &str| lists.iter().any(|list| list.priority == priority);
    let mut agreeing = 0;
    let mut missing = Vec::new();
    let mut elsewhere = Vec::new();
    for (risk, priority) in graded.iter().filter(|(_, priority)| is_listed(priority)) {
        match best(risk, priority, lists, &entries) {
            Some(at) if lists[entries[at].0].priority == *priority => agreeing += 1,
            Some(at) => elsewhere.push((*risk, priority, at)),
            None => missing.push((*risk, priority)),
        }
    }
    if lists.len() < 2 || agreeing < MIN_AGREEING {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (risk, priority, at) in elsewhere {
        let list = &lists[entries[at].0];
        let first = entries.iter().position(|(other, _)| *other == entries[at].0).unwrap_or(at);
        let (text, span) = &list.entries[at - first];
        let message =
            format!("'{}' has priority {priority}, but '{text}' stands in the list of {}", risk.title, list.priority);
        findings.push(
            Finding::of(&RULE, risk.span(), message, "give both the same priority")
                .against(*span, format!("listed as {}", list.priority)),
        );
    }
    if let Some(((risk, _), rest)) = missing.split_first() {
        let names: Vec<String> =
            missing.iter().take(MAX_SHOWN).map(|(risk, priority)| format!("'{}' ({priority})", risk.title)).collect();
        let message = format!(
            "{} of {} graded entries stand in no priority list: {}",
            missing.len(),
            graded.len(),
            names.join(", ")
        );
        let mut finding = Finding::of(
            &RULE,
            risk.span(),
            message,
            "put them into the list of their priority, or take the priority away",
        )
        .against(lists[0].span, "the lists begin here");
        for (risk, _) in rest.iter().take(MAX_SHOWN) {
            finding = finding.against(risk.span(), "in no list");
        }
        findings.push(finding);
    }
    findings
}

/// `P1` of a priority.
fn code(risk: &Risk) -> Option<String> {
    let text = risk.stated(FieldName::Priority)?.text.trim_matches(['*', '`', ' ']).to_uppercase();
    let is_code = text.len() == 2 && text.starts_with('P') && text.ends_with(|c: char| c.is_ascii_digit());
    is_code.then_some(text)
}

/// Stems that say nothing about which risk is meant.
const GENERIC: &[&str] = &[
    "missi", "prod", "requi", "docum", "check", "valid", "fail", "failu", "servi", "add", "retry", "logic", "statu",
    "error", "dev", "only", "use", "imple", "prote", "suppo", "token", "down",
];

/// The words of an entry that tell something.
fn telling(text: &str) -> Vec<String> {
    stems(text).into_iter().filter(|stem| !GENERIC.contains(&stem.as_str())).collect()
}

/// Entries that name risks by id leave no doubt.
fn by_id(look: &Look<'_>, graded: &[(&Risk, String)]) -> Option<Vec<Finding>> {
    let lists = &look.register.parts.priority_lists;
    let names = |text: &str, id: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').any(|word| word == id)
    };
    let mut cited = 0;
    let mut findings = Vec::new();
    for (risk, priority) in graded.iter().filter(|(risk, _)| risk.id_is_written) {
        for list in lists {
            for (text, span) in list.entries.iter().filter(|(text, _)| names(text, &risk.id)) {
                cited += 1;
                if list.priority != *priority && lists.iter().any(|other| other.priority == *priority) {
                    let message =
                        format!("{} has priority {priority}, but stands in the list of {}", risk.id, list.priority);
                    findings.push(
                        Finding::of(&RULE, risk.span(), message, "give both the same priority")
                            .against(*span, format!("'{text}'")),
                    );
                }
            }
        }
    }
    (cited > 0).then_some(findings)
}

/// The entry that speaks of this risk: the most shared words, its own priority first.
fn best(
    risk: &Risk,
    priority: &str,
    lists: &[crate::parts::PriorityList],
    entries: &[(usize, Vec<String>)],
) -> Option<usize> {
    let subject = telling(&risk.title);
    let nouns = [
        FieldName::Component,
        FieldName::FailureMode,
        FieldName::ExistingGuardrail,
        FieldName::Planned,
        FieldName::Mitigation,
        FieldName::Impact,
        FieldName::BlastRadius,
    ];
    let all: Vec<String> = nouns
        .iter()
        .filter_map(|noun| risk.field(*noun))
        .map(|field| field.text.as_str())
        .chain([risk.title.as_str()])
        .collect::<Vec<_>>()
        .join(" ")
        .split('|')
        .map(str::to_owned)
        .collect();
    let around = telling(&all.join(" "));
    let score = |words: &Vec<String>| shared(words, &around) * 2 + shared(words, &subject);
    let ranked = entries.iter().enumerate().filter(|(_, (_, words))| shared(words, &around) >= 2);
    ranked
        .max_by_key(|(at, (list, words))| (score(words), lists[*list].priority == priority, std::cmp::Reverse(*at)))
        .map(|(at, _)| at)
}
