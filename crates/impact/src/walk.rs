//! Fails each thing alone and writes down what every flow gets to feel of it.

use std::collections::{BTreeMap, BTreeSet};

use system::{Component, ComponentId, EdgeId, FlowId, Member, Needs, StateKind, System};

use crate::effect::{effect_of, protections};
use crate::graph::{Graph, Uses};
use crate::harm::Users;
use crate::reach::{self, Reach};
use crate::saving::{Saving, Stops, relevant};
use crate::share::{rounded, shares};
use crate::spread::Spread;
use crate::survey::Survey;
use crate::{Counted, Effect, Mode, Outcome, Priority};

/// All that follows from a system when these guardrails count.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// Hits have their chains and what they lose, and rows the guardrails of every edge where the failure arrives. Above
    /// [`MAX_DETAILED`] hits they do not: chains and losses are empty, guardrails are those of the component's own edges.
    pub detailed: bool,
    /// What counted.
    pub counted: Counted,
    /// One row per component and mode, by name and mode.
    pub rows: Vec<Row>,
    /// One row per group that fails together, by name.
    pub fates: Vec<FateRow>,
    /// One entry per flow, by name.
    pub flows: Vec<FlowImpact>,
}

/// One component failing in one mode, alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The component.
    pub component: ComponentId,
    /// How it fails.
    pub mode: Mode,
    /// The flows that feel it, by name.
    pub hits: Vec<Hit>,
    /// Share of all use that feels it, 0 to 1.
    pub share: f64,
    /// Share of all use that is lost: each flow hit by its share times [`Outcome::loss`].
    pub loss: f64,
    /// Share of the time in which too few replicas work, 0 to 1, when the component has a figure; other modes have none.
    pub likelihood: Option<f64>,
    /// What stands on the edges where it arrives, by edge; the first [`MAX_GUARDRAILS`].
    pub guardrails: Vec<Guardrail>,
    /// How many more there are.
    pub more_guardrails: usize,
    /// What the declared guardrails that stop it would save, by name; empty in a system too big for details.
    pub savings: Vec<Saving>,
    /// How often the component is tried for one request of the flow that tries most: along a chain the tries of all callers
    /// multiply. 1 in a system too big for details.
    pub tries: u64,
    /// How soon to deal with it, computed.
    pub priority: Priority,
    /// The priority that a register states for it; filled by who reads registers.
    pub stated: Option<String>,
}

/// A group that fails together, failing.
#[derive(Clone, Debug, PartialEq)]
pub struct FateRow {
    /// Its name.
    pub name: String,
    /// Its members, by name.
    pub members: Vec<Member>,
    /// The flows that feel it, by name.
    pub hits: Vec<Hit>,
}

/// One flow that feels a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The flow.
    pub flow: FlowId,
    /// The worst of what it feels; never unaffected.
    pub outcome: Outcome,
    /// What is lost meanwhile, by name, when it is degraded.
    pub loses: Vec<String>,
    /// From the failure to where the flow begins.
    pub chain: Vec<Step>,
}

/// One step of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which component.
    pub component: ComponentId,
    /// What it suffers.
    pub suffers: Outcome,
    /// The edge it came over; `None` where the failure begins, and over a hop without a declared edge.
    pub over: Option<EdgeId>,
}

/// The most hits for which the way of each is written down.
pub const MAX_DETAILED: usize = 50_000;

/// The most guardrails that are kept of one row.
pub const MAX_GUARDRAILS: usize = 100;

/// What stands on an edge where a failure arrives.
#[derive(Clone, Debug, PartialEq)]
pub struct Guardrail {
    /// The edge.
    pub edge: EdgeId,
    /// What stands there: `breaker`, `retry`, `timeout`, `cache`, `fallback`.
    pub protections: Vec<&'static str>,
    /// Whether it counts; one that does not changes nothing.
    pub counted: bool,
    /// What it makes of this failure, or would if it counted.
    pub effect: Effect,
}

/// What one flow hangs on.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowImpact {
    /// The flow.
    pub flow: FlowId,
    /// Its share of all use, 0 to 1.
    pub share: f64,
    /// What alone takes it down: cut sets of order one, components first.
    pub spofs: Vec<Single>,
    /// Components with no replica without which it cannot run, whatever else happens.
    pub never_runs: Vec<ComponentId>,
}

/// A single point of failure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Single {
    /// A component with one replica, or one that needs all it has.
    Component(ComponentId),
    /// Components that fail together.
    SharedFate(String),
}

impl Impact {
    /// The row of a component and a mode.
    pub fn row(&self, component: &ComponentId, mode: &Mode) -> Option<&Row> {
        self.rows.iter().find(|row| row.component == *component && row.mode == *mode)
    }

    /// What one flow hangs on.
    pub fn flow(&self, flow: &FlowId) -> Option<&FlowImpact> {
        self.flows.iter().find(|found| found.flow == *flow)
    }

    /// Every single point of failure of any flow, without repetition.
    pub fn spofs(&self) -> BTreeSet<&Single> {
        self.flows.iter().flat_map(|flow| &flow.spofs).collect()
    }
}

impl Row {
    /// The share of all use that it costs on average, when it is known how often it happens.
    pub fn expected_loss(&self) -> Option<f64> {
        self.likelihood.map(|likelihood| likelihood * self.loss)
    }
}

/// Groups that a likelihood is computed with; each doubles the work.
const MAX_GROUPS: usize = 12;

/// The share of the time in which fewer replicas work than are needed, when they fail independently but for the groups that
/// they share a fate with. `None` where something has no figure.
fn likelihood(system: &System, component: &Component) -> Option<f64> {
    let figure = component.unavailability?.share();
    let mut groups = Vec::new();
    for (name, members) in &system.shared_fate {
        let own = members.iter().filter(|member| member.component == component.id);
        let replicas: BTreeSet<Option<u32>> = own.map(|member| member.replica).collect();
        if !replicas.is_empty() {
            groups.push((system.fate_unavailability.get(name)?.share(), replicas));
        }
    }
    if groups.len() > MAX_GROUPS {
        return None;
    }
    let mut sum = 0.0;
    for down in 0_usize..1 << groups.len() {
        let (mut likely, mut gone) = (1.0, BTreeSet::new());
        for (at, (share, replicas)) in groups.iter().enumerate() {
            let is_down = down >> at & 1 == 1;
            likely *= if is_down { *share } else { 1.0 - share };
            gone.extend(replicas.iter().copied().filter(|_| is_down));
        }
        let all_gone = gone.contains(&None);
        let left = component.replicas.saturating_sub(gone.into_iter().flatten().count() as u32);
        sum += likely * if all_gone { 1.0 } else { too_few(left, component.quorum, figure) };
    }
    Some(sum)
}

/// The share of the time in which fewer of some replicas work than are needed.
fn too_few(replicas: u32, needed: u32, down: f64) -> f64 {
    // How likely it is that so many work, one replica after another.
    let mut working = vec![1.0];
    for _ in 0..replicas {
        let mut next = vec![0.0; working.len() + 1];
        for (count, likely) in working.iter().enumerate() {
            next[count] += likely * down;
            next[count + 1] += likely * (1.0 - down);
        }
        working = next;
    }
    working.iter().take(needed as usize).sum()
}

impl Hit {
    /// The chain as people write it: `db down → api down → web down → register down`.
    pub fn arrows(&self) -> String {
        let steps = self.chain.iter().map(|step| format!("{} {}", step.component, step.suffers.word()));
        let end = format!("{} {}", self.flow, self.outcome.word());
        steps.chain([end]).collect::<Vec<_>>().join(" → ")
    }
}

/// Computes what each failure does to each flow. The result depends on the system and on what counts, never on the
/// order in which things were written. About components times reach; 2,000 components with 8,000 edges take well
/// under a second.
///
/// ```
/// # use std::collections::{BTreeMap, BTreeSet};
/// # let text = "seaworthy: 1\nname: shop\nsystem:\n  components: {web: {kind: client}, api: {kind: service}, db: {kind: postgres}}\n  edges: {web->api: , api->db: }\n  flows: {buy: {path: [web, api, db]}}\n";
/// # let source = text::Source::new("seaworthy.yaml", text);
/// # let (node, mut problems) = text::read_yaml(&source);
/// # let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
/// let impact = impact::impact(&system, &impact::Counted::nothing());
/// let row = impact.rows.iter().find(|row| row.component.as_str() == "db").expect("has a database");
/// assert_eq!(row.hits[0].arrows(), "db down → api down → web down → buy down");
/// ```
pub fn impact(system: &System, counted: &Counted) -> Impact {
    impact_up_to(system, counted, MAX_DETAILED)
}

/// The same with details for at most so many hits; tests hold both ways against each other.
#[doc(hidden)]
pub fn impact_up_to(system: &System, counted: &Counted, max_detailed: usize) -> Impact {
    let graph = Graph::new(system, counted);
    let shares = shares(system);
    let batches = graph.batches();
    let reaches: Vec<Reach> = batches.iter().map(|uses| Reach::of(&graph, uses)).collect();
    let failures = failures(system, &graph);
    let hits = |(at, mode): &(usize, Mode)| -> usize {
        match mode.suffered() {
            harm if harm.is_harm() => graph.flows.len(),
            outcome => reaches.iter().map(|reach| reach::count(&reach.felt(*at, outcome))).sum(),
        }
    };
    let detailed = failures.iter().map(hits).sum::<usize>() <= max_detailed;
    let loses = detailed && loses_anything(system);
    let tries = tries(system);
    let mut walk =
        Walk { system, graph: &graph, batches: &batches, spread: Spread::new(&graph), detailed, loses, tries: &tries };
    let (rows, fates) = if detailed || !reach::is_exact(&graph) {
        let rows: Vec<Row> =
            failures.into_iter().map(|(at, mode)| walk.guarded_row((at, mode), counted, &shares)).collect();
        (rows, system.shared_fate.iter().map(|(name, members)| walk.fate(name, members)).collect())
    } else {
        let survey = Survey { system, graph: &graph, batches: &batches, reaches: &reaches };
        let stopped = |at: usize, mode: &Mode| {
            relevant(system, graph.ids[at], mode).iter().any(|(name, _)| counted.counts_guardrail(name))
        };
        let row = |(at, mode): (usize, Mode)| match stopped(at, &mode) {
            true => walk.guarded_row((at, mode), counted, &shares),
            false => survey.row(at, mode, &shares),
        };
        let rows: Vec<Row> = failures.into_iter().map(row).collect();
        (rows, system.shared_fate.iter().map(|(name, members)| survey.fate(name, members)).collect::<Vec<_>>())
    };
    let flows = flow_impacts(system, &rows, &fates, &shares);
    Impact { detailed, counted: counted.clone(), rows, fates, flows }
}

/// Every component in every mode in which it can fail.
fn failures(system: &System, graph: &Graph<'_>) -> Vec<(usize, Mode)> {
    let stand_ins: BTreeSet<&ComponentId> = system.edges.iter().flat_map(|edge| &edge.instead).collect();
    let of = |(at, component): (usize, &Component)| {
        let is_needed = !graph.callers[at].is_empty() || stand_ins.contains(&component.id);
        let mut modes = Mode::of(component, is_needed);
        let is_shared_out = graph.callers[at].iter().any(|link| {
            let caller = graph.ids[graph.links[*link].from];
            system.components[caller].replicas > 1
        });
        if component.state == Some(StateKind::PerInstance) && is_shared_out {
            modes.push(Mode::Split);
        }
        modes.into_iter().map(move |mode| (at, mode)).collect::<Vec<_>>()
    };
    system.components.values().enumerate().flat_map(of).collect()
}

/// What flows feel of one failure, and how much of all use that is.
#[derive(Default)]
pub(crate) struct Felt {
    pub(crate) hits: Vec<Hit>,
    share: f64,
    loss: f64,
    fails: f64,
}

impl Felt {
    pub(crate) fn add(&mut self, hit: Hit, share: f64) {
        self.share += share;
        self.loss += share * hit.outcome.loss();
        self.fails += if hit.outcome.is_failure() { share } else { 0.0 };
        self.hits.push(hit);
    }

    pub(crate) fn row(self, system: &System, of: &Component, mode: Mode, guardrails: Vec<Guardrail>) -> Row {
        let (share, loss) = (rounded(self.share), rounded(self.loss));
        let priority = Priority::of(&self.hits, loss, rounded(self.fails));
        let (hits, savings, stated) = (self.hits, Vec::new(), None);
        let likelihood = likelihood(system, of).filter(|_| mode == Mode::Down);
        let component = of.id.clone();
        Row {
            component,
            mode,
            hits,
            share,
            loss,
            likelihood,
            guardrails,
            more_guardrails: 0,
            savings,
            tries: 1,
            priority,
            stated,
        }
    }
}

/// Whether a component fails with a group: it is a member, or fewer of its replicas are left than it needs.
pub(crate) fn takes<'m>(component: &Component, members: impl IntoIterator<Item = &'m Member>) -> bool {
    let own: BTreeSet<Option<u32>> =
        members.into_iter().filter(|member| member.component == component.id).map(|member| member.replica).collect();
    let lost = own.iter().flatten().filter(|replica| **replica <= component.replicas).count();
    own.contains(&None) || (lost > 0 && lost + component.quorum as usize > component.replicas as usize)
}

/// Members of a group by name, and those components that fail with it: too few of their replicas are left. Users do not
/// fail, not even together.
pub(crate) fn failing<'s>(
    graph: &Graph<'_>,
    system: &'s System,
    members: &'s [Member],
) -> (BTreeSet<&'s Member>, Vec<usize>) {
    let members: BTreeSet<&Member> =
        members.iter().filter(|member| system.components.contains_key(&member.component)).collect();
    let fails =
        |at: &usize| !graph.is_client[*at] && takes(&system.components[graph.ids[*at]], members.iter().copied());
    let begin: BTreeSet<usize> =
        members.iter().filter_map(|member| graph.ids.binary_search(&&member.component).ok()).filter(fails).collect();
    (members, begin.into_iter().collect())
}

/// What stands on the edges of the component itself.
pub(crate) fn own_guardrails(graph: &Graph<'_>, at: usize, mode: &Mode) -> Vec<Guardrail> {
    let guarded =
        |link: &&usize| graph.links[**link].edge.is_some_and(|edge| edge.guard.is_some() || edge.has_fallback());
    graph.callers[at].iter().filter(guarded).map(|link| guardrail(graph, *link, mode.is_slow())).collect()
}

fn guardrail(graph: &Graph<'_>, link: usize, slow: bool) -> Guardrail {
    let link = &graph.links[link];
    let edge = link.edge.expect("only declared edges carry guardrails");
    let effect = effect_of(edge, if slow { &Mode::Slow } else { &Mode::Down });
    Guardrail { edge: edge.id.clone(), protections: protections(edge), counted: link.counted, effect }
}

/// Edges that are tried more than once, and how often.
fn tries(system: &System) -> BTreeMap<&EdgeId, u64> {
    let of = |edge: &system::Edge| {
        let guard = edge.guard.as_ref().and_then(|guard| guard.retry).map_or(1, |retry| retry.attempts);
        u64::from(edge.attempts) * u64::from(guard)
    };
    system.edges.iter().map(|edge| (&edge.id, of(edge))).filter(|(_, tries)| *tries > 1).collect()
}

fn loses_anything(system: &System) -> bool {
    system.edges.iter().any(|edge| !edge.loses.is_empty())
}

struct Walk<'g, 's> {
    system: &'s System,
    graph: &'g Graph<'s>,
    batches: &'g [Uses],
    spread: Spread<'g, 's>,
    /// Ways, losses and guardrails on them are written down.
    detailed: bool,
    loses: bool,
    tries: &'g BTreeMap<&'s EdgeId, u64>,
}

impl<'s> Walk<'_, 's> {
    fn component(&self, at: usize) -> &'s Component {
        &self.system.components[self.graph.ids[at]]
    }

    /// A row as the guardrails leave it that count, and what each declared one would save.
    fn guarded_row(&mut self, (at, mode): (usize, Mode), counted: &Counted, shares: &[f64]) -> Row {
        let declared = relevant(self.system, self.graph.ids[at], &mode);
        let bare = self.row(at, mode.clone(), shares);
        let mut savings = Vec::new();
        let looked_at: &[_] = if self.detailed { &declared } else { &[] };
        for (name, guardrail) in looked_at {
            let left = self.stopped(at, &mode, &Stops::of(guardrail), counted, shares);
            savings.push(Saving {
                guardrail: (*name).clone(),
                planned: guardrail.planned,
                counted: counted.counts_guardrail(name),
                effort: guardrail.effort,
                saves: rounded(bare.loss - left.loss),
                leaves: left.hits.iter().map(|hit| hit.outcome).max().unwrap_or(Outcome::Unaffected),
            });
        }
        let working = Stops::counted(declared, counted);
        let row = if working.is_empty() { bare } else { self.stopped(at, &mode, &working, counted, shares) };
        let tries = row.hits.iter().map(|hit| self.tries(hit)).max().unwrap_or(1);
        Row { savings, tries, ..row }
    }

    /// The tries of all callers on the way of a hit, those of guards included.
    fn tries(&self, hit: &Hit) -> u64 {
        let of = |step: &Step| step.over.as_ref().and_then(|edge| self.tries.get(edge)).copied().unwrap_or(1);
        hit.chain.iter().map(of).fold(1_u64, u64::saturating_mul)
    }

    /// The row when these guardrails work.
    fn stopped(&mut self, at: usize, mode: &Mode, stops: &Stops, counted: &Counted, shares: &[f64]) -> Row {
        if stops.begins_not {
            return Felt::default().row(self.system, self.component(at), mode.clone(), Vec::new());
        }
        let graph = Graph::new(self.system, counted).guarded(&stops.on_edges);
        let spread = Spread::new(&graph);
        let Self { system, batches, detailed, loses, tries, .. } = *self;
        Walk { system, graph: &graph, batches, spread, detailed, loses, tries }.row(at, mode.clone(), shares)
    }

    fn row(&mut self, at: usize, mode: Mode, shares: &[f64]) -> Row {
        let outcome = mode.suffered();
        let (mut all, mut arrived) = (Felt::default(), BTreeSet::new());
        for uses in self.batches {
            let felt = if outcome.is_harm() {
                self.harmed(at, outcome, uses)
            } else {
                self.spread.fail(&[at], outcome, uses);
                if self.detailed {
                    self.arrived(uses, &mut arrived);
                }
                self.hits(uses)
            };
            felt.into_iter().for_each(|(flow, hit)| all.add(hit, shares[flow]));
        }
        let more_guardrails = arrived.len().saturating_sub(MAX_GUARDRAILS);
        let guardrails = if self.detailed {
            let first = arrived.into_iter().take(MAX_GUARDRAILS);
            first.map(|(link, slow)| guardrail(self.graph, link, slow)).collect()
        } else {
            own_guardrails(self.graph, at, &mode)
        };
        let row = all.row(self.system, self.component(at), mode, guardrails);
        Row { more_guardrails, ..row }
    }

    /// The flows of a batch that use what harms, with their numbers.
    fn harmed(&self, at: usize, harm: Outcome, uses: &Uses) -> Vec<(usize, Hit)> {
        let users = Users::of(self.graph, at, uses);
        let mut hits = Vec::new();
        for (bit, flow) in self.graph.flows_of(uses).iter().enumerate() {
            if users.uses(flow.entry, bit) {
                let component = self.component(at);
                let loses = if harm == Outcome::Lost { component.holds.clone() } else { Vec::new() };
                let chain = if self.detailed { users.chain(self.graph, flow.entry, harm, bit) } else { Vec::new() };
                let chain = chain.into_iter().map(|link| self.step(link)).collect();
                hits.push((flow.number, Hit { flow: flow.flow.id.clone(), outcome: harm, loses, chain }));
            }
        }
        hits
    }

    fn fate(&mut self, name: &str, members: &[Member]) -> FateRow {
        let (members, begin) = failing(self.graph, self.system, members);
        let mut hits = Vec::new();
        for uses in self.batches {
            self.spread.fail(&begin, Outcome::Down, uses);
            hits.extend(self.hits(uses).into_iter().map(|(_, hit)| hit));
        }
        FateRow { name: name.to_owned(), members: members.into_iter().cloned().collect(), hits }
    }

    /// The flows of a batch that feel the failure just spread, with their numbers.
    fn hits(&self, uses: &Uses) -> Vec<(usize, Hit)> {
        let flows = self.graph.flows_of(uses).iter().enumerate();
        let mut hits = Vec::new();
        for (bit, flow) in flows {
            let outcome = self.spread.worst(flow.entry, bit);
            if outcome == Outcome::Unaffected {
                continue;
            }
            let loses =
                if outcome == Outcome::Degraded && self.loses { self.lost(flow.entry, bit, uses) } else { Vec::new() };
            let chain = if self.detailed { self.chain(flow.entry, outcome, bit) } else { Vec::new() };
            hits.push((flow.number, Hit { flow: flow.flow.id.clone(), outcome, loses, chain }));
        }
        hits
    }

    fn chain(&self, entry: usize, outcome: Outcome, bit: usize) -> Vec<Step> {
        self.spread.chain(entry, outcome, bit).into_iter().map(|link| self.step(link)).collect()
    }

    fn step(&self, link: crate::spread::Link) -> Step {
        Step {
            component: self.graph.ids[link.component].clone(),
            suffers: link.suffers,
            over: link.over.and_then(|link| self.graph.links[link].edge).map(|edge| edge.id.clone()),
        }
    }

    /// What the fallbacks lose that serve on the way of a degraded flow.
    fn lost(&self, entry: usize, bit: usize, uses: &Uses) -> Vec<String> {
        let mut lost = BTreeSet::new();
        let mut seen = BTreeSet::from([entry]);
        let mut open = vec![entry];
        let felt = |component: usize, outcome: Outcome| self.spread.flows(component, outcome) >> bit & 1 == 1;
        while let Some(component) = open.pop() {
            for at in &self.graph.needs[component] {
                let link = &self.graph.links[*at];
                if uses.used[*at] >> bit & 1 == 0 || uses.late[*at] >> bit & 1 == 1 {
                    continue;
                }
                let failed = felt(link.to, Outcome::Down) || (link.bounded && felt(link.to, Outcome::Hangs));
                if failed && (link.falls || link.needs == Needs::Soft) {
                    lost.extend(link.edge.iter().flat_map(|edge| &edge.loses).cloned());
                }
                if felt(link.to, Outcome::Degraded) && seen.insert(link.to) {
                    open.push(link.to);
                }
            }
        }
        lost.into_iter().collect()
    }

    /// Links with something on them at whose far end the failure stands, and whether it hangs there.
    fn arrived(&self, uses: &Uses, arrived: &mut BTreeSet<(usize, bool)>) {
        for component in self.spread.touched() {
            let hangs = self.spread.flows(*component, Outcome::Hangs);
            let fails = hangs | self.spread.flows(*component, Outcome::Down);
            for at in &self.graph.callers[*component] {
                let guarded =
                    self.graph.links[*at].edge.is_some_and(|edge| edge.guard.is_some() || edge.has_fallback());
                if guarded && fails & uses.used[*at] != 0 {
                    arrived.insert((*at, hangs & uses.used[*at] != 0));
                }
            }
        }
    }
}

fn flow_impacts(system: &System, rows: &[Row], fates: &[FateRow], shares: &[f64]) -> Vec<FlowImpact> {
    let mut flows: Vec<FlowImpact> = Vec::new();
    for (flow, share) in system.flows.keys().zip(shares) {
        flows.push(FlowImpact {
            flow: flow.clone(),
            share: rounded(*share),
            spofs: Vec::new(),
            never_runs: Vec::new(),
        });
    }
    let fails = |hit: &&Hit| hit.outcome.is_failure();
    let place = |flows: &[FlowImpact], hit: &Hit| flows.binary_search_by(|found| found.flow.cmp(&hit.flow)).ok();
    for row in rows.iter().filter(|row| row.mode == Mode::Down) {
        let component = &system.components[&row.component];
        for hit in row.hits.iter().filter(fails) {
            let Some(at) = place(&flows, hit) else { continue };
            match component.replicas {
                0 => flows[at].never_runs.push(row.component.clone()),
                // One replica fewer is too few.
                replicas if replicas == component.quorum => {
                    flows[at].spofs.push(Single::Component(row.component.clone()));
                }
                _ => {}
            }
        }
    }
    for fate in fates {
        for hit in fate.hits.iter().filter(fails) {
            let Some(at) = place(&flows, hit) else { continue };
            flows[at].spofs.push(Single::SharedFate(fate.name.clone()));
        }
    }
    flows
}
