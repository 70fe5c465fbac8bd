//! HTTP/1.1 connections of clients. hyper reads and writes; what happens to a request is in `request.rs`.
//!
//! Of a request with both `Content-Length` and `Transfer-Encoding` hyper believes the latter only, drops the former,
//! and closes the connection after the answer; bodies are framed anew towards the upstream. So what one side takes for
//! the end of a request, the other does too.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::door::Mode;
use crate::request::{self, Entrance};

/// The largest head of a request, in bytes; a larger one is answered with 431.
pub const LARGEST_REQUEST_HEAD: usize = 64 * 1024;
/// The most header fields of a request.
pub const MOST_HEADERS: usize = 128;
/// How long a client may take for the head of its next request, waiting included.
pub const HEAD_WITHIN: Duration = Duration::from_secs(60);

/// Serves one connection to its end.
pub(crate) async fn carry(entrance: Entrance, stream: TcpStream, mut mode: watch::Receiver<Mode>) {
    let entrance = Arc::new(entrance);
    let service = service_fn(move |request| {
        let entrance = Arc::clone(&entrance);
        async move { request::serve(&entrance, request).await }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(LARGEST_REQUEST_HEAD).max_header_size(LARGEST_REQUEST_HEAD).max_headers(MOST_HEADERS);
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    loop {
        tokio::select! {
            // An error is the client's going, or a bypassed failure: both end the connection, as is right.
            _ = connection.as_mut() => return,
            changed = mode.changed() => {
                let now = *mode.borrow();
                if changed.is_err() || now == Mode::Cut {
                    return;
                }
                if now == Mode::Drain {
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
