//! What a reading can hold. There is no null: a value that was not seen is not in the observation.
//!
//! Numbers carry their unit and how well they are known. Comparison and arithmetic ([`number`]) answer with a
//! [`Doubt`] instead of a guess when units do not fit, when an interval lies across the limit, or when a whole number
//! would overflow. What this file does not do: judge.

use std::time::Duration;

use crate::Reason;

mod number;
mod show;

pub(crate) use number::{Arithmetic, arithmetic, equal, less, negated, rounded};

/// One value of an observation.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number without unit.
    Integer(i64),
    /// A number with unit, exact or an interval.
    Quantity(Quantity),
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// Several values.
    List(Vec<Value>),
}

/// A number with unit, known to lie in `low..=high`. Exact when both are the same. Canonical on entry: seconds,
/// bytes, shares of one, per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    low: f64,
    high: f64,
    unit: Unit,
}

/// Units after entry: every duration is in seconds, every size in bytes, every share a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A bare number or a share of one.
    One,
    /// Seconds.
    Second,
    /// Bytes.
    Byte,
    /// Per second.
    PerSecond,
}

/// Why something cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Doubt {
    pub(crate) reason: Reason,
    pub(crate) why: String,
}

impl Doubt {
    /// The values are there and do not tell.
    pub(crate) fn inconclusive(why: impl Into<String>) -> Self {
        Self { reason: Reason::Inconclusive, why: why.into() }
    }

    /// A value is not there.
    pub(crate) fn no_data(why: impl Into<String>) -> Self {
        Self { reason: Reason::NoData, why: why.into() }
    }
}

impl Unit {
    /// What it is called in messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::One => "a bare number",
            Self::Second => "a duration",
            Self::Byte => "a size",
            Self::PerSecond => "a rate",
        }
    }
}

impl Value {
    /// A duration, in seconds.
    pub fn duration(duration: Duration) -> Self {
        Self::Quantity(Quantity::duration(duration))
    }

    /// A size. Above 2^53 bytes the last digits are lost.
    pub fn bytes(size: u64) -> Self {
        let size = size as f64;
        Self::Quantity(Quantity { low: size, high: size, unit: Unit::Byte })
    }

    /// An exact decimal number without unit, or a share of one; `None` when it is not finite.
    pub fn decimal(number: f64) -> Option<Self> {
        Quantity::exact(number, Unit::One).map(Self::Quantity)
    }

    /// What it is called in messages.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Integer(_) => Unit::One.words(),
            Self::Quantity(quantity) => quantity.unit.words(),
            Self::Text(_) => "a text",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Quantity> for Value {
    fn from(quantity: Quantity) -> Self {
        Self::Quantity(quantity)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Self {
        Self::List(values)
    }
}

impl Quantity {
    /// An exact number; `None` when it is not finite.
    pub fn exact(number: f64, unit: Unit) -> Option<Self> {
        if number.is_finite() { Self::interval(number, number, unit) } else { None }
    }

    /// A number known to lie in `low..=high`. `high` may be infinite (not over yet); `low` must be finite.
    pub fn interval(low: f64, high: f64, unit: Unit) -> Option<Self> {
        (low.is_finite() && !high.is_nan() && low <= high).then_some(Self { low, high, unit })
    }

    /// An exact duration.
    pub fn duration(duration: Duration) -> Self {
        let seconds = duration.as_secs_f64();
        Self { low: seconds, high: seconds, unit: Unit::Second }
    }

    /// The lower end.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper end, possibly infinite.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// The unit.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Whether both ends are the same.
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }

    /// The result of arithmetic, whose lower end may be unbounded where an upper end was. A result beyond the largest
    /// number is known to lie between that number and infinity.
    fn computed(low: f64, high: f64, unit: Unit) -> Self {
        Self { low: low.min(f64::MAX), high: high.max(f64::MIN), unit }
    }
}
