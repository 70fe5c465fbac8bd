//! What the failures of a flow come to together: its fault tree, and from it its availability.
//!
//! A flow is down when a component is whose failure alone takes it down, or a group that shares a fate; a component is down
//! when fewer of its replicas work than it needs. Failures are independent but for shared fates. Degraded and late flows are
//! up. What has no figure is an event without one, and the availability is then not known.

use faulttree::{Arg, Bracket, Builder, Connective, Limits, Tree, solve};
use system::{Component, ComponentId, FlowId, System};

use crate::{Impact, Mode};

/// The fault tree of a flow.
#[derive(Clone, Debug)]
pub struct FlowTree {
    /// The flow is down. Events are replicas, named `db` or `api 1`, `api 2`, .., and groups, named `shared fate node-1`.
    pub tree: Tree,
    /// Components and groups in it that have no figure; their events have the probability 0.
    pub without_figure: Vec<String>,
}

/// How often a flow is up.
#[derive(Clone, Debug, PartialEq)]
pub enum Availability {
    /// The share of time in which it is down.
    Down(Bracket),
    /// These have no figure, by name, groups last.
    NotKnown(Vec<String>),
}

/// The fault tree of one flow, from an impact of the same system. `None` for a flow that it does not have.
pub fn flow_tree(system: &System, impact: &Impact, flow: &FlowId) -> Option<FlowTree> {
    system.flows.get(flow)?;
    let mut builder = Builder::new();
    let mut without_figure = Vec::new();
    let mut causes = Vec::new();
    let takes_down = |hits: &[crate::Hit]| hits.iter().any(|hit| hit.flow == *flow && hit.outcome.is_failure());
    for row in impact.rows.iter().filter(|row| row.mode == Mode::Down && takes_down(&row.hits)) {
        let component = &system.components[&row.component];
        if component.unavailability.is_none() && component.replicas > 0 {
            without_figure.push(component.id.to_string());
        }
        causes.push(down(&mut builder, component));
    }
    for fate in impact.fates.iter().filter(|fate| takes_down(&fate.hits)) {
        let figure = system.fate_unavailability.get(&fate.name);
        let name = format!("shared fate {}", fate.name);
        if figure.is_none() {
            without_figure.push(name.clone());
        }
        causes.push(builder.event(name, figure.map_or(0.0, |figure| figure.share())));
    }
    let top = builder.gate(Connective::Or, causes);
    Some(FlowTree { tree: builder.tree(top), without_figure })
}

/// Too few replicas work. Without any, always.
fn down(builder: &mut Builder, component: &Component) -> Arg {
    let figure = component.unavailability.map_or(0.0, text::Ratio::share);
    if component.replicas == 0 {
        return Arg::TRUE;
    }
    let name = |number: u32| replica_name(&component.id, component.replicas, number);
    let replicas: Vec<Arg> = (1..=component.replicas).map(|number| builder.event(name(number), figure)).collect();
    builder.gate(Connective::AtLeast(component.replicas - component.quorum + 1), replicas)
}

fn replica_name(id: &ComponentId, replicas: u32, number: u32) -> String {
    if replicas == 1 { id.to_string() } else { format!("{id} {number}") }
}

/// How often a flow is down, when everything that takes it down has a figure.
pub fn availability(system: &System, impact: &Impact, flow: &FlowId) -> Option<Availability> {
    let FlowTree { tree, without_figure } = flow_tree(system, impact, flow)?;
    if !without_figure.is_empty() {
        return Some(Availability::NotKnown(without_figure));
    }
    Some(Availability::Down(solve(&tree, &Limits::usual()).probability))
}
