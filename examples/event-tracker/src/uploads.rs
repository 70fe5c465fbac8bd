//! Files that people upload, one file each in the directory `uploads`.
//!
//! Written whole under another name, synced, renamed, and the directory synced: a name that is there has all its bytes,
//! also after a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::answer::{Caller, Refusal, answer, id};
use crate::api::App;
use crate::settings::Switch;
use crate::{Flaw, log, random};

/// How old a file with another name is when nobody can be writing it any more.
const ABANDONED_AFTER: Duration = Duration::from_secs(600);

/// What such a name ends with.
const PART: &str = ".part";

/// The pieces of the torn write, and the pause between two.
const PIECES: usize = 4;
const PIECE_PAUSE: Duration = Duration::from_millis(50);

/// Makes the directory and removes what an earlier crash left half-written in it.
pub(crate) async fn prepare(data: &FilePath) -> io::Result<()> {
    let directory = data.join("uploads");
    spawn_blocking(move || {
        fs::create_dir_all(&directory)?;
        fs::read_dir(&directory)?.try_for_each(|entry| remove_if_abandoned(&entry?.path()))
    })
    .await?
}

/// Another instance may be at work in the same directory, so that a fresh one stays, and one may vanish meanwhile.
fn remove_if_abandoned(path: &FilePath) -> io::Result<()> {
    let part = path.extension().is_some_and(|extension| PART.trim_start_matches('.') == extension);
    let age = path.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
    if part && age.is_some_and(|age| age > ABANDONED_AFTER) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// `PUT /uploads/{id}`: 201 once all bytes are on disk under this name.
pub(crate) async fn put(
    State(app): State<App>,
    Caller(_): Caller,
    Path(upload): Path<String>,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let path = path(&app, id(&upload)?);
    let stored = answer(StatusCode::CREATED, json!({"id": upload, "bytes": bytes.len()}));
    if app.has(Flaw::TornWrite) {
        write_in_place(path, bytes).await?;
    } else if app.settings.durable_writes == Switch::On || !app.behind.put_upload(&path, &bytes) {
        write(path, bytes).await?;
    }
    Ok(stored)
}

/// `GET /uploads/{id}`: the bytes.
pub(crate) async fn get(State(app): State<App>, Path(upload): Path<String>) -> Result<Response, Refusal> {
    match tokio::fs::read(path(&app, id(&upload)?)).await {
        Ok(bytes) => Ok(bytes.into_response()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::NotFound),
        Err(error) => Err(error.into()),
    }
}

fn path(app: &App, id: &str) -> PathBuf {
    app.settings.data.join("uploads").join(id)
}

/// Writes all bytes under the name, or none.
pub(crate) async fn write(path: PathBuf, bytes: Bytes) -> io::Result<()> {
    spawn_blocking(move || {
        let directory = path.parent().unwrap_or(FilePath::new("."));
        let part = directory.join(format!(".{}{PART}", random::hex16()?));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(directory)?.sync_all()
    })
    .await?
}

/// The flaw: piece by piece under the final name, and the answer after the first.
async fn write_in_place(path: PathBuf, bytes: Bytes) -> io::Result<()> {
    let mut file = File::create(path)?;
    let size = bytes.len().div_ceil(PIECES).max(1);
    let mut pieces: Vec<Bytes> = bytes.chunks(size).map(|piece| bytes.slice_ref(piece)).rev().collect();
    if let Some(first) = pieces.pop() {
        file.write_all(&first)?;
    }
    tokio::spawn(async move {
        while let Some(piece) = pieces.pop() {
            tokio::time::sleep(PIECE_PAUSE).await;
            if let Err(error) = file.write_all(&piece) {
                log::note(&error.to_string());
            }
        }
    });
    Ok(())
}
