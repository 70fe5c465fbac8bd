//! Critical paths: which steps carry a mark as a single point of failure, and which should.

use std::collections::BTreeSet;

use register::parts::{PathFlow, PathStep};
use system::{Component, ComponentId, FlowId};

use super::Comparing;
use super::rows::best_named;
use super::words::{shared, telling};
use crate::{FlowImpact, Single};

/// A weaker likeness of names than this is none.
const LEAST: usize = 2;

/// Compares the marks of every path that is a flow of the system.
pub(super) fn compare(comparing: &mut Comparing<'_>) {
    let register = comparing.register;
    // Without any mark the text does not say which steps are single points of failure.
    let marks_any = register.parts.flows.iter().flat_map(|flow| &flow.steps).any(|step| step.is_spof);
    for path in &register.parts.flows {
        match flow_of(comparing, path) {
            Some(flow) => {
                if marks_any {
                    of_path(comparing, path, flow);
                }
                of_fallback(comparing, path, flow);
            }
            None => comparing.not_compared(path.span, format!("the path '{}' is no flow of the system", path.title)),
        }
    }
}

/// The flow that a path tells of: by its title, then by the parts on its way.
fn flow_of<'i>(comparing: &Comparing<'i>, path: &PathFlow) -> Option<&'i FlowImpact> {
    let title = telling(&path.title);
    let on_way: BTreeSet<&ComponentId> =
        path.steps.iter().filter_map(|step| named(comparing, &step.text)).map(|component| &component.id).collect();
    let score = |id: &FlowId| {
        let flow = &comparing.system.flows[id];
        let by_name = shared(&telling(id.as_str()), &title) * 10;
        let by_way = flow.path.iter().chain(&flow.deferred).filter(|hop| on_way.contains(hop)).count();
        by_name + by_way
    };
    let scored: Vec<(usize, &FlowImpact)> =
        comparing.impact.flows.iter().map(|flow| (score(&flow.flow), flow)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best >= LEAST)?;
    let mut found = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, flow)| flow);
    found.next().filter(|_| found.next().is_none())
}

/// The one part that a step names best; what stands in brackets is looked at last.
fn named<'i>(comparing: &Comparing<'i>, text: &str) -> Option<&'i Component> {
    let before = text.split(['(', '[']).next().unwrap_or(text);
    best_named(comparing.system, before).or_else(|| best_named(comparing.system, text))
}

/// What the text says that users fall back to, against what the system says.
fn of_fallback(comparing: &mut Comparing<'_>, path: &PathFlow, flow: &FlowImpact) {
    let Some((text, span)) = &path.fallback else { return };
    let lower = text.to_lowercase();
    let is_unbuilt = lower.contains("implemented") && (lower.contains("but no") || lower.contains("not "));
    let is_none = lower.starts_with("none") || lower.starts_with("no ") || lower == "-" || is_unbuilt;
    let own = comparing.system.flows.get(&flow.flow).and_then(|flow| flow.fallback.as_deref());
    let message = match (is_none, own) {
        (true, Some(own)) => {
            format!("'{}' has no fallback by the text ('{text}'), and '{own}' by the system", path.title)
        }
        (false, None) => format!("'{}' falls back by the text ('{text}'), and to nothing by the system", path.title),
        _ => return,
    };
    let help = "write `fallback` of the flow, or take it out of the text";
    let entry: Vec<ComponentId> = comparing.system.flows[&flow.flow].path.first().cloned().into_iter().collect();
    comparing.difference("fallback-differs", *span, message, help, &entry);
}

fn of_path(comparing: &mut Comparing<'_>, path: &PathFlow, flow: &FlowImpact) {
    let steps: Vec<(&PathStep, Option<&Component>)> =
        path.steps.iter().map(|step| (step, named(comparing, &step.text))).collect();
    let marked: BTreeSet<&ComponentId> = steps
        .iter()
        .filter(|(step, _)| step.is_spof)
        .filter_map(|(_, component)| component.map(|component| &component.id))
        .collect();
    let single = |single: &Single| match single {
        Single::Component(id) => Some(id.clone()),
        Single::SharedFate(_) => None,
    };
    let computed: BTreeSet<ComponentId> =
        flow.spofs.iter().filter_map(single).chain(flow.never_runs.iter().cloned()).collect();
    let unmarked: Vec<&ComponentId> = computed.iter().filter(|id| !marked.contains(id)).collect();
    if !unmarked.is_empty() {
        let place = steps.iter().find(|(_, component)| component.is_some_and(|one| unmarked.contains(&&one.id)));
        let span = place.map_or(path.span, |(step, _)| step.span);
        let names: Vec<String> = unmarked.iter().map(|id| format!("`{id}`")).collect();
        let others = if marked.is_empty() {
            "and none of its steps is marked".to_owned()
        } else {
            let marked: Vec<&str> = marked.iter().map(|id| id.as_str()).collect();
            format!("and marked is only {}", marked.join(", "))
        };
        let message = format!("'{}' ({}) hangs on {} alone, {others}", path.title, flow.flow, names.join(", "));
        let help = "mark these steps as [SPOF], or give the parts a second replica or a fallback";
        comparing.difference(
            "spof-not-marked",
            span,
            message,
            help,
            &unmarked.into_iter().cloned().collect::<Vec<_>>(),
        );
    }
    for (step, component) in steps.iter().filter(|(step, _)| step.is_spof) {
        match component {
            Some(component) if !computed.contains(&component.id) => {
                let message = format!(
                    "'{}' is marked as a single point of failure of '{}', and by the system {} goes on without `{}`",
                    step.text, path.title, flow.flow, component.id
                );
                let help = "take the mark away, or say in the system that the need is hard";
                comparing.difference(
                    "spof-not-computed",
                    step.span,
                    message,
                    help,
                    std::slice::from_ref(&component.id),
                );
            }
            Some(_) => {}
            None => {
                comparing.not_compared(step.span, format!("the marked step '{}' names no component", step.text));
            }
        }
    }
}
