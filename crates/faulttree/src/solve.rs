//! The conduct: simplify, find modules, compile each, and ask.

use num_bigint::BigUint;

use crate::bracket;
use crate::compile::Plan;
use crate::compiled::{Compiled, Module, Sets};
use crate::cores::{Cores, OneCore};
use crate::count::{Orders, orders};
use crate::graph::{Graph, node};
use crate::module::modules;
use crate::nodes::Full;
use crate::order::Sizes;
use crate::simplify::simplify;
use crate::tree::Tree;
use crate::zbdd::Zbdd;

/// What one solution may cost. Every figure is a count of nodes, so that the same tree is solved or not solved on every
/// machine; a node takes about 80 bytes with its tables, and a million are made in about a third of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of one diagram of one module.
    pub nodes: usize,
    /// Nodes of the minimal sets of one module.
    pub set_nodes: usize,
    /// Nodes of one approximate diagram, when no exact one fits.
    pub bracket_nodes: usize,
}

impl Limits {
    /// 16 million nodes (about 1 GiB and half a minute), as many for sets, 32,000 for brackets.
    pub fn usual() -> Self {
        Self { nodes: 1 << 24, set_nodes: 1 << 24, bracket_nodes: 32_000 }
    }
}

/// Where a value is proven to lie; both ends are the value when it is exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    /// Not below.
    pub low: f64,
    /// Not above.
    pub high: f64,
}

impl Bracket {
    /// Above this share of the upper end a bracket decides nothing.
    pub const DECIDED: f64 = 0.1;

    /// The width as a share of the upper end; 0 when both ends are 0.
    pub fn width(self) -> f64 {
        if self.high > 0.0 { (self.high - self.low) / self.high } else { 0.0 }
    }
}

/// How many minimal sets there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutSets {
    /// In all.
    pub total: BigUint,
    /// By order, from order 0; the last is not zero.
    pub by_order: Vec<BigUint>,
}

/// What follows from a tree.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The probability of the top.
    pub probability: Bracket,
    /// Whether the probability is exact (to floating-point rounding).
    pub exact: bool,
    /// The minimal cut sets, of a tree that is not coherent the minimal sets of what happens (the positive parts); `None`
    /// when the budget did not suffice.
    pub cut_sets: Option<CutSets>,
    /// More happening never undoes the top.
    pub coherent: bool,
    /// Gates that were too big for the budget, after simplification.
    pub too_big: Vec<TooBig>,
    pub(crate) compiled: Option<Compiled>,
}

/// A module for which no order fitted the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooBig {
    /// Its gates.
    pub gates: usize,
    /// Its variables.
    pub variables: usize,
}

/// Solves a tree within limits: exactly where they suffice, else with a proven bracket.
pub fn solve(tree: &Tree, limits: &Limits) -> Solution {
    solve_on(&OneCore, tree, limits)
}

/// The same on the cores that are lent. The solution does not depend on how many there are; memory grows with them.
pub fn solve_on(cores: &dyn Cores, tree: &Tree, limits: &Limits) -> Solution {
    let graph = simplify(Graph::of(tree));
    let mut plan = Plan {
        graph: &graph,
        is_module: modules(&graph),
        sizes: Sizes::of(&graph),
        flipped: vec![false; graph.nodes()],
    };
    let mut solving = Solving {
        compiled: Compiled { count: graph.nodes(), modules: Vec::new(), top: (0, false) },
        counts: vec![None; graph.nodes()],
        counted: true,
        coherent: true,
        limits: *limits,
        cores,
    };
    let mut too_big = Vec::new();
    let mut is_unsolved = vec![false; graph.gates.len()];
    for at in 0..graph.gates.len() {
        if !plan.is_module[at] {
            continue;
        }
        let gates = plan.gates_of(at);
        // What holds a part that was too big is no smaller.
        let is_hopeless = gates.iter().any(|gate| is_unsolved[*gate]);
        let failed = if is_hopeless { None } else { solving.module(&mut plan, at, &gates).err() };
        if is_hopeless || failed.is_some() {
            // From here on its gates belong to the module above.
            plan.is_module[at] = false;
            is_unsolved[at] = true;
            too_big.extend(failed);
        }
    }
    let top = node(graph.top);
    let negated = (graph.top & 1 == 1) != plan.flipped[top];
    solving.compiled.top = (top, negated);
    if !too_big.is_empty() {
        let chances = solving.compiled.chances(tree.events.iter().map(|event| event.probability));
        let gates = plan.gates_of(top - 1 - graph.events);
        let probability = bracket::bracket(&plan, &gates, graph.top, &chances, limits.bracket_nodes, cores);
        return Solution { probability, exact: false, cut_sets: None, coherent: false, too_big, compiled: None };
    }
    solving.solution(tree)
}

/// What is known so far.
struct Solving<'c> {
    cores: &'c dyn Cores,
    compiled: Compiled,
    counts: Vec<Option<Orders>>,
    /// No module was too big for its sets yet.
    counted: bool,
    coherent: bool,
    limits: Limits,
}

impl Solving<'_> {
    fn module(&mut self, plan: &mut Plan<'_>, at: usize, gates: &[usize]) -> Result<(), TooBig> {
        let own = 1 + plan.graph.events + at;
        let Some(mut diagram) = plan.diagram(gates, self.limits.nodes, self.cores) else {
            return Err(TooBig { gates: gates.len(), variables: plan.variables(gates) });
        };
        plan.flipped[own] = diagram.function & 1 == 1;
        diagram.function &= !1;
        let mut module = Module::of(own, &diagram);
        let is_monotone = plan.is_monotone(gates);
        self.coherent &= is_monotone;
        let mut zbdd = Zbdd::new(if self.counted { self.limits.set_nodes } else { 0 });
        match zbdd.minimal(&diagram.bdd, diagram.function, is_monotone) {
            Ok(family) => {
                let variables: Vec<Option<&Orders>> =
                    diagram.variables.iter().map(|variable| self.counts[*variable].as_ref()).collect();
                self.counts[own] = Some(orders(&zbdd, family, &variables));
                module.sets = Some(Sets::of(&zbdd, family, &diagram.variables));
            }
            Err(Full) => self.counted = false,
        }
        self.compiled.modules.push(module);
        Ok(())
    }

    fn solution(self, tree: &Tree) -> Solution {
        let compiled = self.compiled;
        let chances = compiled.chances(tree.events.iter().map(|event| event.probability));
        let probability = compiled.top(&chances).yes;
        let cut_sets = self.counted.then(|| cut_sets(&compiled, &self.counts, tree.events.len()));
        Solution {
            probability: Bracket { low: probability, high: probability },
            exact: true,
            cut_sets,
            coherent: self.coherent && !compiled.top.1,
            too_big: Vec::new(),
            compiled: Some(compiled),
        }
    }
}

fn cut_sets(compiled: &Compiled, counts: &[Option<Orders>], events: usize) -> CutSets {
    let (top, negated) = compiled.top;
    let one = || BigUint::from(1_u8);
    let by_order = match (top, negated) {
        // Never, and what is undone by nothing.
        (0, false) => Vec::new(),
        // Always, or true when nothing happens.
        (_, true) => vec![one()],
        (top, false) if top <= events => vec![BigUint::ZERO, one()],
        (top, false) => counts[top].clone().unwrap_or_default(),
    };
    CutSets { total: by_order.iter().sum(), by_order }
}
