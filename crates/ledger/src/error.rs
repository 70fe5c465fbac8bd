//! What can go wrong with a ledger: where, and what to do.

use std::net::SocketAddr;

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file to read.
    #[error("there is no ledger at {at}: run `seaworthy prove` once to begin one")]
    Missing {
        /// Where it was looked for.
        at: String,
    },
    /// The file or its directory cannot be opened or created.
    #[error("cannot open the ledger {at}: check that its directory exists and may be written")]
    CannotOpen {
        /// The ledger.
        at: String,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file may be read but not written.
    #[error("the ledger {at} or its directory is read-only: make it writable, or name another place")]
    ReadOnly {
        /// The ledger.
        at: String,
    },
    /// The file is not an SQLite database.
    #[error(
        "{at} is not a ledger (not a database), or its first bytes were changed: restore a copy, or move it away, keep it as \
         evidence, and a new one will begin"
    )]
    NotADatabase {
        /// The file.
        at: String,
    },
    /// The file is a database of somebody else.
    #[error(
        "{at} is a database of something else, or its head was changed: name another path for the ledger, or restore a copy"
    )]
    Foreign {
        /// The file.
        at: String,
    },
    /// The ledger is damaged.
    #[error("the ledger {at} is damaged ({what}): restore a copy, or move it away and keep it as evidence")]
    Damaged {
        /// The ledger.
        at: String,
        /// What was found.
        what: String,
    },
    /// The file was written by a newer version.
    #[error(
        "the ledger {at} has schema {found}, this version knows up to {known}: use a newer seaworthy, or restore a copy if \
         there is none"
    )]
    Newer {
        /// The ledger.
        at: String,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// Locks do not work on network file systems, and a ledger there would be damaged sooner or later.
    #[error(
        "the ledger {at} lies on a network file system ({kind}), where locks do not hold: use a local disk, or `ledger: postgres://..` in seaworthy.yaml"
    )]
    NetworkFileSystem {
        /// The ledger.
        at: String,
        /// The kind, as in `/proc/self/mountinfo`.
        kind: String,
    },
    /// The disk, or the ledger's own limit, is reached. Nothing was written.
    #[error("no room for the ledger {at}: free disk space{}", limit(*limit_bytes))]
    Full {
        /// The ledger.
        at: String,
        /// The largest file this ledger may become; 0 when it is no file.
        limit_bytes: u64,
    },
    /// Another process held the ledger for longer than the limit. Nothing was written.
    #[error("the ledger {at} was locked by another process for too long: try again")]
    Busy {
        /// The ledger.
        at: String,
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
    /// A kind is not 1 to 32 lower-case letters and dots, a version is below 1, or a body holds NUL. Nothing was written.
    #[error("an entry cannot have kind `{kind}` and version {version}")]
    BadEntry {
        /// The kind.
        kind: String,
        /// The version.
        version: i64,
    },
    /// A text names no place where a ledger could be.
    #[error("`{text}` is no address of a ledger: {why}")]
    NoAddress {
        /// As written, without anything that may be a password.
        text: String,
        /// Why.
        why: String,
    },
    /// The address is neither loopback nor allowed.
    #[error(
        "the ledger {shown} may not be asked: {at} is neither loopback nor allowed; name its network under `allow` of the environment"
    )]
    NotAllowed {
        /// The ledger.
        shown: String,
        /// Its address.
        at: SocketAddr,
    },
    /// The database cannot be reached, or its connection was lost. What was not acknowledged was not written.
    #[error("the ledger {at} cannot be reached ({why}): nothing more was written; check that the database runs")]
    Unreachable {
        /// The ledger.
        at: String,
        /// What happened.
        why: String,
    },
    /// The connection was lost while an append was being acknowledged.
    #[error(
        "the ledger {at} went away while it was writing ({why}): the last entries were not acknowledged and may or may not be there; `seaworthy ledger verify` shows the end"
    )]
    InDoubt {
        /// The ledger.
        at: String,
        /// What happened.
        why: String,
    },
    /// The database does not let us in.
    #[error("the ledger {at} does not let us in ({why}): check user, password, database and its limit of connections")]
    Refused {
        /// The ledger.
        at: String,
        /// What the server said.
        why: String,
    },
    /// The database would not keep what it acknowledges, or not as it was sent.
    #[error(
        "the ledger {at} cannot be kept there ({why}): an acknowledged entry could be lost; use another server or database"
    )]
    Unfit {
        /// The ledger.
        at: String,
        /// Why.
        why: String,
    },
    /// The target of a move has entries of its own.
    #[error(
        "{target} holds entries that {at} does not have (from entry {seq} on): a ledger is moved to an empty place, or to one that it was moved to before"
    )]
    Diverged {
        /// The ledger that is moved.
        at: String,
        /// Where to.
        target: String,
        /// The first entry that differs.
        seq: u64,
    },
    /// Anything else the engine said.
    #[error("the ledger {at} cannot be used")]
    Sql {
        /// The ledger.
        at: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn limit(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format!(", or move the file away (its limit is {bytes} bytes)") }
}
