//! The runner's end of the load process.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outside::process::{AtOurDeath, Helper, HelperLines, RunMark, Spawn};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::record::{Checked, Line, Record};
use super::spec::LoadSpec;
use crate::Error;

/// How long sessions may take to open.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long the load may take to say that a phase began.
const MARK_WITHIN: Duration = Duration::from_secs(5);
/// How long draining and verification may take on top of the longest patience: verification alone is bounded by 30 s.
const STOP_WITHIN: Duration = Duration::from_secs(45);
/// Records kept at the most: ten minutes of two flows at the highest rate.
const MAX_RECORDS: usize = 2_400_000;

/// Everything that was read from a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Phases and when they began.
    pub marks: Vec<(String, i64)>,
    /// Finished requests in the order in which they ended.
    pub records: Vec<Record>,
    /// What became of the writes of the main flow.
    pub checked: Vec<Checked>,
    /// Requests that were due and those that were not sent, once everything is said.
    pub finished: Option<(u64, u64)>,
    ready: bool,
    /// Why nothing more will come.
    ended: Option<String>,
}

/// A running load. Dropping it ends the process at once.
#[derive(Debug)]
pub struct Handle {
    helper: Helper,
    reader: JoinHandle<()>,
    shared: Arc<Shared>,
    patience: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    /// Guards what was read, for as long as it takes to add or look at some lines; never held across an await.
    read: Mutex<Read>,
    changed: Notify,
}

impl Handle {
    /// Starts a load and waits until its sessions are open. `exe` is seaworthy itself; its errors go to `log`.
    ///
    /// # Errors
    /// [`Error::Load`] with what the load said, such as a login that failed.
    pub async fn start(exe: &Path, run: &RunMark, spec: &LoadSpec, log: Option<&Path>) -> Result<Self, Error> {
        let spawn = Spawn {
            name: "load".to_owned(),
            program: exe.to_owned(),
            arguments: vec!["load".to_owned()],
            env: std::collections::BTreeMap::new(),
            directory: "/".into(),
            log: log.map(Path::to_owned),
        };
        let mut helper = Helper::start(exe, run, spawn, AtOurDeath::Dies).await?;
        let lines = helper.take_lines().ok_or_else(|| failed("has no output"))?;
        let shared = Arc::new(Shared::default());
        let reader = tokio::spawn(read_all(lines, Arc::clone(&shared)));
        let flows = std::iter::once(&spec.main).chain(&spec.bystander);
        let patience = flows.map(|flow| flow.load.patience).max().unwrap_or_default();
        let mut load = Self { helper, reader, shared, patience };
        load.tell(&spec.print()).await?;
        if load.wait_until(READY_WITHIN, |read| read.ready).await? {
            return Ok(load);
        }
        Err(failed(&format!("did not begin within {READY_WITHIN:?}")))
    }

    /// Begins a phase; returns when it began, on the load's clock.
    ///
    /// # Errors
    /// [`Error::Load`] when the load is gone or does not answer.
    pub async fn mark(&mut self, name: &str) -> Result<i64, Error> {
        let before = self.look(|read| read.marks.len());
        self.tell(&format!("mark {name}")).await?;
        if !self.wait_until(MARK_WITHIN, |read| read.marks.len() > before).await? {
            return Err(failed(&format!("did not begin phase {name} within {MARK_WITHIN:?}")));
        }
        self.look(|read| read.marks.last().map(|(_, at_us)| *at_us)).ok_or_else(|| failed("lost a mark"))
    }

    /// Looks for every write made so far, while the load goes on; returns when that is done. To be asked before something
    /// is restarted for a reason of our own: a write that does not survive *that* says nothing about the fault.
    ///
    /// # Errors
    /// [`Error::Load`] when the load is gone or does not finish in time.
    pub async fn verify(&mut self) -> Result<(), Error> {
        let before = self.look(|read| read.marks.len());
        self.tell("verify").await?;
        if !self.wait_until(STOP_WITHIN, |read| read.marks.len() > before).await? {
            return Err(failed(&format!("did not look for its writes within {STOP_WITHIN:?}")));
        }
        Ok(())
    }

    async fn tell(&mut self, line: &str) -> Result<(), Error> {
        let sent = self.helper.send_line(line).await;
        // What it said last explains more than a broken pipe.
        sent.map_err(|error| failed(&self.look(|read| read.ended.clone()).unwrap_or_else(|| error.to_string())))
    }

    /// Waits until what was read fulfills a condition; false when it did not in time.
    ///
    /// # Errors
    /// [`Error::Load`] when the load ended meanwhile.
    pub async fn wait_until(&self, within: Duration, condition: impl Fn(&Read) -> bool) -> Result<bool, Error> {
        let deadline = Instant::now() + within;
        loop {
            // Registered before looking, so that a change between the look and the wait is not missed.
            let changed = self.shared.changed.notified();
            let (fulfilled, ended) = self.look(|read| (condition(read), read.ended.clone()));
            match (fulfilled, ended) {
                (true, _) => return Ok(true),
                (false, Some(why)) => return Err(failed(&why)),
                (false, None) => {}
            }
            if timeout_at(deadline, changed).await.is_err() {
                return Ok(self.look(|read| condition(read)));
            }
        }
    }

    /// Whether the load still runs.
    ///
    /// # Errors
    /// [`Error::Load`] with the reason when it does not.
    pub fn check(&self) -> Result<(), Error> {
        match self.look(|read| read.ended.clone()) {
            Some(why) => Err(failed(&why)),
            None => Ok(()),
        }
    }

    /// A look at what was read so far.
    pub fn look<T>(&self, look: impl FnOnce(&Read) -> T) -> T {
        look(&self.shared.lock())
    }

    /// Ends the load: no more requests, then what is outstanding, then verification.
    ///
    /// # Errors
    /// [`Error::Load`] when it does not finish in time.
    pub async fn stop(mut self) -> Result<Read, Error> {
        self.tell("stop").await?;
        let within = STOP_WITHIN + self.patience;
        if !self.wait_until(within, |read| read.finished.is_some()).await? {
            return Err(failed(&format!("did not finish within {within:?}")));
        }
        let read = std::mem::take(&mut *self.shared.lock());
        self.helper.close_input();
        let _ = timeout(MARK_WITHIN, self.helper.exited()).await;
        Ok(read)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Read> {
        // A panic while adding a line leaves whole lines behind, which are still true.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, why: String) {
        self.lock().ended.get_or_insert(why);
    }
}

async fn read_all(mut lines: HelperLines, shared: Arc<Shared>) {
    loop {
        match lines.next().await {
            Ok(Some(line)) => shared.lock().take(&line),
            Ok(None) => shared.end("ended without a word".to_owned()),
            Err(error) => shared.end(error.to_string()),
        }
        let ended = shared.lock().ended.is_some();
        shared.changed.notify_waiters();
        if ended {
            return;
        }
    }
}

impl Read {
    fn take(&mut self, line: &str) {
        match Line::read(line) {
            Some(Line::Ready) => self.ready = true,
            Some(Line::Failed(why)) => self.ended = Some(format!("failed: {why}")),
            Some(Line::Mark { name, at_us }) => self.marks.push((name, at_us)),
            Some(Line::Request(record)) if self.records.len() < MAX_RECORDS => self.records.push(record),
            Some(Line::Request(_)) => self.ended = Some(format!("sent more than {MAX_RECORDS} requests")),
            Some(Line::Checked(checked)) => self.checked.push(checked),
            Some(Line::Finished { due, not_sent }) => self.finished = Some((due, not_sent)),
            None => self.ended = Some(format!("said something that is not understood: {line}")),
        }
    }
}

fn failed(why: &str) -> Error {
    Error::Load { why: why.to_owned() }
}
