//! What a drill may touch. A [`Target`] can only be made here, from what is allowed, and every fault asks for one.
//!
//! Allowed is what seaworthy itself started, traffic through its own proxy, and what the file names `destructive: true`.
//! Loopback is no licence: a port-forward to production is loopback. A refusal is not an error of the user: it becomes a
//! plan and `NotSeen`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use system::{Component, ComponentId, EdgeId, System};

use crate::network;

/// Something that may be broken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    what: Allowed,
    why: String,
}

/// The three things a drill can have its hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// The attempts that our proxy makes on this edge.
    Edge(EdgeId),
    /// Processes that this run started.
    Started(ComponentId),
    /// The process that listens there, on this machine.
    Foreign(ComponentId, SocketAddr),
}

/// What one would like to touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Break the calls of an edge.
    Edge(&'a EdgeId),
    /// Kill or stop the processes of a component.
    Component(&'a ComponentId),
    /// Send it load that may write.
    Load(&'a ComponentId),
}

/// Why something may not be touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// The reason, and what would allow it.
    pub why: String,
}

/// Where a decision is made: the system, the environment at hand, and addresses of what we did not start.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The system.
    pub system: &'a System,
    /// The environment at hand; `local` when none is named.
    pub environment: &'a str,
    /// Resolved addresses of components that somebody else runs.
    pub at: &'a BTreeMap<ComponentId, SocketAddr>,
}

impl Target {
    /// The target, when it is allowed here.
    pub fn allow(wanted: Wanted<'_>, ground: Ground<'_>) -> Result<Self, Refusal> {
        forbids_drills(ground)?;
        match wanted {
            Wanted::Edge(edge) => edge_target(edge, ground.system),
            Wanted::Component(id) | Wanted::Load(id) => component_target(id, ground),
        }
    }

    /// Why it is allowed, in words for people.
    pub fn why(&self) -> &str {
        &self.why
    }

    pub(crate) fn what(&self) -> &Allowed {
        &self.what
    }
}

/// The environment that everybody has.
const LOCAL: &str = "local";

fn refuse<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { why: why.into() })
}

fn forbids_drills(ground: Ground<'_>) -> Result<(), Refusal> {
    match ground.system.environments.get(ground.environment) {
        Some(environment) if environment.drills_never => {
            refuse(format!("environment `{}` says `drills: never`", ground.environment))
        }
        Some(_) => Ok(()),
        None if ground.environment == LOCAL => Ok(()),
        None => refuse(format!("environment `{}` is not declared", ground.environment)),
    }
}

fn edge_target(edge: &EdgeId, system: &System) -> Result<Target, Refusal> {
    match system.edges.iter().find(|candidate| candidate.id == *edge) {
        Some(found) if found.guard.is_some() => Ok(Target {
            what: Allowed::Edge(edge.clone()),
            why: format!("only what passes our own proxy on {edge} is touched, and every fault there ends by itself"),
        }),
        Some(_) => refuse(format!("{edge} has no `guard:`, so there is no proxy that could fail")),
        None => refuse(format!("{edge} is not an edge of this system")),
    }
}

fn component_target(id: &ComponentId, ground: Ground<'_>) -> Result<Target, Refusal> {
    let Some(component) = ground.system.components.get(id) else {
        return refuse(format!("{id} is not a component of this system"));
    };
    if component.start.is_some() {
        let why = format!("{id} is started by seaworthy itself");
        return Ok(Target { what: Allowed::Started(id.clone()), why });
    }
    foreign_target(component, ground)
}

fn foreign_target(component: &Component, ground: Ground<'_>) -> Result<Target, Refusal> {
    let id = &component.id;
    if !component.destructive {
        return refuse(format!("{id} was not started by seaworthy and is not named `destructive: true`"));
    }
    let Some(at) = ground.at.get(id).copied() else {
        return refuse(format!("{id} is named `destructive: true`, but its address is not known here"));
    };
    let allowed = ground.system.environments.get(ground.environment).map_or(&[][..], |environment| &environment.allow);
    if at.ip().is_loopback() || allowed.iter().any(|network| network::contains(network, at.ip())) {
        let why = format!("{id} at {at} is named `destructive: true`");
        return Ok(Target { what: Allowed::Foreign(id.clone(), at), why });
    }
    refuse(format!("{id} at {at} lies in no network that environment `{}` allows", ground.environment))
}
