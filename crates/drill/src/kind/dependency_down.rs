//! `dependency-down`: something that a flow needs fails, and the flow goes on as promised.
//!
//! With `edge:` the failure is made in our proxy on that edge, so that only the named caller meets it. With `component:`
//! its processes are killed or stopped, so that everybody meets it. The load must be able to meet the failure: a drill
//! on an edge that the flow never uses would be green whatever the code does.

use std::time::Duration;

use system::{Component, ComponentId, Edge, Protocol, System};
use text::{Node, Problem, Source, Span, print_duration};

use super::off;
use super::with::{Common, With};
use super::{FaultPlan, FlowPlan, Mode, Plan, Which};

/// Its name in a claim.
pub(super) const KIND: &str = "dependency-down";

/// Modes of an edge, and of a component.
const EDGE_MODES: [&str; 5] = ["refused", "reset", "hang", "slow", "status"];
const COMPONENT_MODES: [&str; 2] = ["down", "hang"];
const ALL_MODES: [&str; 6] = ["refused", "reset", "hang", "slow", "status", "down"];
/// How much later answers come in mode `slow` when not written.
const LATENCY: Duration = Duration::from_secs(2);
/// Longest latency: the raw attempt that shows it must still end.
const LONGEST_LATENCY: Duration = Duration::from_secs(20);
/// The status in mode `status` when not written.
const STATUS: u16 = 503;

/// Reads the plan.
pub(super) fn read(node: &Node, system: &System, source: &Source, problems: &mut Vec<Problem>) -> Option<Plan> {
    let mut with = With::of(node, KIND, system, source, problems)?;
    let common = with.common();
    let mode = Asked::read(&mut with);
    let edge_node = with.fields.get("edge");
    let component_node = with.fields.get("component");
    let fault = match (edge_node, component_node) {
        (Some(node), None) => edge_fault(&mut with, node, &mode, common.as_ref()),
        (None, Some(node)) => component_fault(&mut with, node, &mode, common.as_ref()),
        (None, None) => {
            let span = with.fields.span();
            let help = "`edge: api->db` breaks the calls of one caller, `component: db` breaks the thing itself";
            with.wrong("missing-key", span, "neither `edge` nor `component` says what goes down".to_owned(), help);
            None
        }
        (Some(_), Some(both)) => {
            let help = "keep the one that should fail";
            with.wrong("wrong-value", both.span, "`edge` and `component` exclude each other".to_owned(), help);
            None
        }
    };
    let off = off::read(&mut with, fault.as_ref(), common.as_ref().map(Common::flow));
    let parts = common.zip(fault).zip(off).map(|((common, fault), off)| (common, fault, off));
    with.finish(KIND, parts)
}

/// `mode`, `latency` and `status` as asked for.
struct Asked {
    mode: Option<(usize, Span)>,
    latency: Option<(Duration, Span)>,
    status: Option<(u16, Span)>,
}

impl Asked {
    fn read(with: &mut With<'_, '_>) -> Self {
        let span = |with: &mut With<'_, '_>, key| with.fields.get(key).map_or(with.fields.span(), |node| node.span);
        let mode = with.fields.one_of("mode", &ALL_MODES);
        let mode = mode.map(|mode| (mode, span(with, "mode")));
        let latency = with.fields.duration("latency");
        let latency = latency.map(|latency| (latency, span(with, "latency")));
        if let Some((latency, span)) = latency.filter(|(latency, _)| latency.is_zero() || *latency > LONGEST_LATENCY) {
            let message = format!("`latency` must be above zero and at most 20s, found {}", print_duration(latency));
            with.wrong("wrong-value", span, message, "such as `latency: 2s`");
        }
        let status = with.fields.integer("status", 500..=599);
        let status = status.and_then(|status| u16::try_from(status).ok()).map(|status| (status, span(with, "status")));
        Self { mode, latency, status }
    }

    fn word(&self) -> Option<&'static str> {
        self.mode.map(|(index, _)| ALL_MODES[index])
    }

    /// The mode of an edge; `refused` when not written.
    fn of_edge(&self, with: &mut With<'_, '_>) -> Option<Mode> {
        let word = self.word().unwrap_or("refused");
        if !EDGE_MODES.contains(&word) {
            let span = self.mode.map_or(with.fields.span(), |(_, span)| span);
            let message = format!("mode `{word}` needs `component:`");
            with.wrong("wrong-value", span, message, &format!("modes of an edge: {}", EDGE_MODES.join(", ")));
            return None;
        }
        self.extras_fit(with, word);
        Some(match word {
            "reset" => Mode::Reset,
            "hang" => Mode::Hang,
            "slow" => Mode::Slow(self.latency.map_or(LATENCY, |(latency, _)| latency)),
            "status" => Mode::Status(self.status.map_or(STATUS, |(status, _)| status)),
            _refused => Mode::Refused,
        })
    }

    /// Whether a component is stopped (true) or killed; killed when not written.
    fn hangs(&self, with: &mut With<'_, '_>) -> Option<bool> {
        let word = self.word().unwrap_or("down");
        if !COMPONENT_MODES.contains(&word) {
            let span = self.mode.map_or(with.fields.span(), |(_, span)| span);
            let message = format!("mode `{word}` needs `edge:`, because only a proxy can do that");
            with.wrong("wrong-value", span, message, "modes of a component: down, hang");
            return None;
        }
        self.extras_fit(with, word);
        Some(word == "hang")
    }

    /// A latency that is not used, or a status that is not, would be a silent misunderstanding.
    fn extras_fit(&self, with: &mut With<'_, '_>, word: &str) {
        if let (Some((_, span)), true) = (self.latency, word != "slow") {
            with.wrong(
                "wrong-value",
                span,
                format!("mode `{word}` has no `latency`"),
                "write `mode: slow`, or remove it",
            );
        }
        if let (Some((_, span)), true) = (self.status, word != "status") {
            with.wrong(
                "wrong-value",
                span,
                format!("mode `{word}` has no `status`"),
                "write `mode: status`, or remove it",
            );
        }
    }
}

fn edge_fault<'a>(
    with: &mut With<'a, '_>,
    node: &'a Node,
    asked: &Asked,
    common: Option<&Common>,
) -> Option<FaultPlan> {
    let edge = with.edge_named(node)?;
    let mode = asked.of_edge(with);
    if edge.guard.is_none() {
        let message = format!("{} has no `guard:`, so there is no proxy in which its calls could fail", edge.id);
        let help = "write `guard: {}` at the edge for a proxy without any protection, or break the `component:` itself";
        with.wrong("no-guard", node.span, message, help);
    }
    let bytes_only = edge.guard.as_ref().is_some_and(|guard| guard.protocol == Protocol::Tcp);
    if bytes_only && matches!(mode, Some(Mode::Status(_))) {
        let message = format!("{} carries plain TCP, and only HTTP answers have a status", edge.id);
        with.wrong("wrong-value", node.span, message, "modes of a TCP edge: refused, reset, hang, slow");
    }
    if let Some(common) = common {
        meets_edge(with, node.span, edge, common.flow());
    }
    Some(FaultPlan::Edge { edge: edge.id.clone(), mode: mode? })
}

fn component_fault<'a>(
    with: &mut With<'a, '_>,
    node: &'a Node,
    asked: &Asked,
    common: Option<&Common>,
) -> Option<FaultPlan> {
    let component = with.component_named(node)?;
    let hangs = asked.hangs(with);
    if let Some(common) = common {
        meets_component(with, node.span, component, common.flow());
    }
    let id = component.id.clone();
    // What we did not start cannot be started again by us: it is only ever stopped and continued.
    if hangs? || component.start.is_none() {
        return Some(FaultPlan::Pause { component: id });
    }
    Some(FaultPlan::Kill { component: id, which: Which::All, down_for: None })
}

/// Reports a flow that cannot meet a failing edge: it must pass the caller.
fn meets_edge(with: &mut With<'_, '_>, span: Span, edge: &Edge, flow: &FlowPlan) {
    if !uses(with.system, flow, &edge.id.from) {
        not_met(with, span, &edge.id.to_string(), flow);
    }
}

/// Reports a flow that cannot meet a failing component: it must pass it, or one that calls it.
pub(super) fn meets_component(with: &mut With<'_, '_>, span: Span, component: &Component, flow: &FlowPlan) {
    let system = with.system;
    let callers = system.edges.iter().filter(|edge| edge.id.to == component.id).map(|edge| &edge.id.from);
    if !std::iter::once(&component.id).chain(callers).any(|id| uses(system, flow, id)) {
        not_met(with, span, component.id.as_str(), flow);
    }
}

fn uses(system: &System, flow: &FlowPlan, component: &ComponentId) -> bool {
    let flow = system.flows.get(&flow.id);
    flow.is_some_and(|flow| flow.path.iter().chain(&flow.deferred).any(|id| id == component))
}

fn not_met(with: &mut With<'_, '_>, span: Span, what: &str, flow: &FlowPlan) {
    let message = format!("flow `{}` passes nothing that uses {what}, so the load would never meet the fault", flow.id);
    with.wrong("never-met", span, message, "choose a flow whose `path` or `async` reaches it");
}
