//! Binary decision diagrams: reduced, ordered, with negated edges, within a budget of nodes.
//!
//! R. Bryant, *Graph-Based Algorithms for Boolean Function Manipulation*, IEEE Transactions on Computers C-35(8), 1986;
//! negated edges after K. Brace, R. Rudell and R. Bryant, DAC 1990. An edge to `low` is never negated, so a function that
//! is false when nothing happens is never negated, and coherent trees have no negated edge at all.
//!
//! Nothing is freed: one diagram belongs to one module and one order, and is dropped as a whole. Nodes stand after those
//! they refer to, so one walk over the numbers computes anything from below. Nothing recurses, whatever the depth.

use std::hash::{BuildHasher, Hasher};

/// A function: the number of a node, negated when the lowest bit is set.
pub(crate) type Function = u32;

pub(crate) const FALSE: Function = 0;
pub(crate) const TRUE: Function = 1;

/// The level of the constant, below all variables.
pub(crate) const BOTTOM: u32 = u32::MAX;

/// The budget of nodes is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// If the variable of this level happens, `high`, else `low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) level: u32,
    pub(crate) low: Function,
    pub(crate) high: Function,
}

/// What two functions are joined by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    And,
    Odd,
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
    nodes: Vec<Node>,
    /// Numbers of nodes by hash; 0 is free, because nobody looks for the constant.
    table: Vec<u32>,
    /// Results of joining, newest wins.
    cache: Vec<(Function, Function, Function)>,
    budget: usize,
    tasks: Vec<Task>,
    results: Vec<Function>,
}

/// Slots of the first table; both tables double as nodes come.
const FIRST_SLOTS: usize = 1 << 10;

/// Marks results of *odd* in the cache; functions have 31 bits.
const ODD_MARK: u32 = 1 << 31;

impl Bdd {
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            nodes: vec![Node { level: BOTTOM, low: FALSE, high: FALSE }],
            table: vec![0; FIRST_SLOTS],
            cache: vec![(0, 0, 0); FIRST_SLOTS],
            budget: budget.min(1 << 30),
            tasks: Vec::new(),
            results: Vec::new(),
        }
    }

    /// All nodes; those of one function are among them, each after its children.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn level(&self, function: Function) -> u32 {
        self.nodes[(function >> 1) as usize].level
    }

    /// The function without and with the variable of its first level.
    pub(crate) fn parts(&self, function: Function) -> (Function, Function) {
        let node = self.nodes[(function >> 1) as usize];
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
        let node = Node { level, low: low ^ negated, high: high ^ negated };
        let mask = self.table.len() - 1;
        let mut slot = hash(node.level, node.low, node.high) & mask;
        loop {
            let found = self.table[slot];
            if found == 0 {
                break;
            }
            if self.nodes[found as usize] == node {
                return Ok(found << 1 | negated);
            }
            slot = (slot + 1) & mask;
        }
        if self.nodes.len() >= self.budget {
            return Err(Full);
        }
        let number = self.nodes.len() as u32;
        self.table[slot] = number;
        self.nodes.push(node);
        if self.nodes.len() * 2 > self.table.len() {
            self.grow();
        }
        Ok(number << 1 | negated)
    }

    fn grow(&mut self) {
        let slots = self.table.len() * 4;
        let mask = slots - 1;
        self.table = vec![0; slots];
        for (number, node) in self.nodes.iter().enumerate().skip(1) {
            let mut slot = hash(node.level, node.low, node.high) & mask;
            while self.table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = number as u32;
        }
        let old = std::mem::replace(&mut self.cache, vec![(0, 0, 0); slots / 2]);
        for entry in old.into_iter().filter(|entry| entry.0 != 0) {
            let slot = hash(0, entry.0, entry.1) & (self.cache.len() - 1);
            self.cache[slot] = entry;
        }
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
        let mark = if join == Join::Odd { ODD_MARK } else { 0 };
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Join(left, right) => self.step(join, left, right),
                Task::Make { level, left, right, negated } => {
                    let low = self.results.pop().expect("two results wait for each node");
                    let high = self.results.pop().expect("two results wait for each node");
                    let made = self.make(level, low, high)?;
                    let slot = hash(mark, left, right) & (self.cache.len() - 1);
                    self.cache[slot] = (left | mark, right, made);
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
            Join::And | Join::Odd => None,
        };
        if let Some(known) = known {
            self.results.push(known ^ negated);
            return;
        }
        let mark = if join == Join::Odd { ODD_MARK } else { 0 };
        let cached = self.cache[hash(mark, left, right) & (self.cache.len() - 1)];
        if (cached.0, cached.1) == (left | mark, right) {
            self.results.push(cached.2 ^ negated);
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
                reached[(self.nodes[at].low >> 1) as usize] = true;
                reached[(self.nodes[at].high >> 1) as usize] = true;
            }
        }
        reached
    }
}

/// Spreads three numbers over all bits.
pub(crate) fn hash(first: u32, second: u32, third: u32) -> usize {
    let mut hasher = foldhash::fast::FixedState::with_seed(0).build_hasher();
    hasher.write_u64(u64::from(second) << 32 | u64::from(third));
    hasher.write_u32(first);
    hasher.finish() as usize
}
