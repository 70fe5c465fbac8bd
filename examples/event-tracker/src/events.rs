//! Events, one by one.
//!
//! An id belongs to a user; the same id again changes nothing. Whoever knows an id may ask whether it is there; what is
//! in it is for its owner.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Flaw;
use crate::answer::{Body, Caller, Refusal, Visitor, answer, id};
use crate::api::{App, now};
use crate::store::{Lease, Row, Statement, StoreError};

/// The longest kind.
const MAX_KIND_BYTES: usize = 64;

/// Events in a list.
const LIST: i64 = 50;

/// How late the late write is.
const LATE_BY: Duration = Duration::from_millis(300);

/// How often it is tried.
const LATE_TRIES: u32 = 20;

const ADD: &str = "INSERT INTO events (id, user_id, kind, payload, score, at) VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT DO NOTHING";
const STORED: &str = "SELECT user_id, kind, payload, score, at FROM events WHERE id = $1";
const WAITING: &str = "SELECT user_id, kind, payload, at FROM failed_events WHERE id = $1";
const LATEST: &str = "SELECT id, kind, at FROM events WHERE user_id = $1 ORDER BY at DESC LIMIT $2";

/// Something that happened.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) payload: Value,
}

impl Event {
    /// Refuses what cannot be stored.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        id(&self.id)?;
        let sound = !self.kind.is_empty() && self.kind.len() <= MAX_KIND_BYTES;
        if sound { Ok(()) } else { Err(Refusal::Malformed(format!("`kind` has 1 to {MAX_KIND_BYTES} bytes"))) }
    }

    /// The statement that stores it; touches no row when the user has this id already.
    pub(crate) fn add(&self, user: &str, score: i64) -> Statement {
        let payload = self.payload.to_string();
        let texts = [self.id.as_str().into(), user.into(), self.kind.as_str().into(), payload.as_str().into()];
        let [id, user, kind, payload] = texts;
        Statement::new(ADD, [id, user, kind, payload, score.into(), now().into()])
    }
}

/// `POST /events`: 201 once it is stored, 200 when it was there already.
pub(crate) async fn post(
    State(app): State<App>,
    Caller(user): Caller,
    Body(event): Body<Event>,
) -> Result<Response, Refusal> {
    event.check()?;
    let stored = json!({"id": event.id, "state": "stored"});
    let add = event.add(&user, 0);
    if app.has(Flaw::LateWrite) {
        tokio::spawn(async move {
            // Late, and only that: what lives on writes it, however slow the disk is.
            for _ in 0..LATE_TRIES {
                tokio::time::sleep(LATE_BY).await;
                if app.write(vec![add.clone()]).await.is_ok() {
                    break;
                }
            }
        });
        return Ok(answer(StatusCode::CREATED, stored));
    }
    let there_already = app.write(vec![add]).await?.is_some_and(|touched| touched == [0]);
    Ok(answer(if there_already { StatusCode::OK } else { StatusCode::CREATED }, stored))
}

/// `GET /events/{id}`: whether it is there, and for its owner what is in it.
pub(crate) async fn get(
    State(app): State<App>,
    Visitor(visitor): Visitor,
    Path(event): Path<String>,
) -> Result<Response, Refusal> {
    let mut lease = app.store.lease().await?;
    let visitor = visitor.as_deref();
    if let Some(row) = find(&mut lease, STORED, id(&event)?, visitor).await? {
        let mut stored = json!({"id": event, "state": "stored"});
        if visitor.is_some() {
            stored["kind"] = json!(row.text(1));
            stored["payload"] = serde_json::from_str(row.text(2)).unwrap_or(Value::Null);
            stored["score"] = json!(row.integer(3));
            stored["at"] = json!(row.integer(4));
        }
        return Ok(answer(StatusCode::OK, stored));
    }
    match find(&mut lease, WAITING, &event, visitor).await? {
        Some(_) => Ok(answer(StatusCode::OK, json!({"id": event, "state": "waiting"}))),
        None => Err(Refusal::NotFound),
    }
}

/// The row of this id that the visitor may see: their own, or with no token anybody's.
async fn find(
    lease: &mut Lease,
    sql: &'static str,
    id: &str,
    visitor: Option<&str>,
) -> Result<Option<Row>, StoreError> {
    let rows = lease.read(Statement::new(sql, [id.into()])).await?;
    Ok(rows.into_iter().find(|row| visitor.is_none_or(|visitor| row.text(0) == visitor)))
}

/// `GET /events`: the caller's latest events.
pub(crate) async fn list(State(app): State<App>, Caller(user): Caller) -> Result<Response, Refusal> {
    let latest = Statement::new(LATEST, [user.as_str().into(), LIST.into()]);
    let rows = app.store.lease().await?.read(latest).await?;
    let event = |row: &Row| json!({"id": row.text(0), "kind": row.text(1), "at": row.integer(2)});
    Ok(answer(StatusCode::OK, json!({"events": rows.iter().map(event).collect::<Vec<_>>()})))
}
