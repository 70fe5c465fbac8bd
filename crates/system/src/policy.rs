//! Guardrails of one edge, typed. The data path reads these and nothing else of the file.

use std::net::SocketAddr;
use std::time::Duration;

use text::{Bytes, Ratio};

/// What the guard does on one edge. Absent protections are off.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Where the guard listens; any free loopback port when not written.
    pub listen: Option<SocketAddr>,
    /// How the bytes are understood.
    pub protocol: Protocol,
    /// How long one attempt may take, from the first byte sent to the head of the answer.
    pub timeout: Option<Duration>,
    /// How long a connection may take to open; 1 s when not written.
    pub connect_timeout: Duration,
    /// Second tries.
    pub retry: Option<Retry>,
    /// Stops asking a dependency that fails.
    pub breaker: Option<Breaker>,
    /// Old answers for when there is no new one. HTTP only.
    pub cache: Option<Cache>,
    /// What `Retry-After` says on answers that the guard makes, when no breaker knows better; 1 s when not written.
    pub retry_after: Duration,
}

/// How the bytes of an edge are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.1, request by request.
    Http,
    /// Bytes, connection by connection.
    Tcp,
}

/// Second tries of idempotent requests, under a budget (a retry storm is a failure of its own).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Tries in all, the first included; 2..=10.
    pub attempts: u32,
    /// Pauses between them.
    pub backoff: Backoff,
    /// Retries may be at most this share of the requests of the last 10 s.
    pub budget: Ratio,
    /// Retries that are always allowed within 10 s, so that quiet edges can retry at all.
    pub budget_floor: u32,
}

/// Exponential pauses with full jitter: the n-th lies between 0 and `min(longest, base * 2^n)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    longest: Duration,
}

impl Backoff {
    /// A backoff when `base` is above zero and not above `longest`.
    pub fn try_new(base: Duration, longest: Duration) -> Option<Self> {
        (!base.is_zero() && base <= longest).then_some(Self { base, longest })
    }

    /// The upper end of the n-th pause, n from 0.
    pub fn ceiling(&self, n: u32) -> Duration {
        self.base.saturating_mul(1_u32.checked_shl(n).unwrap_or(u32::MAX)).min(self.longest)
    }
}

/// Three states: admitting, tripped, probing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// When it trips.
    pub trips: Trips,
    /// How long it stays tripped before it probes.
    pub open: Duration,
    /// Concurrent requests admitted while probing; as many successes close the case.
    pub trial: u32,
}

/// What makes a breaker trip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trips {
    /// `5 in a row`.
    InARow(u32),
    /// `50% of 20`: this share of the last `of` outcomes, once there are that many.
    Share {
        /// The share of failures.
        share: Ratio,
        /// The size of the window.
        of: u32,
    },
}

/// Old answers to GET and HEAD for when there is no new one (RFC 5861, stale-if-error).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cache {
    /// How long past its freshness an answer may stand in for an error.
    pub stale_if_error: Duration,
    /// Answers kept at the most; the oldest goes first.
    pub entries: usize,
    /// Largest body kept.
    pub body: Bytes,
}
