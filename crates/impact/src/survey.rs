//! All failures at once, without the ways they take: for systems too big for details.

use system::{Member, System};

use crate::graph::{Graph, Uses};
use crate::harm::Users;
use crate::outcome::SPREADING;
use crate::reach::{self, Reach};
use crate::walk::{Felt, failing, own_guardrails};
use crate::{FateRow, Hit, Mode, Outcome, Row};

pub(crate) struct Survey<'g, 's> {
    pub(crate) system: &'s System,
    pub(crate) graph: &'g Graph<'s>,
    pub(crate) batches: &'g [Uses],
    pub(crate) reaches: &'g [Reach],
}

impl Survey<'_, '_> {
    pub(crate) fn row(&self, at: usize, mode: Mode, shares: &[f64]) -> Row {
        let felt = match mode.suffered() {
            harm if harm.is_harm() => self.harmed(at, harm, shares),
            outcome => self.felt(&[at], outcome, shares),
        };
        felt.row(
            self.system,
            &self.system.components[self.graph.ids[at]],
            mode.clone(),
            own_guardrails(self.graph, at, &mode),
        )
    }

    pub(crate) fn fate(&self, name: &str, members: &[Member]) -> FateRow {
        let (members, begin) = failing(self.graph, self.system, members);
        let felt = self.felt(&begin, Outcome::Down, &vec![0.0; self.graph.flows.len()]);
        FateRow { name: name.to_owned(), members: members.into_iter().cloned().collect(), hits: felt.hits }
    }

    fn felt(&self, begin: &[usize], outcome: Outcome, shares: &[f64]) -> Felt {
        let mut all = Felt::default();
        for (uses, reach) in self.batches.iter().zip(self.reaches) {
            let felt = begin.iter().map(|at| reach.felt(*at, outcome)).fold([0; SPREADING], |mut all, one| {
                all.iter_mut().zip(one).for_each(|(all, one)| *all |= one);
                all
            });
            self.add(&mut all, uses, shares, |bit, _| reach::worst(&felt, bit));
        }
        all
    }

    /// Flows that use what harms.
    fn harmed(&self, at: usize, harm: Outcome, shares: &[f64]) -> Felt {
        let mut all = Felt::default();
        for uses in self.batches {
            let users = Users::of(self.graph, at, uses);
            let outcome = |bit, entry| if users.uses(entry, bit) { harm } else { Outcome::Unaffected };
            self.add(&mut all, uses, shares, outcome);
        }
        all
    }

    /// The flows of a batch that feel anything.
    fn add(&self, all: &mut Felt, uses: &Uses, shares: &[f64], outcome: impl Fn(usize, usize) -> Outcome) {
        for (bit, flow) in self.graph.flows_of(uses).iter().enumerate() {
            let outcome = outcome(bit, flow.entry);
            if outcome != Outcome::Unaffected {
                let hit = Hit { flow: flow.flow.id.clone(), outcome, loses: Vec::new(), chain: Vec::new() };
                all.add(hit, shares[flow.number]);
            }
        }
    }
}
