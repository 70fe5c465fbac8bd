//! The order of variables decides how big a diagram gets, and no rule is always right; so there is a portfolio.
//!
//! They have three origins, each begun by walks from the top, depth first, which visit the arguments of every gate by a rule:
//! - *walked*: a variable gets its level when it is first met;
//! - *forced*: after that, FORCE (F. Aloul, I. Markov and K. Sakallah, GLSVLSI 2003) over the variables below each gate:
//!   every variable moves to the mean of the centers of its gates, again and again, while the spans of the gates shrink;
//! - *drawn*: FORCE over the circuit itself, where gates have places as well and each pulls at its own arguments only.
//!
//! The shorter the spans, the smaller the diagram tends to be: the orders of each origin are sorted by them.

use std::cmp::Reverse;

use crate::cores::{self, Cores};
use crate::graph::{Graph, node};

/// Rounds of FORCE at most, and how many in vain end it earlier.
const MAX_FORCE_ROUNDS: usize = 60;
const PATIENCE: usize = 5;

/// How many orders of each origin are worth a try.
const EACH: usize = 3;

/// By what the arguments of a gate are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    SmallFirst,
    Written,
    Reversed,
    LeavesThenShared,
    SharedFirst,
    LargeFirst,
    SharedThenSmall,
    AloneThenLarge,
}

const RULES: [Rule; 8] = [
    Rule::SmallFirst,
    Rule::Written,
    Rule::Reversed,
    Rule::LeavesThenShared,
    Rule::SharedFirst,
    Rule::LargeFirst,
    Rule::SharedThenSmall,
    Rule::AloneThenLarge,
];

/// How an order was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Drawn,
    Forced,
    Walked,
}

/// An order that may be worth a try.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) origin: Origin,
    /// Nodes of the graph by level.
    pub(crate) variables: Vec<usize>,
}

/// What the rules look at.
pub(crate) struct Sizes {
    /// Nodes below each node, shared ones counted as often as they are met.
    weight: Vec<u64>,
    parents: Vec<u32>,
}

impl Sizes {
    pub(crate) fn of(graph: &Graph) -> Self {
        let mut weight = vec![1_u64; graph.nodes()];
        for (at, gate) in graph.gates.iter().enumerate() {
            let sum = gate.args.iter().fold(1_u64, |sum, arg| sum.saturating_add(weight[node(*arg)]));
            weight[1 + graph.events + at] = sum;
        }
        Self { weight, parents: graph.parents() }
    }

    fn sort(&self, graph: &Graph, args: &mut [usize], rule: Rule) {
        let weight = |at: &usize| self.weight[*at];
        let shared = |at: &usize| self.parents[*at];
        match rule {
            Rule::Written => {}
            Rule::Reversed => args.reverse(),
            Rule::SmallFirst => args.sort_by_key(weight),
            Rule::LargeFirst => args.sort_by_key(|at| Reverse(weight(at))),
            Rule::SharedFirst => args.sort_by_key(|at| Reverse(shared(at))),
            Rule::LeavesThenShared => args.sort_by_key(|at| (graph.gate(*at).is_some(), Reverse(shared(at)))),
            Rule::SharedThenSmall => args.sort_by_key(|at| (shared(at) < 2, weight(at))),
            Rule::AloneThenLarge => args.sort_by_key(|at| (shared(at), Reverse(weight(at)))),
        }
    }
}

/// The variables below one module in the order of a rule: events, and gates that are modules of their own.
pub(crate) fn walked(graph: &Graph, sizes: &Sizes, is_module: &[bool], root: usize, rule: Rule) -> Vec<usize> {
    let first = 1 + graph.events;
    let mut order = Vec::new();
    let mut seen = foldhash::HashSet::default();
    let mut open = vec![first + root];
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let inner = at.checked_sub(first).filter(|gate| *gate == root || !is_module[*gate]);
        let Some(gate) = inner else {
            order.push(at);
            continue;
        };
        let mut args: Vec<usize> = graph.gates[gate].args.iter().map(|arg| node(*arg)).collect();
        sizes.sort(graph, &mut args, rule);
        open.extend(args.into_iter().rev());
    }
    order
}

/// The orders worth trying, the origins in turn, the most promising of each first.
pub(crate) fn candidates(
    graph: &Graph,
    sizes: &Sizes,
    is_module: &[bool],
    gates: &[usize],
    cores: &dyn Cores,
) -> Vec<Candidate> {
    let Some(root) = gates.last() else { return Vec::new() };
    let circuit = Circuit::of(graph, gates, &walked(graph, sizes, is_module, *root, Rule::Written));
    let of_rule = |at: usize| {
        let begin: Vec<u32> =
            walked(graph, sizes, is_module, *root, RULES[at]).iter().map(|variable| circuit.number[variable]).collect();
        let span = |order: &[u32]| self::span(&circuit.supports, &places(order, circuit.variables.len()));
        let of = |origin, order: &[u32]| Candidate {
            origin,
            variables: order.iter().map(|number| circuit.variables[*number as usize]).collect(),
        };
        let (forced_cost, forced) = force(&circuit.supports, begin.clone());
        let (drawn_cost, drawn) = circuit.drawn(&begin);
        [
            (drawn_cost.saturating_mul(span(&drawn)), of(Origin::Drawn, &drawn)),
            (forced_cost, of(Origin::Forced, &forced)),
            (span(&begin), of(Origin::Walked, &begin)),
        ]
    };
    let mut origins: [Vec<(u64, Candidate)>; 3] = Default::default();
    for found in cores::all(cores, RULES.len(), of_rule) {
        origins.iter_mut().zip(found).for_each(|(orders, one)| orders.push(one));
    }
    for orders in &mut origins {
        orders.sort_by_key(|(cost, _)| *cost);
        orders.dedup_by(|left, right| left.1.variables == right.1.variables);
        orders.truncate(EACH);
    }
    let mut turns = Vec::new();
    for turn in 0..EACH {
        turns.extend(origins.iter().filter_map(|orders| orders.get(turn)).map(|(_, candidate)| candidate.clone()));
    }
    turns
}

/// One module with small numbers: variables first, then gates.
struct Circuit {
    variables: Vec<usize>,
    number: foldhash::HashMap<usize, u32>,
    /// The variables below each gate.
    supports: Vec<Vec<u32>>,
    /// Each gate with its own arguments.
    wires: Vec<Vec<u32>>,
}

impl Circuit {
    fn of(graph: &Graph, gates: &[usize], variables: &[usize]) -> Self {
        let first = 1 + graph.events;
        let all = variables.iter().copied().chain(gates.iter().map(|gate| first + gate));
        let number: foldhash::HashMap<usize, u32> = all.zip(0_u32..).collect();
        let mut supports: Vec<Vec<u32>> = Vec::with_capacity(gates.len());
        let mut wires = Vec::with_capacity(gates.len());
        for gate in gates {
            let args = graph.gates[*gate].args.iter().map(|arg| node(*arg)).filter(|arg| *arg != 0);
            let args: Vec<u32> = args.map(|arg| number[&arg]).collect();
            let mut support = Vec::new();
            for arg in &args {
                match (*arg as usize).checked_sub(variables.len()) {
                    None => support.push(*arg),
                    Some(below) => support.extend_from_slice(&supports[below]),
                }
            }
            support.sort_unstable();
            support.dedup();
            supports.push(support);
            wires.push(std::iter::once(number[&(first + gate)]).chain(args).collect());
        }
        Self { variables: variables.to_vec(), number, supports, wires }
    }

    /// FORCE with gates, which begin at the mean of their arguments; the cost and the order of the variables.
    fn drawn(&self, begin: &[u32]) -> (u64, Vec<u32>) {
        let count = self.variables.len();
        let mut at: Vec<f64> = places(begin, count + self.wires.len()).into_iter().map(f64::from).collect();
        for wire in &self.wires {
            let sum: f64 = wire[1..].iter().map(|arg| at[*arg as usize]).sum();
            at[wire[0] as usize] = sum / (wire.len() - 1).max(1) as f64;
        }
        let (cost, order) = force(&self.wires, sorted(&at));
        (cost, order.into_iter().filter(|number| (*number as usize) < count).collect())
    }
}

/// Numbers by where they are.
fn sorted(at: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..at.len() as u32).collect();
    order.sort_by(|left, right| at[*left as usize].total_cmp(&at[*right as usize]));
    order
}

fn places(order: &[u32], count: usize) -> Vec<u32> {
    let mut place = vec![0; count];
    for (at, number) in (0_u32..).zip(order) {
        place[*number as usize] = at;
    }
    place
}

/// The sum over all groups of the distance between their first and last member.
fn span(groups: &[Vec<u32>], place: &[u32]) -> u64 {
    let one = |group: &Vec<u32>| {
        let ends = group.iter().map(|member| place[*member as usize]);
        let (low, high) = ends.fold((u32::MAX, 0), |(low, high), at| (low.min(at), high.max(at)));
        u64::from(high.saturating_sub(low))
    };
    groups.iter().map(one).sum()
}

/// The best order met, with its span.
fn force(groups: &[Vec<u32>], begin: Vec<u32>) -> (u64, Vec<u32>) {
    let count = begin.len();
    let mut place = places(&begin, count);
    let mut best = (span(groups, &place), begin);
    let mut in_vain = 0;
    for _ in 0..MAX_FORCE_ROUNDS {
        let mut pull = vec![(0.0, 0_u32); count];
        for group in groups {
            let sum: u64 = group.iter().map(|member| u64::from(place[*member as usize])).sum();
            let center = sum as f64 / group.len() as f64;
            for member in group {
                let (sum, times) = &mut pull[*member as usize];
                *sum += center;
                *times += 1;
            }
        }
        let rest = |(at, (sum, times)): (usize, &(f64, u32))| match times {
            0 => f64::from(place[at]),
            times => sum / f64::from(*times),
        };
        let at: Vec<f64> = pull.iter().enumerate().map(rest).collect();
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_by(|left, right| {
            let (left, right) = (*left as usize, *right as usize);
            at[left].total_cmp(&at[right]).then(place[left].cmp(&place[right]))
        });
        place = places(&order, count);
        let cost = span(groups, &place);
        in_vain = if cost < best.0 { 0 } else { in_vain + 1 };
        if cost < best.0 {
            best = (cost, order);
        }
        if in_vain == PATIENCE {
            break;
        }
    }
    best
}
