//! Moments as texts, and texts as moments, in UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// `2025-03-01T12:00:00Z`; empty for what no calendar holds.
pub(crate) fn utc(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|moment| moment.to_string()).unwrap_or_default()
}

/// Seconds since 1970 of a moment as machines write it. One without a zone is taken for UTC; a day is its first second.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_second());
    }
    let in_utc =
        |moment: DateTime| moment.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|moment| moment.timestamp().as_second());
    if text.len() > "2025-01-01".len() {
        return text.parse::<DateTime>().ok().and_then(in_utc);
    }
    text.parse::<Date>().ok().and_then(|day| in_utc(day.at(0, 0, 0, 0)))
}
