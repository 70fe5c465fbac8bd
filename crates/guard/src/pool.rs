//! Connections to the upstreams that wait for their next request. One pool for each core: connections never move.
//!
//! A connection is fit for reuse when the answer on it has been read to its end. A dead one is dropped when it is
//! taken out; the short moment in which it dies unseen is covered by the attempt, which opens a new one when not a
//! byte of its request was written.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use crate::body::Payload;
use crate::failure::Failure;
use crate::lock::lock;

/// Idle connections kept for each upstream and core.
pub const MOST_IDLE: usize = 64;
/// How long a connection may wait for its next request; below the 5 s after which common servers close it.
pub const IDLE_FOR: Duration = Duration::from_secs(4);
/// The largest head of an answer, in bytes.
pub const LARGEST_ANSWER_HEAD: usize = 64 * 1024;

/// The idle connections of one core.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// Guards the lists for one look; only one core and the odd end of a body come here.
    idle: Mutex<HashMap<SocketAddr, VecDeque<Idle>>>,
}

#[derive(Debug)]
struct Idle {
    sender: SendRequest<Payload>,
    since: Instant,
}

/// A connection that is in use.
pub(crate) struct Lease {
    /// The way into it.
    pub(crate) sender: SendRequest<Payload>,
    /// Whether it has carried a request before.
    pub(crate) reused: bool,
    at: SocketAddr,
    pool: Arc<Pool>,
}

impl Pool {
    /// A connection that has waited, else a new one.
    pub(crate) async fn take(self: &Arc<Self>, at: SocketAddr, within: Duration) -> Result<Lease, Failure> {
        match self.waiting(at) {
            Some(sender) => Ok(Lease { sender, reused: true, at, pool: Arc::clone(self) }),
            None => self.open(at, within).await,
        }
    }

    /// A new connection.
    pub(crate) async fn open(self: &Arc<Self>, at: SocketAddr, within: Duration) -> Result<Lease, Failure> {
        let stream = outside::net::connect(at, within).await.map_err(|error| Failure::of_connect(&error))?;
        let handshake = http1::Builder::new().max_buf_size(LARGEST_ANSWER_HEAD).handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(|error| Failure::of_exchange(&error))?;
        // The task ends with the sender or the peer; its error reaches whoever waits for the answer.
        tokio::spawn(connection);
        Ok(Lease { sender, reused: false, at, pool: Arc::clone(self) })
    }

    fn waiting(&self, at: SocketAddr) -> Option<SendRequest<Payload>> {
        let mut idle = lock(&self.idle);
        let waiting = idle.get_mut(&at)?;
        while let Some(newest) = waiting.pop_back() {
            if newest.since.elapsed() < IDLE_FOR && newest.sender.is_ready() {
                return Some(newest.sender);
            }
        }
        None
    }

    fn keep(&self, at: SocketAddr, sender: SendRequest<Payload>) {
        let mut idle = lock(&self.idle);
        let waiting = idle.entry(at).or_default();
        let now = Instant::now();
        waiting.retain(|idle| now - idle.since < IDLE_FOR && !idle.sender.is_closed());
        if waiting.len() >= MOST_IDLE {
            waiting.pop_front();
        }
        waiting.push_back(Idle { sender, since: now });
    }
}

impl Lease {
    /// Hands the connection back, when it is fit for another request. It becomes ready a moment after the body has
    /// ended, when its task has noticed; a short task waits for that.
    pub(crate) fn give_back(self) {
        let Self { mut sender, at, pool, .. } = self;
        if sender.is_ready() {
            return pool.keep(at, sender);
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Ok(Ok(())) = tokio::time::timeout(IDLE_FOR, sender.ready()).await {
                    pool.keep(at, sender);
                }
            });
        }
    }
}
