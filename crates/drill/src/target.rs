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
            Wanted::Edge(edge) => edge_target(edge, ground),
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

/// Faults on an edge touch nothing but our proxy, yet the raw attempts that show them reach the callee: where that is
/// somebody else's and not on this machine, the environment must allow its network.
fn edge_target(edge: &EdgeId, ground: Ground<'_>) -> Result<Target, Refusal> {
    let Some(found) = ground.system.edges.iter().find(|candidate| candidate.id == *edge) else {
        return refuse(format!("{edge} is not an edge of this system"));
    };
    if found.guard.is_none() {
        return refuse(format!("{edge} has no `guard:`, so there is no proxy that could fail"));
    }
    if let Some(at) = ground.at.get(&edge.to).copied().filter(|at| !near(*at, ground)) {
        let environment = ground.environment;
        return refuse(format!("{} at {at} lies in no network that environment `{environment}` allows", edge.to));
    }
    let why = format!("only what passes our own proxy on {edge} is touched, and every fault there ends by itself");
    Ok(Target { what: Allowed::Edge(edge.clone()), why })
}

/// On this machine, or in a network that the environment allows.
fn near(at: SocketAddr, ground: Ground<'_>) -> bool {
    let allowed = ground.system.environments.get(ground.environment).map_or(&[][..], |environment| &environment.allow);
    at.ip().is_loopback() || allowed.iter().any(|network| network::contains(network, at.ip()))
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
    if near(at, ground) {
        let why = format!("{id} at {at} is named `destructive: true`");
        return Ok(Target { what: Allowed::Foreign(id.clone(), at), why });
    }
    refuse(format!("{id} at {at} lies in no network that environment `{}` allows", ground.environment))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use text::{Source, read_yaml};

    use super::*;

    const FILE: &str = "seaworthy: 1
name: t
registers: [r.md]
system:
  components:
    web: {kind: client}
    own: {kind: service, start: \"run ${port} ${edge:own->far} ${edge:own->near}\"}
    near: {kind: service, at: 127.0.0.1:1}
    far: {kind: service, at: 10.1.0.5:1}
    loud: {kind: service, at: 10.1.0.5:1, destructive: true}
  edges:
    web->own: {guard: {}}
    own->near: {guard: {}}
    own->far: {guard: {}}
environments:
  staging: {allow: [10.1.0.0/16]}
  prod: {drills: never}
";

    /// Why something is refused in an environment; empty when it is allowed.
    fn refused(environment: &str, wanted: &str) -> String {
        let source = Source::new("t.yaml", FILE);
        let system = system::read(&source, &read_yaml(&source).0.expect("is YAML"), &mut Vec::new()).expect("is a map");
        let id = |name: &str| ComponentId::try_new(name).expect("is a name");
        let at =
            ["near", "far", "loud"].map(|name| (id(name), if name == "near" { "127.0.0.1:1" } else { "10.1.0.5:1" }));
        let at: BTreeMap<ComponentId, SocketAddr> = at.map(|(id, at)| (id, at.parse().expect("is an address"))).into();
        let ground = Ground { system: &system, environment, at: &at };
        let outcome = match EdgeId::parse(wanted) {
            Some(edge) => Target::allow(Wanted::Edge(&edge), ground),
            None => Target::allow(Wanted::Component(&id(wanted)), ground),
        };
        outcome.err().map_or_else(String::new, |refusal| refusal.why)
    }

    #[test]
    fn what_we_started_may_be_broken_and_what_somebody_else_runs_may_not() {
        assert_eq!(refused("local", "own"), "");
        assert_eq!(refused("local", "near"), "near was not started by seaworthy and is not named `destructive: true`");
        assert_eq!(refused("local", "web->own"), "");
        assert_eq!(refused("local", "own->near"), "");
    }

    #[test]
    fn destructive_elsewhere_needs_a_network_that_the_environment_allows() {
        assert_eq!(refused("staging", "loud"), "");
        assert_eq!(refused("local", "loud"), "loud at 10.1.0.5:1 lies in no network that environment `local` allows");
    }

    #[test]
    fn raw_attempts_reach_only_allowed_networks() {
        assert_eq!(refused("staging", "own->far"), "");
        assert_eq!(
            refused("local", "own->far"),
            "far at 10.1.0.5:1 lies in no network that environment `local` allows"
        );
    }

    #[test]
    fn an_environment_can_forbid_drills_and_an_undeclared_one_allows_none() {
        assert_eq!(refused("prod", "own"), "environment `prod` says `drills: never`");
        assert_eq!(refused("nowhere", "own"), "environment `nowhere` is not declared");
    }
}
