//! Times as people read them.

use evidence::Micros;
use jiff::Timestamp;

/// A time in UTC, to the second: `2026-11-20T22:51:07Z`. A time that no calendar holds is printed as its number.
pub fn timestamp(at: Micros) -> String {
    match Timestamp::from_microsecond(at) {
        Ok(time) => Timestamp::from_second(time.as_second()).map_or_else(|_| at.to_string(), |time| time.to_string()),
        Err(_) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_printed_in_utc_to_the_second() {
        assert_eq!(timestamp(1_000_000_123), "1970-01-01T00:16:40Z");
    }

    #[test]
    fn a_time_out_of_every_calendar_is_a_number() {
        assert_eq!(timestamp(i64::MAX), i64::MAX.to_string());
    }
}
