//! The two engines behind one set of statements.
//!
//! A statement is written once, in what SQLite and PostgreSQL both understand: `$1, $2, ..` in the order of their first
//! use, `BIGINT` and `TEXT`, `ON CONFLICT`, `ORDER BY .. LIMIT`. What differs is here and nowhere else: how a
//! transaction begins (and so how writers are kept apart), how the tables are made, and what an error is called.

mod postgres;
mod sqlite;

pub use postgres::{ANSWER_WITHIN, CONNECT_WITHIN};

use crate::address::{Address, Kind};
use crate::{Error, MAX_PAGES};

/// The newest shape of the tables.
pub const SCHEMA_VERSION: i64 = 1;

/// The most columns that a statement reads.
const MAX_COLUMNS: usize = 8;

/// Where a ledger is and how large it may become; gives errors their place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// For people; holds no secret.
    pub(crate) at: String,
    /// The largest file, in pages; only SQLite has such a limit.
    pub(crate) pages: u64,
}

impl Place {
    pub(crate) fn damaged(&self, what: impl Into<String>) -> Error {
        Error::Damaged { at: self.at.clone(), what: what.into() }
    }
}

/// What a statement is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param<'p> {
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'p str),
    /// Bytes.
    Bytes(&'p [u8]),
}

/// What a statement reads, as it is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'r> {
    /// A whole number.
    Integer(i64),
    /// Text; whether it is UTF-8 is not said.
    Text(&'r [u8]),
    /// Bytes.
    Bytes(&'r [u8]),
    /// Anything else: nothing, a fraction, a type that we never wrote.
    Other,
}

impl<'r> Cell<'r> {
    pub(crate) fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(number),
            Self::Text(_) | Self::Bytes(_) | Self::Other => None,
        }
    }

    pub(crate) fn text(self) -> Option<&'r [u8]> {
        match self {
            Self::Text(bytes) => Some(bytes),
            Self::Integer(_) | Self::Bytes(_) | Self::Other => None,
        }
    }

    pub(crate) fn bytes(self) -> Option<&'r [u8]> {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) => Some(bytes),
            Self::Integer(_) | Self::Other => None,
        }
    }
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// One consistent reading, however long it takes; writers go on.
    Read,
    /// One writer at a time: it waits for its turn before it reads the head.
    Write,
}

/// Whether a reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    /// To the next row.
    On,
    /// No further.
    Stop,
}

/// Takes one row after the other.
pub(crate) type Each<'e> = dyn FnMut(&[Cell<'_>]) -> Result<Go, Error> + 'e;

/// An open ledger of either kind.
#[derive(Debug)]
pub(crate) enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Link),
}

impl Engine {
    /// Opens for reading and writing; what is missing is made.
    pub(crate) fn open(address: &Address, pages: u64) -> Result<Self, Error> {
        match &address.0 {
            Kind::File(path) => Ok(Self::Sqlite(sqlite::open(path, pages)?)),
            Kind::Postgres(login) => Ok(Self::Postgres(postgres::open(login)?)),
        }
    }

    /// Opens for reading; nothing is made.
    pub(crate) fn open_read_only(address: &Address) -> Result<Self, Error> {
        match &address.0 {
            Kind::File(path) => Ok(Self::Sqlite(sqlite::open_read_only(path, MAX_PAGES)?)),
            Kind::Postgres(login) => Ok(Self::Postgres(postgres::open_read_only(login)?)),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Sqlite(sqlite) => &sqlite.place,
            Self::Postgres(link) => &link.place,
        }
    }

    /// Does something in one transaction: all of it or nothing. On PostgreSQL and SQLite alike, what was committed is on
    /// disk when this returns.
    pub(crate) fn within<T>(&self, moment: Moment, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin(moment)?,
            Self::Postgres(link) => link.begin(moment)?,
        }
        let done = work();
        match (self, &done) {
            (Self::Sqlite(sqlite), Ok(_)) => sqlite.commit()?,
            (Self::Postgres(link), Ok(_)) => link.commit()?,
            (Self::Sqlite(sqlite), Err(_)) => sqlite.roll_back(),
            (Self::Postgres(link), Err(_)) => link.roll_back(),
        }
        done
    }

    /// Changes something; the number of rows. Only within a transaction.
    pub(crate) fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.execute(sql, params),
            Self::Postgres(link) => link.execute(sql, params),
        }
    }

    /// Reads row after row, never all of them at once.
    pub(crate) fn query(&self, sql: &'static str, params: &[Param<'_>], each: &mut Each<'_>) -> Result<(), Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.query(sql, params, each),
            Self::Postgres(link) => link.query(sql, params, each),
        }
    }

    /// Whether the engine's own structure is sound; what it found when it is not.
    pub(crate) fn check_structure(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.check_structure(),
            // The server has its own checksums, which a client cannot run.
            Self::Postgres(_) => Ok(()),
        }
    }
}
