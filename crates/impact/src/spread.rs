//! One failure, spread over all links to its least fixed point, for a whole batch of flows at once.
//!
//! Each component holds one mask of flows per outcome. What spreads over a link depends on one outcome and one mask
//! at a time, and masks only grow, so the order of work does not change the result, and cycles end.

use std::collections::VecDeque;

use system::Needs;

use crate::Outcome;
use crate::graph::{Graph, Uses};
use crate::outcome::SPREADING;

/// No link led here: the failure began here.
const BEGINNING: usize = usize::MAX;

/// How some flows came to feel an outcome at a component.
#[derive(Clone, Copy)]
struct Cause {
    flows: u64,
    /// The link it came over, or [`BEGINNING`].
    link: usize,
    /// What the callee suffered.
    from: Outcome,
    /// How many causes were there before it.
    time: usize,
}

/// Reusable state of one computation.
pub(crate) struct Spread<'g, 's> {
    graph: &'g Graph<'s>,
    masks: Vec<[u64; SPREADING]>,
    causes: Vec<[Vec<Cause>; SPREADING]>,
    touched: Vec<usize>,
    queue: VecDeque<(usize, Outcome, u64)>,
    time: usize,
}

/// One step of a chain: which component, what it suffers, and the link it came over.
pub(crate) struct Link {
    pub(crate) component: usize,
    pub(crate) suffers: Outcome,
    pub(crate) over: Option<usize>,
}

impl<'g, 's> Spread<'g, 's> {
    pub(crate) fn new(graph: &'g Graph<'s>) -> Self {
        let count = graph.ids.len();
        let causes = std::iter::repeat_with(Default::default).take(count).collect();
        Self { graph, masks: vec![[0; SPREADING]; count], causes, touched: Vec::new(), queue: VecDeque::new(), time: 0 }
    }

    /// Forgets the last failure and spreads a new one that begins at these components.
    pub(crate) fn fail(&mut self, begin: &[usize], with: Outcome, uses: &Uses) {
        for component in std::mem::take(&mut self.touched) {
            self.masks[component] = [0; SPREADING];
            self.causes[component].iter_mut().for_each(Vec::clear);
        }
        self.time = 0;
        for component in begin {
            self.suffer(*component, with, (uses.all, BEGINNING, with));
        }
        while let Some((component, outcome, flows)) = self.queue.pop_front() {
            self.pass_on(component, outcome, flows, uses);
        }
    }

    /// The worst that one flow of the batch feels at a component.
    pub(crate) fn worst(&self, component: usize, flow: usize) -> Outcome {
        let felt = |outcome: &Outcome| self.masks[component][outcome.place()] >> flow & 1 == 1;
        Outcome::ALL.into_iter().rev().find(felt).unwrap_or(Outcome::Unaffected)
    }

    /// Flows that feel an outcome at a component.
    pub(crate) fn flows(&self, component: usize, outcome: Outcome) -> u64 {
        self.masks[component][outcome.place()]
    }

    /// Components that feel anything.
    pub(crate) fn touched(&self) -> &[usize] {
        &self.touched
    }

    /// How an outcome came to a component, from the beginning on. Each step was caused by an earlier one, so it ends.
    pub(crate) fn chain(&self, component: usize, outcome: Outcome, flow: usize) -> Vec<Link> {
        let mut chain = Vec::new();
        let (mut component, mut suffers, mut before) = (component, outcome, usize::MAX);
        while let Some(cause) = self.cause(component, suffers, flow, before) {
            let over = (cause.link != BEGINNING).then_some(cause.link);
            chain.push(Link { component, suffers, over });
            let Some(link) = over else { break };
            (component, suffers, before) = (self.graph.links[link].to, cause.from, cause.time);
        }
        chain.reverse();
        chain
    }

    /// The cause for this flow. What holds a component for all flows may have come for another one.
    fn cause(&self, component: usize, outcome: Outcome, flow: usize, before: usize) -> Option<Cause> {
        let earlier = || self.causes[component][outcome.place()].iter().filter(|cause| cause.time < before);
        earlier().find(|cause| cause.flows >> flow & 1 == 1).or(earlier().next()).copied()
    }

    fn suffer(&mut self, component: usize, outcome: Outcome, (flows, link, from): (u64, usize, Outcome)) {
        let new = flows & !self.masks[component][outcome.place()];
        if new == 0 {
            return;
        }
        if self.masks[component] == [0; SPREADING] {
            self.touched.push(component);
        }
        self.masks[component][outcome.place()] |= new;
        self.causes[component][outcome.place()].push(Cause { flows: new, link, from, time: self.time });
        self.time += 1;
        self.queue.push_back((component, outcome, new));
    }

    fn pass_on(&mut self, component: usize, outcome: Outcome, flows: u64, uses: &Uses) {
        let graph = self.graph;
        for at in &graph.callers[component] {
            let caller = graph.links[*at].from;
            for (felt, flows) in arrives(graph, *at, (outcome, flows), uses) {
                self.suffer(caller, felt, (flows, *at, outcome));
            }
        }
    }
}

/// Whether what hangs there holds the caller for all flows: it shares its threads, and somebody declared the edge.
pub(crate) fn is_shared_hang(graph: &Graph<'_>, link: &crate::graph::Link<'_>) -> bool {
    !graph.is_client[link.from] && link.edge.is_some()
}

/// What the caller feels when its callee suffers an outcome, for which flows. Empty masks mean nothing.
pub(crate) fn arrives(
    graph: &Graph<'_>,
    at: usize,
    (outcome, flows): (Outcome, u64),
    uses: &Uses,
) -> [(Outcome, u64); 4] {
    let link = &graph.links[at];
    let used = flows & uses.used[at];
    let late = used & uses.late[at];
    let now = used & !late;
    let nothing = (Outcome::Late, 0);
    match outcome {
        _ if link.stops => [nothing; 4],
        Outcome::Unaffected | Outcome::Lost | Outcome::Exposed | Outcome::Blind | Outcome::Wrong => [nothing; 4],
        // What runs goes on: only what is gone keeps it from starting.
        _ if link.needs == Needs::Start && outcome != Outcome::Down => [nothing; 4],
        Outcome::Late => [(Outcome::Late, used), nothing, nothing, nothing],
        Outcome::Degraded | Outcome::Stale => [(Outcome::Late, late), (outcome, now), nothing, nothing],
        Outcome::Hangs if link.needs != Needs::Async && !link.bounded => {
            let shared = is_shared_hang(graph, link);
            let held = if shared { uses.all } else { now };
            [(Outcome::Hangs, held), (Outcome::Late, late), nothing, nothing]
        }
        Outcome::Down | Outcome::Hangs => {
            let stale = if link.caches { now & uses.reads } else { 0 };
            let rest = now & !stale;
            let lesser = link.falls || !matches!(link.needs, Needs::Hard | Needs::Start);
            let (degraded, down) = if lesser { (rest, 0) } else { (0, rest) };
            [(Outcome::Late, late), (Outcome::Stale, stale), (Outcome::Degraded, degraded), (Outcome::Down, down)]
        }
    }
}
