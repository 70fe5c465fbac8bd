//! The summary: how many events there are, and the score that the enricher gives the whole.
//!
//! Kept for a second. When the enricher fails, the last good summary is shown instead, marked as such and for that answer
//! only: the next request asks again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::answer::{Refusal, answer};
use crate::api::{App, now};
use crate::settings::Switch;
use crate::store::Statement;
use crate::{Flaw, NeighborError, log};

/// How long a good summary is kept.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// How long the flaw keeps a fallback.
const FALLBACK_KEPT_FOR: Duration = Duration::from_secs(60);

/// A proxy asks every time, and may show what it has for a minute when we fail.
const LIVE_CACHING: &str = "public, max-age=0, stale-if-error=60";

/// A proxy never keeps a fallback.
const FALLBACK_CACHING: &str = "no-store";

const COUNT: &str = "SELECT COUNT(*) FROM events";
const COUNT_WAITING: &str = "SELECT COUNT(*) FROM failed_events";

/// Whether a summary is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Live,
    Fallback,
}

#[derive(Clone)]
struct Kept {
    summary: Value,
    freshness: Freshness,
    until: Instant,
}

impl Kept {
    fn is_live(&self) -> bool {
        self.freshness == Freshness::Live && Instant::now() < self.until
    }
}

/// The last good summary. A plain lock: held only to read or replace it.
#[derive(Default)]
pub(crate) struct Summaries(Mutex<Option<Kept>>);

impl Summaries {
    fn last(&self) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, summary: &Value, freshness: Freshness, keep_for: Duration) {
        let kept = Kept { summary: summary.clone(), freshness, until: Instant::now() + keep_for };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

/// `GET /summary`: live, or the last good one.
pub(crate) async fn summary(State(app): State<App>) -> Result<Response, Refusal> {
    let last = app.summaries.last();
    if let Some(kept) = last.as_ref().filter(|kept| kept.is_live()) {
        return Ok(show(&kept.summary, Freshness::Live));
    }
    let scored = score(&app).await;
    if app.has(Flaw::StaleCache)
        && let Some(stale) = keep_fallback(&app, &scored, last.as_ref())
    {
        return Ok(stale);
    }
    match (scored, last) {
        (Ok(score), _) => {
            let summary = count(&app, score).await?;
            app.summaries.keep(&summary, Freshness::Live, KEPT_FOR);
            Ok(show(&summary, Freshness::Live))
        }
        (Err(error), Some(last)) if app.settings.fallback == Switch::On => {
            log::note(&format!("the summary falls back: enricher {error}"));
            Ok(show(&last.summary, Freshness::Fallback))
        }
        (Err(_), _) => Err(Refusal::Unavailable("the enricher does not answer")),
    }
}

/// The flaw: a fallback goes into the cache like a good summary, for a minute, and whatever the enricher says until then
/// is thrown away.
fn keep_fallback(app: &App, scored: &Result<i64, NeighborError>, last: Option<&Kept>) -> Option<Response> {
    let last = last?;
    let kept = last.freshness == Freshness::Fallback && Instant::now() < last.until;
    if !kept && scored.is_err() {
        app.summaries.keep(&last.summary, Freshness::Fallback, FALLBACK_KEPT_FOR);
    }
    (kept || scored.is_err()).then(|| show(&last.summary, Freshness::Fallback))
}

fn show(summary: &Value, freshness: Freshness) -> Response {
    let (word, caching) = match freshness {
        Freshness::Live => ("live", LIVE_CACHING),
        Freshness::Fallback => ("fallback", FALLBACK_CACHING),
    };
    let mut response = answer(StatusCode::OK, summary.clone());
    response.headers_mut().insert("x-freshness", HeaderValue::from_static(word));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

async fn score(app: &App) -> Result<i64, NeighborError> {
    let answer = app.enricher.get("/score").await?;
    answer["score"].as_i64().ok_or_else(|| NeighborError::Broken("the answer has no score".to_owned()))
}

async fn count(app: &App, score: i64) -> Result<Value, Refusal> {
    let mut lease = app.store.lease().await?;
    let events = lease.read(Statement::new(COUNT, [])).await?;
    let waiting = lease.read(Statement::new(COUNT_WAITING, [])).await?;
    let first = |rows: &[crate::store::Row]| rows.first().map_or(0, |row| row.integer(0));
    Ok(json!({"events": first(&events), "waiting": first(&waiting), "score": score, "at": now()}))
}
