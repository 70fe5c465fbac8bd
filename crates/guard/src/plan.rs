//! What a guard is to do, complete and checked before any port is bound.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use system::{EdgeId, Policy, Trips};

use crate::breaker::WIDEST_WINDOW;

/// The most cores a guard uses.
pub const MOST_WORKERS: usize = 64;
/// The most edges of one guard, those of Toxiproxy clients included.
pub const MOST_EDGES: usize = 256;

/// Everything a guard needs to start.
#[derive(Clone, PartialEq)]
pub struct Plan {
    /// The edges it stands on.
    pub edges: Vec<PlannedEdge>,
    /// Where the admin port listens; port 0 for a free one.
    pub admin: SocketAddr,
    /// What `Authorization: Bearer` must say on the admin port; none asks for nothing.
    pub token: Option<String>,
    /// Whether the admin port answers Toxiproxy's routes at its root, without a token.
    pub toxiproxy: bool,
    /// Threads that carry traffic, 1 to [`MOST_WORKERS`].
    pub workers: usize,
    /// Seed of the jitter between retries.
    pub seed: u64,
}

/// One edge of a [`Plan`].
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedEdge {
    /// Its name.
    pub id: EdgeId,
    /// Where it listens; port 0 for a free one.
    pub listen: SocketAddr,
    /// Who is asked, in turn.
    pub upstreams: Vec<SocketAddr>,
    /// Its guardrails.
    pub policy: Policy,
}

impl fmt::Debug for Plan {
    /// Everything but the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| outside::secret::MASK);
        f.debug_struct("Plan")
            .field("edges", &self.edges)
            .field("admin", &self.admin)
            .field("token", &token)
            .field("toxiproxy", &self.toxiproxy)
            .field("workers", &self.workers)
            .field("seed", &self.seed)
            .finish()
    }
}

impl Plan {
    /// Everything that is wrong with it, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MOST_WORKERS).contains(&self.workers) {
            problems.push(format!("workers must be 1 to {MOST_WORKERS}, not {}", self.workers));
        }
        if self.edges.len() > MOST_EDGES {
            problems.push(format!("{} edges are more than the {MOST_EDGES} of one guard", self.edges.len()));
        }
        if !outside::net::is_loopback(self.admin) && self.token.is_none() {
            let why = "could be reached from other machines: set SEAWORTHY_GUARD_TOKEN, or use a loopback address";
            problems.push(format!("the admin port on {} {why}", self.admin));
        }
        if self.token.as_ref().is_some_and(String::is_empty) {
            problems.push("the admin token is empty".to_owned());
        }
        problems.extend(self.edges.iter().flat_map(PlannedEdge::problems));
        problems.extend(self.clashes());
        problems
    }

    /// Names and addresses that are used twice, and edges that would ask themselves.
    fn clashes(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut ports: BTreeMap<SocketAddr, String> = BTreeMap::new();
        ports.insert(self.admin, "the admin port".to_owned());
        for edge in &self.edges {
            *names.entry(edge.id.to_string()).or_default() += 1;
            if edge.listen.port() == 0 {
                continue;
            }
            if let Some(other) = ports.insert(edge.listen, format!("edge {}", edge.id)) {
                problems.push(format!("edge {} and {other} both listen on {}", edge.id, edge.listen));
            }
        }
        let twice = names.iter().filter(|(_, count)| **count > 1);
        problems.extend(twice.map(|(name, count)| format!("edge {name} is planned {count} times")));
        for edge in self.edges.iter().filter(|edge| edge.upstreams.contains(&edge.listen)) {
            problems
                .push(format!("edge {} would forward to itself: it listens on its upstream {}", edge.id, edge.listen));
        }
        problems
    }
}

impl PlannedEdge {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.upstreams.is_empty() {
            problems.push(format!("edge {} has no upstream", self.id));
        }
        if self.upstreams.iter().any(|at| at.port() == 0) {
            problems.push(format!("edge {} has an upstream with port 0", self.id));
        }
        if let Some(Trips::Share { of, .. }) = self.policy.breaker.map(|rule| rule.trips)
            && !(1..=WIDEST_WINDOW).contains(&of)
        {
            problems.push(format!("edge {}: a breaker looks at 1 to {WIDEST_WINDOW} outcomes, not {of}", self.id));
        }
        problems
    }
}
