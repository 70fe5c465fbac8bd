//! Processes hang: stopped with SIGSTOP, continued with SIGCONT. Connections stay open and nothing answers.
//!
//! ```text
//!   caller ------> callee (stopped)  ... no answer, no refusal
//! ```
//!
//! Also for a process that somebody else started, when the file names it `destructive: true`: found by who listens on its
//! address on this machine, with all its descendants. The undo names each process by number and start time, so it can
//! be continued by `drill heal` even after both runner and watchdog are gone.

use std::net::SocketAddr;
use std::time::Duration;

use evidence::Seen;
use outside::process::{ProcessId, Signal, descendants, listeners_of};
use system::ComponentId;
use tokio::time::{Instant, sleep};

use super::meeting::{Felt, Meeting};
use super::{Met, Written, not_seen, seen};
use crate::Error;
use crate::hands::Hands;
use crate::journal::Undo;
use crate::target::Refusal;

/// How long the tree is looked at until all of it stands still, because it may fork while it is being stopped.
const STILL_WITHIN: Duration = Duration::from_secs(2);
/// How often.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Letters of `/proc/PID/stat` for a stopped process.
const STOPPED: [char; 2] = ['T', 't'];

/// Processes that are stopped.
#[derive(Debug)]
pub struct Pause {
    component: ComponentId,
    roots: Roots,
    written: Vec<ProcessId>,
    stopped: Vec<ProcessId>,
    meeting: Option<Meeting>,
    dead: Option<Result<String, String>>,
}

/// Whose processes.
#[derive(Clone, Debug)]
enum Roots {
    /// Ours.
    Started,
    /// Somebody else's, by the processes that listen.
    Foreign(Vec<ProcessId>),
}

impl Pause {
    pub(super) fn started(component: &ComponentId, hands: &mut Hands<'_>) -> Result<Self, Error> {
        hands.replicas_of(component)?;
        Ok(Self {
            component: component.clone(),
            roots: Roots::Started,
            written: Vec::new(),
            stopped: Vec::new(),
            meeting: None,
            dead: None,
        })
    }

    pub(super) fn foreign(component: &ComponentId, at: SocketAddr) -> Result<Self, Error> {
        if !at.ip().is_loopback() {
            let what = format!("{component} at {at} on this machine (only local processes can be stopped)");
            return Err(Error::NotRunning { what });
        }
        let roots = listeners_of(at);
        if roots.is_empty() {
            return Err(Error::NotRunning { what: format!("a process that listens on {at}") });
        }
        let own = ProcessId::own()?;
        if roots.iter().any(|root| *root == own || descendants(root.pid).contains(&own)) {
            let why = format!("{component} at {at} is an ancestor of seaworthy, which would stop itself with it");
            return Err(Error::Refused(Refusal { why }));
        }
        Ok(Self {
            component: component.clone(),
            roots: Roots::Foreign(roots),
            written: Vec::new(),
            stopped: Vec::new(),
            meeting: None,
            dead: None,
        })
    }

    pub(super) fn undos(&mut self, hands: &Hands<'_>) -> Result<Vec<Undo>, Error> {
        let tree = self.tree(hands);
        if tree.is_empty() {
            return Err(Error::NotRunning { what: self.component.to_string() });
        }
        self.written.clone_from(&tree);
        Ok(tree.into_iter().map(|process| Undo::Continue { process }).collect())
    }

    pub(super) async fn inject(&mut self, written: &mut Written, hands: &mut Hands<'_>) -> Result<(), Error> {
        self.dead = None;
        self.meeting = Some(Meeting::begin(&self.component, Felt::Made, hands).await?);
        let deadline = Instant::now() + STILL_WITHIN;
        loop {
            let moving: Vec<ProcessId> = self.tree(hands).into_iter().filter(|id| !is_stopped(id)).collect();
            if moving.is_empty() || Instant::now() >= deadline {
                return Ok(());
            }
            for process in moving {
                // What was forked since the undo was written gets its own before it is stopped.
                if !self.written.contains(&process) {
                    written.also(hands.journal, Undo::Continue { process })?;
                    self.written.push(process);
                }
                if process.signal(Signal::Stop)? && !self.stopped.contains(&process) {
                    self.stopped.push(process);
                }
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Looks at `/proc`.
    pub(super) fn look(&mut self) {
        if self.stopped.is_empty() {
            return;
        }
        let component = &self.component;
        self.dead = Some(match self.stopped.iter().find(|id| !is_stopped(id)) {
            Some(id) => Err(format!("process {} of {component} is not stopped", id.pid)),
            None => {
                let pids = crate::hands::pids(&self.stopped);
                Ok(format!("/proc shows all of {component} stopped (process {pids})"))
            }
        });
    }

    pub(super) async fn bite(&mut self, hands: &Hands<'_>, met: Met) -> Seen {
        // Stopped at the beginning is not enough: it must be stopped at the end as well.
        self.look();
        match &self.dead {
            None => not_seen(format!("{} was not stopped", self.component)),
            Some(Err(why)) => not_seen(why.clone()),
            Some(Ok(what)) => match &self.meeting {
                Some(meeting) => meeting.seen(what, hands, met).await,
                None => not_seen(what.clone()),
            },
        }
    }

    pub(super) fn lift(&mut self, hands: &Hands<'_>) -> Result<(), Error> {
        let mut all = self.tree(hands);
        all.extend(self.stopped.iter().copied());
        for id in all {
            id.signal(Signal::Continue)?;
        }
        Ok(())
    }

    pub(super) fn healed(&mut self) -> Seen {
        match self.stopped.iter().find(|id| is_stopped(id)) {
            Some(id) => not_seen(format!("process {} of {} is still stopped", id.pid, self.component)),
            None => seen(format!("/proc shows no process of {} stopped", self.component)),
        }
    }

    /// The living processes, parents first.
    fn tree(&self, hands: &Hands<'_>) -> Vec<ProcessId> {
        let mut tree = self.everyone(hands);
        tree.retain(ProcessId::is_alive);
        tree
    }

    fn everyone(&self, hands: &Hands<'_>) -> Vec<ProcessId> {
        match &self.roots {
            Roots::Started => {
                let replicas = hands.replicas.get(&self.component).into_iter().flatten();
                replicas.flat_map(|replica| replica.process().tree()).collect()
            }
            Roots::Foreign(roots) => {
                let mut tree = Vec::new();
                for root in roots.iter().filter(|root| root.is_alive()) {
                    tree.push(*root);
                    tree.extend(descendants(root.pid));
                }
                let mut seen = std::collections::BTreeSet::new();
                tree.retain(|id| seen.insert((id.pid, id.started)));
                tree
            }
        }
    }
}

fn is_stopped(id: &ProcessId) -> bool {
    id.state().is_some_and(|state| STOPPED.contains(&state))
}
