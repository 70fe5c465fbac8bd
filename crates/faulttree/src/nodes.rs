//! What all kinds of decision diagrams stand on: nodes that exist once each, and results that are remembered.
//!
//! Nothing is freed: one store belongs to one module and one order, and is dropped as a whole. Nodes stand after those they
//! refer to, so one walk over the numbers computes anything from below.

use std::hash::{BuildHasher, Hasher};

/// The budget of nodes is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// The variable of a level, and where it leads without (`low`) and with it (`high`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) level: u32,
    pub(crate) low: u32,
    pub(crate) high: u32,
}

/// The level of constants, below all variables.
pub(crate) const BOTTOM: u32 = u32::MAX;

/// Slots of the first table; both tables double as nodes come.
const FIRST_SLOTS: usize = 1 << 10;

/// Numbers have to leave room for a negation and a mark.
const MAX_BUDGET: usize = 1 << 30;

/// All nodes of one diagram.
pub(crate) struct Nodes {
    all: Vec<Node>,
    /// Numbers of nodes by hash; 0 is free, because nobody looks for a constant.
    table: Vec<u32>,
    /// Results by what they were made of, newest wins; `(0, 0)` is free, because nobody computes what is known.
    results: Vec<((u32, u32), u32)>,
    constants: usize,
    budget: usize,
}

impl Nodes {
    pub(crate) fn new(constants: usize, budget: usize) -> Self {
        Self {
            all: vec![Node { level: BOTTOM, low: 0, high: 0 }; constants],
            table: vec![0; FIRST_SLOTS],
            results: vec![((0, 0), 0); FIRST_SLOTS],
            constants,
            budget: budget.min(MAX_BUDGET),
        }
    }

    pub(crate) fn all(&self) -> &[Node] {
        &self.all
    }

    pub(crate) fn get(&self, number: u32) -> Node {
        self.all[number as usize]
    }

    /// The number of a node, new or not.
    pub(crate) fn number(&mut self, node: Node) -> Result<u32, Full> {
        let mask = self.table.len() - 1;
        let mut slot = hash(node.level, node.low, node.high) & mask;
        loop {
            let found = self.table[slot];
            if found == 0 {
                break;
            }
            if self.all[found as usize] == node {
                return Ok(found);
            }
            slot = (slot + 1) & mask;
        }
        if self.all.len() >= self.budget {
            return Err(Full);
        }
        let number = self.all.len() as u32;
        self.table[slot] = number;
        self.all.push(node);
        if self.all.len() * 2 > self.table.len() {
            self.grow();
        }
        Ok(number)
    }

    fn grow(&mut self) {
        let slots = self.table.len() * 4;
        let mask = slots - 1;
        self.table = vec![0; slots];
        for (number, node) in self.all.iter().enumerate().skip(self.constants) {
            let mut slot = hash(node.level, node.low, node.high) & mask;
            while self.table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = number as u32;
        }
        let old = std::mem::replace(&mut self.results, vec![((0, 0), 0); slots / 2]);
        for (of, result) in old.into_iter().filter(|(of, _)| *of != (0, 0)) {
            self.keep(of, result);
        }
    }

    /// The result of an operation, when it is still remembered.
    pub(crate) fn known(&self, of: (u32, u32)) -> Option<u32> {
        let (key, result) = self.results[self.result_slot(of)];
        (key == of).then_some(result)
    }

    pub(crate) fn keep(&mut self, of: (u32, u32), result: u32) {
        let slot = self.result_slot(of);
        self.results[slot] = (of, result);
    }

    fn result_slot(&self, of: (u32, u32)) -> usize {
        hash(0, of.0, of.1) & (self.results.len() - 1)
    }
}

/// Spreads three numbers over all bits.
fn hash(first: u32, second: u32, third: u32) -> usize {
    let mut hasher = foldhash::fast::FixedState::with_seed(0).build_hasher();
    hasher.write_u64(u64::from(second) << 32 | u64::from(third));
    hasher.write_u32(first);
    hasher.finish() as usize
}
