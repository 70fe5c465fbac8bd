//! Critical paths: which steps carry a mark as a single point of failure, and which should.

use std::collections::BTreeSet;

use register::parts::{PathFlow, PathStep};
use system::{Component, ComponentId, FlowId};

use super::parts::only;
use super::tokens::{beginnings, raw, shared};
use super::{Comparing, listed};
use crate::{FlowImpact, Single};

/// A path that shares less than this with a flow is another one.
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
                of_steps(comparing, path, flow);
            }
            None => comparing.not_compared(path.span, format!("the path '{}' is no flow of the system", path.title)),
        }
    }
}

/// The flow that a path tells of: by its whole name as the title or in brackets there, else by words of the title and by the
/// parts on its way.
fn flow_of<'i>(comparing: &Comparing<'i>, path: &PathFlow) -> Option<&'i FlowImpact> {
    let in_title: Vec<Vec<String>> = path.title.split(['(', ')', '[', ']', '`', ':']).map(raw).collect();
    let exact = comparing.impact.flows.iter().filter(|flow| in_title.contains(&raw(flow.flow.as_str())));
    if let Some(flow) = only(&exact.collect::<Vec<_>>()) {
        return Some(flow);
    }
    let title = beginnings(&path.title);
    let on_way: BTreeSet<&ComponentId> =
        path.steps.iter().filter_map(|step| named(comparing, &step.text)).map(|component| &component.id).collect();
    let score = |id: &FlowId| {
        let flow = &comparing.system.flows[id];
        let by_name = shared(&beginnings(id.as_str()), &title) * 10;
        let by_way = flow.path.iter().chain(&flow.deferred).filter(|hop| on_way.contains(hop)).count();
        by_name + by_way
    };
    let scored: Vec<(usize, &FlowImpact)> =
        comparing.impact.flows.iter().map(|flow| (score(&flow.flow), flow)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best >= LEAST)?;
    let mut found = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, flow)| flow);
    found.next().filter(|_| found.next().is_none())
}

/// The one part that a step names; what stands in brackets is looked at last.
fn named<'i>(comparing: &Comparing<'i>, text: &str) -> Option<&'i Component> {
    let before = text.split(['(', '[']).next().unwrap_or(text);
    only(&comparing.parts.told_of(before)).or_else(|| only(&comparing.parts.told_of(text)))
}

/// What single steps are said to fall back to, against what stands on the edges to these parts.
fn of_steps(comparing: &mut Comparing<'_>, path: &PathFlow, flow: &FlowImpact) {
    for step in &path.steps {
        let (Some(text), Some(component)) = (&step.fallback, named(comparing, &step.text)) else { continue };
        let on_path = &comparing.system.flows[&flow.flow].path;
        let mut edges =
            comparing.system.edges.iter().filter(|edge| edge.id.to == component.id && on_path.contains(&edge.id.from));
        let own = edges.find(|edge| edge.has_fallback());
        let message = match (says_none(text), own) {
            (true, Some(edge)) => {
                format!("'{}' has no fallback by the text, and `{}` has one by the system", step.text, edge.id)
            }
            (false, None) => format!("'{}' falls back by the text, and to nothing by the system", step.text),
            _ => continue,
        };
        let help = "write `fallback` or `instead` of the edge, or take it out of the text";
        comparing.difference("fallback-differs", step.span, message, help, std::slice::from_ref(&component.id));
    }
}

/// Whether a text says that there is no fallback, or none yet.
fn says_none(text: &str) -> bool {
    let words = raw(text);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_unbuilt = has(&["implemented", "built"]) && has(&["no", "not"]);
    is_unbuilt
        || has(&["none", "na", "kein", "keine", "keiner", "keines", "aucun", "aucune"])
        || words.first().is_some_and(|word| word == "no")
        || matches!(text.trim(), "-" | "–" | "—" | "n/a" | "N/A")
}

/// What the text says that users fall back to, against what the system says.
fn of_fallback(comparing: &mut Comparing<'_>, path: &PathFlow, flow: &FlowImpact) {
    let Some((text, span)) = &path.fallback else { return };
    let is_none = says_none(text);
    // What stands in on an edge of the path is a fallback of the path as well.
    let path_of = &comparing.system.flows[&flow.flow].path;
    let on_path =
        comparing.system.edges.iter().filter(|edge| path_of.contains(&edge.id.from) && path_of.contains(&edge.id.to));
    if !is_none && on_path.into_iter().any(|edge| edge.has_fallback()) {
        return;
    }
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
        let others = match marked.len() {
            0 => "none of its steps is marked".to_owned(),
            _ => format!("marked: {}", listed(&marked.iter().copied().collect::<Vec<_>>())),
        };
        let each = if unmarked.len() == 1 { "with" } else { "with each of" };
        let message = format!(
            "'{}' ({}) goes down {each} {} alone, which no step marks; {others}",
            path.title,
            flow.flow,
            listed(&unmarked)
        );
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
                superfluous(comparing, (path, flow), step, component);
            }
            Some(_) => {}
            None => {
                comparing.not_compared(step.span, format!("the marked step '{}' names no component", step.text));
            }
        }
    }
}

/// A mark on a part without which the flow goes on.
fn superfluous(
    comparing: &mut Comparing<'_>,
    (path, flow): (&PathFlow, &FlowImpact),
    step: &PathStep,
    part: &Component,
) {
    let (goes_on, help) = if part.replicas > part.quorum {
        (
            format!("with {} of the {} replicas of `{}` gone", part.replicas - part.quorum, part.replicas, part.id),
            "take the mark away, or write the `quorum` that it needs",
        )
    } else {
        (format!("without `{}`", part.id), "take the mark away, or say in the system that the need is hard")
    };
    let message = format!(
        "'{}' is marked as a single point of failure of '{}', and by the system {} goes on {goes_on}",
        step.text, path.title, flow.flow
    );
    comparing.difference("spof-not-computed", step.span, message, help, std::slice::from_ref(&part.id));
}
