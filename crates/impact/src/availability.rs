//! What the failures of a flow come to together: its fault tree, and from it its availability.
//!
//! A flow is down when where it begins is; a component is down when too few of its replicas work, and when something fails
//! that it cannot do without: a callee that it needs hard, and with it all that counts as standing in for it. A replica is
//! down by itself, and when a group goes down that it shares its fate with. Failures are independent but for these groups.
//! Degraded and late flows are up. What has no figure is an event without one, and the availability is then not known.

use std::collections::{BTreeMap, BTreeSet};

use faulttree::{Arg, Bracket, Builder, Connective, Limits, Tree, solve};
use system::{Component, FlowId, System};

use crate::graph::{BATCH, Graph, Uses};
use crate::saving::{Stops, relevant};
use crate::spread::arrives;
use crate::{Counted, Mode, Outcome};

/// The fault tree of a flow.
#[derive(Clone, Debug)]
pub struct FlowTree {
    /// The flow is down. Events are replicas, named `db` or `api 1`, `api 2`, .., and groups, named `shared fate node-1`.
    pub tree: Tree,
    /// Components and groups in it that have no figure; their events have the probability 0.
    pub without_figure: Vec<String>,
}

/// How often a flow is up.
#[derive(Clone, Debug, PartialEq)]
pub enum Availability {
    /// The share of time in which it is down.
    Down(Bracket),
    /// These have no figure, by name, groups last.
    NotKnown(Vec<String>),
}

/// The most edges with stand-ins that are followed when they need each other in circles.
const MAX_IN_CIRCLES: usize = 16;

/// The most edges with stand-ins one behind another.
const MAX_DEEP: usize = 1_000;

/// The fault trees of the flows of one system, when the same guardrails count.
pub struct FlowTrees<'s> {
    system: &'s System,
    graph: Graph<'s>,
    batches: Vec<Uses>,
    /// The groups that a component, or one of its replicas, shares a fate with.
    groups: BTreeMap<usize, Vec<(&'s str, Option<u32>)>>,
    /// Components before whose own failure something stands that counts, with the links as they are then.
    guarded: BTreeMap<usize, Option<Graph<'s>>>,
}

impl<'s> FlowTrees<'s> {
    /// Prepares the trees.
    pub fn new(system: &'s System, counted: &Counted) -> Self {
        let graph = Graph::new(system, counted);
        let batches = graph.batches();
        let mut guarded = BTreeMap::new();
        for (at, id) in graph.ids.iter().enumerate() {
            let stops = Stops::counted(relevant(system, id, &Mode::Down), counted);
            if stops.begins_not {
                guarded.insert(at, None);
            } else if !stops.is_empty() {
                guarded.insert(at, Some(Graph::new(system, counted).guarded(&stops.on_edges)));
            }
        }
        let mut groups: BTreeMap<usize, Vec<(&str, Option<u32>)>> = BTreeMap::new();
        for (name, members) in &system.shared_fate {
            for member in members {
                if let Ok(at) = graph.ids.binary_search(&&member.component) {
                    groups.entry(at).or_default().push((name, member.replica));
                }
            }
        }
        Self { system, graph, batches, groups, guarded }
    }

    /// The fault tree of one flow. `None` for a flow that the system does not have.
    pub fn tree(&self, flow: &FlowId) -> Option<FlowTree> {
        let at = self.graph.flows.iter().position(|found| found.flow.id == *flow)?;
        let mut growing = Growing {
            trees: self,
            uses: &self.batches[at / BATCH],
            flow: 1 << (at % BATCH),
            builder: Builder::new(),
            below: BTreeMap::new(),
            events: BTreeMap::new(),
            groups: BTreeMap::new(),
            gates: BTreeMap::new(),
            circle: 0,
            without: Without::default(),
        };
        let top = growing.top(self.graph.flows[at].entry);
        let Growing { builder, without, .. } = growing;
        let without_figure = without.components.into_iter().chain(without.groups).collect();
        Some(FlowTree { tree: builder.tree(top), without_figure })
    }

    /// How often a flow is down, when everything that takes it down has a figure.
    pub fn availability(&self, flow: &FlowId) -> Option<Availability> {
        let FlowTree { tree, without_figure } = self.tree(flow)?;
        if !without_figure.is_empty() {
            return Some(Availability::NotKnown(without_figure));
        }
        Some(Availability::Down(solve(&tree, &Limits::usual()).probability))
    }

    /// What alone takes a component down, and the links with stand-ins over which something may.
    fn below(&self, graph: &Graph<'s>, component: usize, (uses, flow): (&Uses, u64)) -> Below {
        let (mut alone, mut together) = (BTreeSet::from([component]), BTreeSet::new());
        let mut open = vec![component];
        while let Some(caller) = open.pop() {
            for at in &graph.needs[caller] {
                let felt = arrives(graph, *at, (Outcome::Down, flow), uses, &[]);
                let link = &graph.links[*at];
                if !felt.iter().any(|(outcome, flows)| outcome.is_failure() && flows & flow != 0) {
                    continue;
                }
                if !link.instead.is_empty() {
                    together.insert(*at);
                } else if alone.insert(link.to) {
                    open.push(link.to);
                }
            }
        }
        Below { alone, together }
    }
}

/// What takes a component down.
struct Below {
    /// Components that alone do, itself among them.
    alone: BTreeSet<usize>,
    /// Links over which it is down when their callee fails and all that stand in for it.
    together: BTreeSet<usize>,
}

/// The most links with stand-ins on any way below a component; `None` when there is no end to them.
type Heights = BTreeMap<usize, Option<usize>>;

/// How far circles of links with stand-ins are followed from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Level {
    /// How often somebody may stand in who needs the same himself.
    help: usize,
    /// How many more links a failure may go over.
    on_way: usize,
}

/// What has no figure, by name.
#[derive(Default)]
struct Without {
    components: BTreeSet<String>,
    groups: BTreeSet<String>,
}

/// One tree that is being made.
struct Growing<'t, 's> {
    trees: &'t FlowTrees<'s>,
    uses: &'t Uses,
    /// The bit of the flow in its batch.
    flow: u64,
    builder: Builder,
    /// By component.
    below: BTreeMap<usize, Below>,
    /// A component is down by itself or with its groups, by component and whether its own failure counts.
    events: BTreeMap<(usize, bool), Arg>,
    /// Groups that share a fate, by name.
    groups: BTreeMap<&'t str, Arg>,
    /// A component is down, by component and level.
    gates: BTreeMap<(usize, Level), Arg>,
    /// How many links with stand-ins there are, as far as they are followed.
    circle: usize,
    without: Without,
}

impl<'t> Growing<'t, '_> {
    fn top(&mut self, entry: usize) -> Arg {
        let mut waits = vec![entry];
        while let Some(component) = waits.pop() {
            if !self.below.contains_key(&component) {
                let below = self.trees.below(&self.trees.graph, component, (self.uses, self.flow));
                waits.extend(below.together.iter().flat_map(|at| self.on(*at)));
                self.below.insert(component, below);
            }
        }
        let links: BTreeSet<usize> = self.below.values().flat_map(|below| &below.together).copied().collect();
        let mut heights = BTreeMap::new();
        let height = self.height(entry, 0, &mut heights);
        if height.is_none() && links.len() > MAX_IN_CIRCLES {
            let what = format!("{} edges with stand-ins, in circles or too deep to follow", links.len());
            self.without.components.insert(what);
            // What is not followed counts as down, and the availability as not known.
            return Arg::TRUE;
        }
        self.circle = links.len();
        self.fails(entry, Level { help: self.circle, on_way: self.circle }, &heights)
    }

    /// What must fail together on a link: the callee, and all that stand in for it.
    fn on(&self, at: usize) -> Vec<usize> {
        let link = &self.trees.graph.links[at];
        std::iter::once(link.to).chain(link.instead.iter().copied()).collect()
    }

    /// The most links with stand-ins on any way below a component; `None` when there is no end to them.
    fn height(&self, component: usize, deep: usize, heights: &mut Heights) -> Option<usize> {
        if let Some(known) = heights.get(&component) {
            return *known;
        }
        // A circle comes back here before the height is known.
        heights.insert(component, None);
        let mut height = Some(0);
        for at in self.below[&component].together.iter().filter(|_| deep < MAX_DEEP) {
            for callee in self.on(*at) {
                let below = self.height(callee, deep + 1, heights);
                height = height.zip(below).map(|(one, other)| one.max(other + 1));
            }
        }
        let height = height.filter(|_| deep < MAX_DEEP);
        heights.insert(component, height);
        height
    }

    /// A component is down. Where links with stand-ins need each other in circles, help comes at first from nobody, then from
    /// whoever works without any, and so on ([`Level::help`]), and a failure goes over each link once ([`Level::on_way`]).
    fn fails(&mut self, component: usize, level: Level, heights: &Heights) -> Arg {
        let is_circle = heights.get(&component).is_none_or(Option::is_none);
        let level = if is_circle { level } else { Level::default() };
        if let Some(known) = self.gates.get(&(component, level)) {
            return *known;
        }
        let mut causes = self.alone(component);
        let links: Vec<usize> = self.below[&component].together.iter().copied().collect();
        for at in links {
            if is_circle && level.on_way == 0 {
                break;
            }
            let link = &self.trees.graph.links[at];
            let next = Level { on_way: level.on_way.saturating_sub(1), ..level };
            let mut all = vec![self.fails(link.to, next, heights)];
            if !is_circle || level.help > 0 {
                let full = Level { help: level.help.saturating_sub(1), on_way: self.circle };
                all.extend(link.instead.iter().map(|one| self.fails(*one, full, heights)));
            }
            causes.push(self.builder.gate(Connective::And, all));
        }
        let gate = self.builder.gate(Connective::Or, causes);
        self.gates.insert((component, level), gate);
        gate
    }

    /// The components that alone take this one down, each by itself or with its groups.
    fn alone(&mut self, component: usize) -> Vec<Arg> {
        let trees = self.trees;
        let alone: Vec<usize> = self.below[&component].alone.iter().copied().collect();
        let mut causes = Vec::new();
        for at in alone {
            let fails_itself = match trees.guarded.get(&at) {
                None => true,
                Some(None) => false,
                Some(Some(graph)) => trees.below(graph, component, (self.uses, self.flow)).alone.contains(&at),
            };
            causes.push(self.event(at, fails_itself));
        }
        causes
    }

    /// Too few replicas work. Without any, always; what users hold in their hands, never.
    fn event(&mut self, at: usize, fails_itself: bool) -> Arg {
        if let Some(known) = self.events.get(&(at, fails_itself)) {
            return *known;
        }
        let trees = self.trees;
        let component = &trees.system.components[trees.graph.ids[at]];
        let arg = if trees.graph.is_client[at] {
            Arg::FALSE
        } else if component.replicas == 0 {
            Arg::TRUE
        } else {
            self.too_few(at, component, fails_itself)
        };
        self.events.insert((at, fails_itself), arg);
        arg
    }

    fn too_few(&mut self, at: usize, component: &Component, fails_itself: bool) -> Arg {
        let trees = self.trees;
        let groups: &[(&str, Option<u32>)] = trees.groups.get(&at).map_or(&[], Vec::as_slice);
        if fails_itself && component.unavailability.is_none() {
            self.without.components.insert(component.id.to_string());
        }
        let figure = component.unavailability.map_or(0.0, text::Ratio::share);
        let mut replicas = Vec::new();
        for number in 1..=component.replicas {
            let mut causes: Vec<Arg> = Vec::new();
            if fails_itself {
                causes.push(self.builder.event(replica_name(component, number), figure));
            }
            for (name, _) in groups.iter().filter(|(_, replica)| *replica == Some(number)) {
                causes.push(self.group(name));
            }
            replicas.push(self.one_of(causes));
        }
        let needed = component.replicas - component.quorum + 1;
        let mut causes = vec![self.builder.gate(Connective::AtLeast(needed), replicas)];
        for (name, _) in groups.iter().filter(|(_, replica)| replica.is_none()) {
            causes.push(self.group(name));
        }
        self.one_of(causes)
    }

    fn one_of(&mut self, causes: Vec<Arg>) -> Arg {
        if let [only] = causes[..] { only } else { self.builder.gate(Connective::Or, causes) }
    }

    fn group(&mut self, name: &'t str) -> Arg {
        if let Some(known) = self.groups.get(name) {
            return *known;
        }
        let figure = self.trees.system.fate_unavailability.get(name);
        let event = format!("shared fate {name}");
        if figure.is_none() {
            self.without.groups.insert(event.clone());
        }
        let arg = self.builder.event(event, figure.map_or(0.0, |figure| figure.share()));
        self.groups.insert(name, arg);
        arg
    }
}

fn replica_name(component: &Component, number: u32) -> String {
    if component.replicas == 1 { component.id.to_string() } else { format!("{} {number}", component.id) }
}
