//! Events whose enrichment failed: kept, found by their id, and tried again until they are stored.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::api::{App, next_round, now};
use crate::events::Event;
use crate::store::{Statement, StoreError};
use crate::{batch, log};

/// The pause between two rounds.
const PAUSE: Duration = Duration::from_millis(500);

/// Events tried in one round at most.
const PER_ROUND: i64 = 50;

const KEEP: &str = "INSERT INTO failed_events (id, user_id, kind, payload, reason, at) VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT DO NOTHING";
const OLDEST: &str = "SELECT id, user_id, kind, payload FROM failed_events ORDER BY at LIMIT $1";
const FORGET: &str = "DELETE FROM failed_events WHERE id = $1 AND user_id = $2";

/// The statement that keeps a failed event.
pub(crate) fn keep(event: &Event, user: &str, reason: &str) -> Statement {
    let payload = event.payload.to_string();
    let texts = [event.id.as_str(), user, event.kind.as_str(), payload.as_str(), reason];
    let [id, user, kind, payload, reason] = texts.map(Into::into);
    Statement::new(KEEP, [id, user, kind, payload, reason, now().into()])
}

/// Tries the oldest, round by round, until the service stops.
pub(crate) async fn retry(app: App, mut stop: watch::Receiver<()>) {
    while next_round(&mut stop, PAUSE).await {
        if let Err(error) = round(&app).await {
            log::note(&format!("dead letters: {error}"));
        }
    }
}

/// One round; it ends with the first failure, because the next one will not fare better.
async fn round(app: &App) -> Result<(), StoreError> {
    let oldest = app.store.lease().await?.read(Statement::new(OLDEST, [PER_ROUND.into()])).await?;
    for row in oldest {
        let payload: Value = serde_json::from_str(row.text(3)).unwrap_or(Value::Null);
        let Ok(score) = batch::score(&app.enricher, row.text(0), &payload).await else { break };
        let event = Event { id: row.text(0).to_owned(), kind: row.text(2).to_owned(), payload };
        let forget = Statement::new(FORGET, [row.text(0).into(), row.text(1).into()]);
        // Both or none: at no moment is the event in neither table.
        app.store.lease().await?.write(vec![event.add(row.text(1), score), forget]).await?;
    }
    Ok(())
}
