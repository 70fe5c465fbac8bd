//! After the load: is everything there that was acknowledged, and what became of what is in doubt?
//!
//! Absent and torn are asked twice, half a second apart, because an answer that is late is not a loss. What cannot be
//! told stays untold: an error, an answer made by the guard, or more writes than the limit count as unseen, never as
//! present and never as lost.
//!
//! This look has a control of its own: before the load it asks for a write that nobody made. A service that answers
//! 200 with an error in the body would otherwise never lose anything. What it says then is what absent looks like there;
//! if that holds the id as well, nothing could ever be lost, and the load refuses to begin.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outside::http::{Answer, Client, Request};
use system::Verify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use evidence::Answer as Outcome;

use super::ask::{Asking, is_of_guard};
use super::pattern::{Holes, Pattern};
use super::record::{Checked, Found, Record};

/// Most writes that are looked for; the rest is unseen.
pub(super) const MAX_VERIFIED: usize = 20_000;
/// Requests at once.
const CONCURRENCY: usize = 16;
/// Times that everything not found whole is asked for.
const ROUNDS: usize = 4;
/// Pause between two rounds.
const SETTLE: Duration = Duration::from_millis(500);
/// How long one request may take.
const ONE_WITHIN: Duration = Duration::from_secs(3);
/// How long all of it may take.
const ALL_WITHIN: Duration = Duration::from_secs(30);
/// The number of a request that no load ever reaches.
const NEVER_SENT: u64 = u64::MAX;

/// A write whose fate matters: acknowledged, or in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) n: u64,
}

impl Written {
    /// The write of a record; `None` when it surely failed.
    pub(super) fn of(record: &Record) -> Option<Self> {
        match record.ended.answer() {
            Outcome::Good | Outcome::Unknown => Some(Self { n: record.n }),
            Outcome::Bad => None,
        }
    }
}

/// How to look for a written thing.
pub(super) struct Verification {
    path: Pattern,
    holds: Pattern,
    asking: Arc<Asking>,
    prefix: String,
    targets: Vec<SocketAddr>,
    /// What is found where nothing was written.
    nothing: Found,
}

impl Verification {
    pub(super) fn read(
        verify: &Verify,
        asking: Arc<Asking>,
        prefix: String,
        targets: Vec<SocketAddr>,
    ) -> Result<Self, String> {
        let (path, holds) = (Pattern::read(&verify.path)?, Pattern::read(&verify.holds)?);
        Ok(Self { path, holds, asking, prefix, targets, nothing: Found::Absent })
    }

    /// Looks for what was never written. Must be asked before the load.
    ///
    /// # Errors
    /// When it is found: then this look cannot tell a lost write from a kept one.
    pub(super) async fn control(mut self, client: &Client) -> Result<Self, String> {
        self.nothing = self.ask(client, NEVER_SENT).await;
        if self.nothing == Found::Whole {
            return Err("verify finds a write that was never made, so it could not tell that one is lost; \
                 let `holds` be something that an answer about a missing thing does not hold"
                .to_owned());
        }
        Ok(self)
    }

    /// What became of each, in the order given.
    pub(super) async fn look(self: Arc<Self>, client: &Client, written: &[Written]) -> Vec<Checked> {
        let this = self;
        let deadline = Instant::now() + ALL_WITHIN;
        let mut found: BTreeMap<u64, Found> = written.iter().map(|written| (written.n, Found::Unseen)).collect();
        let mut open: Vec<u64> = written.iter().take(MAX_VERIFIED).map(|written| written.n).collect();
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep_until((Instant::now() + SETTLE).min(deadline)).await;
            }
            found.extend(this.round(client, &open, deadline).await);
            open.retain(|n| this.is_open(found[n], round));
            if open.is_empty() || Instant::now() >= deadline {
                break;
            }
        }
        found.into_iter().map(|(n, found)| Checked { n, found: this.meant(found) }).collect()
    }

    /// What looks like nothing is nothing.
    fn meant(&self, found: Found) -> Found {
        if found == Found::Torn && self.nothing == Found::Torn { Found::Absent } else { found }
    }

    /// Whether it is worth asking again: what was not told always, what was absent or torn once.
    fn is_open(&self, found: Found, round: usize) -> bool {
        match found {
            Found::Whole => false,
            Found::Unseen => true,
            Found::Torn | Found::Absent => round == 0,
        }
    }

    async fn round(self: &Arc<Self>, client: &Client, open: &[u64], deadline: Instant) -> Vec<(u64, Found)> {
        let mut seen = Vec::with_capacity(open.len());
        let mut asking = JoinSet::new();
        for n in open {
            if asking.len() >= CONCURRENCY {
                seen.extend(asking.join_next().await.and_then(Result::ok));
            }
            if Instant::now() >= deadline {
                break;
            }
            let (this, client, n) = (Arc::clone(self), client.clone(), *n);
            asking.spawn(async move { (n, this.ask(&client, n).await) });
        }
        while let Some(done) = asking.join_next().await {
            seen.extend(done.ok());
        }
        seen
    }

    async fn ask(&self, client: &Client, n: u64) -> Found {
        let id = format!("{}{n}", self.prefix);
        let holes = Holes { id: &id, seq: n, taken: &self.asking.taken };
        let headers = self.asking.headers(&holes);
        let headers = headers.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type")).collect();
        let request = Request { method: "GET".to_owned(), path: self.path.fill(&holes), headers, body: Bytes::new() };
        let turn = usize::try_from(n).unwrap_or(0) % self.targets.len();
        match client.send(self.targets[turn], request, ONE_WITHIN).await {
            Ok(answer) => found(&answer, &self.holds.fill(&holes)),
            Err(_) => Found::Unseen,
        }
    }
}

fn found(answer: &Answer, holds: &str) -> Found {
    if is_of_guard(answer) {
        return Found::Unseen;
    }
    match answer.status {
        404 | 410 => Found::Absent,
        200..=299 if contains(&answer.body, holds.as_bytes()) => Found::Whole,
        200..=299 => Found::Torn,
        _ => Found::Unseen,
    }
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    part.is_empty() || body.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, guard: bool, body: &'static str) -> Found {
        let headers = if guard { vec![("seaworthy-guard".to_owned(), "stale".to_owned())] } else { Vec::new() };
        found(&Answer { status, headers, body: Bytes::from_static(body.as_bytes()) }, "\"7-m1\"")
    }

    #[test]
    fn only_the_system_itself_can_show_that_a_write_is_there() {
        assert_eq!(seen(200, false, "{\"id\":\"7-m1\"}"), Found::Whole);
        assert_eq!(seen(200, false, "{\"id\":\"7-m"), Found::Torn);
        assert_eq!(seen(404, false, ""), Found::Absent);
        assert_eq!(seen(200, true, "{\"id\":\"7-m1\"}"), Found::Unseen);
        assert_eq!(seen(404, true, ""), Found::Unseen);
        assert_eq!(seen(503, false, ""), Found::Unseen);
        assert_eq!(seen(401, false, ""), Found::Unseen);
    }
}
