//! An edge fails, in our proxy: at the upstream attempt, below every protection, so that the protections are tested.
//!
//! ```text
//!   caller --> guard [protections] --X--> callee
//! ```
//!
//! It ends by its time to live when nobody renews it. It bites when a raw attempt through the fault point ends otherwise
//! than before, it was never off in between, and the load met it: a fault on an edge that nothing uses proves nothing.
//!
//! Met are attempts that the fault changed. Attempts that hang or are slow may be given up by their caller before they
//! are counted as changed, so there those count that were made. On a TCP edge, where a connection carries many
//! requests, standing connections count as well.

use std::time::Duration;

use evidence::Seen;
use serde_json::{Value, json};
use system::{EdgeId, Protocol};

use super::meeting::protocol;
use super::{Met, not_seen, seen};
use crate::Error;
use crate::admin::{Attempt, EdgeState, Held, Outcome};
use crate::hands::Hands;
use crate::journal::Undo;
use crate::kind::{Mode, Times};

/// Its name in the guard.
const NAME: &str = "drill";
/// Requests of the load that must have met the fault, or the breaker that it tripped; on TCP one connection is enough.
pub const MIN_BITES: u64 = 5;
/// How long a raw attempt waits for an answer that should not come.
const ATTEMPT_WITHIN: Duration = Duration::from_millis(1500);
/// Raw attempts in one window: one.
const ATTEMPTS: u64 = 1;

/// A failing edge.
#[derive(Debug)]
pub struct EdgeFault {
    edge: EdgeId,
    mode: Mode,
    path: String,
    window: Duration,
    held: Option<Held>,
    protocol: Protocol,
    before: Option<(Attempt, EdgeState)>,
    during: Option<Result<Attempt, String>>,
}

impl EdgeFault {
    pub(super) fn of(edge: &EdgeId, mode: Mode, times: &Times, hands: &Hands<'_>) -> Result<Self, Error> {
        if !hands.guards.contains_key(edge) {
            return Err(Error::NotRunning { what: format!("the guard on {edge}") });
        }
        let ready = hands.system.components.get(&edge.to).and_then(|component| component.ready.clone());
        let protocol = protocol(edge, hands);
        let (path, window) = (ready.unwrap_or_else(|| "/".to_owned()), times.fault);
        Ok(Self { edge: edge.clone(), mode, path, window, protocol, held: None, before: None, during: None })
    }

    pub(super) fn undos(&self, hands: &Hands<'_>) -> Result<Vec<Undo>, Error> {
        Ok(vec![guard_reset(hands)?])
    }

    pub(super) async fn inject(&mut self, hands: &Hands<'_>) -> Result<(), Error> {
        let admin = hands.admin()?;
        let before = admin.attempt(&self.edge, &self.path, self.attempt_within()).await?;
        self.before = Some((before, admin.edge(&self.edge).await?));
        self.during = None;
        self.held = Some(admin.hold_fault(&self.edge, NAME, body(self.mode)).await?);
        Ok(())
    }

    pub(super) async fn look(&mut self, hands: &Hands<'_>) {
        let Ok(admin) = hands.admin() else { return };
        let during = admin.attempt(&self.edge, &self.path, self.attempt_within()).await;
        self.during = Some(during.map_err(|error| error.to_string()));
    }

    pub(super) async fn bite(&mut self, hands: &Hands<'_>, load: Met) -> Seen {
        let edge = &self.edge;
        let (Some((before, counted)), Some(held)) = (&self.before, &self.held) else {
            return not_seen(format!("nothing was put in on {edge}"));
        };
        let during = match &self.during {
            Some(Ok(during)) => *during,
            Some(Err(why)) => return not_seen(format!("no raw attempt on {edge} while the fault was on: {why}")),
            None => return not_seen(format!("nobody looked at {edge} while the fault was on")),
        };
        if !differs(self.mode, *before, during) {
            return not_seen(format!("a raw attempt on {edge} was {before} before and {during} during the fault"));
        }
        let state = match hands.admin() {
            Ok(admin) => admin.edge(edge).await,
            Err(error) => Err(error),
        };
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                return not_seen(format!("whether the fault on {edge} was still on could not be seen: {error}"));
            }
        };
        if held.has_lapsed() || !state.faults.iter().any(|name| name == NAME) {
            return not_seen(format!("the fault on {edge} ended before its window did: its renewal came too late"));
        }
        let met = self.met(counted, &state);
        let short = state.counts.short_circuited.saturating_sub(counted.counts.short_circuited);
        let felt =
            format!("{met} attempts met it, and {short} requests its tripped breaker{}", beside(load.background));
        let least = if self.protocol == Protocol::Tcp { 1 } else { MIN_BITES };
        if met == 0 || (met + short).saturating_sub(load.background) < least {
            return not_seen(format!("the load hardly met the fault on {edge}: {felt}; at least {least} are needed"));
        }
        seen(format!("a raw attempt on {edge} was {before} before and {during} during the fault; {felt}"))
    }

    /// Attempts of the load that met the fault, our own raw attempt taken off.
    fn met(&self, before: &EdgeState, now: &EdgeState) -> u64 {
        let counted = match self.mode {
            Mode::Refused | Mode::Reset | Mode::Status(_) => now.counts.injected.saturating_sub(before.counts.injected),
            Mode::Hang | Mode::Slow(_) => now.counts.upstream_attempts.saturating_sub(before.counts.upstream_attempts),
        };
        let standing = if self.protocol == Protocol::Tcp { before.connections } else { 0 };
        counted.saturating_sub(ATTEMPTS) + standing
    }

    pub(super) async fn lift(&mut self, hands: &Hands<'_>) -> Result<(), Error> {
        match self.held.take() {
            Some(held) => held.end().await,
            None => hands.admin().map(drop),
        }
    }

    pub(super) async fn healed(&mut self, hands: &Hands<'_>) -> Seen {
        let edge = &self.edge;
        let Ok(admin) = hands.admin() else { return not_seen("the guard is gone") };
        match admin.edge(edge).await {
            Ok(state) if state.faults.iter().any(|name| name == NAME) => {
                return not_seen(format!("the fault on {edge} is still on"));
            }
            Ok(_) => {}
            Err(_) if is_gone(hands).await => return seen("the guard is gone, and its faults with it"),
            Err(error) => return not_seen(error.to_string()),
        }
        let before = self.before.as_ref().map(|(before, _)| *before);
        match admin.attempt(edge, &self.path, self.attempt_within()).await {
            Ok(now) if before.is_none_or(|before| now.outcome == before.outcome) => {
                seen(format!("the guard lists no fault on {edge}, and a raw attempt is {now}"))
            }
            Ok(now) => not_seen(format!("the guard lists no fault on {edge}, but a raw attempt is {now}")),
            Err(error) => not_seen(error.to_string()),
        }
    }

    /// Long enough to see a slow answer come, and short enough for the window.
    fn attempt_within(&self) -> Duration {
        match self.mode {
            Mode::Slow(latency) => latency + ATTEMPT_WITHIN,
            Mode::Refused | Mode::Reset | Mode::Hang | Mode::Status(_) => ATTEMPT_WITHIN.min(self.window),
        }
    }
}

/// What is to be taken off, in words.
pub(super) fn beside(background: u64) -> String {
    match background {
        0 => String::new(),
        background => format!(", up to {background} of them without the load"),
    }
}

/// Whether nobody listens on the guard's admin port any more. A guard that only does not answer is not gone.
pub(crate) async fn is_gone(hands: &Hands<'_>) -> bool {
    let Ok(admin) = hands.admin() else { return true };
    matches!(outside::net::connect(admin.address(), ATTEMPT_WITHIN).await, Err(outside::Error::Refused { .. }))
}

/// The undo of everything that a drill does to the guard.
pub(crate) fn guard_reset(hands: &Hands<'_>) -> Result<Undo, Error> {
    let admin = hands.admin()?;
    Ok(Undo::GuardReset { admin: admin.address(), token: admin.token().to_owned() })
}

fn body(mode: Mode) -> Value {
    match mode {
        Mode::Refused => json!({"kind": "refused"}),
        Mode::Reset => json!({"kind": "reset"}),
        Mode::Hang => json!({"kind": "hang"}),
        Mode::Slow(latency) => {
            json!({"kind": "latency", "latency_ms": u64::try_from(latency.as_millis()).unwrap_or(u64::MAX), "jitter_ms": 0})
        }
        Mode::Status(status) => json!({"kind": "status", "status": status}),
    }
}

/// Whether an attempt ended as the fault wants it, and did not before.
fn differs(mode: Mode, before: Attempt, during: Attempt) -> bool {
    let as_wanted = |attempt: Attempt| match mode {
        Mode::Refused => attempt.outcome == Outcome::Refused,
        Mode::Reset => matches!(attempt.outcome, Outcome::Reset | Outcome::Cut),
        Mode::Hang => attempt.outcome == Outcome::TimedOut,
        // A late refusal is another failure than a late answer.
        Mode::Slow(latency) => {
            attempt.took >= latency.mul_f64(0.9) && matches!(attempt.outcome, Outcome::Answered(_) | Outcome::TimedOut)
        }
        Mode::Status(status) => attempt.outcome == Outcome::Answered(status),
    };
    as_wanted(during) && !as_wanted(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(outcome: Outcome, took_ms: u64) -> Attempt {
        Attempt { outcome, took: Duration::from_millis(took_ms) }
    }

    #[test]
    fn a_fault_that_changes_nothing_is_not_seen_to_bite() {
        let fine = attempt(Outcome::Answered(200), 1);
        for mode in [Mode::Refused, Mode::Reset, Mode::Hang, Mode::Slow(Duration::from_secs(2)), Mode::Status(503)] {
            assert!(!differs(mode, fine, fine), "{mode:?}");
        }
    }

    #[test]
    fn a_dependency_that_was_down_before_is_not_evidence_of_a_fault() {
        let refused = attempt(Outcome::Refused, 1);
        assert!(!differs(Mode::Refused, refused, refused));
        assert!(differs(Mode::Refused, attempt(Outcome::Answered(200), 1), refused));
    }

    #[test]
    fn a_slow_answer_must_be_about_as_slow_as_asked_for() {
        let (fine, mode) = (attempt(Outcome::Answered(200), 1), Mode::Slow(Duration::from_secs(2)));
        assert!(!differs(mode, fine, attempt(Outcome::Answered(200), 300)));
        assert!(differs(mode, fine, attempt(Outcome::Answered(200), 2001)));
        assert!(!differs(mode, fine, attempt(Outcome::Refused, 2001)));
    }
}
