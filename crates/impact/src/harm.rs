//! Harm that is no matter of availability: whoever uses what loses data, stands open or answers wrongly, is harmed.
//!
//! It follows the same edges as a failure and is stopped by none of what bounds or replaces an answer, because the answer is
//! not what is wrong.

use std::collections::VecDeque;

use crate::Outcome;
use crate::graph::{Graph, Uses};
use crate::spread::Link;

/// Who uses one component, in one batch of flows.
pub(crate) struct Users {
    /// Flows by component.
    masks: Vec<u64>,
    /// Over which links they came to each component, and for which flows.
    over: Vec<Vec<(u64, usize)>>,
}

impl Users {
    pub(crate) fn of(graph: &Graph<'_>, component: usize, uses: &Uses) -> Self {
        let count = graph.ids.len();
        let mut users = Self { masks: vec![0; count], over: vec![Vec::new(); count] };
        users.masks[component] = uses.all;
        let mut open = VecDeque::from([(component, uses.all)]);
        while let Some((at, flows)) = open.pop_front() {
            for link in &graph.callers[at] {
                let caller = graph.links[*link].from;
                let new = flows & uses.used[*link] & !users.masks[caller];
                if new != 0 {
                    users.masks[caller] |= new;
                    users.over[caller].push((new, *link));
                    open.push_back((caller, new));
                }
            }
        }
        users
    }

    /// Whether a flow that begins here uses the component.
    pub(crate) fn uses(&self, entry: usize, bit: usize) -> bool {
        self.masks[entry] >> bit & 1 == 1
    }

    /// The way from the component to where the flow begins.
    pub(crate) fn chain(&self, graph: &Graph<'_>, entry: usize, suffers: Outcome, bit: usize) -> Vec<Link> {
        let mut chain = Vec::new();
        let mut at = entry;
        loop {
            let over = self.over[at].iter().find(|(flows, _)| flows >> bit & 1 == 1).map(|(_, link)| *link);
            chain.push(Link { component: at, suffers, over });
            match over {
                Some(link) => at = graph.links[link].to,
                None => break,
            }
        }
        chain.reverse();
        chain
    }
}
