//! The mailer: takes mail and remembers the last ones, as a real one would pass them on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

/// Mails remembered.
const MAX_REMEMBERED: usize = 1_000;

#[derive(Deserialize)]
struct Mail {
    id: String,
    to: String,
}

#[derive(Default)]
struct Sent {
    count: u64,
    last: VecDeque<Mail>,
}

/// What was sent. A plain lock: held to note or to list.
type Post = Arc<Mutex<Sent>>;

/// `POST /mail`, `GET /mails`, `GET /health`.
pub fn router() -> Router {
    Router::new()
        .route("/health", get(async || Json(json!({"status": "ok"}))))
        .route("/mail", post(mail))
        .route("/mails", get(mails))
        .with_state(Post::default())
}

async fn mail(State(post): State<Post>, Json(mail): Json<Mail>) -> (StatusCode, Json<Value>) {
    let mut sent = post.lock().unwrap_or_else(PoisonError::into_inner);
    sent.count += 1;
    let answer = json!({"id": mail.id, "number": sent.count});
    sent.last.push_back(mail);
    if sent.last.len() > MAX_REMEMBERED {
        sent.last.pop_front();
    }
    (StatusCode::ACCEPTED, Json(answer))
}

async fn mails(State(post): State<Post>) -> Json<Value> {
    let sent = post.lock().unwrap_or_else(PoisonError::into_inner);
    let last: Vec<Value> = sent.last.iter().map(|mail| json!({"id": mail.id, "to": mail.to})).collect();
    Json(json!({"sent": sent.count, "last": last}))
}
