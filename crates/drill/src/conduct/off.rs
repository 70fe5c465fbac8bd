//! The control with the guardrail off: the same fault must now be felt.
//!
//! Before the second fault everything is put back to how it was before the first one, the guardrail is switched off,
//! and the load must be calm without it. Otherwise the second arm would show the first one's damage, or that the system
//! cannot run without its guardrail at all; both would be taken for a proof.

use std::collections::BTreeMap;

use evidence::{Answer, Event};
use system::ComponentId;
use tokio::time::{Instant, sleep};

use super::arm::Arm;
use super::stage::{Bypassed, Stage, Switched};
use super::{CALM_BEFORE_OFF, REACH_BACK};
use crate::Error;
use crate::fault::Written;
use crate::fault::edge::guard_reset;
use crate::kind::Off;
use crate::load::Read;

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
        let arm = self.arm("off").await?;
        if matches!(self.switched, Some(Switched::Restarted)) {
            // What was acknowledged before the restart must be safe from it, as before the first fault.
            sleep(REACH_BACK).await;
        }
        Ok((Ok(arm), Some(calm_us)))
    }

    async fn switch_off(&mut self) -> Result<(), Error> {
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
                sleep(REACH_BACK).await;
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
    let (mut all, mut good) = (0_u64, 0_u64);
    for record in read.records.iter().filter(|record| !record.bystander && record.at_us >= since_us) {
        all += 1;
        good += u64::from(record.ended.answer() == Answer::Good);
    }
    if all == 0 { 0.0 } else { good as f64 / all as f64 }
}
