//! What happened on an edge, counted. The numbers only grow, so a drill subtracts two looks.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Counters of one edge, summed over all cores.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Requests (HTTP) or connections (TCP) that clients began.
    pub(crate) requests: Count,
    /// Attempts towards the upstream, the ones that a fault hit included.
    pub(crate) upstream_attempts: Count,
    /// Attempts that failed, answers with 500, 502, 503 and 504 included.
    pub(crate) upstream_failures: Count,
    /// Second and later attempts.
    pub(crate) retries: Count,
    /// Requests that the breaker did not let through.
    pub(crate) short_circuited: Count,
    /// Answers from the cache.
    pub(crate) served_stale: Count,
    /// Answers that the guard made up itself, those from the cache not included.
    pub(crate) made_by_guard: Count,
    /// Attempts (HTTP) or connections (TCP) that a fault changed.
    pub(crate) injected: Count,
    /// Connections closed at once because the edge has as many as it may.
    pub(crate) connections_turned_away: Count,
}

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// One more.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// As many as there are now.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counts {
    /// All of them under their names.
    pub(crate) fn json(&self) -> Value {
        json!({
            "requests": self.requests.get(),
            "upstream_attempts": self.upstream_attempts.get(),
            "upstream_failures": self.upstream_failures.get(),
            "retries": self.retries.get(),
            "short_circuited": self.short_circuited.get(),
            "served_stale": self.served_stale.get(),
            "made_by_guard": self.made_by_guard.get(),
            "injected": self.injected.get(),
            "connections_turned_away": self.connections_turned_away.get(),
        })
    }
}
