//! Scenario chains: whether what a text says that a failure reaches is reached.

use register::parts::Scenario;
use system::{Component, ComponentKind};

use super::Comparing;
use super::words::{KNOWN, Told, names, names_mode, told};
use crate::Row;

/// A weaker likeness of names than this is none.
const LEAST: usize = 2;

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

/// The failure that a chain begins with.
fn begin<'i>(comparing: &Comparing<'i>, scenario: &Scenario) -> Option<&'i Row> {
    let first = scenario.chain.first().map_or("", |(step, _)| step.as_str());
    let text = format!("{} {first}", scenario.title);
    let score = |row: &Row| {
        let component = &comparing.system.components[&row.component];
        let (part, mode) = (names(component, &text).min(KNOWN), names_mode(&row.mode, &text));
        if part >= LEAST && mode > 0 { part + mode } else { 0 }
    };
    let scored: Vec<(usize, &Row)> = comparing.impact.rows.iter().map(|row| (score(row), row)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best > 0)?;
    let mut found = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, row)| row);
    found.next().filter(|_| found.next().is_none())
}

fn of_chain(comparing: &mut Comparing<'_>, scenario: &Scenario, row: &Row) {
    let reached = |component: &Component| {
        component.id == row.component
            || row.hits.iter().flat_map(|hit| &hit.chain).any(|step| step.component == component.id)
    };
    for (text, span) in scenario.chain.iter().skip(1).filter(|(text, _)| told(text) == Some(Told::Fails)) {
        let system = comparing.system;
        let named = system.components.values().filter(|one| one.kind != ComponentKind::Client);
        let mut named: Vec<(usize, &Component)> = named.map(|one| (names(one, text), one)).collect();
        named.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let is_one = named.get(1).is_none_or(|(second, _)| named[0].0 > *second);
        let Some((score, component)) = named.first().filter(|_| is_one) else { continue };
        if *score > LEAST && !reached(component) {
            let message = format!(
                "the chain '{}' says '{text}', and by the system `{} {}` does not reach `{}`",
                scenario.title,
                row.component,
                row.mode.word(),
                component.id
            );
            let help = "correct the chain, or declare the need that it tells of";
            let places = [component.id.clone(), row.component.clone()];
            comparing.difference("chain-not-computed", *span, message, help, &places);
        }
    }
}
