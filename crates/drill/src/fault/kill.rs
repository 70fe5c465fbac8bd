//! Started processes are killed without warning, whole trees, and started again.
//!
//! ```text
//!   caller ------>X  callee (SIGKILL)      caller ------> callee (a new process)
//! ```
//!
//! It bites when `/proc` shows the process gone *and* its port refuses; healed is another process that is ready.

use std::time::Duration;

use evidence::Seen;
use outside::process::ProcessId;
use system::ComponentId;
use tokio::time::Instant;

use super::meeting::{Felt, Meeting};
use super::{Met, not_seen, seen};
use crate::Error;
use crate::hands::{Hands, Readiness, is_ready};
use crate::journal::Undo;
use crate::kind::Which;

/// Processes of a component that are killed.
#[derive(Debug)]
pub struct Kill {
    component: ComponentId,
    indexes: Vec<usize>,
    down_for: Option<Duration>,
    killed: Vec<ProcessId>,
    since: Option<Instant>,
    meeting: Option<Meeting>,
    dead: Option<Result<String, String>>,
}

impl Kill {
    pub(super) fn of(
        component: &ComponentId,
        which: Which,
        down_for: Option<Duration>,
        hands: &mut Hands<'_>,
    ) -> Result<Self, Error> {
        let count = hands.replicas_of(component)?.len();
        let indexes = match which {
            Which::All => (0..count).collect(),
            Which::One(number) => vec![usize::try_from(number).unwrap_or(usize::MAX)],
        };
        if indexes.iter().any(|index| *index >= count) {
            return Err(Error::NotRunning { what: format!("replica {} of {component}", indexes[0]) });
        }
        Ok(Self {
            component: component.clone(),
            indexes,
            down_for,
            killed: Vec::new(),
            since: None,
            meeting: None,
            dead: None,
        })
    }

    pub(super) fn down_for(&self) -> Option<Duration> {
        self.down_for
    }

    /// A process of ours needs no other undo than to be ended with its run.
    pub(super) fn undos(&self, hands: &Hands<'_>) -> Vec<Undo> {
        vec![Undo::KillMarked { run: hands.run.clone() }]
    }

    pub(super) async fn inject(&mut self, hands: &mut Hands<'_>) -> Result<(), Error> {
        let (component, indexes) = (self.component.clone(), self.indexes.clone());
        self.meeting = Some(Meeting::begin(&component, Felt::Failed, hands).await?);
        let replicas = hands.replicas_of(&component)?;
        self.killed =
            indexes.iter().filter_map(|index| replicas.get(*index)).map(|one| one.process().child()).collect();
        self.since = Some(Instant::now());
        self.dead = None;
        for index in indexes {
            if let Some(replica) = replicas.get_mut(index) {
                replica.process_mut().kill_tree().await?;
            }
        }
        Ok(())
    }

    /// Must be asked before the process is started again.
    pub(super) async fn look(&mut self, hands: &Hands<'_>) {
        if self.since.is_none() {
            return;
        }
        let component = &self.component;
        if let Some(alive) = self.killed.iter().find(|id| id.is_alive()) {
            self.dead = Some(Err(format!("process {} of {component} was killed and is still there", alive.pid)));
            return;
        }
        for replica in self.replicas(hands) {
            if replica.accepts().await {
                self.dead = Some(Err(format!("{} still accepts although {component} was killed", replica.address())));
                return;
            }
        }
        let pids = crate::hands::pids(&self.killed);
        self.dead = Some(Ok(format!("{component} (process {pids}) was gone from /proc and its port refused")));
    }

    pub(super) async fn bite(&mut self, hands: &Hands<'_>, met: Met) -> Seen {
        match &self.dead {
            None => not_seen(format!("{} was not killed", self.component)),
            Some(Err(why)) => not_seen(why.clone()),
            Some(Ok(what)) => match &self.meeting {
                Some(meeting) => meeting.seen(what, hands, met).await,
                None => not_seen(what.clone()),
            },
        }
    }

    pub(super) async fn lift(&mut self, hands: &mut Hands<'_>) -> Result<Option<Readiness>, Error> {
        let Some(since) = self.since else { return Ok(None) };
        let mut ready: Option<Readiness> = None;
        for index in self.indexes.clone() {
            let replica = hands.replicas_of(&self.component)?.get_mut(index);
            if let Some(replica) = replica.filter(|replica| !replica.process().is_alive()) {
                replica.process_mut().start_again().await?;
            }
        }
        for index in &self.indexes {
            let one = hands.wait_ready(&self.component, *index, since).await?;
            ready = Some(ready.map_or(one, |slowest| if slowest.at < one.at { one } else { slowest }));
        }
        Ok(ready)
    }

    pub(super) async fn healed(&mut self, hands: &Hands<'_>) -> Seen {
        let component = &self.component;
        let path = hands.system.components.get(component).and_then(|component| component.ready.clone());
        let mut now = Vec::new();
        for replica in self.replicas(hands) {
            let id = replica.process().child();
            if self.killed.contains(&id) || !id.is_alive() {
                return not_seen(format!("{component} is not running"));
            }
            if !is_ready(replica, path.as_deref()).await {
                return not_seen(format!("{component} runs as process {}, but is not ready", id.pid));
            }
            now.push(id);
        }
        seen(format!("{component} runs as process {} and is ready", crate::hands::pids(&now)))
    }

    fn replicas<'h>(&self, hands: &'h Hands<'_>) -> Vec<&'h crate::hands::Replica> {
        let all = hands.replicas.get(&self.component).map_or(&[][..], Vec::as_slice);
        self.indexes.iter().filter_map(|index| all.get(*index)).collect()
    }
}
