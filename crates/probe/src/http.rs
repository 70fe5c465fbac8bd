//! `http.check`: what a service answers to GET or HEAD.
//!
//! Requests go to every replica in turn, one after the other, so that a limit or a cache that is kept per instance
//! shows. Redirects are answers like any other. A header that only some of the answers carry is neither there nor not
//! there: `has_header.<name>` is then missing, and `count_header.<name>` says how many carried it.
//!
//! A request without an answer could have been answered in any way. While there is one, every count is an interval,
//! and what is said of all answers (`status`, `header.<name>`, ..) is missing, so that nothing can be held of answers
//! that were never seen.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use evidence::{Grade, Quantity, Unit, Value};
use outside::http::{Answer, Client, Failure, Limits, Request};
use system::{ComponentId, ComponentKind, System, Template};
use text::{Fields, Source, print_duration};
use tokio::time::Instant;

use crate::hole::{self, Holes, Secrets};
use crate::kind::{Kind, Look, Looking, ready};
use crate::read::span_of;
use crate::sight::{Sight, cut, spelled};
use crate::{Error, MAX_TEXT_BYTES, World, json};

/// The most requests of one look.
pub const MAX_TIMES: i64 = 200;

/// The largest body of an answer; a larger one counts as no answer.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// How long one answer may take when the file does not say.
const WITHIN: Duration = Duration::from_secs(2);

/// The longest that one answer may be waited for.
const MAX_WITHIN: Duration = Duration::from_secs(30);

/// How long all requests of one look may take together; what is left then stays unanswered.
const MAX_LOOK: Duration = Duration::from_secs(60);

/// The most different headers of the answers that are kept.
const MAX_HEADERS: usize = 100;

/// Statuses that are always counted, so that "none of them" can be expected.
const COUNTED: [u16; 6] = [401, 403, 404, 429, 500, 503];

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

/// Headers that belong to the connection and not to the request.
const REFUSED_HEADERS: [&str; 5] = ["connection", "content-length", "transfer-encoding", "upgrade", "te"];

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "http.check", read: |fields, system, source| ready(HttpCheck::read(fields, system, source)) }];

/// What a service answers.
#[derive(Clone, Debug)]
pub(crate) struct HttpCheck {
    target: Target,
    path: String,
    method: &'static str,
    headers: Vec<(String, Template)>,
    look_for: Vec<String>,
    times: usize,
    within: Duration,
    body_limit: usize,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    /// All replicas of a component.
    Component(ComponentId),
    /// `host:port` of a URL.
    Host(String),
}

// ===== reading =====

impl HttpCheck {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let target = read_target(fields, system);
        let method = fields.one_of("method", &["GET", "HEAD"]).map_or("GET", |index| ["GET", "HEAD"][index]);
        let headers = hole::read_map(fields, "headers", Holes::Env, source);
        check_headers(fields, &headers);
        let look_for = fields.texts("look_for");
        for (name, span) in &look_for {
            if !is_token(name) {
                fields.problem("wrong-header", *span, format!("`{name}` is no name of a header"));
            }
        }
        let times = fields.integer("times", 1..=MAX_TIMES).and_then(|times| usize::try_from(times).ok()).unwrap_or(1);
        let within = read_within(fields, WITHIN, MAX_WITHIN);
        let body_limit = read_body_limit(fields);
        let (target, path) = target?;
        let look_for = look_for.into_iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        Some(Self { target, path, method, headers, look_for, times, within, body_limit })
    }

    fn source(&self) -> String {
        let times = if self.times == 1 { String::new() } else { format!(" ({} times)", self.times) };
        format!("{} http://{}{}{times}", self.method, self.subject(), self.path)
    }
}

/// A duration from `within` above zero and up to a limit.
pub(crate) fn read_within(fields: &mut Fields<'_, '_>, usual: Duration, most: Duration) -> Duration {
    let within = fields.duration("within").unwrap_or(usual);
    if within.is_zero() || within > most {
        let span = span_of(fields, "within");
        fields.problem("wrong-value", span, format!("`within` must be above 0s and at most {}", print_duration(most)));
    }
    within
}

fn read_body_limit(fields: &mut Fields<'_, '_>) -> usize {
    let Some(limit) = fields.bytes("body_limit") else { return MAX_TEXT_BYTES };
    let limit = usize::try_from(limit.0).unwrap_or(usize::MAX);
    if limit > MAX_TEXT_BYTES {
        let span = span_of(fields, "body_limit");
        fields.problem("wrong-value", span, format!("at most {MAX_TEXT_BYTES} bytes of a body are kept"));
    }
    limit
}

fn read_target(fields: &mut Fields<'_, '_>, system: &System) -> Option<(Target, String)> {
    let component = fields.text("component");
    let url = fields.text("url");
    let path = fields.text("path");
    match (component, url) {
        (None, None) => {
            fields.problem("missing-key", fields.span(), "name a `component`, or a `url`");
            None
        }
        (Some(_), Some(_)) => {
            let span = span_of(fields, "url");
            fields.problem("wrong-value", span, "name a `component` or a `url`, not both");
            None
        }
        (Some(name), None) => {
            let path = path.unwrap_or("/");
            if !is_path(path) {
                let span = span_of(fields, "path");
                fields.problem("wrong-path", span, "`path` must begin with `/` and hold no white space");
            }
            let at = span_of(fields, "component");
            let component = crate::read::component(name, at, system, fields)?;
            answers_http(component, at, fields).then(|| (Target::Component(component.id.clone()), path.to_owned()))
        }
        (None, Some(url)) => {
            if path.is_some() {
                let span = span_of(fields, "path");
                fields.problem("wrong-value", span, "with a `url`, the path is part of it");
            }
            let span = span_of(fields, "url");
            read_url(url).map_err(|message| fields.problem("wrong-url", span, message)).ok()
        }
    }
}

/// Whether a component is one that answers HTTP at an address.
fn answers_http(component: &system::Component, span: text::Span, fields: &mut Fields<'_, '_>) -> bool {
    let answers = match component.kind {
        ComponentKind::Service | ComponentKind::Worker | ComponentKind::External | ComponentKind::Tcp => true,
        ComponentKind::Client
        | ComponentKind::Postgres
        | ComponentKind::Redis
        | ComponentKind::Sqlite
        | ComponentKind::Queue
        | ComponentKind::Secret
        | ComponentKind::Config
        | ComponentKind::Volume
        | ComponentKind::State
        | ComponentKind::Function => false,
    };
    if !answers {
        fields.problem("wrong-component", span, format!("`{}` is not a component that answers HTTP", component.id));
    }
    answers
}

fn read_url(url: &str) -> Result<(Target, String), &'static str> {
    let rest = url.strip_prefix("http://").ok_or("`url` must begin with `http://` (TLS is not spoken here)")?;
    let (host, path) = rest.find(['/', '?']).map_or((rest, "/"), |at| rest.split_at(at));
    if host.contains('@') {
        return Err("write secrets as `headers`, not into the `url`");
    }
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    let host = match port {
        Some(port) if port.parse::<u16>().is_err() => return Err("the port of `url` is no number up to 65535"),
        Some(_) => host.to_owned(),
        None => format!("{host}:80"),
    };
    let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
    if host.starts_with(':') || !is_path(&path) || host.contains(char::is_whitespace) {
        return Err("`url` must look like `http://127.0.0.1:8080/path`");
    }
    Ok((Target::Host(host), path))
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic() && c != '#')
}

fn is_token(name: &str) -> bool {
    let mark = |c: char| "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || mark(c))
}

fn check_headers(fields: &mut Fields<'_, '_>, headers: &[(String, Template)]) {
    for (name, value) in headers {
        if !is_token(name) || REFUSED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            fields.problem("wrong-header", value.span, format!("header `{name}` cannot be set"));
        }
        if value.text.chars().any(char::is_control) {
            fields.problem("wrong-header", value.span, format!("header `{name}` holds a line break"));
        }
    }
}

// ===== looking =====

impl Look for HttpCheck {
    fn subject(&self) -> String {
        match &self.target {
            Target::Component(component) => component.to_string(),
            Target::Host(host) => host.clone(),
        }
    }

    fn component(&self) -> Option<&ComponentId> {
        match &self.target {
            Target::Component(component) => Some(component),
            Target::Host(_) => None,
        }
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Asks.
async fn look(probe: &HttpCheck, world: &World) -> Sight {
    let mut secrets = Secrets::default();
    let prepared = prepare(probe, world, &mut secrets).await;
    let mut sight = match prepared {
        Err(error) => Sight::blind(probe.source(), &error),
        Ok((addresses, headers)) => {
            let answers = ask(probe, &addresses, &headers).await;
            let mut sight = Sight::new(probe.source());
            sight.integer("replicas", addresses.len());
            tell(&mut sight, probe, answers);
            sight
        }
    };
    sight.redactor = secrets.redactor();
    sight
}

type Headers = Vec<(String, String)>;

async fn prepare(probe: &HttpCheck, world: &World, secrets: &mut Secrets) -> Result<(Vec<SocketAddr>, Headers), Error> {
    let addresses = match &probe.target {
        Target::Component(component) => world.addresses_of(component)?,
        Target::Host(host) => {
            let host = host.clone();
            let looked_up = tokio::task::spawn_blocking(move || outside::net::resolve(&host));
            let at = looked_up.await.map_err(|_| Error::CutShort)??;
            world.permit(at)?;
            vec![at]
        }
    };
    let fill = |(name, value): &(String, Template)| secrets.fill(value, world).map(|value| (name.clone(), value));
    let headers = probe.headers.iter().map(fill).collect::<Result<Headers, Error>>()?;
    Ok((addresses, headers))
}

/// What came of all requests.
#[derive(Default)]
struct Answers {
    answered: Vec<(Answer, Duration)>,
    failed: BTreeMap<(SocketAddr, String), usize>,
}

async fn ask(probe: &HttpCheck, addresses: &[SocketAddr], headers: &Headers) -> Answers {
    let client = Client::new(Limits { body_bytes: MAX_BODY_BYTES, connect: probe.within });
    let end = Instant::now() + MAX_LOOK;
    let mut answers = Answers::default();
    for (_, at) in (0..probe.times).zip(addresses.iter().cycle()) {
        let begun = Instant::now();
        let within = probe.within.min(end.saturating_duration_since(begun));
        let answer = if within.is_zero() {
            Err(Failure::Other(format!("not asked: all requests together may take {}", print_duration(MAX_LOOK))))
        } else {
            client.send(*at, request(probe, headers), within).await
        };
        match answer {
            Ok(answer) => answers.answered.push((answer, begun.elapsed())),
            Err(failure) => *answers.failed.entry((*at, failure.to_string())).or_default() += 1,
        }
    }
    answers
}

fn request(probe: &HttpCheck, headers: &Headers) -> Request {
    Request { method: probe.method.to_owned(), path: probe.path.clone(), headers: headers.clone(), body: Bytes::new() }
}

fn tell(sight: &mut Sight, probe: &HttpCheck, answers: Answers) {
    let Answers { answered, failed } = answers;
    sight.integer("times", probe.times);
    sight.integer("answered", answered.len());
    sight.subjects = u64::try_from(answered.len()).unwrap_or(u64::MAX);
    let words = |((at, what), count): (&(SocketAddr, String), &usize)| format!("{at}: {what} ({count} times)");
    let failures: Vec<String> = failed.iter().map(words).collect();
    sight.trouble = (!failures.is_empty()).then(|| failures.join("; "));
    let Some((last, _)) = answered.last() else { return };
    sight.grade = Some(Grade::Live);
    let missing = failed.values().sum();
    tell_statuses(sight, &answered, missing);
    tell_headers(sight, &answered, missing, &probe.look_for);
    let worst = answered.iter().map(|(_, took)| took.as_secs_f64()).fold(0.0, f64::max);
    let longest = if missing == 0 { worst } else { f64::INFINITY };
    let latency = Quantity::interval(worst, longest, Unit::Second);
    sight.values.extend(latency.map(|latency| ("latency".to_owned(), Value::Quantity(latency))));
    let body = String::from_utf8_lossy(&last.body).into_owned();
    json::put_object(sight, &body);
    sight.boolean("body_cut", body.len() > probe.body_limit);
    sight.text("body", &cut(body, probe.body_limit));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_plain_http_with_a_host() {
        let read = |url: &str| read_url(url).ok();
        let host = |host: &str| Target::Host(host.to_owned());
        assert_eq!(read("http://127.0.0.1:80/a?b=c"), Some((host("127.0.0.1:80"), "/a?b=c".to_owned())));
        assert_eq!(read("http://localhost"), Some((host("localhost:80"), "/".to_owned())));
        assert_eq!(read("http://[::1]:8080?x"), Some((host("[::1]:8080"), "/?x".to_owned())));
        for url in
            ["https://a/", "http://", "http://u:p@a/", "http://a:99999/", "http://a /", "ftp://a", "127.0.0.1:80"]
        {
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn a_header_name_cannot_smuggle_a_line() {
        assert!(is_token("x-request-id"));
        assert!(!is_token("x: y") && !is_token("x\r\ny") && !is_token(""));
    }
}
