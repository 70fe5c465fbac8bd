//! A guard at work: its threads, its doors, its end.
//!
//! All ports are bound before any thread carries traffic, so that a guard either stands on every edge or does not
//! start at all.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use crate::admin;
use crate::core;
use crate::door::{Cores, MOST_ORDERS, Mode, Order};
use crate::edge::Edge;
use crate::lock::lock;
use crate::random::mix;
use crate::{Error, Plan};

/// The version of the line that says where a guard listens.
pub const ANNOUNCEMENT_SCHEMA: &str = "seaworthy.guard/1";

/// The resilience proxy; see [`Guard::start`].
#[derive(Debug)]
pub struct Guard;

/// A guard that has started. Dropped, it stops.
pub struct Running {
    admin: SocketAddr,
    edges: Vec<(String, SocketAddr)>,
    state: Option<Arc<State>>,
    stop_admin: watch::Sender<bool>,
    admin_thread: Option<JoinHandle<()>>,
    cores: Vec<JoinHandle<()>>,
}

/// What admin port and owner share.
pub(crate) struct State {
    /// Every edge by name; held for one look or one change.
    pub(crate) edges: Mutex<BTreeMap<String, Arc<Edge>>>,
    /// The ways to the cores.
    pub(crate) cores: Cores,
    /// What the admin port asks for.
    pub(crate) token: Option<String>,
    /// Whether it answers Toxiproxy's routes.
    pub(crate) toxiproxy: bool,
    /// Seed of new edges.
    pub(crate) seed: u64,
}

impl State {
    /// An edge by name.
    pub(crate) fn edge(&self, name: &str) -> Option<Arc<Edge>> {
        lock(&self.edges).get(name).cloned()
    }

    /// Every edge, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Edge>> {
        lock(&self.edges).values().cloned().collect()
    }
}

impl Guard {
    /// Starts a guard: binds every port, then carries traffic until [`Running::stop`].
    ///
    /// # Errors
    /// When the plan is wrong or a port cannot be had. Nothing is left listening then.
    pub fn start(plan: Plan) -> Result<Running, Error> {
        let problems = plan.problems();
        if !problems.is_empty() {
            return Err(Error::Plan(problems.join("; ")));
        }
        let (cores, waiting) = orders(plan.workers);
        let state = Arc::new(State {
            edges: Mutex::new(BTreeMap::new()),
            cores,
            token: plan.token,
            toxiproxy: plan.toxiproxy,
            seed: plan.seed,
        });
        let listener =
            outside::net::listen(plan.admin, false).map_err(|source| Error::Admin { address: plan.admin, source })?;
        let admin = listener.local_addr().unwrap_or(plan.admin);
        let mut edges = Vec::new();
        for planned in plan.edges {
            let name = planned.id.to_string();
            let seed = mix(plan.seed ^ edges.len() as u64);
            let edge = Edge::new(name.clone(), planned.listen, planned.upstreams, planned.policy, seed);
            let edge = Arc::new(edge);
            edges.push((name.clone(), state.cores.open(&edge)?));
            lock(&state.edges).insert(name, edge);
        }
        let (stop_admin, stopping) = watch::channel(false);
        let mut running = Running {
            admin,
            edges,
            state: Some(Arc::clone(&state)),
            stop_admin,
            admin_thread: None,
            cores: Vec::new(),
        };
        for (number, orders) in waiting.into_iter().enumerate() {
            running.cores.push(thread(&format!("guard-core-{number}"), core::run(orders))?);
        }
        running.admin_thread = Some(thread("guard-admin", admin::run(listener, state, stopping))?);
        Ok(running)
    }
}

impl fmt::Debug for Running {
    /// Where everything listens; never the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("admin", &self.admin).field("edges", &self.edges).finish_non_exhaustive()
    }
}

impl Running {
    /// Where the admin port listens.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Where each edge of the plan listens, in the order of the plan.
    pub fn edges(&self) -> &[(String, SocketAddr)] {
        &self.edges
    }

    /// Where an edge of the plan listens.
    pub fn edge(&self, name: &str) -> Option<SocketAddr> {
        self.edges.iter().find(|(edge, _)| edge == name).map(|(_, at)| *at)
    }

    /// The line that says where everything listens, without its end.
    pub fn announcement(&self) -> String {
        let edges: Map<String, Value> =
            self.edges.iter().map(|(name, at)| (name.clone(), at.to_string().into())).collect();
        json!({"schema": ANNOUNCEMENT_SCHEMA, "admin": self.admin.to_string(), "edges": edges}).to_string()
    }

    /// Stops accepting, lets what has begun finish within [`core::DRAIN_WITHIN`], and returns when nothing listens and
    /// nothing runs any more. Blocks.
    pub fn stop(mut self) {
        self.shut();
    }

    fn shut(&mut self) {
        self.stop_admin.send_replace(true);
        // A thread that panicked has ended too, and that is all that matters here.
        if let Some(thread) = self.admin_thread.take() {
            let _ = thread.join();
        }
        if let Some(state) = self.state.take() {
            for edge in state.all() {
                if let Some(open) = &*lock(&edge.door) {
                    open.tell(Mode::Drain);
                }
            }
        }
        for core in self.cores.drain(..) {
            let _ = core.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shut();
    }
}

fn orders(workers: usize) -> (Cores, Vec<mpsc::Receiver<Order>>) {
    let (give, take): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(MOST_ORDERS)).unzip();
    (Cores(give), take)
}

/// A thread with an event loop of its own that runs one task to its end.
fn thread(name: &str, task: impl Future<Output = ()> + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let failed = |source| Error::Thread { name: name.to_owned(), source };
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(move || runtime.block_on(task)).map_err(failed)
}
