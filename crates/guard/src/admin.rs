//! The admin port: faults, bypass and counters of our own under `/seaworthy/v1`, and Toxiproxy's routes at the root
//! when asked for. On a thread of its own, so that it answers while the data path is busy.
//!
//! Whoever has no token to show must at least not be a browser: a page on the Internet can make one send requests to
//! loopback. So wherever no token is asked for a user agent that begins with `Mozilla/` is refused, and on our own
//! routes a `Host` that is neither an address nor `localhost` too, since a name can be pointed at loopback by anybody.

mod own;
mod reply;
mod toxic;
mod toxiproxy;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HOST, USER_AGENT};
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::running::State;
use reply::Reply;

/// The largest body of an admin request, in bytes.
pub const LARGEST_ADMIN_BODY: usize = 1024 * 1024;
/// How long an admin request may take to arrive.
pub const ADMIN_REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// How long admin requests that have begun may take when the guard stops.
pub const ADMIN_DRAIN_WITHIN: Duration = Duration::from_secs(1);
/// Connections to the admin port at the same time.
pub const MOST_ADMIN_CONNECTIONS: usize = 128;
/// How long to leave `accept` alone after it failed.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// An admin request, read and taken apart.
struct Asked<'a> {
    method: &'a Method,
    /// The path's pieces, percent-decoded.
    path: Vec<&'a str>,
    body: &'a [u8],
}

/// Serves the admin port until told to stop.
pub(crate) async fn run(listener: std::net::TcpListener, state: Arc<State>, mut stopping: watch::Receiver<bool>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_ADMIN_CONNECTIONS => match accepted {
                Ok((stream, _)) => { connections.spawn(carry(stream, Arc::clone(&state), stopping.clone())); }
                Err(_) => sleep(ACCEPT_AGAIN_AFTER).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopping.changed() => break,
        }
    }
    drop(listener);
    let all_gone = async { while connections.join_next().await.is_some() {} };
    if timeout(ADMIN_DRAIN_WITHIN, all_gone).await.is_err() {
        connections.shutdown().await;
    }
}

async fn carry(stream: TcpStream, state: Arc<State>, mut stopping: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, std::convert::Infallible>(answer(&state, request).await.into_response()) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    // A client that went away has no use for the rest.
    let _ = connection.await;
}

async fn answer(state: &Arc<State>, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    let Some(path) = decode(head.uri.path()) else {
        return Reply::problem(StatusCode::BAD_REQUEST, "the path is not percent-encoded UTF-8");
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let ours = path.starts_with(&["seaworthy", "v1"]);
    if path == ["seaworthy", "v1", "healthz"] && head.method == Method::GET {
        return Reply::json(StatusCode::OK, &serde_json::json!({"ok": true}));
    }
    if !ours && !state.toxiproxy {
        return Reply::problem(StatusCode::NOT_FOUND, "no such route; those of the guard begin with /seaworthy/v1/");
    }
    let agent = head.headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
    let said = head.headers.get(AUTHORIZATION).map(|said| said.as_bytes());
    match &state.token {
        Some(token) if ours && !is_token(token, said) => return Reply::unauthorized(),
        Some(_) if ours => {}
        Some(_) | None if agent.starts_with(b"Mozilla/") => return toxiproxy::refuse_browser(),
        None if ours && !is_local_name(&head.headers) => {
            let detail = "without a token only an address or localhost may stand in Host";
            return Reply::problem(StatusCode::FORBIDDEN, detail);
        }
        Some(_) | None => {}
    }
    let collected = timeout(ADMIN_REQUEST_WITHIN, Limited::new(body, LARGEST_ADMIN_BODY).collect()).await;
    let Ok(Ok(body)) = collected else {
        return Reply::problem(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or did not arrive in time");
    };
    let body = body.to_bytes();
    let asked = Asked { method: &head.method, path, body: &body };
    if ours { own::answer(state, asked).await } else { toxiproxy::answer(state, asked).await }
}

/// Whether `Host` is an address or `localhost`.
fn is_local_name(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok() || name.eq_ignore_ascii_case("localhost")
}

/// Whether the header shows the token. Takes the same time wherever they differ.
fn is_token(token: &str, said: Option<&[u8]>) -> bool {
    let Some((scheme, shown)) = said.and_then(|said| said.split_at_checked(b"Bearer ".len())) else { return false };
    let same = shown.len() == token.len()
        && shown.iter().zip(token.as_bytes()).fold(0_u8, |differs, (a, b)| differs | (a ^ b)) == 0;
    same && scheme.eq_ignore_ascii_case(b"Bearer ")
}

/// The pieces of a path; `None` when one is not percent-encoded UTF-8. A slash at the end adds no piece.
fn decode(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').map(decode_piece).collect()
}

fn decode_piece(piece: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_named_percent_encoded() {
        let decoded = decode("/seaworthy/v1/edges/api-%3Edb%2Fread/").expect("is encoded");
        assert_eq!(decoded, ["seaworthy", "v1", "edges", "api->db/read"]);
        assert_eq!(decode("/a%2"), None);
        assert_eq!(decode("/a%zz"), None);
        assert_eq!(decode("/%ff"), None);
        assert_eq!(decode("/%+f"), None);
    }

    #[test]
    fn only_the_token_itself_is_the_token() {
        assert!(is_token("abc", Some(b"Bearer abc")));
        assert!(is_token("abc", Some(b"bearer abc")));
        for said in [None, Some(&b"abc"[..]), Some(b"Bearer ab"), Some(b"Bearer abcd"), Some(b"Basic abc"), Some(b"")] {
            assert!(!is_token("abc", said), "{said:?}");
        }
    }
}
