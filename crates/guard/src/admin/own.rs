//! The guard's own routes, under `/seaworthy/v1`.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::{Method, StatusCode, Uri};
use serde_json::{Value, json};
use system::Protocol;
use tokio::time::{Instant, timeout};

use super::Asked;
use super::reply::Reply;
use crate::attempt::{Outgoing, attempt};
use crate::bypass::LONGEST_BYPASS;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::fault::fields::Fields;
use crate::fault::{self, Put, Wanted};
use crate::lock::lock;
use crate::pool::Pool;
use crate::running::State;
use crate::tcp;
use crate::timeout::Limits;

/// The version of the list of edges.
pub(crate) const EDGES_SCHEMA: &str = "seaworthy.guard.edges/1";
/// How long a `try` waits when it does not say.
pub(crate) const TRY_WITHIN: Duration = Duration::from_secs(2);
/// The longest a `try` may wait.
pub(crate) const LONGEST_TRY: Duration = Duration::from_secs(30);
/// How much of an answer's body a `try` reads.
const TRY_BODY_BYTES: usize = 1024 * 1024;

/// Answers one request.
pub(super) async fn answer(state: &Arc<State>, asked: Asked<'_>) -> Reply {
    match asked.path.get(2..).unwrap_or_default() {
        ["healthz"] => Reply::wrong_method("GET"),
        ["reset"] => match *asked.method {
            Method::POST => {
                state.all().iter().for_each(|edge| edge.reset());
                Reply::nothing()
            }
            _ => Reply::wrong_method("POST"),
        },
        ["edges"] => match *asked.method {
            Method::GET => {
                let edges: Vec<Value> = state.all().iter().map(|edge| edge.json()).collect();
                Reply::json(StatusCode::OK, &json!({"schema": EDGES_SCHEMA, "edges": edges}))
            }
            _ => Reply::wrong_method("GET"),
        },
        ["edges", name, rest @ ..] => match state.edge(name) {
            Some(edge) => of_edge(&edge, rest, asked.method, asked.body).await,
            None => unknown_edge(state, name),
        },
        _ => Reply::problem(StatusCode::NOT_FOUND, "no such route"),
    }
}

async fn of_edge(edge: &Arc<Edge>, rest: &[&str], method: &Method, body: &[u8]) -> Reply {
    match (rest, method) {
        ([], &Method::GET) => Reply::json(StatusCode::OK, &edge.json()),
        ([], _) => Reply::wrong_method("GET"),
        (["faults"], &Method::GET) => Reply::json(StatusCode::OK, &edge.json()["faults"]),
        (["faults"], _) => Reply::wrong_method("GET"),
        (["faults", name], &Method::PUT) => read(body).map_or_else(|reply| reply, |body| put_fault(edge, name, &body)),
        (["faults", name], &Method::DELETE) => {
            edge.faults.end(name);
            Reply::nothing()
        }
        (["faults", _], _) => Reply::wrong_method("PUT, DELETE"),
        (["bypass"], &Method::PUT) => read(body).map_or_else(|reply| reply, |body| put_bypass(edge, &body)),
        (["bypass"], &Method::DELETE) => {
            edge.bypass.end();
            Reply::nothing()
        }
        (["bypass"], _) => Reply::wrong_method("PUT, DELETE"),
        (["try"], &Method::POST) => match read(body) {
            Ok(body) => try_edge(edge, &body).await,
            Err(reply) => reply,
        },
        (["try"], _) => Reply::wrong_method("POST"),
        _ => Reply::problem(StatusCode::NOT_FOUND, "no such route on an edge"),
    }
}

fn unknown_edge(state: &State, name: &str) -> Reply {
    let edges = lock(&state.edges);
    let near = text::nearest(name, edges.keys().map(String::as_str));
    let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Reply::problem(StatusCode::NOT_FOUND, &format!("no edge `{name}` has a guard here{help}"))
}

/// The JSON of a body; an empty one is an empty object.
fn read(body: &[u8]) -> Result<Value, Reply> {
    if body.trim_ascii().is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body)
        .map_err(|error| Reply::problem(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {error}")))
}

fn put_fault(edge: &Edge, name: &str, body: &Value) -> Reply {
    let wanted = match Wanted::read(name, body, edge.policy.protocol) {
        Ok(wanted) => wanted,
        Err(problems) => return Reply::problems(StatusCode::BAD_REQUEST, &problems),
    };
    let status = match edge.faults.put(wanted) {
        Put::New => StatusCode::CREATED,
        Put::Renewed => StatusCode::OK,
        Put::Full => return Reply::problem(StatusCode::CONFLICT, "the edge has as many faults as it may"),
    };
    let active = edge.faults.active();
    let fault = active.iter().find(|fault| fault.wanted.name == name);
    Reply::json(status, &fault.map_or(Value::Null, |active| fault::json(active, Instant::now())))
}

fn put_bypass(edge: &Edge, body: &Value) -> Reply {
    let mut fields = Fields::of(body);
    let ttl = fields.millis("ttl_ms", 1, LONGEST_BYPASS);
    let problems = fields.finish();
    if !problems.is_empty() {
        return Reply::problems(StatusCode::BAD_REQUEST, &problems);
    }
    let renewed = edge.bypass.left().is_some();
    edge.bypass.begin(ttl);
    let status = if renewed { StatusCode::OK } else { StatusCode::CREATED };
    Reply::json(status, &json!({"bypass": true, "bypass_ends_in_ms": fault::fields::as_millis(ttl)}))
}

/// One raw attempt through the fault point, without any protection.
async fn try_edge(edge: &Arc<Edge>, body: &Value) -> Reply {
    let mut fields = Fields::of(body);
    let path = fields.text_or_none("path").unwrap_or_else(|| "/".to_owned());
    let longest = fault::fields::as_millis(LONGEST_TRY);
    let within = Duration::from_millis(fields.whole_or("within_ms", fault::fields::as_millis(TRY_WITHIN), longest));
    let uri = path.parse::<Uri>().ok().filter(|uri| path.starts_with('/') && uri.authority().is_none());
    if uri.is_none() {
        fields.problem(format!("`path` must be a path that begins with `/`, not `{path}`"));
    }
    let problems = fields.finish();
    let Some(uri) = uri.filter(|_| problems.is_empty()) else {
        return Reply::problems(StatusCode::BAD_REQUEST, &problems);
    };
    let began = Instant::now();
    let outcome = match edge.policy.protocol {
        Protocol::Http => timeout(within, try_http(edge, uri)).await,
        Protocol::Tcp => timeout(within, try_tcp(edge)).await,
    };
    let took_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let outcome = outcome.unwrap_or(Err(Failure::TimedOut));
    Reply::json(
        StatusCode::OK,
        &match outcome {
            Ok(Some(status)) => json!({"outcome": "answered", "status": status, "took_ms": took_ms}),
            Ok(None) => json!({"outcome": "answered", "took_ms": took_ms}),
            Err(failure) => json!({"outcome": failure.word(), "took_ms": took_ms}),
        },
    )
}

/// Asks on a connection of its own and reads the answer to its end, so that a slow line shows.
async fn try_http(edge: &Arc<Edge>, uri: Uri) -> Result<Option<u16>, Failure> {
    let pool = Arc::new(Pool::default());
    let at = edge.upstream(edge.turn(), 0);
    let mut outgoing = Outgoing::get(uri, at.ok_or(Failure::Refused)?);
    let response = attempt(edge, &pool, at, &mut outgoing, Limits::bypassed()).await?;
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::Cut)?;
        read += frame.data_ref().map_or(0, bytes::Bytes::len);
        if read > TRY_BODY_BYTES {
            break;
        }
    }
    Ok(Some(status))
}

/// Connects; a connection carries no question, so that it stands is the answer.
async fn try_tcp(edge: &Arc<Edge>) -> Result<Option<u16>, Failure> {
    tcp::try_once(edge).await.map(|_| None)
}
