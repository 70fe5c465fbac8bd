//! One attempt: fault point, connection, request, head of the answer. Knows no protection but the two time limits, so
//! it is the same with the guardrail on and off.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Request, Response, Uri, Version};
use tokio::time::{Instant, timeout, timeout_at};

use crate::answer;
use crate::body::{Payload, Upload};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::fault::{Passed, pass};
use crate::headers;
use crate::pool::{Lease, Pool};
use crate::retry::LONGEST_KEPT_BODY;
use crate::timeout::{BODY_STANDSTILL, Limits};

/// A request ready for the upstream, as often as its body allows.
pub(crate) struct Outgoing {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Held,
    upload: Upload,
}

/// The body of a request: at hand, on its way, or gone.
enum Held {
    Whole(Bytes),
    Once { first: Bytes, rest: Incoming },
    Spent,
}

impl Outgoing {
    /// Takes a client's request over. With `keep` its body is read into memory first, as far as the limit allows.
    ///
    /// # Errors
    /// [`Failure::Client`] when the body did not come.
    pub(crate) async fn of(request: Request<Incoming>, client: IpAddr, keep: bool) -> Result<Self, Failure> {
        let (head, body) = request.into_parts();
        let mut headers = head.headers;
        if let Some(authority) = head.uri.authority()
            && let Some(host) = authority.as_str().rsplit('@').next()
            && let Ok(host) = HeaderValue::from_str(host)
        {
            // A request in absolute form names the host in its first line, and that one counts.
            headers.insert(HOST, host);
        }
        headers::forward_request(&mut headers, client);
        let mut parts = hyper::http::uri::Parts::default();
        parts.path_and_query = head.uri.path_and_query().cloned();
        let uri = Uri::from_parts(parts).unwrap_or_default();
        let body = if keep || body.is_end_stream() { keep_body(body).await? } else { Held::once(body) };
        Ok(Self { method: head.method, uri, headers, body, upload: Upload::default() })
    }

    /// A plain GET of the guard's own.
    pub(crate) fn get(uri: Uri, host: SocketAddr) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(host) = HeaderValue::from_str(&host.to_string()) {
            headers.insert(HOST, host);
        }
        Self { method: Method::GET, uri, headers, body: Held::Whole(Bytes::new()), upload: Upload::default() }
    }

    /// Whether it can be sent (again).
    pub(crate) fn is_at_hand(&self) -> bool {
        !matches!(self.body, Held::Spent)
    }

    fn take(&mut self) -> Option<Request<Payload>> {
        let body = match std::mem::replace(&mut self.body, Held::Spent) {
            Held::Whole(bytes) => {
                self.body = Held::Whole(bytes.clone());
                Payload::whole(bytes)
            }
            Held::Once { first, rest } => Payload::from_client(first, rest, self.upload.clone()),
            Held::Spent => return None,
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        Some(request)
    }
}

impl Held {
    fn once(rest: Incoming) -> Self {
        Self::Once { first: Bytes::new(), rest }
    }
}

/// Reads a body into memory; one that is too long is kept as far as it was read, to be sent once.
async fn keep_body(mut body: Incoming) -> Result<Held, Failure> {
    if body.size_hint().lower() > LONGEST_KEPT_BODY as u64 {
        return Ok(Held::once(body));
    }
    let mut read: Vec<u8> = Vec::new();
    while let Some(frame) = timeout(BODY_STANDSTILL, body.frame()).await.map_err(|_| Failure::Client)? {
        let frame = frame.map_err(|_| Failure::Client)?;
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(data);
        }
        if read.len() > LONGEST_KEPT_BODY {
            return Ok(Held::Once { first: read.into(), rest: body });
        }
    }
    Ok(Held::Whole(read.into()))
}

/// Asks one upstream once.
///
/// # Errors
/// How it failed. Answers with a failing status are answers.
pub(crate) async fn attempt(
    edge: &Arc<Edge>,
    pool: &Arc<Pool>,
    at: Option<SocketAddr>,
    outgoing: &mut Outgoing,
    limits: Limits,
) -> Result<Response<Payload>, Failure> {
    edge.counts.upstream_attempts.add();
    let result = exchange(edge, pool, at, outgoing, limits).await;
    let failed = match &result {
        Ok(response) => crate::failure::is_failing(response.status()),
        Err(Failure::Client) => false,
        Err(_) => true,
    };
    if failed {
        edge.counts.upstream_failures.add();
    }
    result
}

async fn exchange(
    edge: &Arc<Edge>,
    pool: &Arc<Pool>,
    at: Option<SocketAddr>,
    outgoing: &mut Outgoing,
    limits: Limits,
) -> Result<Response<Payload>, Failure> {
    let number = edge.number();
    let began = Instant::now();
    let passed = match timeout(limits.answer, pass(&edge.faults, number)).await {
        Ok(passed) => passed,
        Err(_) => {
            edge.counts.injected.add();
            return Err(Failure::TimedOut);
        }
    };
    let slow_line = edge.bandwidth(number).is_some();
    if passed != Passed::Through || slow_line {
        edge.counts.injected.add();
    }
    match passed {
        Passed::Through | Passed::Late => {}
        Passed::Refused => return Err(Failure::Refused),
        Passed::Reset => return Err(Failure::Reset),
        Passed::Cut => return Err(Failure::Cut),
        Passed::Answered(status) => return Ok(answer::injected(status)),
    }
    let left = limits.answer.saturating_sub(began.elapsed());
    let at = at.ok_or(Failure::Refused)?;
    let lease = pool.take(at, limits.connect).await?;
    let ask = ask(pool, at, lease, outgoing, limits);
    let Ok(answered) = timeout_at(Instant::now() + left, ask).await else {
        return Err(if outgoing.upload.waits_for_client() { Failure::Client } else { Failure::TimedOut });
    };
    let (response, lease) = answered?;
    if response.status().is_informational() {
        return Err(Failure::Cut);
    }
    let response = take_over(response, edge, lease);
    Ok(if slow_line { response.map(|body| body.trickling(number)) } else { response })
}

/// Sends the request and waits for the head. A connection that had waited and died before a byte was written is
/// replaced by a new one, once.
async fn ask(
    pool: &Arc<Pool>,
    at: SocketAddr,
    mut lease: Lease,
    outgoing: &mut Outgoing,
    limits: Limits,
) -> Result<(Response<Incoming>, Lease), Failure> {
    let request = outgoing.take().ok_or(Failure::Client)?;
    let mut refused = match lease.sender.try_send_request(request).await {
        Ok(response) => return Ok((response, lease)),
        Err(refused) => refused,
    };
    let Some(unsent) = refused.take_message().filter(|_| lease.reused) else {
        return Err(Failure::of_exchange(refused.error()));
    };
    let mut fresh = pool.open(at, limits.connect).await?;
    let response = fresh.sender.send_request(unsent).await.map_err(|error| Failure::of_exchange(&error))?;
    Ok((response, fresh))
}

fn take_over(response: Response<Incoming>, edge: &Arc<Edge>, lease: Lease) -> Response<Payload> {
    let (mut head, body) = response.into_parts();
    let framed = head.headers.contains_key(CONTENT_LENGTH) || head.headers.contains_key(TRANSFER_ENCODING);
    let known_end = framed || body.is_end_stream();
    headers::forward_answer(&mut head.headers);
    // A proxy speaks its own version, whatever the upstream's is.
    head.version = Version::HTTP_11;
    Response::from_parts(head, Payload::from_upstream(body, known_end, Arc::clone(edge), lease))
}
