//! One field of a real observation changed at a time: does any change turn the expectation from true to false?
//!
//! Where none does, the reading passed for a reason that has nothing to do with what was read. The first change that
//! does is also the plainest answer to "what would change this verdict".

use std::collections::BTreeMap;

use crate::value::rounded;
use crate::{Quantity, Value};

use super::evaluate::decide;
use super::pool::{guesses, regions};
use super::tree::Tree;

/// Steps of evaluation spent on changes of one observation; after that no change was found.
const MAX_TURNING_STEPS: u32 = 2_000_000;

/// The first change of one field that makes the expectation false, in words: `obs.p95 were 300 ms (it is 21 ms)`.
/// `None` when the expectation is not true of the values, or when no change turns it.
pub(super) fn turning(tree: &Tree, values: &BTreeMap<String, Value>) -> Option<String> {
    let mut budget = MAX_TURNING_STEPS;
    if decide(tree, values, &mut budget) != Ok(true) {
        return None;
    }
    let mut changed = values.clone();
    for path in tree.paths() {
        let Some(current) = values.get(path) else { continue };
        for candidate in candidates(tree, path, current, values) {
            if budget == 0 {
                return None;
            }
            changed.insert(path.to_owned(), candidate.clone());
            if decide(tree, &changed, &mut budget) == Ok(false) {
                return Some(format!("obs.{path} were {candidate} (it is {current})"));
            }
        }
        if tree.asked().contains(path) {
            changed.remove(path);
            if decide(tree, &changed, &mut budget) == Ok(false) {
                return Some(format!("obs.{path} were missing (it is {current})"));
            }
        }
        changed.insert(path.to_owned(), current.clone());
    }
    None
}

/// Values of the same kind as the current one: around the literals, around the other fields, and around itself.
fn candidates(tree: &Tree, path: &str, current: &Value, values: &BTreeMap<String, Value>) -> Vec<Value> {
    let mut candidates = regions(path, &[tree]);
    let others = tree.paths().into_iter().filter(|other| *other != path).filter_map(|other| values.get(other));
    for other in others {
        candidates.push(other.clone());
        candidates.extend(around(other));
    }
    candidates.extend(around(current));
    candidates.extend(guesses(path, &[tree]));
    candidates.retain(|candidate| candidate != current && same_kind(candidate, current));
    candidates
}

fn around(value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(number) => {
            let near = [number.checked_add(1), number.checked_sub(1), number.checked_mul(2), Some(0), Some(-1)];
            near.into_iter().flatten().map(Value::Integer).collect()
        }
        Value::Quantity(quantity) => near(quantity).into_iter().map(Value::Quantity).collect(),
        Value::Boolean(truth) => vec![Value::Boolean(!truth)],
        Value::Text(text) => vec![Value::Text(format!("{text}~")), Value::Text(String::new())],
        Value::List(items) => list_neighbors(items),
    }
}

fn near(quantity: &Quantity) -> Vec<Quantity> {
    let (low, high) = (quantity.low(), quantity.high().min(f64::MAX / 4.0));
    let points = [rounded(high + 1.0), rounded(low - 1.0), rounded(high * 2.0), rounded(low / 2.0), 0.0];
    points.into_iter().filter_map(|point| Quantity::exact(point, quantity.unit())).collect()
}

fn list_neighbors(items: &[Value]) -> Vec<Value> {
    let other = match items.first() {
        Some(first) => around(first).into_iter().next(),
        None => Some(Value::from("other")),
    };
    let longer = items.iter().cloned().chain(other.clone()).collect();
    let mut neighbors = vec![Value::List(items.iter().skip(1).cloned().collect()), Value::List(longer)];
    neighbors.extend(other.map(|other| Value::List(vec![other])));
    neighbors
}

fn same_kind(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Text(_), Value::Text(_))
        | (Value::Boolean(_), Value::Boolean(_))
        | (Value::List(_), Value::List(_)) => true,
        (left, right) => left.words() == right.words(),
    }
}
