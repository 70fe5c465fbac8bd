//! One service that we call over HTTP/1.1: a pooled client with a deadline and a limit on what it reads.
//!
//! No retry and no breaker here: those stand on the edge, in front of the neighbor. The deadline is long on purpose.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

/// How long a neighbor may take, from the call to the last byte of its answer.
pub(crate) const WITHIN: Duration = Duration::from_secs(5);

/// The largest answer read.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Connections kept open to one neighbor while nobody uses them.
const MAX_IDLE: usize = 32;

/// Why a neighbor gave no good answer.
#[derive(Debug, thiserror::Error)]
pub enum NeighborError {
    /// Not in time.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// No connection, or a broken one, or an answer that is none.
    #[error("no answer: {0}")]
    Broken(String),
    /// An answer that says no.
    #[error("answered {0}")]
    Status(u16),
}

/// What a neighbor answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header as text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// A service that we call.
#[derive(Clone, Debug)]
pub struct Neighbor {
    at: String,
    within: Duration,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Neighbor {
    /// The service at HOST:PORT.
    pub fn new(at: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(MAX_IDLE).build_http();
        Self { at: at.to_owned(), within: WITHIN, client }
    }

    /// Sends one request and reads the whole answer, whatever its status.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, NeighborError> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.at));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).map_err(|error| NeighborError::Broken(error.to_string()))?;
        timeout(self.within, self.exchange(request)).await.map_err(|_| NeighborError::Late(self.within))?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Reply, NeighborError> {
        let answer = self.client.request(request).await.map_err(|error| NeighborError::Broken(chain(&error)))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| NeighborError::Broken(error.to_string()))?.to_bytes();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Posts JSON and gives the JSON of a 2xx answer; everything else is an error.
    pub async fn post(&self, path: &str, value: &Value) -> Result<Value, NeighborError> {
        let reply = self.send(Method::POST, path, &[("content-type", "application/json")], value.to_string()).await?;
        good(&reply)
    }

    /// Gets the JSON of a 2xx answer; everything else is an error.
    pub async fn get(&self, path: &str) -> Result<Value, NeighborError> {
        good(&self.send(Method::GET, path, &[], Bytes::new()).await?)
    }

    /// Posts JSON with a blocking socket and holds the calling thread until the answer is there.
    pub(crate) fn post_and_block(&self, path: &str, value: &Value) -> Result<Value, NeighborError> {
        let body = value.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.at);
        let rest = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let answer = self.talk(&format!("{head}{rest}")).map_err(|error| NeighborError::Broken(error.to_string()))?;
        let status = answer.split(' ').nth(1).and_then(|text| text.parse::<u16>().ok());
        match status.map(StatusCode::from_u16) {
            Some(Ok(status)) if status.is_success() => Ok(Value::Null),
            Some(Ok(status)) => Err(NeighborError::Status(status.as_u16())),
            Some(Err(_)) | None => Err(NeighborError::Broken("this is not HTTP".to_owned())),
        }
    }

    fn talk(&self, request: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.at)?;
        stream.set_read_timeout(Some(self.within))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER_BYTES as u64).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

fn good(reply: &Reply) -> Result<Value, NeighborError> {
    if (200..300).contains(&reply.status) { Ok(reply.json()) } else { Err(NeighborError::Status(reply.status)) }
}

/// An error with everything under it: hyper's own text names only the layer.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
