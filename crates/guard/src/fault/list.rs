//! The faults that are set on one edge.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::{Wanted, hits};
use crate::lock::lock;
use crate::random::Random;

/// The most faults on one edge.
pub const MOST_FAULTS: usize = 32;

/// A fault that is set.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    /// Its number; kept when it is renewed with the same kind, so that per-connection state goes on.
    pub(crate) number: u64,
    /// What was asked for.
    pub(crate) wanted: Wanted,
    /// When it ends by itself.
    pub(crate) ends: Instant,
    /// Its jitter.
    pub(crate) random: Arc<Random>,
}

/// How setting a fault went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It is new.
    New,
    /// One of that name was there and has been replaced.
    Renewed,
    /// The edge has [`MOST_FAULTS`] already.
    Full,
}

/// All faults of one edge.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Guards the list for the length of one look.
    list: Mutex<Vec<Arc<Active>>>,
    /// Whether the list may hold something; spares the common case the lock. Written only while the list is locked,
    /// or a fault set at that moment would go unseen.
    any: AtomicBool,
    /// Rung at each change.
    changed: Notify,
    numbers: AtomicU64,
}

impl Faults {
    /// Sets a fault, or renews it.
    pub(crate) fn put(&self, wanted: Wanted) -> Put {
        let now = Instant::now();
        let mut list = lock(&self.list);
        list.retain(|fault| fault.ends > now);
        let old = list.iter().position(|fault| fault.wanted.name == wanted.name);
        if old.is_none() && list.len() >= MOST_FAULTS {
            return Put::Full;
        }
        let same = old.map(|at| &list[at]).filter(|old| {
            old.wanted.kind == wanted.kind && old.wanted.seed == wanted.seed && old.wanted.stream == wanted.stream
        });
        let (number, random) = match same {
            Some(same) => (same.number, Arc::clone(&same.random)),
            None => (self.numbers.fetch_add(1, Ordering::Relaxed), Arc::new(Random::seeded(wanted.seed))),
        };
        let active = Arc::new(Active { number, ends: now + wanted.ttl, wanted, random });
        match old {
            Some(at) => list[at] = active,
            None => list.push(active),
        }
        self.any.store(true, Ordering::Release);
        drop(list);
        self.changed.notify_waiters();
        if old.is_some() { Put::Renewed } else { Put::New }
    }

    /// Ends a fault; false when there was none of that name.
    pub(crate) fn end(&self, name: &str) -> bool {
        let now = Instant::now();
        let mut list = lock(&self.list);
        list.retain(|fault| fault.ends > now);
        let before = list.len();
        list.retain(|fault| fault.wanted.name != name);
        let ended = list.len() < before;
        self.any.store(!list.is_empty(), Ordering::Release);
        drop(list);
        self.changed.notify_waiters();
        ended
    }

    /// Ends all.
    pub(crate) fn clear(&self) {
        let mut list = lock(&self.list);
        list.clear();
        self.any.store(false, Ordering::Release);
        drop(list);
        self.changed.notify_waiters();
    }

    /// Those that are set now, in the order they were set.
    pub(crate) fn active(&self) -> Vec<Arc<Active>> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let now = Instant::now();
        let mut list = lock(&self.list);
        list.retain(|fault| fault.ends > now);
        if list.is_empty() {
            self.any.store(false, Ordering::Release);
        }
        list.clone()
    }

    /// Those that hit the connection or attempt of this number.
    pub(crate) fn hitting(&self, number: u64) -> Vec<Arc<Active>> {
        let mut active = self.active();
        active.retain(|fault| hits(fault.wanted.seed, fault.number, fault.wanted.toxicity, number));
        active
    }

    /// Resolves at the next change. Ask for it *before* looking at the list, or a change in between is missed.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}
