//! Quantities as people write them: `500ms`, `99.9%`, `100/s`, `64KiB`.

use std::time::Duration;

/// The longest duration accepted, 100 years: anything longer is a slip of the pen.
const MAX_SECONDS: f64 = 100.0 * 366.0 * 86_400.0;

/// Reads `500ms`, `1.5s`, `10m`, `24h`, `90d`, `2w` or `30us`; a bare number has no unit and is refused.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(text::parse_duration("1.5s"), Some(Duration::from_millis(1500)));
/// assert_eq!(text::parse_duration("5"), None);
/// ```
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_number(text)?;
    let seconds = match unit {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "w" => 7.0 * 86_400.0,
        _ => return None,
    };
    let total = number * seconds;
    (total.is_finite() && (0.0..=MAX_SECONDS).contains(&total)).then(|| Duration::from_secs_f64(total))
}

/// Writes a duration in the largest unit that needs no more than three digits after the point.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(text::print_duration(Duration::from_millis(1500)), "1.5s");
/// assert_eq!(text::print_duration(Duration::from_secs(7200)), "2h");
/// ```
pub fn print_duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = |size: f64| seconds >= size && (seconds / size).fract() == 0.0;
    match seconds {
        s if whole(86_400.0) => format!("{}d", s / 86_400.0),
        s if whole(3600.0) => format!("{}h", s / 3600.0),
        s if whole(60.0) => format!("{}m", s / 60.0),
        s if s >= 1.0 => format!("{}s", rounded(s)),
        s if s >= 1e-3 => format!("{}ms", rounded(s * 1e3)),
        s if s > 0.0 => format!("{}us", rounded(s * 1e6)),
        _ => "0s".to_owned(),
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// A share between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Ratio(f64);

impl Ratio {
    /// A ratio when the number lies in `0..=1`.
    pub fn try_new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// Reads `99.9%` or `0.999`.
    pub fn parse(text: &str) -> Option<Self> {
        match split_number(text)? {
            (number, "%") => Self::try_new((number * 1e10).round() / 1e12),
            (number, "") => Self::try_new(number),
            _ => None,
        }
    }

    /// The share as a number in `0..=1`.
    pub fn share(self) -> f64 {
        self.0
    }
}

/// Events per second, above zero and at most 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// A rate when the number is above zero and at most 1,000,000 per second.
    pub fn try_new(per_second: f64) -> Option<Self> {
        (per_second > 0.0 && per_second <= 1e6).then_some(Self(per_second))
    }

    /// Reads `100/s`, `60/m` or `10/h`.
    pub fn parse(text: &str) -> Option<Self> {
        let (count, per) = text.split_once('/')?;
        let seconds = match per.trim() {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        Self::try_new(count.trim().parse::<f64>().ok()? / seconds)
    }

    /// Events per second.
    pub fn per_second(self) -> f64 {
        self.0
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Bytes {
    /// Reads `512B`, `64KiB`, `8MiB`, `1GiB`, `10kB` or `5MB`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = split_number(text)?;
        let size = match unit {
            "B" => 1.0,
            "kB" | "KB" => 1e3,
            "KiB" => 1024.0,
            "MB" => 1e6,
            "MiB" => 1024.0 * 1024.0,
            "GB" => 1e9,
            "GiB" => 1024.0 * 1024.0 * 1024.0,
            _ => return None,
        };
        let total = number * size;
        (total.is_finite() && (0.0..=1e15).contains(&total)).then_some(Self(total as u64))
    }
}

/// Splits `12.5ms` into its number and its unit. Negative numbers, `NaN` and `inf` are refused.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..end].parse::<f64>().ok()?;
    Some((number, text[end..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_needs_a_unit_and_a_sane_size() {
        for text in ["5", "5x", "-5s", "NaNs", "1e9d", "999999999d", "", "s", "1.2.3s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn printing_and_reading_a_duration_agree() {
        for text in ["30us", "500ms", "1.5s", "10m", "24h", "90d", "61s"] {
            let duration = parse_duration(text).expect("is a duration");
            assert_eq!(parse_duration(&print_duration(duration)), Some(duration), "{text}");
        }
    }

    #[test]
    fn a_ratio_lies_between_zero_and_one() {
        assert_eq!(Ratio::parse("99.9%").map(Ratio::share), Some(0.999));
        assert_eq!(Ratio::parse("101%"), None);
        assert_eq!(Ratio::parse("1.5"), None);
    }

    #[test]
    fn a_rate_is_above_zero() {
        assert_eq!(Rate::parse("60/m").map(Rate::per_second), Some(1.0));
        assert_eq!(Rate::parse("0/s"), None);
        assert_eq!(Rate::parse("10/fortnight"), None);
    }

    #[test]
    fn bytes_know_both_kinds_of_kilo() {
        assert_eq!(Bytes::parse("64KiB"), Some(Bytes(65_536)));
        assert_eq!(Bytes::parse("64kB"), Some(Bytes(64_000)));
        assert_eq!(Bytes::parse("64"), None);
    }
}
