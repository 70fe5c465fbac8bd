//! One edge: who is asked, under which policy, and everything that is remembered about it. Shared by all cores of the
//! process; see the table in the crate's header for what is shared and what is not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use system::{Policy, Protocol};
use tokio::time::Instant;

use crate::breaker::SharedBreaker;
use crate::bypass::Bypass;
use crate::cache::Cache;
use crate::counts::Counts;
use crate::door::Open;
use crate::fault::bandwidth::Bandwidth;
use crate::fault::{self, Faults, Kind};
use crate::lock::lock;
use crate::random::Random;
use crate::retry::SharedBudget;

/// Connections of clients that one edge carries at the same time; one more is closed at once.
pub const MOST_CONNECTIONS: usize = 4096;

/// An edge and its state.
#[derive(Debug)]
pub(crate) struct Edge {
    /// `web->api`, or the name of a Toxiproxy proxy.
    pub(crate) name: String,
    /// Whether the plan named it; one that a Toxiproxy client made may be moved and deleted by one.
    pub(crate) from_file: bool,
    /// What the file says.
    pub(crate) policy: Policy,
    /// Who is asked, in turn; held for one look. Only a Toxiproxy client can change it.
    upstreams: Mutex<Upstreams>,
    /// The faults that stand.
    pub(crate) faults: Faults,
    /// The guardrail off, for a while.
    pub(crate) bypass: Bypass,
    /// What happened.
    pub(crate) counts: Counts,
    pub(crate) breaker: Option<Arc<SharedBreaker>>,
    pub(crate) budget: Option<Arc<SharedBudget>>,
    pub(crate) cache: Option<Arc<Cache>>,
    /// Jitter of pauses.
    pub(crate) random: Random,
    /// Where it listens now; held for one look.
    pub(crate) door: Mutex<Option<Open>>,
    /// Where it listens when it listens; a free port is fixed the first time.
    pub(crate) listen: Mutex<SocketAddr>,
    turn: AtomicUsize,
    numbers: AtomicU64,
    connections: AtomicUsize,
}

/// Who is asked.
#[derive(Clone, Debug)]
pub(crate) struct Upstreams {
    /// Their addresses; empty only while the name of a Toxiproxy client's upstream is not known.
    pub(crate) addresses: Vec<SocketAddr>,
    /// As it was written.
    pub(crate) text: String,
}

/// One client connection among the [`MOST_CONNECTIONS`]; dropped when it ends.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Edge>);

impl Edge {
    /// An edge on which nothing has happened yet. Its caches and budgets exist only where the protocol has a use for
    /// them.
    pub(crate) fn new(name: String, listen: SocketAddr, upstreams: Vec<SocketAddr>, policy: Policy, seed: u64) -> Self {
        Self {
            breaker: policy.breaker.map(|rule| Arc::new(SharedBreaker::new(rule))),
            budget: policy.retry.as_ref().map(|rule| Arc::new(SharedBudget::new(rule))),
            cache: policy.cache.filter(|_| policy.protocol == Protocol::Http).map(|rule| Arc::new(Cache::new(rule))),
            random: Random::seeded(seed),
            name,
            from_file: true,
            policy,
            upstreams: Mutex::new(Upstreams { text: joined(&upstreams), addresses: upstreams }),
            faults: Faults::default(),
            bypass: Bypass::default(),
            counts: Counts::default(),
            door: Mutex::new(None),
            listen: Mutex::new(listen),
            turn: AtomicUsize::new(0),
            numbers: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
        }
    }

    /// Whose turn it is to be asked first.
    pub(crate) fn turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// The upstream of an attempt: each further attempt of a request goes to the next one.
    pub(crate) fn upstream(&self, turn: usize, attempt: u32) -> Option<SocketAddr> {
        let upstreams = lock(&self.upstreams);
        let count = upstreams.addresses.len();
        (count > 0).then(|| upstreams.addresses[turn.wrapping_add(attempt as usize) % count])
    }

    /// How many there are to ask.
    pub(crate) fn replicas(&self) -> usize {
        lock(&self.upstreams).addresses.len()
    }

    /// Who is asked.
    pub(crate) fn upstreams(&self) -> Upstreams {
        lock(&self.upstreams).clone()
    }

    /// Asks somebody else from now on.
    pub(crate) fn set_upstreams(&self, upstreams: Upstreams) {
        *lock(&self.upstreams) = upstreams;
    }

    /// A number for an attempt or a connection, for the choice of faults.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The `bandwidth` fault that hits this number, if one stands.
    pub(crate) fn bandwidth(&self, number: u64) -> Option<Bandwidth> {
        self.faults.hitting(number).iter().find_map(|fault| match fault.wanted.kind {
            Kind::Bandwidth(bandwidth) => Some(bandwidth),
            Kind::Noop(_) | Kind::Latency(_) | Kind::Refused(_) | Kind::Reset(_) | Kind::Status(_) => None,
            Kind::Hang(_) | Kind::Timeout(_) | Kind::SlowClose(_) | Kind::Slicer(_) | Kind::LimitData(_) => None,
        })
    }

    /// A place for a client's connection, when there is one left.
    pub(crate) fn seat(self: &Arc<Self>) -> Option<Seat> {
        let seat = Seat(Arc::clone(self));
        let before = self.connections.fetch_add(1, Ordering::Relaxed);
        if before >= MOST_CONNECTIONS {
            self.counts.connections_turned_away.add();
            return None;
        }
        Some(seat)
    }

    /// Ends every fault and the bypass, and forgets what breaker and cache have learned.
    pub(crate) fn reset(&self) {
        self.faults.clear();
        self.bypass.end();
        if let Some(breaker) = &self.breaker {
            breaker.reset();
        }
        if let Some(cache) = &self.cache {
            cache.clear();
        }
    }

    /// Everything about it, for the admin port.
    pub(crate) fn json(&self) -> Value {
        let now = Instant::now();
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("edge", self.name.clone().into());
        put("protocol", word(self.policy.protocol).into());
        put("listen", lock(&self.listen).to_string().into());
        put("listening", lock(&self.door).is_some().into());
        put("upstreams", self.upstreams().addresses.iter().map(|at| Value::from(at.to_string())).collect());
        put("breaker", self.breaker.as_ref().map_or("none", |breaker| breaker.word()).into());
        let left = self.bypass.left();
        put("bypass", left.is_some().into());
        if let Some(left) = left {
            put("bypass_ends_in_ms", fault::fields::as_millis(left).into());
        }
        put("faults", self.faults.active().iter().map(|active| fault::json(active, now)).collect());
        put("connections", self.connections.load(Ordering::Relaxed).into());
        put("counts", self.counts.json());
        json!(map)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn joined(upstreams: &[SocketAddr]) -> String {
    upstreams.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(",")
}

/// The word for a protocol in JSON.
pub(crate) fn word(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "http",
        Protocol::Tcp => "tcp",
    }
}
