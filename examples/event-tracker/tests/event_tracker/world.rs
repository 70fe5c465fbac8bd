//! The words of the tests: a tracker with its neighbors, in this process, on free ports and a temporary directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use event_tracker::{
    Api, Environment, Flaw, Keys, Neighbor, Reply, Settings, Switch, WELL_KNOWN_KEY, enricher, mailer, serve,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// How long a condition may take to come true.
const SOON: Duration = Duration::from_secs(8);

/// The pause between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How late a slow neighbor answers.
pub(crate) const SLOW: Duration = Duration::from_millis(700);

/// How a neighbor feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well = 0,
    Failing = 1,
    Slow = 2,
}

/// A neighbor whose mood can change.
pub(crate) struct Moody {
    pub(crate) at: String,
    pub(crate) ask: Neighbor,
    mood: Arc<AtomicU8>,
}

impl Moody {
    pub(crate) async fn start(router: Router) -> Self {
        let mood = Arc::new(AtomicU8::new(Mood::Well as u8));
        let at = host(router.layer(from_fn_with_state(mood.clone(), moodily))).await;
        Self { ask: Neighbor::new(&at), at, mood }
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }
}

async fn moodily(State(mood): State<Arc<AtomicU8>>, request: Request, next: Next) -> Response {
    // What a test asks about the neighbor itself is always answered.
    if request.uri().path() == "/mails" || mood.load(Ordering::SeqCst) == Mood::Well as u8 {
        return next.run(request).await;
    }
    if mood.load(Ordering::SeqCst) == Mood::Slow as u8 {
        tokio::time::sleep(SLOW).await;
        return next.run(request).await;
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn host(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("has an address").to_string();
    tokio::spawn(serve(listener, router, std::future::pending()));
    at
}

/// A tracker with its neighbors.
pub(crate) struct World {
    pub(crate) directory: TempDir,
    pub(crate) mailer: Moody,
    pub(crate) enricher: Moody,
    pub(crate) api: Neighbor,
    pub(crate) settings: Settings,
}

impl World {
    /// With these bugs.
    pub(crate) async fn start(flaws: &[Flaw]) -> Self {
        Self::with(flaws, |_| {}).await
    }

    /// With these bugs and other settings.
    pub(crate) async fn with(flaws: &[Flaw], change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mailer = Moody::start(mailer::router()).await;
        let enricher = Moody::start(enricher::router()).await;
        let mut settings = settings(directory.path(), &mailer.at, &enricher.at, flaws);
        change(&mut settings);
        let api = Neighbor::new(&instance(&settings).await);
        Self { directory, mailer, enricher, api, settings }
    }

    /// One more instance on the same data.
    pub(crate) async fn another(&self) -> Neighbor {
        Neighbor::new(&instance(&self.settings).await)
    }

    /// Registers and logs in; the token as a header.
    pub(crate) async fn login(&self, email: &str) -> String {
        post(&self.api, "/register", credentials(email)).await;
        let answer = post(&self.api, "/login", credentials(email)).await;
        bearer(answer.json()["token"].as_str().expect("a token"))
    }
}

fn settings(data: &Path, mailer: &str, enricher: &str, flaws: &[Flaw]) -> Settings {
    let keys = Keys::new("a key for tests, 32 bytes or more");
    let known = flaws.contains(&Flaw::DefaultKey);
    Settings {
        data: data.to_owned(),
        mailer: mailer.to_owned(),
        enricher: enricher.to_owned(),
        database: None,
        redis: None,
        environment: Environment::Development,
        origins: vec!["https://app.example".to_owned()],
        keys: if known { keys.and_accept(WELL_KNOWN_KEY) } else { keys },
        flaws: flaws.iter().copied().collect(),
        dead_letter: Switch::On,
        durable_writes: Switch::On,
        fallback: Switch::On,
    }
}

async fn instance(settings: &Settings) -> String {
    let api = Api::open(settings.clone()).await.expect("the api opens");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("has an address").to_string();
    tokio::spawn(api.serve(listener, std::future::pending()));
    at
}

pub(crate) fn credentials(email: &str) -> Value {
    json!({"email": email, "password": "correct horse"})
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

pub(crate) async fn post(to: &Neighbor, path: &str, body: Value) -> Reply {
    to.send(Method::POST, path, &[], body.to_string()).await.expect("an answer")
}

pub(crate) async fn post_as(to: &Neighbor, token: &str, path: &str, body: Value) -> Reply {
    to.send(Method::POST, path, &[("authorization", token)], body.to_string()).await.expect("an answer")
}

pub(crate) async fn put_as(to: &Neighbor, token: &str, path: &str, body: Vec<u8>) -> Reply {
    to.send(Method::PUT, path, &[("authorization", token)], body).await.expect("an answer")
}

pub(crate) async fn get(to: &Neighbor, path: &str) -> Reply {
    get_with(to, path, &[]).await
}

pub(crate) async fn get_with(to: &Neighbor, path: &str, headers: &[(&str, &str)]) -> Reply {
    to.send(Method::GET, path, headers, "").await.expect("an answer")
}

/// Looks until the condition holds; fails the test when it does not come true in time.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the condition comes true within a time; for showing that it does not.
pub(crate) async fn comes_true(within: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if holds().await {
            return true;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    false
}
