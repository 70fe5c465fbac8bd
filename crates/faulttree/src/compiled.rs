//! A tree compiled once and asked often: its modules as flat lists of nodes, each after those it refers to.

use crate::bdd::{self, Function};
use crate::compile::Diagram;
use crate::zbdd::{self, Family};

/// Chance of happening and of not happening. Both are sums of products, so that neither is rounded away beside the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chance {
    pub(crate) yes: f64,
    pub(crate) no: f64,
}

impl Chance {
    pub(crate) const NEVER: Self = Self { yes: 0.0, no: 1.0 };

    pub(crate) fn of(probability: f64) -> Self {
        Self { yes: probability, no: 1.0 - probability }
    }

    pub(crate) fn negated(self, negated: bool) -> Self {
        if negated { Self { yes: self.no, no: self.yes } } else { self }
    }

    /// The chance of `high` where this happens, and of `low` where not.
    pub(crate) fn choose(self, low: Self, high: Self) -> Self {
        Self { yes: self.yes * high.yes + self.no * low.yes, no: self.yes * high.no + self.no * low.no }
    }
}

/// If the variable happens, `high`, else `low`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) variable: u32,
    pub(crate) low: Function,
    pub(crate) high: Function,
}

/// One module.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// The node of the tree that it is a variable for.
    pub(crate) node: u32,
    /// Its variables in their order, the top one first.
    pub(crate) variables: Vec<u32>,
    /// From below; node 0 is the constant.
    pub(crate) nodes: Vec<Node>,
    /// Never negated: a module that is true when nothing happens is kept the other way round.
    pub(crate) function: Function,
    /// Its minimal sets, when they were within the budget; from below, 0 no set and 1 the empty set.
    pub(crate) sets: Option<Sets>,
}

/// A family of sets.
#[derive(Clone, Debug)]
pub(crate) struct Sets {
    pub(crate) nodes: Vec<SetNode>,
    pub(crate) family: Family,
}

/// The sets of `low`, and those of `high` with the variable added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetNode {
    pub(crate) variable: u32,
    pub(crate) low: Family,
    pub(crate) high: Family,
}

/// The whole tree, modules before those they are variables of.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// Nodes of the tree: the constant, events, gates.
    pub(crate) count: usize,
    pub(crate) modules: Vec<Module>,
    /// The node of the top, and whether it is negated.
    pub(crate) top: (usize, bool),
}

impl Module {
    /// What the function of a diagram needs, and nothing else.
    pub(crate) fn of(node: usize, diagram: &Diagram) -> Self {
        let reached = diagram.bdd.reached(diagram.function);
        let mut moved = vec![0_u32; reached.len()];
        let mut nodes = vec![Node { variable: 0, low: bdd::FALSE, high: bdd::FALSE }];
        for (at, _) in reached.iter().enumerate().skip(1).filter(|(_, reached)| **reached) {
            let old = diagram.bdd.nodes()[at];
            let to = |function: Function| moved[(function >> 1) as usize] << 1 | (function & 1);
            let variable = diagram.variables[old.level as usize] as u32;
            nodes.push(Node { variable, low: to(old.low), high: to(old.high) });
            moved[at] = (nodes.len() - 1) as u32;
        }
        let function = moved[(diagram.function >> 1) as usize] << 1 | (diagram.function & 1);
        let variables = diagram.variables.iter().map(|variable| *variable as u32).collect();
        Self { node: node as u32, variables, nodes, function, sets: None }
    }

    /// The chance of the module, given that of each variable by node. `scratch` is reused.
    pub(crate) fn chance(&self, of: &[Chance], scratch: &mut Vec<Chance>) -> Chance {
        self.chances(of, scratch);
        scratch[(self.function >> 1) as usize]
    }

    /// The chance of each node, into `chances`.
    pub(crate) fn chances(&self, of: &[Chance], chances: &mut Vec<Chance>) {
        chances.clear();
        chances.push(Chance::NEVER);
        for node in &self.nodes[1..] {
            let low = chances[(node.low >> 1) as usize].negated(node.low & 1 == 1);
            let high = chances[(node.high >> 1) as usize].negated(node.high & 1 == 1);
            chances.push(of[node.variable as usize].choose(low, high));
        }
    }
}

impl Sets {
    /// What a family needs, and nothing else.
    pub(crate) fn of(zbdd: &zbdd::Zbdd, family: Family, variables: &[usize]) -> Self {
        let mut reached = vec![false; family as usize + 1];
        reached[family as usize] = true;
        for at in (2..reached.len()).rev() {
            if reached[at] {
                reached[zbdd.nodes()[at].low as usize] = true;
                reached[zbdd.nodes()[at].high as usize] = true;
            }
        }
        let bottom = SetNode { variable: 0, low: zbdd::EMPTY, high: zbdd::EMPTY };
        let mut moved: Vec<u32> = (0..reached.len().max(2) as u32).collect();
        let mut nodes = vec![bottom, bottom];
        for (at, _) in reached.iter().enumerate().skip(2).filter(|(_, reached)| **reached) {
            let old = zbdd.nodes()[at];
            let variable = variables[old.level as usize] as u32;
            nodes.push(SetNode { variable, low: moved[old.low as usize], high: moved[old.high as usize] });
            moved[at] = (nodes.len() - 1) as u32;
        }
        Self { nodes, family: moved[family as usize] }
    }
}

impl Compiled {
    /// The chance of every node that is an event or a module, given those of the events.
    pub(crate) fn chances(&self, events: impl Iterator<Item = f64>) -> Vec<Chance> {
        let mut of = vec![Chance::NEVER];
        of.extend(events.map(Chance::of));
        of.resize(self.count, Chance::NEVER);
        let mut scratch = Vec::new();
        for module in &self.modules {
            of[module.node as usize] = module.chance(&of, &mut scratch);
        }
        of
    }

    /// The chance of the top, given that of every node.
    pub(crate) fn top(&self, of: &[Chance]) -> Chance {
        of[self.top.0].negated(self.top.1)
    }
}
