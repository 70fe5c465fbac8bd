//! Lists of what to build first, against what each declared guardrail would save.

use register::parts::PriorityList;
use system::{Effort, Guardrail, GuardrailOn};
use text::Span;

use super::Comparing;
use super::rows::code;
use super::tokens::{shared, telling};

/// Savings that differ by less are the same.
const SAME: f64 = 0.01;

/// Fewer shared words than this are chance.
const LEAST: usize = 2;

/// A declared guardrail that stands in a list.
struct Listed<'c> {
    text: &'c str,
    span: Span,
    priority: u32,
    name: &'c str,
    effort: Option<Effort>,
    saves: f64,
}

/// Compares the order of the lists with what is saved; harm that is no matter of availability is not weighed.
pub(super) fn compare(comparing: &mut Comparing<'_>) {
    let lists = &comparing.register.parts.priority_lists;
    let mut listed: Vec<Listed<'_>> = Vec::new();
    for (name, guardrail) in &comparing.system.guardrails {
        let Some((list, (text, span))) = entry(name, guardrail, lists) else { continue };
        let (Some(priority), Some(saves)) = (code(&list.priority), saves(comparing, name)) else { continue };
        listed.push(Listed { text, span: *span, priority, name, effort: guardrail.effort, saves });
    }
    let mut found = Vec::new();
    for one in &listed {
        let before = listed
            .iter()
            .filter(|other| other.priority < one.priority && other.saves + SAME < one.saves)
            .filter(|other| one.effort.is_none() || other.effort.is_none() || one.effort <= other.effort)
            .min_by(|left, right| left.priority.cmp(&right.priority).then(left.saves.total_cmp(&right.saves)));
        if let Some(before) = before {
            let message = format!(
                "'{}' is P{} and would save {:.0} % of use; '{}' is P{} and would save {:.0} %, for no less effort",
                one.text,
                one.priority,
                one.saves * 100.0,
                before.text,
                before.priority,
                before.saves * 100.0
            );
            found.push((one.span, message, one.name.to_owned()));
        }
    }
    for (span, message, name) in found {
        let places = match comparing.system.guardrails.get(&name).map(|guardrail| &guardrail.on) {
            Some(GuardrailOn::Component(id)) => vec![id.clone()],
            Some(GuardrailOn::Edge(id)) => vec![id.to.clone()],
            None => Vec::new(),
        };
        comparing.difference("list-order", span, message, "order the lists by what is saved", &places);
    }
}

/// The most that it saves of any failure; `None` when it stops no loss of use at all.
fn saves(comparing: &Comparing<'_>, name: &str) -> Option<f64> {
    let rows = comparing.impact.rows.iter().filter(|row| !super::rows::worst(row).is_harm());
    let savings = rows.flat_map(|row| &row.savings).filter(|saving| saving.guardrail == name);
    savings.map(|saving| saving.saves).max_by(f64::total_cmp)
}

/// The entry that means a guardrail: the most shared words, when only one has so many.
fn entry<'c>(
    name: &str,
    guardrail: &Guardrail,
    lists: &'c [PriorityList],
) -> Option<(&'c PriorityList, &'c (String, Span))> {
    let on = match &guardrail.on {
        GuardrailOn::Component(id) => id.to_string(),
        GuardrailOn::Edge(id) => id.to.to_string(),
    };
    let own = telling(&format!("{name} {on} {}", guardrail.stops.join(" ")));
    let entries = lists.iter().flat_map(|list| list.entries.iter().map(move |entry| (list, entry)));
    let scored: Vec<_> = entries.map(|(list, entry)| (shared(&telling(&entry.0), &own), (list, entry))).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best >= LEAST)?;
    let mut found = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, entry)| entry);
    found.next().filter(|_| found.next().is_none())
}
