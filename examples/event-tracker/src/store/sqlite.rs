//! SQLite: a file that several processes share.
//!
//! WAL with `synchronous = FULL`: a commit that returned survives the process and the power. SQLite takes one writer at a
//! time and lets the others sleep and ask again, which is unfair; so the writers of one process queue up in front of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params_from_iter};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::{Cell, Row, Statement, StoreError};

/// How long SQLite waits for another process that writes.
const BUSY_FOR: Duration = Duration::from_secs(2);

/// How often opening is tried: the switch to WAL does not wait for a process that does the same.
const OPEN_ATTEMPTS: u32 = 40;

/// The pause between two of them.
const OPEN_PAUSE: Duration = Duration::from_millis(10);

/// The file, and the queue of this process in front of it.
#[derive(Clone)]
pub(super) struct Database {
    path: PathBuf,
    /// Whose turn it is to write. A fair asynchronous lock, held for one transaction.
    turn: Arc<Mutex<()>>,
}

impl Database {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, turn: Arc::default() }
    }

    /// A connection that waits for other writers and syncs every commit.
    pub(super) async fn open(&self) -> Result<Connection, StoreError> {
        let mut attempts = 1;
        loop {
            let path = self.path.clone();
            match spawn_blocking(move || open(&path)).await? {
                Ok(connection) => return Ok(connection),
                Err(error) if is_busy(&error) && attempts < OPEN_ATTEMPTS => attempts += 1,
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(OPEN_PAUSE).await;
        }
    }

    /// Runs the statements in one transaction, and gives the connection back with what came of it.
    pub(super) async fn write(
        &self,
        mut connection: Connection,
        statements: Vec<Statement>,
    ) -> Result<(Connection, rusqlite::Result<Vec<u64>>), StoreError> {
        let turn = self.turn.clone().lock_owned().await;
        let work = move || {
            let counts = write(&mut connection, &statements);
            drop(turn);
            (connection, counts)
        };
        Ok(spawn_blocking(work).await?)
    }
}

/// Runs one statement for its rows, and gives the connection back with them.
pub(super) async fn read(
    connection: Connection,
    statement: Statement,
) -> Result<(Connection, rusqlite::Result<Vec<Row>>), StoreError> {
    let work = move || {
        let rows = rows(&connection, &statement);
        (connection, rows)
    };
    Ok(spawn_blocking(work).await?)
}

fn open(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_FOR)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn write(connection: &mut Connection, statements: &[Statement]) -> rusqlite::Result<Vec<u64>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut counts = Vec::with_capacity(statements.len());
    for statement in statements {
        let mut prepared = transaction.prepare_cached(statement.sql)?;
        counts.push(prepared.execute(params_from_iter(statement.values.iter()))? as u64);
    }
    transaction.commit()?;
    Ok(counts)
}

fn rows(connection: &Connection, statement: &Statement) -> rusqlite::Result<Vec<Row>> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    let columns = prepared.column_count();
    let rows = prepared.query_map(params_from_iter(statement.values.iter()), |row| {
        let cells: rusqlite::Result<Vec<Cell>> = (0..columns).map(|column| Ok(cell(row.get_ref(column)?))).collect();
        cells.map(Row)
    })?;
    rows.collect()
}

/// A value of ours; NULL and binary values do not occur in our tables and read as an empty text.
fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Real(_) | ValueRef::Null | ValueRef::Blob(_) => Cell::Text(String::new()),
    }
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Integer(number) => number.to_sql(),
        }
    }
}
