//! Healing: the undos of a dead run played backwards, each looked at from outside before it counts as done.
//!
//! It may be called at any time, any number of times, and by several processes at once: one of them works, the others
//! wait for it. A journal that cannot be read in places is healed as far as it can be, and the processes of its run
//! are killed whether it says so or not. Nothing here decides whether a run may be healed while its runner lives: see
//! [`heal_all`].

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use outside::files::SyncedLog;
use outside::http::{Answer, Client, Failure, Limits, Request};
use outside::process::{KILL_DEADLINE, ProcessId, RunMark, Signal, kill_all, marked};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::journal::{Journal, OpenRun, Undo, with_source};

/// How often everything that is left is tried again within one healing.
const PASSES: usize = 2;
/// How long another healer of the same run is waited for.
const OTHER_HEALER_WITHIN: Duration = Duration::from_secs(30);
/// Time between two looks at the other healer, or at a process.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a continued process may take to be seen running.
const CONTINUES_WITHIN: Duration = Duration::from_secs(2);
/// How long a guard may take to answer.
const GUARD_WITHIN: Duration = Duration::from_secs(2);
/// Longest answer of a guard that is read.
const GUARD_BYTES: usize = 1024 * 1024;
/// The schema of the answer that shows a guard's faults.
const EDGES_SCHEMA: &str = "seaworthy.guard.edges/1";

/// What became of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Healed {
    /// What was undone and seen to be, one sentence each.
    pub done: Vec<String>,
    /// What could not be undone; the journal stays open then.
    pub left: Vec<String>,
    /// What in the journal could not be read. The file is kept under another name for people to look at.
    pub problems: Vec<String>,
}

/// One run that was found open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The run.
    pub run: OpenRun,
    /// What became of it; `None` when it was left alone because its runner lives.
    pub healed: Option<Healed>,
}

/// Heals every open run of a state directory. A run whose runner lives is left alone unless `running_too`; its runner
/// is then killed first, so that it cannot cause new faults.
///
/// # Errors
/// [`Error::Journal`] when the directory cannot be read.
pub async fn heal_all(state_directory: &Path, running_too: bool) -> Result<Vec<Found>, Error> {
    let mut all = Vec::new();
    for run in Journal::open_runs(state_directory)? {
        let healed = match (run.runner_is_alive(), running_too) {
            (true, false) => None,
            (true, true) => match fence(&run).await {
                Ok(()) => Some(heal(&run).await),
                Err(why) => Some(Healed { left: vec![why], ..Healed::default() }),
            },
            (false, _) => Some(heal(&run).await),
        };
        all.push(Found { run, healed });
    }
    Ok(all)
}

/// Kills the runner of a run, so that nothing happens behind a healer's back.
///
/// # Errors
/// A sentence, when it lives on.
pub async fn fence(run: &OpenRun) -> Result<(), String> {
    let Some(begin) = run.begin.as_ref().filter(|_| run.runner_is_alive()) else { return Ok(()) };
    let runner = begin.runner;
    if ProcessId::own().is_ok_and(|own| own == runner) {
        return Ok(());
    }
    runner.signal(Signal::Kill).map_err(|error| with_source(&error))?;
    let deadline = Instant::now() + KILL_DEADLINE;
    while runner.is_alive() {
        if Instant::now() >= deadline {
            return Err(format!("the runner, process {}, cannot be killed", runner.pid));
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Heals one run and puts its journal aside when nothing is left. Its runner should be dead, or be the caller.
pub async fn heal(run: &OpenRun) -> Healed {
    let mut healed = Healed::default();
    let lock = match held(&run.path).await {
        Ok(Some(lock)) => lock,
        Ok(None) => return healed,
        Err(why) => {
            healed.left.push(why);
            return healed;
        }
    };
    // Another healer may have been at work until now.
    let Some(run) = OpenRun::read(&run.path) else { return healed };
    healed.problems.clone_from(&run.problems);
    if !run.ended {
        play(&run, &mut healed).await;
    }
    if run.newer {
        healed.left.push("what a newer seaworthy wrote: heal it with that one".to_owned());
    }
    if healed.left.is_empty()
        && let Err(error) = run.put_aside(&healed.done, &healed.left)
    {
        healed.left.push(error.to_string());
    }
    drop(lock);
    healed
}

/// The journal, held against other healers; `None` when it is gone.
async fn held(path: &Path) -> Result<Option<SyncedLog>, String> {
    let deadline = Instant::now() + OTHER_HEALER_WITHIN;
    loop {
        let log = match SyncedLog::open(path) {
            Ok(log) => log,
            Err(_) if !path.exists() => return Ok(None),
            Err(error) => return Err(with_source(&error)),
        };
        match log.hold() {
            Ok(true) => return Ok(Some(log)),
            Ok(false) if Instant::now() >= deadline => return Err("another process is healing this run".to_owned()),
            Ok(false) => sleep(LOOK_EVERY).await,
            Err(error) => return Err(with_source(&error)),
        }
    }
}

/// Plays the undos backwards, and what is left once more: a directory may only be removable after the processes that
/// write into it are gone.
async fn play(run: &OpenRun, healed: &mut Healed) {
    let mut todo = run.pending.clone();
    let kills = |undo: &Undo| matches!(undo, Undo::KillMarked { run: marked } if *marked == run.run);
    if !run.problems.is_empty() && !todo.iter().any(kills) {
        // Where a record was lost, this is the one undo that is right for every run.
        todo.insert(0, Undo::KillMarked { run: run.run.clone() });
    }
    for _ in 0..PASSES {
        healed.left.clear();
        let mut again = Vec::new();
        for undo in todo.into_iter().rev() {
            match undone(&undo, run).await {
                Ok(how) => healed.done.push(format!("{undo}: {how}")),
                Err(why) => {
                    healed.left.push(format!("{undo}: {why}"));
                    again.insert(0, undo);
                }
            }
        }
        if again.is_empty() {
            return;
        }
        todo = again;
    }
}

/// How an undo was seen to be done, or why it is not.
async fn undone(undo: &Undo, run: &OpenRun) -> Result<String, String> {
    match undo {
        Undo::KillMarked { run } => kill(run.clone()).await,
        Undo::Continue { .. } if run.is_before_reboot() => Ok("the machine was started anew since".to_owned()),
        Undo::Continue { process } => go_on(*process).await,
        Undo::GuardReset { admin, token } => Guard::at(*admin, token).reset().await,
        Undo::RemoveDirectory { path } => match outside::files::remove_scratch(path, &run.run) {
            Ok(true) => Ok("removed".to_owned()),
            Ok(false) => Ok("it is gone".to_owned()),
            Err(error) => Err(with_source(&error)),
        },
    }
}

async fn kill(run: RunMark) -> Result<String, String> {
    let killing = tokio::task::spawn_blocking(move || kill_all(|| marked(&run), KILL_DEADLINE));
    match killing.await {
        Ok(Ok(0)) => Ok("none is alive".to_owned()),
        Ok(Ok(count)) => Ok(format!("{count} killed, none is alive")),
        Ok(Err(error)) => Err(with_source(&error)),
        Err(error) => Err(error.to_string()),
    }
}

async fn go_on(process: ProcessId) -> Result<String, String> {
    let deadline = Instant::now() + CONTINUES_WITHIN;
    loop {
        if !process.signal(Signal::Continue).map_err(|error| with_source(&error))? || !process.is_alive() {
            return Ok("it is gone".to_owned());
        }
        match process.state() {
            Some('T' | 't') if Instant::now() >= deadline => return Err("it is still stopped".to_owned()),
            Some('T' | 't') => sleep(LOOK_EVERY).await,
            _ => return Ok("it runs".to_owned()),
        }
    }
}

/// The admin port of a guard that may be gone, or be somebody else's port by now.
struct Guard<'a> {
    client: Client,
    admin: std::net::SocketAddr,
    token: &'a str,
}

impl<'a> Guard<'a> {
    fn at(admin: std::net::SocketAddr, token: &'a str) -> Self {
        Self { client: Client::new(Limits { body_bytes: GUARD_BYTES, connect: GUARD_WITHIN }), admin, token }
    }

    async fn reset(&self) -> Result<String, String> {
        match self.ask("POST", "/seaworthy/v1/reset").await {
            Err(Failure::Refused) => return Ok("it is gone, and its faults with it".to_owned()),
            Err(failure) => return Err(failure.to_string()),
            Ok(answer) if (200..300).contains(&answer.status) => {}
            // A guard that does not know this token, or no guard at all, took the port of ours after it was gone.
            Ok(answer) if matches!(answer.status, 401 | 403 | 404 | 405) => {
                return Ok(format!("the port is somebody else's now (it answered {})", answer.status));
            }
            Ok(answer) => return Err(format!("it answered {}", answer.status)),
        }
        match self.ask("GET", "/seaworthy/v1/edges").await {
            Err(Failure::Refused) => Ok("it is gone, and its faults with it".to_owned()),
            Err(failure) => Err(failure.to_string()),
            Ok(answer) => no_faults(&answer).map(|()| "no fault is on".to_owned()),
        }
    }

    async fn ask(&self, method: &str, path: &str) -> Result<Answer, Failure> {
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", self.token))];
        let request = Request { method: method.to_owned(), path: path.to_owned(), headers, body: Bytes::new() };
        self.client.send(self.admin, request, GUARD_WITHIN).await
    }
}

/// Whether a guard's answer says that nothing is on; what is not understood counts as on.
fn no_faults(answer: &Answer) -> Result<(), String> {
    let not_understood = || format!("its answer {} is not understood", answer.status);
    let value: Value = serde_json::from_slice(&answer.body).map_err(|_| not_understood())?;
    if value.get("schema").and_then(Value::as_str) != Some(EDGES_SCHEMA) {
        return Err(not_understood());
    }
    for edge in value.get("edges").and_then(Value::as_array).ok_or_else(not_understood)? {
        let faults = edge.get("faults").and_then(Value::as_array).ok_or_else(not_understood)?;
        let bypass = edge.get("bypass").and_then(Value::as_bool).ok_or_else(not_understood)?;
        if bypass || !faults.is_empty() {
            return Err("faults are still on".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
