//! PostgreSQL: several machines on one ledger.
//!
//! The client library is asynchronous and the ledger is not (it is asked from within runtimes and without one), so each
//! open ledger has a thread of its own with the connection; statements go there and rows come back in batches, never all
//! at once. Writers are kept apart by an advisory lock that ends with the transaction, taken before the head is read.
//! Acknowledged is on disk: a server with `fsync` off is refused, `synchronous_commit` is switched on where it is off.
//!
//! A connection that was lost is made anew when the next transaction begins, never within one: what was not
//! acknowledged is told as such. All tables live in the schema `seaworthy`. No TLS.

mod fault;
mod worker;

use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Cell, Each, Go, MAX_COLUMNS, Moment, Param, Place, SCHEMA_VERSION};
use crate::Error;
use crate::address::Login;

/// How long a connection may take.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long the server may take for one answer, or from one row to the next. Longer than a writer waits for its turn.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Batches of rows that wait for their reader.
const BATCHES: usize = 2;

/// Which tables are there: our own and all in our schema.
const FIND_TABLES: &str = "SELECT count(*), count(*) FILTER (WHERE c.relname = 'about') FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'seaworthy' AND c.relkind IN ('r', 'p', 'v')";

const FIND_SCHEMA: &str = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'seaworthy'";

const SETTINGS: &str = "SELECT current_setting('server_encoding'), current_setting('fsync'), \
    current_setting('transaction_read_only')";

/// The tables, in the types that the common statements expect.
const TABLES: [&str; 3] = [
    "CREATE TABLE seaworthy.about(version BIGINT NOT NULL)",
    "CREATE TABLE seaworthy.entry(seq BIGINT PRIMARY KEY, at_us BIGINT NOT NULL, kind TEXT NOT NULL, \
     version BIGINT NOT NULL, body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE TABLE seaworthy.blobs(digest TEXT PRIMARY KEY, bytes BYTEA NOT NULL)",
];

/// What the thread is asked. Each question has a way back.
enum Ask {
    Begin(Moment, SyncSender<Result<(), Error>>),
    Commit(SyncSender<Result<(), Error>>),
    RollBack(SyncSender<Result<(), Error>>),
    Execute(&'static str, Vec<Owned>, SyncSender<Result<u64, Error>>),
    Query(&'static str, Vec<Owned>, SyncSender<Result<Vec<Row>, Error>>),
}

/// A parameter on its way to the thread.
#[derive(Clone, Debug)]
enum Owned {
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The thread with the connection, and the way to it.
#[derive(Debug)]
pub(crate) struct Link {
    /// `None` only while it is dropped: the end of the questions is the end of the thread.
    asks: Option<Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
    pub(super) place: Place,
}

// ===== opening =====

/// Opens for reading and writing; schema and tables are made when they are missing. The database must exist.
pub(super) fn open(login: &Login) -> Result<Link, Error> {
    let link = Link::start(login, false)?;
    link.begin(Moment::Write)?;
    let made = link.may_write().and_then(|()| link.identify()).and_then(|is_ours| match is_ours {
        true => Ok(()),
        false => link.make_tables(),
    });
    match made {
        Ok(()) => link.commit()?,
        Err(error) => {
            link.roll_back();
            return Err(error);
        }
    }
    Ok(link)
}

/// Opens for reading only.
pub(super) fn open_read_only(login: &Login) -> Result<Link, Error> {
    let link = Link::start(login, true)?;
    link.begin(Moment::Read)?;
    let identity = link.identify();
    link.roll_back();
    if identity? { Ok(link) } else { Err(Error::Missing { at: link.place.at.clone() }) }
}

impl Link {
    fn start(login: &Login, is_read_only: bool) -> Result<Self, Error> {
        let place = Place { at: login.shown.clone(), pages: 0 };
        let (asks, asked) = std::sync::mpsc::channel();
        let (login, own) = (login.clone(), place.clone());
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let thread = thread.spawn(move || worker::run(login, is_read_only, own, &asked));
        let thread = thread.map_err(|source| Error::CannotOpen { at: place.at.clone(), source: source.into() })?;
        Ok(Self { asks: Some(asks), thread: Some(thread), place })
    }

    /// Whether it is a ledger of the version known here; `false` when nothing is there yet.
    fn identify(&self) -> Result<bool, Error> {
        let (mut tables, mut own, mut found) = (0, 0, None);
        self.query(FIND_TABLES, &[], &mut |row| {
            (tables, own) = (row[0].integer().unwrap_or(0), row[1].integer().unwrap_or(0));
            Ok(Go::Stop)
        })?;
        match (tables, own) {
            (0, _) => return Ok(false),
            (_, 0) => return Err(Error::Foreign { at: self.place.at.clone() }),
            _ => {}
        }
        self.query("SELECT version FROM seaworthy.about", &[], &mut |row| {
            found = row[0].integer().max(found);
            Ok(Go::On)
        })?;
        match found {
            Some(SCHEMA_VERSION) => Ok(true),
            Some(found) if found > SCHEMA_VERSION => {
                Err(Error::Newer { at: self.place.at.clone(), found, known: SCHEMA_VERSION })
            }
            Some(found) => Err(self.place.damaged(format!("schema {found} never existed"))),
            None => Err(self.place.damaged("it does not say which schema it has")),
        }
    }

    /// Refuses a server on which acknowledged is not on disk, or not what was sent.
    fn may_write(&self) -> Result<(), Error> {
        let mut settings = Vec::new();
        self.query(SETTINGS, &[], &mut |row| {
            let words = row.iter().map(|cell| String::from_utf8_lossy(cell.text().unwrap_or_default()).into_owned());
            settings = words.collect();
            Ok(Go::Stop)
        })?;
        let at = self.place.at.clone();
        match settings.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [_, _, "on"] => Err(Error::ReadOnly { at }),
            [_, "off", _] => Err(Error::Unfit { at, why: "the server runs with fsync=off".to_owned() }),
            ["UTF8", ..] => Ok(()),
            [encoding, ..] => Err(Error::Unfit { at, why: format!("the database's encoding is {encoding}, not UTF8") }),
            [] => Err(self.place.damaged("the server does not tell its settings")),
        }
    }

    /// Within the transaction that looked: of several processes only one finds nothing there.
    fn make_tables(&self) -> Result<(), Error> {
        let mut schemas = 0;
        self.query(FIND_SCHEMA, &[], &mut |row| {
            schemas = row[0].integer().unwrap_or(0);
            Ok(Go::Stop)
        })?;
        // Whoever may not make a schema may be given one.
        if schemas == 0 {
            self.execute("CREATE SCHEMA seaworthy", &[])?;
        }
        for sql in TABLES {
            self.execute(sql, &[])?;
        }
        self.execute("INSERT INTO seaworthy.about(version) VALUES($1)", &[Param::Integer(SCHEMA_VERSION)])?;
        Ok(())
    }
}

// ===== statements =====

impl Link {
    pub(super) fn begin(&self, moment: Moment) -> Result<(), Error> {
        self.ask(|back| Ask::Begin(moment, back))
    }

    pub(super) fn commit(&self) -> Result<(), Error> {
        self.ask(Ask::Commit)
    }

    /// What fails here ends with the connection.
    pub(super) fn roll_back(&self) {
        let _ = self.ask(Ask::RollBack);
    }

    pub(super) fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.ask(|back| Ask::Execute(sql, owned(params), back))
    }

    pub(super) fn query(&self, sql: &'static str, params: &[Param<'_>], each: &mut Each<'_>) -> Result<(), Error> {
        let (back, batches) = sync_channel(BATCHES);
        self.send(Ask::Query(sql, owned(params), back))?;
        for batch in batches {
            for row in batch? {
                let columns = row.len().min(MAX_COLUMNS);
                let mut cells = [Cell::Other; MAX_COLUMNS];
                for (column, cell) in cells.iter_mut().enumerate().take(columns) {
                    *cell = cell_of(&row, column);
                }
                if each(&cells[..columns])? == Go::Stop {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn ask<T>(&self, ask: impl FnOnce(SyncSender<Result<T, Error>>) -> Ask) -> Result<T, Error> {
        let (back, answer): (_, Receiver<Result<T, Error>>) = sync_channel(1);
        self.send(ask(back))?;
        answer.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    fn send(&self, ask: Ask) -> Result<(), Error> {
        let asks = self.asks.as_ref().expect("is taken only by drop");
        asks.send(ask).map_err(|_| self.gone())
    }

    fn gone(&self) -> Error {
        Error::Unreachable { at: self.place.at.clone(), why: "its connection has ended".to_owned() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.asks = None;
        // A thread that panicked has said so already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn owned(params: &[Param<'_>]) -> Vec<Owned> {
    let owned = params.iter().map(|param| match param {
        Param::Integer(number) => Owned::Integer(*number),
        Param::Text(text) => Owned::Text((*text).to_owned()),
        Param::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
    });
    owned.collect()
}

/// A column as it is; a type that we never made is none of ours.
fn cell_of(row: &Row, column: usize) -> Cell<'_> {
    let cell = match *row.columns()[column].type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(column).map(|value| value.map(Cell::Integer)),
        Type::TEXT => row.try_get::<_, Option<&str>>(column).map(|value| value.map(|text| Cell::Text(text.as_bytes()))),
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(column).map(|value| value.map(Cell::Bytes)),
        _ => return Cell::Other,
    };
    cell.ok().flatten().unwrap_or(Cell::Other)
}
