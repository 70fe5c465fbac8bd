//! Words for the tests: an upstream of which one can ask what it saw, a guard with a policy, a client that says how
//! its connection ended, and an admin.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guard::{Guard, Plan, PlannedEdge, Running};
use serde_json::{Value, json};
use system::{Backoff, Breaker, Cache, EdgeId, Policy, Protocol, Retry, Trips};
use text::{Bytes, Ratio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// The edge of most tests.
pub(crate) const EDGE: &str = "web->api";
/// The same, as a path of the admin port names it.
pub(crate) const EDGE_PATH: &str = "web-%3Eapi";
const TOKEN: &str = "0123456789abcdef";

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A loopback address on which nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], outside::net::free_port().unwrap()))
}

pub(crate) fn listen(at: SocketAddr) -> TcpListener {
    TcpListener::from_std(outside::net::listen(at, false).unwrap()).unwrap()
}

// ===== policies =====

pub(crate) fn policy() -> Policy {
    Policy {
        listen: None,
        protocol: Protocol::Http,
        timeout: None,
        connect_timeout: Duration::from_secs(1),
        retry: None,
        breaker: None,
        cache: None,
        retry_after: Duration::from_secs(1),
    }
}

pub(crate) fn tcp() -> Policy {
    Policy { protocol: Protocol::Tcp, ..policy() }
}

pub(crate) fn retry(attempts: u32) -> Retry {
    let backoff = Backoff::try_new(Duration::from_millis(1), Duration::from_millis(1500)).unwrap();
    Retry { attempts, backoff, budget: Ratio::try_new(0.2).unwrap(), budget_floor: 3 }
}

pub(crate) fn breaker(in_a_row: u32, open: Duration) -> Breaker {
    Breaker { trips: Trips::InARow(in_a_row), open, trial: 1 }
}

pub(crate) fn cache() -> Cache {
    Cache { stale_if_error: Duration::from_secs(60), entries: 16, body: Bytes(1024) }
}

// ===== the upstream =====

/// What an upstream saw of a request.
#[derive(Clone, Debug)]
pub(crate) struct Saw {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// An HTTP upstream that answers what its script says.
pub(crate) struct Upstream {
    pub(crate) at: SocketAddr,
    pub(crate) saw: Arc<Mutex<Vec<Saw>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// What to do with a request: its number from 0, and itself.
type Script = Arc<dyn Fn(usize, &Saw) -> Act + Send + Sync>;

pub(crate) enum Act {
    /// Send these bytes, keep the connection.
    Send(String),
    /// Send these bytes, close the connection.
    SendAndClose(String),
    /// Say nothing until the client goes.
    Hang,
    /// Reset the connection.
    Reset,
    /// Close the connection.
    Close,
}

pub(crate) fn response(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

pub(crate) fn ok(body: &str) -> Act {
    Act::Send(response(200, "", body))
}

pub(crate) fn status(status: u16) -> Act {
    Act::Send(response(status, "", "upstream's own"))
}

impl Upstream {
    /// On a free port.
    pub(crate) fn start(script: impl Fn(usize, &Saw) -> Act + Send + Sync + 'static) -> Self {
        Self::start_at(loopback(), script)
    }

    pub(crate) fn start_at(at: SocketAddr, script: impl Fn(usize, &Saw) -> Act + Send + Sync + 'static) -> Self {
        let listener = listen(at);
        let at = listener.local_addr().unwrap();
        let saw = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let script: Script = Arc::new(script);
        let (log, count) = (Arc::clone(&saw), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            // Dropped with the task, so that an upstream that is gone is gone on every connection.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                connections.spawn(answer(stream, Arc::clone(&log), Arc::clone(&script)));
            }
        });
        Self { at, saw, connections, task }
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.saw.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> Saw {
        self.saw.lock().unwrap().last().cloned().unwrap()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, log: Arc<Mutex<Vec<Saw>>>, script: Script) {
    let mut read = Vec::new();
    while let Some(saw) = next_request(&mut stream, &mut read).await {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(saw.clone());
            log.len() - 1
        };
        match script(number, &saw) {
            Act::Send(text) => {
                let last = saw.head.to_ascii_lowercase().contains("connection: close");
                if stream.write_all(text.as_bytes()).await.is_err() || last {
                    return;
                }
            }
            Act::SendAndClose(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
            Act::Hang => {
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Close => return,
        }
    }
}

/// Reads one request with its body, by length or by chunks.
async fn next_request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Saw> {
    let end = loop {
        if let Some(at) = find(read, b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, read).await?;
    };
    let head = String::from_utf8(read.drain(..end).collect()).unwrap();
    let lower = head.to_ascii_lowercase();
    let mut body = Vec::new();
    if lower.contains("transfer-encoding: chunked") {
        loop {
            let line = loop {
                if let Some(at) = find(read, b"\r\n") {
                    break at;
                }
                more(stream, read).await?;
            };
            let size = usize::from_str_radix(std::str::from_utf8(&read[..line]).unwrap(), 16).unwrap();
            while read.len() < line + 2 + size + 2 {
                more(stream, read).await?;
            }
            body.extend_from_slice(&read[line + 2..line + 2 + size]);
            read.drain(..line + 2 + size + 2);
            if size == 0 {
                break;
            }
        }
    } else {
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        while read.len() < length {
            more(stream, read).await?;
        }
        body.extend(read.drain(..length));
    }
    Some(Saw { line: head.lines().next().unwrap().to_owned(), head, body })
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

async fn more(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<()> {
    match stream.read_buf(read).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}

// ===== the guard =====

pub(crate) fn edge(policy: Policy, upstreams: Vec<SocketAddr>) -> PlannedEdge {
    PlannedEdge { id: EdgeId::parse(EDGE).unwrap(), listen: loopback(), upstreams, policy }
}

pub(crate) fn plan(edges: Vec<PlannedEdge>) -> Plan {
    Plan { edges, admin: loopback(), token: Some(TOKEN.to_owned()), toxiproxy: false, workers: 2, seed: 1 }
}

/// A guard on one edge.
pub(crate) struct World {
    pub(crate) guard: Option<Running>,
    pub(crate) at: SocketAddr,
    pub(crate) admin: Admin,
}

impl World {
    pub(crate) fn of(policy: Policy, upstreams: Vec<SocketAddr>) -> Self {
        Self::start(plan(vec![edge(policy, upstreams)]))
    }

    pub(crate) fn start(plan: Plan) -> Self {
        let guard = Guard::start(plan).unwrap();
        let at = guard.edges().first().map_or(loopback(), |(_, at)| *at);
        let admin = Admin { at: guard.admin() };
        Self { guard: Some(guard), at, admin }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        ask(self.at, "GET", path, "", "").await
    }

    pub(crate) async fn counts(&self) -> Value {
        self.admin.edge().await["counts"].clone()
    }
}

/// The admin port.
pub(crate) struct Admin {
    pub(crate) at: SocketAddr,
}

impl Admin {
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = format!("Authorization: Bearer {TOKEN}\r\n");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(self.at, method, path, &headers, &body).await
    }

    pub(crate) async fn edge(&self) -> Value {
        self.ask("GET", &format!("/seaworthy/v1/edges/{EDGE_PATH}"), &Value::Null).await.json()
    }

    pub(crate) async fn fault(&self, body: Value) -> Answer {
        self.ask("PUT", &format!("/seaworthy/v1/edges/{EDGE_PATH}/faults/f"), &body).await
    }

    pub(crate) async fn end_fault(&self) -> Answer {
        self.ask("DELETE", &format!("/seaworthy/v1/edges/{EDGE_PATH}/faults/f"), &Value::Null).await
    }

    pub(crate) async fn bypass(&self, ttl_ms: u64) -> Answer {
        self.ask("PUT", &format!("/seaworthy/v1/edges/{EDGE_PATH}/bypass"), &json!({"ttl_ms": ttl_ms})).await
    }

    pub(crate) async fn try_it(&self, body: Value) -> Value {
        self.ask("POST", &format!("/seaworthy/v1/edges/{EDGE_PATH}/try"), &body).await.json()
    }
}

// ===== the client =====

/// What a client got: status 0 when its connection ended without an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and the guard's mark, the two things most tests look at.
    pub(crate) fn brief(&self) -> (u16, &str) {
        (self.status, self.header("seaworthy-guard").unwrap_or(""))
    }
}

/// Asks on a connection of its own and reads to the end.
pub(crate) async fn ask(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let host = if headers.starts_with("Host:") { "" } else { "Host: localhost\r\n" };
    let text = format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n{headers}{length}\r\n{body}");
    raw(at, &text).await
}

/// Sends bytes and reads to the end.
pub(crate) async fn raw(at: SocketAddr, text: &str) -> Answer {
    let began = Instant::now();
    let mut stream = match outside::net::connect(at, PATIENCE).await {
        Ok(stream) => stream,
        // A connection that is reset at once may be so while it is still being opened.
        Err(outside::Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::ConnectionReset => {
            return Answer { status: 0, head: String::new(), body: String::new(), took: began.elapsed() };
        }
        Err(other) => panic!("{other}"),
    };
    let mut read = Vec::new();
    // An upstream may answer and close before everything was written.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("the connection ends");
    let text = String::from_utf8_lossy(&read).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned(), took: began.elapsed() }
}

/// Asks again and again until the answer is as wished; fails when it never is.
pub(crate) async fn until(what: &str, mut asked: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !asked().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

/// Stops a guard without holding up the test's own event loop.
pub(crate) async fn stop(guard: Running) {
    tokio::task::spawn_blocking(move || guard.stop()).await.unwrap();
}
