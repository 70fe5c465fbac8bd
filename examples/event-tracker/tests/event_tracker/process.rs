//! The real binary: what survives a kill, what a blocked worker does to others, and how it refuses to start.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use event_tracker::{Neighbor, mailer};
use serde_json::json;
use tokio::time::Instant;

use crate::world::{Mood, Moody, SLOW, bearer, credentials, get, post, post_as, put_as, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_event-tracker");
const KEY: &str = "a key for tests, 32 bytes or more";

/// A started api, killed when the test ends.
struct Started {
    child: Child,
    api: Neighbor,
}

impl Started {
    fn start(data: &Path, mailer: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = command(data, mailer, settings).stdout(Stdio::piped()).spawn().expect("starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("is piped");
        BufReader::new(stdout).read_line(&mut line).expect("says where it listens");
        let at = line.trim().rsplit(' ').next().expect("an address").to_owned();
        Self { child, api: Neighbor::new(&at) }
    }

    async fn login(&self) -> String {
        post(&self.api, "/register", credentials("ada@example.org")).await;
        let answer = post(&self.api, "/login", credentials("ada@example.org")).await;
        bearer(answer.json()["token"].as_str().expect("a token"))
    }

    /// SIGKILL, and nothing of it left.
    fn kill(&mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("ends");
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.kill();
    }
}

fn command(data: &Path, mailer: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["api", "--port", "0", "--mailer", mailer, "--enricher", "127.0.0.1:9", "--data"]).arg(data);
    for name in ["DATABASE_URL", "DEAD_LETTER", "DURABLE_WRITES", "EVENT_TRACKER_FLAW", "FALLBACK"] {
        command.env_remove(name);
    }
    command.env("SECRET_KEY", KEY).envs(settings.iter().copied()).stderr(Stdio::null());
    command
}

fn check(arguments: &[&str], key: Option<&str>, flaw: &str) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut command = command(directory.path(), "127.0.0.1:9", &[("EVENT_TRACKER_FLAW", flaw)]);
    match key {
        Some(key) => command.env("SECRET_KEY", key),
        None => command.env_remove("SECRET_KEY"),
    };
    command.arg("--check").args(arguments).stderr(Stdio::piped()).output().expect("runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_and_only_with_durable_writes() {
    for (durable, found) in [("on", 200), ("off", 404)] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let settings = [("DURABLE_WRITES", durable)];
        let mut first = Started::start(directory.path(), "127.0.0.1:9", &settings);
        let ada = first.login().await;
        let mut n = 0;
        // With writes behind, wait for a moment in which the last one is not written; at once otherwise.
        until("an acknowledged event to lose", async || {
            n += 1;
            let event = json!({"id": format!("e-{n}"), "kind": "click"});
            assert_eq!(post_as(&first.api, &ada, "/events", event).await.status, 201);
            get(&first.api, &format!("/events/e-{n}")).await.status == found
        })
        .await;
        assert_eq!(put_as(&first.api, &ada, "/uploads/u-1", vec![7; 65_536]).await.status, 201);
        first.kill();
        let second = Started::start(directory.path(), "127.0.0.1:9", &settings);
        assert_eq!(get(&second.api, &format!("/events/e-{n}")).await.status, found, "durable writes {durable}");
        let upload = get(&second.api, "/uploads/u-1").await;
        assert_eq!(
            (upload.status, upload.body.len()),
            if found == 200 { (200, 65_536) } else { (404, upload.body.len()) }
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_handler_holds_up_everybody_while_the_mailer_is_slow() {
    for (flaw, held_up) in [("", false), ("blocking-handler", true)] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mailer = Moody::start(mailer::router()).await;
        let started = Started::start(directory.path(), &mailer.at, &[("EVENT_TRACKER_FLAW", flaw)]);
        mailer.is(Mood::Slow);
        let mut waiting = tokio::task::JoinSet::new();
        for n in 0..4 {
            let api = started.api.clone();
            waiting
                .spawn(async move { post(&api, "/register", credentials(&format!("{n}@example.org"))).await.status });
        }
        // Bystanders ask while the registrations wait for the mailer.
        let mut slowest = Duration::ZERO;
        while !waiting.is_empty() {
            let begun = Instant::now();
            assert_eq!(get(&started.api, "/version").await.status, 200);
            slowest = slowest.max(begun.elapsed());
            while let Some(done) = waiting.try_join_next() {
                assert_eq!(done.expect("ends"), 201);
            }
        }
        assert_eq!(slowest > SLOW / 2, held_up, "{flaw}: {slowest:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_requests_finish() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mailer = Moody::start(mailer::router()).await;
    let mut started = Started::start(directory.path(), &mailer.at, &[]);
    mailer.is(Mood::Slow);
    let api = started.api.clone();
    let under_way = tokio::spawn(async move { post(&api, "/register", credentials("ada@example.org")).await.status });
    until("the user is there", async || users(directory.path()) == 1).await;
    let pid = started.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("runs").success());
    assert_eq!(under_way.await.expect("ends"), 201);
    assert_eq!(started.child.wait().expect("ends").code(), Some(0));
}

fn users(data: &Path) -> i64 {
    let file = rusqlite::Connection::open(data.join("tracker.db")).expect("is a database");
    file.query_row("SELECT COUNT(*) FROM users", [], |row| row.get(0)).unwrap_or(0)
}

#[test]
fn production_refuses_unsafe_settings_with_78_and_says_all_of_them() {
    let refused = check(&["--environment", "production", "--origins", "*"], None, "");
    assert_eq!(refused.status.code(), Some(78));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("SECRET_KEY is not set") && said.contains("--origins"), "{said}");
    let known = check(&["--environment", "production"], Some("change-me-in-production"), "");
    assert_eq!(known.status.code(), Some(78));
    assert_eq!(check(&["--environment", "production"], Some(KEY), "").status.code(), Some(0));
}

#[test]
fn the_flaw_lets_production_start_without_a_key() {
    assert_eq!(check(&["--environment", "production"], None, "default-key").status.code(), Some(0));
}

#[test]
fn an_unknown_flaw_or_argument_is_refused() {
    assert_eq!(check(&[], Some(KEY), "tpyo").status.code(), Some(78));
    assert_eq!(check(&["--tpyo"], Some(KEY), "").status.code(), Some(2));
}
