//! The stage of one drill: what is on it right now, and how it is cleared.

use std::time::Duration;

use evidence::{Answer, Event, Seen};
use outside::process::{ProcessId, Signal, descendants, listeners_of};
use system::EdgeId;
use tokio::time::{Instant, sleep};

use super::background::Background;
use super::{Story, all_seen};
use crate::Error;
use crate::admin::{Held, TTL};
use crate::fault::edge::is_gone;
use crate::fault::{Fault, Written, seen};
use crate::hands::Hands;
use crate::kind::{Off, Plan};
use crate::load::{Handle, LoadSpec, Read};
use crate::target::Target;

/// How long something lifted may take to be seen mended: longer than what ends by itself needs.
const HEALED_WITHIN: Duration = TTL.saturating_add(Duration::from_secs(1));
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Everything that is on while a drill runs.
pub(super) struct Stage<'p, 'h, 'l> {
    pub(super) plan: &'p Plan,
    pub(super) hands: &'p mut Hands<'h>,
    pub(super) target: Target,
    pub(super) tell: &'p mut (dyn FnMut(Event) + 'l),
    pub(super) load: Option<Handle>,
    /// Attempts that are made without the load.
    pub(super) background: Background,
    pub(super) fault: Option<(Fault, Written)>,
    pub(super) switched: Option<Switched>,
    /// What was seen mended or not, so far.
    mended: Vec<Seen>,
}

/// A guardrail that is switched off.
pub(super) enum Switched {
    /// The guard on an edge lets everything pass.
    Bypass(Box<Bypassed>),
    /// A component runs with other settings.
    Restarted,
}

/// A guard that lets everything pass, and the receipt for the undo.
pub(super) struct Bypassed {
    pub(super) edge: EdgeId,
    pub(super) held: Held,
    pub(super) written: Written,
}

impl<'p, 'h, 'l> Stage<'p, 'h, 'l> {
    /// Resets the guard and starts the load.
    pub(super) async fn begin(
        plan: &'p Plan,
        hands: &'p mut Hands<'h>,
        target: Target,
        spec: &LoadSpec,
        tell: &'p mut (dyn FnMut(Event) + 'l),
    ) -> Result<Self, Error> {
        if let Some(admin) = &hands.admin {
            admin.reset().await?;
        }
        let background = Background::of(plan, hands).await?;
        let load = Some(Handle::start(hands.exe, hands.run, spec, hands.log).await?);
        Ok(Self { plan, hands, target, tell, load, background, fault: None, switched: None, mended: Vec::new() })
    }

    /// The load.
    pub(super) fn load(&mut self) -> Result<&mut Handle, Error> {
        self.load.as_mut().ok_or_else(|| Error::Load { why: "is over".to_owned() })
    }

    /// Plays all phases; the load goes on afterwards.
    pub(super) async fn play(&mut self) -> Result<Story, Error> {
        let times = self.plan.times;
        self.nobody_died()?;
        sleep(times.warm).await;
        let clean_us = self.load()?.mark("clean").await?;
        sleep(times.clean).await;
        self.nobody_died()?;
        let clean_end_us = self.load()?.mark("cleaned").await?;
        let bystander = self.plan.bystander.is_some();
        let mut story = Story {
            clean_us,
            clean_end_us,
            on: None,
            off: Err("the fault was not put in".to_owned()),
            off_was_planned: !matches!(self.plan.off, Off::None(_)),
            off_calm_us: None,
            end_us: clean_end_us,
            trouble: Vec::new(),
            bystander,
        };
        if self.looks_calm(clean_us, clean_end_us)? {
            let on = self.arm("fault").await?;
            story.clean_end_us = on.from_us;
            self.mended.push(on.mended.clone());
            (story.off, story.off_calm_us) = self.off(&on).await?;
            if let Ok(off) = &story.off {
                self.mended.push(off.mended.clone());
            }
            story.on = Some(on);
        } else {
            (self.tell)(Event::Warned {
                what: "the load is not clean without any fault, so nothing is broken".to_owned(),
            });
        }
        story.end_us = self.load()?.mark("end").await?;
        Ok(story)
    }

    /// Takes everything off the stage, and says what was seen of it. May be called when nothing is on.
    ///
    /// # Errors
    /// [`Error::LeftToHeal`].
    pub(super) async fn put_right(&mut self) -> Result<Seen, Error> {
        let mut left = Vec::new();
        let lifted = match &mut self.fault {
            Some((fault, _)) => Some(fault.lift(self.hands).await),
            None => None,
        };
        // Whoever fell meanwhile must stand again before anything is looked at: its absence would be taken for the fault.
        let put_back = self.hands.put_back().await.map_err(|error| Error::LeftToHeal { what: error.to_string() })?;
        for what in put_back {
            (self.tell)(Event::Saw { what });
        }
        if let (Some((mut fault, written)), Some(lifted)) = (self.fault.take(), lifted) {
            let healed = seen_healed(&mut fault, self.hands).await;
            match (lifted, healed.yes) {
                (_, true) => written.undone(self.hands.journal)?,
                (Ok(_), false) => left.push(healed.what),
                (Err(error), false) => left.push(format!("{} ({error})", healed.what)),
            }
        }
        if let Some(Switched::Bypass(bypassed)) = self.switched.take() {
            let Bypassed { edge, held, written } = *bypassed;
            match end_bypass(self.hands, &edge, held).await {
                Ok(()) => written.undone(self.hands.journal)?,
                Err(error) => left.push(format!("the bypass of {edge} ({error})")),
            }
        }
        if let Some(admin) = &self.hands.admin
            && let Err(error) = admin.reset().await
            && !is_gone(self.hands).await
        {
            left.push(format!("the guard ({error})"));
        }
        if !left.is_empty() {
            return Err(Error::LeftToHeal { what: left.join("; ") });
        }
        let mut parts = std::mem::take(&mut self.mended);
        // What was not mended when it was looked at is by now, or it would be among what is left.
        parts.retain(|part| part.yes);
        parts.push(seen("every started process lives with its own settings"));
        Ok(all_seen(parts))
    }

    /// Ends the load, verifies, and hands out everything that was read.
    pub(super) async fn finish(mut self) -> Result<Read, Error> {
        (self.tell)(Event::Saw { what: "the load ends; looking for every write".to_owned() });
        let load = self.load.take().ok_or_else(|| Error::Load { why: "is over".to_owned() })?;
        load.stop().await
    }

    /// Names of components that ended by themselves, told at once. To be asked while nothing is killed on purpose. Such a
    /// fall is a finding and no trouble of the drill: what follows from it decides the claim.
    pub(super) fn died_meanwhile(&mut self) -> Vec<String> {
        let dead: Vec<String> = self.hands.dead().into_iter().map(|(id, index)| format!("{id} {index}")).collect();
        for name in &dead {
            (self.tell)(Event::Warned { what: format!("{name} ended by itself while something else was broken") });
        }
        dead
    }

    fn nobody_died(&mut self) -> Result<(), Error> {
        self.load()?.check()?;
        match self.hands.dead().first() {
            Some((id, index)) => {
                Err(Error::DiedByItself { name: format!("{id} {index}"), log_tail: self.hands.log_tail(id, *index) })
            }
            None => Ok(()),
        }
    }

    /// A first look at the clean window: is it worth breaking anything?
    fn looks_calm(&mut self, from_us: i64, to_us: i64) -> Result<bool, Error> {
        let (wanted, min) = (self.plan.flow.calm_share, self.plan.min_requests);
        Ok(self.load()?.look(|read| {
            let done =
                read.records.iter().filter(|record| !record.bystander && (from_us..to_us).contains(&record.at_us));
            let ends: Vec<bool> = done.map(|record| record.ended.answer() == Answer::Good).collect();
            let good = ends.iter().filter(|good| **good).count();
            ends.len() as u64 >= min && good as f64 >= wanted * ends.len() as f64
        }))
    }
}

/// Looks until a lifted fault is seen mended, or it is not for too long.
pub(super) async fn seen_healed(fault: &mut Fault, hands: &Hands<'_>) -> Seen {
    let deadline = Instant::now() + HEALED_WITHIN;
    loop {
        let healed = fault.healed(hands).await;
        if healed.yes || Instant::now() >= deadline {
            return healed;
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn end_bypass(hands: &Hands<'_>, edge: &EdgeId, held: Held) -> Result<(), Error> {
    let ended = match held.end().await {
        Ok(()) => hands.admin()?.edge(edge).await.map(|state| state.bypass),
        Err(error) => Err(error),
    };
    match ended {
        Ok(false) => Ok(()),
        Err(_) if is_gone(hands).await => Ok(()),
        Ok(true) => Err(Error::Admin { why: format!("{edge} is still bypassed") }),
        Err(error) => Err(error),
    }
}

/// See [`super::heal_now`].
pub(super) async fn heal_now(hands: &mut Hands<'_>) -> Result<Seen, Error> {
    let mut left = Vec::new();
    if let Some(admin) = &hands.admin
        && let Err(error) = admin.reset().await
        && !is_gone(hands).await
    {
        left.push(error.to_string());
    }
    for process in stoppable(hands) {
        if let Err(error) = process.signal(Signal::Continue) {
            left.push(error.to_string());
        }
    }
    if let Err(error) = hands.put_back().await {
        left.push(error.to_string());
    }
    if left.is_empty() {
        Ok(seen("the guard has no fault, and every process runs"))
    } else {
        Err(Error::LeftToHeal { what: left.join("; ") })
    }
}

/// Every process that a drill may have stopped.
fn stoppable(hands: &Hands<'_>) -> Vec<ProcessId> {
    let mut all: Vec<ProcessId> = hands.replicas.values().flatten().flat_map(|one| one.process().tree()).collect();
    let destructive = hands.system.components.values().filter(|component| component.destructive);
    let addresses = destructive.filter_map(|component| hands.at.get(&component.id));
    for root in addresses.filter(|at| at.ip().is_loopback()).flat_map(|at| listeners_of(*at)) {
        all.push(root);
        all.extend(descendants(root.pid));
    }
    all
}
