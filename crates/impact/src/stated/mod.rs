//! What a text states of failures against what follows from the system.
//!
//! The system comes from files that somebody keeps for another reason, or from `seaworthy.yaml`; where nothing but the text
//! knows a system, there is nothing to compare it with, and the answer is that it was not seen (circular).
//!
//! Words decide which row means which failure. What cannot be told for certain is not compared, and listed with the reason.

mod chains;
mod lists;
mod marks;
mod radius;
mod rows;
mod words;

use register::Register;
use system::{ComponentId, ComponentKind, System};
use text::{Problem, Source, Span};

use crate::{Impact, Single};
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
    let rows = StatedRow::all(register, system, impact);
    for row in &rows {
        let (Some((component, mode)), Some((priority, _))) = (&row.failure, row.priority) else { continue };
        if let Some(found) = impact.rows.iter_mut().find(|found| found.component == *component && found.mode == *mode) {
            found.stated.get_or_insert(format!("P{priority}"));
        }
    }
    let mut comparing = Comparing { register, system, source, impact, compared: Compared::default() };
    for row in &rows {
        match &row.failure {
            Some(_) => comparing.compared.compared += 1,
            None => comparing.not_compared(row.part.1, format!("'{}': {}", row.name(), row.why_not)),
        }
    }
    radius::compare(&mut comparing, &rows);
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

/// What takes a flow down alone, and no row of the matrix speaks of.
fn unlisted(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    let Some(first) = rows.first() else { return };
    let listed: Vec<&ComponentId> =
        rows.iter().filter_map(|row| row.failure.as_ref()).map(|(component, _)| component).collect();
    let system = comparing.system;
    for component in system.components.values().filter(|one| one.kind != ComponentKind::Client) {
        let takes = |single: &Single| matches!(single, Single::Component(id) if *id == component.id);
        let hit: Vec<&str> = comparing
            .impact
            .flows
            .iter()
            .filter(|flow| flow.spofs.iter().any(takes) || flow.never_runs.contains(&component.id))
            .map(|flow| flow.flow.as_str())
            .collect();
        if !hit.is_empty() && !listed.contains(&&component.id) {
            let message = format!("no row speaks of `{}`, which alone takes down {}", component.id, hit.join(", "));
            let help = "add a row for it, or name it with `known_as` if a row means it";
            comparing.difference("part-not-listed", first.part.1, message, help, std::slice::from_ref(&component.id));
        }
    }
}

/// Rows whose parts share a fate are one event.
fn one_event(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    let system = comparing.system;
    for (name, members) in &system.shared_fate {
        let meant: Vec<&StatedRow> = rows
            .iter()
            .filter(|row| row.failure.as_ref().is_some_and(|(component, _)| members.contains(component)))
            .collect();
        let parts: std::collections::BTreeSet<&ComponentId> =
            meant.iter().filter_map(|row| row.failure.as_ref()).map(|(component, _)| component).collect();
        if parts.len() < 2 {
            continue;
        }
        let names: Vec<String> = meant.iter().map(|row| format!("'{}'", row.name())).collect();
        let message = format!(
            "{} stand as {} failures, and `{name}` is one event that brings them all",
            names.join(", "),
            meant.len()
        );
        let places: Vec<ComponentId> = parts.into_iter().cloned().collect();
        let help = "name the common cause in each row, or take them apart";
        comparing.difference("one-event", meant[0].part.1, message, help, &places);
    }
}
