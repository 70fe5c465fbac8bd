//! TCP connections: bytes both ways, and the protections that mean something without knowing the bytes: the connect
//! timeout, another replica when one refuses (under the retry budget), and a breaker over connection attempts.
//!
//! A connection that cannot be carried is reset, so that the client sees a failure and no orderly end. Faults reach
//! standing connections too, because clients of a database keep theirs for hours.

mod pump;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch as channel;

use crate::breaker::Outcome;
use crate::door::Mode;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::fault::{Kind, Passed, Stream, pass};
use crate::request::Entrance;
use crate::timeout::BYPASSED_CONNECT;
use pump::pump;

/// How a connection ends for both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In order.
    Closed,
    /// With a reset.
    Reset,
}

/// Carries one connection to its end.
pub(crate) async fn carry(entrance: Entrance, mut client: TcpStream, mut mode: channel::Receiver<Mode>) {
    let edge = &entrance.edge;
    edge.counts.requests.add();
    let number = edge.number();
    let connected = tokio::select! {
        connected = connect(edge, number) => connected,
        () = cut(&mut mode) => return,
    };
    let Ok(mut upstream) = connected else { return reset(&client) };
    let end = {
        let (from_client, to_client) = client.split();
        let (from_upstream, to_upstream) = upstream.split();
        let up = pump(edge, number, Stream::Upstream, from_client, to_upstream);
        let down = pump(edge, number, Stream::Downstream, from_upstream, to_client);
        tokio::select! {
            both = async { tokio::try_join!(up, down) } => both.err().unwrap_or(End::Closed),
            end = watch::broken(edge, number) => end,
            () = cut(&mut mode) => End::Closed,
        }
    };
    if end == End::Reset {
        reset(&client);
        reset(&upstream);
    }
}

/// One connection through the fault point, without any protection, for the admin port's `try`. Faults that would act
/// on the first bytes act here on the attempt, since a `try` sends none.
pub(crate) async fn try_once(edge: &Arc<Edge>) -> Result<TcpStream, Failure> {
    let number = edge.number();
    edge.counts.upstream_attempts.add();
    match pass(&edge.faults, number).await {
        Passed::Through | Passed::Late | Passed::Answered(_) => {}
        Passed::Refused => return Err(Failure::Refused),
        Passed::Reset => return Err(Failure::Reset),
        Passed::Cut => return Err(Failure::Cut),
    }
    open(edge, number, edge.turn(), 0, BYPASSED_CONNECT).await
}

/// A connection to an upstream, by way of breaker and retry unless bypassed.
async fn connect(edge: &Arc<Edge>, number: u64) -> Result<TcpStream, Failure> {
    let turn = edge.turn();
    if edge.bypass.left().is_some() {
        edge.counts.upstream_attempts.add();
        return open(edge, number, turn, 0, BYPASSED_CONNECT).await;
    }
    if let Some(budget) = &edge.budget {
        budget.request();
    }
    let attempts = edge.policy.retry.as_ref().map_or(1, |rule| rule.attempts);
    let mut done = 0;
    loop {
        let permit = match edge.breaker.as_ref().map(|breaker| breaker.admit()).transpose() {
            Ok(permit) => permit,
            Err(_) => {
                edge.counts.short_circuited.add();
                return Err(Failure::Refused);
            }
        };
        edge.counts.upstream_attempts.add();
        let result = open(edge, number, turn, done, edge.policy.connect_timeout).await;
        if let Some(permit) = permit {
            permit.record(if result.is_ok() { Outcome::Success } else { Outcome::Failure });
        }
        done += 1;
        let Err(failure) = result else { return result };
        edge.counts.upstream_failures.add();
        let rule = edge.policy.retry.as_ref().filter(|_| done < attempts).ok_or(failure)?;
        let ticket = edge.budget.as_ref().and_then(|budget| budget.take()).ok_or(failure)?;
        if (done as usize) >= edge.replicas() {
            tokio::time::sleep(edge.random.up_to(rule.backoff.ceiling(done - 1))).await;
        }
        ticket.start();
        edge.counts.retries.add();
    }
}

async fn open(edge: &Edge, number: u64, turn: usize, attempt: u32, within: Duration) -> Result<TcpStream, Failure> {
    let hitting = edge.faults.hitting(number);
    if !hitting.is_empty() {
        edge.counts.injected.add();
    }
    if hitting.iter().any(|fault| matches!(fault.wanted.kind, Kind::Refused(_))) {
        return Err(Failure::Refused);
    }
    let at = match edge.upstream(turn, attempt) {
        Some(at) => at,
        None => look_up(edge, within).await?,
    };
    outside::net::connect(at, within).await.map_err(|error| Failure::of_connect(&error))
}

/// The address of an upstream whose name was not known when a Toxiproxy client wrote it.
async fn look_up(edge: &Edge, within: Duration) -> Result<SocketAddr, Failure> {
    let text = edge.upstreams().text;
    let found = tokio::task::spawn_blocking(move || outside::net::resolve(&text).ok());
    let found = tokio::time::timeout(within, found).await.map_err(|_| Failure::TimedOut)?;
    found.ok().flatten().ok_or(Failure::Refused)
}

/// Resolves when the door is cut. A drain lets standing connections be until its deadline.
async fn cut(mode: &mut channel::Receiver<Mode>) {
    // An error means that the door is gone, which cuts too.
    let _ = mode.wait_for(|mode| *mode == Mode::Cut).await;
}

/// Makes the close of a connection a reset.
fn reset(stream: &TcpStream) {
    // A socket that refuses the option is closed in order: less telling, but an end.
    let _ = stream.set_zero_linger();
}
