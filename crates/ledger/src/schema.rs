//! Opening the file: whose it is, which version it has, and how it is written.
//!
//! Whose file it is gets checked before anything in it is changed, the journal mode included. Types are `BIGINT` and
//! `TEXT` only, so that the same statements will serve PostgreSQL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{Error, mount};

/// The newest shape of the tables.
pub const SCHEMA_VERSION: i64 = 1;

/// The largest ledger in pages.
pub const MAX_PAGES: u64 = 1024 * 1024;

/// The size of a page; with [`MAX_PAGES`] the largest ledger is 4 GiB.
pub const PAGE_BYTES: u64 = 4096;

/// "SEAW": says in the file's header that it is ours.
const APPLICATION_ID: i64 = 0x5345_4157;

/// Tries to switch a new file to its journal mode while other processes do the same.
const JOURNAL_ATTEMPTS: u32 = 100;

/// The journal is cut back to this size after a checkpoint.
const JOURNAL_BYTES: u64 = 16 * 1024 * 1024;

/// The longest list of mounts that is read; a longer one counts as unknown.
const MAX_MOUNTINFO_BYTES: usize = 4 * 1024 * 1024;

/// The tables; `IF NOT EXISTS` is missing on purpose: the identity check has decided already.
const TABLES: &str = "
    CREATE TABLE entry(seq INTEGER PRIMARY KEY, at_us BIGINT NOT NULL, kind TEXT NOT NULL, version BIGINT NOT NULL,
                       body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL);
    CREATE TABLE blobs(digest TEXT PRIMARY KEY, bytes BLOB NOT NULL);";

/// Where a file lies and how large it may become; turns SQLite's errors into ours.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) pages: u64,
}

impl Place {
    pub(crate) fn error(&self, source: rusqlite::Error) -> Error {
        Error::of(&self.path, self.pages.saturating_mul(PAGE_BYTES), source)
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> Error {
        Error::Damaged { path: self.path.clone(), what: what.into() }
    }
}

/// What a file's header and tables say about it.
enum Identity {
    /// Nothing in it yet.
    Empty,
    /// A ledger of the version known here.
    Ours,
}

/// Opens for reading and writing; a new file is made when there is none. The directory must exist.
pub(crate) fn open(place: &Place, busy_within: Duration) -> Result<Connection, Error> {
    refuse_network(place)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(place, flags, busy_within)?;
    look(&connection, place)?;
    write_ahead(&mut connection, place)?;
    let settings = format!(
        "PRAGMA synchronous=FULL; PRAGMA journal_size_limit={JOURNAL_BYTES}; PRAGMA max_page_count={};",
        place.pages
    );
    connection.execute_batch(&settings).map_err(|error| place.error(error))?;
    begin(&mut connection, place)?;
    Ok(connection)
}

/// Opens for reading only; the ledger is neither made nor changed.
pub(crate) fn open_read_only(place: &Place, busy_within: Duration) -> Result<Connection, Error> {
    refuse_network(place)?;
    if !place.path.exists() {
        return Err(Error::Missing { path: place.path.clone() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(place, flags, busy_within)?;
    match look(&connection, place)? {
        Identity::Ours => Ok(connection),
        Identity::Empty => Err(Error::Missing { path: place.path.clone() }),
    }
}

fn refuse_network(place: &Place) -> Result<(), Error> {
    let mounts = outside::files::read_text(Path::new("/proc/self/mountinfo"), MAX_MOUNTINFO_BYTES).unwrap_or_default();
    let directory = place.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    match mount::network_kind(&mounts, &directory) {
        Some(kind) => Err(Error::NetworkFileSystem { path: place.path.clone(), kind }),
        None => Ok(()),
    }
}

fn connect(place: &Place, flags: OpenFlags, busy_within: Duration) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(&place.path, flags).map_err(|error| place.error(error))?;
    connection.busy_timeout(busy_within).map_err(|error| place.error(error))?;
    Ok(connection)
}

/// Identifies a file as it is at one moment: between two questions another process may make its tables.
fn look(connection: &Connection, place: &Place) -> Result<Identity, Error> {
    let moment = connection.unchecked_transaction().map_err(|error| place.error(error))?;
    identify(&moment, place)
}

/// Whose file this is; the connection is within a transaction.
fn identify(connection: &Connection, place: &Place) -> Result<Identity, Error> {
    let number =
        |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).map_err(|error| place.error(error));
    let owner = number("SELECT application_id FROM pragma_application_id")?;
    let version = number("SELECT user_version FROM pragma_user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_master")?;
    match (owner, version, tables) {
        (APPLICATION_ID, SCHEMA_VERSION, _) => Ok(Identity::Ours),
        (APPLICATION_ID, found, _) if found > SCHEMA_VERSION => {
            Err(Error::Newer { path: place.path.clone(), found, known: SCHEMA_VERSION })
        }
        (APPLICATION_ID, found, _) => Err(place.damaged(format!("schema {found} never existed"))),
        (0, 0, 0) => Ok(Identity::Empty),
        _ => Err(Error::Foreign { path: place.path.clone() }),
    }
}

/// Switches to write-ahead logging. SQLite does not wait for this lock by itself, so between two tries we wait for
/// the write lock, which it does wait for.
fn write_ahead(connection: &mut Connection, place: &Place) -> Result<(), Error> {
    for _ in 0..JOURNAL_ATTEMPTS {
        match connection.query_row("PRAGMA journal_mode=WAL", (), |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(place.damaged(format!("its journal mode stays {mode}"))),
            Err(error) if is_busy(&error) => wait_for_lock(connection, place)?,
            Err(error) => return Err(place.error(error)),
        }
    }
    Err(Error::Busy { path: place.path.clone() })
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

fn wait_for_lock(connection: &mut Connection, place: &Place) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    match transaction.and_then(rusqlite::Transaction::commit) {
        Ok(()) => Ok(()),
        Err(error) if is_busy(&error) => Ok(()),
        Err(error) => Err(place.error(error)),
    }
}

/// Makes the tables in one transaction when they are not there; of several processes only one does.
fn begin(connection: &mut Connection, place: &Place) -> Result<(), Error> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| place.error(error))?;
    if let Identity::Empty = identify(&transaction, place)? {
        let owner = format!("PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION};");
        transaction.execute_batch(TABLES).map_err(|error| place.error(error))?;
        transaction.execute_batch(&owner).map_err(|error| place.error(error))?;
    }
    transaction.commit().map_err(|error| place.error(error))
}
