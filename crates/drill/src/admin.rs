//! The guard's admin port, as far as a drill needs it: put a fault in, bypass the protections, look, try.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use outside::http::{Answer, Client, Limits, Request};
use serde_json::{Value, json};
use system::EdgeId;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::Error;

/// Time to live of everything we put into a guard: it ends this long after the last renewal, even if we are dead.
pub const TTL: Duration = Duration::from_secs(2);
/// How often it is renewed while it is on.
const RENEW_EVERY: Duration = Duration::from_millis(500);
/// How long an ordinary question may take.
const WITHIN: Duration = Duration::from_secs(2);
/// Longest answer read.
const ANSWER_BYTES: usize = 1024 * 1024;

/// The admin port of a running guard.
#[derive(Clone)]
pub struct GuardAdmin {
    address: SocketAddr,
    token: String,
    client: Client,
}

/// What the guard says of one edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeState {
    /// State of its breaker.
    pub breaker: String,
    /// Protections are skipped.
    pub bypass: bool,
    /// Names of the faults that are on.
    pub faults: Vec<String>,
    /// Client connections that stand right now.
    pub connections: u64,
    /// What it counted since it started.
    pub counts: Counts,
}

/// Counters of one edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts made at the dependency.
    pub upstream_attempts: u64,
    /// Attempts that failed at the dependency, injected ones included.
    pub upstream_failures: u64,
    /// Requests that a tripped breaker answered.
    pub short_circuited: u64,
    /// Attempts that met an injected fault.
    pub injected: u64,
}

/// How one raw attempt through the fault point ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// How.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// The ends of a raw attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this status; 0 when the edge is not HTTP.
    Answered(u16),
    /// Nobody listened.
    Refused,
    /// The connection broke.
    Reset,
    /// Nothing came.
    TimedOut,
    /// An answer broke off.
    Cut,
}

/// Something in the guard that is renewed until it is ended. Dropping it stops the renewal, so that it ends by itself.
#[derive(Debug)]
pub struct Held {
    admin: GuardAdmin,
    path: String,
    lapsed: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    renewal: JoinHandle<()>,
}

impl fmt::Debug for GuardAdmin {
    /// Without the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GuardAdmin").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took_ms = self.took.as_secs_f64() * 1e3;
        match self.outcome {
            Outcome::Answered(0) => write!(formatter, "answered after {took_ms:.0} ms"),
            Outcome::Answered(status) => write!(formatter, "answered {status} after {took_ms:.0} ms"),
            Outcome::Refused => formatter.write_str("refused"),
            Outcome::Reset => formatter.write_str("reset"),
            Outcome::TimedOut => write!(formatter, "without an answer for {took_ms:.0} ms"),
            Outcome::Cut => formatter.write_str("cut off"),
        }
    }
}

impl GuardAdmin {
    /// The admin port at an address, with the token that the guard was started with.
    pub fn new(address: SocketAddr, token: impl Into<String>) -> Self {
        let client = Client::new(Limits { body_bytes: ANSWER_BYTES, connect: WITHIN });
        Self { address, token: token.into(), client }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token, for the undo in the journal.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Puts a fault in and keeps it on. `fault` is its JSON without the time to live.
    ///
    /// # Errors
    /// [`Error::Admin`] when the guard does not take it.
    pub async fn hold_fault(&self, edge: &EdgeId, name: &str, fault: Value) -> Result<Held, Error> {
        self.hold(format!("{}/faults/{name}", edge_path(edge)), fault).await
    }

    /// Skips the protections of an edge and keeps it so; the proxy stays in place.
    ///
    /// # Errors
    /// [`Error::Admin`] when the guard does not take it.
    pub async fn hold_bypass(&self, edge: &EdgeId) -> Result<Held, Error> {
        self.hold(format!("{}/bypass", edge_path(edge)), json!({})).await
    }

    /// What the guard says of an edge.
    ///
    /// # Errors
    /// [`Error::Admin`] when it does not answer, or not as agreed.
    pub async fn edge(&self, edge: &EdgeId) -> Result<EdgeState, Error> {
        let value = self.json("GET", &edge_path(edge), None, WITHIN).await?;
        EdgeState::read(&value)
            .ok_or_else(|| Error::Admin { why: format!("what it says of {edge} is not understood: {value}") })
    }

    /// One raw attempt through the fault point of an edge, without its protections, that waits for `within`.
    ///
    /// # Errors
    /// [`Error::Admin`] when the guard itself does not answer, or answers what is not understood.
    pub async fn attempt(&self, edge: &EdgeId, path: &str, within: Duration) -> Result<Attempt, Error> {
        let (route, body) = (format!("{}/try", edge_path(edge)), json!({"path": path, "within_ms": millis(within)}));
        let value = self.json("POST", &route, Some(body), within + WITHIN).await?;
        let understood = Attempt::read(&value);
        understood.ok_or_else(|| Error::Admin { why: format!("the end of an attempt is not understood: {value}") })
    }

    /// Ends every fault and every bypass, admits again, and empties the caches.
    ///
    /// # Errors
    /// [`Error::Admin`].
    pub async fn reset(&self) -> Result<(), Error> {
        self.ask("POST", "/seaworthy/v1/reset", None, WITHIN).await.map(drop)
    }

    async fn hold(&self, path: String, mut body: Value) -> Result<Held, Error> {
        if let Some(body) = body.as_object_mut() {
            body.insert("ttl_ms".to_owned(), millis(TTL).into());
        }
        let first = self.ask("PUT", &path, Some(&body), WITHIN).await?;
        let lapsed = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        let renewing = Renewing {
            admin: self.clone(),
            path: path.clone(),
            body,
            tells_new: first.status == 201,
            lapsed: Arc::clone(&lapsed),
        };
        let renewal = tokio::spawn(renewing.run(stopped));
        Ok(Held { admin: self.clone(), path, lapsed, stop, renewal })
    }

    async fn json(&self, method: &str, path: &str, body: Option<Value>, within: Duration) -> Result<Value, Error> {
        let answer = self.ask(method, path, body.as_ref(), within).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| Error::Admin { why: format!("{method} {path} answered no JSON: {error}") })
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>, within: Duration) -> Result<Answer, Error> {
        let mut headers = vec![("authorization".to_owned(), format!("Bearer {}", self.token))];
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = Request { method: method.to_owned(), path: path.to_owned(), headers, body };
        let named = |why: String| Error::Admin { why: format!("{method} {path}: {why}") };
        let answer =
            self.client.send(self.address, request, within).await.map_err(|failure| named(failure.to_string()))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let said = String::from_utf8_lossy(&answer.body).chars().take(200).collect::<String>();
        Err(named(format!("answered {}: {said}", answer.status)))
    }
}

impl Held {
    /// Whether it was off at some time since it was put in, because a renewal came too late or not at all.
    pub fn has_lapsed(&self) -> bool {
        self.lapsed.load(Ordering::Acquire)
    }

    /// Takes it out.
    ///
    /// # Errors
    /// [`Error::Admin`]; it then ends by itself within [`TTL`].
    pub async fn end(mut self) -> Result<(), Error> {
        // Not aborted: a renewal under way could arrive after the removal and put it in again.
        self.stop.send_replace(true);
        let _ = timeout(WITHIN, &mut self.renewal).await;
        self.admin.ask("DELETE", &self.path, None, WITHIN).await.map(drop)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews until told to stop.
struct Renewing {
    admin: GuardAdmin,
    path: String,
    body: Value,
    /// The guard tells something new from something renewed, so a lapse can be noticed.
    tells_new: bool,
    lapsed: Arc<AtomicBool>,
}

impl Renewing {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = sleep(RENEW_EVERY) => {}
            }
            let renewed = self.admin.ask("PUT", &self.path, Some(&self.body), RENEW_EVERY).await;
            let was_gone = renewed.as_ref().is_ok_and(|answer| answer.status == 201) && self.tells_new;
            if was_gone {
                self.lapsed.store(true, Ordering::Release);
            }
        }
    }
}

impl EdgeState {
    fn read(value: &Value) -> Option<Self> {
        let counts = value.get("counts")?;
        let count = |key: &str| counts.get(key)?.as_u64();
        let names = value.get("faults")?.as_array()?.iter().map(|fault| Some(fault.get("name")?.as_str()?.to_owned()));
        Some(Self {
            breaker: value.get("breaker")?.as_str()?.to_owned(),
            bypass: value.get("bypass")?.as_bool()?,
            faults: names.collect::<Option<_>>()?,
            connections: value.get("connections").and_then(Value::as_u64).unwrap_or(0),
            counts: Counts {
                upstream_attempts: count("upstream_attempts")?,
                upstream_failures: count("upstream_failures")?,
                short_circuited: count("short_circuited")?,
                injected: count("injected")?,
            },
        })
    }
}

impl Attempt {
    fn read(value: &Value) -> Option<Self> {
        let took_ms = value.get("took_ms")?.as_f64().filter(|took| (0.0..1e9).contains(took))?;
        let status = value.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        let outcome = match value.get("outcome")?.as_str()? {
            "answered" => Outcome::Answered(status.unwrap_or(0)),
            "refused" => Outcome::Refused,
            "reset" => Outcome::Reset,
            "timed_out" => Outcome::TimedOut,
            "cut" => Outcome::Cut,
            _ => return None,
        };
        Some(Self { outcome, took: Duration::from_secs_f64(took_ms / 1e3) })
    }
}

fn edge_path(edge: &EdgeId) -> String {
    format!("/seaworthy/v1/edges/{}", encoded(&edge.to_string()))
}

/// Percent-encodes everything but letters, digits, `-`, `_`, `.` and `~`.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_one_segment_of_a_path() {
        let edge = EdgeId::parse("web->api/read").expect("is an edge");
        assert_eq!(edge_path(&edge), "/seaworthy/v1/edges/web-%3Eapi%2Fread");
        assert_eq!(encoded("ä b"), "%C3%A4%20b");
    }

    #[test]
    fn a_token_is_not_shown() {
        let admin = GuardAdmin::new(SocketAddr::from(([127, 0, 0, 1], 1)), "geheim");
        assert!(!format!("{admin:?}").contains("geheim"));
    }

    #[test]
    fn an_edge_that_lacks_a_count_is_not_understood() {
        let whole = json!({"breaker": "tripped", "bypass": false, "faults": [{"name": "drill"}],
            "counts": {"upstream_attempts": 4, "upstream_failures": 1, "short_circuited": 2, "injected": 3}});
        let state = EdgeState::read(&whole).expect("is whole");
        assert_eq!((state.faults, state.counts.injected), (vec!["drill".to_owned()], 3));
        let mut cut = whole;
        cut["counts"].as_object_mut().expect("is an object").remove("injected");
        assert_eq!(EdgeState::read(&cut), None);
    }
}
