//! Toxiproxy's HTTP API, so that its clients work unmodified. A proxy is an edge of ours: those of the file appear
//! under their names, and those that a client makes are plain TCP edges without protections.
//!
//! Differences, all on purpose: every toxic ends by itself ([`super::toxic::TOXIC_TTL`]); `toxicity` chooses by a
//! seed, so that a run can be repeated; an edge of the file cannot be deleted or moved, only disabled.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use system::{Policy, Protocol};

use super::reply::Reply;
use super::{Asked, toxic};
use crate::door;
use crate::edge::{Edge, Upstreams};
use crate::fault::{Active, Put};
use crate::lock::lock;
use crate::plan::MOST_EDGES;
use crate::random::mix;
use crate::running::State;

/// The version of Toxiproxy whose routes these are.
pub(crate) const TOXIPROXY_VERSION: &str = "2.12.0";
/// How long a connection of a client-made proxy may take to open.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The longest name of a proxy, in bytes.
const LONGEST_NAME: usize = 128;

/// A request that is refused, in Toxiproxy's words.
pub(super) struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    /// A refusal.
    pub(super) fn new(status: StatusCode, error: &str) -> Self {
        Self { status, error: error.to_owned() }
    }

    fn reply(self) -> Reply {
        Reply::json(self.status, &json!({"error": self.error, "status": self.status.as_u16()}))
    }
}

/// What a browser gets.
pub(super) fn refuse_browser() -> Reply {
    Refusal::new(StatusCode::FORBIDDEN, "User agent not allowed").reply()
}

/// Answers one request.
pub(super) async fn answer(state: &Arc<State>, asked: Asked<'_>) -> Reply {
    route(state, asked).await.unwrap_or_else(Refusal::reply)
}

async fn route(state: &Arc<State>, asked: Asked<'_>) -> Result<Reply, Refusal> {
    let method = asked.method.as_str();
    match (&asked.path[..], method) {
        (["version"], "GET") => Ok(ok(&json!({"version": TOXIPROXY_VERSION}))),
        (["reset"], "POST") => reset(state).await,
        (["proxies"], "GET") => {
            let edges: Map<String, Value> = state.all().iter().map(|edge| (edge.name.clone(), shown(edge))).collect();
            Ok(ok(&Value::Object(edges)))
        }
        (["proxies"], "POST") => {
            let edge = create(state, &Wish::read(&body(&asked)?)?).await?;
            Ok(Reply::json(StatusCode::CREATED, &shown(&edge)))
        }
        (["populate"], "POST") => populate(state, &body(&asked)?).await,
        (["proxies", name, rest @ ..], _) => {
            let edge = state.edge(name).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "proxy not found"))?;
            of_proxy(state, &edge, rest, &asked).await
        }
        _ => Err(no_route()),
    }
}

async fn of_proxy(state: &Arc<State>, edge: &Arc<Edge>, rest: &[&str], asked: &Asked<'_>) -> Result<Reply, Refusal> {
    match (rest, asked.method.as_str()) {
        ([], "GET") => Ok(ok(&shown(edge))),
        ([], "POST" | "PATCH") => {
            update(state, edge, &Wish::read(&body(asked)?)?).await?;
            Ok(ok(&shown(edge)))
        }
        ([], "DELETE") => {
            may_change(edge)?;
            lock(&state.edges).remove(&edge.name);
            door::close(edge).await;
            Ok(Reply::nothing())
        }
        (["toxics"], "GET") => Ok(ok(&toxics(edge))),
        (["toxics"], "POST") => {
            let wanted = toxic::read(&body(asked)?, edge.policy.protocol)?;
            if find(edge, &wanted.name).is_some() {
                return Err(Refusal::new(StatusCode::CONFLICT, "toxic already exists"));
            }
            put(edge, wanted)
        }
        (["toxics", name], method) => {
            let old = find(edge, name).ok_or_else(toxic::not_found)?;
            match method {
                "GET" => Ok(ok(&toxic::write(&old).ok_or_else(toxic::not_found)?)),
                "POST" | "PATCH" => put(edge, toxic::change(&old, &body(asked)?, edge.policy.protocol)?),
                "DELETE" => {
                    edge.faults.end(name);
                    Ok(Reply::nothing())
                }
                _ => Err(no_route()),
            }
        }
        _ => Err(no_route()),
    }
}

/// What a client says about a proxy; what it does not say stays as it is.
#[derive(Clone)]
struct Wish {
    name: Option<String>,
    listen: Option<String>,
    upstream: Option<String>,
    enabled: Option<bool>,
}

impl Wish {
    fn read(body: &Value) -> Result<Self, Refusal> {
        let bad =
            |key: &str| Refusal::new(StatusCode::BAD_REQUEST, &format!("bad request body: {key} has a wrong type"));
        if !body.is_object() {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "bad request body: a JSON object is needed"));
        }
        let text = |key: &str| match body.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(bad(key)),
        };
        let enabled = match body.get("enabled") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_bool().ok_or_else(|| bad("enabled"))?),
        };
        Ok(Self { name: text("name")?, listen: text("listen")?, upstream: text("upstream")?, enabled })
    }
}

async fn create(state: &Arc<State>, wish: &Wish) -> Result<Arc<Edge>, Refusal> {
    let missing = |field| Refusal::new(StatusCode::BAD_REQUEST, &format!("missing required field: {field}"));
    let name = wish.name.clone().ok_or_else(|| missing("name"))?;
    let upstream = wish.upstream.clone().ok_or_else(|| missing("upstream"))?;
    if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "a proxy's name has at most 128 bytes and no control characters",
        ));
    }
    let listen = match &wish.listen {
        Some(listen) => address(listen).await?,
        None => SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    let upstreams = look_up(upstream).await;
    let seed = mix(state.seed ^ name.len() as u64);
    let mut edge = Edge::new(name.clone(), listen, Vec::new(), plain_policy(listen), seed);
    edge.from_file = false;
    let edge = Arc::new(edge);
    edge.set_upstreams(upstreams);
    {
        let mut edges = lock(&state.edges);
        if edges.contains_key(&name) {
            return Err(Refusal::new(StatusCode::CONFLICT, "proxy already exists"));
        }
        if edges.len() >= MOST_EDGES {
            return Err(Refusal::new(StatusCode::CONFLICT, "there are as many proxies as there may be"));
        }
        edges.insert(name.clone(), Arc::clone(&edge));
    }
    if wish.enabled.unwrap_or(true)
        && let Err(refusal) = open(state, &edge)
    {
        lock(&state.edges).remove(&name);
        return Err(refusal);
    }
    Ok(edge)
}

async fn update(state: &Arc<State>, edge: &Arc<Edge>, wish: &Wish) -> Result<(), Refusal> {
    let now = edge.upstreams();
    let listen = match &wish.listen {
        Some(listen) => Some(address(listen).await?).filter(|listen| *listen != *lock(&edge.listen)),
        None => None,
    };
    let upstream = wish.upstream.clone().filter(|upstream| *upstream != now.text);
    if listen.is_some() || upstream.is_some() {
        may_change(edge)?;
    }
    let was_open = lock(&edge.door).is_some();
    let shall_open = wish.enabled.unwrap_or(was_open);
    if was_open && (!shall_open || listen.is_some() || upstream.is_some()) {
        door::close(edge).await;
    }
    if let Some(upstream) = upstream {
        edge.set_upstreams(look_up(upstream).await);
    }
    if let Some(listen) = listen {
        *lock(&edge.listen) = listen;
    }
    if shall_open && lock(&edge.door).is_none() {
        open(state, edge)?;
    }
    Ok(())
}

/// Makes every proxy of a list; those that are there already as asked stay, others are made anew.
async fn populate(state: &Arc<State>, body: &Value) -> Result<Reply, Refusal> {
    let list = body.as_array().or_else(|| body.get("proxies").and_then(Value::as_array));
    let list = list.ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "bad request body: a JSON array is needed"))?;
    let wishes: Vec<Wish> = list.iter().map(Wish::read).collect::<Result<_, _>>()?;
    if wishes.iter().any(|wish| wish.name.is_none() || wish.upstream.is_none()) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "missing required field: name, upstream"));
    }
    let mut made = Vec::new();
    for wish in &wishes {
        let old = wish.name.as_ref().and_then(|name| state.edge(name));
        let edge = match old {
            Some(edge) => {
                update(state, &edge, &Wish { enabled: Some(wish.enabled.unwrap_or(true)), ..wish.clone() }).await?;
                edge
            }
            None => create(state, wish).await?,
        };
        made.push(shown(&edge));
    }
    Ok(Reply::json(StatusCode::CREATED, &json!({"proxies": made})))
}

/// Enables every proxy and removes every toxic.
async fn reset(state: &Arc<State>) -> Result<Reply, Refusal> {
    for edge in &state.all() {
        edge.faults.clear();
        let closed = lock(&edge.door).is_none();
        if closed {
            open(state, edge)?;
        }
    }
    Ok(Reply::nothing())
}

fn put(edge: &Edge, wanted: crate::fault::Wanted) -> Result<Reply, Refusal> {
    let name = wanted.name.clone();
    if edge.faults.put(wanted) == Put::Full {
        return Err(Refusal::new(StatusCode::CONFLICT, "the proxy has as many toxics as it may"));
    }
    let toxic = find(edge, &name).and_then(|fault| toxic::write(&fault));
    Ok(ok(&toxic.ok_or_else(toxic::not_found)?))
}

fn open(state: &State, edge: &Arc<Edge>) -> Result<(), Refusal> {
    let failed = |error: crate::Error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    state.cores.open(edge).map(|_| ()).map_err(failed)
}

/// Edges of the file are not a client's to move or delete.
fn may_change(edge: &Edge) -> Result<(), Refusal> {
    if edge.from_file {
        let error = "this proxy is an edge of seaworthy.yaml: it can be disabled, not moved or deleted";
        return Err(Refusal::new(StatusCode::FORBIDDEN, error));
    }
    Ok(())
}

fn plain_policy(listen: SocketAddr) -> Policy {
    Policy {
        listen: Some(listen),
        protocol: Protocol::Tcp,
        timeout: None,
        connect_timeout: CONNECT_WITHIN,
        retry: None,
        breaker: None,
        cache: None,
        retry_after: Duration::from_secs(1),
    }
}

fn find(edge: &Edge, name: &str) -> Option<Arc<Active>> {
    edge.faults.active().into_iter().find(|fault| fault.wanted.name == name)
}

fn toxics(edge: &Edge) -> Value {
    edge.faults.active().iter().filter_map(|fault| toxic::write(fault)).collect()
}

fn shown(edge: &Edge) -> Value {
    json!({
        "name": edge.name,
        "listen": lock(&edge.listen).to_string(),
        "upstream": edge.upstreams().text,
        "enabled": lock(&edge.door).is_some(),
        "toxics": toxics(edge),
    })
}

/// An address to listen on; an empty host means every address, as in Go.
async fn address(text: &str) -> Result<SocketAddr, Refusal> {
    let text = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    let bad = Refusal::new(StatusCode::BAD_REQUEST, &format!("listen address `{text}` cannot be understood"));
    resolve(text).await.ok_or(bad)
}

/// The upstream of a text. One whose name is not known (yet) is asked for again at each connection.
async fn look_up(text: String) -> Upstreams {
    let addresses = resolve(text.clone()).await.into_iter().collect();
    Upstreams { addresses, text }
}

/// Looks a name up on a thread of its own, since that may take long.
async fn resolve(text: String) -> Option<SocketAddr> {
    tokio::task::spawn_blocking(move || outside::net::resolve(&text).ok()).await.ok().flatten()
}

fn body(asked: &Asked<'_>) -> Result<Value, Refusal> {
    serde_json::from_slice(asked.body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, &format!("bad request body: {error}")))
}

fn ok(value: &Value) -> Reply {
    Reply::json(StatusCode::OK, value)
}

fn no_route() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "404 page not found")
}
