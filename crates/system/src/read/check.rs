//! What can only be said when all parts are known: does each name lead somewhere, does each guard stand in traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::guard::default_protocol;
use super::walk::Walk;
use crate::{Component, ComponentId, ComponentKind, Edge, EdgeId, Flow, Part, System, Template};

/// Compares the parts of a system with each other.
pub(super) fn check(walk: &mut Walk<'_, '_>, system: &System) {
    let edges: BTreeMap<&EdgeId, &Edge> = system.edges.iter().map(|edge| (&edge.id, edge)).collect();
    for component in system.components.values() {
        check_edge_holes(walk, component, &edges);
    }
    let reachable = reachable(system);
    let carries = |edge: &&Edge| default_protocol(system.components[&edge.id.to].kind).is_some();
    for edge in system.edges.iter().filter(carries) {
        check_idle_guard(walk, edge, system);
        check_upstream(walk, edge, &reachable);
    }
    check_listeners(walk, system);
    for flow in system.flows.values() {
        check_load(walk, flow, system, &reachable);
    }
}

/// `${edge:a->b}` must name a declared edge, and one that begins at the component that is told.
fn check_edge_holes(walk: &mut Walk<'_, '_>, component: &Component, edges: &BTreeMap<&EdgeId, &Edge>) {
    for template in told(component) {
        for edge in edge_holes(template) {
            if !edges.contains_key(edge) {
                let message = format!("edge `{edge}`, used in component `{}`, is not declared", component.id);
                let names: Vec<String> = edges.keys().map(ToString::to_string).collect();
                let near = walk.nearest(&edge.to_string(), names.iter().map(String::as_str));
                let help = near.map_or("declare it under `edges`".to_owned(), |near| format!("did you mean `{near}`?"));
                walk.error("undeclared", template.span, message, &help);
            } else if edge.from != component.id {
                let message =
                    format!("component `{}` is told the address of edge `{edge}`, which is not its own", component.id);
                let help =
                    format!("declare `{}->{}` and use that one, so that its traffic is its own", component.id, edge.to);
                walk.warning("foreign-edge", template.span, message, &help);
            }
        }
    }
}

/// The texts that a started process gets to see.
fn told(component: &Component) -> impl Iterator<Item = &Template> {
    component.start.iter().chain(component.env.values())
}

fn edge_holes(template: &Template) -> impl Iterator<Item = &EdgeId> {
    template.parts.iter().filter_map(|part| match part {
        Part::Edge(edge) => Some(edge),
        Part::Text(_) | Part::Port | Part::Env { .. } | Part::Scratch | Part::Replica => None,
    })
}

/// A guard that its caller was never told of protects nothing. Callers that somebody else runs are believed when the
/// guard's address is fixed, since they can have been told it.
fn check_idle_guard(walk: &mut Walk<'_, '_>, edge: &Edge, system: &System) {
    let Some(policy) = &edge.guard else { return };
    let caller = &system.components[&edge.id.from];
    if caller.kind == ComponentKind::Client {
        return;
    }
    let named = told(caller).any(|template| edge_holes(template).any(|hole| *hole == edge.id));
    let fixed = policy.listen.filter(|address| address.port() > 0).map(|address| address.to_string());
    let written =
        fixed.as_ref().is_some_and(|fixed| told(caller).any(|template| template.text.contains(fixed.as_str())));
    let elsewhere = fixed.is_some() && caller.start.is_none();
    if !(named || written || elsewhere) {
        let message = format!(
            "nothing sends traffic through the guard of `{}`: `{}` is never told its address",
            edge.id, caller.id
        );
        let help = format!("pass `${{edge:{}}}` in `start` or `env` of `{}`", edge.id, caller.id);
        walk.warning("idle-guard", edge.span, message, &help);
    }
}

/// Components that have an address here or in some environment.
fn reachable(system: &System) -> BTreeSet<&ComponentId> {
    let here = system.components.values().filter(|component| component.start.is_some() || component.at.is_some());
    let elsewhere = system.environments.values().flat_map(|environment| environment.at.keys());
    here.map(|component| &component.id).chain(elsewhere).collect()
}

fn check_upstream(walk: &mut Walk<'_, '_>, edge: &Edge, reachable: &BTreeSet<&ComponentId>) {
    if edge.guard.is_some() && !reachable.contains(&edge.id.to) {
        let message =
            format!("the guard of `{}` has nowhere to send requests: `{}` has no address", edge.id, edge.id.to);
        walk.warning("guard-upstream", edge.span, message, "give the callee `start` or `at`");
    }
}

/// No two guards listen at one address, and none at the address of a component.
fn check_listeners(walk: &mut Walk<'_, '_>, system: &System) {
    let mut taken: BTreeMap<SocketAddr, String> = BTreeMap::new();
    for component in system.components.values() {
        let address = component.at.as_ref().and_then(|at| at.text.parse().ok());
        taken.extend(address.map(|address| (address, format!("component `{}`", component.id))));
    }
    for edge in &system.edges {
        let listen = edge.guard.as_ref().and_then(|policy| policy.listen).filter(|address| address.port() > 0);
        let Some(listen) = listen else { continue };
        if let Some(other) = taken.insert(listen, format!("the guard of `{}`", edge.id)) {
            let message = format!("the guard of `{}` would listen at {listen}, the address of {other}", edge.id);
            walk.error("listen", edge.span, message, "give it an address of its own, or none for any free port");
        }
    }
}

/// A load is HTTP, sent to the second component of the path.
fn check_load(walk: &mut Walk<'_, '_>, flow: &Flow, system: &System, reachable: &BTreeSet<&ComponentId>) {
    let (Some(_), Some(first)) = (&flow.load, flow.path.get(1)) else { return };
    let kind = system.components[first].kind;
    let http =
        matches!(kind, ComponentKind::Service | ComponentKind::External | ComponentKind::Worker | ComponentKind::Tcp);
    if !http {
        let message = format!("the load of flow `{}` is HTTP, and `{first}` is of kind `{}`", flow.id, kind.word());
        walk.error("load-kind", flow.span, message, "the second component of the path must answer HTTP");
    } else if !reachable.contains(first) {
        let message = format!("the load of flow `{}` has nobody to ask: `{first}` has no address", flow.id);
        walk.warning("load-upstream", flow.span, message, "give it `start` or `at`");
    }
}
