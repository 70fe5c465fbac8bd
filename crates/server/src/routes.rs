//! What can be asked.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use ledger::{Address, Head, Ledger};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::answer::{self, problem, sound};

/// The most entries of one answer.
pub const MAX_PAGE: usize = 500;

/// Entries of one answer when nothing is said.
const PAGE: usize = 100;

/// Readings of the ledger at one time; further requests wait.
pub const MAX_READERS: usize = 8;

/// How long a request waits for its turn to read.
pub const READER_WITHIN: Duration = Duration::from_secs(5);

/// What all requests share.
#[derive(Debug)]
struct Shared {
    ledger: Address,
    /// One permit a reading.
    readers: Arc<Semaphore>,
    /// One permit for the verification, which reads everything.
    verifiers: Arc<Semaphore>,
    loopback: bool,
}

type Parameters = BTreeMap<String, String>;

/// All routes over one ledger.
pub(crate) fn router(ledger: Address, address: SocketAddr) -> Router {
    let shared = Arc::new(Shared {
        ledger,
        readers: Arc::new(Semaphore::new(MAX_READERS)),
        verifiers: Arc::new(Semaphore::new(1)),
        loopback: outside::net::is_loopback(address),
    });
    Router::new()
        .route("/healthz", get(healthz))
        .route("/api/v1/head", get(head))
        .route("/api/v1/ledger", get(page))
        .route("/api/v1/ledger/{seq}", get(entry))
        .route("/api/v1/verify", get(verify))
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            problem(StatusCode::METHOD_NOT_ALLOWED, "nothing can be changed here: only GET and HEAD are answered")
        })
        .layer(middleware::from_fn_with_state(shared.clone(), check_host))
        .layer(middleware::map_response(answer::with_headers))
        .with_state(shared)
}

/// On loopback only loopback hosts are answered: a web page elsewhere that points its own name at this machine (DNS
/// rebinding) would else read the ledger with the browser's help.
async fn check_host(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if shared.loopback && !host.is_some_and(is_loopback_host) {
        return problem(StatusCode::MISDIRECTED_REQUEST, "this server answers as localhost only");
    }
    next.run(request).await
}

fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

// ===== routes =====

async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    read(shared, |ledger| Ok(Some(json!({"ok": true, "size": ledger.head()?.size})))).await
}

async fn head(State(shared): State<Arc<Shared>>) -> Response {
    read(shared, |ledger| Ok(Some(json!({"schema": "seaworthy.head/1", "head": answer::head(&ledger.head()?)})))).await
}

async fn page(State(shared): State<Arc<Shared>>, Query(parameters): Query<Parameters>) -> Response {
    let (from, limit) = match page_of(&parameters) {
        Ok(page) => page,
        Err(detail) => return problem(StatusCode::BAD_REQUEST, &detail),
    };
    read(shared, move |ledger| {
        let entries = ledger.entries(from, limit)?;
        let head = ledger.head()?;
        let next = entries.last().map(|entry| entry.seq + 1).filter(|next| *next <= head.size);
        let entries: Vec<Value> = entries.iter().map(answer::entry).collect();
        let mut body = json!({"schema": "seaworthy.ledger/1", "head": answer::head(&head), "entries": entries});
        if let Some(next) = next {
            body["next"] = json!(next);
        }
        Ok(Some(body))
    })
    .await
}

async fn entry(State(shared): State<Arc<Shared>>, Path(seq): Path<String>) -> Response {
    let Ok(seq) = seq.parse::<u64>() else {
        return problem(StatusCode::BAD_REQUEST, "an entry is asked for by its number");
    };
    read(shared, move |ledger| {
        let entry = ledger.entry(seq)?;
        Ok(entry.map(|entry| json!({"schema": "seaworthy.entry/1", "entry": answer::entry(&entry)})))
    })
    .await
}

async fn verify(State(shared): State<Arc<Shared>>, Query(parameters): Query<Parameters>) -> Response {
    let anchor = match anchor_of(&parameters) {
        Ok(anchor) => anchor,
        Err(detail) => return problem(StatusCode::BAD_REQUEST, &detail),
    };
    let Ok(only) = shared.verifiers.clone().try_acquire_owned() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "a verification is under way");
    };
    read(shared, move |ledger| {
        let _only = only;
        Ok(Some(answer::verified(&ledger.verify(anchor.as_slice())?)))
    })
    .await
}

// ===== reading =====

/// Opens the ledger, reads once in a blocking thread, and answers; nothing read is a 404.
async fn read(
    shared: Arc<Shared>,
    reading: impl FnOnce(&Ledger) -> Result<Option<Value>, ledger::Error> + Send + 'static,
) -> Response {
    let turn = tokio::time::timeout(READER_WITHIN, shared.readers.clone().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "too many readings at once");
    };
    let address = shared.ledger.clone();
    // The turn ends with the reading, also when the client has left meanwhile.
    let read = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        Ledger::open_read_only(address).and_then(|ledger| reading(&ledger))
    });
    match read.await {
        Ok(Ok(Some(body))) => sound(&body),
        Ok(Ok(None)) => problem(StatusCode::NOT_FOUND, "there is no such entry"),
        Ok(Err(error)) => problem(StatusCode::SERVICE_UNAVAILABLE, answer::words(&error)),
        Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "the reading was cut short"),
    }
}

fn page_of(parameters: &Parameters) -> Result<(u64, usize), String> {
    only(parameters, &["from", "limit"])?;
    let from = number(parameters, "from")?.unwrap_or(1);
    let limit = number(parameters, "limit")?.map_or(PAGE, |limit| usize::try_from(limit).unwrap_or(MAX_PAGE));
    Ok((from, limit.clamp(1, MAX_PAGE)))
}

fn anchor_of(parameters: &Parameters) -> Result<Option<Head>, String> {
    only(parameters, &["size", "hash"])?;
    match (number(parameters, "size")?, parameters.get("hash")) {
        (None, None) => Ok(None),
        (Some(size), Some(hash)) => Ok(Some(Head { size, hash: hash.clone() })),
        (None, Some(_)) | (Some(_), None) => Err("an anchor is a `size` and a `hash`".to_owned()),
    }
}

fn number(parameters: &Parameters, name: &str) -> Result<Option<u64>, String> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("`{name}` must be a whole number"))
}

fn only(parameters: &Parameters, known: &[&str]) -> Result<(), String> {
    match parameters.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("`{name}` is not known here; known: {}", known.join(", "))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_have_many_spellings() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:4000", "[::1]:4000", "127.1.2.3"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "localhost:x"]
        {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
