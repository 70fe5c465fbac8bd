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
    judged: Judged,
}

/// What each component can do for others, as far as is known.
struct Judged {
    /// Nobody can, as long as nothing is known.
    nobody: bool,
    all: Vec<StandIn>,
    /// Those that cannot do everything.
    known: Vec<usize>,
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
        Self {
            graph,
            masks: vec![[0; SPREADING]; count],
            causes,
            touched: Vec::new(),
            queue: VecDeque::new(),
            time: 0,
            judged: Judged { nobody: true, all: vec![StandIn::default(); count], known: Vec::new() },
        }
    }

    /// Forgets the last failure and spreads a new one that begins at these components.
    pub(crate) fn fail(&mut self, begin: &[usize], with: Outcome, uses: &Uses) {
        if !self.graph.has_stand_ins() {
            self.begin(begin, with, uses);
            self.pass_all_on(uses, |_| true);
            return;
        }
        self.judge(begin, with, uses);
        self.begin(begin, with, uses);
        self.pass_in_turn(uses);
    }

    /// Who fails is known first: whom it serves less or later does not matter any more.
    fn pass_in_turn(&mut self, uses: &Uses) {
        self.pass_all_on(uses, Outcome::is_failure);
        for component in &self.touched {
            for outcome in Outcome::ALL {
                self.queue.push_back((*component, outcome, self.masks[*component][outcome.place()]));
            }
        }
        self.pass_all_on(uses, |_| true);
    }

    fn begin(&mut self, begin: &[usize], with: Outcome, uses: &Uses) {
        for component in std::mem::take(&mut self.touched) {
            self.masks[component] = [0; SPREADING];
            self.causes[component].iter_mut().for_each(Vec::clear);
        }
        self.time = 0;
        for component in begin {
            self.suffer(*component, with, (uses.all, BEGINNING, with));
        }
    }

    /// Finds out who can stand in for others. At first nobody does; who works without any help does next, and so on, so that
    /// two that only have each other never hold each other up.
    fn judge(&mut self, begin: &[usize], with: Outcome, uses: &Uses) {
        self.judged.nobody = true;
        let rounds = self.graph.links.iter().filter(|link| !link.instead.is_empty()).count() + 2;
        for _ in 0..rounds {
            self.begin(begin, with, uses);
            // What has no replica serves nobody.
            for component in &self.graph.never_runs {
                self.suffer(*component, Outcome::Down, (uses.all, BEGINNING, Outcome::Down));
            }
            self.pass_in_turn(uses);
            let found: Vec<(usize, StandIn)> = self.touched.iter().map(|at| (*at, self.stand_in(*at))).collect();
            let judged = &mut self.judged;
            let is_same = !judged.nobody
                && judged.known.len() == found.len()
                && found.iter().all(|(at, stand_in)| judged.all[*at] == *stand_in);
            judged.known.drain(..).for_each(|at| judged.all[at] = StandIn::default());
            judged.nobody = false;
            for (at, stand_in) in found {
                judged.known.push(at);
                judged.all[at] = stand_in;
            }
            if is_same {
                break;
            }
        }
    }

    /// What a component can do for others now.
    fn stand_in(&self, component: usize) -> StandIn {
        let hangs = self.flows(component, Outcome::Hangs);
        StandIn {
            fails: self.flows(component, Outcome::Down) | hangs,
            hangs,
            lesser: self.flows(component, Outcome::Degraded) | self.flows(component, Outcome::Stale),
            late: self.flows(component, Outcome::Late),
        }
    }

    fn pass_all_on(&mut self, uses: &Uses, which: fn(Outcome) -> bool) {
        while let Some((component, outcome, flows)) = self.queue.pop_front() {
            let graph = self.graph;
            // Nobody notices that what fails is late as well.
            let hidden =
                if graph.has_stand_ins() && !outcome.is_failure() { self.stand_in(component).fails } else { 0 };
            for at in &graph.callers[component] {
                self.pass_on(*at, (outcome, flows & !hidden), uses, which);
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
        let stand_ins: Vec<StandIn> = link.instead.iter().map(|at| self.judged.of(*at)).collect();
        for (felt, flows) in arrives(self.graph, at, (outcome, flows), uses, &stand_ins) {
            if which(felt) {
                self.suffer(link.from, felt, (flows, at, outcome));
            }
        }
    }
}

impl Judged {
    fn of(&self, component: usize) -> StandIn {
        let nobody = StandIn { fails: u64::MAX, ..StandIn::default() };
        if self.nobody { nobody } else { self.all[component] }
    }
}

/// Flows for which what stands in for a callee does no better than this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StandIn {
    /// It is down, or hangs.
    fails: u64,
    hangs: u64,
    lesser: u64,
    late: u64,
}

/// Whether what hangs there holds the caller for all flows: it shares its threads, and somebody declared the edge.
pub(crate) fn is_shared_hang(graph: &Graph<'_>, link: &crate::graph::Link<'_>) -> bool {
    !graph.is_client[link.from] && link.edge.is_some()
}

/// What the caller feels when its callee suffers an outcome, for which flows. Empty masks mean nothing. `stand_ins` are those
/// of the link in their order; when there are none here and some in the link, all of them are gone.
pub(crate) fn arrives(
    graph: &Graph<'_>,
    at: usize,
    (outcome, flows): (Outcome, u64),
    uses: &Uses,
    stand_ins: &[StandIn],
) -> [(Outcome, u64); 5] {
    let link = &graph.links[at];
    let used = flows & uses.used[at];
    let late = used & uses.late[at];
    let now = used & !late;
    match outcome {
        _ if link.stops => felt([0; 5]),
        Outcome::Unaffected | Outcome::Lost | Outcome::Exposed | Outcome::Blind | Outcome::Wrong => felt([0; 5]),
        // What runs goes on with less; only what does not answer keeps it from starting.
        _ if link.needs == Needs::Start && !outcome.is_failure() => felt([0; 5]),
        Outcome::Late => felt([used, 0, 0, 0, 0]),
        Outcome::Degraded => felt([late, now, 0, 0, 0]),
        Outcome::Stale => felt([late, 0, now, 0, 0]),
        Outcome::Hangs if !matches!(link.needs, Needs::Async | Needs::Start) && !link.bounded => {
            felt([late, 0, 0, 0, held(graph, link, now, uses)])
        }
        Outcome::Down | Outcome::Hangs if link.instead.is_empty() => {
            let stale = if link.caches { now & uses.reads } else { 0 };
            let rest = now & !stale;
            let lesser = link.falls || !matches!(link.needs, Needs::Hard | Needs::Start);
            let (degraded, down) = if lesser { (rest, 0) } else { (0, rest) };
            felt([late, degraded, stale, down, 0])
        }
        Outcome::Down | Outcome::Hangs => replaced(graph, link, (used, late), uses, stand_ins),
    }
}

fn felt(masks: [u64; 5]) -> [(Outcome, u64); 5] {
    std::array::from_fn(|place| (Outcome::ALL[place], masks[place]))
}

/// The callee failed, and others are asked in their order: one that hangs, where nothing bounds the wait, ends the asking.
fn replaced(
    graph: &Graph<'_>,
    link: &crate::graph::Link<'_>,
    (used, late): (u64, u64),
    uses: &Uses,
    stand_ins: &[StandIn],
) -> [(Outcome, u64); 5] {
    let now = used & !late;
    let stale = if link.caches { now & uses.reads } else { 0 };
    let mut open = used & !stale;
    let (mut waits, mut served, mut lesser, mut later) = (0, 0, 0, 0);
    for one in stand_ins {
        let hangs = if link.bounded { 0 } else { open & one.hangs };
        waits |= hangs;
        let serves = open & !hangs & !one.fails;
        served |= serves;
        lesser |= serves & one.lesser;
        later |= serves & one.late;
        open &= one.fails & !hangs;
    }
    let loses = if link.loses() { served } else { 0 };
    let waiting = if waits & now == 0 { 0 } else { held(graph, link, waits & now, uses) };
    let late = late & (open | waits | loses | lesser | later);
    let (slower, degraded, down, hangs) = match link.needs {
        Needs::Hard => (later, lesser | loses, open, waiting),
        // What has started does not feel how well it was helped.
        Needs::Start => (0, loses, open | waits, 0),
        Needs::Soft | Needs::Async => (later, lesser | loses | open, 0, waiting),
    };
    felt([late | now & slower, degraded & now, stale, down & now, hangs])
}

/// Flows that wait when a caller waits for these.
fn held(graph: &Graph<'_>, link: &crate::graph::Link<'_>, flows: u64, uses: &Uses) -> u64 {
    if is_shared_hang(graph, link) { uses.all } else { flows }
}
