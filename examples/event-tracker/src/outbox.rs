//! Mails that still have to be sent.
//!
//! A mail is written down before it is tried, and struck out after it was sent. So none is lost, and one may be sent
//! twice: when the process dies between the two. Instances share the table; whoever moves a mail's due time first has it.

use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use crate::api::{App, next_round, now};
use crate::store::{Statement, StoreError};
use crate::{Flaw, log};

/// How long whoever tries a mail has it for itself; longer than the deadline of the mailer.
const MINE_FOR_MS: i64 = 10_000;

/// The pause between two rounds.
const PAUSE: Duration = Duration::from_millis(500);

/// Mails tried in one round at most.
const PER_ROUND: i64 = 50;

/// The pause before a failed mail is tried again, doubled with each try up to `2^MAX_DOUBLINGS`.
const AGAIN_AFTER_MS: i64 = 1_000;
const MAX_DOUBLINGS: i64 = 6;

const WRITE_DOWN: &str = "INSERT INTO outbox (id, recipient, tries, due) VALUES ($1, $2, $3, $4)";
const STRIKE_OUT: &str = "DELETE FROM outbox WHERE id = $1";
const PUT_OFF: &str = "UPDATE outbox SET tries = $1, due = $2 WHERE id = $3";
const DUE: &str = "SELECT id, recipient, tries, due FROM outbox WHERE due <= $1 ORDER BY due LIMIT $2";
const TAKE: &str = "UPDATE outbox SET due = $1 WHERE id = $2 AND due = $3";

/// A mail that asks somebody to verify their address.
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) recipient: String,
    pub(crate) tries: i64,
}

impl Mail {
    /// The statement that writes the mail down, with some time for whoever does so to try it.
    pub(crate) fn write_down(&self) -> Statement {
        let due = now() + MINE_FOR_MS;
        let values = [self.id.as_str().into(), self.recipient.as_str().into(), self.tries.into(), due.into()];
        Statement::new(WRITE_DOWN, values)
    }

    fn strike_out(&self) -> Statement {
        Statement::new(STRIKE_OUT, [self.id.as_str().into()])
    }

    fn put_off(&self) -> Statement {
        let pause = AGAIN_AFTER_MS << self.tries.min(MAX_DOUBLINGS);
        Statement::new(PUT_OFF, [(self.tries + 1).into(), (now() + pause).into(), self.id.as_str().into()])
    }

    fn text(&self) -> serde_json::Value {
        json!({"id": self.id, "to": self.recipient, "subject": "Please verify your address"})
    }
}

/// Tries a mail that was just written down: `sent`, or `queued` for the outbox. No connection is held meanwhile. Never
/// fails: the user is registered and the mail written down, whatever happens here.
pub(crate) async fn send_now(app: &App, mail: &Mail) -> &'static str {
    let sent = if app.has(Flaw::BlockingHandler) {
        app.mailer.post_and_block("/mail", &mail.text())
    } else {
        app.mailer.post("/mail", &mail.text()).await
    };
    let (outcome, word) = if sent.is_ok() { (mail.strike_out(), "sent") } else { (mail.put_off(), "queued") };
    if let Err(error) = note_outcome(app, outcome, sent.is_err()).await {
        log::note(&format!("the outbox will try {} again: {error}", mail.id));
    }
    word
}

async fn note_outcome(app: &App, outcome: Statement, failed: bool) -> Result<(), StoreError> {
    let mut lease = app.store.lease().await?;
    lease.write(vec![outcome]).await?;
    if failed && app.has(Flaw::PoolLeak) {
        std::mem::forget(lease);
    }
    Ok(())
}

/// Tries what is due, round by round, until the service stops.
pub(crate) async fn deliver(app: App, mut stop: watch::Receiver<()>) {
    while next_round(&mut stop, PAUSE).await {
        if let Err(error) = round(&app).await {
            log::note(&format!("outbox: {error}"));
        }
    }
}

/// One round; it ends with the first mail that cannot be sent, because the next one will not fare better.
async fn round(app: &App) -> Result<(), StoreError> {
    let due = app.store.lease().await?.read(Statement::new(DUE, [now().into(), PER_ROUND.into()])).await?;
    for row in due {
        let mail = Mail { id: row.text(0).to_owned(), recipient: row.text(1).to_owned(), tries: row.integer(2) };
        let until = now() + MINE_FOR_MS;
        let take = Statement::new(TAKE, [until.into(), mail.id.as_str().into(), row.integer(3).into()]);
        if app.store.lease().await?.write(vec![take]).await? != [1] {
            continue;
        }
        let sent = app.mailer.post("/mail", &mail.text()).await;
        let outcome = if sent.is_ok() { mail.strike_out() } else { mail.put_off() };
        app.store.lease().await?.write(vec![outcome]).await?;
        if sent.is_err() {
            break;
        }
    }
    Ok(())
}
