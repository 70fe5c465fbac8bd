//! Values as people read them: `1.2 s`, `99.4 % to 99.9 %`, `12 KiB`, `['a', 'b']`.
//!
//! Five significant digits: enough that a value just beyond a limit seldom looks like the limit, few enough to be read. What is shown is for
//! people only; nothing reads it back.

use std::fmt::{self, Write as _};

use super::{Quantity, Unit, Value};

/// The longest text shown, in characters.
const MAX_SHOWN_TEXT: usize = 80;

/// Items of a list that are shown.
const MAX_SHOWN_ITEMS: usize = 8;

/// Significant digits of a decimal number.
const DIGITS: i32 = 5;

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Quantity(quantity) => write!(formatter, "{quantity}"),
            Self::Text(text) => show_text(text, formatter),
            Self::Boolean(truth) => write!(formatter, "{truth}"),
            Self::List(items) => show_list(items, formatter),
        }
    }
}

/// A bare number from 0 to 1 that is not whole, and any interval within 0 to 1, is shown as a share in percent: the
/// two are the same number.
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.unit == Unit::One && (0.0..=1.0).contains(&self.low) && (0.0..=1.0).contains(&self.high);
        let share = share && !(self.is_exact() && self.low.fract() == 0.0);
        let show =
            |number: f64| if share { format!("{} %", digits(number * 100.0)) } else { with_unit(number, self.unit) };
        match (self.is_exact(), self.low.is_finite(), self.high.is_finite()) {
            (true, ..) => formatter.write_str(&show(self.low)),
            (false, true, true) => write!(formatter, "{} to {}", show(self.low), show(self.high)),
            (false, true, false) => write!(formatter, "at least {}", show(self.low)),
            (false, false, true) => write!(formatter, "at most {}", show(self.high)),
            (false, false, false) => formatter.write_str("anything"),
        }
    }
}

fn show_text(text: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shown: String = text.chars().take(MAX_SHOWN_TEXT).flat_map(char::escape_debug).collect();
    shown = shown.replace("\\\"", "\"");
    let left = text.chars().count().saturating_sub(MAX_SHOWN_TEXT);
    match left {
        0 => write!(formatter, "'{shown}'"),
        left => write!(formatter, "'{shown}' and {left} characters more"),
    }
}

fn show_list(items: &[Value], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown: Vec<String> = items.iter().take(MAX_SHOWN_ITEMS).map(Value::to_string).collect();
    formatter.write_char('[')?;
    formatter.write_str(&shown.join(", "))?;
    if items.len() > MAX_SHOWN_ITEMS {
        write!(formatter, ", {} more", items.len() - MAX_SHOWN_ITEMS)?;
    }
    formatter.write_char(']')
}

fn with_unit(number: f64, unit: Unit) -> String {
    let size = number.abs();
    let (scale, word) = match unit {
        Unit::One => (1.0, ""),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Second if size >= 2.0 * 86_400.0 => (86_400.0, " d"),
        Unit::Second if size >= 2.0 * 3600.0 => (3600.0, " h"),
        Unit::Second if size >= 120.0 => (60.0, " min"),
        Unit::Second if size >= 1.0 || size == 0.0 => (1.0, " s"),
        Unit::Second if size >= 1e-3 => (1e-3, " ms"),
        Unit::Second => (1e-6, " us"),
        Unit::Byte if size >= 1_073_741_824.0 => (1_073_741_824.0, " GiB"),
        Unit::Byte if size >= 1_048_576.0 => (1_048_576.0, " MiB"),
        Unit::Byte if size >= 1024.0 => (1024.0, " KiB"),
        Unit::Byte => (1.0, " B"),
    };
    format!("{}{word}", digits(number / scale))
}

/// Six significant digits without zeros at the end; whole numbers below 10^15 in full.
fn digits(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let magnitude = number.abs().log10().floor() as i32;
    if !(-9..15).contains(&magnitude) {
        return format!("{number:e}");
    }
    let places = usize::try_from(DIGITS - 1 - magnitude).unwrap_or(0);
    let text = format!("{number:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(low: f64, high: f64, unit: Unit) -> String {
        Quantity::interval(low, high, unit).expect("is an interval").to_string()
    }

    #[test]
    fn numbers_are_shown_with_the_unit_people_would_choose() {
        let cases = [
            (1.2, 1.2, Unit::Second, "1.2 s"),
            (0.3, 0.3, Unit::Second, "300 ms"),
            (0.000_03, 0.000_03, Unit::Second, "30 us"),
            (0.0, 0.0, Unit::Second, "0 s"),
            (300.0, 300.0, Unit::Second, "5 min"),
            (1.9, 2.1, Unit::Second, "1.9 s to 2.1 s"),
            (1.9, f64::INFINITY, Unit::Second, "at least 1.9 s"),
            (0.994, 0.999, Unit::One, "99.4 % to 99.9 %"),
            (2.5, 2.5, Unit::One, "2.5"),
            (12_288.0, 12_288.0, Unit::Byte, "12 KiB"),
            (1000.0, 1000.0, Unit::Byte, "1000 B"),
            (100.0, 100.0, Unit::PerSecond, "100/s"),
            (0.300_04, 0.300_04, Unit::Second, "300.04 ms"),
        ];
        for (low, high, unit, expected) in cases {
            assert_eq!(shown(low, high, unit), expected);
        }
    }

    #[test]
    fn long_texts_and_lists_are_cut_and_say_so() {
        assert_eq!(Value::from("a'\n").to_string(), "'a\\'\\n'");
        assert!(Value::from("x".repeat(200)).to_string().ends_with("' and 120 characters more"));
        let list = Value::List((0..10).map(Value::Integer).collect());
        assert_eq!(list.to_string(), "[0, 1, 2, 3, 4, 5, 6, 7, 2 more]");
    }
}
