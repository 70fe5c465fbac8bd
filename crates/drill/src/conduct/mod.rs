//! One drill from permission to result, on one continuous load.
//!
//! ```text
//!   warm | clean | fault, guardrail on | recover | calm | fault, guardrail off | recover | verify
//! ```
//!
//! The load never stops in between, so that only one thing changes at a time. Whatever goes wrong, what was broken is put
//! right before [`conduct`] returns; when it is dropped instead, times to live, keepers and the watchdog do that.

mod arm;
mod background;
mod observe;
mod off;
mod recovery;
mod stage;

use std::time::Duration;

use evidence::{Drilled, Event, Phase, Seen, Timeline, Window};

use crate::fault::{not_seen, seen};
use crate::hands::Hands;
use crate::kind::{FlowPlan, Plan};
use crate::load::{FlowSpec, LoadSpec, Read};
use crate::target::{Target, Wanted};
use crate::{Error, fault::Fault};

use arm::Arm;
use observe::{Context, Part, calm};
use stage::Stage;

/// Acknowledged writes this long before a fault count as exposed to it, because what was acknowledged may still have
/// been on its way to safety.
pub(crate) const REACH_BACK: Duration = Duration::from_secs(1);
/// How long the load must be calm without the guardrail before the second fault.
pub(crate) const CALM_BEFORE_OFF: Duration = Duration::from_secs(1);

/// Carries a drill out. Everything it touches is lent by `hands` and whole again when it returns.
///
/// `seed` names the load's ids and what is random in it. `tell` is told what happens. May be dropped at any await:
/// [`heal_now`], the journal, or simply time then puts things right.
///
/// # Errors
/// Whatever kept it from an answer, everything being put right first; [`Error::LeftToHeal`] when that failed;
/// [`Error::Refused`] before anything was touched.
pub async fn conduct(
    plan: &Plan,
    hands: &mut Hands<'_>,
    seed: u64,
    tell: &mut dyn FnMut(Event),
) -> Result<Drilled, Error> {
    plan.allowed(hands.ground())?;
    let target = Target::allow(wanted(plan), hands.ground())?;
    let spec = LoadSpec {
        seed,
        // The time makes ids unique over runs: a database may still hold those of the last run with this seed.
        prefix: format!("{seed:x}-{:x}", outside::now()),
        main: flow_spec(&plan.flow, hands)?,
        bystander: plan.bystander.as_ref().map(|flow| flow_spec(flow, hands)).transpose()?,
    };
    let context = Context::of(plan, hands, seed, &spec);
    let mut stage = Stage::begin(plan, hands, target, &spec, tell).await?;
    let story = match stage.play().await {
        Ok(story) => story,
        Err(error) => {
            // The reason counts only when nothing is left broken; that weighs more.
            return Err(match stage.put_right().await {
                Err(Error::LeftToHeal { what }) => Error::LeftToHeal { what: format!("{what} (after: {error})") },
                Ok(_) | Err(_) => error,
            });
        }
    };
    let healed = stage.put_right().await?;
    let read = stage.finish().await?;
    Ok(story.told(&context, &read, healed))
}

/// Puts everything right that a dropped drill may have left: faults and bypasses of the guard, stopped processes, dead or
/// changed replicas. Does no harm when nothing is wrong; says what was seen afterwards.
///
/// # Errors
/// [`Error::LeftToHeal`] when something cannot be put right.
pub async fn heal_now(hands: &mut Hands<'_>) -> Result<Seen, Error> {
    stage::heal_now(hands).await
}

/// What happened, before anybody has counted.
#[derive(Debug)]
pub(super) struct Story {
    clean_us: i64,
    /// End of the clean window; the fault began here, if there was one.
    clean_end_us: i64,
    on: Option<Arm>,
    off: Result<Arm, String>,
    /// There was to be a control with the guardrail off; when it failed, that is trouble and not the lack of one.
    off_was_planned: bool,
    /// Since when the off control was calm, for what it carried into its window.
    off_calm_us: Option<i64>,
    end_us: i64,
    /// What people should know although there is a result.
    trouble: Vec<String>,
    bystander: bool,
}

impl Story {
    fn told(self, context: &Context, read: &Read, healed: Seen) -> Drilled {
        let clean = Part::clean(self.clean_us, self.clean_end_us);
        let mut calm = calm(&clean, context, read);
        let mut trouble = self.trouble.clone();
        let said = read.finished.map_or(0, |(due, _)| due);
        if said != read.records.len() as u64 {
            let lost = format!("the load sent {said} requests and told of {}", read.records.len());
            calm = not_seen(lost.clone());
            trouble.push(lost);
        }
        let timeline = self.timeline(read);
        let (on, bite) = match &self.on {
            Some(arm) => (Part::of(arm, self.clean_us), arm.bite.clone()),
            None => (Part::nothing(self.clean_end_us), not_seen(format!("it was not put in, because {}", calm.what))),
        };
        if self.on.is_some()
            && let Some(lag) = observe::lagged(&on, read)
        {
            calm = not_seen(lag.clone());
            trouble.push(lag);
        }
        let bite = match &self.on {
            Some(Arm { felt: Some(0), .. }) if bite.yes && !context.is_hurt(&on, read) => {
                met_in_the_control(bite, self.off.as_ref().ok())
            }
            Some(_) | None => bite,
        };
        let off = self.off.and_then(|arm| {
            let part = Part::of(&arm, self.off_calm_us.unwrap_or(arm.from_us));
            match (arm.bite.yes, observe::lagged(&part, read)) {
                (true, None) => Ok(context.observe(&part, read, Vec::new())),
                (false, _) => Err(format!("without the guardrail the fault did not bite: {}", arm.bite.what)),
                (true, Some(lag)) => Err(lag),
            }
        });
        let failed = |why: String| context.observe(&Part::nothing(self.end_us), read, vec![why]);
        let off = if self.off_was_planned { Ok(off.unwrap_or_else(failed)) } else { off };
        Drilled {
            clean: context.observe(&clean, read, Vec::new()),
            on: context.observe(&on, read, trouble),
            off,
            bite,
            calm,
            healed,
            timeline,
        }
    }

    fn timeline(&self, read: &Read) -> Timeline {
        let mut windows = vec![
            Window { phase: Phase::Warm, from_us: 0, to_us: self.clean_us },
            Window { phase: Phase::Clean, from_us: self.clean_us, to_us: self.clean_end_us },
        ];
        let off_from = self.off.as_ref().ok().map(|arm| arm.from_us);
        if let Some(on) = &self.on {
            windows.push(Window { phase: Phase::Fault, from_us: on.from_us, to_us: on.until_us });
            windows.push(Window { phase: Phase::Heal, from_us: on.until_us, to_us: off_from.unwrap_or(self.end_us) });
        }
        if let Ok(off) = &self.off {
            windows.push(Window { phase: Phase::Off, from_us: off.from_us, to_us: off.until_us });
            windows.push(Window { phase: Phase::HealOff, from_us: off.until_us, to_us: self.end_us });
        }
        Timeline { windows, samples: observe::samples(read, self.bystander) }
    }
}

fn wanted(plan: &Plan) -> Wanted<'_> {
    use crate::kind::FaultPlan;
    match &plan.fault {
        FaultPlan::Edge { edge, .. } => Wanted::Edge(edge),
        FaultPlan::Kill { component, .. } | FaultPlan::Pause { component } => Wanted::Component(component),
    }
}

fn flow_spec(flow: &FlowPlan, hands: &Hands<'_>) -> Result<FlowSpec, Error> {
    Ok(FlowSpec { load: flow.load.clone(), targets: hands.entry(flow.entry.as_ref(), &flow.callee)? })
}

/// Joins what was seen of several things: yes when all of them were.
pub(crate) fn all_seen(parts: Vec<Seen>) -> Seen {
    let missing: Vec<&str> = parts.iter().filter(|part| !part.yes).map(|part| part.what.as_str()).collect();
    if missing.is_empty() {
        return seen(parts.iter().map(|part| part.what.as_str()).collect::<Vec<_>>().join("; "));
    }
    not_seen(missing.join("; "))
}

/// Nobody counted who met the fault, and everybody was answered well: then only the control without the guardrail can
/// show that the load meets it at all.
fn met_in_the_control(bite: Seen, off: Option<&Arm>) -> Seen {
    match off.and_then(|off| off.felt).unwrap_or(0) {
        0 => not_seen(format!(
            "{}, and every request was answered well; write `guard: {{}}` at an edge to it, or name an `off:` without which the fault is felt",
            bite.what
        )),
        felt => seen(format!("{}; without the guardrail {felt} requests failed by it", bite.what)),
    }
}

/// A fault of this plan, ready to be put in.
fn fault_of(plan: &Plan, target: &Target, hands: &mut Hands<'_>) -> Result<Fault, Error> {
    Fault::of(&plan.fault, &plan.times, target, hands)
}
