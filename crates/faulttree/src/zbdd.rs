//! Sets of sets as zero-suppressed decision diagrams, and the minimal ones of a function.
//!
//! S. Minato, *Zero-Suppressed BDDs for Set Manipulation*, DAC 1993; minimal solutions after A. Rauzy, *New Algorithms for
//! Fault Trees Analysis*, Reliability Engineering and System Safety 40, 1993: at a variable, the sets with it are the minimal
//! ones of `high` that hold none of `low`. For a function that is not monotone these are the minimal sets of what happens,
//! whatever does not happen (the positive parts), not prime implicants.

use crate::bdd::{Bdd, Full, Function, hash};

/// A family of sets: the number of a node.
pub(crate) type Family = u32;

/// No set.
pub(crate) const EMPTY: Family = 0;
/// The empty set alone.
pub(crate) const UNIT: Family = 1;

/// The sets of `low`, and those of `high` with the variable of this level added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) level: u32,
    pub(crate) low: Family,
    pub(crate) high: Family,
}

/// One step of a difference that is under way.
enum Task {
    Without(Family, Family),
    /// Takes the sets over another family out of the last result.
    Then(Family),
    /// Makes a node of the last two results, and remembers it.
    Make {
        level: u32,
        left: Family,
        right: Family,
    },
    /// Remembers the last result.
    Keep {
        left: Family,
        right: Family,
    },
}

/// All families of one module.
pub(crate) struct Zbdd {
    nodes: Vec<Node>,
    table: Vec<u32>,
    cache: Vec<(Family, Family, Family)>,
    budget: usize,
    tasks: Vec<Task>,
    results: Vec<Family>,
}

/// Not made yet.
const NONE: Family = u32::MAX;

const FIRST_SLOTS: usize = 1 << 10;

impl Zbdd {
    pub(crate) fn new(budget: usize) -> Self {
        let bottom = Node { level: u32::MAX, low: EMPTY, high: EMPTY };
        Self {
            nodes: vec![bottom, bottom],
            table: vec![0; FIRST_SLOTS],
            cache: vec![(0, 0, 0); FIRST_SLOTS],
            budget: budget.min(1 << 30),
            tasks: Vec::new(),
            results: Vec::new(),
        }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn make(&mut self, level: u32, low: Family, high: Family) -> Result<Family, Full> {
        if high == EMPTY {
            return Ok(low);
        }
        let node = Node { level, low, high };
        let mask = self.table.len() - 1;
        let mut slot = hash(level, low, high) & mask;
        while self.table[slot] != 0 {
            if self.nodes[self.table[slot] as usize] == node {
                return Ok(self.table[slot]);
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
        Ok(number)
    }

    fn grow(&mut self) {
        let slots = self.table.len() * 4;
        let mask = slots - 1;
        self.table = vec![0; slots];
        for (number, node) in self.nodes.iter().enumerate().skip(2) {
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

    /// The minimal sets of what happens where the function is true.
    pub(crate) fn minimal(&mut self, bdd: &Bdd, function: Function, monotone: bool) -> Result<Family, Full> {
        let mut open = vec![function];
        let mut made = vec![NONE; bdd.nodes().len() * 2];
        (made[crate::bdd::FALSE as usize], made[crate::bdd::TRUE as usize]) = (EMPTY, UNIT);
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
                    let with = if monotone { self.unsatisfying(bdd, with, low)? } else { self.without(with, without)? };
                    made[at as usize] = self.make(bdd.level(at), without, with)?;
                    open.pop();
                }
            }
        }
        Ok(made[function as usize])
    }

    /// The sets of a family for which a monotone function is false.
    fn unsatisfying(&mut self, bdd: &Bdd, family: Family, function: Function) -> Result<Family, Full> {
        self.tasks.clear();
        self.results.clear();
        self.tasks.push(Task::Without(family, function));
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Without(family, mut function) => {
                    let level = self.nodes[family as usize].level;
                    // What stands above is in no set.
                    while function > 1 && bdd.level(function) < level {
                        function = bdd.nodes()[(function >> 1) as usize].low;
                    }
                    if family == EMPTY || function == crate::bdd::TRUE {
                        self.results.push(EMPTY);
                        continue;
                    }
                    if function == crate::bdd::FALSE {
                        self.results.push(family);
                        continue;
                    }
                    let cached = self.cache[hash(0, family, function) & (self.cache.len() - 1)];
                    if (cached.0, cached.1) == (family, function) {
                        self.results.push(cached.2);
                        continue;
                    }
                    let node = self.nodes[family as usize];
                    let (low, high) =
                        if bdd.level(function) == level { bdd.parts(function) } else { (function, function) };
                    self.tasks.push(Task::Make { level, left: family, right: function });
                    self.tasks.push(Task::Without(node.low, low));
                    self.tasks.push(Task::Without(node.high, high));
                }
                Task::Make { level, left, right } => {
                    let low = self.results.pop().expect("two results wait for each node");
                    let high = self.results.pop().expect("two results wait for each node");
                    let made = self.make(level, low, high)?;
                    let slot = hash(0, left, right) & (self.cache.len() - 1);
                    self.cache[slot] = (left, right, made);
                    self.results.push(made);
                }
                Task::Then(_) | Task::Keep { .. } => {}
            }
        }
        Ok(self.results.pop().expect("the last result is the answer"))
    }

    /// The sets of `left` that hold no set of `right`.
    pub(crate) fn without(&mut self, left: Family, right: Family) -> Result<Family, Full> {
        self.tasks.clear();
        self.results.clear();
        self.tasks.push(Task::Without(left, right));
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Without(left, right) => self.step(left, right),
                Task::Then(right) => {
                    let left = self.results.pop().expect("a result waits");
                    self.step(left, right);
                }
                Task::Make { level, left, right } => {
                    let low = self.results.pop().expect("two results wait for each node");
                    let high = self.results.pop().expect("two results wait for each node");
                    let made = self.make(level, low, high)?;
                    self.keep(left, right, made);
                    self.results.push(made);
                }
                Task::Keep { left, right } => {
                    let made = *self.results.last().expect("a result waits");
                    self.keep(left, right, made);
                }
            }
        }
        Ok(self.results.pop().expect("the last result is the answer"))
    }

    fn keep(&mut self, left: Family, right: Family, made: Family) {
        let slot = hash(0, left, right) & (self.cache.len() - 1);
        self.cache[slot] = (left, right, made);
    }

    fn step(&mut self, left: Family, right: Family) {
        if left == EMPTY || right == UNIT || left == right {
            self.results.push(EMPTY);
            return;
        }
        if right == EMPTY {
            self.results.push(left);
            return;
        }
        let cached = self.cache[hash(0, left, right) & (self.cache.len() - 1)];
        if (cached.0, cached.1) == (left, right) {
            self.results.push(cached.2);
            return;
        }
        let (own, other) = (self.nodes[left as usize], self.nodes[right as usize]);
        if other.level < own.level {
            self.tasks.push(Task::Keep { left, right });
            self.tasks.push(Task::Without(left, other.low));
        } else if own.level < other.level {
            self.tasks.push(Task::Make { level: own.level, left, right });
            self.tasks.push(Task::Without(own.low, right));
            self.tasks.push(Task::Without(own.high, right));
        } else {
            self.tasks.push(Task::Make { level: own.level, left, right });
            self.tasks.push(Task::Without(own.low, other.low));
            self.tasks.push(Task::Then(other.high));
            self.tasks.push(Task::Without(own.high, other.low));
        }
    }
}
