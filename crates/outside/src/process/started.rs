//! A process of the system under test, under its keeper: started, looked at, killed with everything it forked, and
//! started again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, kill_process_group};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::helper::HelperLines;
use super::id::{ProcessId, Signal};
use super::keep::{Exit, Order, log_tail};
use super::mark::{self, PART_VARIABLE, RUN_VARIABLE, RunMark};
use super::spawn::{Spawn, spawn};
use super::table::{KILL_DEADLINE, descendants, kill_all};
use crate::Error;

/// How long the keeper may take to start the process.
const START_WITHIN: Duration = Duration::from_secs(10);
/// How long the keeper may take to end after its tree is gone.
const KEEPER_ENDS_WITHIN: Duration = Duration::from_secs(5);
/// Time between two looks at a process that was asked to end.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Lines of the log that go into an exit note.
const NOTE_LINES: usize = 12;

/// A process that was started for a run, and its keeper. Dropping it ends the whole tree.
#[derive(Debug)]
pub struct Started {
    exe: PathBuf,
    run: RunMark,
    spawn: Spawn,
    part: String,
    keeping: Keeping,
    child: ProcessId,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitNote {
    /// Exit code, when it ended by itself.
    pub code: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
    /// Last lines of its log.
    pub log_tail: String,
}

impl fmt::Display for ExitNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "ended with exit code {code}"),
            (None, Some(signal)) => write!(f, "was ended by signal {signal}"),
            (None, None) => f.write_str("is gone together with its keeper"),
        }
    }
}

impl Started {
    /// Starts a process under a new keeper; returns once the program runs (which does not mean that it is ready).
    /// `exe` is seaworthy itself. The program must stay in the foreground: its first process counts as the process.
    ///
    /// # Errors
    /// As [`Spawn::resolved`]; [`Error::NotStarted`] with what the keeper said; [`Error::Unsupported`] off Linux.
    pub async fn start(exe: &Path, run: &RunMark, spawn: Spawn) -> Result<Self, Error> {
        let part = crate::secret::token();
        let (keeping, child) = Keeping::start(exe, run, &part, &spawn, None).await?;
        Ok(Self { exe: exe.to_owned(), run: run.clone(), spawn, part, keeping, child })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.spawn.name
    }

    /// What was started.
    pub fn spawn(&self) -> &Spawn {
        &self.spawn
    }

    /// The process itself, as it was last started.
    pub fn child(&self) -> ProcessId {
        self.child
    }

    /// The process and everything it forked, daemons too; without the keeper.
    pub fn tree(&self) -> Vec<ProcessId> {
        descendants(self.keeping.keeper.pid)
    }

    /// Whether the process lives; a stopped one does.
    pub fn is_alive(&self) -> bool {
        self.child.is_alive()
    }

    /// Kills the process and everything it forked with SIGKILL; returns how many once `/proc` shows none of them.
    ///
    /// # Errors
    /// [`Error::StillAlive`].
    pub async fn kill_tree(&mut self) -> Result<usize, Error> {
        let (keeper, part) = (self.keeping.keeper, self.part.clone());
        let tree = move || {
            let mut found = descendants(keeper.pid);
            // What lost its keeper is found by its mark.
            let orphans = mark::part(&part).into_iter().filter(|id| *id != keeper && !found.contains(id));
            found.extend(orphans.collect::<Vec<_>>());
            found
        };
        let killed = tokio::task::spawn_blocking(move || kill_all(tree, KILL_DEADLINE))
            .await
            .map_err(|error| Error::protocol("kill", error.to_string()))??;
        self.keeping.end().await?;
        Ok(killed)
    }

    /// Kills what is left of it and starts it anew, under a new keeper; the log is continued.
    ///
    /// # Errors
    /// As [`Started::start`] and [`Started::kill_tree`].
    pub async fn start_again(&mut self) -> Result<(), Error> {
        self.kill_tree().await?;
        (self.keeping, self.child) = Keeping::start(&self.exe, &self.run, &self.part, &self.spawn, None).await?;
        Ok(())
    }

    /// As [`Started::start_again`], with something else: another environment, other arguments.
    ///
    /// # Errors
    /// As [`Started::start_again`].
    pub async fn start_again_as(&mut self, spawn: Spawn) -> Result<(), Error> {
        self.spawn = spawn;
        self.start_again().await
    }

    /// Asks the process and its group to end (SIGTERM), and kills what is left after the grace.
    ///
    /// # Errors
    /// As [`Started::kill_tree`].
    pub async fn stop(&mut self, grace: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + grace;
        if self.child.is_alive()
            && let Some(group) = Pid::from_raw(self.child.pid)
        {
            // It leads its group. An error means that it is gone, which is what is wanted.
            let _ = kill_process_group(group, Signal::Terminate.number());
        }
        while !self.tree().is_empty() && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
        self.kill_tree().await.map(drop)
    }

    /// The last lines of its log.
    pub fn log_tail(&self, lines: usize) -> String {
        log_tail(self.spawn.log.as_ref(), lines)
    }

    /// Resolves when the process has ended, and says how. May be given up at any await.
    pub async fn exited(&mut self) -> ExitNote {
        let news = self.keeping.wait(|news| news.exit.is_some() || news.closed).await;
        let exit = news.exit.unwrap_or(Exit { code: None, signal: None });
        ExitNote { code: exit.code, signal: exit.signal, log_tail: self.log_tail(NOTE_LINES) }
    }
}

/// A keeper and what it told so far. Dropping it closes its pipe, upon which it ends its tree.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) keeper: ProcessId,
    name: String,
    process: Child,
    pipe: Option<ChildStdin>,
    news: watch::Receiver<News>,
    reader: JoinHandle<()>,
}

/// What a keeper told.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    started: Option<ProcessId>,
    failed: Option<String>,
    pub(super) exit: Option<Exit>,
    pub(super) ended: Option<Value>,
    /// It tells nothing more.
    closed: bool,
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Keeping {
    /// Starts a keeper and, under it, a process.
    pub(super) async fn start(
        exe: &Path,
        run: &RunMark,
        part: &str,
        what: &Spawn,
        capture_bytes: Option<usize>,
    ) -> Result<(Self, ProcessId), Error> {
        if !cfg!(target_os = "linux") {
            return Err(Error::Unsupported("starting processes under a keeper"));
        }
        let what = what.resolved()?;
        let order = Order { run: run.as_str().to_owned(), part: part.to_owned(), capture_bytes, spawn: what.clone() }
            .write()?;
        let mut keeping = Self::launch(exe, run, part, &what.name).await?;
        keeping.give(&order).await?;
        let told =
            timeout(START_WITHIN, keeping.wait(|news| news.started.is_some() || news.failed.is_some() || news.closed));
        match told.await {
            Ok(News { failed: Some(why), .. }) => {
                Err(Error::not_started(&what.name, format!("{}: {why}", what.program.display())))
            }
            Ok(News { started: Some(child), .. }) => Ok((keeping, child)),
            Ok(_) => Err(Error::not_started(&what.name, "its keeper ended without a word")),
            Err(_) => Err(Error::not_started(&what.name, format!("its keeper said nothing for {START_WITHIN:?}"))),
        }
    }

    async fn launch(exe: &Path, run: &RunMark, part: &str, name: &str) -> Result<Self, Error> {
        let mut command = Command::new(exe);
        command.arg("keep").env(RUN_VARIABLE, run.as_str()).env(PART_VARIABLE, part);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = spawn(command)
            .await
            .map_err(|error| Error::not_started(name, format!("no keeper ({}): {error}", exe.display())))?;
        let (pipe, stdout) = (process.stdin.take(), process.stdout.take().expect("it was piped"));
        let keeper = process.id().and_then(|pid| ProcessId::of(i32::try_from(pid).ok()?));
        let keeper = keeper.ok_or_else(|| Error::not_started(name, "its keeper was gone at once"))?;
        let (tell, news) = watch::channel(News::default());
        let reader = tokio::spawn(listen(HelperLines::of(name, stdout), tell));
        Ok(Self { keeper, name: name.to_owned(), process, pipe, news, reader })
    }

    async fn give(&mut self, order: &str) -> Result<(), Error> {
        let pipe = self.pipe.as_mut().expect("the pipe is open until the end");
        let line = format!("{order}\n");
        pipe.write_all(line.as_bytes())
            .await
            .map_err(|error| Error::not_started(&self.name, format!("its keeper takes no order: {error}")))
    }

    /// Resolves when the news are as wanted or when there will be none any more.
    pub(super) async fn wait(&mut self, wanted: impl FnMut(&News) -> bool) -> News {
        if let Ok(news) = self.news.wait_for(wanted).await {
            return news.clone();
        }
        let mut last = self.news.borrow().clone();
        last.closed = true;
        last
    }

    /// Closes the pipe, upon which the keeper ends its tree.
    pub(super) fn let_go(&mut self) {
        self.pipe = None;
    }

    /// Waits until the keeper is gone; one that does not go is killed, its tree being gone already.
    async fn end(&mut self) -> Result<(), Error> {
        self.let_go();
        if timeout(KEEPER_ENDS_WITHIN, self.process.wait()).await.is_err() {
            self.keeper.signal(Signal::Kill)?;
            self.process.wait().await.map_err(|error| Error::io("wait for a keeper", error))?;
        }
        Ok(())
    }
}

/// Takes the keeper's lines until it ends; a line that is not understood is left out, since what matters is read from
/// `/proc`.
async fn listen(mut lines: HelperLines, tell: watch::Sender<News>) {
    while let Ok(Some(line)) = lines.next().await {
        let Ok(Value::Object(said)) = serde_json::from_str::<Value>(&line) else { continue };
        tell.send_modify(|news| {
            for (key, value) in &said {
                match key.as_str() {
                    "started" => news.started = process_of(value),
                    "failed" => news.failed = value.as_str().map(str::to_owned),
                    "exited" => news.exit = Some(Exit { code: number(value, "code"), signal: number(value, "signal") }),
                    "ended" => news.ended = Some(value.clone()),
                    _ => {}
                }
            }
        });
    }
    tell.send_modify(|news| news.closed = true);
}

fn process_of(value: &Value) -> Option<ProcessId> {
    Some(ProcessId { pid: number(value, "pid")?, started: value.get("started")?.as_u64()? })
}

fn number(value: &Value, key: &str) -> Option<i32> {
    i32::try_from(value.get(key)?.as_i64()?).ok()
}
