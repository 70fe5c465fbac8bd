//! Asking an SQLite file: opened for reading only, with `query_only`, and interrupted at the deadline.
//!
//! A file with a write-ahead log that nobody has open is read as immutable, because SQLite would else leave its
//! `-wal` and `-shm` files beside it, under our user, where the system under test may not be able to open them. Should
//! somebody have opened it meanwhile, it is read again in the ordinary way.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use evidence::Value;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle, OpenFlags, Row};
use tokio::time::{Instant, interval, sleep_until};

use super::{Database, Rows};
use crate::sight::number;
use crate::{Error, World};

/// Past the deadline the query is interrupted this often, since an interrupt between two statements is lost.
const INTERRUPT_EVERY: Duration = Duration::from_millis(10);

/// The part of an SQLite file's header that is read, and the place and value in it that say that its log is written
/// ahead (file format, chapter 1.3).
const HEADER_BYTES: usize = 20;
const WRITE_VERSION: usize = 18;
const WRITE_AHEAD: u8 = 2;

/// Asks, in a thread of its own.
pub(super) async fn ask(probe: &Database, query: &str, world: &World) -> Result<Rows, Error> {
    let missing = || Error::NotHere { component: probe.component.to_string(), what: "file" };
    let file = world.directory.join(world.files.get(&probe.component).ok_or_else(missing)?);
    let deadline = Instant::now() + probe.within;
    let current = Current::default();
    let (query, within, running) = (query.to_owned(), probe.within, current.clone());
    let mut asking = tokio::task::spawn_blocking(move || read(&file, &query, within, &running));
    tokio::select! {
        rows = &mut asking => return rows.map_err(|_| Error::CutShort)?,
        () = sleep_until(deadline) => {}
    }
    let mut again = interval(INTERRUPT_EVERY);
    while !asking.is_finished() {
        again.tick().await;
        current.interrupt();
    }
    match asking.await.map_err(|_| Error::CutShort)? {
        Ok(rows) => Ok(rows),
        Err(_) => Err(Error::TimedOut(probe.within)),
    }
}

/// How to interrupt the connection that is asking now.
#[derive(Clone, Default)]
struct Current {
    /// Held only to exchange it or to interrupt, never while a query runs.
    handle: Arc<Mutex<Option<InterruptHandle>>>,
}

impl Current {
    fn is(&self, connection: &Connection) {
        *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection.get_interrupt_handle());
    }

    fn interrupt(&self) {
        if let Some(handle) = &*self.handle.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
    }
}

fn read(file: &Path, query: &str, within: Duration, current: &Current) -> Result<Rows, Error> {
    if let Some(before) = at_rest(file) {
        let rows = open_immutable(file).and_then(|connection| run(connection, query, within, current));
        if at_rest(file) == Some(before) {
            return rows;
        }
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    run(Connection::open_with_flags(file, flags)?, query, within, current)
}

/// Length and time of change of a file whose log is written ahead and empty; `None` for any other.
fn at_rest(file: &Path) -> Option<(u64, SystemTime)> {
    let mut header = [0; HEADER_BYTES];
    File::open(file).and_then(|mut file| file.read_exact(&mut header)).ok()?;
    let log = beside(file, "-wal");
    let idle = header[WRITE_VERSION] == WRITE_AHEAD && !log.exists() && !beside(file, "-shm").exists();
    let about = idle.then(|| std::fs::metadata(file).ok()).flatten()?;
    Some((about.len(), about.modified().ok()?))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn open_immutable(file: &Path) -> Result<Connection, Error> {
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?)
}

fn run(connection: Connection, query: &str, within: Duration, current: &Current) -> Result<Rows, Error> {
    connection.busy_timeout(within)?;
    connection.execute_batch("PRAGMA query_only=ON")?;
    current.is(&connection);
    let mut statement = connection.prepare(query)?;
    // SQLite calls every `journal_mode` a writing one; the pragmas that may be asked are a list of their own.
    let is_pragma = query.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("PRAGMA"));
    if !is_pragma && !statement.readonly() {
        return Err(Error::NotReadOnly);
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let width = columns.len();
    let mut rows = Rows { columns, ..Rows::default() };
    let mut found = statement.query(())?;
    while let Some(row) = found.next()? {
        if !rows.take(values(row, width)?) {
            break;
        }
    }
    Ok(rows)
}

fn values(row: &Row<'_>, width: usize) -> Result<Vec<Option<Value>>, Error> {
    (0..width).map(|column| Ok(value(row.get_ref(column)?))).collect()
}

fn value(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(whole) => Some(Value::Integer(whole)),
        ValueRef::Real(decimal) => number(decimal),
        ValueRef::Text(text) => Some(Value::Text(String::from_utf8_lossy(text).into_owned())),
    }
}
