//! Three-valued comparison and arithmetic with units and intervals.
//!
//! A comparison is true only when it is true for every point of the intervals, and false only when it is false for
//! every point. Whole numbers are exact; decimal results are rounded to 15 significant digits, so that `0.1 + 0.2`
//! equals `0.3` as people expect (the rounding is monotone, so intervals stay sound). Zero needs no unit: it is the
//! same in all of them. Texts have no order here: `'10' < '9'` is a trap, not a comparison.

use std::cmp::Ordering;

use super::{Doubt, Quantity, Unit, Value};

/// Whole numbers beyond this cannot be mixed with decimal numbers exactly.
const MAX_EXACT: u64 = 1 << 53;

/// The four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Arithmetic {
    /// The unit of the result; `None` when the units do not fit.
    pub(crate) fn unit(self, left: Unit, right: Unit) -> Option<Unit> {
        match (self, left, right) {
            (Self::Add | Self::Subtract, left, right) => (left == right).then_some(left),
            (Self::Multiply, Unit::One, unit) | (Self::Multiply | Self::Divide, unit, Unit::One) => Some(unit),
            (Self::Multiply, Unit::Second, Unit::PerSecond) | (Self::Multiply, Unit::PerSecond, Unit::Second) => {
                Some(Unit::One)
            }
            (Self::Multiply, _, _) => None,
            (Self::Divide, left, right) if left == right => Some(Unit::One),
            (Self::Divide, Unit::One, Unit::Second) => Some(Unit::PerSecond),
            (Self::Divide, Unit::One, Unit::PerSecond) => Some(Unit::Second),
            (Self::Divide, _, _) => None,
        }
    }
}

/// Whether both are the same.
pub(crate) fn equal(left: &Value, right: &Value) -> Result<bool, Doubt> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(left == right),
        (Value::Boolean(left), Value::Boolean(right)) => Ok(left == right),
        (Value::List(left), Value::List(right)) => equal_lists(left, right),
        (left, right) => {
            let (left, right) = numbers(left, right)?;
            let exact = left.is_exact() && right.is_exact();
            match (order(left.high, right.low), order(right.high, left.low)) {
                (Ordering::Less, _) | (_, Ordering::Less) => Ok(false),
                _ if exact => Ok(true),
                _ => Err(Doubt::inconclusive("the interval lies across the limit")),
            }
        }
    }
}

/// Whether the left is surely smaller, surely not, or neither.
pub(crate) fn less(left: &Value, right: &Value) -> Result<bool, Doubt> {
    let (left, right) = numbers(left, right)?;
    if order(left.high, right.low) == Ordering::Less {
        return Ok(true);
    }
    if order(left.low, right.high) != Ordering::Less {
        return Ok(false);
    }
    Err(Doubt::inconclusive("the interval lies across the limit"))
}

/// Adds, subtracts, multiplies or divides.
pub(crate) fn arithmetic(operation: Arithmetic, left: &Value, right: &Value) -> Result<Value, Doubt> {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => whole(operation, *left, *right),
        (left, right) => decimal(operation, quantity(left)?, quantity(right)?).map(Value::Quantity),
    }
}

/// The number with its sign turned.
pub(crate) fn negated(value: &Value) -> Result<Value, Doubt> {
    match value {
        Value::Integer(number) => number.checked_neg().map(Value::Integer).ok_or_else(overflow),
        other => {
            let Quantity { low, high, unit } = quantity(other)?;
            Ok(Value::Quantity(Quantity::computed(-high, -low, unit)))
        }
    }
}

/// The nearest number with 15 significant digits.
pub(crate) fn rounded(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    format!("{number:.14e}").parse().unwrap_or(number)
}

fn overflow() -> Doubt {
    Doubt::inconclusive("the result is too large a whole number")
}

fn equal_lists(left: &[Value], right: &[Value]) -> Result<bool, Doubt> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let mut doubt = None;
    for (left, right) in left.iter().zip(right) {
        match equal(left, right) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(found) => doubt = doubt.min(Some(found.clone())).or(Some(found)),
        }
    }
    doubt.map_or(Ok(true), Err)
}

/// One end of a number, exact for whole numbers.
#[derive(Clone, Copy)]
enum End {
    Whole(i64),
    Decimal(f64),
}

#[derive(Clone, Copy)]
struct Ends {
    low: End,
    high: End,
}

impl Ends {
    fn is_exact(&self) -> bool {
        order(self.low, self.high) == Ordering::Equal
    }
}

/// Both as numbers of one unit.
fn numbers(left: &Value, right: &Value) -> Result<(Ends, Ends), Doubt> {
    let (Some((left_ends, left_unit)), Some((right_ends, right_unit))) = (ends(left), ends(right)) else {
        return Err(unlike(left, right));
    };
    let fit = left_unit == right_unit || is_bare_zero(left) || is_bare_zero(right);
    if fit { Ok((left_ends, right_ends)) } else { Err(unlike(left, right)) }
}

fn unlike(left: &Value, right: &Value) -> Doubt {
    Doubt::inconclusive(format!("{} cannot be compared with {} like this", left.words(), right.words()))
}

fn is_bare_zero(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number == 0,
        Value::Quantity(quantity) => quantity.unit == Unit::One && quantity.low == 0.0 && quantity.high == 0.0,
        Value::Text(_) | Value::Boolean(_) | Value::List(_) => false,
    }
}

fn ends(value: &Value) -> Option<(Ends, Unit)> {
    match value {
        Value::Integer(number) => Some((Ends { low: End::Whole(*number), high: End::Whole(*number) }, Unit::One)),
        Value::Quantity(Quantity { low, high, unit }) => {
            Some((Ends { low: End::Decimal(*low), high: End::Decimal(*high) }, *unit))
        }
        Value::Text(_) | Value::Boolean(_) | Value::List(_) => None,
    }
}

fn order(left: End, right: End) -> Ordering {
    match (left, right) {
        (End::Whole(left), End::Whole(right)) => left.cmp(&right),
        (End::Whole(left), End::Decimal(right)) => order_mixed(left, right),
        (End::Decimal(left), End::Whole(right)) => order_mixed(right, left).reverse(),
        // A quantity never holds NaN: both constructors refuse it.
        (End::Decimal(left), End::Decimal(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
    }
}

/// Compares without rounding the whole number.
fn order_mixed(whole: i64, decimal: f64) -> Ordering {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if decimal >= TWO_TO_63 {
        return Ordering::Less;
    }
    if decimal < -TWO_TO_63 {
        return Ordering::Greater;
    }
    // Within the range of i64 the whole part converts exactly.
    let by_whole_part = whole.cmp(&(decimal.trunc() as i64));
    by_whole_part.then(0.0_f64.partial_cmp(&decimal.fract()).unwrap_or(Ordering::Equal))
}

fn whole(operation: Arithmetic, left: i64, right: i64) -> Result<Value, Doubt> {
    let result = match operation {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide if right == 0 => return Err(Doubt::inconclusive("division by zero")),
        // 7 / 2 is 3.5: a share that is cut to 0 would make a broken claim hold.
        Arithmetic::Divide if left.checked_rem(right).is_some_and(|rest| rest != 0) => {
            let (left, right) = (quantity(&Value::Integer(left))?, quantity(&Value::Integer(right))?);
            return decimal(operation, left, right).map(Value::Quantity);
        }
        Arithmetic::Divide => left.checked_div(right),
    };
    result.map(Value::Integer).ok_or_else(overflow)
}

fn quantity(value: &Value) -> Result<Quantity, Doubt> {
    match value {
        Value::Quantity(quantity) => Ok(*quantity),
        Value::Integer(number) if number.unsigned_abs() <= MAX_EXACT => {
            let number = *number as f64;
            Ok(Quantity { low: number, high: number, unit: Unit::One })
        }
        Value::Integer(_) => Err(Doubt::inconclusive("the whole number is too large to be mixed with decimal numbers")),
        other => Err(Doubt::inconclusive(format!("{} is not a number", other.words()))),
    }
}

fn decimal(operation: Arithmetic, left: Quantity, right: Quantity) -> Result<Quantity, Doubt> {
    let unit = result_unit(operation, &left, &right)?;
    if operation == Arithmetic::Divide && right.low <= 0.0 && right.high >= 0.0 {
        return Err(Doubt::inconclusive("division by what may be zero"));
    }
    let (low, high) = match operation {
        Arithmetic::Add => (left.low + right.low, left.high + right.high),
        Arithmetic::Subtract => (left.low - right.high, left.high - right.low),
        Arithmetic::Multiply => hull(&left, &right, product),
        Arithmetic::Divide => hull(&left, &right, quotient),
    };
    Ok(Quantity::computed(rounded(low), rounded(high), unit))
}

fn result_unit(operation: Arithmetic, left: &Quantity, right: &Quantity) -> Result<Unit, Doubt> {
    let additive = matches!(operation, Arithmetic::Add | Arithmetic::Subtract);
    if additive && is_bare_zero(&Value::Quantity(*left)) {
        return Ok(right.unit);
    }
    if additive && is_bare_zero(&Value::Quantity(*right)) {
        return Ok(left.unit);
    }
    operation.unit(left.unit, right.unit).ok_or_else(|| {
        let (left, right) = (left.unit.words(), right.unit.words());
        Doubt::inconclusive(format!("{left} and {right} cannot be put together like this"))
    })
}

/// The smallest and the largest result over the corners.
fn hull(left: &Quantity, right: &Quantity, apply: fn(f64, f64) -> f64) -> (f64, f64) {
    let corners = [(left.low, right.low), (left.low, right.high), (left.high, right.low), (left.high, right.high)];
    let results = corners.map(|(left, right)| apply(left, right));
    let low = results.into_iter().fold(f64::INFINITY, f64::min);
    (low, results.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// An infinite end stands for a number that is not known, not for infinity: zero times it is zero.
fn product(left: f64, right: f64) -> f64 {
    if left == 0.0 || right == 0.0 { 0.0 } else { left * right }
}

/// Neither is zero below, see [`decimal`]; an unknown over an unknown may be anything from zero on.
fn quotient(left: f64, right: f64) -> f64 {
    let result = left / right;
    if result.is_nan() { 0.0 } else { result }
}
