//! The keys under `with:` that every kind of drill has: flow, bystander, rate, and how long phases take.

use std::time::Duration;

use system::{Component, ComponentId, Edge, EdgeId, Flow, FlowId, System};
use text::{Fields, Node, Problem, Ratio, Source, Span, nearest, print_duration};

use super::{CALM_SHARE, CLEAN, FAULT, FaultPlan, FlowPlan, MIN_REQUESTS, Off, PHASE_LIMITS, Plan, Times, WARM, WATCH};
use crate::load::{MAX_OUTSTANDING, MAX_RATE, check_patterns};

/// The walk over `with:` of one claim.
pub(super) struct With<'a, 'p> {
    pub(super) fields: Fields<'a, 'p>,
    pub(super) system: &'a System,
    pub(super) source: &'a Source,
}

/// What every kind has.
pub(super) struct Common {
    flow: FlowPlan,
    bystander: Option<FlowPlan>,
    times: Times,
    min_requests: u64,
}

impl<'a, 'p> With<'a, 'p> {
    /// Begins to walk.
    pub(super) fn of(
        node: &'a Node,
        kind: &str,
        system: &'a System,
        source: &'a Source,
        problems: &'p mut Vec<Problem>,
    ) -> Option<Self> {
        let fields = Fields::of(node, format!("`with` of drill `{kind}`"), source, problems)?;
        Some(Self { fields, system, source })
    }

    /// The keys of every kind.
    pub(super) fn common(&mut self) -> Option<Common> {
        let rate = self.fields.rate("rate");
        let flow = self.flow("flow");
        let bystander = self.flow("bystander");
        let times = self.times();
        let min_requests = self.fields.integer("min_requests", 1..=1_000_000);
        let (flow_span, mut flow) = match flow {
            Some(flow) => flow,
            None => {
                self.fields.need("flow");
                return None;
            }
        };
        if let Some(rate) = rate {
            flow.load.rate = rate;
        }
        let min_requests = min_requests.and_then(|number| u64::try_from(number).ok()).unwrap_or(MIN_REQUESTS);
        self.check_load(&flow, &times, min_requests, flow_span);
        if let Some((span, bystander)) = &bystander {
            self.check_load(bystander, &times, 1, *span);
        }
        Some(Common { flow, bystander: bystander.map(|(_, flow)| flow), times, min_requests })
    }

    /// A component by name, with its place.
    pub(super) fn component(&mut self, key: &'static str) -> Option<&'a Component> {
        let node = self.fields.get(key)?;
        self.component_named(node)
    }

    /// The component that a value names.
    pub(super) fn component_named(&mut self, node: &'a Node) -> Option<&'a Component> {
        let system = self.system;
        let name = self.name(node, "a component")?;
        let found = ComponentId::try_new(name).and_then(|id| system.components.get(&id));
        if found.is_none() {
            self.unknown(node.span, "component", name, system.components.keys().map(ComponentId::as_str));
        }
        found
    }

    /// The edge that a value names.
    pub(super) fn edge_named(&mut self, node: &'a Node) -> Option<&'a Edge> {
        let system = self.system;
        let name = self.name(node, "an edge such as `api->db`")?;
        let found = EdgeId::parse(name).and_then(|id| system.edges.iter().find(|edge| edge.id == id));
        if found.is_none() {
            let names: Vec<String> = system.edges.iter().map(|edge| edge.id.to_string()).collect();
            self.unknown(node.span, "edge", name, names.iter().map(String::as_str));
        }
        found
    }

    /// Reports an error with what to do.
    pub(super) fn wrong(&mut self, rule: &'static str, span: Span, message: String, help: &str) {
        let problem = Problem::error(rule, self.source, span, message);
        self.fields.problems().push(problem.with_help(help));
    }

    /// Reports keys nobody asked for, and puts the plan together. Whether there was any error is the caller's business.
    pub(super) fn finish(self, kind: &'static str, parts: Option<(Common, FaultPlan, Off)>) -> Option<Plan> {
        self.fields.finish();
        let (common, fault, off) = parts?;
        let Common { flow, bystander, times, min_requests } = common;
        Some(Plan { kind, fault, flow, bystander, off, times, min_requests })
    }

    fn flow(&mut self, key: &'static str) -> Option<(Span, FlowPlan)> {
        let node = self.fields.get(key)?;
        let system = self.system;
        let name = self.name(node, "a flow")?;
        let Some(flow) = FlowId::try_new(name).and_then(|id| system.flows.get(&id)) else {
            self.unknown(node.span, "flow", name, system.flows.keys().map(FlowId::as_str));
            return None;
        };
        let plan = flow_plan(flow, system);
        if plan.is_none() {
            let help = "write `load: GET /path` at the flow";
            self.wrong(
                "no-load",
                node.span,
                format!("flow `{name}` has no `load`, so nothing could be measured"),
                help,
            );
        }
        Some((node.span, plan?))
    }

    fn times(&mut self) -> Times {
        let mut phase = |key: &'static str, default: Duration| {
            let Some(asked) = self.fields.duration(key) else { return default };
            let (shortest, longest) = PHASE_LIMITS;
            if !(shortest..=longest).contains(&asked) {
                let (shortest, longest) = (print_duration(shortest), print_duration(longest));
                let message =
                    format!("`{key}` must lie between {shortest} and {longest}, found {}", print_duration(asked));
                let span = self.fields.get(key).map_or(self.fields.span(), |node| node.span);
                self.fields.problem("wrong-value", span, message);
            }
            asked
        };
        Times {
            warm: phase("warm", WARM),
            clean: phase("clean", CLEAN),
            fault: phase("fault_for", FAULT),
            watch: phase("watch", WATCH),
        }
    }

    fn check_load(&mut self, flow: &FlowPlan, times: &Times, min_requests: u64, span: Span) {
        let rate = flow.load.rate.per_second();
        if let Err(why) = check_patterns(&flow.load) {
            self.wrong(
                "wrong-load",
                span,
                format!("the load of flow `{}` cannot be sent: {why}", flow.id),
                "mend its `load`",
            );
        }
        if rate > MAX_RATE {
            let message = format!("flow `{}` asks for {rate}/s", flow.id);
            self.wrong("wrong-load", span, message, &format!("one load generator keeps up to {MAX_RATE}/s"));
        }
        let expected = rate * times.clean.as_secs_f64();
        if expected < min_requests as f64 {
            let message = format!(
                "flow `{}` at {rate}/s gives only {expected:.0} of {min_requests} requests in the clean window",
                flow.id
            );
            self.wrong("too-few-requests", span, message, "raise `rate`, lengthen `clean`, or lower `min_requests`");
        }
        if rate * flow.load.patience.as_secs_f64() > MAX_OUTSTANDING as f64 {
            let message = format!(
                "flow `{}` may have more than {MAX_OUTSTANDING} requests outstanding; the rest will count as not sent",
                flow.id
            );
            let problem = Problem::warning("many-outstanding", self.source, span, message);
            self.fields.problems().push(problem.with_help("lower its rate or its patience"));
        }
    }

    fn name(&mut self, node: &'a Node, wanted: &str) -> Option<&'a str> {
        let name = node.as_text();
        if name.is_none() {
            let message = format!("here the name of {wanted} is expected, found {}", node.shape());
            self.fields.problem("wrong-shape", node.span, message);
        }
        name
    }

    fn unknown<'n>(&mut self, span: Span, what: &str, name: &str, known: impl Iterator<Item = &'n str>) {
        let known: Vec<&str> = known.collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declared: {}", known.join(", ")),
        };
        self.wrong("unknown-name", span, format!("there is no {what} `{name}`"), &help);
    }
}

impl Common {
    pub(super) fn flow(&self) -> &FlowPlan {
        &self.flow
    }
}

fn flow_plan(flow: &Flow, system: &System) -> Option<FlowPlan> {
    let load = flow.load.clone()?;
    let (entry, callee) = match flow.path.as_slice() {
        [] => return None,
        [only] => (None, only.clone()),
        [from, to, ..] => {
            let edge = system.edges.iter().find(|edge| edge.id.from == *from && edge.id.to == *to);
            (edge.map(|edge| edge.id.clone()), to.clone())
        }
    };
    let calm_share = flow.slo.success.map_or(CALM_SHARE, Ratio::share);
    Some(FlowPlan { id: flow.id.clone(), load, entry, callee, calm_share })
}
