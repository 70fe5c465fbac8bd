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
        if self.graph.has_stand_ins() {
            // What stands in serves those for whom it does not fail, so what fails comes first.
            self.pass_all_on(uses, Outcome::is_failure);
            for component in &self.touched {
                for outcome in Outcome::ALL {
                    self.queue.push_back((*component, outcome, self.masks[*component][outcome.place()]));
                }
            }
        }
        self.pass_all_on(uses, |_| true);
    }

    fn pass_all_on(&mut self, uses: &Uses, which: fn(Outcome) -> bool) {
        while let Some((component, outcome, flows)) = self.queue.pop_front() {
            let graph = self.graph;
            for at in &graph.callers[component] {
                self.pass_on(*at, (outcome, flows), uses, which);
            }
            for at in &graph.stood_in[component] {
                for outcome in [Outcome::Down, Outcome::Hangs] {
                    self.pass_on(*at, (outcome, self.flows(graph.links[*at].to, outcome)), uses, which);
                }
            }
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

    /// What the caller of one link feels of its callee, as far as it is asked for.
    fn pass_on(&mut self, at: usize, (outcome, flows): (Outcome, u64), uses: &Uses, which: fn(Outcome) -> bool) {
        if flows == 0 {
            return;
        }
        let link = &self.graph.links[at];
        let stand_ins = self.stand_ins(&link.instead);
        for (felt, flows) in arrives(self.graph, at, (outcome, flows), uses, &stand_ins) {
            if which(felt) {
                self.suffer(link.from, felt, (flows, at, outcome));
            }
        }
    }

    /// The best that any of these components can do now.
    fn stand_ins(&self, components: &[usize]) -> StandIns {
        let feel = |worse: &[Outcome]| {
            let of = |at: &usize| worse.iter().fold(0, |all, outcome| all | self.flows(*at, *outcome));
            components.iter().map(of).fold(u64::MAX, |all, one| all & one)
        };
        let fail = [Outcome::Down, Outcome::Hangs];
        let lesser = [Outcome::Degraded, Outcome::Stale, Outcome::Down, Outcome::Hangs];
        StandIns { late: feel(&Outcome::ALL), lesser: feel(&lesser), fail: feel(&fail), hang: feel(&[Outcome::Hangs]) }
    }
}

/// Flows for which the best of what stands in for a callee does no better than this.
pub(crate) struct StandIns {
    late: u64,
    lesser: u64,
    fail: u64,
    hang: u64,
}

impl StandIns {
    /// All of them are gone.
    pub(crate) const GONE: Self = Self { late: u64::MAX, lesser: u64::MAX, fail: u64::MAX, hang: 0 };
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
    stand_ins: &StandIns,
) -> [(Outcome, u64); 5] {
    let link = &graph.links[at];
    let used = flows & uses.used[at];
    let late = used & uses.late[at];
    let now = used & !late;
    let felt = |late, degraded, stale, down, hangs| {
        let masks = [late, degraded, stale, down, hangs];
        std::array::from_fn(|place| (Outcome::ALL[place], masks[place]))
    };
    match outcome {
        _ if link.stops => felt(0, 0, 0, 0, 0),
        Outcome::Unaffected | Outcome::Lost | Outcome::Exposed | Outcome::Blind | Outcome::Wrong => felt(0, 0, 0, 0, 0),
        // What runs goes on: only what is gone keeps it from starting.
        _ if link.needs == Needs::Start && outcome != Outcome::Down => felt(0, 0, 0, 0, 0),
        Outcome::Late => felt(used, 0, 0, 0, 0),
        Outcome::Degraded => felt(late, now, 0, 0, 0),
        Outcome::Stale => felt(late, 0, now, 0, 0),
        Outcome::Hangs if link.needs != Needs::Async && !link.bounded => {
            felt(late, 0, 0, 0, held(graph, link, now, uses))
        }
        Outcome::Down | Outcome::Hangs => {
            let stale = if link.caches { now & uses.reads } else { 0 };
            let rest = now & !stale;
            let is_hard = matches!(link.needs, Needs::Hard | Needs::Start);
            if link.instead.is_empty() {
                let (degraded, down) = if link.falls || !is_hard { (rest, 0) } else { (0, rest) };
                return felt(late, degraded, stale, down, 0);
            }
            let (fails, serves) = (rest & stand_ins.fail, rest & !stand_ins.fail);
            let hangs = if link.bounded { 0 } else { fails & stand_ins.hang };
            let lesser = if link.loses() { serves } else { serves & stand_ins.lesser };
            let (degraded, down) = if is_hard { (lesser, fails & !hangs) } else { (lesser | fails & !hangs, 0) };
            let hangs = if hangs == 0 { 0 } else { held(graph, link, hangs, uses) };
            felt(late | serves & stand_ins.late, degraded, stale, down, hangs)
        }
    }
}

/// Flows that wait when a caller waits for these.
fn held(graph: &Graph<'_>, link: &crate::graph::Link<'_>, flows: u64, uses: &Uses) -> u64 {
    if is_shared_hang(graph, link) { uses.all } else { flows }
}
