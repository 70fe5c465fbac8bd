//! One arm of a drill: put the fault in, look, lift it, watch the recovery.

use std::time::Duration;

use evidence::{Answer, Event, Seen};
use tokio::time::{Instant, sleep_until};

use super::fault_of;
use super::recovery::good_again;
use super::stage::{Stage, seen_healed};
use crate::Error;
use crate::fault::edge::MIN_BITES;
use crate::fault::{Met, Written};
use crate::hands::Readiness;
use crate::kind::FaultPlan;
use crate::load::Read;

/// A request that takes this many times as long as the slowest before the fault has felt it.
const SLOWER: i64 = 2;

/// What one arm was like. Times on the load's clock.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// The fault window began; the fault was put in right after.
    pub(super) from_us: i64,
    /// The fault was mended; recovery counts from here.
    pub(super) lifted_us: i64,
    /// The fault window ended.
    pub(super) until_us: i64,
    /// The recovery was watched until here.
    pub(super) watched_us: i64,
    /// Good answers came again.
    pub(super) recovered: bool,
    /// The fault was seen to bite.
    pub(super) bite: Seen,
    /// Requests that show that the load met it; `None` where the fault was seen to be met in another way.
    pub(super) felt: Option<u64>,
    /// The fault was seen mended.
    pub(super) mended: Seen,
    /// How long it took until what was stopped was ready again.
    pub(super) ready: Option<Readiness>,
    /// Components that ended by themselves meanwhile.
    pub(super) died: Vec<String>,
}

impl Stage<'_, '_, '_> {
    /// Plays one arm.
    pub(super) async fn arm(&mut self, name: &str) -> Result<Arm, Error> {
        let mut fault = fault_of(self.plan, &self.target, self.hands)?;
        let written = Written::before(self.hands.journal, fault.undos(self.hands)?)?;
        let from_us = self.load()?.mark(name).await?;
        let began = Instant::now();
        // Kept where put_right finds it before anything is broken, because this may end at any await.
        let (fault, written) = self.fault.insert((fault, written));
        fault.inject(written, self.hands).await?;
        let window = began + self.plan.times.fault;
        let lifts_after = fault.lifts_after();
        if let Some(after) = lifts_after {
            fault.look(self.hands).await;
            sleep_until(began + after).await;
        } else {
            tokio::join!(sleep_until(window), fault.look(self.hands));
        }
        let mut lifted = None;
        if lifts_after.is_some() {
            let ready = self.lift().await?;
            lifted = Some((ready, self.load()?.mark("lifted").await?));
            sleep_until(window).await;
        }
        let (bite, felt) = self.bite(from_us, began).await;
        let (ready, lifted_us) = match lifted {
            Some((ready, lifted_us)) => (ready, Some(lifted_us)),
            None => (self.lift().await?, None),
        };
        let until_us = self.load()?.mark("heal").await?;
        self.say(&bite);
        let died = self.died_meanwhile();
        let (lifted_us, watch) = (lifted_us.unwrap_or(until_us), self.plan.times.watch);
        let recovered = self.good_again(lifted_us, watch).await?;
        let watched_us = self.load()?.mark("watched").await?;
        let mended = self.mended().await?;
        Ok(Arm { from_us, lifted_us, until_us, watched_us, recovered, bite, felt, mended, ready, died })
    }

    async fn lift(&mut self) -> Result<Option<Readiness>, Error> {
        match &mut self.fault {
            Some((fault, _)) => fault.lift(self.hands).await,
            None => Ok(None),
        }
    }

    /// Whether it bit, and how many requests felt it where only they can tell.
    async fn bite(&mut self, from_us: i64, began: Instant) -> (Seen, Option<u64>) {
        let at_the_door = self.at_the_door();
        let mut met =
            self.load.as_ref().map(|load| load.look(|read| met(read, from_us, at_the_door))).unwrap_or_default();
        met.background = self.background.in_time(began.elapsed());
        let in_sight = at_the_door || !self.is_out_of_sight();
        let felt = if in_sight { None } else { self.load.as_ref().map(|load| load.look(|read| felt(read, from_us))) };
        match &mut self.fault {
            Some((fault, _)) => (fault.bite(self.hands, met).await, felt),
            None => (crate::fault::not_seen("no fault was put in"), felt),
        }
    }

    /// Whether no guard stands before what is broken, so that nobody counts the attempts that meet it.
    fn is_out_of_sight(&self) -> bool {
        match &self.plan.fault {
            FaultPlan::Kill { component, .. } | FaultPlan::Pause { component } => {
                self.hands.guards.keys().all(|edge| edge.to != *component)
            }
            FaultPlan::Edge { .. } => false,
        }
    }

    /// Whether the users of the flow knock at the broken component itself, with no guard in between.
    fn at_the_door(&self) -> bool {
        let guarded = self.plan.flow.entry.as_ref().is_some_and(|edge| self.hands.guards.contains_key(edge));
        match &self.plan.fault {
            FaultPlan::Kill { component, .. } | FaultPlan::Pause { component } => {
                !guarded && *component == self.plan.flow.callee
            }
            FaultPlan::Edge { .. } => false,
        }
    }

    /// Looks from outside whether the fault is mended, and closes its undo when it is.
    async fn mended(&mut self) -> Result<Seen, Error> {
        let Some((mut fault, written)) = self.fault.take() else { return Ok(crate::fault::seen("nothing was broken")) };
        let mended = seen_healed(&mut fault, self.hands).await;
        if mended.yes {
            written.undone(self.hands.journal)?;
        } else {
            self.fault = Some((fault, written));
        }
        Ok(mended)
    }

    /// Waits until good answers come again; false when they do not in time.
    pub(super) async fn good_again(&mut self, since_us: i64, within: Duration) -> Result<bool, Error> {
        let load = self.load()?;
        load.wait_until(within, |read| good_again(&read.records, since_us).is_some()).await
    }

    fn say(&mut self, bite: &Seen) {
        let words = if bite.yes { "the fault bit" } else { "the fault was not seen to bite" };
        (self.tell)(Event::Saw { what: format!("{words}: {}", bite.what) });
    }
}

/// Requests since then that were not answered well, or slower than all before by far. Some slow ones are chance.
fn felt(read: &Read, from_us: i64) -> u64 {
    let main = || read.records.iter().filter(|record| !record.bystander);
    let slowest_us = main().filter(|record| record.at_us < from_us).map(|record| record.latency_us).max().unwrap_or(0);
    let since = || main().filter(|record| record.at_us >= from_us);
    let bad = since().filter(|record| record.ended.answer() != Answer::Good).count() as u64;
    let slow = since().filter(|record| record.latency_us > SLOWER * slowest_us).count() as u64;
    if slow >= MIN_BITES { bad.max(slow) } else { bad }
}

fn met(read: &Read, from_us: i64, at_the_door: bool) -> Met {
    let since = read.records.iter().filter(|record| !record.bystander && record.at_us >= from_us);
    let mut met = Met { at_the_door, ..Met::default() };
    for record in since {
        met.requests += 1;
        met.not_good += u64::from(record.ended.answer() != Answer::Good);
    }
    met
}
