//! The thread that owns a connection: it answers one question after the other.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, SyncSender};

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, Statement};

use super::fault::{self, Fault};
use super::{ANSWER_WITHIN, Ask, CONNECT_WITHIN, Moment, Owned};
use crate::address::Login;
use crate::engine::Place;
use crate::{BUSY_WITHIN, Error};

/// The name under which the server's views show a ledger's connection.
const APPLICATION_NAME: &str = "seaworthy ledger";

/// The lock under which entries are appended: "seaworth" as a number. One database holds one ledger.
const WRITERS: i64 = 0x7365_6177_6f72_7468;

/// A writer that hangs within a transaction loses its turn after so many seconds, so that others may go on.
const IDLE_SECONDS: u32 = 60;

/// A batch of rows goes back when it has so many.
const BATCH_ROWS: usize = 256;

/// Or when so many bytes are in it.
const BATCH_BYTES: usize = 1024 * 1024;

/// A connection and what was prepared on it.
struct Session {
    client: Client,
    /// Drives the connection; ends with it.
    driver: JoinHandle<()>,
    prepared: HashMap<&'static str, Statement>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What the thread knows.
struct Worker {
    login: Login,
    place: Place,
    session: Option<Session>,
    /// Whether nothing may ever be written here, whatever is asked.
    is_read_only: bool,
    /// Between begin and its end nothing is said twice.
    is_within: bool,
}

/// Answers until nobody can ask any more.
pub(super) fn run(login: Login, is_read_only: bool, place: Place, asked: &Receiver<Ask>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let mut worker = Worker { login, place, session: None, is_read_only, is_within: false };
    for ask in asked {
        runtime.block_on(worker.answer(ask));
    }
}

impl Worker {
    /// Whoever asked and went away is not told.
    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Begin(moment, back) => {
                let begun = self.begin(moment).await;
                let _ = back.send(begun.map_err(|fault| self.named(fault)));
            }
            Ask::Commit(back) => {
                let committed = self.commit().await;
                let _ = back.send(committed);
            }
            Ask::RollBack(back) => {
                let ended = self.roll_back().await;
                let _ = back.send(ended.map_err(|fault| self.named(fault)));
            }
            Ask::Execute(sql, params, back) => {
                let done = self.execute(sql, &params).await;
                let _ = back.send(done.map_err(|fault| self.named(fault)));
            }
            Ask::Query(sql, params, back) => {
                if let Err(fault) = self.query(sql, &params, &back).await {
                    let _ = back.send(Err(self.named(fault)));
                }
            }
        }
    }

    /// Gives a fault its place; a connection that did not answer is not asked again.
    fn named(&mut self, fault: Fault) -> Error {
        if fault.ends_the_connection() {
            self.session = None;
        }
        fault.named(&self.place.at)
    }

    /// Begins, on a new connection when there is none, or when the one there was has been lost meanwhile.
    async fn begin(&mut self, moment: Moment) -> Result<(), Fault> {
        let had_one = self.session.is_some();
        let begun = match self.begin_once(moment).await {
            Err(fault) if had_one && fault.is_lost() => {
                self.session = None;
                self.begin_once(moment).await
            }
            other => other,
        };
        self.is_within = begun.is_ok();
        if begun.is_err() {
            // A transaction that failed to begin may be open on the server.
            self.session = None;
        }
        begun
    }

    async fn begin_once(&mut self, moment: Moment) -> Result<(), Fault> {
        let session = self.connected().await?;
        let sql = match moment {
            Moment::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            Moment::Write => format!("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITERS})"),
        };
        within(session.client.batch_execute(&sql)).await
    }

    /// The lock has ended with the transaction, and what was written is on disk; or nobody knows.
    async fn commit(&mut self) -> Result<(), Error> {
        self.is_within = false;
        let session = self.session.as_ref().ok_or_else(|| fault::lost().named(&self.place.at))?;
        let Err(fault) = within(session.client.batch_execute("COMMIT")).await else { return Ok(()) };
        let is_open = fault.ends_the_connection();
        let error = self.named(fault);
        if is_open { Err(Error::InDoubt { at: self.place.at.clone(), why: error.to_string() }) } else { Err(error) }
    }

    async fn roll_back(&mut self) -> Result<(), Fault> {
        self.is_within = false;
        let session = self.session.as_ref().ok_or_else(fault::lost)?;
        within(session.client.batch_execute("ROLLBACK")).await
    }

    async fn execute(&mut self, sql: &'static str, params: &[Owned]) -> Result<u64, Fault> {
        debug_assert!(self.is_within, "what changes something is part of a transaction");
        let session = self.session.as_mut().ok_or_else(fault::lost)?;
        let statement = session.prepared(sql).await?;
        within(session.client.execute_raw(&statement, params.iter().map(Owned::as_sql))).await
    }

    async fn query(
        &mut self,
        sql: &'static str,
        params: &[Owned],
        back: &SyncSender<Result<Vec<Row>, Error>>,
    ) -> Result<(), Fault> {
        let session = self.session.as_mut().ok_or_else(fault::lost)?;
        let statement = session.prepared(sql).await?;
        let rows = within(session.client.query_raw(&statement, params.iter().map(Owned::as_sql))).await?;
        let mut rows = pin!(rows);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(row) = within(next(rows.as_mut())).await? {
            bytes += row.raw_size_bytes();
            batch.push(row);
            if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
                bytes = 0;
                if back.send(Ok(std::mem::take(&mut batch))).is_err() {
                    return Ok(());
                }
            }
        }
        let _ = back.send(Ok(batch));
        Ok(())
    }

    async fn connected(&mut self) -> Result<&mut Session, Fault> {
        if self.session.as_ref().is_none_or(|session| session.client.is_closed()) {
            self.session = None;
            let opened = timeout(CONNECT_WITHIN, Session::open(&self.login, self.is_read_only)).await;
            self.session = Some(opened.unwrap_or(Err(Fault::Silent(CONNECT_WITHIN)))?);
        }
        self.session.as_mut().ok_or_else(fault::lost)
    }
}

impl Session {
    async fn open(login: &Login, is_read_only: bool) -> Result<Self, Fault> {
        let stream = outside::net::connect(login.at, CONNECT_WITHIN).await?;
        let mut config = login.config.clone();
        config.application_name(APPLICATION_NAME);
        let (client, connection) = config.connect_raw(stream, NoTls).await?;
        // How it ended is told by whatever is asked of the client next.
        let driver = tokio::spawn(async move { drop(connection.await) });
        let session = Self { client, driver, prepared: HashMap::new() };
        let settings = format!(
            // Without sorting, entries come in the order of their index: the first at once, however many there are.
            "SET search_path TO seaworthy; SET enable_sort TO off; SET lock_timeout TO '{}s'; SET statement_timeout TO 0; \
             SET idle_in_transaction_session_timeout TO '{IDLE_SECONDS}s'; \
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            BUSY_WITHIN.as_secs()
        );
        session.client.batch_execute(&settings).await?;
        if is_read_only {
            session.client.batch_execute("SET default_transaction_read_only TO on").await?;
        }
        Ok(session)
    }

    async fn prepared(&mut self, sql: &'static str) -> Result<Statement, Fault> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = within(self.client.prepare(sql)).await?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl Owned {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Integer(number) => number,
            Self::Text(text) => text,
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// The next row of an answer.
async fn next(mut rows: std::pin::Pin<&mut tokio_postgres::RowStream>) -> Result<Option<Row>, tokio_postgres::Error> {
    use futures_core::Stream;
    std::future::poll_fn(|context| rows.as_mut().poll_next(context)).await.transpose()
}

/// An answer within its time.
async fn within<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Fault> {
    match timeout(ANSWER_WITHIN, answer).await {
        Ok(answered) => Ok(answered?),
        Err(_) => Err(Fault::Silent(ANSWER_WITHIN)),
    }
}
