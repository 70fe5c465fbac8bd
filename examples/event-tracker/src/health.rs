//! Whether this instance can do its work.
//!
//! Healthy means that the database answered this very request; the schema it named stands in a header, so that an
//! answer made without asking can be told apart.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::Flaw;
use crate::answer::{Refusal, answer};
use crate::api::App;
use crate::store::SCHEMA_VERSION;

/// `GET /health`: 200 when the database answers, 503 otherwise.
pub(crate) async fn health(State(app): State<App>) -> Result<Response, Refusal> {
    if app.has(Flaw::BlindHealth) {
        return Ok(answer(StatusCode::OK, json!({"status": "ok"})));
    }
    let schema = app.store.version().await?;
    if schema != SCHEMA_VERSION {
        return Err(Refusal::Unavailable("the database has another schema"));
    }
    let mut healthy = answer(StatusCode::OK, json!({"status": "ok", "schema": schema}));
    healthy.headers_mut().insert("x-schema-version", schema.into());
    Ok(healthy)
}
