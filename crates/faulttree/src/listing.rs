//! The first minimal sets by probability or by order, without looking at the others.
//!
//! Best first: for every node the best set that can still be completed from it is known, so a partial set is followed only
//! while it may lead to one of those asked for. Scores are whole numbers, whose sums are not rounded: a partial set and
//! its best completion have the same, and of equal ones the newest is followed. So each listed set takes as many steps as
//! it is long, however many others are as good.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::rc::Rc;

use crate::compiled::Compiled;
use crate::solve::Solution;
use crate::tree::Tree;
use crate::zbdd::{EMPTY, UNIT};

/// The most sets that are listed.
pub const MAX_LISTED: usize = 10_000;

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// The likeliest.
    Probability,
    /// The smallest, and the likeliest of those.
    Order,
}

/// One minimal set.
#[derive(Clone, Debug, PartialEq)]
pub struct CutSet {
    /// Names of its events, in the order of the tree.
    pub events: Vec<String>,
    /// The product of their probabilities.
    pub probability: f64,
}

/// The first `count` minimal sets (at most [`MAX_LISTED`]). `None` when the sets were too many to be held.
pub fn cut_sets(tree: &Tree, solution: &Solution, count: usize, by: Ranking) -> Option<Vec<CutSet>> {
    let compiled = solution.compiled.as_ref()?;
    solution.cut_sets.as_ref()?;
    let set = |events: Vec<u32>| {
        let events = events.into_iter().map(|event| &tree.events[event as usize - 1]);
        CutSet {
            probability: events.clone().map(|event| event.probability).product(),
            events: events.map(|event| event.name.clone()).collect(),
        }
    };
    let best = match compiled.top {
        (0, false) => Vec::new(),
        (_, true) => vec![Vec::new()],
        (top, false) => Search::new(tree, compiled, by).first(top as u32, count.min(MAX_LISTED)),
    };
    Some(best.into_iter().map(set).collect())
}

/// Scores add up, and more is better: the logarithm of the probability, or minus the order with a trace of it.
type Score = i128;

struct Search<'c> {
    compiled: &'c Compiled,
    /// Of every event and module by node.
    best_of: Vec<Score>,
    /// Of every set node by module.
    best: Vec<Vec<Score>>,
    /// The module behind a node.
    module_of: foldhash::HashMap<u32, usize>,
}

/// Smaller than the score of any set that can be, and far from an overflow when scores are added to it.
const NOTHING: Score = Score::MIN / 2;

/// What the logarithm 1 counts: 15 digits.
const ONE: f64 = (1_u64 << 50) as f64;

/// What one event more counts: more than the logarithms of all events there can be.
const EVENT: Score = 1 << 100;

/// Stands for the logarithm of 0.
const LEAST_LOGARITHM: f64 = -1e4;

impl<'c> Search<'c> {
    fn new(tree: &Tree, compiled: &'c Compiled, by: Ranking) -> Self {
        let mut best_of = vec![NOTHING; compiled.count];
        for (at, event) in tree.events.iter().enumerate() {
            let logarithm = (event.probability.ln().max(LEAST_LOGARITHM) * ONE) as Score;
            best_of[at + 1] = match by {
                Ranking::Probability => logarithm,
                Ranking::Order => logarithm - EVENT,
            };
        }
        let mut search = Self { compiled, best_of, best: Vec::new(), module_of: foldhash::HashMap::default() };
        for (number, module) in compiled.modules.iter().enumerate() {
            let mut best = vec![NOTHING, 0];
            if let Some(sets) = &module.sets {
                for node in &sets.nodes[2..] {
                    let with = best[node.high as usize] + search.best_of[node.variable as usize];
                    best.push(with.max(best[node.low as usize]).max(NOTHING));
                }
                search.best_of[module.node as usize] = best[sets.family as usize];
            }
            search.best.push(best);
            search.module_of.insert(module.node, number);
        }
        search
    }

    fn first(&self, top: u32, count: usize) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        let mut open = Open::default();
        self.take(Partial { score: 0, number: 0, sure: 0, chosen: None, left: None }, top, &mut open);
        while let Some(partial) = open.heap.pop() {
            if found.len() == count || partial.score <= NOTHING {
                break;
            }
            let Some(left) = partial.left.clone() else {
                found.push((Reverse(partial.score), events(partial.chosen.as_ref())));
                continue;
            };
            self.go_on(partial, &left, &mut open);
        }
        found.sort();
        found.into_iter().map(|(_, events)| events).collect()
    }

    /// Adds a variable: an event is chosen, a module is to be completed.
    fn take(&self, mut partial: Partial, variable: u32, open: &mut Open) {
        match self.module_of.get(&variable) {
            None => {
                partial.sure += self.best_of[variable as usize];
                partial.chosen = Some(Rc::new(Chain { item: variable, rest: partial.chosen.take() }));
            }
            Some(module) => {
                let family = self.compiled.modules[*module].sets.as_ref().map_or(EMPTY, |sets| sets.family);
                partial.left = Some(Rc::new(Chain { item: (*module, family), rest: partial.left.take() }));
            }
        }
        open.push(self.scored(partial));
    }

    /// Follows the first family that is left, with and without its variable.
    fn go_on(&self, partial: Partial, left: &Rc<Chain<(usize, u32)>>, open: &mut Open) {
        let (module, family) = left.item;
        let after = |family: u32| match family {
            UNIT => left.rest.clone(),
            family => Some(Rc::new(Chain { item: (module, family), rest: left.rest.clone() })),
        };
        if family == UNIT {
            open.push(self.scored(Partial { left: left.rest.clone(), ..partial }));
            return;
        }
        let Some(node) = self.compiled.modules[module].sets.as_ref().map(|sets| sets.nodes[family as usize]) else {
            return;
        };
        if node.low != EMPTY {
            let chosen = partial.chosen.clone();
            open.push(self.scored(Partial { left: after(node.low), chosen, ..partial }));
        }
        let with = Partial { left: after(node.high), ..partial };
        self.take(with, node.variable, open);
    }

    fn scored(&self, mut partial: Partial) -> Partial {
        let mut score: Score = partial.sure;
        let mut left = partial.left.as_ref();
        while let Some(chain) = left {
            score = score.saturating_add(self.best[chain.item.0][chain.item.1 as usize]);
            left = chain.rest.as_ref();
        }
        partial.score = score;
        partial
    }
}

/// A list whose tail is shared.
struct Chain<T> {
    item: T,
    rest: Option<Rc<Chain<T>>>,
}

/// Partial sets by what they may come to.
#[derive(Default)]
struct Open {
    heap: BinaryHeap<Partial>,
    pushed: u64,
}

impl Open {
    fn push(&mut self, mut partial: Partial) {
        self.pushed += 1;
        partial.number = self.pushed;
        self.heap.push(partial);
    }
}

/// A set that is not complete yet.
struct Partial {
    /// What the best completion comes to.
    score: Score,
    /// The newest has the highest.
    number: u64,
    /// What the chosen events come to.
    sure: Score,
    chosen: Option<Rc<Chain<u32>>>,
    /// Families by module from each of which one more set is to be taken.
    left: Option<Rc<Chain<(usize, u32)>>>,
}

fn events(mut chosen: Option<&Rc<Chain<u32>>>) -> Vec<u32> {
    let mut events = Vec::new();
    while let Some(chain) = chosen {
        events.push(chain.item);
        chosen = chain.rest.as_ref();
    }
    events.sort_unstable();
    events
}

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Partial {}

impl PartialOrd for Partial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Partial {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.score, self.number).cmp(&(other.score, other.number))
    }
}
