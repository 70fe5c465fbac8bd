//! What every failure does to every flow, all at once, without the ways it takes.
//!
//! What one failure does is the union of what its callers' sufferings do: along each link a failure arrives as outcomes for
//! masks of flows, and masks only intersect. So the answer for a component follows from the answers for its callers, and one
//! walk from where flows begin gives them all; circles are walked again until nothing changes. The law in the tests holds
//! it against spreading each failure alone.

use std::collections::VecDeque;

use crate::Outcome;
use crate::graph::{Graph, Uses};
use crate::outcome::SPREADING;
use crate::spread::{arrives, is_shared_hang};

/// Masks of flows by the outcome that their beginnings feel.
pub(crate) type Felt = [u64; SPREADING];

/// For each component and each way it may suffer: what the flows of one batch feel.
pub(crate) struct Reach {
    felt: Vec<[Felt; SPREADING]>,
}

/// Whether [`Reach`] gives what spreading gives: what hangs one flow alone must end where that flow begins, and nothing
/// depends on two components failing together. Elsewhere it gives at least as much.
pub(crate) fn is_exact(graph: &Graph<'_>) -> bool {
    !graph.has_stand_ins()
        && graph.links.iter().all(|link| is_shared_hang(graph, link) || graph.callers[link.from].is_empty())
}

impl Reach {
    pub(crate) fn of(graph: &Graph<'_>, uses: &Uses) -> Self {
        let mut reach = Self { felt: vec![[[0; SPREADING]; SPREADING]; graph.ids.len()] };
        let mut begins = vec![0_u64; graph.ids.len()];
        for (bit, flow) in graph.flows_of(uses).iter().enumerate() {
            begins[flow.entry] |= 1 << bit;
        }
        let mut waits: Vec<bool> = begins.iter().map(|flows| *flows != 0).collect();
        let mut open: VecDeque<usize> = (0..waits.len()).filter(|at| waits[*at]).collect();
        while let Some(component) = open.pop_front() {
            waits[component] = false;
            let felt = reach.by_callers(graph, component, begins[component], uses);
            if felt == reach.felt[component] {
                continue;
            }
            reach.felt[component] = felt;
            for link in &graph.needs[component] {
                let callee = graph.links[*link].to;
                if !std::mem::replace(&mut waits[callee], true) {
                    open.push_back(callee);
                }
            }
        }
        reach
    }

    fn by_callers(&self, graph: &Graph<'_>, component: usize, begins: u64, uses: &Uses) -> [Felt; SPREADING] {
        let mut felt = [[0; SPREADING]; SPREADING];
        for outcome in Outcome::ALL {
            let own = &mut felt[outcome.place()];
            own[outcome.place()] = begins;
            for at in &graph.callers[component] {
                let caller = &self.felt[graph.links[*at].from];
                for (suffers, flows) in arrives(graph, *at, (outcome, uses.all), uses, &[]) {
                    if flows != 0 {
                        let of = caller[suffers.place()];
                        own.iter_mut().zip(of).for_each(|(own, of)| *own |= of & flows);
                    }
                }
            }
        }
        felt
    }

    /// What the flows feel when a component suffers this.
    pub(crate) fn felt(&self, component: usize, outcome: Outcome) -> Felt {
        self.felt[component][outcome.place()]
    }
}

/// The worst of what one flow feels.
pub(crate) fn worst(felt: &Felt, bit: usize) -> Outcome {
    let feels = |outcome: &Outcome| felt[outcome.place()] >> bit & 1 == 1;
    Outcome::ALL.into_iter().rev().find(feels).unwrap_or(Outcome::Unaffected)
}

/// How many flows feel anything.
pub(crate) fn count(felt: &Felt) -> usize {
    felt.iter().fold(0, |all, flows| all | flows).count_ones() as usize
}
