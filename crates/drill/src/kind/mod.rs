//! Kinds of drills: what a claim asks for under `with:`, read into a [`Plan`] with all problems at once.
//!
//! A plan says what will be done and nothing about whether it may be: that is asked of [`crate::Target`] when it is
//! shown and again when it is carried out.

mod dependency_down;
mod off;
mod restart;
mod steps;
mod with;

use std::collections::BTreeMap;
use std::time::Duration;

use system::{ComponentId, EdgeId, FlowId, Load, System};
use text::{Node, Problem, Source, Span, has_errors, nearest};

pub use steps::Step;

/// The kinds that [`read`] knows.
pub const KINDS: [&str; 2] = [dependency_down::KIND, restart::KIND];

/// A drill that is understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The kind, as in the claim.
    pub kind: &'static str,
    /// What is broken, and how.
    pub fault: FaultPlan,
    /// The flow under load.
    pub flow: FlowPlan,
    /// A flow that should not notice.
    pub bystander: Option<FlowPlan>,
    /// What is switched off for the control without it.
    pub off: Off,
    /// How long each phase takes.
    pub times: Times,
    /// Requests that the clean window must hold before anything is concluded.
    pub min_requests: u64,
}

/// What is broken, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultPlan {
    /// The attempts on an edge fail, in our proxy.
    Edge {
        /// Which edge.
        edge: EdgeId,
        /// How its callee fails.
        mode: Mode,
    },
    /// Processes are killed and started again.
    Kill {
        /// Whose.
        component: ComponentId,
        /// Which of them.
        which: Which,
        /// How long they stay away; `None`: for the whole fault window.
        down_for: Option<Duration>,
    },
    /// Processes are stopped and continued: they hang.
    Pause {
        /// Whose.
        component: ComponentId,
    },
}

/// How a callee fails on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nobody listens.
    Refused,
    /// Connections break.
    Reset,
    /// No answer ever.
    Hang,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Every answer has this status.
    Status(u16),
}

/// Which replicas of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All at once.
    All,
    /// The one with this number.
    One(u32),
}

/// A flow under load.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowPlan {
    /// Its name.
    pub id: FlowId,
    /// Its requests; the rate may differ from the flow's own.
    pub load: Load,
    /// The edge on which users reach the system, when the path has one.
    pub entry: Option<EdgeId>,
    /// The component that users reach.
    pub callee: ComponentId,
    /// The share of good answers below which the load is not clean without any fault.
    pub calm_share: f64,
}

/// What is switched off so that the same fault must now be felt.
#[derive(Clone, Debug, PartialEq)]
pub enum Off {
    /// The protections of the guard on this edge; the proxy stays in place.
    Bypass(EdgeId),
    /// A mitigation of the component itself: it is restarted with these settings.
    Restarted {
        /// Which component.
        component: ComponentId,
        /// Environment variables that replace its own.
        env: BTreeMap<String, String>,
    },
    /// There is no such control, and why.
    None(String),
}

/// How long each phase takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Load before anything is judged: connections open, caches fill.
    pub warm: Duration,
    /// Load without a fault, judged.
    pub clean: Duration,
    /// The fault window.
    pub fault: Duration,
    /// Longest wait for good answers after the fault is lifted.
    pub watch: Duration,
}

/// [`Times::warm`] when not written.
pub const WARM: Duration = Duration::from_secs(1);
/// [`Times::clean`] when not written.
pub const CLEAN: Duration = Duration::from_secs(2);
/// [`Times::fault`] when not written. Four seconds at the usual 100 requests a second are the fewest that can show
/// a share of 99 % (381 good answers of 381) and bound the 99th percentile (368) at a confidence of 95 %.
pub const FAULT: Duration = Duration::from_secs(4);
/// [`Times::watch`] when not written.
pub const WATCH: Duration = Duration::from_secs(10);
/// Shortest and longest phase that can be asked for.
pub const PHASE_LIMITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(600));
/// [`Plan::min_requests`] when not written.
pub const MIN_REQUESTS: u64 = 50;
/// Share of good answers without any fault, when the flow promises none.
pub const CALM_SHARE: f64 = 0.99;

/// Reads what a claim asks of a drill. All problems are reported; with any error there is no plan.
///
/// An unknown kind is a problem with the nearest known one; so is an unknown key of `with`.
pub fn read(
    kind: &str,
    kind_span: Span,
    with: &Node,
    system: &System,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Option<Plan> {
    let before = problems.len();
    let plan = match kind {
        dependency_down::KIND => dependency_down::read(with, system, source, problems),
        restart::KIND => restart::read(with, system, source, problems),
        unknown => {
            let help = match nearest(unknown, KINDS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known drills: {}", KINDS.join(", ")),
            };
            let problem = Problem::error("unknown-drill", source, kind_span, format!("there is no drill `{unknown}`"));
            problems.push(problem.with_help(help));
            None
        }
    };
    plan.filter(|_| !has_errors(&problems[before..]))
}

impl FaultPlan {
    /// The component or edge that is touched, as people name it.
    pub fn subject(&self) -> String {
        match self {
            Self::Edge { edge, .. } => edge.to_string(),
            Self::Kill { component, .. } | Self::Pause { component } => component.to_string(),
        }
    }
}
