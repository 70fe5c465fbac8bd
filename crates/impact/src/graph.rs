//! The system as numbered components and links, with the flows that use each link.
//!
//! Numbers follow the order of names, so that nothing computed here depends on the order in which things were written.

use std::collections::{BTreeMap, BTreeSet};

use system::{ComponentId, ComponentKind, Edge, EdgeId, Flow, Leaves, Needs, System};

use crate::Counted;
use crate::effect::bounds_the_wait;

/// Flows that are computed together, one bit each.
pub(crate) const BATCH: usize = 64;

/// A declared edge, or a hop that somebody wrote on a path without declaring its edge.
pub(crate) struct Link<'s> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) needs: Needs,
    /// `None` for a hop without an edge; it counts as hard, on the path of its own flow only.
    pub(crate) edge: Option<&'s Edge>,
    pub(crate) counted: bool,
    /// Counted, and keeps old answers.
    pub(crate) caches: bool,
    /// Counted, and has a fallback.
    pub(crate) falls: bool,
    /// Counted, and stops waiting by itself.
    pub(crate) bounded: bool,
    /// A guardrail lets nothing of it through.
    pub(crate) stops: bool,
    /// Counted, and these stand in for the callee.
    pub(crate) instead: Vec<usize>,
}

/// The numbered system.
pub(crate) struct Graph<'s> {
    pub(crate) ids: Vec<&'s ComponentId>,
    pub(crate) is_client: Vec<bool>,
    pub(crate) links: Vec<Link<'s>>,
    /// Links by callee.
    pub(crate) callers: Vec<Vec<usize>>,
    /// Links by caller.
    pub(crate) needs: Vec<Vec<usize>>,
    /// What has no replica.
    pub(crate) never_runs: Vec<usize>,
    pub(crate) flows: Vec<FlowUse<'s>>,
    /// Links that are a hop of some flow.
    is_hop: Vec<bool>,
    has_stand_ins: bool,
}

impl Link<'_> {
    /// Something is missing while a fallback serves.
    pub(crate) fn loses(&self) -> bool {
        self.edge.is_some_and(|edge| edge.fallback.is_some() || !edge.loses.is_empty())
    }
}

/// What a flow uses.
pub(crate) struct FlowUse<'s> {
    pub(crate) flow: &'s Flow,
    /// Its place among all flows by name.
    pub(crate) number: usize,
    /// Where it begins.
    pub(crate) entry: usize,
    /// Its requests can be answered from a cache.
    pub(crate) reads: bool,
    /// Links on its path, and whether they are used after the answer only.
    hops: BTreeMap<usize, bool>,
    /// Components out of which its path goes further.
    goes_on: BTreeSet<usize>,
}

/// Masks of one batch of flows, by link.
pub(crate) struct Uses {
    /// The first flow of the batch.
    pub(crate) first: usize,
    /// Every flow of the batch.
    pub(crate) all: u64,
    /// Flows that can be answered from a cache.
    pub(crate) reads: u64,
    /// Flows that use the link.
    pub(crate) used: Vec<u64>,
    /// Flows that use it after the answer.
    pub(crate) late: Vec<u64>,
}

impl<'s> Graph<'s> {
    pub(crate) fn new(system: &'s System, counted: &Counted) -> Self {
        let ids: Vec<&ComponentId> = system.components.keys().collect();
        let number: BTreeMap<&ComponentId, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let mut links: Vec<Link<'s>> = system.edges.iter().filter_map(|edge| link(edge, &number, counted)).collect();
        links.sort_by_key(|link| link.edge.map(|edge| &edge.id));
        let mut hops = Hops::new(links);
        let flows: Vec<FlowUse<'s>> =
            system.flows.values().enumerate().filter_map(|(at, flow)| hops.of((at, flow), &number)).collect();
        let links = hops.links;
        let mut is_hop = vec![false; links.len()];
        for link in flows.iter().flat_map(|flow| flow.hops.keys()) {
            is_hop[*link] = true;
        }
        let mut callers = vec![Vec::new(); ids.len()];
        let mut needs = vec![Vec::new(); ids.len()];
        for (at, link) in links.iter().enumerate() {
            callers[link.to].push(at);
            needs[link.from].push(at);
        }
        let is_client: Vec<bool> =
            system.components.values().map(|component| component.kind == ComponentKind::Client).collect();
        let never_runs =
            ids.iter().enumerate().filter(|(at, id)| !is_client[*at] && system.components[**id].replicas == 0);
        let never_runs: Vec<usize> = never_runs.map(|(at, _)| at).collect();
        let has_stand_ins = links.iter().any(|link| !link.instead.is_empty());
        Self { ids, is_client, links, callers, needs, never_runs, flows, is_hop, has_stand_ins }
    }

    /// Guardrails on edges work, whatever else counts.
    pub(crate) fn guarded(mut self, on_edges: &[(EdgeId, Leaves)]) -> Self {
        for link in &mut self.links {
            let Some(edge) = link.edge else { continue };
            for (_, leaves) in on_edges.iter().filter(|(id, _)| *id == edge.id) {
                link.bounded = true;
                link.stops |= *leaves == Leaves::Nothing;
                link.falls |= *leaves == Leaves::Degraded;
                link.caches |= *leaves == Leaves::Stale;
            }
        }
        self
    }

    /// Whether some component stands in for another on an edge that counts.
    pub(crate) fn has_stand_ins(&self) -> bool {
        self.has_stand_ins
    }

    /// The flows of one batch; the first has the lowest bit.
    pub(crate) fn flows_of(&self, uses: &Uses) -> &[FlowUse<'s>] {
        &self.flows[uses.first..self.flows.len().min(uses.first + BATCH)]
    }

    /// The masks of every batch of flows.
    pub(crate) fn batches(&self) -> Vec<Uses> {
        (0..self.flows.len()).step_by(BATCH).map(|first| self.batch(first)).collect()
    }

    fn batch(&self, first: usize) -> Uses {
        let flows = &self.flows[first..self.flows.len().min(first + BATCH)];
        let mask = |holds: &dyn Fn(&FlowUse<'_>) -> bool| {
            flows.iter().enumerate().filter(|(_, flow)| holds(flow)).fold(0_u64, |mask, (bit, _)| mask | 1 << bit)
        };
        let all = mask(&|_| true);
        // Only hops tell flows apart.
        let used = |(at, link): (usize, &Link<'_>)| match (self.is_hop[at], link.edge.is_some()) {
            (false, true) => all,
            (false, false) => 0,
            (true, _) => mask(&|flow| self.is_used(at, link, flow)),
        };
        let late = |(at, link): (usize, &Link<'_>)| match (self.is_hop[at], link.needs == Needs::Async) {
            (_, true) => all,
            (false, false) => 0,
            (true, false) => mask(&|flow| is_late(at, link, flow)),
        };
        Uses {
            first,
            all,
            reads: mask(&|flow| flow.reads),
            used: self.links.iter().enumerate().map(used).collect(),
            late: self.links.iter().enumerate().map(late).collect(),
        }
    }

    fn is_used(&self, at: usize, link: &Link<'_>, flow: &FlowUse<'_>) -> bool {
        flow.hops.contains_key(&at) || (link.edge.is_some() && (!self.is_hop[at] || !flow.goes_on.contains(&link.from)))
    }
}

fn is_late(at: usize, link: &Link<'_>, flow: &FlowUse<'_>) -> bool {
    link.needs == Needs::Async || flow.hops.get(&at).is_some_and(|late| *late)
}

fn link<'s>(edge: &'s Edge, number: &BTreeMap<&ComponentId, usize>, counted: &Counted) -> Option<Link<'s>> {
    let counts = counted.counts(&edge.id);
    Some(Link {
        from: *number.get(&edge.id.from)?,
        to: *number.get(&edge.id.to)?,
        needs: edge.needs,
        edge: Some(edge),
        counted: counts,
        caches: counts && edge.guard.as_ref().is_some_and(|guard| guard.cache.is_some()),
        // What stands in falls back by itself.
        falls: counts && edge.has_fallback(),
        bounded: counts && bounds_the_wait(edge),
        stops: false,
        instead: edge.instead.iter().filter(|_| counts).filter_map(|id| number.get(id).copied()).collect(),
    })
}

/// Finds the links behind the hops of a path, and makes those that nobody declared.
struct Hops<'s> {
    links: Vec<Link<'s>>,
    by_pair: BTreeMap<(usize, usize), Vec<usize>>,
    made: BTreeMap<(usize, usize), usize>,
}

impl<'s> Hops<'s> {
    fn new(links: Vec<Link<'s>>) -> Self {
        let mut by_pair: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, link) in links.iter().enumerate() {
            by_pair.entry((link.from, link.to)).or_default().push(at);
        }
        Self { links, by_pair, made: BTreeMap::new() }
    }

    fn of(&mut self, (at, flow): (usize, &'s Flow), number: &BTreeMap<&ComponentId, usize>) -> Option<FlowUse<'s>> {
        let numbers = |ids: &[ComponentId]| ids.iter().filter_map(|id| number.get(id).copied()).collect::<Vec<_>>();
        let path = numbers(&flow.path);
        let deferred = numbers(&flow.deferred);
        let reads = flow.load.as_ref().is_some_and(|load| matches!(load.method.as_str(), "GET" | "HEAD"));
        let mut used =
            FlowUse { flow, number: at, entry: *path.first()?, reads, hops: BTreeMap::new(), goes_on: BTreeSet::new() };
        for (at, to) in path.iter().enumerate().skip(1) {
            let found = path[..at].iter().rev().find_map(|from| self.by_pair.get(&(*from, *to)));
            let hops = found.cloned().unwrap_or_else(|| vec![self.make(path[at - 1], *to)]);
            self.add(&mut used, &hops, false);
        }
        for to in &deferred {
            self.defer(&mut used, (&path, &deferred), *to);
        }
        Some(used)
    }

    /// Used after the answer when the path needs it; as its edge says when only other deferred work needs it.
    fn defer(&mut self, used: &mut FlowUse<'s>, (path, deferred): (&[usize], &[usize]), to: usize) {
        let from_path: Vec<usize> =
            path.iter().filter_map(|from| self.by_pair.get(&(*from, to))).flatten().copied().collect();
        let from_deferred =
            || deferred.iter().filter_map(|from| self.by_pair.get(&(*from, to))).flatten().copied().collect();
        let (hops, late) = if from_path.is_empty() { (from_deferred(), false) } else { (from_path, true) };
        if hops.is_empty() {
            let made = self.make(path[path.len() - 1], to);
            self.add(used, &[made], true);
            return;
        }
        self.add(used, &hops, late);
    }

    fn add(&self, used: &mut FlowUse<'s>, hops: &[usize], late: bool) {
        for hop in hops {
            used.hops.entry(*hop).and_modify(|both| *both &= late).or_insert(late);
            used.goes_on.insert(self.links[*hop].from);
        }
    }

    fn make(&mut self, from: usize, to: usize) -> usize {
        let next = self.links.len();
        let at = *self.made.entry((from, to)).or_insert(next);
        if at == next {
            let (edge, counted, caches, falls, bounded, stops) = (None, false, false, false, false, false);
            let (needs, instead) = (Needs::Hard, Vec::new());
            self.links.push(Link { from, to, needs, edge, counted, caches, falls, bounded, stops, instead });
        }
        at
    }
}
