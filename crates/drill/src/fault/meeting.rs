//! Whether the load met a component that was away or hung.
//!
//! A component that nothing uses can be killed for ever and every flow stays green. So somebody must have felt it: the
//! guard before it (its attempts failed, or were made while it hung), or the users themselves when they knock at the
//! component with no guard in between. Where neither stands, it cannot be told, and that is said. On a TCP edge the
//! connections that stood when it was broken felt it too.

use evidence::Seen;
use system::{ComponentId, EdgeId, Protocol};

use super::edge::beside;
use super::{Met, not_seen, seen};
use crate::Error;
use crate::admin::Counts;
use crate::hands::Hands;

/// What shows that an attempt met the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Felt {
    /// It failed.
    Failed,
    /// It was made.
    Made,
}

/// What the guards before a component counted before it was broken.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    component: ComponentId,
    felt: Felt,
    before: Vec<(EdgeId, u64)>,
    standing: u64,
}

impl Meeting {
    /// Notes what was counted so far.
    pub(super) async fn begin(component: &ComponentId, felt: Felt, hands: &Hands<'_>) -> Result<Self, Error> {
        let (mut before, mut standing) = (Vec::new(), 0);
        for edge in hands.guards.keys().filter(|edge| edge.to == *component) {
            let state = hands.admin()?.edge(edge).await?;
            before.push((edge.clone(), felt.count(state.counts)));
            standing += if protocol(edge, hands) == Protocol::Tcp { state.connections } else { 0 };
        }
        Ok(Self { component: component.clone(), felt, before, standing })
    }

    /// Adds to what was seen of the component whether the load met it.
    pub(super) async fn seen(&self, what: &str, hands: &Hands<'_>, met: Met) -> Seen {
        if met.requests == 0 {
            return not_seen(format!("{what}, but the load sent nothing meanwhile"));
        }
        if !self.before.is_empty() {
            return self.seen_by_guards(what, hands, met.background).await;
        }
        if met.at_the_door && met.not_good == 0 {
            return not_seen(format!(
                "{what}, but every request of the load was answered well: it never met the fault"
            ));
        }
        if met.at_the_door {
            return seen(format!("{what}; {} of {} requests met it", met.not_good, met.requests));
        }
        seen(format!("{what}; no guard stands before {}, so how often it was met cannot be told", self.component))
    }

    async fn seen_by_guards(&self, what: &str, hands: &Hands<'_>, background: u64) -> Seen {
        let mut felt = self.standing;
        for (edge, before) in &self.before {
            let now = match hands.admin() {
                Ok(admin) => admin.edge(edge).await,
                Err(error) => Err(error),
            };
            match now {
                Ok(state) => felt += self.felt.count(state.counts).saturating_sub(*before),
                Err(error) => {
                    return not_seen(format!("{what}, but whether the load met it could not be seen: {error}"));
                }
            }
        }
        let beside = beside(background);
        match (felt, felt.saturating_sub(background)) {
            (0, _) => not_seen(format!("{what}, but no attempt of the guard before it met that")),
            (felt, 0) => not_seen(format!("{what}, but the load hardly did: {felt} attempts met that{beside}")),
            (felt, _) => seen(format!("{what}; {felt} attempts of the guard before it met that{beside}")),
        }
    }
}

/// How the bytes of a guarded edge are understood.
pub(super) fn protocol(edge: &EdgeId, hands: &Hands<'_>) -> Protocol {
    let known = hands.system.edges.iter().find(|known| known.id == *edge);
    known.and_then(|known| known.guard.as_ref()).map_or(Protocol::Http, |policy| policy.protocol)
}

impl Felt {
    fn count(self, counts: Counts) -> u64 {
        match self {
            Self::Failed => counts.upstream_failures,
            Self::Made => counts.upstream_attempts,
        }
    }
}
