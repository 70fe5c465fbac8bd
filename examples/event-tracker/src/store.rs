//! The database: a handful of statements that SQLite and PostgreSQL both understand, on a small pool of connections.
//!
//! Every statement is written once. Parameters are `$1`, `$2`, .. and appear in that order, because SQLite numbers them
//! by first appearance. Values are texts and whole numbers. There is no row mapping and no query builder: the tables are
//! few, and what runs can be read where it is asked for.

mod pool;
mod postgres;
mod schema;
mod sqlite;

pub(crate) use pool::{Lease, Pool};
pub(crate) use schema::{EventsIndex, SCHEMA_VERSION};

/// One value of a statement or a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// TEXT.
    Text(String),
    /// BIGINT.
    Integer(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A row, in the order of the selected columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Cell>);

impl Row {
    /// A column that holds text; empty when it does not.
    pub(crate) fn text(&self, column: usize) -> &str {
        match self.0.get(column) {
            Some(Cell::Text(text)) => text,
            Some(Cell::Integer(_)) | None => "",
        }
    }

    /// A column that holds a whole number; 0 when it does not.
    pub(crate) fn integer(&self, column: usize) -> i64 {
        match self.0.get(column) {
            Some(Cell::Integer(number)) => *number,
            Some(Cell::Text(_)) | None => 0,
        }
    }
}

/// A statement with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    sql: &'static str,
    values: Vec<Cell>,
}

impl Statement {
    /// A statement; as many values as it has parameters.
    pub(crate) fn new<const N: usize>(sql: &'static str, values: [Cell; N]) -> Self {
        Self { sql, values: values.into() }
    }
}

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection became free in time.
    #[error("all database connections are in use")]
    Busy,
    /// Not in time.
    #[error("the database did not answer in time")]
    Late,
    /// SQLite says no.
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL says no.
    #[error("postgres: {}", with_source(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The work ended without a result.
    #[error("the database worker stopped: {0}")]
    Worker(#[from] tokio::task::JoinError),
    /// The tables were made by a later version of this program.
    #[error("the database has schema {found}, this program knows up to {known}")]
    Newer {
        /// What the database says.
        found: i64,
        /// What this program knows.
        known: i64,
    },
}

/// The driver's own text says only "db error"; what happened is one level below.
fn with_source(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
