//! What reaches a dependency without any load of ours: health checks, pollers, an outbox that is being emptied.
//!
//! Looked at before the load begins. Without it, a service that polls its dependency in the background would make every
//! fault look as if the load had met it.

use std::time::Duration;

use tokio::time::sleep;

use crate::Error;
use crate::hands::Hands;
use crate::kind::{FaultPlan, Plan};

/// How long one look takes.
const LOOK_FOR: Duration = Duration::from_millis(500);
/// Looks at the most: what is left of the drill before may still be on its way.
const MAX_LOOKS: u32 = 3;
/// Attempts in the background may be this much more frequent under a fault than they were seen before it.
const SLACK: f64 = 1.5;

/// Attempts per second that are made without the load.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Background {
    per_second: f64,
}

impl Background {
    /// Looks at the guards before what the plan breaks, until one of them rests or it has looked often enough.
    pub(super) async fn of(plan: &Plan, hands: &Hands<'_>) -> Result<Self, Error> {
        let mut seen = Self::default();
        for _look in 0..MAX_LOOKS {
            let before = attempts(plan, hands).await?;
            let Some(before) = before else { return Ok(seen) };
            sleep(LOOK_FOR).await;
            let made = attempts(plan, hands).await?.unwrap_or(before).saturating_sub(before);
            seen = Self { per_second: made as f64 / LOOK_FOR.as_secs_f64() };
            if made == 0 {
                break;
            }
        }
        Ok(seen)
    }

    /// The most attempts to be expected in this time.
    pub(super) fn in_time(self, time: Duration) -> u64 {
        // Saturates, and is never negative.
        (self.per_second * SLACK * time.as_secs_f64()).ceil() as u64
    }
}

/// Attempts made so far at what the plan breaks; `None` where no guard counts them.
async fn attempts(plan: &Plan, hands: &Hands<'_>) -> Result<Option<u64>, Error> {
    let mut made = None;
    for edge in hands.guards.keys() {
        let broken = match &plan.fault {
            FaultPlan::Edge { edge: broken, .. } => edge == broken,
            FaultPlan::Kill { component, .. } | FaultPlan::Pause { component } => edge.to == *component,
        };
        if broken {
            made = Some(made.unwrap_or(0) + hands.admin()?.edge(edge).await?.counts.upstream_attempts);
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_grows_with_time_and_is_nothing_where_nothing_was_seen() {
        let background = Background { per_second: 10.0 };
        assert_eq!(background.in_time(Duration::from_secs(4)), 60);
        assert_eq!(background.in_time(Duration::ZERO), 0);
        assert_eq!(Background::default().in_time(Duration::from_secs(600)), 0);
    }
}
