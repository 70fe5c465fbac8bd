//! `k8s.select`: what a selector selects, of the pods as whoever makes them labels them.
//!
//! A budget, policy, service or monitor whose selector selects nothing is there and does nothing; that is what this look tells
//! apart. Pods made by operators count by what is known of these operators; where that does not suffice, nothing was seen.

use std::path::Path;

use cluster::{Selecting, made, selecting};
use evidence::{Grade, Value};
use text::Fields;

use super::tree::{Place, Tree, looking};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;

/// Kinds whose selectors are understood.
pub const SELECTING_KINDS: [&str; 7] = [
    "PodDisruptionBudget",
    "NetworkPolicy",
    "Service",
    "ServiceMonitor",
    "PodMonitor",
    "VMServiceScrape",
    "VMPodScrape",
];

/// What some objects select.
#[derive(Clone, Debug)]
pub(crate) struct K8sSelect {
    from: Place,
    kind: &'static str,
    name: Option<String>,
    namespace: Option<String>,
}

impl K8sSelect {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = Place::read(fields);
        let kind = fields.one_of("kind", &SELECTING_KINDS).map(|index| SELECTING_KINDS[index]);
        if kind.is_none() && !fields.all().iter().any(|entry| entry.key == "kind") {
            let message = format!("`kind` is missing: one of {}", SELECTING_KINDS.join(", "));
            fields.problem("missing-key", fields.span(), message);
        }
        let name = fields.text("name").map(str::to_owned);
        let namespace = fields.text("namespace").map(str::to_owned);
        Some(Self { from: from?, kind: kind?, name, namespace })
    }

    fn is_meant(&self, one: &Selecting) -> bool {
        let (namespace, rest) = one.title.split_once('/').unwrap_or(("", &one.title));
        let name = rest.split('[').next().unwrap_or(rest);
        self.namespace.as_deref().is_none_or(|wanted| wanted == namespace)
            && self.name.as_deref().is_none_or(|wanted| wanted == name)
    }
}

impl Look for K8sSelect {
    fn subject(&self) -> String {
        let name = self.name.as_deref().unwrap_or("*");
        let namespace = self.namespace.as_deref().unwrap_or("*");
        format!("{}: {} {namespace}/{name}", self.from, self.kind)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Reads and resolves, in a thread of its own.
async fn look(probe: &K8sSelect, world: &World) -> Sight {
    let owned = probe.clone();
    looking(&probe.from, world, move |tree: &Tree, _: &Path| resolved(&owned, tree)).await
}

fn resolved(probe: &K8sSelect, tree: &Tree) -> Sight {
    let mut sight = Sight::new(&probe.from);
    sight.trouble = tree.unreadable();
    if sight.trouble.is_some() {
        return sight;
    }
    let (pods, unknown) = made(&tree.cluster);
    let all = selecting(&tree.cluster, Some(probe.kind), &pods, &unknown);
    let meant: Vec<&Selecting> = all.iter().filter(|one| probe.is_meant(one)).collect();
    let is_unclear = |one: &&&Selecting| !one.selects() && one.void.is_none() && one.refused.is_none();
    let unclear: Vec<String> = meant
        .iter()
        .filter(is_unclear)
        .filter_map(|one| one.may_select.as_ref().map(|why| format!("{} at {}: {why}", one.title, one.place)))
        .collect();
    if !unclear.is_empty() {
        sight.trouble = Some(unclear.join("; "));
        return sight;
    }
    // What comes from elsewhere may hold what is meant, or what it selects.
    if (meant.is_empty() || meant.iter().any(|one| !one.selects())) && !tree.elsewhere.is_empty() {
        sight.trouble = Some(tree.elsewhere.join("; "));
        return sight;
    }
    if meant.is_empty() {
        sight.trouble = tree.homeless(probe.kind, probe.name.as_deref(), probe.namespace.as_deref());
        if sight.trouble.is_some() {
            return sight;
        }
    }
    let selected: Vec<&String> = meant.iter().flat_map(|one| &one.workloads).collect();
    let workloads = tree.cluster.workloads.iter().filter(|workload| selected.contains(&&workload.title()));
    let places = meant.iter().map(|one| one.place.clone()).chain(workloads.map(|workload| workload.place.clone()));
    sight.trouble = tree.doubt(places);
    let texts = |all: Vec<String>| Value::List(all.into_iter().map(Value::Text).collect());
    let count = |one: &&Selecting| if one.selects() { one.workloads.len() + one.made.len() } else { 0 };
    sight.integer("objects", meant.len());
    sight.integer("selects", meant.iter().map(count).min().unwrap_or(0));
    let nothing = meant.iter().filter(|one| !one.selects()).map(|one| {
        let why = one.refused.as_ref().or(one.void.as_ref()).map_or("selects nothing", String::as_str);
        format!("{} at {}: {why}", one.title, one.place)
    });
    sight.put("void", texts(nothing.collect()));
    let mut selected: Vec<String> =
        meant.iter().filter(|one| one.selects()).flat_map(|one| &one.workloads).cloned().collect();
    selected.extend(meant.iter().flat_map(|one| &one.made).map(|(title, _)| title.clone()));
    selected.sort();
    selected.dedup();
    sight.put("selected", texts(selected));
    let mut known: Vec<String> = meant.iter().flat_map(|one| &one.made).map(|(_, from)| from.clone()).collect();
    known.sort();
    known.dedup();
    sight.put("known_from", texts(known));
    // The directory was searched, so what is not there is absent.
    let is_empty = tree.cluster.workloads.is_empty() && tree.cluster.others.is_empty();
    sight.subjects = if is_empty { 0 } else { meant.len().max(1) as u64 };
    sight.grade =
        (!is_empty && sight.trouble.is_none()).then_some(if meant.is_empty() { Grade::Absent } else { Grade::Wired });
    sight
}
