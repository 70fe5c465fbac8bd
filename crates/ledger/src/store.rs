//! Appending and reading.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use crate::entry::{Stored, genesis};
use crate::schema::{self, MAX_PAGES, Place};
use crate::{Entry, Error, Head, MAX_BODY_BYTES, MAX_KIND_BYTES, NewEntry};

/// How long another process may hold the write lock before an append gives up.
pub const BUSY_WITHIN: Duration = Duration::from_secs(10);

/// The most entries of one append.
pub const MAX_APPEND: usize = 1000;

/// The most entries that one reading returns.
pub const MAX_ENTRIES: usize = 1000;

/// A reading stops after the entry with which its bodies exceed this size.
const MAX_READ_BYTES: usize = 8 * 1024 * 1024;

const COLUMNS: &str = "seq, at_us, kind, version, body, prev, hash";

/// An open ledger: one connection to one file. Any number of processes may hold one each.
#[derive(Debug)]
pub struct Ledger {
    pub(crate) connection: Connection,
    pub(crate) place: Place,
}

// ===== opening =====

impl Ledger {
    /// Opens a ledger for reading and writing; begins a new one when there is no file. Its directory is made when it
    /// is missing, with a `.gitignore` when it is the `.seaworthy` directory of a project.
    ///
    /// # Errors
    /// [`Error::NotADatabase`], [`Error::Foreign`], [`Error::Newer`], [`Error::Damaged`], [`Error::ReadOnly`],
    /// [`Error::CannotOpen`], [`Error::NetworkFileSystem`], [`Error::Full`] and [`Error::Busy`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_within(path, MAX_PAGES)
    }

    /// As [`Ledger::open`] with another largest size, in pages of [`crate::PAGE_BYTES`]. A ledger that is larger
    /// already stays readable and refuses to grow.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_within(path: &Path, pages: u64) -> Result<Self, Error> {
        make_directory(path)?;
        let place = Place { path: path.to_owned(), pages };
        Ok(Self { connection: schema::open(&place, BUSY_WITHIN)?, place })
    }

    /// Opens a ledger for reading; nothing is made or changed but the `-wal` and `-shm` files that SQLite keeps beside it.
    ///
    /// # Errors
    /// As [`Ledger::open`], and [`Error::Missing`] when there is none.
    pub fn open_read_only(path: &Path) -> Result<Self, Error> {
        let place = Place { path: path.to_owned(), pages: MAX_PAGES };
        Ok(Self { connection: schema::open_read_only(&place, BUSY_WITHIN)?, place })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.place.path
    }
}

fn make_directory(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists());
    let Some(parent) = parent else { return Ok(()) };
    let cannot = |source: outside::Error| Error::CannotOpen { path: path.to_owned(), source: source.into() };
    outside::files::make_directory(parent).map_err(cannot)?;
    if parent.ends_with(".seaworthy") {
        outside::files::write_whole(&parent.join(".gitignore"), b"*\n").map_err(cannot)?;
    }
    Ok(())
}

// ===== appending =====

impl Ledger {
    /// Appends one entry. When this returns, the entry is on disk.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Busy`], [`Error::TooLarge`], [`Error::BadEntry`], [`Error::ReadOnly`]; then nothing
    /// was appended.
    pub fn append(&mut self, kind: &str, version: i64, body: &str, at: i64) -> Result<Entry, Error> {
        let new = NewEntry { kind: kind.to_owned(), version, body: body.to_owned(), at };
        let mut entries = self.append_many(std::slice::from_ref(&new))?;
        Ok(entries.remove(0))
    }

    /// Appends entries in one transaction: all of them or none. At most [`MAX_APPEND`].
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_many(&mut self, new: &[NewEntry]) -> Result<Vec<Entry>, Error> {
        if new.len() > MAX_APPEND {
            return Err(Error::TooLarge { what: "a batch of entries", size: new.len(), limit: MAX_APPEND });
        }
        new.iter().try_for_each(sound)?;
        let place = &self.place;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(|error| place.error(error))?;
        let entries = insert(&transaction, place, new)?;
        transaction.commit().map_err(|error| place.error(error))?;
        Ok(entries)
    }
}

fn sound(new: &NewEntry) -> Result<(), Error> {
    let letters = |c: char| c.is_ascii_lowercase() || c == '.';
    let fits = !new.kind.is_empty() && new.kind.len() <= MAX_KIND_BYTES && new.kind.chars().all(letters);
    if !fits || new.version < 1 {
        return Err(Error::BadEntry { kind: new.kind.clone(), version: new.version });
    }
    if new.body.len() > MAX_BODY_BYTES {
        return Err(Error::TooLarge { what: "the body of an entry", size: new.body.len(), limit: MAX_BODY_BYTES });
    }
    Ok(())
}

fn insert(transaction: &Transaction<'_>, place: &Place, new: &[NewEntry]) -> Result<Vec<Entry>, Error> {
    let (mut seq, mut prev) = last(transaction, place)?;
    let sql = format!("INSERT INTO entry({COLUMNS}) VALUES($1, $2, $3, $4, $5, $6, $7)");
    let mut statement = transaction.prepare_cached(&sql).map_err(|error| place.error(error))?;
    let mut entries = Vec::with_capacity(new.len());
    for NewEntry { kind, version, body, at } in new {
        seq += 1;
        let stored = Stored {
            seq,
            at: *at,
            kind: kind.as_bytes(),
            version: *version,
            body: body.as_bytes(),
            prev: prev.as_bytes(),
        };
        let hash = stored.hash();
        statement.execute((seq, at, kind, version, body, &prev, &hash)).map_err(|error| place.error(error))?;
        let number = u64::try_from(seq).map_err(|_| place.damaged("its last entry has a negative number"))?;
        let (kind, body) = (kind.clone(), body.clone());
        entries.push(Entry { seq: number, at: *at, kind, version: *version, body, prev, hash: hash.clone() });
        prev = hash;
    }
    Ok(entries)
}

/// Number and hash of the last entry; 0 and the genesis when there is none.
fn last(connection: &Connection, place: &Place) -> Result<(i64, String), Error> {
    let sql = "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(|error| place.error(error))?;
    let found = statement.query_row((), |row| Ok((row.get(0)?, row.get(1)?))).optional();
    let found = found.map_err(|error| unreadable(place, error))?;
    Ok(found.unwrap_or_else(|| (0, genesis())))
}

// ===== reading =====

impl Ledger {
    /// How far the ledger goes; to be kept elsewhere as an anchor.
    ///
    /// # Errors
    /// [`Error::Damaged`] and what SQLite says.
    pub fn head(&self) -> Result<Head, Error> {
        let (seq, hash) = last(&self.connection, &self.place)?;
        let size = u64::try_from(seq).map_err(|_| self.place.damaged("its last entry has a negative number"))?;
        Ok(Head { size, hash })
    }

    /// Entries from number `from` on, in order: at most `limit`, at most [`MAX_ENTRIES`], and fewer when they are
    /// large. The next reading begins after the last one returned; an empty answer is the end.
    ///
    /// # Errors
    /// [`Error::Damaged`] when an entry cannot be read as what it should be.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        let place = &self.place;
        let limit = i64::try_from(limit.min(MAX_ENTRIES)).unwrap_or(0);
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        let sql = format!("SELECT {COLUMNS} FROM entry WHERE seq >= $1 ORDER BY seq LIMIT $2");
        let mut statement = self.connection.prepare_cached(&sql).map_err(|error| place.error(error))?;
        let mut rows = statement.query((from, limit)).map_err(|error| place.error(error))?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next().map_err(|error| place.error(error))? {
            let entry = entry(row).map_err(|error| unreadable(place, error))?;
            bytes += entry.body.len();
            entries.push(entry);
            if bytes > MAX_READ_BYTES {
                break;
            }
        }
        Ok(entries)
    }

    /// One entry by its number.
    ///
    /// # Errors
    /// As [`Ledger::entries`].
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Error> {
        let first = self.entries(seq, 1)?.into_iter().next();
        Ok(first.filter(|entry| entry.seq == seq))
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let seq = row.get::<_, i64>(0)?;
    Ok(Entry {
        seq: u64::try_from(seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, seq))?,
        at: row.get(1)?,
        kind: row.get(2)?,
        version: row.get(3)?,
        body: row.get(4)?,
        prev: row.get(5)?,
        hash: row.get(6)?,
    })
}

/// A value of another type than was written is damage, everything else is SQLite's matter.
fn unreadable(place: &Place, error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..) => place.damaged(error.to_string()),
        other => place.error(other),
    }
}
