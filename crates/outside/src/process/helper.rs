//! One of our own subcommands as a process: lines in, lines out, and its standard input is its lifeline.
//!
//! guard and the load generator run like this. They are direct children that the kernel kills with us; the watchdog
//! alone is told to outlive us. Not for programs of the user: those stand under a keeper ([`super::Started`]).

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::id::{ProcessId, own_pid};
use super::mark::{PART_VARIABLE, RUN_VARIABLE, RunMark};
use super::spawn::{Spawn, spawn};
use super::trampoline::PASS;
use crate::Error;

/// Longest line that is taken from a helper.
pub const HELPER_LINE_LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// What becomes of a helper when we die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtOurDeath {
    /// The kernel kills it.
    Dies,
    /// It sees the end of its input and decides itself. It carries no mark of the run, or it would kill itself.
    Lives,
}

/// A running helper; dropping it closes its input, and kills it unless it may outlive us.
#[derive(Debug)]
pub struct Helper {
    name: String,
    id: ProcessId,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
}

/// The lines that a helper writes.
#[derive(Debug)]
pub struct HelperLines {
    name: String,
    stdout: BufReader<ChildStdout>,
    /// What was read of the line that is not whole yet, so that [`HelperLines::next`] may be given up at any await.
    begun: Vec<u8>,
}

impl Helper {
    /// Starts a helper; `exe` is seaworthy itself, for its trampoline. Errors go to the log, or nowhere.
    ///
    /// # Errors
    /// As [`Spawn::resolved`]; [`Error::Io`]; [`Error::NotStarted`] when it was gone at once.
    pub async fn start(exe: &Path, run: &RunMark, what: Spawn, death: AtOurDeath) -> Result<Self, Error> {
        let what = what.resolved()?;
        let errors = match &what.log {
            None => Stdio::null(),
            Some(path) => OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(|source| Error::path("open the log", path, source))?
                .into(),
        };
        let mut command = match death {
            AtOurDeath::Dies => {
                let mut command = Command::new(exe);
                command.args(["trampoline", PASS]).arg(own_pid().to_string()).arg(&what.program);
                command.kill_on_drop(true);
                command
            }
            AtOurDeath::Lives => Command::new(&what.program),
        };
        command.args(&what.arguments).envs(&what.env).current_dir(&what.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        match death {
            AtOurDeath::Dies => command.env(RUN_VARIABLE, run.as_str()),
            AtOurDeath::Lives => command.env_remove(RUN_VARIABLE).env_remove(PART_VARIABLE),
        };
        let mut child = spawn(command).await.map_err(|error| Error::not_started(&what.name, error.to_string()))?;
        let id = child.id().and_then(|pid| ProcessId::of(i32::try_from(pid).ok()?));
        let id = id.ok_or_else(|| Error::not_started(&what.name, "it was gone at once"))?;
        Ok(Self { name: what.name, id, stdin: child.stdin.take(), stdout: child.stdout.take(), child })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which process it is.
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// Whether it lives.
    pub fn is_alive(&self) -> bool {
        self.id.is_alive()
    }

    /// Writes one line; the text must hold no line break.
    ///
    /// # Errors
    /// [`Error::Protocol`] when it does not read any more.
    pub async fn send_line(&mut self, line: &str) -> Result<(), Error> {
        let gone = |why: String| Error::protocol(&self.name, why);
        let stdin = self.stdin.as_mut().ok_or_else(|| gone("its input was closed".to_owned()))?;
        let bytes = format!("{line}\n");
        stdin.write_all(bytes.as_bytes()).await.map_err(|error| gone(format!("cannot write to it: {error}")))
    }

    /// Its lines; the first call gets them.
    pub fn take_lines(&mut self) -> Option<HelperLines> {
        Some(HelperLines::of(&self.name, self.stdout.take()?))
    }

    /// Closes its input, which asks it to end.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// The exit code once it has ended, `None` when a signal ended it. May be given up at any await.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn exited(&mut self) -> Result<Option<i32>, Error> {
        let status = self.child.wait().await.map_err(|source| Error::io(format!("wait for {}", self.name), source))?;
        Ok(status.code())
    }

    /// Kills it and waits until it is gone.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn kill(&mut self) -> Result<(), Error> {
        self.id.signal(super::Signal::Kill)?;
        self.exited().await.map(drop)
    }
}

impl HelperLines {
    pub(super) fn of(name: &str, stdout: ChildStdout) -> Self {
        Self { name: name.to_owned(), stdout: BufReader::new(stdout), begun: Vec::new() }
    }

    /// The next line without its end; `None` at the end of its output. May be given up at any await.
    ///
    /// # Errors
    /// [`Error::Protocol`] for a line that is too long, not UTF-8, or not ended.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        let wrong = |why: &str| Error::protocol(&self.name, why);
        loop {
            let buffer = match self.stdout.fill_buf().await {
                Ok(buffer) => buffer,
                Err(error) => return Err(wrong(&format!("cannot read from it: {error}"))),
            };
            if buffer.is_empty() {
                let whole = self.begun.is_empty();
                return if whole { Ok(None) } else { Err(wrong("it ended in the middle of a line")) };
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.begun.extend_from_slice(&buffer[..taken]);
            self.stdout.consume(taken);
            if self.begun.len() > HELPER_LINE_LIMIT_BYTES {
                return Err(wrong("it wrote a line longer than the limit"));
            }
            if end.is_some() {
                let mut line = std::mem::take(&mut self.begun);
                line.pop();
                return String::from_utf8(line).map(Some).map_err(|_| wrong("it wrote a line that is not UTF-8"));
            }
        }
    }
}
