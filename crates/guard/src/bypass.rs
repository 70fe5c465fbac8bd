//! Bypass: the guardrail off, in place. Same address, same upstream, same faults, no protections: so only one thing
//! changes between the controls of a drill. It has a time to live, because a bypass that is forgotten is an outage
//! waiting to happen.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;

/// The longest a bypass may be asked for at once.
pub const LONGEST_BYPASS: Duration = Duration::from_secs(600);

/// Whether an edge is bypassed, and until when.
#[derive(Debug, Default)]
pub(crate) struct Bypass {
    /// Held for one look.
    ends: Mutex<Option<Instant>>,
}

impl Bypass {
    /// Begins it, or renews it.
    pub(crate) fn begin(&self, ttl: Duration) {
        *lock(&self.ends) = Some(Instant::now() + ttl.min(LONGEST_BYPASS));
    }

    /// Ends it; not being bypassed is fine.
    pub(crate) fn end(&self) {
        *lock(&self.ends) = None;
    }

    /// How long it still lasts; `None` when the protections are in place.
    pub(crate) fn left(&self) -> Option<Duration> {
        let ends = (*lock(&self.ends))?;
        ends.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bypass_ends_by_itself() {
        let bypass = Bypass::default();
        assert_eq!(bypass.left(), None);
        bypass.begin(Duration::from_secs(2));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(bypass.left(), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(bypass.left(), None);
    }
}
