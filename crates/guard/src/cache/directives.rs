//! `Cache-Control`, as far as it concerns an answer that may stand in for an error.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header;

use crate::date;

/// The directives of a message that we know. An unknown one is ignored, as the standard asks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Directives {
    pub(super) no_store: bool,
    pub(super) no_cache: bool,
    pub(super) private: bool,
    pub(super) public: bool,
    must_revalidate: bool,
    max_age: Option<Duration>,
    shared_max_age: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
}

impl Directives {
    /// Reads every `Cache-Control` line. One that is not text forbids keeping.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut all = Self::default();
        for line in headers.get_all(header::CACHE_CONTROL) {
            match line.to_str() {
                Ok(line) => split(line).for_each(|(name, value)| all.add(&name, value)),
                Err(_) => all.no_store = true,
            }
        }
        all
    }

    /// How long the answer is fresh: `s-maxage`, else `max-age`, else `Expires`, else not at all.
    pub(super) fn fresh_for(&self, headers: &HeaderMap) -> Duration {
        let date = |name| headers.get(name).and_then(|value| date::read(value.to_str().ok()?));
        let expires = || {
            let (expires, written) = (date(header::EXPIRES)?, date(header::DATE)?);
            u64::try_from(expires - written).ok().map(Duration::from_secs)
        };
        self.shared_max_age.or(self.max_age).or_else(expires).unwrap_or_default()
    }

    /// Whether it must not be used once it is stale, whatever happens.
    pub(super) fn forbids_stale(&self) -> bool {
        self.must_revalidate || self.shared_max_age.is_some()
    }

    fn add(&mut self, name: &str, value: Option<&str>) {
        match name {
            "no-store" => self.no_store = true,
            "no-cache" => self.no_cache = true,
            "private" => self.private = true,
            "public" => self.public = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" => self.max_age = Some(shortest(self.max_age, value)),
            "s-maxage" => self.shared_max_age = Some(shortest(self.shared_max_age, value)),
            "stale-if-error" => self.stale_if_error = Some(shortest(self.stale_if_error, value)),
            _ => {}
        }
    }
}

/// Seconds; what is no number is none, and of two the shorter counts.
fn shortest(before: Option<Duration>, value: Option<&str>) -> Duration {
    let digits = value.filter(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()));
    // A number too large to hold means "very long" (RFC 9111, section 1.2.2).
    let seconds = digits.map_or(0, |digits| digits.parse::<u32>().unwrap_or(i32::MAX as u32));
    let new = Duration::from_secs(u64::from(seconds));
    before.map_or(new, |before| before.min(new))
}

/// The directives of a line with their values, unquoted; commas within quotes do not split.
fn split(line: &str) -> impl Iterator<Item = (String, Option<&str>)> {
    let mut quoted = false;
    let parts = line.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(|part| match part.split_once('=') {
        Some((name, value)) => (name.trim().to_ascii_lowercase(), Some(value.trim().trim_matches('"'))),
        None => (part.trim().to_ascii_lowercase(), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &'static str) -> Directives {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(line));
        Directives::of(&headers)
    }

    #[test]
    fn directives_are_read_whatever_their_case_and_quotes() {
        let all = read("Max-Age=\"60\", private=\"a, no-store\", STALE-IF-ERROR=5,, x=y");
        assert_eq!(all.max_age, Some(Duration::from_secs(60)));
        assert_eq!(all.stale_if_error, Some(Duration::from_secs(5)));
        assert!(all.private && !all.no_store);
    }

    #[test]
    fn what_is_no_number_is_no_time_and_the_shorter_of_two_counts() {
        assert_eq!(read("max-age=abc").max_age, Some(Duration::ZERO));
        assert_eq!(read("max-age=-5").max_age, Some(Duration::ZERO));
        assert_eq!(read("max-age=5, max-age=3").max_age, Some(Duration::from_secs(3)));
        assert!(read("max-age=99999999999").max_age > Some(Duration::from_secs(1_000_000)));
    }
}
