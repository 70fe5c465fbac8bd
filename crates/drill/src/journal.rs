//! The fault journal of the machine: how every fault is undone, written and synced before the fault is caused.
//!
//! One file for each run, below the user's state directory, so that it survives the run, the runner and a reboot. An
//! undo that stands here without its fault ever having happened does no harm; a fault without its undo cannot happen,
//! because [`Journal::before`] hands out the [`UndoId`] that causing a fault takes. Whether something is healed is never
//! read from here but looked at ([`crate::heal`]).
//!
//! What this does not do: protect from somebody who edits the file. It is the user's own, readable by nobody else,
//! because it holds the token of the guard's admin port.

mod record;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use outside::files::{self, SyncedLog};
use outside::process::{ProcessId, RunMark};

use crate::Error;
use record::Line;
pub(crate) use record::Record;

/// Longest journal of one run.
pub const JOURNAL_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// Healed journals that are kept, and damaged ones.
pub const KEPT_FILES: usize = 50;
/// Runs that are looked at in one directory.
pub const RUNS_LIMIT: usize = 1_000;

/// Where the journals lie below the state directory.
const DIRECTORY: &str = "faults";
/// What the name of an open run's journal ends with.
const OPEN: &str = ".jsonl";
/// What the name of a healed one ends with.
const HEALED: &str = ".healed.jsonl";
/// What the name of one ends with that was healed as far as it could be read.
const DAMAGED: &str = ".damaged.jsonl";

/// How something is undone. Each can be played again and again, and when there is nothing to undo.
#[derive(Clone, PartialEq, Eq)]
pub enum Undo {
    /// Kill every process that carries the mark of a run.
    KillMarked {
        /// The run.
        run: RunMark,
    },
    /// Let a stopped process go on.
    Continue {
        /// Which one.
        process: ProcessId,
    },
    /// End every fault and every bypass of a guard.
    GuardReset {
        /// Its admin port.
        admin: SocketAddr,
        /// The token it asks for.
        token: String,
    },
    /// Remove a scratch directory of this run.
    RemoveDirectory {
        /// Where it is.
        path: PathBuf,
    },
}

/// Proof that an undo is on disk; causing the fault takes it, undoing it gives it back.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an undo that is never marked as undone is played by the healer"]
pub struct UndoId(u64);

/// What a journal says of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What is being drilled, for people.
    pub name: String,
    /// The directory of its `seaworthy.yaml`.
    pub directory: PathBuf,
}

/// How a run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// The process that caused the faults.
    pub runner: ProcessId,
    /// Identifier of the boot of the machine; process numbers mean nothing after another one.
    pub boot: String,
    /// What it was about.
    pub about: About,
    /// When, in microseconds since 1970.
    pub at_us: i64,
}

/// The journal of a run that is going on.
#[derive(Debug)]
pub struct Journal {
    run: RunMark,
    log: SyncedLog,
    next_seq: u64,
    next_id: u64,
    open: BTreeMap<u64, Undo>,
    written_bytes: usize,
}

/// A run whose journal was not ended: it is going on, or it died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRun {
    /// The journal.
    pub path: PathBuf,
    /// The run.
    pub run: RunMark,
    /// How it began; `None` when that record is damaged.
    pub begin: Option<Begin>,
    /// What is not undone yet, in the order it was written.
    pub pending: Vec<Undo>,
    /// What in the journal could not be read, one sentence each.
    pub problems: Vec<String>,
    /// It was written by a newer seaworthy, which has to heal it.
    pub newer: bool,
    /// It was ended, only its file was not put aside.
    pub ended: bool,
}

impl Journal {
    /// Where the journal of a run lies.
    pub fn path_of(state_directory: &Path, run: &RunMark) -> PathBuf {
        state_directory.join(DIRECTORY).join(format!("{run}{OPEN}"))
    }

    /// Begins the journal of a run; it is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Journal`] when it cannot be written, also when the run has one already. Nothing may be broken then.
    pub fn begin(state_directory: &Path, run: &RunMark, about: &About) -> Result<Self, Error> {
        let path = Self::path_of(state_directory, run);
        let begin = Begin { runner: ProcessId::own()?, boot: boot(), about: about.clone(), at_us: outside::now() };
        let first = record::line(1, begin.at_us, &Record::Begin(begin.clone()));
        let create = || -> Result<SyncedLog, outside::Error> {
            files::make_directory(&state_directory.join(DIRECTORY))?;
            SyncedLog::create(&path, first.as_bytes())
        };
        let log = create().map_err(|error| Error::Journal { why: with_source(&error) })?;
        let written_bytes = first.len();
        Ok(Self { run: run.clone(), log, next_seq: 2, next_id: 1, open: BTreeMap::new(), written_bytes })
    }

    /// Writes down how something will be undone; it is on disk when this returns, and only then may it be done.
    ///
    /// # Errors
    /// [`Error::Journal`]: it must not be done.
    pub fn before(&mut self, undo: Undo) -> Result<UndoId, Error> {
        let id = self.next_id;
        self.write(&Record::Undo { id, what: undo.clone() })?;
        self.next_id += 1;
        self.open.insert(id, undo);
        Ok(UndoId(id))
    }

    /// Writes down that something was undone, after it was *seen* to be.
    ///
    /// # Errors
    /// [`Error::Journal`]; the undo is then played once more, which does no harm.
    pub fn undone(&mut self, id: UndoId) -> Result<(), Error> {
        self.write(&Record::Undone { id: id.0 })?;
        self.open.remove(&id.0);
        Ok(())
    }

    /// What is not undone yet.
    pub fn pending(&self) -> impl Iterator<Item = &Undo> {
        self.open.values()
    }

    /// Ends the journal of a run that undid everything, and puts it aside.
    ///
    /// # Errors
    /// [`Error::LeftToHeal`] when something is not undone; [`Error::Journal`]. The journal then stays for the healer.
    pub fn end(mut self) -> Result<(), Error> {
        if !self.open.is_empty() {
            let left: Vec<String> = self.open.values().map(Undo::to_string).collect();
            return Err(Error::LeftToHeal { what: left.join(", ") });
        }
        if !self.log.path().exists() {
            // The healer was faster.
            return Ok(());
        }
        self.write(&Record::End)?;
        put_aside(self.log.path(), &self.run, false)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.log.path()
    }

    /// The run.
    pub fn run(&self) -> &RunMark {
        &self.run
    }

    /// Every run in a state directory whose journal was not ended, oldest name first; none when there is no such
    /// directory.
    ///
    /// # Errors
    /// [`Error::Journal`] when the directory cannot be read. A journal that cannot be read is a run with a problem.
    pub fn open_runs(state_directory: &Path) -> Result<Vec<OpenRun>, Error> {
        let directory = state_directory.join(DIRECTORY);
        let names = files::list(&directory).map_err(|error| Error::Journal { why: with_source(&error) })?;
        let runs = names.iter().filter_map(|name| RunMark::try_new(name.strip_suffix(OPEN)?).ok()).take(RUNS_LIMIT);
        Ok(runs.filter_map(|run| OpenRun::read(&directory.join(format!("{run}{OPEN}")))).collect())
    }

    fn write(&mut self, record: &Record) -> Result<(), Error> {
        let line = record::line(self.next_seq, outside::now(), record);
        if self.written_bytes + line.len() > JOURNAL_LIMIT_BYTES {
            return Err(Error::Journal { why: format!("it has reached its limit of {JOURNAL_LIMIT_BYTES} bytes") });
        }
        self.log.append(line.as_bytes()).map_err(|error| Error::Journal { why: with_source(&error) })?;
        self.next_seq += 1;
        self.written_bytes += line.len();
        Ok(())
    }
}

impl OpenRun {
    /// The run of a journal; `None` when there is no such file (any more) or its name is not a run's.
    pub fn read(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let run = RunMark::try_new(name.strip_suffix(OPEN)?).ok()?;
        let mut found = Self {
            path: path.to_owned(),
            run,
            begin: None,
            pending: Vec::new(),
            problems: Vec::new(),
            newer: false,
            ended: false,
        };
        match files::read_bytes(path, JOURNAL_LIMIT_BYTES) {
            Ok(bytes) => found.take(&bytes),
            Err(_) if !path.exists() => return None,
            Err(error) => found.problems.push(with_source(&error)),
        }
        Some(found)
    }

    /// Whether the process that caused the faults still lives.
    pub fn runner_is_alive(&self) -> bool {
        self.begin.as_ref().is_some_and(|begin| begin.boot == boot() && begin.runner.is_alive())
    }

    /// Whether the machine was started anew since, so that no process of the run can exist.
    pub fn is_before_reboot(&self) -> bool {
        self.begin.as_ref().is_some_and(|begin| begin.boot != boot())
    }

    /// Puts the journal aside as healed, with a last record of how.
    pub(crate) fn put_aside(&self, done: &[String], left: &[String]) -> Result<(), Error> {
        if !self.ended {
            let text = |error: outside::Error| Error::Journal { why: with_source(&error) };
            let healed = Record::Healed { done: done.to_vec(), left: left.to_vec() };
            let at_us = outside::now();
            // A line that was torn stays torn: what follows begins on a line of its own.
            let lines = format!("\n{}{}", record::line(0, at_us, &healed), record::line(0, at_us, &Record::End));
            SyncedLog::open(&self.path).and_then(|mut log| log.append(lines.as_bytes())).map_err(text)?;
        }
        put_aside(&self.path, &self.run, !self.problems.is_empty())
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut pending: BTreeMap<u64, Undo> = BTreeMap::new();
        let (mut last_seq, mut unread) = (0, 0);
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let is_torn_end = index == bytes[..whole].iter().filter(|byte| **byte == b'\n').count();
            if line.is_empty() {
                continue;
            }
            match record::read(line) {
                Line::Record { seq, at_us, record } => {
                    // Records of the healer carry no number: it does not know how many were lost.
                    if seq != 0 {
                        if seq > last_seq + 1 + unread || seq <= last_seq {
                            self.problems.push(format!("line {}: records before it are missing", index + 1));
                        }
                        (last_seq, unread) = (seq, 0);
                    }
                    self.apply(record, at_us, &mut pending);
                }
                // What was being written when the runner died was not relied upon by anybody.
                Line::Damaged(_) if is_torn_end => {}
                Line::Damaged(why) => {
                    unread += 1;
                    self.problems.push(format!("line {}: {why}", index + 1));
                }
                Line::Newer(version) => {
                    unread += 1;
                    self.newer = true;
                    self.problems.push(format!("line {}: written by a newer seaworthy (version {version})", index + 1));
                }
            }
        }
        if self.begin.is_none() && !self.newer {
            self.problems.push("it does not say how the run began".to_owned());
        }
        self.pending = pending.into_values().collect();
    }

    fn apply(&mut self, record: Record, at_us: i64, pending: &mut BTreeMap<u64, Undo>) {
        match record {
            Record::Begin(begin) => self.begin = Some(Begin { at_us, ..begin }),
            Record::Undo { id, what } => drop(pending.insert(id, what)),
            Record::Undone { id } => drop(pending.remove(&id)),
            Record::Healed { .. } => {}
            Record::End => self.ended = true,
        }
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillMarked { run } => write!(f, "kill every process of run {run}"),
            Self::Continue { process } => write!(f, "let process {} go on", process.pid),
            Self::GuardReset { admin, .. } => write!(f, "end every fault of the guard at {admin}"),
            Self::RemoveDirectory { path } => write!(f, "remove the directory {}", path.display()),
        }
    }
}

impl fmt::Debug for Undo {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Undo({self})")
    }
}

/// Renames a journal out of the way and removes the oldest of its kind.
fn put_aside(path: &Path, run: &RunMark, damaged: bool) -> Result<(), Error> {
    let text = |error: outside::Error| Error::Journal { why: with_source(&error) };
    let directory = path.parent().unwrap_or(Path::new("."));
    let suffix = if damaged { DAMAGED } else { HEALED };
    files::rename(path, &directory.join(format!("{run}{suffix}"))).map_err(text)?;
    let names = files::list(directory).map_err(text)?;
    let old: Vec<&String> = names.iter().filter(|name| name.ends_with(suffix)).collect();
    for name in &old[..old.len().saturating_sub(KEPT_FILES)] {
        files::remove_file(&directory.join(name)).map_err(text)?;
    }
    Ok(())
}

/// What tells one boot of this machine from another; empty where the system does not say.
fn boot() -> String {
    const LIMIT_BYTES: usize = 256;
    let text = files::read_text(Path::new("/proc/sys/kernel/random/boot_id"), LIMIT_BYTES).unwrap_or_default();
    text.trim().to_owned()
}

/// An error with what the system said.
pub(crate) fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
