//! Eight connections, a deadline on getting one, and a deadline on what is done with it.
//!
//! A connection that fails in the middle is thrown away and a new one opened by whoever needs it next. A lease gives
//! its place back when it is dropped.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Row, Statement, StoreError, postgres, sqlite};

/// Connections of one process.
const CONNECTIONS: usize = 8;

/// How long a caller waits for a free connection before it is told to come back.
const CHECKOUT_WITHIN: Duration = Duration::from_millis(500);

/// How long one transaction may take.
const DONE_WITHIN: Duration = Duration::from_secs(2);

/// The pool; clones share it.
#[derive(Clone)]
pub(crate) struct Pool {
    engine: Engine,
    places: Arc<Semaphore>,
    idle: Idle,
}

/// Open connections that nobody uses. A plain lock: held only to push or pop, never while waiting.
type Idle = Arc<Mutex<Vec<Connection>>>;

#[derive(Clone)]
enum Engine {
    Sqlite(sqlite::Database),
    Postgres(Box<tokio_postgres::Config>),
}

enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Session),
}

impl Pool {
    /// The file `tracker.db` in this directory, shared with other processes.
    pub(crate) fn sqlite(directory: &Path) -> Self {
        Self::of(Engine::Sqlite(sqlite::Database::new(directory.join("tracker.db"))))
    }

    /// The PostgreSQL of this address.
    pub(crate) fn postgres(url: &str) -> Result<Self, StoreError> {
        let mut config: tokio_postgres::Config = url.parse()?;
        config.connect_timeout(CHECKOUT_WITHIN);
        Ok(Self::of(Engine::Postgres(Box::new(config))))
    }

    fn of(engine: Engine) -> Self {
        Self { engine, places: Arc::new(Semaphore::new(CONNECTIONS)), idle: Idle::default() }
    }

    /// A connection for the caller alone.
    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        timeout(CHECKOUT_WITHIN, self.checkout()).await.map_err(|_| StoreError::Busy)?
    }

    async fn checkout(&self) -> Result<Lease, StoreError> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| StoreError::Busy)?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Lease { connection: Some(connection), engine: self.engine.clone(), idle: self.idle.clone(), _place: place })
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(Connection::is_open)
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        match &self.engine {
            Engine::Sqlite(database) => Ok(Connection::Sqlite(database.open().await?)),
            Engine::Postgres(config) => Ok(Connection::Postgres(postgres::Session::open(config).await?)),
        }
    }
}

impl Connection {
    fn is_open(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(session) => session.is_open(),
        }
    }
}

/// A connection checked out of the pool.
pub(crate) struct Lease {
    connection: Option<Connection>,
    engine: Engine,
    idle: Idle,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    /// Runs all statements in one transaction, durable when this returns, and tells how many rows each touched.
    pub(crate) async fn write(&mut self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreError> {
        timeout(DONE_WITHIN, self.write_unbounded(statements)).await.map_err(|_| StoreError::Late)?
    }

    /// Runs one statement and gives its rows.
    pub(crate) async fn read(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        timeout(DONE_WITHIN, self.read_unbounded(statement)).await.map_err(|_| StoreError::Late)?
    }

    // In both, the connection is out of the lease while it works, so that one whose work is abandoned or fails on the
    // way is closed instead of being handed to the next caller in an unknown state.

    async fn write_unbounded(&mut self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreError> {
        match self.connection.take() {
            Some(Connection::Sqlite(connection)) => {
                let Engine::Sqlite(database) = &self.engine else { return Err(StoreError::Busy) };
                let (connection, counts) = database.write(connection, statements).await?;
                self.connection = Some(Connection::Sqlite(connection));
                Ok(counts?)
            }
            Some(Connection::Postgres(mut session)) => {
                let counts = session.write(&statements).await?;
                self.connection = Some(Connection::Postgres(session));
                Ok(counts)
            }
            None => Err(StoreError::Busy),
        }
    }

    async fn read_unbounded(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match self.connection.take() {
            Some(Connection::Sqlite(connection)) => {
                let (connection, rows) = sqlite::read(connection, statement).await?;
                self.connection = Some(Connection::Sqlite(connection));
                Ok(rows?)
            }
            Some(Connection::Postgres(session)) => {
                let rows = session.read(&statement).await?;
                self.connection = Some(Connection::Postgres(session));
                Ok(rows)
            }
            None => Err(StoreError::Busy),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ninth_caller_is_told_to_come_back_and_served_once_a_place_is_free() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let pool = Pool::sqlite(directory.path());
        let mut leases = Vec::new();
        for _ in 0..CONNECTIONS {
            leases.push(pool.lease().await.expect("is free"));
        }
        assert!(matches!(pool.lease().await, Err(StoreError::Busy)));
        leases.pop();
        assert!(pool.lease().await.is_ok());
    }

    #[tokio::test]
    async fn one_bad_statement_undoes_its_whole_transaction() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let pool = Pool::sqlite(directory.path());
        let mut lease = pool.lease().await.expect("is free");
        lease.write(vec![Statement::new("CREATE TABLE t (n BIGINT NOT NULL)", [])]).await.expect("is made");
        let insert = || Statement::new("INSERT INTO t (n) VALUES ($1)", [1.into()]);
        let bad = Statement::new("INSERT INTO nowhere (n) VALUES ($1)", [1.into()]);
        assert!(lease.write(vec![insert(), bad]).await.is_err());
        assert_eq!(lease.write(vec![insert()]).await.expect("works on"), [1]);
        let rows = lease.read(Statement::new("SELECT COUNT(*) FROM t", [])).await.expect("counts");
        assert_eq!(rows[0].integer(0), 1);
    }
}
