//! Words for the tests: a directory that vanishes, and a ledger in it.

use std::path::PathBuf;

use ledger::{Ledger, kind};
use rusqlite::Connection;
use tempfile::TempDir;

/// A temporary directory with room for one ledger. Keep it as long as the ledger.
pub(crate) struct World {
    directory: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("makes a directory") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join(".seaworthy").join("ledger.db")
    }

    /// A ledger with so many entries. The directory lives as long as the world.
    pub(crate) fn with(&self, entries: i64) -> Ledger {
        let mut ledger = Ledger::open(&self.path()).expect("opens");
        for at in 1..=entries {
            ledger.append(kind::OBSERVATION, 1, &format!("{{\"n\":{at}}}"), at).expect("appends");
        }
        ledger
    }

    /// Does to the file what somebody with an SQLite shell could do.
    pub(crate) fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.path()).expect("opens");
        connection.execute_batch(sql).expect("tampers");
    }
}
