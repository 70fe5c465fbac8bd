//! When no exact diagram fits: two smaller functions, one below and one above, whose probabilities enclose the true one.
//!
//! Every gate is a pair of diagrams, *low* (true only where the gate is) and *high* (true wherever the gate is). A diagram
//! that grows too big is cut: branches that matter least become false in *low* and true in *high* (after K. Ravi and
//! F. Somenzi, *High-Density Reachability Analysis*, ICCAD 1995). Nothing is dropped silently: what is cut widens the
//! bracket. It holds for trees with negations as well, because a negated pair is the pair of the negations, exchanged.

use std::cmp::Reverse;

use foldhash::HashMap;

use crate::bdd::{Bdd, FALSE, Function, TRUE};
use crate::compile::{Plan, join};
use crate::compiled::Chance;
use crate::cores::{self, Cores};
use crate::graph::{Gate, Kind, Literal, node};
use crate::nodes::Full;
use crate::order::{Candidate, candidates};
use crate::solve::Bracket;

/// Nodes of all diagrams together, as a multiple of those of one; above that, what is no longer needed goes.
const ROOM: usize = 48;

/// Nodes with which every order is tried; the best of them gets all nodes.
const ROUGH: usize = 4_000;

/// Diagrams that still do not fit when they are cut to so few nodes become unknown.
const LEAST: usize = 16;

/// By how much everything becomes coarser when there is no room.
const COARSER: usize = 4;

/// How often all arguments of a gate are joined at once, coarser each time, before they are joined one by one.
const WHOLE_TRIES: usize = 3;

/// A bracket narrower than this share of its upper end is not made narrower.
const FINE: f64 = 0.01;

/// Sums of a million products are rounded by less than this share; the ends move outwards by it.
const ROUNDING: f64 = 1e-9;

/// Both ends of a gate.
#[derive(Clone, Copy)]
struct Pair {
    low: Function,
    high: Function,
}

impl Pair {
    const UNKNOWN: Self = Self { low: FALSE, high: TRUE };
    const NEVER: Self = Self { low: FALSE, high: FALSE };
    const ALWAYS: Self = Self { low: TRUE, high: TRUE };

    fn negated(self, negated: bool) -> Self {
        if negated { Self { low: self.high ^ 1, high: self.low ^ 1 } } else { self }
    }
}

/// Encloses the probability of the top. `gates` are those above the variables, each after its arguments.
pub(crate) fn bracket(
    plan: &Plan<'_>,
    gates: &[usize],
    top: Literal,
    chances: &[Chance],
    nodes: usize,
    cores: &dyn Cores,
) -> Bracket {
    let tried = candidates(plan.graph, &plan.sizes, &plan.is_module, gates, cores);
    let run = |candidate: &Candidate, nodes| {
        Bracketing::new(plan, gates, candidate.variables.clone(), chances, nodes).run(top)
    };
    let rough: Vec<Bracket> = cores::all(cores, tried.len(), |at| run(&tried[at], nodes.min(ROUGH)));
    let best = (0..tried.len()).min_by(|left, right| rough[*left].width().total_cmp(&rough[*right].width()));
    let fine = best.filter(|best| nodes > ROUGH && rough[*best].width() > FINE).map(|best| run(&tried[best], nodes));
    // Every one of them holds, so all of them do at once.
    rough.iter().chain(&fine).fold(Bracket { low: 0.0, high: 1.0 }, |all, one| Bracket {
        low: all.low.max(one.low),
        high: all.high.min(one.high),
    })
}

struct Bracketing<'p, 'g> {
    plan: &'p Plan<'g>,
    gates: &'p [usize],
    chances: &'p [Chance],
    variables: Vec<usize>,
    bdd: Bdd,
    made: HashMap<usize, Pair>,
    /// The gate that is under way.
    joined: Vec<Pair>,
    /// How many gates still need each gate.
    uses: HashMap<usize, u32>,
    nodes: usize,
}

impl<'p, 'g> Bracketing<'p, 'g> {
    fn new(plan: &'p Plan<'g>, gates: &'p [usize], variables: Vec<usize>, chances: &'p [Chance], nodes: usize) -> Self {
        let mut uses: HashMap<usize, u32> = HashMap::default();
        for gate in gates {
            plan.graph.gates[*gate].args.iter().for_each(|arg| *uses.entry(node(*arg)).or_default() += 1);
        }
        let bdd = Bdd::new(nodes.saturating_mul(ROOM));
        Self { plan, gates, chances, variables, bdd, made: HashMap::default(), joined: Vec::new(), uses, nodes }
    }

    fn run(mut self, top: Literal) -> Bracket {
        let first = 1 + self.plan.graph.events;
        self.put_variables();
        for gate in self.gates {
            let pair = self.gate(&self.plan.graph.gates[*gate]);
            self.made.insert(first + gate, pair);
            for arg in &self.plan.graph.gates[*gate].args {
                let left = self.uses.entry(node(*arg)).or_default();
                *left -= 1;
                if *left == 0 && self.plan.graph.gate(node(*arg)).is_some() {
                    self.made.remove(&node(*arg));
                }
            }
        }
        let pair = self.made.get(&node(top)).copied().unwrap_or(Pair::UNKNOWN).negated(top & 1 == 1);
        let (low, high) = (self.chance(pair.low), self.chance(pair.high));
        Bracket { low: low * (1.0 - ROUNDING), high: (high * (1.0 + ROUNDING)).min(1.0) }
    }

    fn put_variables(&mut self) {
        self.made.insert(0, Pair::NEVER);
        for (level, variable) in (0_u32..).zip(&self.variables) {
            let pair = match self.bdd.variable(level) {
                Ok(function) => Pair { low: function, high: function },
                Err(Full) => Pair::UNKNOWN,
            };
            self.made.insert(*variable, pair.negated(self.plan.flipped[*variable]));
        }
    }

    /// Joins all arguments within the budget, if need be after everything became coarser, and then one by one.
    fn gate(&mut self, gate: &Gate) -> Pair {
        let mut args = gate.args.clone();
        args.sort_by_key(|arg| Reverse(self.level(*arg)));
        let begin = match gate.kind {
            Kind::And => vec![Pair::ALWAYS],
            Kind::Odd => vec![Pair::NEVER],
            // At least 0, 1, 2, .. of the arguments so far.
            Kind::AtLeast(least) => std::iter::once(Pair::ALWAYS).chain((0..least).map(|_| Pair::NEVER)).collect(),
        };
        let mut limit = self.nodes;
        for _ in 0..WHOLE_TRIES {
            if let Ok(pair) = self.whole(gate) {
                return pair;
            }
            limit /= COARSER;
            self.renew(limit);
        }
        self.joined = begin;
        args.iter().for_each(|arg| self.join(gate.kind, *arg));
        let pair = self.joined.last().copied().unwrap_or(Pair::UNKNOWN);
        self.joined.clear();
        self.cut_pair(pair, self.nodes).unwrap_or(Pair::UNKNOWN)
    }

    fn whole(&mut self, gate: &Gate) -> Result<Pair, Full> {
        let args: Vec<Pair> = gate.args.iter().map(|arg| self.made[&node(*arg)].negated(arg & 1 == 1)).collect();
        if gate.kind == Kind::Odd {
            let odd = args.into_iter().try_fold(Pair::NEVER, |all, arg| self.odd(all, arg))?;
            return self.cut_pair(odd, self.nodes);
        }
        let low = join(&mut self.bdd, gate, args.iter().map(|pair| pair.low).collect())?;
        let high = join(&mut self.bdd, gate, args.iter().map(|pair| pair.high).collect())?;
        self.cut_pair(Pair { low, high }, self.nodes)
    }

    fn level(&self, arg: Literal) -> u32 {
        let pair = self.made[&node(arg)];
        self.bdd.level(pair.low).min(self.bdd.level(pair.high))
    }

    /// Joins one more argument, after everything became coarser, that joined so far included.
    fn join(&mut self, kind: Kind, arg: Literal) {
        let mut limit = self.nodes;
        while limit > LEAST {
            if let Ok(joined) = self.step(kind, self.joined.clone(), arg) {
                self.joined = joined;
                return;
            }
            limit /= COARSER;
            self.renew(limit);
        }
        self.joined.iter_mut().for_each(|pair| *pair = Pair::UNKNOWN);
    }

    fn step(&mut self, kind: Kind, mut joined: Vec<Pair>, arg: Literal) -> Result<Vec<Pair>, Full> {
        let pair = self.made[&node(arg)].negated(arg & 1 == 1);
        match kind {
            Kind::And => joined[0] = self.and(joined[0], pair)?,
            Kind::Odd => joined[0] = self.odd(joined[0], pair)?,
            Kind::AtLeast(_) => {
                for count in (1..joined.len()).rev() {
                    let one_more = self.and(joined[count - 1], pair)?;
                    let either = self.and(one_more.negated(true), joined[count].negated(true))?;
                    joined[count] = either.negated(true);
                }
            }
        }
        Ok(joined)
    }

    fn and(&mut self, left: Pair, right: Pair) -> Result<Pair, Full> {
        Ok(Pair { low: self.bdd.and(left.low, right.low)?, high: self.bdd.and(left.high, right.high)? })
    }

    /// Odd where both are known and differ; not odd where both are known and agree.
    fn odd(&mut self, left: Pair, right: Pair) -> Result<Pair, Full> {
        let bdd = &mut self.bdd;
        let (only_left, only_right) = (bdd.and(left.low, right.high ^ 1)?, bdd.and(left.high ^ 1, right.low)?);
        let (both, neither) = (bdd.and(left.low, right.low)?, bdd.and(left.high ^ 1, right.high ^ 1)?);
        Ok(Pair { low: bdd.or(only_left, only_right)?, high: bdd.or(both, neither)? ^ 1 })
    }

    fn cut_pair(&mut self, pair: Pair, limit: usize) -> Result<Pair, Full> {
        let low = cut(&mut self.bdd, pair.low ^ 1, limit, (&self.variables, self.chances))? ^ 1;
        Ok(Pair { low, high: cut(&mut self.bdd, pair.high, limit, (&self.variables, self.chances))? })
    }

    /// Only what is still needed, cut to the limit, in a new diagram; what does not fit is unknown from now on.
    fn renew(&mut self, limit: usize) {
        let old = std::mem::replace(&mut self.bdd, Bdd::new(self.nodes.saturating_mul(ROOM)));
        let own: foldhash::HashSet<usize> = self.variables.iter().copied().collect();
        let mut kept: Vec<(usize, Pair)> = self
            .made
            .iter()
            .filter(|(at, _)| self.plan.graph.gate(**at).is_some() && !own.contains(at))
            .map(|(at, pair)| (*at, *pair))
            .collect();
        // What is copied first gets what room there is.
        kept.sort_unstable_by_key(|(at, _)| *at);
        self.made.clear();
        self.put_variables();
        for (at, pair) in kept {
            let pair = self.moved(&old, pair, limit).unwrap_or(Pair::UNKNOWN);
            self.made.insert(at, pair);
        }
        for at in 0..self.joined.len() {
            self.joined[at] = self.moved(&old, self.joined[at], limit).unwrap_or(Pair::UNKNOWN);
        }
    }

    fn moved(&mut self, old: &Bdd, pair: Pair, limit: usize) -> Result<Pair, Full> {
        let low = copied(old, &mut self.bdd, pair.low)?;
        let high = copied(old, &mut self.bdd, pair.high)?;
        self.cut_pair(Pair { low, high }, limit)
    }

    fn chance(&self, function: Function) -> f64 {
        chances(&self.bdd, &below(&self.bdd, function, usize::MAX), &self.variables, self.chances)[&(function >> 1)]
            .negated(function & 1 == 1)
            .yes
    }
}

/// Nodes of a function in the order of their numbers, the constant not among them; more than `limit` are not looked for.
fn below(bdd: &Bdd, function: Function, limit: usize) -> Vec<u32> {
    let mut seen = foldhash::HashSet::default();
    let mut open = vec![function >> 1];
    while let Some(at) = open.pop() {
        if at == 0 || !seen.insert(at) {
            continue;
        }
        if seen.len() > limit {
            break;
        }
        let node = bdd.nodes()[at as usize];
        open.extend([node.low >> 1, node.high >> 1]);
    }
    let mut nodes: Vec<u32> = seen.into_iter().collect();
    nodes.sort_unstable();
    nodes
}

fn chances(bdd: &Bdd, nodes: &[u32], variables: &[usize], of: &[Chance]) -> HashMap<u32, Chance> {
    let mut made: HashMap<u32, Chance> = HashMap::default();
    made.insert(0, Chance::NEVER);
    for at in nodes {
        let node = bdd.nodes()[*at as usize];
        let low = made[&(node.low >> 1)].negated(node.low & 1 == 1);
        let high = made[&(node.high >> 1)].negated(node.high & 1 == 1);
        made.insert(*at, of[variables[node.level as usize]].choose(low, high));
    }
    made
}

/// A function above this one with at most `limit` nodes: branches become true that are seldom reached, or seldom false.
fn cut(
    bdd: &mut Bdd,
    function: Function,
    limit: usize,
    (variables, of): (&[usize], &[Chance]),
) -> Result<Function, Full> {
    let nodes = below(bdd, function, limit);
    if nodes.len() <= limit {
        return Ok(function);
    }
    let nodes = below(bdd, function, usize::MAX);
    let made = chances(bdd, &nodes, variables, of);
    // A node and its negation are cut differently, so they are weighed apart.
    let mut weight: HashMap<Function, f64> = HashMap::default();
    weight.insert(function, 1.0);
    let mut loss: Vec<(Function, f64)> = Vec::new();
    for at in nodes.iter().rev() {
        for negated in [0, 1] {
            let own = at << 1 | negated;
            let Some(reach) = weight.get(&own).copied() else { continue };
            loss.push((own, reach * made[at].negated(negated == 1).no));
            let Chance { yes, no } = of[variables[bdd.level(own) as usize]];
            let (low, high) = bdd.parts(own);
            *weight.entry(low).or_default() += reach * no;
            *weight.entry(high).or_default() += reach * yes;
        }
    }
    let mut sorted: Vec<f64> = loss.iter().map(|(_, loss)| *loss).collect();
    sorted.sort_by(|left, right| right.total_cmp(left));
    let least = sorted[(limit / 2).min(sorted.len() - 1)];
    let mut cut: HashMap<Function, Function> = HashMap::from_iter([(FALSE, FALSE), (TRUE, TRUE)]);
    for (own, loss) in loss.into_iter().rev() {
        let new = if loss <= least {
            TRUE
        } else {
            let (low, high) = bdd.parts(own);
            bdd.make(bdd.level(own), cut[&low], cut[&high])?
        };
        cut.insert(own, new);
    }
    Ok(cut[&function])
}

fn copied(from: &Bdd, to: &mut Bdd, function: Function) -> Result<Function, Full> {
    let mut made: HashMap<u32, Function> = HashMap::from_iter([(0, FALSE)]);
    for at in below(from, function, usize::MAX) {
        let node = from.nodes()[at as usize];
        let low = made[&(node.low >> 1)] ^ (node.low & 1);
        let high = made[&(node.high >> 1)] ^ (node.high & 1);
        let new = to.make(node.level, low, high)?;
        made.insert(at, new);
    }
    Ok(made[&(function >> 1)] ^ (function & 1))
}
