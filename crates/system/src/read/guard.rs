//! Guardrails of an edge: `guard`, into a [`Policy`].

use std::net::SocketAddr;
use std::time::Duration;

use text::{Bytes, Node, Ratio, Span};

use super::GUARD_KEYS_TO_COME;
use super::walk::{Place, Walk, span_of};
use crate::{Backoff, Breaker, Cache, ComponentKind, EdgeId, Policy, Protocol, Retry, Trips};

pub(super) const KEYS: [&str; 8] =
    ["listen", "protocol", "timeout", "connect_timeout", "retry", "breaker", "cache", "retry_after"];
pub(super) const RETRY_KEYS: [&str; 5] = ["attempts", "base", "longest", "budget", "budget_floor"];
pub(super) const BREAKER_KEYS: [&str; 3] = ["trips", "open", "trial"];
pub(super) const CACHE_KEYS: [&str; 3] = ["stale_if_error", "entries", "body"];

/// The longest time limit of one attempt or of opening a connection.
const MAX_TIMEOUT: Duration = Duration::from_secs(600);
/// How long a connection may take to open when nothing is written.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// `Retry-After` when nothing is written. The header counts whole seconds.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The longest `Retry-After`, and the longest time a breaker stays tripped.
const MAX_OPEN: Duration = Duration::from_secs(3600);
/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// The first pause between two tries when nothing is written.
const BASE: Duration = Duration::from_millis(25);
/// The longest pause between two tries when nothing is written.
const LONGEST: Duration = Duration::from_millis(250);
/// Retries that are always allowed within 10 s when nothing is written.
const BUDGET_FLOOR: i64 = 3;
/// The most retries that may always be allowed within 10 s.
const MAX_BUDGET_FLOOR: i64 = 1000;
/// The share of requests that may be retries when nothing is written.
const BUDGET: f64 = 0.2;
/// The largest window of a breaker, and the longest row.
const MAX_WINDOW: u32 = 10_000;
/// How long past its freshness an answer may be kept at the most.
const MAX_STALE: Duration = Duration::from_secs(7 * 86_400);
/// Answers kept when nothing is written, and at the most.
const ENTRIES: i64 = 1024;
const MAX_CACHE_ENTRIES: i64 = 100_000;
/// The largest body kept when nothing is written, and at the most.
const BODY: Bytes = Bytes(1024 * 1024);
const MAX_BODY: Bytes = Bytes(64 * 1024 * 1024);

/// Reads the guard of an edge whose callee is of this kind. `None` when it is not a map.
pub(super) fn policy(walk: &mut Walk<'_, '_>, node: &Node, edge: &EdgeId, callee: ComponentKind) -> Option<Policy> {
    let owner = format!("the guard of `{edge}`");
    let node = &*walk.without(node, &owner, &GUARD_KEYS_TO_COME);
    let mut fields = walk.fields(node, &owner)?;
    let listen = fields.text("listen");
    let protocol = fields.one_of("protocol", &["http", "tcp"]);
    let timeout = fields.duration("timeout");
    let connect_timeout = fields.duration("connect_timeout");
    let retry = fields.get("retry");
    let breaker = fields.get("breaker");
    let cache = fields.get("cache");
    let retry_after = fields.duration("retry_after");
    fields.finish();
    let protocol = match (protocol, default_protocol(callee)) {
        (Some(0), _) => Protocol::Http,
        (Some(_), _) => Protocol::Tcp,
        (None, Some(protocol)) => protocol,
        (None, None) => {
            no_traffic(walk, node.span, &owner, callee);
            Protocol::Tcp
        }
    };
    let place = |key: &'static str| Place::of(node, &owner, key);
    let policy = Policy {
        listen: listen.and_then(|text| loopback(walk, text, place("listen"))),
        protocol,
        timeout: walk.positive(timeout, place("timeout"), MAX_TIMEOUT),
        connect_timeout: walk
            .positive(connect_timeout, place("connect_timeout"), MAX_TIMEOUT)
            .unwrap_or(CONNECT_TIMEOUT),
        retry: retry.and_then(|node| read_retry(walk, node, &owner)),
        breaker: breaker.and_then(|node| read_breaker(walk, node, &owner)),
        cache: cache.and_then(|node| read_cache(walk, node, &owner)),
        retry_after: whole_seconds(walk, retry_after, place("retry_after")),
    };
    check_protocol(walk, &policy, node, &owner);
    Some(policy)
}

/// How bytes to a component of this kind are understood; `None` when there are none.
pub(super) fn default_protocol(callee: ComponentKind) -> Option<Protocol> {
    use ComponentKind as Kind;
    match callee {
        Kind::Service | Kind::External | Kind::Worker => Some(Protocol::Http),
        Kind::Postgres | Kind::Redis | Kind::Tcp | Kind::Queue => Some(Protocol::Tcp),
        Kind::Client | Kind::Sqlite | Kind::Secret | Kind::Config | Kind::Volume | Kind::State | Kind::Function => None,
    }
}

fn no_traffic(walk: &mut Walk<'_, '_>, span: Span, owner: &str, callee: ComponentKind) {
    let message = format!("{owner} stands in no traffic: the callee is of kind `{}`", callee.word());
    walk.error("guard-kind", span, message, "a guard is a proxy; put it on an edge to something that listens");
}

/// What understands no requests cannot answer them.
fn check_protocol(walk: &mut Walk<'_, '_>, policy: &Policy, node: &Node, owner: &str) {
    if policy.protocol == Protocol::Http {
        return;
    }
    for key in ["timeout", "cache", "retry_after"] {
        if super::is_written(node, key) {
            let message = format!("`{key}` of {owner} needs `protocol: http`, and this edge carries plain bytes");
            walk.error(
                "guard-protocol",
                span_of(node, key),
                message,
                "remove it, or write `protocol: http` when the callee speaks it",
            );
        }
    }
}

fn loopback(walk: &mut Walk<'_, '_>, text: &str, at: Place<'_>) -> Option<SocketAddr> {
    let address = text.parse::<SocketAddr>().ok();
    if address.is_some_and(|address| address.ip().is_loopback()) {
        return address;
    }
    let message =
        format!("`listen` of {} must be a loopback address with a port, found `{}`", at.owner, text.escape_debug());
    walk.error("listen", at.span, message, "write `127.0.0.1:8080`, or `127.0.0.1:0` for any free port");
    None
}

fn whole_seconds(walk: &mut Walk<'_, '_>, found: Option<Duration>, at: Place<'_>) -> Duration {
    let Some(duration) = walk.positive(found, at, MAX_OPEN) else { return RETRY_AFTER };
    if duration.subsec_nanos() > 0 {
        let message = format!("`retry_after` of {} must be whole seconds, as the header is", at.owner);
        walk.error("wrong-value", at.span, message, "write `1s` or more");
        return RETRY_AFTER;
    }
    duration
}

fn read_retry(walk: &mut Walk<'_, '_>, node: &Node, guard: &str) -> Option<Retry> {
    let owner = format!("retry of {guard}");
    let backoff = Backoff::try_new(BASE, LONGEST).expect("25 ms is above zero and below 250 ms");
    let budget = Ratio::try_new(BUDGET).expect("20 % is a share");
    let floor = u32::try_from(BUDGET_FLOOR).expect("is 3");
    if let Some(text) = node.as_text() {
        let attempts = text.parse().ok().filter(|attempts| (2..=10).contains(attempts));
        if attempts.is_none() {
            let message =
                format!("{owner} must be a number of tries from 2 to 10, or a map, found `{}`", text.escape_debug());
            walk.error("wrong-value", node.span, message, "2 means: one second try");
        }
        return Some(Retry { attempts: attempts?, backoff, budget, budget_floor: floor });
    }
    let mut fields = walk.fields(node, &owner)?;
    let attempts = fields.integer("attempts", 2..=10);
    if attempts.is_none() && !super::is_written(node, "attempts") {
        fields.problem("missing-key", node.span, format!("{owner} has no `attempts`"));
    }
    let base = fields.duration("base");
    let longest = fields.duration("longest");
    let share = fields.ratio("budget").unwrap_or(budget);
    let floor = fields.integer("budget_floor", 0..=MAX_BUDGET_FLOOR).unwrap_or(BUDGET_FLOOR);
    fields.finish();
    let backoff = read_backoff(walk, node, &owner, (base, longest)).unwrap_or(backoff);
    if share.share() == 0.0 && floor == 0 {
        let message = format!("{owner} allows no retry at all: budget and budget_floor are both zero");
        walk.error("wrong-value", node.span, message, "remove `retry`, or allow some");
    }
    let budget_floor = u32::try_from(floor).expect("lies within 0..=MAX_BUDGET_FLOOR");
    Some(Retry {
        attempts: u32::try_from(attempts?).expect("lies within 2..=10"),
        backoff,
        budget: share,
        budget_floor,
    })
}

fn read_backoff(
    walk: &mut Walk<'_, '_>,
    node: &Node,
    owner: &str,
    (base, longest): (Option<Duration>, Option<Duration>),
) -> Option<Backoff> {
    let base = walk.positive(base, Place::of(node, owner, "base"), MAX_PAUSE);
    let longest = walk.positive(longest, Place::of(node, owner, "longest"), MAX_PAUSE);
    // A default gives way to what was written beside it.
    let (base, longest) = match (base, longest) {
        (Some(base), None) => (base, LONGEST.max(base)),
        (None, Some(longest)) => (BASE.min(longest), longest),
        (base, longest) => (base.unwrap_or(BASE), longest.unwrap_or(LONGEST)),
    };
    let backoff = Backoff::try_new(base, longest);
    if backoff.is_none() {
        let message = format!("`base` of {owner} is above `longest`");
        walk.error("wrong-value", span_of(node, "base"), message, "the first pause cannot be longer than the longest");
    }
    backoff
}

fn read_breaker(walk: &mut Walk<'_, '_>, node: &Node, guard: &str) -> Option<Breaker> {
    let owner = format!("breaker of {guard}");
    let mut fields = walk.fields(node, &owner)?;
    let trips = fields.need_text("trips");
    let open = fields.duration("open");
    if open.is_none() && !super::is_written(node, "open") {
        fields.problem("missing-key", node.span, format!("{owner} has no `open`"));
    }
    let trial = fields.integer("trial", 1..=1000).unwrap_or(1);
    fields.finish();
    let trips = trips.and_then(|text| read_trips(walk, text, Place::of(node, &owner, "trips")));
    let open = walk.positive(open, Place::of(node, &owner, "open"), MAX_OPEN);
    Some(Breaker { trips: trips?, open: open?, trial: u32::try_from(trial).expect("lies within 1..=1000") })
}

/// `5 in a row` or `50% of 20`.
fn read_trips(walk: &mut Walk<'_, '_>, text: &str, at: Place<'_>) -> Option<Trips> {
    let count = |text: &str| text.trim().parse().ok().filter(|count| (1..=MAX_WINDOW).contains(count));
    let trips = match (text.trim().strip_suffix("in a row"), text.split_once(" of ")) {
        (Some(row), _) => count(row).map(Trips::InARow),
        (None, Some((share, of))) => {
            let share = Ratio::parse(share).filter(|ratio| ratio.share() > 0.0);
            share.zip(count(of)).map(|(share, of)| Trips::Share { share, of })
        }
        (None, None) => None,
    };
    if trips.is_none() {
        let message = format!("`trips` of {} cannot be `{}`", at.owner, text.escape_debug());
        let help =
            format!("write `5 in a row` or `50% of 20`; counts go from 1 to {MAX_WINDOW}, shares are above zero");
        walk.error("wrong-value", at.span, message, &help);
    }
    trips
}

fn read_cache(walk: &mut Walk<'_, '_>, node: &Node, guard: &str) -> Option<Cache> {
    let owner = format!("cache of {guard}");
    let mut fields = walk.fields(node, &owner)?;
    let stale = fields.duration("stale_if_error");
    if stale.is_none() && !super::is_written(node, "stale_if_error") {
        fields.problem("missing-key", node.span, format!("{owner} has no `stale_if_error`"));
    }
    let entries = fields.integer("entries", 1..=MAX_CACHE_ENTRIES).unwrap_or(ENTRIES);
    let body = fields.bytes("body").unwrap_or(BODY);
    fields.finish();
    let stale_if_error = walk.positive(stale, Place::of(node, &owner, "stale_if_error"), MAX_STALE);
    if body.0 == 0 || body > MAX_BODY {
        let message = format!("`body` of {owner} must be above zero and at most 64MiB");
        walk.error("wrong-value", span_of(node, "body"), message, "write a size such as `1MiB`");
    }
    let entries = usize::try_from(entries).expect("lies within 1..=MAX_CACHE_ENTRIES");
    Some(Cache { stale_if_error: stale_if_error?, entries, body: body.clamp(Bytes(1), MAX_BODY) })
}
