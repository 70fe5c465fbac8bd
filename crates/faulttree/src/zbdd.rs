//! Sets of sets as zero-suppressed decision diagrams, and the minimal ones of a function.
//!
//! S. Minato, *Zero-Suppressed BDDs for Set Manipulation*, DAC 1993; minimal solutions after A. Rauzy, *New Algorithms for
//! Fault Trees Analysis*, Reliability Engineering and System Safety 40, 1993: at a variable, the sets with it are the minimal
//! ones of `high` that hold none of `low`. For a function that is not monotone these are the minimal sets of what happens,
//! whatever does not happen (the positive parts), not prime implicants.

use crate::bdd::{self, Bdd, Function};
use crate::nodes::{Full, Node, Nodes};

/// A family of sets: the number of a node, whose sets are those of `low`, and those of `high` with its variable added.
pub(crate) type Family = u32;

/// No set.
pub(crate) const EMPTY: Family = 0;
/// The empty set alone.
pub(crate) const UNIT: Family = 1;

/// One step of a difference that is under way.
enum Task {
    /// Takes out of a family what the second number stands for.
    Without(Family, u32),
    /// Takes the sets over another family out of the last result.
    Then(Family),
    /// Makes a node of the last two results, and remembers it.
    Make { level: u32, of: (Family, u32) },
    /// Remembers the last result.
    Keep((Family, u32)),
}

/// All families of one module. Only one kind of difference is asked of it, because both are remembered in the same way.
pub(crate) struct Zbdd {
    nodes: Nodes,
    tasks: Vec<Task>,
    results: Vec<Family>,
}

/// Not made yet.
const NONE: Family = u32::MAX;

impl Zbdd {
    pub(crate) fn new(budget: usize) -> Self {
        Self { nodes: Nodes::new(2, budget), tasks: Vec::new(), results: Vec::new() }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        self.nodes.all()
    }

    fn make(&mut self, level: u32, low: Family, high: Family) -> Result<Family, Full> {
        if high == EMPTY { Ok(low) } else { self.nodes.number(Node { level, low, high }) }
    }

    /// The minimal sets of what happens where the function is true.
    pub(crate) fn minimal(&mut self, bdd: &Bdd, function: Function, monotone: bool) -> Result<Family, Full> {
        let mut open = vec![function];
        let mut made = vec![NONE; bdd.nodes().len() * 2];
        (made[bdd::FALSE as usize], made[bdd::TRUE as usize]) = (EMPTY, UNIT);
        while let Some(at) = open.last().copied() {
            if made[at as usize] != NONE {
                open.pop();
                continue;
            }
            let (low, high) = bdd.parts(at);
            match (made[low as usize], made[high as usize]) {
                (NONE, _) => open.push(low),
                (_, NONE) => open.push(high),
                (without, with) => {
                    let with = if monotone {
                        self.difference(with, low, |zbdd, family, function| zbdd.unsatisfying(bdd, family, function))?
                    } else {
                        self.difference(with, without, Self::without)?
                    };
                    made[at as usize] = self.make(bdd.level(at), without, with)?;
                    open.pop();
                }
            }
        }
        Ok(made[function as usize])
    }

    /// Takes out of a family what is given, by one step after the other.
    fn difference(
        &mut self,
        family: Family,
        what: u32,
        mut step: impl FnMut(&mut Self, Family, u32),
    ) -> Result<Family, Full> {
        self.tasks.clear();
        self.results.clear();
        self.tasks.push(Task::Without(family, what));
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Without(family, what) => step(self, family, what),
                Task::Then(what) => {
                    let family = self.results.pop().expect("a result waits");
                    step(self, family, what);
                }
                Task::Make { level, of } => {
                    let low = self.results.pop().expect("two results wait for each node");
                    let high = self.results.pop().expect("two results wait for each node");
                    let made = self.make(level, low, high)?;
                    self.nodes.keep(of, made);
                    self.results.push(made);
                }
                Task::Keep(of) => self.nodes.keep(of, *self.results.last().expect("a result waits")),
            }
        }
        Ok(self.results.pop().expect("the last result is the answer"))
    }

    /// Keeps the sets for which a monotone function is false.
    fn unsatisfying(&mut self, bdd: &Bdd, family: Family, mut function: Function) {
        let node = self.nodes.get(family);
        // What stands above is in no set.
        while function > bdd::TRUE && bdd.level(function) < node.level {
            function = bdd.nodes()[(function >> 1) as usize].low;
        }
        let known = match function {
            _ if family == EMPTY => Some(EMPTY),
            bdd::TRUE => Some(EMPTY),
            bdd::FALSE => Some(family),
            _ => self.nodes.known((family, function)),
        };
        if let Some(known) = known {
            self.results.push(known);
            return;
        }
        let (low, high) = if bdd.level(function) == node.level { bdd.parts(function) } else { (function, function) };
        self.tasks.push(Task::Make { level: node.level, of: (family, function) });
        self.tasks.push(Task::Without(node.low, low));
        self.tasks.push(Task::Without(node.high, high));
    }

    /// Keeps the sets of `left` that hold no set of `right`.
    fn without(&mut self, left: Family, right: Family) {
        let known = match (left, right) {
            (EMPTY, _) | (_, UNIT) => Some(EMPTY),
            (left, right) if left == right => Some(EMPTY),
            (left, EMPTY) => Some(left),
            of => self.nodes.known(of),
        };
        if let Some(known) = known {
            self.results.push(known);
            return;
        }
        let (own, other) = (self.nodes.get(left), self.nodes.get(right));
        if other.level < own.level {
            self.tasks.push(Task::Keep((left, right)));
            self.tasks.push(Task::Without(left, other.low));
        } else if own.level < other.level {
            self.tasks.push(Task::Make { level: own.level, of: (left, right) });
            self.tasks.push(Task::Without(own.low, right));
            self.tasks.push(Task::Without(own.high, right));
        } else {
            self.tasks.push(Task::Make { level: own.level, of: (left, right) });
            self.tasks.push(Task::Without(own.low, other.low));
            self.tasks.push(Task::Then(other.high));
            self.tasks.push(Task::Without(own.high, other.low));
        }
    }
}
