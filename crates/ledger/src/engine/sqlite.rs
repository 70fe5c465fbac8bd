//! SQLite: whose file it is, which version it has, and how it is written.
//!
//! Whose file it is gets checked before anything in it is changed, the journal mode included. Writers are kept apart by
//! `BEGIN IMMEDIATE`. Acknowledged is on disk: write-ahead log with full sync.

use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Row, ToSql, params_from_iter};

use super::{Cell, Each, Go, MAX_COLUMNS, Moment, Param, Place, SCHEMA_VERSION};
use crate::{BUSY_WITHIN, Error, PAGE_BYTES, mount};

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

/// A connection to one file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    pub(super) place: Place,
}

/// What a file's header and tables say about it.
enum Identity {
    /// Nothing in it yet.
    Empty,
    /// A ledger of the version known here.
    Ours,
}

impl Place {
    /// Gives an SQLite error the name that people can act on.
    fn sqlite(&self, source: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode;
        let at = self.at.clone();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Error::NotADatabase { at },
            Some(ErrorCode::DatabaseCorrupt) => Error::Damaged { at, what: source.to_string() },
            Some(ErrorCode::DiskFull) => Error::Full { at, limit_bytes: self.pages.saturating_mul(PAGE_BYTES) },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy { at },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::ReadOnly { at },
            Some(ErrorCode::CannotOpen) => Error::CannotOpen { at, source: source.into() },
            _ => Error::Sql { at, source: source.into() },
        }
    }
}

// ===== opening =====

/// Opens for reading and writing; a new file is made when there is none. The directory must exist.
pub(super) fn open(path: &Path, pages: u64) -> Result<Sqlite, Error> {
    refuse_network(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = connect(path, flags, pages)?;
    sqlite.look()?;
    sqlite.write_ahead()?;
    let settings = format!(
        "PRAGMA synchronous=FULL; PRAGMA journal_size_limit={JOURNAL_BYTES}; PRAGMA max_page_count={};",
        sqlite.place.pages
    );
    sqlite.batch(&settings)?;
    sqlite.make_tables()?;
    Ok(sqlite)
}

/// Opens for reading only; the ledger is neither made nor changed.
pub(super) fn open_read_only(path: &Path, pages: u64) -> Result<Sqlite, Error> {
    refuse_network(path)?;
    if !path.exists() {
        return Err(Error::Missing { at: path.display().to_string() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = connect(path, flags, pages)?;
    match sqlite.look()? {
        Identity::Ours => Ok(sqlite),
        Identity::Empty => Err(Error::Missing { at: sqlite.place.at }),
    }
}

/// Refuses a path on a network file system, whether there is a file or not.
fn refuse_network(path: &Path) -> Result<(), Error> {
    let mounts = outside::files::read_text(Path::new("/proc/self/mountinfo"), MAX_MOUNTINFO_BYTES).unwrap_or_default();
    match mount::network_kind(&mounts, &directory_of(path)) {
        Some(kind) => Err(Error::NetworkFileSystem { at: path.display().to_string(), kind }),
        None => Ok(()),
    }
}

fn directory_of(path: &Path) -> PathBuf {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    directory.canonicalize().unwrap_or_else(|_| directory.to_owned())
}

fn connect(path: &Path, flags: OpenFlags, pages: u64) -> Result<Sqlite, Error> {
    let place = Place { at: path.display().to_string(), pages };
    let connection = Connection::open_with_flags(path, flags).map_err(|error| place.sqlite(error))?;
    connection.busy_timeout(BUSY_WITHIN).map_err(|error| place.sqlite(error))?;
    Ok(Sqlite { connection, place })
}

impl Sqlite {
    /// Identifies a file as it is at one moment: between two questions another process may make its tables.
    fn look(&self) -> Result<Identity, Error> {
        self.begin(Moment::Read)?;
        let identity = self.identify();
        self.roll_back();
        identity
    }

    /// Whose file this is, within a transaction.
    fn identify(&self) -> Result<Identity, Error> {
        let number = |sql: &str| {
            let read = self.connection.query_row(sql, (), |row| row.get::<_, i64>(0));
            read.map_err(|error| self.place.sqlite(error))
        };
        let owner = number("SELECT application_id FROM pragma_application_id")?;
        let version = number("SELECT user_version FROM pragma_user_version")?;
        let tables = number("SELECT count(*) FROM sqlite_master")?;
        match (owner, version, tables) {
            (APPLICATION_ID, SCHEMA_VERSION, _) => Ok(Identity::Ours),
            (APPLICATION_ID, found, _) if found > SCHEMA_VERSION => {
                Err(Error::Newer { at: self.place.at.clone(), found, known: SCHEMA_VERSION })
            }
            (APPLICATION_ID, found, _) => Err(self.place.damaged(format!("schema {found} never existed"))),
            (0, 0, 0) => Ok(Identity::Empty),
            _ => Err(Error::Foreign { at: self.place.at.clone() }),
        }
    }

    /// Switches to write-ahead logging. SQLite does not wait for this lock by itself, so between two tries we wait for
    /// the write lock, which it does wait for.
    fn write_ahead(&self) -> Result<(), Error> {
        for _ in 0..JOURNAL_ATTEMPTS {
            match self.connection.query_row("PRAGMA journal_mode=WAL", (), |row| row.get::<_, String>(0)) {
                Ok(mode) if mode == "wal" => return Ok(()),
                Ok(mode) => return Err(self.place.damaged(format!("its journal mode stays {mode}"))),
                Err(error) => match self.place.sqlite(error) {
                    Error::Busy { .. } => self.wait_for_lock()?,
                    other => return Err(other),
                },
            }
        }
        Err(Error::Busy { at: self.place.at.clone() })
    }

    fn wait_for_lock(&self) -> Result<(), Error> {
        match self.begin(Moment::Write).and_then(|()| self.commit()) {
            Ok(()) | Err(Error::Busy { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the tables in one transaction when they are not there; of several processes only one does.
    fn make_tables(&self) -> Result<(), Error> {
        self.begin(Moment::Write)?;
        let made = self.identify().and_then(|identity| match identity {
            Identity::Ours => Ok(()),
            Identity::Empty => {
                let owner = format!("PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION};");
                self.batch(TABLES).and_then(|()| self.batch(&owner))
            }
        });
        match made {
            Ok(()) => self.commit(),
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    fn batch(&self, sql: &str) -> Result<(), Error> {
        self.connection.execute_batch(sql).map_err(|error| self.place.sqlite(error))
    }

    pub(super) fn check_structure(&self) -> Result<(), Error> {
        let found = self.connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get::<_, String>(0));
        match found.map_err(|error| self.place.sqlite(error))? {
            sound if sound == "ok" => Ok(()),
            what => Err(self.place.damaged(what.replace('\n', " "))),
        }
    }
}

// ===== statements =====

impl Sqlite {
    pub(super) fn begin(&self, moment: Moment) -> Result<(), Error> {
        self.batch(match moment {
            Moment::Read => "BEGIN DEFERRED",
            Moment::Write => "BEGIN IMMEDIATE",
        })
    }

    pub(super) fn commit(&self) -> Result<(), Error> {
        self.batch("COMMIT").inspect_err(|_| self.roll_back())
    }

    /// What fails here has been rolled back by SQLite itself already.
    pub(super) fn roll_back(&self) {
        let _ = self.batch("ROLLBACK");
    }

    pub(super) fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        let run = || self.connection.prepare_cached(sql)?.execute(params_from_iter(params));
        Ok(run().map_err(|error| self.place.sqlite(error))? as u64)
    }

    pub(super) fn query(&self, sql: &'static str, params: &[Param<'_>], each: &mut Each<'_>) -> Result<(), Error> {
        let named = |error| self.place.sqlite(error);
        let mut statement = self.connection.prepare_cached(sql).map_err(named)?;
        let columns = statement.column_count().min(MAX_COLUMNS);
        let mut rows = statement.query(params_from_iter(params)).map_err(named)?;
        while let Some(row) = rows.next().map_err(named)? {
            let mut cells = [Cell::Other; MAX_COLUMNS];
            for (column, cell) in cells.iter_mut().enumerate().take(columns) {
                *cell = cell_of(row, column);
            }
            if each(&cells[..columns])? == Go::Stop {
                break;
            }
        }
        Ok(())
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn cell_of<'r>(row: &'r Row<'_>, column: usize) -> Cell<'r> {
    match row.get_ref(column) {
        Ok(ValueRef::Integer(number)) => Cell::Integer(number),
        Ok(ValueRef::Text(bytes)) => Cell::Text(bytes),
        Ok(ValueRef::Blob(bytes)) => Cell::Bytes(bytes),
        Ok(ValueRef::Null | ValueRef::Real(_)) | Err(_) => Cell::Other,
    }
}
