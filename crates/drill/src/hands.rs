//! What the conductor of a run lends to a drill: the started components, the addresses, the guard, the journal.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use outside::http::{Client, Limits, Request};
use outside::process::{ProcessId, RunMark, Spawn, Started};
use system::{ComponentId, EdgeId, System};
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::admin::GuardAdmin;
use crate::journal::Journal;
use crate::target::Ground;

/// How often a starting component is asked whether it is ready.
const READY_EVERY: Duration = Duration::from_millis(20);
/// How long one question may take.
const READY_ASK: Duration = Duration::from_secs(1);
/// Longest body of a ready answer.
const READY_BYTES: usize = 64 * 1024;
/// Lines of a log that are shown.
const TAIL_LINES: usize = 12;
/// How long a component may take to end when asked politely.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// Everything a drill may use, lent by whoever conducts the run and given back when the drill is over.
#[derive(Debug)]
pub struct Hands<'a> {
    /// The system under test.
    pub system: &'a System,
    /// The environment at hand; `local` when none is named.
    pub environment: &'a str,
    /// Version of the system, when it can be told.
    pub version: Option<&'a str>,
    /// Seaworthy itself, for the load process.
    pub exe: &'a Path,
    /// The mark of this run.
    pub run: &'a RunMark,
    /// The fault journal: nothing is broken before its undo stands there.
    pub journal: &'a mut Journal,
    /// The guard, when any edge has one.
    pub admin: Option<GuardAdmin>,
    /// Where the guard listens for each guarded edge.
    pub guards: &'a BTreeMap<EdgeId, SocketAddr>,
    /// What this run started, in the order of the replicas.
    pub replicas: &'a mut BTreeMap<ComponentId, Vec<Replica>>,
    /// Resolved addresses of components that somebody else runs.
    pub at: &'a BTreeMap<ComponentId, SocketAddr>,
    /// File for what the load process complains about.
    pub log: Option<&'a Path>,
}

/// One started process of a component.
#[derive(Debug)]
pub struct Replica {
    process: Started,
    address: SocketAddr,
    own: Spawn,
}

/// How long a component took to become ready: between the last time it was not and the first time it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Not ready yet after this long.
    pub not_before: Duration,
    /// Ready after this long.
    pub at: Duration,
}

impl Replica {
    /// A process that was started and listens there. What it is now is what it is put back to after a drill.
    pub fn new(process: Started, address: SocketAddr) -> Self {
        let own = process.spawn().clone();
        Self { process, address, own }
    }

    /// The process.
    pub fn process(&self) -> &Started {
        &self.process
    }

    /// The process, to be ended by its owner.
    pub fn process_mut(&mut self) -> &mut Started {
        &mut self.process
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it runs with its own settings.
    pub fn is_own(&self) -> bool {
        *self.process.spawn() == self.own
    }

    /// Whether it is listening, seen by a new connection.
    pub(crate) async fn accepts(&self) -> bool {
        outside::net::connect(self.address, READY_ASK).await.is_ok()
    }

    /// Restarts it with other values of some variables, politely.
    pub(crate) async fn restart_with(&mut self, env: &BTreeMap<String, String>) -> Result<(), Error> {
        let mut spawn = self.own.clone();
        spawn.env.extend(env.clone());
        self.process.stop(STOP_GRACE).await?;
        Ok(self.process.start_again_as(spawn).await?)
    }

    /// Puts it back to its own settings, and alive. True when that needed a restart.
    pub(crate) async fn put_back(&mut self) -> Result<bool, Error> {
        if !self.is_own() {
            self.process.stop(STOP_GRACE).await?;
            self.process.start_again_as(self.own.clone()).await?;
        } else if !self.process.is_alive() {
            self.process.start_again().await?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

impl Hands<'_> {
    /// Where permission is decided.
    pub fn ground(&self) -> Ground<'_> {
        Ground { system: self.system, environment: self.environment, at: self.at }
    }

    /// The guard.
    pub(crate) fn admin(&self) -> Result<&GuardAdmin, Error> {
        self.admin.as_ref().ok_or_else(|| Error::NotRunning { what: "the guard".to_owned() })
    }

    /// The started replicas of a component.
    pub(crate) fn replicas_of(&mut self, id: &ComponentId) -> Result<&mut [Replica], Error> {
        match self.replicas.get_mut(id) {
            Some(replicas) if !replicas.is_empty() => Ok(replicas),
            Some(_) | None => Err(Error::NotRunning { what: id.to_string() }),
        }
    }

    /// Where users of a flow knock: the guard of its entry, else every replica of the callee.
    pub(crate) fn entry(&self, entry: Option<&EdgeId>, callee: &ComponentId) -> Result<Vec<SocketAddr>, Error> {
        if let Some(at) = entry.and_then(|edge| self.guards.get(edge)) {
            return Ok(vec![*at]);
        }
        let started: Vec<SocketAddr> = self.replicas.get(callee).into_iter().flatten().map(Replica::address).collect();
        if !started.is_empty() {
            return Ok(started);
        }
        self.at.get(callee).map(|at| vec![*at]).ok_or_else(|| Error::NotRunning { what: callee.to_string() })
    }

    /// Waits until one replica is ready, as its component says.
    pub(crate) async fn wait_ready(&self, id: &ComponentId, index: usize, since: Instant) -> Result<Readiness, Error> {
        let component = self.system.components.get(id);
        let replica = self.replicas.get(id).and_then(|replicas| replicas.get(index));
        let (Some(component), Some(replica)) = (component, replica) else {
            return Err(Error::NotRunning { what: format!("replica {index} of {id}") });
        };
        wait_ready(replica, component.ready.as_deref(), component.ready_within, since).await
    }

    /// The first started process that is gone although nobody here ended it, with the end of its log.
    pub(crate) fn dead(&self) -> Vec<(ComponentId, usize)> {
        let all = self
            .replicas
            .iter()
            .flat_map(|(id, replicas)| replicas.iter().enumerate().map(move |(index, replica)| (id, index, replica)));
        all.filter(|(_, _, replica)| !replica.process.is_alive()).map(|(id, index, _)| (id.clone(), index)).collect()
    }

    /// The end of a replica's log.
    pub(crate) fn log_tail(&self, id: &ComponentId, index: usize) -> String {
        let replica = self.replicas.get(id).and_then(|replicas| replicas.get(index));
        replica.map_or_else(String::new, |replica| replica.process.log_tail(TAIL_LINES))
    }

    /// Starts whatever is dead and puts back whatever runs with settings that are not its own; says what it did.
    pub(crate) async fn put_back(&mut self) -> Result<Vec<String>, Error> {
        let mut done = Vec::new();
        let everything: Vec<(ComponentId, usize)> =
            self.replicas.iter().flat_map(|(id, all)| (0..all.len()).map(|index| (id.clone(), index))).collect();
        for (id, index) in everything {
            let since = Instant::now();
            let replica = self.replicas_of(&id)?.get_mut(index).expect("it was just counted");
            if replica.put_back().await? {
                self.wait_ready(&id, index, since).await?;
                done.push(format!("{id} was started again"));
            }
        }
        Ok(done)
    }
}

/// Waits until a started process is ready: its ready path answers 2xx, or without one its port accepts.
///
/// Times count from `since`. Each look is a new connection, so an answer cannot come from a connection of before.
///
/// # Errors
/// [`Error::NotReady`] after `within`, and [`Error::EndedEarly`] at once when the process is gone.
pub async fn wait_ready(
    replica: &Replica,
    path: Option<&str>,
    within: Duration,
    since: Instant,
) -> Result<Readiness, Error> {
    let deadline = Instant::now() + within;
    let mut not_before = since.elapsed();
    loop {
        let asked = since.elapsed();
        if is_ready(replica, path).await {
            return Ok(Readiness { not_before, at: since.elapsed() });
        }
        not_before = asked;
        let is_alive = replica.process.is_alive();
        if !is_alive || Instant::now() >= deadline {
            let (name, log_tail) = (replica.process.name().to_owned(), replica.process.log_tail(TAIL_LINES));
            return Err(if is_alive {
                Error::NotReady { name, within, log_tail }
            } else {
                Error::EndedEarly { name, log_tail }
            });
        }
        sleep(READY_EVERY).await;
    }
}

/// Whether a replica is ready right now, seen by a new connection.
pub(crate) async fn is_ready(replica: &Replica, path: Option<&str>) -> bool {
    let Some(path) = path else { return replica.accepts().await };
    let client = Client::new(Limits { body_bytes: READY_BYTES, connect: READY_ASK });
    let answer = client.send(replica.address, Request::get(path), READY_ASK).await;
    answer.is_ok_and(|answer| (200..300).contains(&answer.status))
}

/// Processes by number, for people.
pub(crate) fn pids(ids: &[ProcessId]) -> String {
    ids.iter().map(|id| id.pid.to_string()).collect::<Vec<_>>().join(", ")
}
