//! Can this expectation be false at all? Can it be true?
//!
//! A check that cannot fail proves nothing, so every expectation is tried on made-up observations before it is used.
//! `a && b` can be false when one of them can; it can be true when its parts can, each group of parts that share a
//! field together. Where a group compares fields with literals only, trying every region is a proof; elsewhere it is a
//! thorough guess, and the difference is kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::Value;

use super::evaluate::decide;
use super::pool::{asks_too_large, guesses, regions};
use super::tree::{Kind, Logic, Tree};

/// Observations tried for one group when all combinations are tried.
const MAX_COMBINATIONS: usize = 8192;

/// Beginnings of the climb where there are more combinations.
const MAX_CLIMBS: usize = 6;

/// Rounds over all fields in one climb.
const MAX_ROUNDS: usize = 3;

/// Steps of evaluation spent on one group.
const MAX_SEARCH_STEPS: u32 = 1_000_000;

/// What came of trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// An observation was found.
    Yes,
    /// There is none: every region was tried.
    Never,
    /// None was found.
    No,
    /// None was found, but there is more than was tried: larger sizes, or too many combinations.
    NotTried,
}

/// Which made-up values are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// All of them.
    Any,
    /// None below zero.
    FromZero,
}

/// Whether some observation makes the part `want`.
pub(super) fn can(tree: &Tree, want: bool, numbers: Numbers) -> Found {
    match &tree.kind {
        Kind::Not(inner) => can(inner, !want, numbers),
        Kind::Logic(logic, left, right) if decides_alone(*logic, want) => {
            match (can(left, want, numbers), can(right, want, numbers)) {
                (Found::Yes, _) | (_, Found::Yes) => Found::Yes,
                (Found::Never, other) | (other, Found::Never) => other,
                (Found::NotTried, _) | (_, Found::NotTried) => Found::NotTried,
                (Found::No, Found::No) => Found::No,
            }
        }
        Kind::Logic(logic, ..) => together(tree, *logic, want, numbers),
        _ => search(&[tree], want, numbers),
    }
}

/// One side alone makes `a && b` false, and `a || b` true.
fn decides_alone(logic: Logic, want: bool) -> bool {
    (logic == Logic::Or) == want
}

/// All parts of a chain must come to the same: group by group, where groups share no field.
fn together(tree: &Tree, logic: Logic, want: bool, numbers: Numbers) -> Found {
    let mut parts = Vec::new();
    flatten(tree, logic, &mut parts);
    let mut worst = Found::Yes;
    for group in groups(parts) {
        let found = match group.as_slice() {
            [one] => can(one, want, numbers),
            many => search(many, want, numbers),
        };
        worst = match (worst, found) {
            (Found::Never, _) | (_, Found::Never) => return Found::Never,
            (Found::NotTried, _) | (_, Found::NotTried) => Found::NotTried,
            (Found::No, _) | (_, Found::No) => Found::No,
            (Found::Yes, Found::Yes) => Found::Yes,
        };
    }
    worst
}

fn flatten<'t>(tree: &'t Tree, logic: Logic, parts: &mut Vec<&'t Tree>) {
    match &tree.kind {
        Kind::Logic(found, left, right) if *found == logic => {
            flatten(left, logic, parts);
            flatten(right, logic, parts);
        }
        _ => parts.push(tree),
    }
}

fn groups(parts: Vec<&Tree>) -> Vec<Vec<&Tree>> {
    let mut groups: Vec<(BTreeSet<&str>, Vec<&Tree>)> = Vec::new();
    for part in parts {
        let (mut paths, mut members) = (part.paths(), vec![part]);
        let (sharing, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(other, _)| !other.is_disjoint(&paths));
        for (other, others) in sharing {
            paths.extend(other);
            members.extend(others);
        }
        groups = apart;
        groups.push((paths, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

fn search(parts: &[&Tree], want: bool, numbers: Numbers) -> Found {
    let simple = parts.iter().all(|part| is_simple(part));
    let mut trial = Trial::new(parts, want, slots(parts, simple, numbers));
    let few = trial.combinations().is_some_and(|all| all <= MAX_COMBINATIONS);
    let found = if few { trial.try_all() } else { trial.climb() };
    let whole = few && trial.budget > 0;
    match found {
        true => Found::Yes,
        false if simple && whole => Found::Never,
        false if !whole || asks_too_large(parts) => Found::NotTried,
        false => Found::No,
    }
}

/// A field and what is tried for it; `None` is a field that is missing.
struct Slot<'t> {
    path: &'t str,
    tried: Vec<Option<Value>>,
}

fn slots<'t>(parts: &[&'t Tree], simple: bool, numbers: Numbers) -> Vec<Slot<'t>> {
    let paths: BTreeSet<&str> = parts.iter().flat_map(|part| part.paths()).collect();
    let asked: BTreeSet<&str> = parts.iter().flat_map(|part| part.asked()).collect();
    let slot = |path: &'t str| {
        let mut tried = if simple { regions(path, parts) } else { guesses(path, parts) };
        tried.retain(|value| numbers == Numbers::Any || !is_negative(value));
        let mut tried: Vec<Option<Value>> = tried.into_iter().map(Some).collect();
        tried.extend(asked.contains(path).then_some(None));
        Slot { path, tried }
    };
    paths.into_iter().map(slot).collect()
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number < 0,
        Value::Quantity(quantity) => quantity.low() < 0.0,
        Value::List(items) => items.iter().any(is_negative),
        Value::Text(_) | Value::Boolean(_) => false,
    }
}

/// Fields held against literals only: trying each region decides.
fn is_simple(tree: &Tree) -> bool {
    let scalar = |tree: &Tree| matches!(&tree.kind, Kind::Literal(value) if !matches!(value, Value::List(_)));
    match &tree.kind {
        Kind::Literal(_) | Kind::Path(_) | Kind::Has(_) => true,
        Kind::Not(inner) => is_simple(inner),
        Kind::Logic(_, left, right) => is_simple(left) && is_simple(right),
        Kind::Compare(_, left, right) => {
            let field = |tree: &Tree| matches!(tree.kind, Kind::Path(_));
            (field(left) && scalar(right)) || (scalar(left) && field(right)) || (scalar(left) && scalar(right))
        }
        Kind::In(left, right) => {
            let written = matches!(&right.kind, Kind::List(items) if items.iter().all(scalar));
            matches!(left.kind, Kind::Path(_)) && written
        }
        Kind::List(_)
        | Kind::Variable(_)
        | Kind::Negate(_)
        | Kind::Arithmetic(..)
        | Kind::Size(_)
        | Kind::Match(..)
        | Kind::Quantified { .. } => false,
    }
}

/// Made-up observations, one changed field after the other.
struct Trial<'t, 'p> {
    parts: &'p [&'t Tree],
    want: bool,
    slots: Vec<Slot<'t>>,
    chosen: Vec<usize>,
    values: BTreeMap<String, Value>,
    /// Steps left; the search ends without a result when there are none.
    budget: u32,
}

impl<'t, 'p> Trial<'t, 'p> {
    fn new(parts: &'p [&'t Tree], want: bool, slots: Vec<Slot<'t>>) -> Self {
        let chosen = vec![0; slots.len()];
        let mut trial = Self { parts, want, chosen, slots, values: BTreeMap::new(), budget: MAX_SEARCH_STEPS };
        for index in 0..trial.slots.len() {
            trial.choose(index, 0);
        }
        trial
    }

    fn combinations(&self) -> Option<usize> {
        self.slots.iter().try_fold(1_usize, |all, slot| all.checked_mul(slot.tried.len()))
    }

    fn choose(&mut self, index: usize, candidate: usize) {
        let Slot { path, tried } = &self.slots[index];
        self.chosen[index] = candidate;
        match tried.get(candidate).cloned().flatten() {
            Some(value) => self.values.insert((*path).to_owned(), value),
            None => self.values.remove(*path),
        };
    }

    fn satisfied(&mut self) -> usize {
        let Self { parts, want, values, budget, .. } = self;
        parts.iter().filter(|part| decide(part, values, budget) == Ok(*want)).count()
    }

    fn all_satisfied(&mut self) -> bool {
        let Self { parts, want, values, budget, .. } = self;
        parts.iter().all(|part| decide(part, values, budget) == Ok(*want))
    }

    /// Every combination, as a counter with one digit a field.
    fn try_all(&mut self) -> bool {
        while self.budget > 0 {
            if self.all_satisfied() {
                return true;
            }
            let digit = (0..self.slots.len()).find(|digit| self.chosen[*digit] + 1 < self.slots[*digit].tried.len());
            let Some(digit) = digit else { return false };
            (0..digit).for_each(|lower| self.choose(lower, 0));
            self.choose(digit, self.chosen[digit] + 1);
        }
        false
    }

    /// From several beginnings, each field in turn takes the value that satisfies the most parts.
    fn climb(&mut self) -> bool {
        for start in 0..MAX_CLIMBS {
            for index in 0..self.slots.len() {
                self.choose(index, (start * (2 * index + 3)) % self.slots[index].tried.len().max(1));
            }
            if self.budget == 0 {
                return false;
            }
            let reached = (0..MAX_ROUNDS).any(|_| (0..self.slots.len()).any(|index| self.improve(index)));
            if reached {
                return true;
            }
        }
        false
    }

    /// Gives one field its best value; true when every part is satisfied. The last of the best moves on where nothing
    /// is gained yet.
    fn improve(&mut self, index: usize) -> bool {
        let mut best = (0, self.chosen[index]);
        for candidate in 0..self.slots[index].tried.len() {
            self.choose(index, candidate);
            best = best.max((self.satisfied(), candidate));
        }
        self.choose(index, best.1);
        best.0 == self.parts.len()
    }
}
