//! A plan as the steps that `drill plan` shows: what is touched, why that is allowed, how it is undone, how long it takes.

use std::fmt;
use std::time::Duration;

use text::print_duration;

use super::{FaultPlan, FlowPlan, Mode, Off, Plan, Which};
use crate::target::{Ground, Refusal, Target, Wanted};

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub does: String,
    /// What undoes it, when it changes anything.
    pub undo: Option<String>,
    /// How long it takes at the most, as far as it is known.
    pub takes: Option<Duration>,
    /// Why it is allowed, or why not.
    pub allowed: Result<String, Refusal>,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.does)?;
        if let Some(takes) = self.takes {
            write!(formatter, " ({})", print_duration(takes))?;
        }
        match &self.allowed {
            Ok(why) => write!(formatter, "; allowed: {why}")?,
            Err(refusal) => write!(formatter, "; REFUSED: {refusal}")?,
        }
        match &self.undo {
            Some(undo) => write!(formatter, "; undo: {undo}"),
            None => Ok(()),
        }
    }
}

impl Plan {
    /// The steps in order, each with what allows or forbids it here. Touches nothing.
    pub fn steps(&self, ground: Ground<'_>) -> Vec<Step> {
        let mut steps = vec![self.load_step(ground)];
        let clean = format!("look at the load without any fault; at least {} requests", self.min_requests);
        steps.push(harmless(clean, Some(self.times.clean)));
        steps.push(self.fault_step(ground, ""));
        steps.push(harmless(
            "lift the fault, and watch until ten answers in a row are good".to_owned(),
            Some(self.times.watch),
        ));
        match &self.off {
            Off::None(why) => steps.push(harmless(format!("no control with the guardrail off: {why}"), None)),
            Off::Bypass(edge) => {
                steps.push(off_step(format!("bypass the guard on {edge}"), Wanted::Edge(edge), ground));
                steps.push(self.fault_step(ground, ", this time without the guardrail"));
            }
            Off::Restarted { component, env } => {
                let names: Vec<&str> = env.keys().map(String::as_str).collect();
                let does = format!("restart {component} with other {}", names.join(", "));
                steps.push(off_step(does, Wanted::Component(component), ground));
                steps.push(self.fault_step(ground, ", this time without the mitigation"));
            }
        }
        steps.push(harmless(
            "end the load, and look for every write that was acknowledged or is in doubt".to_owned(),
            None,
        ));
        steps
    }

    /// Whether every step is allowed here; the first refusal otherwise.
    pub fn allowed(&self, ground: Ground<'_>) -> Result<(), Refusal> {
        self.steps(ground).into_iter().try_for_each(|step| step.allowed.map(|_| ()))
    }

    /// How long the drill takes when everything recovers at once.
    pub fn takes(&self) -> Duration {
        let arms = if matches!(self.off, Off::None(_)) { 1 } else { 2 };
        self.times.warm + self.times.clean + self.times.fault * arms + Duration::from_secs(3)
    }

    fn load_step(&self, ground: Ground<'_>) -> Step {
        let flows: Vec<&FlowPlan> = std::iter::once(&self.flow).chain(&self.bystander).collect();
        let said = flows.iter().map(|flow| {
            format!("{} {} at {}/s to {}", flow.load.method, flow.load.path, flow.load.rate.per_second(), flow.callee)
        });
        let does = format!("send load: {}", said.collect::<Vec<_>>().join(", and as bystander "));
        let mut allowed = Ok(String::new());
        for flow in flows {
            let target = Target::allow(Wanted::Load(&flow.callee), ground);
            allowed = allowed.and(target.map(|target| target.why().to_owned()));
        }
        Step { does, undo: None, takes: Some(self.times.warm), allowed }
    }

    fn fault_step(&self, ground: Ground<'_>, suffix: &str) -> Step {
        let (does, undo, wanted) = match &self.fault {
            FaultPlan::Edge { edge, mode } => {
                let undo = "the fault is lifted, or ends by itself when nobody renews it".to_owned();
                (format!("{} on {edge}", mode_words(*mode)), undo, Wanted::Edge(edge))
            }
            FaultPlan::Kill { component, which, down_for } => {
                let which = which_words(*which);
                let away = down_for.map_or(self.times.fault, |down_for| down_for);
                let undo = format!("start it again after {}", print_duration(away));
                (format!("kill {which} of {component} (SIGKILL, whole tree)"), undo, Wanted::Component(component))
            }
            FaultPlan::Pause { component } => {
                let undo = "SIGCONT, written to the fault journal before".to_owned();
                (format!("stop all processes of {component} (SIGSTOP)"), undo, Wanted::Component(component))
            }
        };
        let allowed = Target::allow(wanted, ground).map(|target| target.why().to_owned());
        Step { does: format!("{does}{suffix}"), undo: Some(undo), takes: Some(self.times.fault), allowed }
    }
}

fn harmless(does: String, takes: Option<Duration>) -> Step {
    Step { does, undo: None, takes, allowed: Ok("it changes nothing".to_owned()) }
}

fn off_step(does: String, wanted: Wanted<'_>, ground: Ground<'_>) -> Step {
    let undo = match wanted {
        Wanted::Edge(_) => "the bypass ends by itself when nobody renews it",
        Wanted::Component(_) | Wanted::Load(_) => "restart it with its own settings",
    };
    let allowed = Target::allow(wanted, ground).map(|target| target.why().to_owned());
    Step { does, undo: Some(undo.to_owned()), takes: None, allowed }
}

/// What a mode does, for people.
pub(crate) fn mode_words(mode: Mode) -> String {
    match mode {
        Mode::Refused => "refuse connections".to_owned(),
        Mode::Reset => "break connections".to_owned(),
        Mode::Hang => "never answer".to_owned(),
        Mode::Slow(latency) => format!("answer {} later", print_duration(latency)),
        Mode::Status(status) => format!("answer {status}"),
    }
}

fn which_words(which: Which) -> String {
    match which {
        Which::All => "every replica".to_owned(),
        Which::One(number) => format!("replica {number}"),
    }
}
