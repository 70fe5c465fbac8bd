//! A small HTTP/1.1 client that says exactly how a request ended.
//!
//! Refused, reset and timed out are different observations, so the client has its own pool of connections and knows
//! for each request whether it was written. It never follows a redirect, never retries what was sent, and never
//! takes more of a body than its limit. With TLS nothing is sent where the certificate is not good. No HTTP/2, no
//! cookies.

mod pool;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::tls::{Certificate, Trust};
use pool::Pool;

/// What a client takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest body of an answer.
    pub body_bytes: usize,
    /// Longest wait for a connection.
    pub connect: Duration,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path with query, beginning with `/`.
    pub path: String,
    /// Headers in order; `host` is added when it is missing.
    pub headers: Vec<(String, String)>,
    /// Body, sent with its length.
    pub body: Bytes,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// Whole body.
    pub body: Bytes,
}

/// How a request failed to get an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody listens: the request was surely not sent.
    #[error("connection refused")]
    Refused,
    /// The connection broke after it stood: the request may have been carried out.
    #[error("connection reset")]
    Reset,
    /// No whole answer in time: the request may have been carried out.
    #[error("timed out")]
    TimedOut,
    /// The body is longer than the limit.
    #[error("answer larger than the limit")]
    TooLarge,
    /// The answer is not HTTP/1.1.
    #[error("malformed answer: {0}")]
    Malformed(String),
    /// The certificate is not good: nothing was sent.
    #[error("certificate: {0}")]
    Certificate(String),
    /// Anything else: no way to the host, or a request that cannot be sent.
    #[error("{0}")]
    Other(String),
}

/// A client with a pool of connections; clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Arc<Pool>,
}

impl Request {
    /// A `GET` without headers.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET".to_owned(), path: path.into(), headers: Vec::new(), body: Bytes::new() }
    }
}

impl Answer {
    /// The first value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// A client with its own pool.
    pub fn new(limits: Limits) -> Self {
        Self { pool: Arc::new(Pool::new(limits, None)) }
    }

    /// A client with its own pool that speaks TLS with everybody.
    pub fn secured(limits: Limits, trust: Trust) -> Self {
        Self { pool: Arc::new(Pool::new(limits, Some(trust))) }
    }

    /// The certificate that was shown last, good or not.
    pub fn certificate(&self) -> Option<Certificate> {
        self.pool.certificate()
    }

    /// The answer to a request, whole, within a time that counts from now and includes connecting.
    ///
    /// # Errors
    /// A [`Failure`]; a status of 500 is an answer, not a failure.
    pub async fn send(&self, to: SocketAddr, request: Request, within: Duration) -> Result<Answer, Failure> {
        tokio::time::timeout(within, self.pool.send(to, request)).await.unwrap_or(Err(Failure::TimedOut))
    }
}
