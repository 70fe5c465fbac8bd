//! Connections that are kept between requests.
//!
//! A connection goes back only after its answer was read whole; one that is dropped half-way closes. A kept
//! connection that turns out to be closed *before the request was written* is replaced by a new one, once: the request
//! was never on the wire, so this is no retry.

use std::collections::{HashMap, VecDeque};
use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use super::{Answer, Failure, Limits, Request};
use crate::tls::{Certificate, Trust};

/// Idle connections kept for one address.
const IDLE_LIMIT: usize = 256;
/// Addresses with idle connections.
const ADDRESSES_LIMIT: usize = 256;
/// Idle connections older than this are closed.
const IDLE_FOR: Duration = Duration::from_secs(20);
/// How long a kept connection may take to be ready for the next request.
const READY_WITHIN: Duration = Duration::from_millis(20);
/// Longest head of an answer.
const HEAD_LIMIT_BYTES: usize = 64 * 1024;

/// Idle connections by address.
#[derive(Debug)]
pub(super) struct Pool {
    limits: Limits,
    /// Speaks TLS with everybody when it is there.
    trust: Option<Trust>,
    /// The certificate that was shown last; held for a copy only.
    shown: Mutex<Option<Certificate>>,
    /// Guards the idle connections; held for a push or a pop only, never across an await, hence of std.
    idle: Mutex<HashMap<SocketAddr, VecDeque<Connection>>>,
}

/// One connection and the task that drives it.
#[derive(Debug)]
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// The same socket once more, to see whether the other side closed it while it was idle.
    socket: OwnedFd,
    driver: JoinHandle<()>,
    since: Instant,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Pool {
    pub(super) fn new(limits: Limits, trust: Option<Trust>) -> Self {
        Self { limits, trust, shown: Mutex::default(), idle: Mutex::new(HashMap::new()) }
    }

    pub(super) fn certificate(&self) -> Option<Certificate> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One request on a kept or a new connection.
    pub(super) async fn send(&self, to: SocketAddr, request: Request) -> Result<Answer, Failure> {
        let mut request = build(to, request)?;
        if let Some(mut kept) = self.ready(to).await {
            match kept.sender.try_send_request(request).await {
                Ok(response) => return self.finish(to, kept, response).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(failure_of(&error.into_error())),
                },
            }
        }
        let mut fresh = self.open(to).await?;
        match fresh.sender.send_request(request).await {
            Ok(response) => self.finish(to, fresh, response).await,
            Err(error) => Err(failure_of(&error)),
        }
    }

    async fn open(&self, to: SocketAddr) -> Result<Connection, Failure> {
        let stream = crate::net::connect(to, self.limits.connect).await.map_err(failure_to_connect)?;
        let socket = stream.as_fd().try_clone_to_owned().map_err(|error| Failure::Other(error.to_string()))?;
        let Some(trust) = &self.trust else { return speak(TokioIo::new(stream), socket).await };
        let greeted = trust.greet(stream, self.limits.connect).await;
        let (stream, certificate) = greeted.map_err(failure_to_connect)?;
        let fault = certificate.fault.clone();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
        match fault {
            Some(fault) => Err(Failure::Certificate(fault)),
            None => speak(TokioIo::new(stream), socket).await,
        }
    }

    async fn finish(
        &self,
        to: SocketAddr,
        connection: Connection,
        response: hyper::Response<Incoming>,
    ) -> Result<Answer, Failure> {
        let (head, body) = response.into_parts();
        let body = read_body(body, self.limits.body_bytes).await?;
        self.keep(to, connection);
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        Ok(Answer { status: head.status.as_u16(), headers, body })
    }

    /// A kept connection that can be written to.
    async fn ready(&self, to: SocketAddr) -> Option<Connection> {
        while let Some(mut connection) = self.take(to) {
            // The driver may need a moment to see that the answer before was read whole.
            let ready = tokio::time::timeout(READY_WITHIN, connection.sender.ready()).await;
            if matches!(ready, Ok(Ok(()))) {
                return Some(connection);
            }
        }
        None
    }

    fn take(&self, to: SocketAddr) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(&to)?;
        while let Some(connection) = kept.pop_back() {
            if connection.since.elapsed() < IDLE_FOR && !connection.sender.is_closed() && is_quiet(&connection.socket) {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, to: SocketAddr, mut connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        connection.since = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= ADDRESSES_LIMIT && !idle.contains_key(&to) {
            idle.clear();
        }
        let kept = idle.entry(to).or_default();
        while kept.front().is_some_and(|oldest| kept.len() >= IDLE_LIMIT || oldest.since.elapsed() >= IDLE_FOR) {
            kept.pop_front();
        }
        kept.push_back(connection);
    }
}

fn failure_to_connect(error: crate::Error) -> Failure {
    match error {
        crate::Error::Refused { .. } => Failure::Refused,
        crate::Error::TimedOut { .. } => Failure::TimedOut,
        crate::Error::Io { source, .. } if is_reset(&source) => Failure::Reset,
        other => Failure::Other(match other.source() {
            Some(source) => format!("{other}: {source}"),
            None => other.to_string(),
        }),
    }
}

/// HTTP on a stream that stands.
async fn speak<S>(stream: S, socket: OwnedFd) -> Result<Connection, Failure>
where
    S: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT_BYTES)
        .handshake(stream)
        .await
        .map_err(|error| failure_of(&error))?;
    // How a connection ends is told to the request that waits on it.
    let driver = tokio::spawn(async move { drop(connection.await) });
    Ok(Connection { sender, socket, driver, since: Instant::now() })
}

/// Whether an idle connection is still open: nothing to read, not even its end. One look at the socket, because the
/// task that drives it may not have been told yet, and a request written now would be lost.
fn is_quiet(socket: &OwnedFd) -> bool {
    use rustix::net::{RecvFlags, recv};
    let mut byte = [0_u8; 1];
    matches!(recv(socket, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT), Err(rustix::io::Errno::AGAIN))
}

fn build(to: SocketAddr, request: Request) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let cannot = |why: String| Failure::Other(format!("this request cannot be sent: {why}"));
    if !request.path.starts_with('/') {
        return Err(cannot(format!("the path `{}` does not begin with `/`", request.path)));
    }
    let mut built = hyper::Request::builder().method(request.method.as_str()).uri(request.path.as_str());
    if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        built = built.header("host", to.to_string());
    }
    for (name, value) in &request.headers {
        built = built.header(name, value);
    }
    built.body(Full::new(request.body)).map_err(|error| cannot(error.to_string()))
}

async fn read_body(mut body: Incoming, limit_bytes: usize) -> Result<Bytes, Failure> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| failure_of(&error))?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > limit_bytes {
                return Err(Failure::TooLarge);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

fn failure_of(error: &hyper::Error) -> Failure {
    if error.is_parse() {
        return Failure::Malformed(error.to_string());
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() || error.is_body_write_aborted() {
        return Failure::Reset;
    }
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return if is_reset(io) { Failure::Reset } else { Failure::Other(io.to_string()) };
        }
        source = inner.source();
    }
    Failure::Other(error.to_string())
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::NotConnected
    )
}
