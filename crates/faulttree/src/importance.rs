//! How much each event matters: all derivatives in one sweep from the top.
//!
//! With `P` the probability of the top, `p` that of the event and `B = dP/dp` (Birnbaum):
//! criticality `p B / P`, risk achievement worth `P(x=1) / P`, risk reduction worth `P / P(x=0)`, diagnostic
//! `p P(x=1) / P`, and Fussell-Vesely, the probability of the union of the minimal sets that hold the event, over `P`.
//! Fussell-Vesely lies between criticality and diagnostic for coherent trees; it is computed exactly where the sets are
//! few enough, and else stated as that range.

use crate::bdd::{self, Bdd};
use crate::compiled::{Chance, Compiled, Module, Sets};
use crate::nodes::Full;
use crate::solve::{Bracket, Solution};
use crate::tree::Tree;

/// Nodes of minimal sets times variables of one module, above which Fussell-Vesely is stated as a range.
const MAX_FUSSELL_WORK: usize = 20_000_000;

/// Nodes of the diagram of one union of sets.
const MAX_UNION_NODES: usize = 1 << 21;

/// What one event means for the top. Ratios over a probability of 0 are 0 or infinite.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// Its name.
    pub event: String,
    /// Its probability.
    pub probability: f64,
    /// The derivative of the top's probability.
    pub birnbaum: f64,
    /// The share of the top's probability that goes when the event never happens.
    pub criticality: f64,
    /// The chance that the event happened, given the top.
    pub diagnostic: f64,
    /// See the module; both ends are equal when it is exact. `None` for trees that are not coherent.
    pub fussell_vesely: Option<Bracket>,
    /// By how much the top gets likelier when the event is certain.
    pub achievement_worth: f64,
    /// By how much the top gets less likely when the event never happens.
    pub reduction_worth: f64,
}

/// The importance of every event that the top depends on, in the order of the tree. `None` when the tree was too big.
pub fn importance(tree: &Tree, solution: &Solution) -> Option<Vec<Importance>> {
    let compiled = solution.compiled.as_ref()?;
    let chances = compiled.chances(tree.events.iter().map(|event| event.probability));
    let top = compiled.top(&chances).yes;
    let derivatives = derivatives(compiled, &chances);
    let reached = reached(compiled);
    let unions = solution.coherent.then(|| unions(compiled, &chances)).flatten();
    let over = |part: f64| if top > 0.0 { part / top } else { 0.0 };
    let mut all = Vec::new();
    for (at, event) in tree.events.iter().enumerate().filter(|(at, _)| reached[at + 1]) {
        let (p, birnbaum) = (event.probability, derivatives[at + 1]);
        let with = top + (1.0 - p) * birnbaum;
        // The difference loses all digits where one event is nearly all there is.
        let without = compiled.without(tree, at);
        let (criticality, diagnostic) = (over(p * birnbaum), over(p * with));
        let exact = unions.as_ref().map(|unions| over(unions[at + 1])).map(|value| Bracket { low: value, high: value });
        let range = || Bracket { low: criticality, high: diagnostic.min(1.0) };
        all.push(Importance {
            event: event.name.clone(),
            probability: p,
            birnbaum,
            criticality,
            diagnostic,
            fussell_vesely: solution.coherent.then(|| exact.unwrap_or_else(range)),
            achievement_worth: over(with),
            reduction_worth: match without.unwrap_or(top - p * birnbaum) {
                _ if top == 0.0 => 0.0,
                without => top / without.max(0.0),
            },
        });
    }
    Some(all)
}

/// Above this many nodes times events the top without an event is a difference, not computed anew.
const MAX_ANEW_WORK: usize = 50_000_000;

impl Compiled {
    /// The top when one event never happens; `None` when that is too much work.
    fn without(&self, tree: &Tree, event: usize) -> Option<f64> {
        let nodes: usize = self.modules.iter().map(|module| module.nodes.len()).sum();
        (nodes.saturating_mul(tree.events.len()) <= MAX_ANEW_WORK).then(|| {
            let probability =
                |(at, other): (usize, &crate::tree::Event)| if at == event { 0.0 } else { other.probability };
            self.top(&self.chances(tree.events.iter().enumerate().map(probability))).yes
        })
    }
}

/// Nodes of the tree that some module, or the top, depends on.
fn reached(compiled: &Compiled) -> Vec<bool> {
    let mut reached = vec![false; compiled.count];
    reached[compiled.top.0] = true;
    for module in compiled.modules.iter().rev().filter(|module| module.function > 1) {
        if reached[module.node as usize] {
            module.nodes[1..].iter().for_each(|node| reached[node.variable as usize] = true);
        }
    }
    reached
}

/// The derivative of the top by the chance of every event and module.
fn derivatives(compiled: &Compiled, chances: &[Chance]) -> Vec<f64> {
    let mut derivatives = vec![0.0; compiled.count];
    derivatives[compiled.top.0] = if compiled.top.1 { -1.0 } else { 1.0 };
    let (mut of_nodes, mut weights) = (Vec::new(), Vec::new());
    for module in compiled.modules.iter().rev() {
        let own = derivatives[module.node as usize];
        if own == 0.0 {
            continue;
        }
        module.chances(chances, &mut of_nodes);
        sweep(module, own, chances, &of_nodes, &mut weights, &mut derivatives);
    }
    derivatives
}

fn sweep(
    module: &Module,
    own: f64,
    chances: &[Chance],
    of_nodes: &[Chance],
    weights: &mut Vec<f64>,
    derivatives: &mut [f64],
) {
    let signed = |function: bdd::Function| if function & 1 == 1 { -1.0 } else { 1.0 };
    let yes = |function: bdd::Function| of_nodes[(function >> 1) as usize].negated(function & 1 == 1).yes;
    weights.clear();
    weights.resize(module.nodes.len(), 0.0);
    weights[(module.function >> 1) as usize] = own;
    for (at, node) in module.nodes.iter().enumerate().skip(1).rev() {
        let weight = weights[at];
        let Chance { yes: p, no: q } = chances[node.variable as usize];
        derivatives[node.variable as usize] += weight * (yes(node.high) - yes(node.low));
        weights[(node.high >> 1) as usize] += weight * p * signed(node.high);
        weights[(node.low >> 1) as usize] += weight * q * signed(node.low);
    }
}

/// The probability of the union of the minimal sets of the top that hold each node; `None` when that is too much work.
///
/// What holds a module holds it as a factor of its own, and the rest of those sets is independent of it.
fn unions(compiled: &Compiled, chances: &[Chance]) -> Option<Vec<f64>> {
    let mut unions = vec![0.0; compiled.count];
    unions[compiled.top.0] = chances[compiled.top.0].yes;
    for module in compiled.modules.iter().rev() {
        let (own, chance) = (unions[module.node as usize], chances[module.node as usize].yes);
        if own == 0.0 || chance == 0.0 {
            continue;
        }
        let sets = module.sets.as_ref()?;
        for (variable, union) in of_module(module, sets, chances)? {
            unions[variable] = own / chance * union;
        }
    }
    Some(unions)
}

/// For each variable of a module, the probability of the union of its sets that hold it.
fn of_module(module: &Module, sets: &Sets, chances: &[Chance]) -> Option<Vec<(usize, f64)>> {
    if sets.nodes.len().saturating_mul(module.variables.len()) > MAX_FUSSELL_WORK {
        return None;
    }
    let level_of: foldhash::HashMap<u32, u32> = module.variables.iter().copied().zip(0_u32..).collect();
    let mut unions = Unions { sets, level_of: &level_of, bdd: Bdd::new(MAX_UNION_NODES), whole: Vec::new() };
    unions.whole().ok()?;
    let mut made = Vec::new();
    for (level, variable) in (0_u32..).zip(&module.variables) {
        let function = unions.holding(level).ok()?;
        made.push((*variable as usize, probability(&unions.bdd, function, &module.variables, chances)));
    }
    Some(made)
}

struct Unions<'s> {
    sets: &'s Sets,
    level_of: &'s foldhash::HashMap<u32, u32>,
    bdd: Bdd,
    /// The union of the sets of each node.
    whole: Vec<bdd::Function>,
}

impl Unions<'_> {
    fn whole(&mut self) -> Result<(), Full> {
        self.whole = vec![bdd::FALSE, bdd::TRUE];
        for at in 2..self.sets.nodes.len() {
            let node = self.sets.nodes[at];
            let (low, high) = (self.whole[node.low as usize], self.whole[node.high as usize]);
            let either = self.bdd.or(low, high)?;
            let made = self.bdd.make(self.level_of[&node.variable], low, either)?;
            self.whole.push(made);
        }
        Ok(())
    }

    /// The union of those sets that hold the variable of a level.
    fn holding(&mut self, level: u32) -> Result<bdd::Function, Full> {
        let mut made = vec![bdd::FALSE; self.sets.nodes.len()];
        for at in 2..self.sets.nodes.len() {
            let node = self.sets.nodes[at];
            let own = self.level_of[&node.variable];
            made[at] = match own.cmp(&level) {
                std::cmp::Ordering::Greater => bdd::FALSE,
                std::cmp::Ordering::Equal => self.bdd.make(own, bdd::FALSE, self.whole[node.high as usize])?,
                std::cmp::Ordering::Less => {
                    let (low, high) = (made[node.low as usize], made[node.high as usize]);
                    let either = self.bdd.or(low, high)?;
                    self.bdd.make(own, low, either)?
                }
            };
        }
        Ok(made[self.sets.family as usize])
    }
}

fn probability(bdd: &Bdd, function: bdd::Function, variables: &[u32], chances: &[Chance]) -> f64 {
    let reached = bdd.reached(function);
    let mut made = vec![Chance::NEVER; reached.len()];
    for at in (1..reached.len()).filter(|at| reached[*at]) {
        let node = bdd.nodes()[at];
        let low = made[(node.low >> 1) as usize].negated(node.low & 1 == 1);
        let high = made[(node.high >> 1) as usize].negated(node.high & 1 == 1);
        made[at] = chances[variables[node.level as usize] as usize].choose(low, high);
    }
    made[(function >> 1) as usize].negated(function & 1 == 1).yes
}
