//! Rows of a matrix: how far a failure is said to reach, what it is said to do, how urgent it is said to be.

use std::collections::BTreeSet;

use system::{ComponentId, ComponentKind, FlowId, StateKind};

use super::Comparing;
use super::rows::{StatedRow, flows, worst};
use super::words::{Told, names, names_mode, shared, telling};
use crate::{Impact, Mode, Outcome, Priority, Row};

/// Losses that differ by less are the same.
const SAME: f64 = 0.01;

/// Compares every row that speaks of a failure of the system.
pub(super) fn compare(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    for row in rows {
        of_fallback(comparing, row);
        not_possible(comparing, row);
        let impact = comparing.impact;
        let Some(computed) = row.computed(impact) else { continue };
        of_outcome(comparing, row, computed);
        of_scope(comparing, row, computed);
        of_priority(comparing, row, computed, rows);
    }
}

/// What the text says that it does, against the worst that a flow feels.
fn of_outcome(comparing: &mut Comparing<'_>, row: &StatedRow, computed: &Row) {
    let Some((radius, span)) = &row.radius else { return };
    let worst = worst(computed);
    let told = row.told();
    let rule_and_why = match (told, worst) {
        (_, Outcome::Unaffected) => Some(("radius-too-large", "no flow feels it".to_owned())),
        (Some(Told::Degrades), Outcome::Down | Outcome::Hangs) => {
            let failing = computed.hits.iter().filter(|hit| hit.outcome.is_failure());
            let names: Vec<&str> = failing.map(|hit| hit.flow.as_str()).collect();
            Some(("radius-too-small", format!("it takes down {}", names.join(", "))))
        }
        (Some(Told::Fails), Outcome::Degraded | Outcome::Stale | Outcome::Late) => {
            Some(("radius-too-large", format!("the worst that a flow feels is {}", worst.word())))
        }
        (Some(told), outcome) if is_other_kind(told, outcome) => {
            Some(("radius-of-another-kind", format!("the worst that a flow feels is {}", worst.word())))
        }
        _ => None,
    };
    if let Some((rule, why)) = rule_and_why {
        let told = told.map_or(String::new(), |told| format!(", {}", told.word()));
        let message = format!("'{}' is said to do '{radius}'{told}, and by the system {why}", row.name());
        let help = "correct the radius, or what the system says of this failure";
        comparing.difference(rule, *span, message, help, std::slice::from_ref(&computed.component));
    }
}

/// Availability and the other harms are not the same.
fn is_other_kind(told: Told, worst: Outcome) -> bool {
    let same = match told {
        Told::Fails | Told::Degrades => !worst.is_harm() || worst == Outcome::Wrong,
        Told::Loses => worst == Outcome::Lost,
        Told::Exposes => worst == Outcome::Exposed || worst == Outcome::Wrong,
        Told::Blinds => worst == Outcome::Blind || !worst.is_harm(),
    };
    !same
}

/// `All API requests` means every flow that goes through the API.
fn of_scope(comparing: &mut Comparing<'_>, row: &StatedRow, computed: &Row) {
    let Some((radius, span)) = row.radius.as_ref().filter(|_| !computed.hits.is_empty()) else { return };
    let (hit, all) = (flows(computed), comparing.impact.flows.len());
    if row.says_all() {
        let Some(meant) = meant(comparing, row, radius) else { return };
        let spared: Vec<&str> = meant.iter().filter(|flow| !hit.contains(*flow)).map(|flow| flow.as_str()).collect();
        if !spared.is_empty() {
            let message = format!(
                "'{}' is said to hit '{radius}', and by the system it spares {}",
                row.name(),
                spared.join(", ")
            );
            let help = "name the flows that it hits";
            comparing.difference("radius-too-large", *span, message, help, std::slice::from_ref(&computed.component));
        }
        return;
    }
    let fails = computed.hits.iter().filter(|hit| hit.outcome.is_failure()).count();
    if fails == all && all > 1 && row.told() != Some(Told::Degrades) {
        let message =
            format!("'{}' is said to hit '{radius}', and by the system it takes down all {all} flows", row.name());
        let help = "say that everything fails with it";
        comparing.difference("radius-too-small", *span, message, help, std::slice::from_ref(&computed.component));
    }
}

/// The flows that `all ..` means: those through the part that is named, else all; `None` when something else is named.
fn meant<'i>(comparing: &Comparing<'i>, row: &StatedRow, radius: &str) -> Option<BTreeSet<&'i FlowId>> {
    let every: BTreeSet<&FlowId> = comparing.impact.flows.iter().map(|flow| &flow.flow).collect();
    let pale = telling(
        "all every entire whole requests request flows calls traffic operations users fail down unavailable error errors outage 500 503 startup",
    );
    let rest: BTreeSet<String> = telling(radius).difference(&pale).cloned().collect();
    let parts: Vec<&ComponentId> = comparing
        .system
        .components
        .values()
        .filter(|one| one.kind != ComponentKind::Client && names(one, radius) >= 2)
        .map(|one| &one.id)
        .collect();
    match parts[..] {
        [only] => {
            // Words beyond the name of the part narrow it down in a way that is not known here.
            let own = telling(only.as_str());
            let is_narrowed = rest.iter().any(|word| !own.contains(word));
            let through = comparing.system.flows.values().filter(|flow| flow.path.contains(only));
            (!is_narrowed).then(|| through.map(|flow| &flow.id).collect())
        }
        [] if rest.is_empty() || shared(&rest, &telling(&row.part.0)) == rest.len() => Some(every),
        _ => None,
    }
}

/// Urgency against what is lost, and against rows that lose less.
fn of_priority(comparing: &mut Comparing<'_>, row: &StatedRow, computed: &Row, rows: &[StatedRow]) {
    let Some((stated, span)) = row.priority else { return };
    // What is no matter of availability is not weighed here.
    if worst(computed).is_harm() {
        return;
    }
    let number = match computed.priority {
        Priority::P0 => 0,
        Priority::P1 => 1,
        Priority::P2 => 2,
        Priority::None => 3,
    };
    let before = before(rows, comparing.impact, computed, stated);
    let lost = |row: &Row| format!("{:.0} %", row.loss * 100.0);
    if stated > number {
        let example = before.map_or(String::new(), |(other, urgent, row)| {
            format!("; '{}', with {}, is P{urgent}", other.name(), lost(row))
        });
        let message = format!(
            "'{}' is P{stated}, and by what is lost ({} of all use) it is {}{example}",
            row.name(),
            lost(computed),
            computed.priority.word()
        );
        let help = "raise it, or say why less is lost";
        comparing.difference("priority-too-low", span, message, help, std::slice::from_ref(&computed.component));
    } else if let Some((other, urgent, less)) = before {
        let message = format!(
            "'{}' ({} of all use lost) is P{stated}, and '{}' ({} lost) is P{urgent}",
            row.name(),
            lost(computed),
            other.name(),
            lost(less)
        );
        let help = "order them by what is lost, or say why the smaller one comes first";
        comparing.difference("priority-order", span, message, help, std::slice::from_ref(&computed.component));
    }
}

/// The most urgent row that loses less than this one and is said to be more urgent.
fn before<'r, 'i>(
    rows: &'r [StatedRow],
    impact: &'i Impact,
    computed: &Row,
    stated: u32,
) -> Option<(&'r StatedRow, u32, &'i Row)> {
    let others = rows.iter().filter_map(|other| Some((other, other.priority?.0, other.computed(impact)?)));
    others
        .filter(|(_, urgent, less)| *urgent < stated && less.loss + SAME < computed.loss && !worst(less).is_harm())
        .min_by(|left, right| left.1.cmp(&right.1).then(left.2.loss.total_cmp(&right.2.loss)))
}

/// A state in each instance is one state as long as there is one instance.
fn not_possible(comparing: &mut Comparing<'_>, row: &StatedRow) {
    let Some((mode, _)) = row.mode.as_ref().filter(|_| row.failure.is_none()) else { return };
    let Some(component) = row.component(comparing.system) else { return };
    if component.state != Some(StateKind::PerInstance) || names_mode(&Mode::Split, mode) == 0 {
        return;
    }
    let callers = comparing.system.edges.iter().filter(|edge| edge.id.to == component.id);
    let callers: Vec<ComponentId> = callers.map(|edge| edge.id.from.clone()).collect();
    let names: Vec<&str> = callers.iter().map(ComponentId::as_str).collect();
    let message = format!(
        "'{}' cannot happen yet: {} has one replica, so `{}` has one state; it begins with the second",
        row.name(),
        names.join(", "),
        component.id
    );
    let help = "write it as a condition of growth, or write the replicas that there are";
    comparing.difference("not-possible-yet", row.part.1, message, help, &callers);
}

/// A fallback on some edge loses what this row is about: one failure brings the other.
fn of_fallback(comparing: &mut Comparing<'_>, row: &StatedRow) {
    let Some(own) = row.component(comparing.system).map(|component| component.id.clone()) else { return };
    let part = telling(&row.part.0);
    for edge in &comparing.system.edges {
        let Some(fallback) = &edge.fallback else { continue };
        if edge.id.to == own {
            continue;
        }
        let lost = edge.loses.iter().find(|lost| shared(&telling(lost), &part) > 0);
        if let Some(lost) = lost {
            let message = format!(
                "while '{fallback}' stands in for `{}` on {}, `{lost}` is lost: that brings '{}'",
                edge.id.to,
                edge.id,
                row.name()
            );
            let places = [edge.id.to.clone(), own];
            let help = "say in the row of the fallback that it causes this one";
            comparing.difference("fallback-brings-another", row.part.1, message, help, &places);
            return;
        }
    }
}
