//! The control with the guardrail off: the same fault must now be felt.
//!
//! Before the second fault everything is put back to how it was before the first one, the guardrail is switched off,
//! and the load must be calm without it. Otherwise the second arm would show the first one's damage, or that the system
//! cannot run without its guardrail at all; both would be taken for a proof.

use std::collections::BTreeMap;

use evidence::{Answer, Event};
use system::ComponentId;
use tokio::time::{Instant, sleep};

use super::CALM_BEFORE_OFF;
use super::arm::Arm;
use super::stage::{Bypassed, Stage, Switched};
use crate::Error;
use crate::fault::Written;
use crate::fault::edge::guard_reset;
use crate::kind::Off;
use crate::load::Read;

/// A share of good answers without the guardrail may be this much lower than with it.
const SHARE_SLACK: f64 = 0.05;
/// The median latency without the guardrail may be this many times as long as with it, and
const MEDIAN_TIMES: i64 = 3;
/// this much longer.
const MEDIAN_SLACK_US: i64 = 100_000;

impl Stage<'_, '_, '_> {
    /// Plays the off arm, or says why there is none. Also since when it was calm.
    pub(super) async fn off(&mut self, on: &Arm) -> Result<(Result<Arm, String>, Option<i64>), Error> {
        if let Off::None(why) = &self.plan.off {
            return Ok((Err(why.clone()), None));
        }
        if !on.recovered {
            let watch = text::print_duration(self.plan.times.watch);
            let why = format!("the system did not recover within {watch}, so a second fault would show nothing new");
            return Ok((Err(why), None));
        }
        if !on.mended.yes {
            return Ok((Err(format!("the first fault was not seen mended: {}", on.mended.what)), None));
        }
        self.switch_off().await?;
        let settled_us = self.load()?.mark("settled").await?;
        if !self.good_again(settled_us, self.plan.times.watch).await? {
            return Ok((Err("with the guardrail off the load is not good even without the fault".to_owned()), None));
        }
        let calm_us = self.load()?.mark("calm").await?;
        sleep(CALM_BEFORE_OFF).await;
        let (share, wanted) = (self.load()?.look(|read| good_share(read, calm_us)), self.plan.flow.calm_share);
        if share < wanted {
            let why = format!(
                "with the guardrail off only {:.1} % of the load were good even without the fault",
                share * 100.0
            );
            return Ok((Err(why), None));
        }
        if let Some(why) = self.load()?.look(|read| changed(read, on.from_us, calm_us)) {
            return Ok((Err(why), None));
        }
        let arm = self.arm("off").await?;
        if matches!(self.switched, Some(Switched::Restarted)) {
            // It will be restarted once more, and what that loses was not lost by the fault.
            self.load()?.verify().await?;
        }
        Ok((Ok(arm), Some(calm_us)))
    }

    async fn switch_off(&mut self) -> Result<(), Error> {
        if matches!(self.plan.off, Off::Restarted { .. }) {
            // A restart for the control may lose what is only kept in memory; the fault did not.
            self.load()?.verify().await?;
        }
        for what in self.hands.put_back().await? {
            (self.tell)(Event::Saw { what });
        }
        if let Some(admin) = &self.hands.admin {
            admin.reset().await?;
        }
        match self.plan.off.clone() {
            Off::None(_) => Ok(()),
            Off::Bypass(edge) => {
                let written = Written::before(self.hands.journal, vec![guard_reset(self.hands)?])?;
                let held = self.hands.admin()?.hold_bypass(&edge).await?;
                self.switched = Some(Switched::Bypass(Box::new(Bypassed { edge: edge.clone(), held, written })));
                (self.tell)(Event::Saw { what: format!("the guard on {edge} is bypassed") });
                Ok(())
            }
            Off::Restarted { component, env } => {
                self.restart_with(&component, &env).await?;
                (self.tell)(Event::Saw { what: format!("{component} runs without its mitigation") });
                Ok(())
            }
        }
    }

    async fn restart_with(&mut self, component: &ComponentId, env: &BTreeMap<String, String>) -> Result<(), Error> {
        self.switched = Some(Switched::Restarted);
        let count = self.hands.replicas_of(component)?.len();
        for index in 0..count {
            let since = Instant::now();
            if let Some(replica) = self.hands.replicas_of(component)?.get_mut(index) {
                replica.restart_with(env).await?;
            }
            self.hands.wait_ready(component, index, since).await?;
        }
        Ok(())
    }
}

/// Share of good answers of the main flow due since then; 0 without any.
fn good_share(read: &Read, since_us: i64) -> f64 {
    Look::of(read, false, |at_us| at_us >= since_us).map_or(0.0, |look| look.share)
}

/// What is different without the guardrail *and* without the fault: then a second fault would be blamed for it.
fn changed(read: &Read, fault_us: i64, calm_us: i64) -> Option<String> {
    [(false, "the load"), (true, "the bystander")].into_iter().find_map(|(bystander, who)| {
        let before = Look::of(read, bystander, |at_us| at_us < fault_us)?;
        let now = Look::of(read, bystander, |at_us| at_us >= calm_us)?;
        if now.share < before.share - SHARE_SLACK {
            let (now, before) = (now.share * 100.0, before.share * 100.0);
            return Some(format!(
                "only {now:.1} % of {who} are good even without the fault, {before:.1} % were before"
            ));
        }
        if now.median_us > MEDIAN_TIMES * before.median_us + MEDIAN_SLACK_US {
            let (now, before) = (now.median_us / 1000, before.median_us / 1000);
            return Some(format!("{who} takes {now} ms even without the fault, it took {before} ms before"));
        }
        None
    })
}

/// How a flow was answered in a stretch of time.
struct Look {
    share: f64,
    median_us: i64,
}

impl Look {
    /// `None` when nothing that was due then has ended.
    fn of(read: &Read, bystander: bool, due: impl Fn(i64) -> bool) -> Option<Self> {
        let ended = read.records.iter().filter(|record| record.bystander == bystander && due(record.at_us));
        let (mut latencies, mut good) = (Vec::new(), 0_u64);
        for record in ended {
            latencies.push(record.latency_us);
            good += u64::from(record.ended.answer() == Answer::Good);
        }
        latencies.sort_unstable();
        let median_us = *latencies.get(latencies.len() / 2)?;
        Some(Self { share: good as f64 / latencies.len() as f64, median_us })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Ended, Record};

    /// A second before the fault and one in the calm without the guardrail, of both flows.
    fn read(latency_us: impl Fn(bool, bool) -> i64, ended: impl Fn(bool, bool) -> Ended) -> Read {
        let mut read = Read::default();
        for (n, bystander, later) in
            (0..100).flat_map(|n| [(n, false, false), (n, true, false), (n, false, true), (n, true, true)])
        {
            let at_us = i64::try_from(n).expect("is small") * 10_000 + if later { 5_000_000 } else { 0 };
            read.records.push(Record {
                n,
                bystander,
                at_us,
                latency_us: latency_us(bystander, later),
                lag_us: 0,
                ended: ended(bystander, later),
                status: None,
                retry_after: false,
                guard: None,
            });
        }
        read
    }

    fn told(read: &Read) -> Option<String> {
        changed(read, 2_000_000, 5_000_000)
    }

    #[test]
    fn nothing_changed_when_everything_is_answered_as_before() {
        assert_eq!(told(&read(|_, _| 3_000, |_, _| Ended::Good)), None);
        assert_eq!(
            told(&read(|_, later| if later { 80_000 } else { 3_000 }, |_, _| Ended::Good)),
            None,
            "a busy machine"
        );
    }

    #[test]
    fn a_setting_that_slows_everything_down_is_not_taken_for_the_fault() {
        let why = told(&read(|_, later| if later { 600_000 } else { 3_000 }, |_, _| Ended::Good)).expect("is told");
        assert!(why.contains("the load takes 600 ms even without the fault"), "{why}");
    }

    #[test]
    fn a_setting_that_breaks_the_bystander_is_not_taken_for_the_fault() {
        let bad = |bystander, later| if bystander && later { Ended::BadStatus } else { Ended::Good };
        let why = told(&read(|_, _| 3_000, bad)).expect("is told");
        assert!(why.contains("only 0.0 % of the bystander"), "{why}");
    }
}
