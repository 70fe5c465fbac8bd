//! The whole life of a request, top to bottom:
//!
//! ```text
//!  refuse what cannot be forwarded (501 upgrade, 400 host)
//!     |
//!  bypassed? --- yes --> fault point -> upstream -> answer as it is, or close without one
//!     | no
//!  +->breaker ---- tripped ------------------------------------------+
//!  |  |                                                              |
//!  |  attempt: fault point -> connect -> send -> head of the answer  |
//!  |  |         (timeout; the breaker learns how it ended)           |
//!  |  failed? -- no --> keep a copy for the cache --> answer         |
//!  |  | yes                                                          |
//!  +- retry: may be repeated, budget left, pause                     |
//!     | no                                                           |
//!     +<-------------------------------------------------------------+
//!  an old answer that may stand in?  -> 200 with `seaworthy-guard: stale`
//!  else the upstream's own error, else 503/504/502 of the guard's own
//! ```
//!
//! When the client goes away hyper drops the future, and with it attempt, permit and ticket: each gives back what it
//! holds.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, Version, header};

use crate::answer::{self, Reason};
use crate::attempt::{Outgoing, attempt};
use crate::body::Payload;
use crate::breaker::{Outcome, Permit, Rejected};
use crate::cache::{self, Asked};
use crate::edge::Edge;
use crate::failure::{Failure, is_failing};
use crate::headers;
use crate::pool::Pool;
use crate::retry::{self, Ticket};
use crate::timeout::Limits;

/// Where a request came in.
pub(crate) struct Entrance {
    /// The edge.
    pub(crate) edge: Arc<Edge>,
    /// Connections of this core.
    pub(crate) pool: Arc<Pool>,
    /// Who asks.
    pub(crate) peer: SocketAddr,
}

/// The client's connection is to be closed without an answer: what a failed upstream looks like through a plain
/// proxy.
#[derive(Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the upstream failed while the guard was bypassed")
    }
}

impl std::error::Error for Closed {}

/// How the attempts for one request ended.
enum Ending {
    /// With an answer that is no failure.
    Answered(Response<Payload>),
    /// With the upstream's own error.
    Erred(Response<Payload>),
    /// Without an answer.
    Failed(Failure),
    /// Without asking.
    Tripped(Rejected),
}

/// Lives one request.
///
/// # Errors
/// [`Closed`] when the guard is bypassed and the upstream failed.
pub(crate) async fn serve(entrance: &Entrance, request: Request<Incoming>) -> Result<Response<Payload>, Closed> {
    let edge = &entrance.edge;
    edge.counts.requests.add();
    if let Err((status, detail)) = check(&request) {
        return Ok(own(edge, status, Reason::RequestRefused, detail, None));
    }
    if edge.bypass.left().is_some() {
        return plain(entrance, request).await;
    }
    let cache = edge.cache.as_deref().map(|_| (Asked::of(&request), cache::changed_by(&request)));
    let (asked, changes) = cache.unwrap_or((None, None));
    let repeatable = retry::may_repeat(request.method(), request.headers());
    let keep = repeatable && edge.policy.retry.is_some();
    let ending = match Outgoing::of(request, entrance.peer.ip(), keep).await {
        Ok(outgoing) => protected(entrance, outgoing, repeatable).await,
        Err(failure) => Ending::Failed(failure),
    };
    Ok(conclude(edge, ending, asked.as_ref(), changes))
}

/// What cannot be forwarded, whatever the upstream.
fn check<B>(request: &Request<B>) -> Result<(), (StatusCode, &'static str)> {
    if request.method() == Method::CONNECT || headers::wants_upgrade(request.headers()) {
        let detail = "this edge carries HTTP/1.1 only: declare it with protocol tcp to pass WebSockets and tunnels";
        return Err((StatusCode::NOT_IMPLEMENTED, detail));
    }
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Err((StatusCode::BAD_REQUEST, "exactly one Host header is needed"));
    }
    Ok(())
}

/// The guardrail off: one attempt, and its failure is the client's.
async fn plain(entrance: &Entrance, request: Request<Incoming>) -> Result<Response<Payload>, Closed> {
    let Entrance { edge, pool, peer } = entrance;
    let mut outgoing = Outgoing::of(request, peer.ip(), false).await.map_err(|_| Closed)?;
    let at = edge.upstream(edge.turn(), 0);
    attempt(edge, pool, at, &mut outgoing, Limits::bypassed()).await.map_err(|_| Closed)
}

/// The guardrail on: breaker, attempt, retry. At most as many rounds as the policy allows attempts, which the reader
/// of the policy limits.
async fn protected(entrance: &Entrance, mut outgoing: Outgoing, repeatable: bool) -> Ending {
    let Entrance { edge, pool, .. } = entrance;
    let turn = edge.turn();
    if let Some(budget) = &edge.budget {
        budget.request();
    }
    let mut done = 0;
    loop {
        let permit = match edge.breaker.as_ref().map(|breaker| breaker.admit()).transpose() {
            Ok(permit) => permit,
            Err(rejected) => return Ending::Tripped(rejected),
        };
        let at = edge.upstream(turn, done);
        let result = attempt(edge, pool, at, &mut outgoing, Limits::of(&edge.policy)).await;
        settle(permit, &result);
        done += 1;
        let ending = match result {
            Ok(response) if is_failing(response.status()) => Ending::Erred(response),
            Ok(response) => return Ending::Answered(response),
            Err(Failure::Client) => return Ending::Failed(Failure::Client),
            Err(failure) => Ending::Failed(failure),
        };
        let Some((ticket, pause)) = again(edge, &ending, &outgoing, repeatable, done) else { return ending };
        drop(ending);
        tokio::time::sleep(pause).await;
        ticket.start();
        edge.counts.retries.add();
    }
}

/// Tells the breaker how an attempt ended.
fn settle(permit: Option<Permit>, result: &Result<Response<Payload>, Failure>) {
    let outcome = match result {
        Ok(response) if is_failing(response.status()) => Outcome::Failure,
        Ok(_) => Outcome::Success,
        Err(Failure::Client) => Outcome::Abandoned,
        Err(Failure::Refused | Failure::TimedOut | Failure::Reset | Failure::Cut) => Outcome::Failure,
    };
    if let Some(permit) = permit {
        permit.record(outcome);
    }
}

/// Whether to try again, and after which pause.
fn again(edge: &Edge, ending: &Ending, outgoing: &Outgoing, repeatable: bool, done: u32) -> Option<(Ticket, Duration)> {
    let rule = edge.policy.retry.as_ref().filter(|rule| done < rule.attempts)?;
    // Nobody listened: nothing was sent, so the next replica may be asked whatever the method, and at once.
    let unsent = matches!(ending, Ending::Failed(Failure::Refused));
    if !outgoing.is_at_hand() || !(repeatable || unsent) {
        return None;
    }
    if edge.breaker.as_ref().is_some_and(|breaker| breaker.word() == "tripped") {
        return None;
    }
    let next_replica = unsent && (done as usize) < edge.replicas();
    let asked = match ending {
        Ending::Erred(response) => {
            let value = response.headers().get(header::RETRY_AFTER);
            value.and_then(|value| answer::read_retry_after(value, outside::now()))
        }
        Ending::Answered(_) | Ending::Failed(_) | Ending::Tripped(_) => None,
    };
    let pause = retry::pause(&rule.backoff, done - 1, &edge.random, asked)?;
    let ticket = edge.budget.as_ref()?.take()?;
    Some((ticket, if next_replica { Duration::ZERO } else { pause }))
}

/// Makes the client's answer out of an ending.
fn conclude(edge: &Edge, ending: Ending, asked: Option<&Asked>, changes: Option<[cache::Key; 2]>) -> Response<Payload> {
    if let Ending::Answered(response) = ending {
        let Some(cache) = &edge.cache else { return response };
        let changed = changes.filter(|_| response.status().is_success() || response.status().is_redirection());
        if let Some(keys) = &changed {
            cache.forget(keys);
        }
        return match asked {
            Some(asked) => cache.tee(asked, response),
            None => response,
        };
    }
    match (stand_in(edge, &ending, asked), ending) {
        (Some(old), _) => {
            edge.counts.served_stale.add();
            note_tripped(edge, old.1);
            old.0
        }
        (None, Ending::Answered(response) | Ending::Erred(response)) => response,
        (None, Ending::Failed(failure)) => failed(edge, failure),
        (None, Ending::Tripped(rejected)) => {
            note_tripped(edge, true);
            let after = rejected.retry_after.unwrap_or(edge.policy.retry_after);
            let detail = "the breaker is tripped; the upstream was not asked";
            own(edge, StatusCode::SERVICE_UNAVAILABLE, Reason::BreakerTripped, detail, Some(after))
        }
    }
}

fn note_tripped(edge: &Edge, tripped: bool) {
    if tripped {
        edge.counts.short_circuited.add();
    }
}

/// An old answer for this ending, and whether the breaker was the reason.
fn stand_in(edge: &Edge, ending: &Ending, asked: Option<&Asked>) -> Option<(Response<Payload>, bool)> {
    let (forwarded, status) = match ending {
        Ending::Erred(response) => (true, Some(response.status())),
        Ending::Failed(Failure::Client) | Ending::Answered(_) => return None,
        Ending::Failed(_) => (true, None),
        Ending::Tripped(_) => (false, None),
    };
    Some((edge.cache.as_ref()?.stand_in(asked?, forwarded, status)?, !forwarded))
}

/// The guard's own answer to a failure that nothing stands in for.
fn failed(edge: &Edge, failure: Failure) -> Response<Payload> {
    let after = Some(edge.policy.retry_after);
    match failure {
        Failure::Refused => {
            let detail = "no upstream of this edge accepted a connection";
            own(edge, StatusCode::SERVICE_UNAVAILABLE, Reason::UpstreamRefused, detail, after)
        }
        Failure::TimedOut => {
            let detail = "the upstream did not answer within the timeout of this edge";
            own(edge, StatusCode::GATEWAY_TIMEOUT, Reason::UpstreamTimeout, detail, after)
        }
        Failure::Reset | Failure::Cut => {
            let detail = "the upstream broke the connection before its answer began";
            own(edge, StatusCode::BAD_GATEWAY, Reason::UpstreamReset, detail, after)
        }
        Failure::Client => {
            let detail = "the body of the request did not arrive in time";
            own(edge, StatusCode::REQUEST_TIMEOUT, Reason::RequestRefused, detail, None)
        }
    }
}

fn own(
    edge: &Edge,
    status: StatusCode,
    reason: Reason,
    detail: &str,
    retry_after: Option<Duration>,
) -> Response<Payload> {
    edge.counts.made_by_guard.add();
    answer::problem(status, reason, detail, retry_after)
}
