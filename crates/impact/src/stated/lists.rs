//! Lists of what to build first, against what each declared guardrail would save.

use register::parts::PriorityList;
use system::{Effort, Guardrail, GuardrailOn};
use text::Span;

use crate::Row;

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
    /// Whether entries of its list are numbered.
    is_numbered: bool,
    name: &'c str,
    effort: Option<Effort>,
    saves: Saves,
}

impl Listed<'_> {
    /// By its priority, or by its number in the list of one priority.
    fn comes_before(&self, other: &Self) -> bool {
        let is_numbered = self.is_numbered && other.is_numbered;
        self.priority < other.priority
            || (self.priority == other.priority && is_numbered && self.span.start < other.span.start)
    }
}

/// The share of all use that a guardrail saves.
#[derive(Clone, Copy)]
struct Saves {
    /// Of the failure of which it saves most.
    most: f64,
    /// On average over time, when it is known how often everything that it stops happens.
    on_average: Option<f64>,
}

impl Saves {
    /// What it and another save, in words, when it saves less: on average where that is known of both.
    fn less_than(self, other: Self) -> Option<[String; 2]> {
        let (less, words): (bool, fn(Self) -> String) = match (self.on_average, other.on_average) {
            (Some(own), Some(more)) => (own * (1.0 + SAME) < more, |saves| {
                format!("{:.1e} of all use on average", saves.on_average.unwrap_or_default())
            }),
            _ => (self.most + SAME < other.most, |saves| format!("{:.0} % of use", saves.most * 100.0)),
        };
        less.then(|| [words(self), words(other)])
    }
}

/// Compares the order of the lists with what is saved; harm that is no matter of availability is not weighed.
pub(super) fn compare(comparing: &mut Comparing<'_>) {
    let lists = &comparing.register.parts.priority_lists;
    let mut listed: Vec<Listed<'_>> = Vec::new();
    for (name, guardrail) in &comparing.system.guardrails {
        let Some((list, (text, span))) = entry(name, guardrail, lists) else { continue };
        let (Some(priority), Some(saves)) = (code(&list.priority), saves(comparing, name)) else { continue };
        let is_numbered = list.is_numbered;
        listed.push(Listed { text, span: *span, priority, is_numbered, name, effort: guardrail.effort, saves });
    }
    let mut found = Vec::new();
    for one in &listed {
        let before = listed
            .iter()
            .filter(|other| other.comes_before(one))
            .filter(|other| one.effort.is_none() || other.effort.is_none() || one.effort <= other.effort)
            .filter_map(|other| Some((other, other.saves.less_than(one.saves)?)))
            .min_by(|(left, _), (right, _)| {
                left.priority.cmp(&right.priority).then(left.saves.most.total_cmp(&right.saves.most))
            });
        if let Some((before, [less, more])) = before {
            let stands = if one.priority == before.priority { ", stands before it" } else { "" };
            let message = format!(
                "'{}' is P{} and would save {more}; '{}' is P{}{stands} and would save {less}, for no less effort",
                one.text, one.priority, before.text, before.priority
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

/// What it saves; `None` when it stops no loss of use at all.
fn saves(comparing: &Comparing<'_>, name: &str) -> Option<Saves> {
    let rows = comparing.impact.rows.iter().filter(|row| !super::rows::worst(row).is_harm());
    let savings = rows.flat_map(|row| row.savings.iter().map(move |saving| (row, saving)));
    let own: Vec<(&Row, f64)> =
        savings.filter(|(_, saving)| saving.guardrail == name).map(|(row, saving)| (row, saving.saves)).collect();
    let most = own.iter().map(|(_, saves)| *saves).max_by(f64::total_cmp)?;
    let on_average = own.iter().map(|(row, saves)| Some(row.likelihood? * saves)).sum();
    Some(Saves { most, on_average })
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
