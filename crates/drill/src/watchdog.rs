//! The watchdog: `seaworthy watchdog`, a process that plays the fault journal backwards when the runner cannot.
//!
//! It is started first and stands in a session of its own. Its input is a pipe from the runner with a beat every
//! second. At the end of the pipe the runner is gone or has given up: it heals the run. When the beats stop although the
//! pipe is open, the runner hangs (or was suspended): it kills the runner first, so that it cannot go on in a world
//! that was healed meanwhile, then heals. Ctrl-C and SIGTERM mean nothing to it while the run is open. It does not
//! carry the mark of the run, because healing kills whatever does.
//!
//! Should runner and watchdog die together, started processes die with their keepers and guard faults by their time
//! to live; a foreign process that was stopped waits for `seaworthy drill heal`.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use outside::process::{AtOurDeath, Helper, ProcessId, RunMark, Spawn};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::Error;
use crate::heal::{fence, heal};
use crate::journal::OpenRun;

/// How often the runner says that it lives.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// How long it may say nothing before it counts as hung. A runner must not block its thread for longer.
pub const HEARTBEAT_LIMIT: Duration = Duration::from_secs(15);
/// How long the watchdog may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How long it may take to end when told so.
const END_WITHIN: Duration = Duration::from_secs(5);
/// How often it tries to heal what is left.
const HEAL_ATTEMPTS: usize = 10;
/// Time between two attempts.
const HEAL_EVERY: Duration = Duration::from_secs(1);
/// What it says when it is ready.
const READY: &str = "ready";
/// A sign of life.
const BEAT: &str = "beat";
/// The run is over and everything is healed.
const END: &str = "end";
/// Exit code when something is left to heal.
const LEFT_TO_HEAL: i32 = 10;

/// A running watchdog. Dropping it without [`Watchdog::end`] makes it heal the run.
#[derive(Debug)]
pub struct Watchdog {
    id: ProcessId,
    died: watch::Receiver<bool>,
    end: Option<oneshot::Sender<()>>,
    beating: JoinHandle<()>,
}

impl Watchdog {
    /// Starts the watchdog of a run and returns when it is on guard. `exe` is seaworthy itself; the journal need not
    /// exist yet. The runner counts as hung after [`HEARTBEAT_LIMIT`].
    ///
    /// # Errors
    /// [`Error::Outside`] when it cannot be started or does not get ready: nothing may be broken then.
    pub async fn start(exe: &Path, run: &RunMark, journal: &Path) -> Result<Self, Error> {
        Self::start_with(exe, run, journal, HEARTBEAT_LIMIT).await
    }

    /// As [`Watchdog::start`], with another time after which the runner counts as hung; at least twice
    /// [`HEARTBEAT_EVERY`] makes sense.
    ///
    /// # Errors
    /// As [`Watchdog::start`].
    pub async fn start_with(exe: &Path, run: &RunMark, journal: &Path, silence_limit: Duration) -> Result<Self, Error> {
        let spawn = Spawn {
            name: "watchdog".to_owned(),
            program: exe.to_owned(),
            arguments: vec!["watchdog".to_owned()],
            env: BTreeMap::new(),
            directory: PathBuf::from("/"),
            log: None,
        };
        let mut helper = Helper::start(exe, run, spawn, AtOurDeath::Lives).await?;
        let runner = ProcessId::own()?;
        // The watchdog stands in another directory.
        let journal = std::path::absolute(journal).ok().and_then(|path| path.to_str().map(str::to_owned));
        let journal = journal.ok_or_else(|| Error::Journal { why: "its path is not UTF-8".to_owned() })?;
        let order = json!({
            "journal": journal, "pid": runner.pid, "started": runner.started,
            "silence_limit_ms": u64::try_from(silence_limit.as_millis()).unwrap_or(u64::MAX),
        });
        helper.send_line(&order.to_string()).await?;
        let mut lines = helper.take_lines().expect("they were not taken");
        let said = timeout(READY_WITHIN, lines.next()).await.unwrap_or(Ok(None))?;
        if said.as_deref() != Some(READY) {
            let why = format!("it did not get ready within {READY_WITHIN:?}");
            return Err(outside::Error::Protocol { name: "watchdog".to_owned(), why }.into());
        }
        let (tell_died, died) = watch::channel(false);
        let (end, asked_to_end) = oneshot::channel();
        let id = helper.id();
        let beating = tokio::spawn(beat(helper, asked_to_end, tell_died));
        Ok(Self { id, died, end: Some(end), beating })
    }

    /// Which process it is.
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// Resolves when the watchdog is gone although nobody asked it to: the run must heal and end. May be given up at
    /// any await.
    pub async fn died(&mut self) {
        if self.died.wait_for(|died| *died).await.is_err() && self.end.is_none() {
            pending::<()>().await;
        }
    }

    /// Lets it go, after the run was healed and its journal ended.
    ///
    /// # Errors
    /// [`Error::Outside`] when it does not end in time; it is killed then.
    pub async fn end(mut self) -> Result<(), Error> {
        if let Some(end) = self.end.take() {
            // When the task is gone, so is the watchdog.
            let _ = end.send(());
        }
        if timeout(END_WITHIN, &mut self.beating).await.is_ok() && !self.id.is_alive() {
            return Ok(());
        }
        self.id.signal(outside::process::Signal::Kill)?;
        let why = format!("it did not end within {END_WITHIN:?} and was killed");
        Err(outside::Error::Protocol { name: "watchdog".to_owned(), why }.into())
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // The task owns the pipe: ending it closes the pipe, upon which the watchdog heals.
        self.beating.abort();
    }
}

/// Says that we live until asked to end or until nobody listens any more.
async fn beat(mut helper: Helper, mut asked_to_end: oneshot::Receiver<()>, died: watch::Sender<bool>) {
    let mut tick = interval(HEARTBEAT_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let ends = tokio::select! {
            _ = tick.tick() => false,
            _ = &mut asked_to_end => true,
            _ = helper.exited() => break,
        };
        let line = if ends { END } else { BEAT };
        if helper.send_line(line).await.is_err() {
            break;
        }
        if ends {
            // It ends at that line; should it not, whoever waits for this task has a deadline.
            let _ = helper.exited().await;
            return;
        }
    }
    died.send_replace(true);
}

/// What a watchdog watches.
struct Watched {
    journal: PathBuf,
    runner: ProcessId,
    silence_limit: Duration,
}

/// The body of `seaworthy watchdog`; returns the exit code: 0 when nothing is left to heal, else 10.
///
/// Must be called before any runtime exists.
pub fn watchdog_main() -> i32 {
    outside::process::own_session();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return LEFT_TO_HEAL;
    };
    let code = runtime.block_on(watch_over());
    // The thread that reads standard input may wait there for ever.
    runtime.shutdown_background();
    code
}

async fn watch_over() -> i32 {
    // Listening is what takes their deadly default away from these.
    let _deaf: Vec<_> = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()]
        .into_iter()
        .map(|kind| signal(kind).ok())
        .collect();
    let mut lines = outside::lifeline::lines();
    let Some(watched) = lines.recv().await.as_deref().and_then(Watched::read) else { return 0 };
    let mut stdout = std::io::stdout();
    if writeln!(stdout, "{READY}").and_then(|()| stdout.flush()).is_err() {
        return 0;
    }
    match beats_end(&mut lines, watched.silence_limit).await {
        Why::Orderly => 0,
        Why::Gone => heal_what_is_left(&watched.journal, None).await,
        Why::Silent => heal_what_is_left(&watched.journal, Some(watched.runner)).await,
    }
}

/// Why the beats ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The run is over.
    Orderly,
    /// The pipe ended.
    Gone,
    /// The runner says nothing any more.
    Silent,
}

async fn beats_end(lines: &mut mpsc::Receiver<String>, limit: Duration) -> Why {
    loop {
        match timeout(limit, lines.recv()).await {
            Err(_) => return Why::Silent,
            Ok(None) => return Why::Gone,
            Ok(Some(line)) if line == END => return Why::Orderly,
            Ok(Some(_)) => {}
        }
    }
}

/// Heals until nothing is left or all attempts are spent, then leaves it to `seaworthy drill heal`. A hung runner is
/// killed first.
async fn heal_what_is_left(journal: &Path, hung: Option<ProcessId>) -> i32 {
    for attempt in 0..HEAL_ATTEMPTS {
        if attempt > 0 {
            sleep(HEAL_EVERY).await;
        }
        let Some(run) = OpenRun::read(journal) else { return 0 };
        let is_runner = |begin: &crate::journal::Begin| Some(begin.runner) == hung;
        if run.begin.as_ref().is_some_and(is_runner) && fence(&run).await.is_err() {
            continue;
        }
        if heal(&run).await.left.is_empty() {
            return 0;
        }
    }
    LEFT_TO_HEAL
}

impl Watched {
    fn read(line: &str) -> Option<Self> {
        let order: Value = serde_json::from_str(line).ok()?;
        let pid = i32::try_from(order.get("pid")?.as_i64()?).ok()?;
        let runner = ProcessId { pid, started: order.get("started")?.as_u64()? };
        let silence_limit = Duration::from_millis(order.get("silence_limit_ms")?.as_u64()?);
        Some(Self { journal: order.get("journal")?.as_str()?.into(), runner, silence_limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn beats_keep_it_quiet_and_their_end_has_three_kinds() {
        let (tell, mut lines) = mpsc::channel(8);
        let beating = tokio::spawn(async move {
            for _ in 0..5 {
                sleep(HEARTBEAT_LIMIT / 2).await;
                tell.send(BEAT.to_owned()).await.expect("it listens");
            }
            tell.send(END.to_owned()).await.expect("it listens");
        });
        assert_eq!(beats_end(&mut lines, HEARTBEAT_LIMIT).await, Why::Orderly);
        beating.await.expect("it ends");

        let (tell, mut lines) = mpsc::channel::<String>(8);
        drop(tell);
        assert_eq!(beats_end(&mut lines, HEARTBEAT_LIMIT).await, Why::Gone);

        let (_tell, mut lines) = mpsc::channel::<String>(8);
        assert_eq!(beats_end(&mut lines, HEARTBEAT_LIMIT).await, Why::Silent);
    }

    #[test]
    fn an_order_that_is_not_understood_watches_nothing() {
        assert!(Watched::read("{}").is_none());
        assert!(Watched::read(r#"{"journal":"/a","pid":1,"started":2,"silence_limit_ms":3}"#).is_some());
    }
}
