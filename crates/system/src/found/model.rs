//! What was found as a system: enough to compute what depends on what, with everything guessed told.

use std::collections::BTreeSet;

use text::Span;

use super::{Found, FoundComponent};
use crate::{Component, ComponentId, ComponentKind, Edge, EdgeId, Flow, FlowId, Slo, System};

/// Where flows begin when files do not say who the users are.
pub const USERS: &str = "users";

impl Found {
    /// The system as far as it was found. Flows begin at what users reach; without any, at what nobody calls.
    pub fn system(&self, name: &str) -> System {
        let mut system = System { name: name.to_owned(), ..System::default() };
        for found in &self.components {
            let Some(id) = ComponentId::try_new(&found.name) else { continue };
            let (kind, replicas) = (found.kind, found.replicas.unwrap_or(1));
            let quorum = found.quorum.as_ref().map_or(1, |quorum| quorum.needed.clamp(1, replicas.max(1)));
            let component = Component { kind, replicas, quorum, ..Component::new(id.clone(), Span::default()) };
            system.components.insert(id, component);
        }
        for found in &self.edges {
            let ends = (ComponentId::try_new(&found.caller), ComponentId::try_new(&found.callee));
            let (Some(from), Some(to)) = ends else { continue };
            if system.components.contains_key(&from) && system.components.contains_key(&to) {
                system.edges.push(Edge::new(EdgeId { from, to, name: None }, found.needs, Span::default()));
            }
        }
        self.put_flows(&mut system);
        system
    }

    fn put_flows(&self, system: &mut System) {
        let users = free_name(system);
        let entries = self.entries();
        for entry in &entries {
            let (Some(id), Some(flow)) = (ComponentId::try_new(&entry.name), flow_name(entry)) else {
                continue;
            };
            let path = if entry.kind == ComponentKind::Worker {
                // A worker has no users: its work is a flow of its own, as far as it needs anything.
                let callee = system.edges.iter().find(|edge| edge.id.from == id).map(|edge| edge.id.to.clone());
                match callee {
                    Some(callee) => vec![id, callee],
                    None => continue,
                }
            } else {
                let from_users = EdgeId { from: users.clone(), to: id.clone(), name: None };
                system.edges.push(Edge::new(from_users, crate::Needs::Hard, Span::default()));
                vec![users.clone(), id]
            };
            system.components.entry(users.clone()).or_insert_with(|| Component {
                kind: ComponentKind::Client,
                ..Component::new(users.clone(), Span::default())
            });
            let (deferred, slo, span) = (Vec::new(), Slo::default(), Span::default());
            system.flows.insert(
                flow.clone(),
                Flow { id: flow, path, deferred, weight: None, users: None, load: None, slo, fallback: None, span },
            );
        }
    }

    /// What users reach, and workers; of what is published, only what nothing else that is published calls, when there is such.
    pub fn entries(&self) -> Vec<&FoundComponent> {
        let called: BTreeSet<&str> = self.edges.iter().map(|edge| edge.callee.as_str()).collect();
        let calls: BTreeSet<&str> = self.edges.iter().map(|edge| edge.caller.as_str()).collect();
        let is_service = |component: &&FoundComponent| {
            component.kind == ComponentKind::Service && !super::is_telemetry(&component.name, &component.from)
        };
        let published: Vec<&FoundComponent> =
            self.components.iter().filter(|component| component.entry.is_some()).filter(is_service).collect();
        let by_published = |component: &FoundComponent| {
            let mut callers = self.edges.iter().filter(|edge| edge.callee == component.name);
            callers.any(|edge| published.iter().any(|published| published.name == edge.caller))
        };
        let first: Vec<&FoundComponent> =
            published.iter().copied().filter(|component| !by_published(component)).collect();
        let uncalled = || {
            let services = self.components.iter().filter(is_service);
            services.filter(|component| {
                !called.contains(component.name.as_str()) && calls.contains(component.name.as_str())
            })
        };
        let mut entries = match (first.is_empty(), published.is_empty()) {
            (false, _) => first,
            (true, false) => published,
            (true, true) => uncalled().collect(),
        };
        let workers = self.components.iter().filter(|component| component.kind == ComponentKind::Worker);
        entries.extend(
            workers.filter(|worker| !called.contains(worker.name.as_str()) && calls.contains(worker.name.as_str())),
        );
        entries
    }
}

/// What users do there, or what a worker does; two names of 64 bytes may be too long for one, then it is the entry's alone.
fn flow_name(entry: &FoundComponent) -> Option<FlowId> {
    let of = if entry.kind == ComponentKind::Worker { "work of" } else { "users of" };
    FlowId::try_new(&format!("{of} {}", entry.name)).or_else(|| FlowId::try_new(&entry.name))
}

/// `users`, unless something is called that.
fn free_name(system: &System) -> ComponentId {
    let taken = |name: &ComponentId| system.components.contains_key(name);
    let names = std::iter::once(USERS.to_owned()).chain((2..).map(|number| format!("{USERS}-{number}")));
    names.filter_map(|name| ComponentId::try_new(&name)).find(|name| !taken(name)).expect("some number is free")
}
