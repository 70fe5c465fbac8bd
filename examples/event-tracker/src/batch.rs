//! Events, many at once. Links are enriched before they are stored; one whose enrichment fails waits as a dead letter,
//! and the others are stored.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::answer::{Body, Caller, Refusal, answer};
use crate::api::App;
use crate::events::Event;
use crate::settings::Switch;
use crate::store::Statement;
use crate::{Flaw, Neighbor, NeighborError, dead_letter};

/// Events in one batch, and so enrichments under way for one request.
const MAX_EVENTS: usize = 100;

/// The kind of event that needs enrichment.
const LINK: &str = "url";

/// What is posted.
#[derive(Deserialize)]
pub(crate) struct Batch {
    events: Vec<Event>,
}

/// An event with what the enricher made of it.
struct Enriched {
    event: Event,
    score: Result<i64, NeighborError>,
}

/// `POST /batches`: 207 with what became of each event. What is called `stored` or `waiting` can be found from now on.
pub(crate) async fn post(
    State(app): State<App>,
    Caller(user): Caller,
    Body(batch): Body<Batch>,
) -> Result<Response, Refusal> {
    if batch.events.is_empty() || batch.events.len() > MAX_EVENTS {
        return Err(Refusal::Malformed(format!("a batch has 1 to {MAX_EVENTS} events")));
    }
    batch.events.iter().try_for_each(Event::check)?;
    let enriched = enrich_all(&app, batch.events).await?;
    let statements: Vec<Statement> = enriched.iter().filter_map(|one| keep(&app, &user, one)).collect();
    let failed = enriched.iter().any(|one| one.score.is_err());
    if failed && app.has(Flaw::BatchAllOrNothing) {
        drop(statements);
    } else {
        app.write(statements).await?;
    }
    let results: Vec<Value> = enriched.iter().map(|one| outcome(&app, one)).collect();
    Ok(answer(StatusCode::MULTI_STATUS, json!({ "results": results })))
}

/// What is written for one event; nothing when it failed and failures are not kept.
fn keep(app: &App, user: &str, one: &Enriched) -> Option<Statement> {
    match (&one.score, app.settings.dead_letter) {
        (Ok(score), _) => Some(one.event.add(user, *score)),
        (Err(reason), Switch::On) => Some(dead_letter::keep(&one.event, user, &reason.to_string())),
        (Err(_), Switch::Off) => None,
    }
}

fn outcome(app: &App, one: &Enriched) -> Value {
    match (&one.score, app.settings.dead_letter) {
        (Ok(score), _) => json!({"id": one.event.id, "state": "stored", "score": score}),
        (Err(reason), Switch::On) => json!({"id": one.event.id, "state": "waiting", "reason": reason.to_string()}),
        (Err(reason), Switch::Off) => json!({"id": one.event.id, "state": "failed", "reason": reason.to_string()}),
    }
}

async fn enrich_all(app: &App, events: Vec<Event>) -> Result<Vec<Enriched>, Refusal> {
    let mut tasks = JoinSet::new();
    for (place, event) in events.into_iter().enumerate() {
        let enricher = app.enricher.clone();
        tasks.spawn(async move { (place, enrich(&enricher, event).await) });
    }
    let mut enriched = Vec::with_capacity(tasks.len());
    while let Some(one) = tasks.join_next().await {
        enriched.push(one.map_err(|_| Refusal::Unavailable("the enrichment stopped"))?);
    }
    enriched.sort_by_key(|(place, _)| *place);
    Ok(enriched.into_iter().map(|(_, one)| one).collect())
}

async fn enrich(enricher: &Neighbor, event: Event) -> Enriched {
    let score = if event.kind == LINK { score(enricher, &event.id, &event.payload).await } else { Ok(0) };
    Enriched { event, score }
}

/// The score of a link.
pub(crate) async fn score(enricher: &Neighbor, id: &str, payload: &Value) -> Result<i64, NeighborError> {
    let answer = enricher.post("/enrich", &json!({"id": id, "payload": payload})).await?;
    answer["score"].as_i64().ok_or_else(|| NeighborError::Broken("the answer has no score".to_owned()))
}
