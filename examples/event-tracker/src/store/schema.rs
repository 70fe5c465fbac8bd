//! The tables, and which version of them a database holds.
//!
//! There is one version so far. A database of a later version is refused: an older program would write what the newer
//! one no longer understands.

use std::time::{Duration, Instant};

use super::{Pool, Statement, StoreError};

/// The version that this program writes.
pub(crate) const SCHEMA_VERSION: i64 = 1;

/// How long a start goes on trying: several processes may create the tables at once, PostgreSQL lets one of two fail,
/// and a slow disk takes longer for it than a caller would wait for a request.
const PREPARED_WITHIN: Duration = Duration::from_secs(8);

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

const TABLES: [&str; 8] = [
    "CREATE TABLE IF NOT EXISTS users
       (email TEXT PRIMARY KEY, salt TEXT NOT NULL, hash TEXT NOT NULL, at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS events
       (id TEXT NOT NULL, user_id TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, score BIGINT NOT NULL,
        at BIGINT NOT NULL, PRIMARY KEY (id, user_id))",
    "CREATE TABLE IF NOT EXISTS failed_events
       (id TEXT NOT NULL, user_id TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, reason TEXT NOT NULL,
        at BIGINT NOT NULL, PRIMARY KEY (id, user_id))",
    "CREATE TABLE IF NOT EXISTS outbox
       (id TEXT PRIMARY KEY, recipient TEXT NOT NULL, tries BIGINT NOT NULL, due BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due)",
    "CREATE TABLE IF NOT EXISTS searchers (client TEXT PRIMARY KEY, at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS searches (client TEXT NOT NULL, at BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS searches_client_at ON searches (client, at)",
];

/// What the list of a user's latest events is read by.
const EVENTS_INDEX: &str = "CREATE INDEX IF NOT EXISTS events_user_at ON events (user_id, at)";

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
const VERSION_ROW: &str = "INSERT INTO schema_version (version)
                           SELECT CAST($1 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM schema_version)";
const VERSION_READ: &str = "SELECT version FROM schema_version ORDER BY version DESC LIMIT 1";

/// Whether the index of events is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventsIndex {
    /// As it should be.
    Wanted,
    /// Forgotten.
    Forgotten,
}

impl Pool {
    /// Creates the tables where they are missing. Refuses a database of a later version.
    pub(crate) async fn prepare(&self, index: EventsIndex) -> Result<(), StoreError> {
        let deadline = Instant::now() + PREPARED_WITHIN;
        loop {
            match self.prepare_once(index).await {
                Err(StoreError::Newer { found, known }) => return Err(StoreError::Newer { found, known }),
                Err(_) if Instant::now() < deadline => {}
                done => return done,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn prepare_once(&self, index: EventsIndex) -> Result<(), StoreError> {
        let mut lease = self.lease().await?;
        lease.write(vec![Statement::new(VERSION_TABLE, [])]).await?;
        let found = lease.read(Statement::new(VERSION_READ, [])).await?;
        if let Some(found) = found.first().map(|row| row.integer(0)).filter(|found| *found > SCHEMA_VERSION) {
            return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
        }
        let mut statements: Vec<Statement> = TABLES.into_iter().map(|sql| Statement::new(sql, [])).collect();
        if index == EventsIndex::Wanted {
            statements.push(Statement::new(EVENTS_INDEX, []));
        }
        statements.push(Statement::new(VERSION_ROW, [SCHEMA_VERSION.into()]));
        lease.write(statements).await.map(drop)
    }

    /// The version that the database says it has. Asks it now.
    pub(crate) async fn version(&self) -> Result<i64, StoreError> {
        let rows = self.lease().await?.read(Statement::new(VERSION_READ, [])).await?;
        Ok(rows.first().map_or(0, |row| row.integer(0)))
    }
}
