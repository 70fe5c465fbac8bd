//! Values worth trying in place of a field: around every literal it is held against, of the kinds it is asked for.
//!
//! For comparisons with literals alone the pool touches every region that the literals cut the line into, so a search
//! over it is a proof. For anything more it is a good guess.

use std::collections::BTreeSet;

use crate::value::{Arithmetic, rounded};
use crate::{Quantity, Unit, Value};

use super::tree::{Comparison, Kind, Tree};

/// The longest list that is tried.
const MAX_TRIED_ITEMS: i64 = 2000;

/// Literals repeated to fill a list of a wanted size.
const MAX_REPEATED: usize = 4;

/// Sizes of lists and texts that are tried.
const MAX_SIZES: usize = 8;

/// A number larger than most limits.
const LARGE: f64 = 1e9;

const UNITS: [Unit; 4] = [Unit::One, Unit::Second, Unit::Byte, Unit::PerSecond];

/// Values to try for a field of parts that compare fields with literals and ask nothing more: one of every region.
/// Only literals that the field itself meets matter.
pub(super) fn regions(path: &str, parts: &[&Tree]) -> Vec<Value> {
    let near = constants(&atoms_with(path, parts));
    let kinds = kinds(path, parts);
    let mut pool = near.clone();
    for unit in UNITS {
        pool.extend(numbers(&near, unit));
    }
    pool.extend(texts(&near));
    pool.extend([Value::Boolean(true), Value::Boolean(false)]);
    fitting(pool, &kinds)
}

/// Values to try for a field of which more is asked: any literal of the parts may matter, the field may have another
/// unit than they, and it may be a list. The closest ones come first.
pub(super) fn guesses(path: &str, parts: &[&Tree]) -> Vec<Value> {
    let literals = constants(parts);
    let kinds = kinds(path, parts);
    let mut pool = literals.clone();
    if kinds.contains(&Sort::Number) {
        pool.extend(guessed_numbers(&literals, parts));
    }
    pool.extend(texts(&literals));
    pool.extend([Value::Boolean(true), Value::Boolean(false)]);
    if kinds.contains(&Sort::Text) || kinds.contains(&Sort::List) {
        pool.extend(lists(&literals));
    }
    fitting(pool, &kinds)
}

/// Whether a size is asked about that is larger than what is tried.
pub(super) fn asks_too_large(parts: &[&Tree]) -> bool {
    let mut sized = false;
    for part in parts {
        part.walk(&mut |tree| sized |= matches!(tree.kind, Kind::Size(_)));
    }
    sized && constants(parts).iter().any(|value| matches!(value, Value::Integer(number) if *number >= MAX_TRIED_ITEMS))
}

/// What a field can be asked for as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Number,
    Text,
    Boolean,
    List,
}

fn sort(value: &Value) -> Sort {
    match value {
        Value::Integer(_) | Value::Quantity(_) => Sort::Number,
        Value::Text(_) => Sort::Text,
        Value::Boolean(_) => Sort::Boolean,
        Value::List(_) => Sort::List,
    }
}

fn fitting(pool: Vec<Value>, kinds: &BTreeSet<Sort>) -> Vec<Value> {
    let mut tried: Vec<Value> = Vec::new();
    for value in pool {
        if kinds.contains(&sort(&value)) && !tried.contains(&value) {
            tried.push(value);
        }
    }
    tried
}

/// The sorts of values for which the parts come to true or false: of any other they are unknown.
fn kinds(path: &str, parts: &[&Tree]) -> BTreeSet<Sort> {
    let is_it = |tree: &Tree| matches!(&tree.kind, Kind::Path(found) if found == path);
    let mut kinds = BTreeSet::new();
    for part in parts {
        if is_it(part) {
            kinds.insert(Sort::Boolean);
        }
        part.walk(&mut |tree| {
            let children = tree.children();
            for (index, _) in children.iter().enumerate().filter(|(_, child)| is_it(child)) {
                kinds.extend(asked_as(tree, index, &children));
            }
        });
    }
    if kinds.is_empty() {
        // Only `has` asks for it, and any value answers.
        kinds.insert(Sort::Boolean);
    }
    kinds
}

/// As what the part asks for its child of that index.
fn asked_as(tree: &Tree, index: usize, children: &[&Tree]) -> Vec<Sort> {
    match &tree.kind {
        Kind::Not(_) | Kind::Logic(..) => vec![Sort::Boolean],
        Kind::Negate(_) | Kind::Arithmetic(..) => vec![Sort::Number],
        Kind::Compare(Comparison::Equal | Comparison::NotEqual, ..) => sorts_of(children[1 - index]),
        Kind::Compare(..) => vec![Sort::Number],
        Kind::In(..) if index == 1 => vec![Sort::List],
        Kind::In(..) => match &children[1].kind {
            Kind::List(items) => items.iter().flat_map(sorts_of).collect(),
            _ => sorts_of(children[1]),
        },
        Kind::Size(_) => vec![Sort::Text, Sort::List],
        Kind::Match(..) => vec![Sort::Text],
        Kind::Quantified { .. } => vec![if index == 0 { Sort::List } else { Sort::Boolean }],
        Kind::List(_) => ANY_SORT.to_vec(),
        Kind::Literal(_) | Kind::Path(_) | Kind::Variable(_) | Kind::Has(_) => Vec::new(),
    }
}

const ANY_SORT: [Sort; 4] = [Sort::Number, Sort::Text, Sort::Boolean, Sort::List];

fn sorts_of(tree: &Tree) -> Vec<Sort> {
    match &tree.kind {
        Kind::Literal(value) => vec![sort(value)],
        Kind::List(_) => vec![Sort::List],
        Kind::Negate(_) | Kind::Arithmetic(..) | Kind::Size(_) => vec![Sort::Number],
        Kind::Path(_) | Kind::Variable(_) => ANY_SORT.to_vec(),
        Kind::Not(_)
        | Kind::Logic(..)
        | Kind::Compare(..)
        | Kind::In(..)
        | Kind::Has(_)
        | Kind::Match(..)
        | Kind::Quantified { .. } => vec![Sort::Boolean],
    }
}

/// The parts of the logic that ask for the field directly.
fn atoms_with<'t>(path: &str, parts: &[&'t Tree]) -> Vec<&'t Tree> {
    let mut atoms = Vec::new();
    for part in parts {
        part.walk(&mut |tree| {
            let logic = matches!(tree.kind, Kind::Logic(..) | Kind::Not(_));
            if !logic && tree.children().iter().any(|child| matches!(&child.kind, Kind::Path(found) if found == path)) {
                atoms.push(tree);
            }
        });
    }
    atoms
}

/// The constants written in the parts.
fn constants(parts: &[&Tree]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for part in parts {
        part.walk(&mut |tree| {
            if let Some(value) = tree.constant().filter(|value| !found.contains(value)) {
                found.push(value);
            }
        });
    }
    found
}

/// Every constant of the unit, zero, a value between each two neighbors, and one beyond each end. None when the unit
/// is not mentioned.
fn numbers(constants: &[Value], unit: Unit) -> Vec<Value> {
    let mut points: Vec<f64> = constants.iter().filter_map(|value| point(value, unit)).collect();
    if points.is_empty() && unit != Unit::One {
        return Vec::new();
    }
    points.push(0.0);
    points.sort_by(f64::total_cmp);
    points.dedup();
    let between: Vec<f64> = points.windows(2).map(|pair| rounded(pair[0] + (pair[1] - pair[0]) / 2.0)).collect();
    let (first, last) = (points[0], points[points.len() - 1]);
    points.extend(between);
    points.extend([last + last.abs() + 1.0, first - first.abs() - 1.0]);
    points.into_iter().filter_map(|point| number(point, unit)).collect()
}

/// Numbers around all constants, in every unit that may matter.
fn guessed_numbers(constants: &[Value], parts: &[&Tree]) -> Vec<Value> {
    let sizes = UNITS.into_iter().flat_map(|unit| constants.iter().filter_map(move |value| point(value, unit)));
    let sizes: Vec<f64> = sizes.chain([1.0, LARGE]).collect();
    let mut numbers_to_try = Vec::new();
    for unit in units(constants, parts) {
        numbers_to_try.extend(numbers(constants, unit));
        let near =
            sizes.iter().flat_map(|size| [*size, size + 1.0, size - 1.0, -size, size * 2.0, rounded(size / 2.0)]);
        numbers_to_try.extend(near.filter_map(|size| number(size, unit)));
    }
    numbers_to_try
}

/// The units that are mentioned, and all of them where a calculation makes one from others.
fn units(constants: &[Value], parts: &[&Tree]) -> Vec<Unit> {
    let mentioned = |unit: Unit| unit == Unit::One || constants.iter().any(|value| point(value, unit).is_some());
    let mut made = false;
    for part in parts {
        part.walk(&mut |tree| {
            made |= matches!(tree.kind, Kind::Arithmetic(Arithmetic::Multiply | Arithmetic::Divide, ..))
        });
    }
    let plain = UNITS.into_iter().filter(|unit| mentioned(*unit)).count() == 1;
    UNITS.into_iter().filter(|unit| mentioned(*unit) || (made && !plain)).collect()
}

fn point(value: &Value, unit: Unit) -> Option<f64> {
    match value {
        Value::Integer(number) if unit == Unit::One => Some(*number as f64),
        Value::Quantity(quantity) if quantity.unit() == unit => Some(quantity.low()),
        _ => None,
    }
}

/// Whole numbers stay whole, so that they keep their exact arithmetic.
fn number(point: f64, unit: Unit) -> Option<Value> {
    const MAX_WHOLE: f64 = 9.0e15;
    if unit == Unit::One && point.fract() == 0.0 && point.abs() < MAX_WHOLE {
        return Some(Value::Integer(point as i64));
    }
    Quantity::exact(point, unit).map(Value::Quantity)
}

fn texts(constants: &[Value]) -> Vec<Value> {
    let written: Vec<&str> = constants.iter().filter_map(text).collect();
    let mut texts = vec![String::new(), other_text(constants), written.concat()];
    texts.extend(written.iter().map(|text| format!("{text}~")));
    texts.extend(written.iter().map(|text| format!("~{text}")));
    texts.into_iter().map(Value::Text).collect()
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Integer(_) | Value::Quantity(_) | Value::Boolean(_) | Value::List(_) => None,
    }
}

/// A text that none of the constants is.
fn other_text(constants: &[Value]) -> String {
    let mut other = "other".to_owned();
    while constants.iter().filter_map(text).any(|text| text == other) {
        other.push('~');
    }
    other
}

/// Lists of the literals, alone, together and repeated to a size that is asked about; and long texts.
fn lists(constants: &[Value]) -> Vec<Value> {
    let scalars: Vec<&Value> = constants.iter().filter(|value| sort(value) != Sort::List).collect();
    let other = Value::Text(other_text(constants));
    let mut lists = vec![Value::List(Vec::new()), Value::List(vec![other.clone()])];
    lists.extend(scalars.iter().map(|value| Value::List(vec![(*value).clone()])));
    lists.push(Value::List(scalars.iter().copied().cloned().collect()));
    lists.extend(numbers(constants, Unit::One).into_iter().map(|number| Value::List(vec![number])));
    for value in constants {
        if let Value::List(items) = value {
            lists.push(Value::List(items.iter().skip(1).cloned().collect()));
            lists.push(Value::List(items.iter().cloned().chain([other.clone()]).collect()));
        }
    }
    for size in sizes(constants) {
        lists.push(Value::Text("x".repeat(size)));
        let fillings = scalars.iter().copied().filter(|value| sort(value) == Sort::Text).take(MAX_REPEATED);
        lists.extend(fillings.chain([&other]).map(|filling| Value::List(vec![filling.clone(); size])));
    }
    lists
}

fn sizes(constants: &[Value]) -> Vec<usize> {
    let wanted = constants.iter().filter_map(|value| match value {
        Value::Integer(number) if (0..MAX_TRIED_ITEMS).contains(number) => usize::try_from(*number).ok(),
        _ => None,
    });
    let mut sizes: Vec<usize> = wanted.flat_map(|size| [size, size + 1, size.saturating_sub(1)]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes.truncate(MAX_SIZES);
    sizes
}
