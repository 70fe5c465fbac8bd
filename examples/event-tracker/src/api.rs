//! The api: what it is made of, which path leads where, and the tasks that run beside it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::answer::Refusal;
use crate::behind::WriteBehind;
use crate::limit::Limit;
use crate::settings::Switch;
use crate::store::{EventsIndex, Pool, Statement, StoreError};
use crate::summary::Summaries;
use crate::{
    Flaw, Neighbor, Settings, batch, clock, dead_letter, events, health, limit, log, origins, outbox, search, summary,
    uploads, users,
};

/// The largest body taken.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long the tasks beside the service may take to finish when it stops.
const FINISH_WITHIN: Duration = Duration::from_secs(3);

/// Why the api does not start, or stops.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used; every problem of it.
    #[error("refuses to start:{}", lines(.0))]
    Refused(Vec<String>),
    /// The database was made by a later version.
    #[error("refuses to start: the database has schema {found}, this program knows up to {known}")]
    Newer {
        /// What the database says.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The database does not answer.
    #[error("cannot open the database: {0}")]
    Store(#[source] StoreError),
    /// A socket, a file or the runtime.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Newer { found, known } => Self::Newer { found, known },
            other => Self::Store(other),
        }
    }
}

fn lines(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Everything a handler needs.
pub(crate) struct Tracker {
    pub(crate) settings: Settings,
    pub(crate) store: Pool,
    pub(crate) mailer: Neighbor,
    pub(crate) enricher: Neighbor,
    pub(crate) limit: Limit,
    pub(crate) summaries: Summaries,
    pub(crate) behind: WriteBehind,
}

/// The tracker, shared by all handlers and tasks.
pub(crate) type App = Arc<Tracker>;

impl Tracker {
    /// Whether the bug is on.
    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.settings.flaws.has(flaw)
    }

    /// Writes in one transaction, durable when this returns, and tells how many rows each statement touched. With
    /// durable writes off it only promises to write soon, and tells nothing.
    pub(crate) async fn write(&self, statements: Vec<Statement>) -> Result<Option<Vec<u64>>, StoreError> {
        match self.settings.durable_writes {
            Switch::Off if self.behind.put_rows(&statements) => Ok(None),
            Switch::Off | Switch::On => self.store.lease().await?.write(statements).await.map(Some),
        }
    }
}

/// An api that is ready to serve.
pub struct Api {
    app: App,
}

impl Api {
    /// Creates the tables and the directory of uploads, and connects to what must be there.
    pub async fn open(settings: Settings) -> Result<Self, Error> {
        let flaws = settings.flaws.names();
        if !flaws.is_empty() {
            log::note(&format!("runs with flaws: {flaws}"));
        }
        uploads::prepare(&settings.data).await?;
        let store = match &settings.database {
            Some(url) => Pool::postgres(url)?,
            None => Pool::sqlite(&settings.data),
        };
        let forgotten = settings.flaws.has(Flaw::MissingIndex);
        store.prepare(if forgotten { EventsIndex::Forgotten } else { EventsIndex::Wanted }).await?;
        let tracker = Tracker {
            mailer: Neighbor::new(&settings.mailer),
            enricher: Neighbor::new(&settings.enricher),
            limit: Limit::new(&settings, &store),
            summaries: Summaries::default(),
            behind: WriteBehind::default(),
            store,
            settings,
        };
        Ok(Self { app: Arc::new(tracker) })
    }

    /// Serves until `stop`, then drains requests and tasks, each with a deadline.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let (stopped, tasks) = self.tasks();
        let served = crate::serve(listener, router(self.app), stop).await;
        drop(stopped);
        if timeout(FINISH_WITHIN, tasks.join_all()).await.is_err() {
            log::note("a background task did not finish in time");
        }
        Ok(served?)
    }

    /// The tasks that run beside the service. They end when the sender is dropped.
    fn tasks(&self) -> (watch::Sender<()>, JoinSet<()>) {
        let (stopped, stop) = watch::channel(());
        let mut tasks = JoinSet::new();
        tasks.spawn(outbox::deliver(self.app.clone(), stop.clone()));
        tasks.spawn(dead_letter::retry(self.app.clone(), stop.clone()));
        tasks.spawn(limit::sweep(self.app.clone(), stop.clone()));
        if self.app.settings.durable_writes == Switch::Off {
            tasks.spawn(crate::behind::flush(self.app.clone(), stop));
        }
        (stopped, tasks)
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/version", get(version))
        .route("/register", post(users::register))
        .route("/login", post(users::login))
        .route("/events", post(events::post).get(events::list))
        .route("/events/{id}", get(events::get))
        .route("/batches", post(batch::post))
        .route("/summary", get(summary::summary))
        .route("/search", get(search::search))
        .route("/uploads/{id}", put(uploads::put).get(uploads::get))
        .fallback(async || Refusal::NotFound)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), origins::origins))
        .with_state(app)
}

async fn version(State(app): State<App>) -> axum::Json<serde_json::Value> {
    let environment = app.settings.environment.word();
    let started = json!({"name": "event-tracker", "version": env!("CARGO_PKG_VERSION"), "environment": environment});
    axum::Json(started)
}

/// Waits for the next round of a background task; false when the service stops.
pub(crate) async fn next_round(stop: &mut watch::Receiver<()>, pause: Duration) -> bool {
    timeout(pause, stop.changed()).await.is_err()
}

/// When a record is made.
pub(crate) fn now() -> i64 {
    clock::now_ms()
}
