//! `off:`: what is switched off so that the same fault must now be felt.
//!
//! A drill that is green with the guardrail and also green without it has shown nothing. So every drill wants an off
//! control; one that has none must say so.

use std::collections::BTreeMap;

use system::{Edge, EdgeId, System};
use text::{Fields, Node};

use super::with::With;
use super::{FaultPlan, FlowPlan, Off};

/// Reads `off:`. When not written: the guard on the faulted edge, or on an edge to the faulted component; else on the
/// first guarded edge of the flow's path.
pub(super) fn read(with: &mut With<'_, '_>, faulted: Option<&FaultPlan>, flow: Option<&FlowPlan>) -> Option<Off> {
    let Some(node) = with.fields.get("off") else {
        let first = default_edge(with.system, faulted, flow);
        let why = "no guardrail that could be switched off is named, and no edge of the flow has a guard";
        return Some(first.map_or_else(|| Off::None(why.to_owned()), Off::Bypass));
    };
    if node.as_text() == Some("none") {
        return Some(Off::None("`off: none` is written".to_owned()));
    }
    let (system, source) = (with.system, with.source);
    let mut fields = Fields::of(node, "`off`", source, with.fields.problems())?;
    let bypass = fields.one_of("guard", &["bypass"]);
    let has_guard = fields.get("guard").is_some();
    let edge = fields.get("edge");
    let component = fields.get("component");
    let env = fields.get("env");
    fields.finish();
    match (has_guard, component) {
        (true, None) if env.is_none() => bypass.and_then(|_| bypassed(with, edge, faulted, flow, system, node)),
        (false, Some(component)) if edge.is_none() => restarted(with, component, env, node),
        (true | false, Some(_) | None) => {
            let message = "`off` must be `none`, or have either `guard` (and `edge`) or `component` and `env`";
            let help = "`off: {guard: bypass}` or `off: {component: api, env: {RETRY: \"off\"}}`";
            with.wrong("wrong-shape", node.span, message.to_owned(), help);
            None
        }
    }
}

fn bypassed<'a>(
    with: &mut With<'a, '_>,
    edge: Option<&'a Node>,
    faulted: Option<&FaultPlan>,
    flow: Option<&FlowPlan>,
    system: &System,
    off: &Node,
) -> Option<Off> {
    let help = "write `guard:` at an edge of the flow, or switch off a mitigation of a component";
    let Some(node) = edge else {
        let first = default_edge(system, faulted, flow);
        if first.is_none() && flow.is_some() {
            with.wrong("no-guard", off.span, "no edge of the flow has a guard to bypass".to_owned(), help);
        }
        return first.map(Off::Bypass);
    };
    let edge = with.edge_named(node)?;
    if edge.guard.is_none() {
        with.wrong("no-guard", node.span, format!("{} has no guard to bypass", edge.id), help);
        return None;
    }
    Some(Off::Bypass(edge.id.clone()))
}

fn restarted<'a>(with: &mut With<'a, '_>, component: &'a Node, env: Option<&'a Node>, off: &Node) -> Option<Off> {
    let found = with.component_named(component)?;
    if found.start.is_none() {
        let message = format!("{} has no `start:`, so it cannot be restarted with other settings", found.id);
        with.wrong("not-ours", component.span, message, "name a component that seaworthy starts");
    }
    let entries = env.and_then(Node::as_map).unwrap_or(&[]);
    if entries.is_empty() {
        let message = "`off` with a component needs `env` with at least one setting".to_owned();
        with.wrong("missing-key", env.map_or(off.span, |env| env.span), message, "such as `env: {RETRY: \"off\"}`");
        return None;
    }
    let mut settings = BTreeMap::new();
    for entry in entries {
        match entry.value.as_text() {
            Some(value) => {
                settings.insert(entry.key.clone(), value.to_owned());
            }
            None => {
                let message = format!("`{}` must be text, found {}", entry.key, entry.value.shape());
                with.wrong("wrong-value", entry.key_span, message, "quote it, such as `\"off\"`");
            }
        }
    }
    Some(Off::Restarted { component: found.id.clone(), env: settings })
}

fn default_edge(system: &System, faulted: Option<&FaultPlan>, flow: Option<&FlowPlan>) -> Option<EdgeId> {
    let hits = |edge: &Edge| match faulted {
        Some(FaultPlan::Edge { edge: faulted, .. }) => edge.id == *faulted,
        Some(FaultPlan::Kill { component, .. } | FaultPlan::Pause { component }) => edge.id.to == *component,
        None => false,
    };
    let flow = system.flows.get(&flow?.id)?;
    let uses = |edge: &Edge| flow.path.iter().chain(&flow.deferred).any(|id| *id == edge.id.from);
    let guarded = || system.edges.iter().filter(|edge| edge.guard.is_some() && uses(edge));
    let on_path = |edge: &&Edge| flow.path.windows(2).any(|pair| edge.id.from == pair[0] && edge.id.to == pair[1]);
    let chosen = guarded().find(|edge| hits(edge)).or_else(|| guarded().find(on_path));
    chosen.map(|edge| edge.id.clone())
}
