//! Binary decision diagrams: reduced, ordered, with negated edges, within a budget of nodes.
//!
//! R. Bryant, *Graph-Based Algorithms for Boolean Function Manipulation*, IEEE Transactions on Computers C-35(8), 1986;
//! negated edges after K. Brace, R. Rudell and R. Bryant, DAC 1990. An edge to `low` is never negated, so a function that
//! is false when nothing happens is never negated, and coherent trees have no negated edge at all. Nothing recurses,
//! whatever the depth.

use crate::nodes::{Full, Node, Nodes};

/// A function: the number of a node, negated when the lowest bit is set.
pub(crate) type Function = u32;

pub(crate) const FALSE: Function = 0;
pub(crate) const TRUE: Function = 1;

/// What two functions are joined by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    And,
    Odd,
}

impl Join {
    /// What a result is remembered by; functions have 31 bits, and *odd* marks the free one.
    fn key(self, left: Function, right: Function) -> (u32, u32) {
        match self {
            Self::And => (left, right),
            Self::Odd => (left | 1 << 31, right),
        }
    }
}

/// One step of a joining that is under way.
enum Task {
    Join(Function, Function),
    /// Makes a node of the last two results, and remembers it for these two functions; negates it for *odd*.
    Make {
        level: u32,
        left: Function,
        right: Function,
        negated: u32,
    },
}

/// All nodes of one module under one order.
pub(crate) struct Bdd {
    nodes: Nodes,
    tasks: Vec<Task>,
    results: Vec<Function>,
}

impl Bdd {
    pub(crate) fn new(budget: usize) -> Self {
        Self { nodes: Nodes::new(1, budget), tasks: Vec::new(), results: Vec::new() }
    }

    /// All nodes; those of one function are among them, each after its children.
    pub(crate) fn nodes(&self) -> &[Node] {
        self.nodes.all()
    }

    pub(crate) fn level(&self, function: Function) -> u32 {
        self.nodes.get(function >> 1).level
    }

    /// The function without and with the variable of its first level.
    pub(crate) fn parts(&self, function: Function) -> (Function, Function) {
        let node = self.nodes.get(function >> 1);
        (node.low ^ (function & 1), node.high ^ (function & 1))
    }

    pub(crate) fn variable(&mut self, level: u32) -> Result<Function, Full> {
        self.make(level, FALSE, TRUE)
    }

    pub(crate) fn make(&mut self, level: u32, low: Function, high: Function) -> Result<Function, Full> {
        if low == high {
            return Ok(low);
        }
        let negated = low & 1;
        let number = self.nodes.number(Node { level, low: low ^ negated, high: high ^ negated })?;
        Ok(number << 1 | negated)
    }

    pub(crate) fn and(&mut self, left: Function, right: Function) -> Result<Function, Full> {
        self.join(Join::And, left, right)
    }

    pub(crate) fn or(&mut self, left: Function, right: Function) -> Result<Function, Full> {
        Ok(self.and(left ^ 1, right ^ 1)? ^ 1)
    }

    pub(crate) fn odd(&mut self, left: Function, right: Function) -> Result<Function, Full> {
        self.join(Join::Odd, left, right)
    }

    fn join(&mut self, join: Join, left: Function, right: Function) -> Result<Function, Full> {
        self.tasks.clear();
        self.results.clear();
        self.tasks.push(Task::Join(left, right));
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Join(left, right) => self.step(join, left, right),
                Task::Make { level, left, right, negated } => {
                    let low = self.results.pop().expect("two results wait for each node");
                    let high = self.results.pop().expect("two results wait for each node");
                    let made = self.make(level, low, high)?;
                    self.nodes.keep(join.key(left, right), made);
                    self.results.push(made ^ negated);
                }
            }
        }
        Ok(self.results.pop().expect("the last result is the answer"))
    }

    /// Pushes the result when it is known, else the work it takes.
    fn step(&mut self, join: Join, mut left: Function, mut right: Function) {
        let mut negated = 0;
        if join == Join::Odd {
            negated = (left ^ right) & 1;
            (left, right) = (left & !1, right & !1);
        }
        if left > right {
            std::mem::swap(&mut left, &mut right);
        }
        let known = match join {
            Join::And if left == FALSE => Some(FALSE),
            Join::And if left == TRUE || left == right => Some(right),
            Join::And if left ^ 1 == right => Some(FALSE),
            Join::Odd if left == FALSE => Some(right),
            Join::Odd if left == right => Some(FALSE),
            Join::And | Join::Odd => self.nodes.known(join.key(left, right)),
        };
        if let Some(known) = known {
            self.results.push(known ^ negated);
            return;
        }
        let level = self.level(left).min(self.level(right));
        let (left_low, left_high) = if self.level(left) == level { self.parts(left) } else { (left, left) };
        let (right_low, right_high) = if self.level(right) == level { self.parts(right) } else { (right, right) };
        self.tasks.push(Task::Make { level, left, right, negated });
        self.tasks.push(Task::Join(left_low, right_low));
        self.tasks.push(Task::Join(left_high, right_high));
    }

    /// Which nodes a function is made of.
    pub(crate) fn reached(&self, function: Function) -> Vec<bool> {
        let top = (function >> 1) as usize;
        let mut reached = vec![false; top + 1];
        reached[top] = true;
        for at in (1..=top).rev() {
            if reached[at] {
                let node = self.nodes()[at];
                reached[(node.low >> 1) as usize] = true;
                reached[(node.high >> 1) as usize] = true;
            }
        }
        reached
    }
}
