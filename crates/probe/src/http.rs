//! `http.check`: what a service answers to GET or HEAD.
//!
//! Requests go to every replica in turn, one after the other, so that a limit or a cache that is kept per instance
//! shows. Redirects are answers like any other. A header that only some of the answers carry is neither there nor not
//! there: `has_header.<name>` is then missing, and `count_header.<name>` says how many carried it.
//!
//! A request without an answer could have been answered in any way. While there is one, every count is an interval,
//! and what is said of all answers (`status`, `header.<name>`, ..) is missing, so that nothing can be held of answers
//! that were never seen. Where a certificate is not good nothing is sent, and the certificate is what was seen.

mod payload;
mod tell;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use evidence::Grade;
use outside::http::{Answer, Client, Failure, Limits, Request};
use outside::tls::Certificate;
use serde_json_path::JsonPath;
use system::{ComponentId, System, Template};
use text::{Fields, Source, print_duration};
use tokio::time::Instant;

use crate::endpoint::{Endpoint, Who, is_path};
use crate::hole::{self, Holes, Secrets};
use crate::kind::{Kind, Look, Looking, ready};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, MAX_TEXT_BYTES, World, json};
use tell::{Asked, tell, tell_without};

pub use tell::SECURITY_HEADERS;
pub(crate) use tell::tell_certificates;

/// The most requests of one look.
pub const MAX_TIMES: i64 = 200;

/// The largest body of an answer; a larger one counts as no answer.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Headers that belong to the connection and not to the request.
const REFUSED_HEADERS: [&str; 5] = ["connection", "content-length", "transfer-encoding", "upgrade", "te"];

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "http.check", read: |fields, system, source| ready(HttpCheck::read(fields, system, source)) },
    Kind { name: "http.payload", read: |fields, system, source| ready(payload::Payload::read(fields, system, source)) },
];

/// How long one answer may take when the file does not say.
const WITHIN: Duration = Duration::from_secs(2);

/// The longest that one answer may be waited for.
const MAX_WITHIN: Duration = Duration::from_secs(30);

/// How long all requests of one look may take together; what is left then stays unanswered.
const MAX_LOOK: Duration = Duration::from_secs(60);

/// What a service answers.
#[derive(Clone, Debug)]
pub(crate) struct HttpCheck {
    endpoint: Endpoint,
    method: &'static str,
    headers: Vec<(String, Template)>,
    without: Vec<String>,
    origin: Option<String>,
    look_for: Vec<String>,
    at: Option<JsonPath>,
    times: usize,
    within: Duration,
    body_limit: usize,
}

// ===== reading =====

impl HttpCheck {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let endpoint = read_endpoint(fields, system);
        let method = fields.one_of("method", &["GET", "HEAD"]).map_or("GET", |index| ["GET", "HEAD"][index]);
        let headers = hole::read_map(fields, "headers", Holes::Env, source);
        check_headers(fields, &headers);
        let without = read_without(fields, &headers);
        let origin = read_origin(fields, &headers);
        let look_for = fields.texts("look_for");
        for (name, span) in &look_for {
            if !is_token(name) {
                fields.problem("wrong-header", *span, format!("`{name}` is no name of a header"));
            }
        }
        let at = json::read_path(fields, "at");
        let times = fields.integer("times", 1..=MAX_TIMES).and_then(|times| usize::try_from(times).ok()).unwrap_or(1);
        let within = read_within(fields, WITHIN, MAX_WITHIN);
        let body_limit = read_body_limit(fields);
        let endpoint = endpoint?;
        let look_for = look_for.into_iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        Some(Self { endpoint, method, headers, without, origin, look_for, at, times, within, body_limit })
    }

    fn source(&self) -> String {
        let times = if self.times == 1 { String::new() } else { format!(" ({} times)", self.times) };
        format!("{} {}{times}", self.method, self.endpoint.shown())
    }
}

/// Whom to ask, with the path.
fn read_endpoint(fields: &mut Fields<'_, '_>, system: &System) -> Option<Endpoint> {
    let path = fields.text("path");
    let span = span_of(fields, "path");
    if path.is_some_and(|path| !is_path(path)) {
        fields.problem("wrong-path", span, "`path` must begin with `/` and hold no white space");
    }
    let mut endpoint = Endpoint::read(fields, system)?;
    match (&endpoint.who, path) {
        (Who::Host(_), Some(_)) => fields.problem("wrong-value", span, "with a `url`, the path is part of it"),
        (Who::Component(_), path) => path.unwrap_or("/").clone_into(&mut endpoint.path),
        (Who::Host(_), None) => {}
    }
    if endpoint.path.is_empty() {
        "/".clone_into(&mut endpoint.path);
    }
    Some(endpoint)
}

/// Headers that a second request goes without; they must be among those that the first is sent with.
fn read_without(fields: &mut Fields<'_, '_>, headers: &[(String, Template)]) -> Vec<String> {
    let names = fields.texts("without");
    for (name, span) in &names {
        if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            fields.problem(
                "wrong-header",
                *span,
                format!("`{name}` is not among `headers`, so nothing goes without it"),
            );
        }
    }
    names.into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn read_origin(fields: &mut Fields<'_, '_>, headers: &[(String, Template)]) -> Option<String> {
    let origin = fields.text("origin")?;
    let span = span_of(fields, "origin");
    if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("origin")) {
        fields.problem("wrong-header", span, "write the origin as `origin` or as a header, not both");
    }
    let sound = origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains(['/', ' ']));
    if !sound {
        fields.problem("wrong-value", span, "`origin` must look like `https://elsewhere.example`");
    }
    Some(origin.to_owned())
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

// ===== looking =====

impl Look for HttpCheck {
    fn subject(&self) -> String {
        self.endpoint.subject()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.endpoint.component_id()
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
        Ok((servers, headers)) => asked(probe, world, &servers, headers).await,
    };
    sight.redactor = secrets.redactor();
    sight
}

async fn asked(probe: &HttpCheck, world: &World, servers: &[Address], headers: Headers) -> Sight {
    let end = Instant::now() + MAX_LOOK;
    let answers = ask(probe, servers, &headers, end).await;
    let mut sight = Sight::new(probe.source());
    sight.integer("replicas", servers.len());
    let (host, origin, at) = (probe.endpoint.subject(), probe.origin.as_deref(), probe.at.as_ref());
    let asked =
        Asked { times: probe.times, look_for: &probe.look_for, host: &host, origin, at, body_limit: probe.body_limit };
    tell(&mut sight, &asked, answers);
    if !probe.without.is_empty() {
        let left = |name: &String| probe.without.iter().all(|without| !without.eq_ignore_ascii_case(name));
        let fewer = headers.into_iter().filter(|(name, _)| left(name)).collect();
        tell_without(&mut sight, ask(probe, servers, &fewer, end).await);
    }
    let certificates: Vec<Certificate> = servers.iter().filter_map(|server| server.client.certificate()).collect();
    if !certificates.is_empty() {
        tell_certificates(&mut sight, &certificates, servers.len(), world.now);
        (sight.subjects, sight.grade) = (sight.subjects.max(1), Some(Grade::Live));
    }
    sight
}

type Headers = Vec<(String, String)>;

/// Where a replica answers, and a client of its own, since each must show itself under its own name.
struct Address {
    at: SocketAddr,
    client: Client,
}

async fn prepare(probe: &HttpCheck, world: &World, secrets: &mut Secrets) -> Result<(Vec<Address>, Headers), Error> {
    let addresses = probe.endpoint.addresses(world).await?;
    let limits = Limits { body_bytes: MAX_BODY_BYTES, connect: probe.within };
    let server = |at: SocketAddr| {
        let client = match probe.endpoint.trust(at, world)? {
            Some(trust) => Client::secured(limits, trust),
            None => Client::new(limits),
        };
        Ok(Address { at, client })
    };
    let servers = addresses.into_iter().map(server).collect::<Result<Vec<Address>, Error>>()?;
    let fill = |(name, value): &(String, Template)| secrets.fill(value, world).map(|value| (name.clone(), value));
    let mut headers = probe.headers.iter().map(fill).collect::<Result<Headers, Error>>()?;
    headers.extend(probe.origin.iter().map(|origin| ("origin".to_owned(), origin.clone())));
    Ok((servers, headers))
}

/// What came of all requests.
#[derive(Default)]
struct Answers {
    answered: Vec<(Answer, Duration)>,
    failed: BTreeMap<(SocketAddr, String), usize>,
}

async fn ask(probe: &HttpCheck, addresses: &[Address], headers: &Headers, end: Instant) -> Answers {
    let mut answers = Answers::default();
    for (_, server) in (0..probe.times).zip(addresses.iter().cycle()) {
        let begun = Instant::now();
        let within = probe.within.min(end.saturating_duration_since(begun));
        let answer = if within.is_zero() {
            Err(Failure::Other(format!("not asked: all requests together may take {}", print_duration(MAX_LOOK))))
        } else {
            server.client.send(server.at, request(probe, server.at, headers), within).await
        };
        match answer {
            Ok(answer) => answers.answered.push((answer, begun.elapsed())),
            Err(failure) => *answers.failed.entry((server.at, failure.to_string())).or_default() += 1,
        }
    }
    answers
}

fn request(probe: &HttpCheck, at: SocketAddr, headers: &Headers) -> Request {
    let mut headers = headers.clone();
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        headers.insert(0, ("host".to_owned(), probe.endpoint.host_header(at)));
    }
    Request { method: probe.method.to_owned(), path: probe.endpoint.path.clone(), headers, body: Bytes::new() }
}

// ===== shared with other kinds =====

/// A duration from `within` above zero and up to a limit.
pub(crate) fn read_within(fields: &mut Fields<'_, '_>, usual: Duration, most: Duration) -> Duration {
    let within = fields.duration("within").unwrap_or(usual);
    if within.is_zero() || within > most {
        let span = span_of(fields, "within");
        fields.problem("wrong-value", span, format!("`within` must be above 0s and at most {}", print_duration(most)));
    }
    within
}

/// Whether a text can be the name of a header.
fn is_token(name: &str) -> bool {
    let mark = |c: char| "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || mark(c))
}

/// Headers that cannot be set are problems.
pub(crate) fn check_headers(fields: &mut Fields<'_, '_>, headers: &[(String, Template)]) {
    for (name, value) in headers {
        if !is_token(name) || REFUSED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            fields.problem("wrong-header", value.span, format!("header `{name}` cannot be set"));
        }
        if value.text.chars().any(char::is_control) {
            fields.problem("wrong-header", value.span, format!("header `{name}` holds a line break"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_name_cannot_smuggle_a_line() {
        assert!(is_token("x-request-id"));
        assert!(!is_token("x: y") && !is_token("x\r\ny") && !is_token(""));
    }
}
