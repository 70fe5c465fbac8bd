//! Cache: old answers to GET and HEAD for when there is no new one (RFC 9111 and the stale-if-error of RFC 5861).
//!
//! It is asked only when the upstream failed: no connection, a timeout, a reset, 500, 502, 503, 504, or a tripped
//! breaker. In good times every request goes to the upstream. An answer may stand in while it is fresh, and after that
//! for the seconds of its own `stale-if-error`, else of the policy; `no-cache` forbids it, and `must-revalidate`,
//! `proxy-revalidate` and `s-maxage` forbid it once it is stale.
//!
//! What is kept is conservative, because a wrong answer is worse than an error: complete 2xx answers only; none with
//! `no-store`, `private`, `Vary: *` or `Set-Cookie`; none to a request with `Range` or `no-store`, nor to one with
//! `Authorization` or `Cookie` unless the answer says `public`. One variant per method, host and path; its `Vary`
//! fields must be the same. A successful unsafe method on the same path forgets it.
//! The number of answers and the size of a body are limited by the policy; the oldest goes first.
//!
//! What it does not do: answer in good times, revalidate, guess freshness, or share itself with other processes.

mod directives;
mod store;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::time::Instant;

use crate::body::{Kept, Payload};
use crate::lock::lock;
use crate::{answer, date};
use directives::Directives;
use store::Store;

pub(crate) use store::Key;

/// What a request asks the cache, kept beside the request while it is under way.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    key: Key,
    headers: HeaderMap,
}

/// An answer that is kept.
#[derive(Debug)]
struct Stored {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// The request's fields that `Vary` names, as they were.
    vary: Vec<(HeaderName, Vec<HeaderValue>)>,
    /// Whether requests with credentials may have it too.
    shared: bool,
    /// How old it was when it came.
    age: Duration,
    at: Instant,
    fresh_for: Duration,
    /// How long past its freshness it may stand in.
    stale_for: Duration,
}

/// The cache of one edge, shared by all cores of the process.
#[derive(Debug)]
pub(crate) struct Cache {
    rule: system::Cache,
    /// Guards the store for one look-up or one insertion; bodies are shared and not copied.
    store: Mutex<Store<Arc<Stored>>>,
}

impl Asked {
    /// The question of a GET or HEAD; other methods ask nothing.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        let known = matches!(*request.method(), Method::GET | Method::HEAD);
        known.then(|| Self { key: Key::of(request), headers: request.headers().clone() })
    }

    fn has_credentials(&self) -> bool {
        self.headers.contains_key(header::AUTHORIZATION) || self.headers.contains_key(header::COOKIE)
    }
}

impl Cache {
    /// An empty cache.
    pub(crate) fn new(rule: system::Cache) -> Self {
        Self { rule, store: Mutex::new(Store::new(rule.entries)) }
    }

    /// Takes a copy of an answer on its way to the client, when it may be kept: it is stored when its body has ended.
    pub(crate) fn tee(self: &Arc<Self>, asked: &Asked, response: Response<Payload>) -> Response<Payload> {
        if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
            // What the upstream says is gone must not come back at the next failure.
            lock(&self.store).remove(&asked.key);
        }
        let Some(stored) = self.keepable(asked, &response) else { return response };
        let (cache, key) = (Arc::clone(self), asked.key.clone());
        let limit = usize::try_from(self.rule.body.0).unwrap_or(usize::MAX);
        let keep = move |body: Bytes| lock(&cache.store).put(key, Arc::new(Stored { body, ..stored }));
        let (head, body) = response.into_parts();
        Response::from_parts(head, body.kept(Kept::new(limit, Box::new(keep))))
    }

    /// An old answer that may stand in for the failed one; `fwd_status` is the status of the failed answer, if there
    /// was one, and `forwarded` whether the upstream was asked at all.
    pub(crate) fn stand_in(
        &self,
        asked: &Asked,
        forwarded: bool,
        fwd_status: Option<StatusCode>,
    ) -> Option<Response<Payload>> {
        let wants = Directives::of(&asked.headers);
        if wants.no_cache || wants.no_store {
            return None;
        }
        let stored = lock(&self.store).get(&asked.key)?;
        let age = stored.age + stored.at.elapsed();
        let usable = age <= stored.fresh_for + stored.stale_for
            && (stored.shared || !asked.has_credentials())
            && stored.vary.iter().all(|(name, values)| *values == values_of(&asked.headers, name));
        usable.then(|| stored.answer(age, forwarded, fwd_status))
    }

    /// Forgets what is kept for the path of a request that changed it.
    pub(crate) fn forget(&self, changed: &[Key; 2]) {
        let mut store = lock(&self.store);
        changed.iter().for_each(|key| store.remove(key));
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *lock(&self.store) = Store::new(self.rule.entries);
    }

    /// The answer without its body, when it may be kept.
    fn keepable(&self, asked: &Asked, response: &Response<Payload>) -> Option<Stored> {
        let (status, headers) = (response.status(), response.headers());
        let says = Directives::of(headers);
        let wants = Directives::of(&asked.headers);
        let whole = status.is_success() && status != StatusCode::PARTIAL_CONTENT && response.body().has_known_end();
        let forbidden = says.no_store || says.private || says.no_cache || wants.no_store;
        let personal = headers.contains_key(header::SET_COOKIE) || asked.headers.contains_key(header::RANGE);
        if !whole || forbidden || personal || (asked.has_credentials() && !says.public) {
            return None;
        }
        let fresh_for = says.fresh_for(headers);
        let window = says.stale_if_error.unwrap_or(self.rule.stale_if_error);
        Some(Stored {
            status,
            headers: headers.clone(),
            body: Bytes::new(),
            vary: vary(&asked.headers, headers)?,
            shared: says.public,
            age: age(headers),
            at: Instant::now(),
            fresh_for,
            stale_for: if says.forbids_stale() { Duration::ZERO } else { window },
        })
    }
}

impl Stored {
    fn answer(&self, age: Duration, forwarded: bool, fwd_status: Option<StatusCode>) -> Response<Payload> {
        let mut response = Response::new(Payload::whole(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        let headers = response.headers_mut();
        let ttl = self.fresh_for.as_secs_f64() - age.as_secs_f64();
        let way = if forwarded { "fwd=stale" } else { "hit" };
        let status = fwd_status.map(|status| format!("; fwd-status={}", status.as_u16())).unwrap_or_default();
        let text = format!("seaworthy; {way}{status}; ttl={}; detail=stale-if-error", ttl.floor() as i64);
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.append(HeaderName::from_static("cache-status"), value);
        }
        headers.insert(header::AGE, HeaderValue::from(age.as_secs()));
        headers.insert(answer::MARK, HeaderValue::from_static("stale"));
        response
    }
}

/// The keys that a successful unsafe request to this address makes wrong.
pub(crate) fn changed_by<B>(request: &Request<B>) -> Option<[Key; 2]> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    (!safe).then(|| [Method::GET, Method::HEAD].map(|method| Key::of(request).with_method(&method)))
}

/// The request's fields that the answer depends on; `None` when it depends on more than can be told.
fn vary(request: &HeaderMap, response: &HeaderMap) -> Option<Vec<(HeaderName, Vec<HeaderValue>)>> {
    let mut fields = Vec::new();
    for line in response.get_all(header::VARY) {
        for name in line.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            // `*` is no header name, so it ends here too; it is told apart for the reader's sake.
            if name == "*" {
                return None;
            }
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            fields.push((name.clone(), values_of(request, &name)));
        }
    }
    Some(fields)
}

fn values_of(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

/// How old an answer already is when it comes: what `Age` says, or what its `Date` shows, whichever is more.
fn age(headers: &HeaderMap) -> Duration {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let said = text(header::AGE).and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
    let now = outside::now().div_euclid(1_000_000);
    let apparent = text(header::DATE).and_then(date::read).map_or(0, |date| (now - date).max(0));
    Duration::from_secs(u64::from(said).max(u64::try_from(apparent).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
