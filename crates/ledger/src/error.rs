//! What can go wrong with a ledger: where, and what to do.

use std::path::{Path, PathBuf};

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file to read.
    #[error("there is no ledger at {}: run `seaworthy prove` once to begin one", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file or its directory cannot be opened or created.
    #[error("cannot open the ledger {}: check that its directory exists and may be written", path.display())]
    CannotOpen {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file may be read but not written.
    #[error("the ledger {} or its directory is read-only: make it writable, or name another place", path.display())]
    ReadOnly {
        /// The ledger.
        path: PathBuf,
    },
    /// The file is not an SQLite database.
    #[error("{} is not a ledger (not a database): move it away, a new one will begin", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of somebody else.
    #[error("{} is a database of something else: name another path for the ledger", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the ledger {} is damaged ({what}): restore a copy, or move it away and keep it as evidence", path.display())]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The file was written by a newer version.
    #[error("the ledger {} has schema {found}, this version knows up to {known}: use a newer seaworthy", path.display())]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// Locks do not work on network file systems, and a ledger there would be damaged sooner or later.
    #[error("the ledger {} lies on a network file system ({kind}): use a local disk", path.display())]
    NetworkFileSystem {
        /// The ledger.
        path: PathBuf,
        /// The kind, as in `/proc/self/mountinfo`.
        kind: String,
    },
    /// The disk, or the ledger's own limit, is reached. Nothing was written.
    #[error("no room for the ledger {}: free disk space, or move the file away (its limit is {limit_bytes} bytes)", path.display())]
    Full {
        /// The ledger.
        path: PathBuf,
        /// The largest file this ledger may become.
        limit_bytes: u64,
    },
    /// Another process held the ledger for longer than the limit. Nothing was written.
    #[error("the ledger {} was locked by another process for too long: try again", path.display())]
    Busy {
        /// The ledger.
        path: PathBuf,
    },
    /// An entry or blob is larger than its limit, or a batch longer. Nothing was written.
    #[error("{what} has {size}, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// A kind is not 1 to 32 lower-case letters and dots, or a version is below 1. Nothing was written.
    #[error("an entry cannot have kind `{kind}` and version {version}")]
    BadEntry {
        /// The kind.
        kind: String,
        /// The version.
        version: i64,
    },
    /// Anything else SQLite said.
    #[error("the ledger {} cannot be used", path.display())]
    Sql {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl Error {
    /// Gives an SQLite error the name that people can act on.
    pub(crate) fn of(path: &Path, limit_bytes: u64, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what: source.to_string() },
            Some(ErrorCode::DiskFull) => Self::Full { path, limit_bytes },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::CannotOpen) => Self::CannotOpen { path, source: source.into() },
            _ => Self::Sql { path, source },
        }
    }
}
