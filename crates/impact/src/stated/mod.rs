//! What a text states of failures against what follows from the system.
//!
//! The system comes from files that somebody keeps for another reason, or from `seaworthy.yaml`; where nothing but the text
//! knows a system, there is nothing to compare it with, and the answer is that it was not seen (circular).
//!
//! Words decide which row means which failure. What cannot be told for certain is not compared, and listed with the reason.

mod chains;
mod clauses;
mod lists;
mod marks;
mod modes;
mod parts;
mod priority;
mod radius;
mod rows;
mod tokens;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use register::Register;
use system::{ComponentId, FlowId, StateKind, System};
use text::{Problem, Source, Span};

use crate::walk::takes;
use crate::{Impact, Mode, Single};
use parts::Parts;
use rows::StatedRow;

/// What came of one register.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// Rows, chains and paths that were compared.
    pub compared: usize,
    /// Every difference, with the place in the text and that in the file of the system.
    pub differences: Vec<Problem>,
    /// What was not compared, with the place and the reason.
    pub not_compared: Vec<Problem>,
}

/// Compares a register with what follows from a system, and writes the priorities that it states into the rows of the impact.
/// `source` is the file of the system, where there is one.
pub fn compare_stated(register: &Register, system: &System, source: Option<&Source>, impact: &mut Impact) -> Compared {
    let parts = Parts::of(system);
    let rows = StatedRow::all(register, system, &parts, impact);
    for row in &rows {
        let (Some((component, mode)), Some((priority, _))) = (&row.failure, row.priority) else { continue };
        if let Some(found) = impact.rows.iter_mut().find(|found| found.component == *component && found.mode == *mode) {
            found.stated.get_or_insert(format!("P{priority}"));
        }
    }
    let mut comparing = Comparing { register, system, source, impact, parts: &parts, compared: Compared::default() };
    for row in &rows {
        match &row.failure {
            Some(_) => comparing.compared.compared += 1,
            None if radius::not_possible(&mut comparing, row) => {}
            None => comparing.not_compared(row.part.1, format!("'{}': {}", row.name(), row.why_not)),
        }
    }
    radius::compare(&mut comparing, &rows);
    priority::compare(&mut comparing, &rows);
    unlisted(&mut comparing, &rows);
    one_event(&mut comparing, &rows);
    marks::compare(&mut comparing);
    chains::compare(&mut comparing);
    lists::compare(&mut comparing);
    let mut compared = comparing.compared;
    compared.differences.sort_by_key(|one| one.span.map_or(0, |span| span.start));
    compared.not_compared.sort_by_key(|one| one.span.map_or(0, |span| span.start));
    compared
}

/// A comparison under way.
struct Comparing<'c> {
    register: &'c Register,
    system: &'c System,
    source: Option<&'c Source>,
    impact: &'c Impact,
    parts: &'c Parts<'c>,
    compared: Compared,
}

impl Comparing<'_> {
    fn difference(&mut self, rule: &'static str, span: Span, message: String, help: &str, places: &[ComponentId]) {
        let mut problem = Problem::warning(rule, &self.register.source, span, message).with_help(help);
        for id in places {
            if let (Some(source), Some(component)) = (self.source, self.system.components.get(id)) {
                problem = problem.with_related(source, component.span, format!("`{id}`"));
            }
        }
        self.compared.differences.push(problem);
    }

    fn not_compared(&mut self, span: Span, message: String) {
        let problem = Problem::at(text::Severity::Info, "not-compared", &self.register.source, span, message);
        self.compared.not_compared.push(problem);
    }
}

/// Names for people, the first few of them.
fn listed<T: std::fmt::Display>(names: &[T]) -> String {
    const MAX_LISTED: usize = 6;
    let more = names.len().saturating_sub(MAX_LISTED);
    let shown: Vec<String> = names.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// More parts than these that no row speaks of are one difference: then the matrix is of something else.
const MAX_UNLISTED: usize = 12;

/// What takes a flow down alone, and no row of the matrix speaks of, not even as one of several that it may mean.
fn unlisted(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    let Some(first) = rows.first() else { return };
    let meant: BTreeSet<&ComponentId> = rows.iter().flat_map(|row| &row.meant).collect();
    let mut hit: BTreeMap<&ComponentId, Vec<&FlowId>> = BTreeMap::new();
    for flow in &comparing.impact.flows {
        let singles = flow.spofs.iter().filter_map(|single| match single {
            Single::Component(id) => Some(id),
            Single::SharedFate(_) => None,
        });
        for id in singles.chain(&flow.never_runs).filter(|id| !meant.contains(id)) {
            hit.entry(id).or_default().push(&flow.flow);
        }
    }
    if hit.len() > MAX_UNLISTED {
        let parts: Vec<&ComponentId> = hit.into_keys().collect();
        let message =
            format!("no row speaks of {} parts that each take a flow down alone: {}", parts.len(), listed(&parts));
        let help = "add rows for them, or name with `known_as` what rows mean";
        comparing.difference("part-not-listed", first.part.1, message, help, &[]);
        return;
    }
    for (id, flows) in hit {
        let message = format!("no row speaks of `{id}`, which alone takes down {}", listed(&flows));
        let help = "add a row for it, or name it with `known_as` if a row means it";
        comparing.difference("part-not-listed", first.part.1, message, help, std::slice::from_ref(id));
    }
}

/// Rows whose parts go with a shared fate are one event: those that are down, restarted or lost with it.
fn one_event(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    let system = comparing.system;
    let goes = |mode: &Mode| match mode {
        Mode::Down => true,
        Mode::Named(name, _) => {
            let words = tokens::raw(name);
            ["restart", "lost", "host", "node", "container"].iter().any(|word| words.iter().any(|own| own == word))
        }
        Mode::Slow | Mode::Split => false,
    };
    // A state in each instance goes with the instance, however the row calls it.
    let is_inside = |id: &ComponentId| system.components[id].state == Some(StateKind::PerInstance);
    for (name, members) in &system.shared_fate {
        let part = |row: &StatedRow| -> Option<ComponentId> {
            let id = row.component(system).map(|component| component.id.clone())?;
            // Where enough replicas are left it does not fail with the group.
            if !takes(&system.components[&id], members) {
                return None;
            }
            let is_gone = row.failure.as_ref().is_some_and(|(_, mode)| goes(mode)) || is_inside(&id);
            is_gone.then_some(id)
        };
        let meant: Vec<&StatedRow> = rows.iter().filter(|row| part(row).is_some()).collect();
        let parts: BTreeSet<ComponentId> = meant.iter().filter_map(|row| part(row)).collect();
        if parts.len() < 2 {
            continue;
        }
        let names: Vec<String> = meant.iter().map(|row| format!("'{}'", row.name())).collect();
        let message = format!(
            "{} stand as {} failures, and `{name}` is one event that brings them all",
            names.join(", "),
            meant.len()
        );
        let places: Vec<ComponentId> = parts.into_iter().collect();
        let help = "name the common cause in each row, or take them apart";
        comparing.difference("one-event", meant[0].part.1, message, help, &places);
    }
}
