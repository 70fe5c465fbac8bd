//! Answers: JSON with a schema, problems as RFC 9457, and the headers that every answer carries.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use ledger::{Entry, Flaw, Head, Verified};
use serde_json::{Value, json};

/// Headers of every answer: nothing is framed, guessed, kept or loaded from elsewhere.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// How long a client should wait before it asks again.
const RETRY_AFTER_S: &str = "1";

/// A sound answer.
pub(crate) fn sound(body: &Value) -> Response {
    answer(StatusCode::OK, "application/json", body)
}

/// A problem, in words that do not tell paths.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Problem");
    let body = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    let mut response = answer(status, "application/problem+json", &body);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    }
    response
}

fn answer(status: StatusCode, kind: &'static str, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Adds the headers that every answer carries.
pub(crate) async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

// ===== shapes =====

pub(crate) fn head(head: &Head) -> Value {
    json!({"size": head.size, "hash": head.hash})
}

/// An entry; its body is the text as stored, because the hash is over that text.
pub(crate) fn entry(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "at_us": entry.at,
        "kind": entry.kind,
        "version": entry.version,
        "body": entry.body,
        "prev": entry.prev,
        "hash": entry.hash,
    })
}

pub(crate) fn verified(verified: &Verified) -> Value {
    json!({
        "schema": "seaworthy.verify/1",
        "whole": verified.is_whole(),
        "size": verified.size,
        "head": head(&verified.head),
        "anchored": verified.anchored,
        "removed_by_retention": verified.pruned,
        "problems": verified.problems.iter().map(Flaw::to_string).collect::<Vec<String>>(),
        "more": verified.more,
    })
}

/// What is wrong with the ledger, without its path.
pub(crate) fn words(error: &ledger::Error) -> &'static str {
    use ledger::Error;
    match error {
        Error::Missing { .. } => "there is no ledger yet",
        Error::Damaged { .. } => "the ledger is damaged",
        Error::NotADatabase { .. } | Error::Foreign { .. } => "the file is not a ledger",
        Error::Newer { .. } => "the ledger was written by a newer version",
        Error::NetworkFileSystem { .. } => "the ledger lies on a network file system",
        Error::Busy { .. } => "the ledger is busy",
        Error::CannotOpen { .. } | Error::ReadOnly { .. } | Error::Full { .. } => "the ledger cannot be opened",
        Error::Unreachable { .. } | Error::InDoubt { .. } => "the ledger cannot be reached",
        Error::Refused { .. } | Error::NotAllowed { .. } | Error::NoAddress { .. } => "the ledger does not let us in",
        Error::TooLarge { .. }
        | Error::BadEntry { .. }
        | Error::Unfit { .. }
        | Error::Diverged { .. }
        | Error::Sql { .. } => "the ledger cannot be read",
    }
}
