//! Thresholds as tables of metrics write them: `<2%`, `>=500ms`.

use evidence::{Quantity, Unit};
use text::{Bytes, Fields, Rate, parse_duration};

use crate::read::span_of;

/// One threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Threshold {
    is_above: bool,
    /// Whether the limit itself is meant, too.
    with_limit: bool,
    pub(super) limit: f64,
    pub(super) unit: Unit,
}

/// What is wanted, and what is not; alert and critical point away from the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thresholds {
    pub(super) target: Threshold,
    pub(super) alert: Option<Threshold>,
    pub(super) critical: Option<Threshold>,
}

impl Threshold {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, rest) = ["<=", ">=", "<", ">"].iter().find_map(|sign| Some((*sign, text.strip_prefix(sign)?)))?;
        let (limit, unit) = parse(rest.trim())?;
        Some(Self { is_above: sign.starts_with('>'), with_limit: sign.len() == 2, limit, unit })
    }

    /// Whether it is passed; `None` when an interval lies across it.
    pub(super) fn holds(&self, value: &Quantity) -> Option<bool> {
        let one = |number: f64| match (self.is_above, self.with_limit) {
            (true, true) => number >= self.limit,
            (true, false) => number > self.limit,
            (false, true) => number <= self.limit,
            (false, false) => number < self.limit,
        };
        let (low, high) = (one(value.low()), one(value.high()));
        (low == high).then_some(low)
    }
}

impl Thresholds {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        fields.need("target");
        let target = read(fields, "target");
        let alert = read(fields, "alert");
        let critical = read(fields, "critical");
        let thresholds = Self { target: target?, alert, critical };
        if let Err((key, message)) = thresholds.check() {
            let span = span_of(fields, key);
            fields.problem("wrong-value", span, message);
        }
        Some(thresholds)
    }

    pub(super) fn unit(&self) -> Unit {
        self.target.unit
    }

    /// `ok`, `target_missed`, `alert` or `critical`; `None` when an interval does not tell.
    pub(super) fn level(&self, value: &Quantity) -> Option<&'static str> {
        for (threshold, level) in [(self.critical, "critical"), (self.alert, "alert")] {
            if let Some(threshold) = threshold
                && threshold.holds(value)?
            {
                return Some(level);
            }
        }
        Some(if self.target.holds(value)? { "ok" } else { "target_missed" })
    }

    /// A table with a sign turned round would call everything good.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let mut before = ("target", self.target.limit);
        for (key, threshold) in [("alert", self.alert), ("critical", self.critical)] {
            let Some(threshold) = threshold else { continue };
            if threshold.unit != self.target.unit {
                return Err((key, format!("`{key}` and `target` have different units")));
            }
            if threshold.is_above == self.target.is_above {
                return Err((key, format!("`{key}` must point away from `target`: one is `<`, the other `>`")));
            }
            let is_further = if threshold.is_above { threshold.limit >= before.1 } else { threshold.limit <= before.1 };
            if !is_further {
                return Err((key, format!("`{key}` must lie beyond `{}`", before.0)));
            }
            before = (key, threshold.limit);
        }
        Ok(())
    }
}

fn read(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Threshold> {
    let text = fields.text(key)?;
    let threshold = Threshold::parse(text);
    if threshold.is_none() {
        let span = span_of(fields, key);
        let message = format!("`{key}` must be a threshold such as `\"<2%\"`, `\">500ms\"` or `\">=90%\"`");
        fields.problem("wrong-value", span, message);
    }
    threshold
}

/// A number as people write it, with its unit. Shares may be above one and below zero: what changed can be.
pub(super) fn parse(text: &str) -> Option<(f64, Unit)> {
    let text = text.trim();
    if let Some(percent) = text.strip_suffix('%') {
        return finite(percent.trim().parse::<f64>().ok()? / 100.0, Unit::One);
    }
    if let Ok(number) = text.parse::<f64>() {
        return finite(number, Unit::One);
    }
    if let Some(duration) = parse_duration(text) {
        return finite(duration.as_secs_f64(), Unit::Second);
    }
    if let Some(Bytes(size)) = Bytes::parse(text) {
        return finite(size as f64, Unit::Byte);
    }
    finite(Rate::parse(text)?.per_second(), Unit::PerSecond)
}

fn finite(number: f64, unit: Unit) -> Option<(f64, Unit)> {
    number.is_finite().then_some((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str, alert: &str, critical: &str) -> Thresholds {
        let read = |text: &str| Threshold::parse(text).expect("is a threshold");
        Thresholds { target: read(target), alert: Some(read(alert)), critical: Some(read(critical)) }
    }

    #[test]
    fn the_level_is_right_at_each_limit() {
        let rate = of("<2%", ">5%", ">10%");
        for (value, level) in [
            (0.0, "ok"),
            (0.0199, "ok"),
            (0.02, "target_missed"),
            (0.05, "target_missed"),
            (0.0501, "alert"),
            (0.10, "alert"),
            (0.11, "critical"),
        ] {
            let value = Quantity::exact(value, Unit::One).expect("is finite");
            assert_eq!(rate.level(&value), Some(level), "{value:?}");
        }
        let coverage = of(">=90%", "<85%", "<80%");
        let value = |low: f64, high: f64| Quantity::interval(low, high, Unit::One).expect("is finite");
        assert_eq!(coverage.level(&value(0.9, 0.9)), Some("ok"));
        assert_eq!(coverage.level(&value(0.7, 0.79)), Some("critical"));
        assert_eq!(coverage.level(&value(0.79, 0.82)), None);
    }

    #[test]
    fn a_table_whose_signs_or_order_are_wrong_is_refused() {
        assert!(of("<2%", ">5%", ">10%").check().is_ok());
        assert!(of(">90%", "<85%", "<80%").check().is_ok());
        for (target, alert, critical) in [
            ("<2%", "<5%", ">10%"),
            ("<2%", ">5%", ">4%"),
            ("<2%", ">1%", ">10%"),
            (">90%", "<80%", "<85%"),
            ("<2s", ">5%", ">10%"),
        ] {
            assert!(of(target, alert, critical).check().is_err(), "{target} {alert} {critical}");
        }
        for text in ["2%", "=2%", "<", "< two", "<2 parsecs", "<NaN"] {
            assert_eq!(Threshold::parse(text), None, "{text}");
        }
    }
}
