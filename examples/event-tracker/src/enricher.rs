//! The enricher: gives every link a score, and the whole one too.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// Links scored so far.
type Scored = Arc<AtomicI64>;

/// `POST /enrich`, `GET /score`, `GET /health`.
pub fn router() -> Router {
    Router::new()
        .route("/health", get(async || Json(json!({"status": "ok"}))))
        .route("/enrich", post(enrich))
        .route("/score", get(score))
        .with_state(Scored::default())
}

/// The score of a link is the number of bytes of what is known of it; at least 1.
async fn enrich(State(scored): State<Scored>, Json(link): Json<Value>) -> Json<Value> {
    scored.fetch_add(1, Ordering::Relaxed);
    let bytes = link["payload"].to_string().len();
    Json(json!({"id": link["id"], "score": i64::try_from(bytes).unwrap_or(i64::MAX).max(1)}))
}

async fn score(State(scored): State<Scored>) -> Json<Value> {
    Json(json!({"score": scored.load(Ordering::Relaxed)}))
}
