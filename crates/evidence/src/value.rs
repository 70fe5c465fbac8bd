//! What a reading can hold. There is no null: a value that was not seen is not in the observation.

use std::time::Duration;

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

impl Quantity {
    /// An exact number; `None` when it is not finite.
    pub fn exact(number: f64, unit: Unit) -> Option<Self> {
        Self::interval(number, number, unit)
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
}
