//! The fault point of an HTTP attempt: what the faults of the edge do to it before anything is sent.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::time::Instant;

use super::latency::Latency;
use super::{Active, Faults, Kind, LONGEST_DELAY};

/// What the faults decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// Nothing was in the way.
    Through,
    /// It was late, but may go on.
    Late,
    /// As if nobody listened.
    Refused,
    /// As if the peer had reset the connection.
    Reset,
    /// As if the peer had closed it.
    Cut,
    /// As if the upstream had answered with this.
    Answered(StatusCode),
}

/// Lets an attempt through the fault point. Waits as long as the faults say, and looks again at each change of them:
/// delays first, then holding, then breaking.
pub(crate) async fn pass(faults: &Faults, number: u64) -> Passed {
    let mut seen: Vec<Seen> = Vec::new();
    loop {
        let changed = faults.changed();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let hitting = faults.hitting(number);
        let late = !seen.is_empty();
        let Some(until) = hitting.iter().find_map(|fault| hold(fault, &mut seen)) else {
            return breaks(&hitting, late);
        };
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = changed => {}
        }
    }
}

/// A fault that has held the attempt, and how long at most.
struct Seen {
    number: u64,
    until: Instant,
}

/// Until when a fault holds the attempt, if it still does. Delays are drawn once and begin when the one before is
/// over, so two of them add up.
fn hold(fault: &Arc<Active>, seen: &mut Vec<Seen>) -> Option<Instant> {
    let delay = match fault.wanted.kind {
        Kind::Latency(latency) => Some(latency),
        Kind::Hang(_) => None,
        Kind::Reset(reset) if !reset.after.is_zero() => Some(Latency { delay: reset.after, jitter: Duration::ZERO }),
        Kind::Timeout(timeout) if timeout.after.is_zero() => None,
        Kind::Timeout(timeout) => Some(Latency { delay: timeout.after, jitter: Duration::ZERO }),
        Kind::Reset(_) | Kind::Refused(_) | Kind::Status(_) | Kind::Bandwidth(_) | Kind::Noop(_) => return None,
        Kind::SlowClose(_) | Kind::Slicer(_) | Kind::LimitData(_) => return None,
    };
    let now = Instant::now();
    let known = seen.iter().find(|seen| seen.number == fault.number).map(|seen| seen.until);
    let until = known.unwrap_or_else(|| {
        // What holds without a delay holds for as long as it is set; the list drops it when its time is over.
        let until = delay.map_or(now + LONGEST_DELAY, |delay| now + delay.next(&fault.random));
        seen.push(Seen { number: fault.number, until });
        until
    });
    (until > now).then(|| until.min(fault.ends))
}

/// What breaks the attempt, when nothing holds it any more.
fn breaks(hitting: &[Arc<Active>], late: bool) -> Passed {
    let broken = hitting.iter().find_map(|fault| match fault.wanted.kind {
        Kind::Refused(_) => Some(Passed::Refused),
        Kind::Reset(_) => Some(Passed::Reset),
        Kind::Timeout(_) => Some(Passed::Cut),
        Kind::Status(status) => Some(Passed::Answered(status.code())),
        Kind::Noop(_) | Kind::Latency(_) | Kind::Bandwidth(_) | Kind::Hang(_) => None,
        Kind::SlowClose(_) | Kind::Slicer(_) | Kind::LimitData(_) => None,
    });
    broken.unwrap_or(if late { Passed::Late } else { Passed::Through })
}
