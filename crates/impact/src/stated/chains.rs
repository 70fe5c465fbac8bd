//! Scenario chains: whether what a text says that a failure reaches is reached, and as badly.

use std::collections::BTreeSet;

use register::parts::Scenario;
use system::{ComponentId, FlowId, Needs};
use text::Span;

use super::clauses::Course;
use super::modes;
use super::parts::only;
use super::radius::{may_mean, named_flows};
use super::tokens::tokens;
use super::told::{Told, courses, told};
use super::{Comparing, listed};
use crate::Row;

/// Compares every chain whose beginning is a failure of the system.
pub(super) fn compare(comparing: &mut Comparing<'_>) {
    let register = comparing.register;
    for scenario in &register.parts.scenarios {
        match begin(comparing, scenario) {
            Some(row) => of_chain(comparing, scenario, row),
            None => comparing.not_compared(
                scenario.span,
                format!("the chain '{}' begins with no failure of the system, or with one of several", scenario.title),
            ),
        }
    }
}

/// The failure that a chain begins with: by its first step, else by its heading.
fn begin<'i>(comparing: &Comparing<'i>, scenario: &Scenario) -> Option<&'i Row> {
    let first = scenario.chain.first().map_or("", |(step, _)| step.as_str());
    let both = format!("{} {first}", scenario.title);
    let part = [first, &scenario.title].into_iter().find_map(|text| only(&comparing.parts.told_of(text)))?;
    let mut own = comparing.parts.words(part);
    own.extend(tokens("scenario chain 0 1 2 3 4 5 6 7 8 9"));
    let rows = comparing.impact.rows.iter().filter(|row| row.component == part.id);
    let scored: Vec<(usize, &Row)> = rows
        .map(|row| {
            let score = [first, scenario.title.as_str(), &both]
                .into_iter()
                .map(|text| modes::score(&row.mode, part, text, &own));
            (score.max().unwrap_or(0), row)
        })
        .collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best > 0)?;
    let found: Vec<&Row> = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, row)| row).collect();
    only(&found)
}

/// Everything that a failure comes to over edges of some needs.
fn reached<'s>(comparing: &Comparing<'s>, from: &'s ComponentId, needs: &[Needs]) -> BTreeSet<&'s ComponentId> {
    let mut reached = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for edge in comparing.system.edges.iter().filter(|edge| edge.id.to == *at && needs.contains(&edge.needs)) {
            if reached.insert(&edge.id.from) {
                open.push(&edge.id.from);
            }
        }
    }
    reached
}

fn of_chain(comparing: &mut Comparing<'_>, scenario: &Scenario, row: &Row) {
    if !row.mode.suffered().is_failure() {
        return;
    }
    let system = comparing.system;
    let Some((begin, _)) = system.components.get_key_value(&row.component) else { return };
    // What is slow does not keep from starting.
    let is_slow = row.mode.is_slow();
    let hard: &[Needs] = if is_slow { &[Needs::Hard] } else { &[Needs::Hard, Needs::Start] };
    let all: &[Needs] = if is_slow { &[Needs::Hard, Needs::Soft, Needs::Async] } else { &Needs::ALL };
    let (all, hard) = (reached(comparing, begin, all), reached(comparing, begin, hard));
    for (text, span) in scenario.chain.iter().skip(1) {
        let amiss = courses(text).into_iter().filter(|clause| clause.course == Course::Amiss).map(|clause| clause.text);
        let Some(clause) = amiss.into_iter().find(|clause| told(clause).contains(&Told::Fails)) else { continue };
        // `Booking fails` may mean what users do, and not the part of that name.
        if row.hits.iter().any(|hit| may_mean(clause, &hit.flow)) {
            continue;
        }
        let parts = comparing.parts.told_of(clause);
        let Some(component) = only(&parts) else {
            if parts.is_empty() {
                of_flow(comparing, scenario, row, clause, *span);
            }
            continue;
        };
        // Who hangs holds its callers however softly they need it.
        if hard.contains(&component.id) || (row.mode.is_slow() && all.contains(&component.id)) {
            continue;
        }
        let (rule, by_system) = match all.contains(&component.id) {
            true => ("chain-too-hard", format!("`{}` goes on without it, with less or later", component.id)),
            false => (
                "chain-not-computed",
                format!("`{} {}` does not reach `{}`", row.component, row.mode.word(), component.id),
            ),
        };
        let message = format!("the chain '{}' says '{text}', and by the system {by_system}", scenario.title);
        let help = "correct the chain, or declare the need that it tells of";
        let places = [component.id.clone(), row.component.clone()];
        comparing.difference(rule, *span, message, help, &places);
    }
}

/// A step that says that users lose a flow, which by the system does not feel it.
fn of_flow(comparing: &mut Comparing<'_>, scenario: &Scenario, row: &Row, clause: &str, span: Span) {
    let spared: Vec<&FlowId> = named_flows(comparing, clause).into_iter().collect();
    if spared.is_empty() {
        return;
    }
    let message = format!(
        "the chain '{}' says '{}', and by the system `{} {}` does not reach {}",
        scenario.title,
        clause.trim(),
        row.component,
        row.mode.word(),
        listed(&spared)
    );
    let help = "correct the chain, or declare the need that it tells of";
    comparing.difference("chain-not-computed", span, message, help, std::slice::from_ref(&row.component));
}
