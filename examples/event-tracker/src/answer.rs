//! Requests in and answers out: JSON bodies, the caller behind a token, and refusals that say what to do.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::App;
use crate::store::StoreError;
use crate::{clock, log};

/// What `Retry-After` says when we are short of something, in seconds.
const COME_BACK_AFTER_S: u64 = 1;

/// The longest id of an event or an upload.
const MAX_ID_BYTES: usize = 128;

/// A JSON answer with a status.
pub(crate) fn answer(status: StatusCode, value: Value) -> Response {
    (status, Json(value)).into_response()
}

/// An answer that says no.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The request makes no sense; why.
    Malformed(String),
    /// No token, or not a good one.
    Unauthorized,
    /// There is no such thing.
    NotFound,
    /// It is there already, and different.
    Conflict(&'static str),
    /// Too many requests; seconds until the next one is taken.
    TooMany(u64),
    /// We cannot now; coming back helps.
    Unavailable(&'static str),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, retry_after) = match self {
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, why, None),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "a valid bearer token is needed".to_owned(), None),
            Self::NotFound => (StatusCode::NOT_FOUND, "not found".to_owned(), None),
            Self::Conflict(why) => (StatusCode::CONFLICT, why.to_owned(), None),
            Self::TooMany(after) => (StatusCode::TOO_MANY_REQUESTS, "too many requests".to_owned(), Some(after)),
            Self::Unavailable(why) => (StatusCode::SERVICE_UNAVAILABLE, why.to_owned(), Some(COME_BACK_AFTER_S)),
        };
        let mut response = answer(status, json!({ "error": error }));
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        log::note(&error.to_string());
        match error {
            StoreError::Busy => Self::Unavailable("all database connections are in use"),
            StoreError::Late
            | StoreError::Sqlite(_)
            | StoreError::Postgres(_)
            | StoreError::Worker(_)
            | StoreError::Newer { .. } => Self::Unavailable("the database does not answer"),
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        log::note(&error.to_string());
        Self::Unavailable("the disk does not answer")
    }
}

/// An id as it may stand in a path: letters, digits, `-`, `_`, `.` and `:`, no dot in front.
pub(crate) fn id(text: &str) -> Result<&str, Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let sound = !text.is_empty() && text.len() <= MAX_ID_BYTES && !text.starts_with('.') && text.chars().all(fits);
    if sound { Ok(text) } else { Err(Refusal::Malformed(format!("an id has 1 to {MAX_ID_BYTES} letters or digits"))) }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &App) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| answer(error.status(), json!({ "error": error.body_text() })))?;
        let body = serde_json::from_slice(&bytes).map_err(|error| Refusal::Malformed(error.to_string()));
        body.map(Self).map_err(IntoResponse::into_response)
    }
}

/// Who calls, by the token. Without a good token the request is refused.
pub(crate) struct Caller(pub(crate) String);

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &App) -> Result<Self, Refusal> {
        match Visitor::from_request_parts(parts, state).await?.0 {
            Some(caller) => Ok(Self(caller)),
            None => Err(Refusal::Unauthorized),
        }
    }
}

/// Who calls, if a token was sent. A token that is not good is refused even where none is needed.
pub(crate) struct Visitor(pub(crate) Option<String>);

impl FromRequestParts<App> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &App) -> Result<Self, Refusal> {
        let Some(header) = parts.headers.get(header::AUTHORIZATION) else { return Ok(Self(None)) };
        let token = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let keys = &Arc::as_ref(state).settings.keys;
        let subject = token.and_then(|token| keys.subject(token.trim(), clock::now_s()));
        subject.map(|subject| Self(Some(subject))).ok_or(Refusal::Unauthorized)
    }
}
