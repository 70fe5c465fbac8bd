//! The server over a real loopback socket, asked by the client of `outside`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ledger::{Ledger, NewEntry, kind};
use outside::http::{Answer, Client, Failure, Limits, Request};
use serde_json::{Value, json};
use server::{MAX_PAGE, Options, Server};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const WITHIN: Duration = Duration::from_secs(10);

/// A running server over a ledger in a temporary directory.
struct World {
    directory: TempDir,
    address: SocketAddr,
    client: Client,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), server::Error>>,
}

impl World {
    /// A server over a ledger with so many entries; with none there is no ledger.
    fn new(entries: usize) -> Self {
        let directory = tempfile::tempdir().expect("makes a directory");
        if entries > 0 {
            fill(&path(&directory), entries);
        }
        let options =
            Options { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ledger: (&path(&directory)).into() };
        let server = Server::bind(options).expect("listens");
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async move { drop(stopped.await) }));
        let client = Client::new(Limits { body_bytes: 64 * 1024 * 1024, connect: WITHIN });
        Self { directory, address, client, stop, serving }
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        let request = Request { method: method.to_owned(), ..Request::get(path) };
        self.client.send(self.address, request, WITHIN).await.expect("answers")
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.ask("GET", path).await;
        (answer.status, serde_json::from_slice(&answer.body).expect("is JSON"))
    }
}

fn path(directory: &TempDir) -> PathBuf {
    directory.path().join("ledger.db")
}

fn fill(path: &Path, entries: usize) {
    let mut ledger = Ledger::open(path).expect("opens");
    let new = |at: usize| NewEntry {
        kind: kind::VERDICT.to_owned(),
        version: 1,
        body: format!("{{\"n\":{at}}}"),
        at: i64::try_from(at).expect("is small"),
    };
    ledger.append_many(&(1..=entries).map(new).collect::<Vec<NewEntry>>()).expect("appends");
}

#[tokio::test]
async fn health_is_good_only_while_the_ledger_can_be_read() {
    let world = World::new(0);
    let (status, body) = world.get("/healthz").await;
    assert_eq!((status, body["detail"].clone()), (503, json!("there is no ledger yet")));
    fill(&path(&world.directory), 2);
    assert_eq!(world.get("/healthz").await, (200, json!({"ok": true, "size": 2})));
    std::fs::remove_file(path(&world.directory)).expect("removes");
    assert_eq!(world.get("/healthz").await.0, 503);
}

#[tokio::test]
async fn entries_come_in_pages_with_the_head() {
    let world = World::new(5);
    let (status, body) = world.get("/api/v1/ledger?from=2&limit=2").await;
    assert_eq!(status, 200);
    assert_eq!(body["schema"], "seaworthy.ledger/1");
    let numbers: Vec<u64> =
        body["entries"].as_array().expect("is a list").iter().filter_map(|e| e["seq"].as_u64()).collect();
    assert_eq!((numbers.as_slice(), body["next"].as_u64()), ([2, 3].as_slice(), Some(4)));
    assert_eq!(body["entries"][0]["body"], "{\"n\":2}");
    assert_eq!(body["head"], world.get("/api/v1/head").await.1["head"]);
    let (_, last) = world.get("/api/v1/ledger?from=5").await;
    assert_eq!(last.get("next"), None);
    assert_eq!(last["entries"][0]["hash"], body["head"]["hash"]);
    assert_eq!(world.get("/api/v1/ledger?from=6").await.1["entries"], json!([]));
}

#[tokio::test]
async fn a_page_is_never_longer_than_its_limit() {
    let world = World::new(MAX_PAGE + 10);
    let (_, body) = world.get("/api/v1/ledger?limit=99999999999").await;
    assert_eq!(body["entries"].as_array().map(Vec::len), Some(MAX_PAGE));
}

#[tokio::test]
async fn one_entry_is_found_by_its_number_and_a_missing_one_is_404() {
    let world = World::new(2);
    let (status, body) = world.get("/api/v1/ledger/2").await;
    assert_eq!((status, body["entry"]["seq"].as_u64()), (200, Some(2)));
    assert_eq!(world.get("/api/v1/ledger/3").await.0, 404);
    assert_eq!(world.get("/api/v1/ledger/-1").await.0, 400);
    assert_eq!(world.get("/api/v1/ledger/x%2f..%2f").await.0, 400);
}

#[tokio::test]
async fn a_verification_turns_when_an_entry_is_edited_or_the_anchor_differs() {
    let world = World::new(3);
    let (_, body) = world.get("/api/v1/verify").await;
    assert_eq!((body["whole"].clone(), body["anchored"].clone()), (json!(true), json!(0)));
    let hash = body["head"]["hash"].as_str().expect("is text").to_owned();
    let anchored = format!("/api/v1/verify?size=3&hash={hash}");
    assert_eq!(world.get(&anchored).await.1["anchored"], 3);
    let (_, cut) = world.get(&format!("/api/v1/verify?size=4&hash={hash}")).await;
    assert_eq!(cut["whole"], false);
    let edit = "UPDATE entry SET body='{}' WHERE seq=2";
    rusqlite::Connection::open(path(&world.directory)).and_then(|file| file.execute_batch(edit)).expect("edits");
    let (status, edited) = world.get(&anchored).await;
    assert_eq!((status, edited["problems"].clone()), (200, json!(["entry 2 was edited"])));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_in_words() {
    let world = World::new(1);
    for path in ["/api/v1/ledger?from=x", "/api/v1/ledger?frm=1", "/api/v1/verify?size=1", "/api/v1/ledger?limit=-1"] {
        let (status, body) = world.get(path).await;
        assert_eq!(status, 400, "{path}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{path}");
    }
    assert_eq!(world.get("/none").await.0, 404);
    assert_eq!(world.get("/api/v1/ledger/").await.0, 404);
}

#[tokio::test]
async fn nothing_can_be_written_and_every_answer_carries_the_headers() {
    let world = World::new(1);
    for (method, path) in
        [("POST", "/api/v1/ledger"), ("DELETE", "/api/v1/ledger/1"), ("PUT", "/healthz"), ("PATCH", "/none")]
    {
        let answer = world.ask(method, path).await;
        assert!([404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let answer = world.ask("POST", "/api/v1/head").await;
    assert_eq!((answer.status, answer.header("content-type")), (405, Some("application/problem+json")));
    let answer = world.ask("HEAD", "/api/v1/head").await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert!(answer.header("content-security-policy").is_some());
}

#[tokio::test]
async fn a_foreign_host_is_not_answered_on_loopback() {
    let world = World::new(1);
    let foreign = vec![("host".to_owned(), "evil.example".to_owned())];
    let request = Request { headers: foreign, ..Request::get("/api/v1/ledger") };
    let answer = world.client.send(world.address, request, WITHIN).await.expect("answers");
    assert_eq!(answer.status, 421);
    assert!(answer.header("x-frame-options").is_some());
}

#[tokio::test]
async fn a_file_that_is_no_ledger_is_said_without_its_path() {
    let world = World::new(0);
    std::fs::copy("/proc/self/exe", path(&world.directory)).expect("copies");
    let (status, body) = world.get("/api/v1/head").await;
    assert_eq!((status, body["detail"].clone()), (503, json!("the file is not a ledger")));
}

#[tokio::test]
async fn many_requests_at_once_are_all_answered() {
    let world = World::new(20);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (client, address) = (world.client.clone(), world.address);
        asking.spawn(async move {
            client.send(address, Request::get("/api/v1/ledger"), WITHIN).await.map(|answer| answer.status)
        });
    }
    let statuses = asking.join_all().await;
    assert!(statuses.iter().all(|status| *status == Ok(200)), "{statuses:?}");
}

#[tokio::test]
async fn asked_to_stop_it_ends_and_frees_the_port() {
    let world = World::new(1);
    assert_eq!(world.get("/healthz").await.0, 200);
    world.stop.send(()).expect("is serving");
    let ended = tokio::time::timeout(server::DRAIN_WITHIN * 2, world.serving).await.expect("ends in time");
    ended.expect("does not panic").expect("ends well");
    let client = Client::new(Limits { body_bytes: 1024, connect: WITHIN });
    let refused = client.send(world.address, Request::get("/healthz"), WITHIN).await;
    assert_eq!(refused, Err(Failure::Refused));
    Server::bind(Options { listen: world.address, ledger: (&path(&world.directory)).into() })
        .expect("the port is free");
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let world = World::new(1);
    let error = Server::bind(Options { listen: world.address, ledger: (&path(&world.directory)).into() })
        .expect_err("is taken");
    assert!(error.to_string().contains(&world.address.to_string()), "{error}");
}
