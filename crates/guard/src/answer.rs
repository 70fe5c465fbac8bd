//! Answers that the guard makes up itself: problem details (RFC 9457), marked with a `seaworthy-guard` header that
//! says why, so that neither people nor drills take them for the upstream's.

use std::time::Duration;

use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

use crate::body::Payload;

/// The header on every answer that did not come from the upstream just now.
pub(crate) const MARK: HeaderName = HeaderName::from_static("seaworthy-guard");
/// The header on answers that a `status` fault made up in the upstream's name; its value is `status`.
pub(crate) const FAULT_MARK: HeaderName = HeaderName::from_static("seaworthy-fault");

/// Why the guard answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The breaker did not let the request through.
    BreakerTripped,
    /// No upstream accepted a connection.
    UpstreamRefused,
    /// The upstream took too long.
    UpstreamTimeout,
    /// The upstream broke the connection, or spoke no HTTP.
    UpstreamReset,
    /// The request cannot be forwarded as it is.
    RequestRefused,
}

impl Reason {
    /// The word in the header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BreakerTripped => "breaker-tripped",
            Self::UpstreamRefused => "upstream-refused",
            Self::UpstreamTimeout => "upstream-timeout",
            Self::UpstreamReset => "upstream-reset",
            Self::RequestRefused => "request-refused",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::BreakerTripped => "The upstream has failed repeatedly and is left alone for a while",
            Self::UpstreamRefused => "The upstream accepts no connections",
            Self::UpstreamTimeout => "The upstream did not answer in time",
            Self::UpstreamReset => "The upstream broke off",
            Self::RequestRefused => "The request cannot be forwarded",
        }
    }
}

/// An answer of the guard's own. `retry_after` is rounded up to whole seconds, at least one.
pub(crate) fn problem(
    status: StatusCode,
    reason: Reason,
    detail: &str,
    retry_after: Option<Duration>,
) -> Response<Payload> {
    let body = json!({
        "type": format!("urn:seaworthy:guard:{}", reason.word()),
        "title": reason.title(),
        "status": status.as_u16(),
        "detail": detail,
    });
    let mut response = Response::new(Payload::whole(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(MARK, HeaderValue::from_static(reason.word()));
    if let Some(after) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
    }
    response
}

/// What a `status` fault says in the upstream's name.
pub(crate) fn injected(status: StatusCode) -> Response<Payload> {
    let mut response = Response::new(Payload::whole(format!("{status}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response.headers_mut().insert(FAULT_MARK, HeaderValue::from_static("status"));
    response
}

fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

/// The seconds or the date of a `Retry-After` value, as a duration from `now_us` (microseconds since the epoch).
pub(crate) fn read_retry_after(value: &HeaderValue, now_us: i64) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let at = crate::date::read(text)?;
    Some(Duration::from_secs(u64::try_from(at - now_us.div_euclid(1_000_000)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_our_own_is_marked_and_says_when_to_come_back() {
        let answer =
            problem(StatusCode::SERVICE_UNAVAILABLE, Reason::BreakerTripped, "api", Some(Duration::from_millis(1200)));
        assert_eq!(answer.headers()["retry-after"], "2");
        assert_eq!(answer.headers()["seaworthy-guard"], "breaker-tripped");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |text: &'static str| read_retry_after(&HeaderValue::from_static(text), 784_111_770_000_000);
        assert_eq!(read("3"), Some(Duration::from_secs(3)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1993 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }
}
