//! What stands before anything is started, and what is done after everything: the fault journal, the watchdog, the run's
//! own directory.
//!
//! There is one way to the end, for a run that went well and for one that was stopped: the journal is played backwards and
//! each undo is looked at from outside. A run that needs no healing passes through it without a trace.

use std::path::Path;

use drill::heal::heal;
use drill::journal::{About, Journal, OpenRun, Undo};
use drill::watchdog::Watchdog;
use outside::files::{Scratch, state_directory};
use outside::process::RunMark;

use crate::Error;
use crate::case::chain;

/// The journal of a run and the directory it owns.
#[derive(Debug)]
pub(crate) struct Safety {
    journal: Journal,
    scratch: Scratch,
}

impl Safety {
    /// Starts the watchdog and writes the undos of everything that a run may leave behind, which it would play. It stands
    /// before there is a journal: whoever is killed in between leaves nothing, not even that.
    pub(crate) async fn begin(
        exe: &Path,
        run: &RunMark,
        name: &str,
        directory: &Path,
    ) -> Result<(Self, Watchdog), Error> {
        let about = About { name: name.to_owned(), directory: directory.to_path_buf() };
        let state = state_directory();
        let wrong = |source| Error::Journal { source };
        let watchdog = Watchdog::start(exe, run, &Journal::path_of(&state, run)).await.map_err(wrong)?;
        let mut journal = Journal::begin(&state, run, &about).map_err(wrong)?;
        match stand(run, &mut journal) {
            Ok(scratch) => Ok((Self { journal, scratch }, watchdog)),
            Err(error) => {
                // Nothing was broken yet; what cannot be removed now stays in the journal for `drill heal`.
                if let Some(run) = OpenRun::read(journal.path()) {
                    let _left = heal(&run).await;
                }
                Err(error)
            }
        }
    }

    /// The run's directory; removed at the end.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The journal, to be written before each fault.
    pub(crate) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Plays back what is open, looks from outside, lets the watchdog go. Returns what is left.
    pub(crate) async fn end(self, watchdog: Watchdog) -> Vec<String> {
        let path = self.journal.path().to_path_buf();
        drop(self.journal);
        let mut left = match OpenRun::read(&path) {
            Some(run) => heal(&run).await.left,
            None => Vec::new(),
        };
        drop(self.scratch);
        if !left.is_empty() {
            // The watchdog stays: at our death it tries once more.
            return left;
        }
        left.extend(watchdog.end().await.err().map(|error| format!("the watchdog: {}", chain(&error))));
        left
    }
}

/// Writes the first undos, then makes what they undo.
fn stand(run: &RunMark, journal: &mut Journal) -> Result<Scratch, Error> {
    // They stay open until the end: only the healer, looking from outside, may say that nothing is left.
    for undo in [Undo::RemoveDirectory { path: Scratch::planned(run) }, Undo::KillMarked { run: run.clone() }] {
        let _stays_open = journal.before(undo).map_err(|source| Error::Journal { source })?;
    }
    Scratch::create(run)
        .map_err(|source| Error::Outside { what: "cannot make a directory for this run".to_owned(), source })
}
