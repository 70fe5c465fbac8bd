//! Writing behind: what is acknowledged lies in memory for up to half a second before it is written.
//!
//! This is how the service behaves with durable writes off. It is a setting, and it is what the durable writes are
//! measured against: kill the process, and what lay here is gone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::api::{App, next_round};
use crate::store::Statement;
use crate::{log, uploads};

/// How often what lies here is written.
const EVERY: Duration = Duration::from_millis(500);

/// Writes that may lie here; with more, the caller writes itself.
const MAX_WAITING: usize = 4_096;

enum Write {
    Rows(Vec<Statement>),
    Upload(PathBuf, Bytes),
}

/// Writes that were acknowledged and not yet made. A plain lock: held only to push or take.
#[derive(Default)]
pub(crate) struct WriteBehind(Mutex<Vec<Write>>);

impl WriteBehind {
    /// Takes statements to write later; false when it is full.
    pub(crate) fn put_rows(&self, statements: &[Statement]) -> bool {
        self.put(|| Write::Rows(statements.to_vec()))
    }

    /// Takes an upload to write later; false when it is full.
    pub(crate) fn put_upload(&self, path: &Path, bytes: &Bytes) -> bool {
        self.put(|| Write::Upload(path.to_owned(), bytes.clone()))
    }

    fn put(&self, write: impl FnOnce() -> Write) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = waiting.len() < MAX_WAITING;
        if fits {
            waiting.push(write());
        }
        fits
    }

    fn take(&self) -> Vec<Write> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what lies here, round by round, and once more when the service stops.
pub(crate) async fn flush(app: App, mut stop: watch::Receiver<()>) {
    while next_round(&mut stop, EVERY).await {
        write_all(&app).await;
    }
    write_all(&app).await;
}

async fn write_all(app: &App) {
    for write in app.behind.take() {
        let written = match write {
            Write::Rows(statements) => write_rows(app, statements).await,
            Write::Upload(path, bytes) => uploads::write(path, bytes).await.map_err(|error| error.to_string()),
        };
        if let Err(error) = written {
            log::note(&format!("an acknowledged write is lost: {error}"));
        }
    }
}

async fn write_rows(app: &App, statements: Vec<Statement>) -> Result<(), String> {
    let mut lease = app.store.lease().await.map_err(|error| error.to_string())?;
    lease.write(statements).await.map(drop).map_err(|error| error.to_string())
}
