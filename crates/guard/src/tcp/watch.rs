//! Faults that end a standing connection by themselves: `refused` and `reset` with a reset, `timeout` with an orderly
//! end. (`limit_data` ends it too, in the pump that counts the bytes.)

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::End;
use crate::edge::Edge;
use crate::fault::{Kind, LONGEST_DELAY};

/// Resolves when a fault breaks the connection of this number.
pub(super) async fn broken(edge: &Edge, number: u64) -> End {
    let mut seen: Vec<(u64, Instant)> = Vec::new();
    loop {
        let changed = edge.faults.changed();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let now = Instant::now();
        let mut next = now + LONGEST_DELAY;
        for fault in edge.faults.hitting(number) {
            let Some((after, end)) = breaks(&fault.wanted.kind) else { continue };
            let first = match seen.iter().find(|(number, _)| *number == fault.number) {
                Some((_, first)) => *first,
                None => {
                    seen.push((fault.number, now));
                    now
                }
            };
            if now >= first + after {
                return end;
            }
            next = next.min(first + after).min(fault.ends);
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = changed => {}
        }
    }
}

/// After how long a fault breaks a connection, and how.
fn breaks(kind: &Kind) -> Option<(Duration, End)> {
    match kind {
        Kind::Refused(_) => Some((Duration::ZERO, End::Reset)),
        Kind::Reset(reset) => Some((reset.after, End::Reset)),
        Kind::Timeout(timeout) if !timeout.after.is_zero() => Some((timeout.after, End::Closed)),
        Kind::Timeout(_) | Kind::Noop(_) | Kind::Latency(_) | Kind::Status(_) | Kind::Bandwidth(_) => None,
        Kind::Hang(_) | Kind::SlowClose(_) | Kind::Slicer(_) | Kind::LimitData(_) => None,
    }
}
