//! Moments as texts, in UTC.

use jiff::Timestamp;

/// `2025-03-01T12:00:00Z`; empty for what no calendar holds.
pub(crate) fn utc(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|moment| moment.to_string()).unwrap_or_default()
}
