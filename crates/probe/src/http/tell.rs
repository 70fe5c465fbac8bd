//! What many answers come to: what is said of all of them, counts where some are missing, and what the certificates
//! are worth.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use evidence::{Grade, Quantity, Unit, Value};
use outside::http::Answer;
use outside::tls::Certificate;
use serde_json_path::JsonPath;

use super::Answers;
use crate::json;
use crate::sight::{Sight, cut, spelled};

/// The most different headers of the answers that are kept.
const MAX_HEADERS: usize = 100;

/// Statuses that are always counted, so that "none of them" can be expected.
const COUNTED: [u16; 6] = [401, 403, 404, 429, 500, 503];

/// Statuses of redirects that say where to.
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Statuses by which a service says no to who asks.
const REFUSALS: [u16; 2] = [401, 403];

/// The shares of requests whose latency is told.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

/// How sure the interval of a latency is.
const CONFIDENCE: f64 = 0.95;

/// Microseconds in a day.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// Headers whose absence can always be expected, besides those that `look_for` names.
pub const SECURITY_HEADERS: [&str; 14] = [
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "cache-control",
    "content-security-policy",
    "location",
    "referrer-policy",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
];

/// What was asked, as far as telling needs it.
pub(super) struct Asked<'a> {
    pub(super) times: usize,
    pub(super) look_for: &'a [String],
    pub(super) host: &'a str,
    pub(super) origin: Option<&'a str>,
    pub(super) at: Option<&'a JsonPath>,
    pub(super) body_limit: usize,
}

/// Tells all that was answered.
pub(super) fn tell(sight: &mut Sight, asked: &Asked<'_>, answers: Answers) {
    let Answers { answered, failed } = answers;
    sight.integer("times", asked.times);
    sight.integer("answered", answered.len());
    sight.subjects = u64::try_from(answered.len()).unwrap_or(u64::MAX);
    sight.trouble = (!failed.is_empty()).then(|| words(&failed));
    let Some((last, _)) = answered.last() else { return };
    sight.grade = Some(Grade::Live);
    let missing = failed.values().sum();
    tell_statuses(sight, &answered, missing);
    tell_headers(sight, &answered, missing, asked.look_for);
    tell_latencies(sight, &answered, missing);
    tell_redirects(sight, &answered, missing, asked.host);
    if let Some(origin) = asked.origin {
        tell_origin(sight, &answered, missing, origin);
    }
    let body = String::from_utf8_lossy(&last.body).into_owned();
    json::put_object(sight, &body);
    if let Some(at) = asked.at {
        json::put_at(sight, at, &body);
    }
    sight.boolean("body_cut", body.len() > asked.body_limit);
    sight.text("body", &cut(body, asked.body_limit));
}

/// The failures, for people.
fn words(failed: &std::collections::BTreeMap<(SocketAddr, String), usize>) -> String {
    let words = |((at, what), count): (&(SocketAddr, String), &usize)| format!("{at}: {what} ({count} times)");
    failed.iter().map(words).collect::<Vec<String>>().join("; ")
}

/// So many of the answers, and possibly all of those that are missing.
fn put_count(sight: &mut Sight, name: String, count: usize, missing: usize) {
    if missing == 0 {
        sight.integer(name, count);
    } else {
        let count = Quantity::interval(count as f64, (count + missing) as f64, Unit::One);
        sight.values.extend(count.map(|count| (name, Value::Quantity(count))));
    }
}

fn tell_statuses(sight: &mut Sight, answered: &[(Answer, Duration)], missing: usize) {
    let statuses: Vec<u16> = answered.iter().map(|(answer, _)| answer.status).collect();
    let count = |fits: &dyn Fn(u16) -> bool| statuses.iter().filter(|status| fits(**status)).count();
    for class in 1..=5 {
        put_count(sight, format!("count_{class}xx"), count(&|status| status / 100 == class), missing);
    }
    for code in statuses.iter().copied().chain(COUNTED).collect::<BTreeSet<u16>>() {
        put_count(sight, format!("count_{code}"), count(&|status| status == code), missing);
    }
    if missing > 0 {
        return;
    }
    if let Some(first) = statuses.first().filter(|first| statuses.iter().all(|status| status == *first)) {
        sight.integer("status", usize::from(*first));
    }
    sight.put("statuses", Value::List(statuses.iter().map(|status| Value::Integer(i64::from(*status))).collect()));
}

fn tell_headers(sight: &mut Sight, answered: &[(Answer, Duration)], missing: usize, look_for: &[String]) {
    let seen = answered.iter().flat_map(|(answer, _)| answer.headers.iter().map(|(name, _)| name.to_ascii_lowercase()));
    let seen: BTreeSet<String> = seen.collect();
    let asked = SECURITY_HEADERS.iter().map(|name| (*name).to_owned()).chain(look_for.iter().cloned());
    let names: BTreeSet<String> = asked.chain(seen.into_iter().take(MAX_HEADERS)).collect();
    for name in names {
        let values: Vec<String> = answered.iter().filter_map(|(answer, _)| joined(answer, &name)).collect();
        let spelled = spelled(&name);
        put_count(sight, format!("count_header.{spelled}"), values.len(), missing);
        let (none, all) = (values.is_empty(), values.len() == answered.len());
        if missing == 0 && (none || all) {
            sight.boolean(format!("has_header.{spelled}"), all);
        }
        let same = values.first().filter(|first| all && values.iter().all(|value| value == *first));
        if let Some(same) = same.filter(|_| missing == 0) {
            sight.text(format!("header.{spelled}"), same);
        }
    }
}

/// All values of a header, joined as RFC 9110 allows.
fn joined(answer: &Answer, name: &str) -> Option<String> {
    let values = answer.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Whether a redirect leads to another host. A relative one stays.
fn leads_elsewhere(answer: &Answer, host: &str) -> bool {
    let location = answer.header("location").filter(|_| REDIRECTS.contains(&answer.status)).unwrap_or_default();
    let is_scheme = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let rest = location.split_once("//").filter(|(scheme, _)| is_scheme(scheme.trim_end_matches(':')));
    let Some((_, rest)) = rest else { return false };
    let other = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let bare = |host: &str| {
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let port = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        port.map_or(host, |(host, _)| host).to_ascii_lowercase()
    };
    bare(other) != bare(host)
}

fn tell_redirects(sight: &mut Sight, answered: &[(Answer, Duration)], missing: usize, host: &str) {
    let elsewhere = answered.iter().filter(|(answer, _)| leads_elsewhere(answer, host)).count();
    // Of those that did not answer nothing is known, so that only a redirect that was seen can be told.
    if missing == 0 || elsewhere > 0 {
        sight.boolean("redirects_elsewhere", elsewhere > 0);
    }
    let locations: BTreeSet<Option<&str>> = answered.iter().map(|(answer, _)| answer.header("location")).collect();
    if let (0, Some(Some(location)), 1) = (missing, locations.first(), locations.len()) {
        sight.text("location", location);
    }
}

/// Whether pages of an origin may read the answers. A path that is not there, or a service that fails, tells nothing.
fn tell_origin(sight: &mut Sight, answered: &[(Answer, Duration)], missing: usize, origin: &str) {
    let allows = |answer: &Answer| {
        let allowed = answer.header("access-control-allow-origin").map(str::trim);
        allowed.is_some_and(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
    };
    let with_credentials = |answer: &Answer| {
        let yes = answer.header("access-control-allow-credentials").is_some_and(|yes| yes.trim() == "true");
        // With credentials browsers refuse the wildcard.
        yes && allows(answer)
            && answer.header("access-control-allow-origin").is_some_and(|allowed| allowed.trim() != "*")
    };
    let tells = |answer: &Answer| answer.status < 500 && answer.status != 404;
    let all = missing == 0 && answered.iter().all(|(answer, _)| tells(answer));
    for (name, allows) in [
        ("cors_allowed", &allows as &dyn Fn(&Answer) -> bool),
        ("cors_credentials", &with_credentials as &dyn Fn(&Answer) -> bool),
    ] {
        let allowed = answered.iter().any(|(answer, _)| allows(answer));
        if allowed || all {
            sight.boolean(name, allowed);
        }
    }
}

/// The latencies at some shares, as intervals. A request without an answer took longer than any other.
fn tell_latencies(sight: &mut Sight, answered: &[(Answer, Duration)], missing: usize) {
    let mut sorted: Vec<f64> = answered.iter().map(|(_, took)| took.as_secs_f64()).collect();
    sorted.sort_by(f64::total_cmp);
    let worst = sorted.last().copied().unwrap_or_default();
    let longest = if missing == 0 { worst } else { f64::INFINITY };
    let latency = Quantity::interval(worst, longest, Unit::Second);
    sight.values.extend(latency.map(|latency| ("latency".to_owned(), Value::Quantity(latency))));
    sorted.extend(std::iter::repeat_n(f64::INFINITY, missing));
    for (name, share) in QUANTILES {
        let (low, high) = measure::quantile_interval(&sorted, share, CONFIDENCE);
        let interval = Quantity::interval(low.max(0.0), high, Unit::Second);
        sight.values.extend(interval.map(|interval| (name.to_owned(), Value::Quantity(interval))));
    }
}

/// What the same requests were answered without some of their headers.
pub(super) fn tell_without(sight: &mut Sight, answers: Answers) {
    let Answers { answered, failed } = answers;
    let statuses: Vec<u16> = answered.iter().map(|(answer, _)| answer.status).collect();
    let refused = statuses.iter().filter(|status| REFUSALS.contains(status)).count();
    if !failed.is_empty() {
        let words = words(&failed);
        let before = sight.trouble.take().map_or_else(String::new, |trouble| format!("{trouble}; "));
        sight.trouble = Some(format!("{before}without headers: {words}"));
    }
    if failed.is_empty() || refused < statuses.len() {
        sight.boolean("without_refused", refused == statuses.len());
    }
    let same = statuses.first().filter(|first| failed.is_empty() && statuses.iter().all(|status| status == *first));
    if let Some(status) = same {
        sight.integer("without_status", usize::from(*status));
    }
}

/// What the certificates of all replicas are worth together.
pub(crate) fn tell_certificates(sight: &mut Sight, shown: &[Certificate], servers: usize, now: i64) {
    for (name, good) in [
        ("tls_name_ok", &(|one: &Certificate| one.name_ok) as &dyn Fn(&Certificate) -> bool),
        ("tls_trusted", &(|one: &Certificate| one.trusted) as &dyn Fn(&Certificate) -> bool),
    ] {
        let all = shown.iter().all(good);
        if !all || shown.len() == servers {
            sight.boolean(name, all);
        }
    }
    let ends: Option<Vec<i64>> = shown.iter().map(|certificate| certificate.not_after).collect();
    let Some(first) = ends.and_then(|ends| ends.into_iter().min()).filter(|_| shown.len() == servers) else { return };
    let left = first.saturating_mul(1_000_000).saturating_sub(now).div_euclid(DAY);
    sight.put("tls_days_left", Value::Integer(left));
    if let Some(day) = text::Date::from_days(first.div_euclid(24 * 3600)) {
        sight.text("tls_not_after", &day.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(location: &str) -> Answer {
        let headers = vec![("location".to_owned(), location.to_owned())];
        Answer { status: 302, headers, body: bytes::Bytes::new() }
    }

    #[test]
    fn a_redirect_to_another_host_is_told_from_one_at_home() {
        for home in ["/a", "a", "http://api.example/b", "https://API.example:8443/", "//api.example/x", "?to=http://b/"]
        {
            assert!(!leads_elsewhere(&redirect(home), "api.example:80"), "{home}");
        }
        for away in
            ["http://evil.example/", "//evil.example", "https://api.example@evil.example/", "http://api.example.evil/"]
        {
            assert!(leads_elsewhere(&redirect(away), "api.example:80"), "{away}");
        }
    }
}
