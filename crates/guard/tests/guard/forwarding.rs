//! A request passes, and comes out as it should.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_request_reaches_the_upstream_with_its_host_kept_and_the_client_named() {
    let upstream = Upstream::start(|_, _| {
        Act::Send(response(201, "X-Own: 1\r\nConnection: x-own\r\nSeaworthy-Guard: stale\r\n", "made"))
    });
    let world = World::of(policy(), vec![upstream.at]);
    let answer = ask(world.at, "POST", "/a/b?c=%20d", "X-Forwarded-For: 9.9.9.9\r\nTE: trailers\r\n", "hello").await;
    assert_eq!((answer.status, answer.body.as_str()), (201, "made"));
    assert_eq!(answer.header("via"), Some("1.1 seaworthy"));
    assert_eq!(answer.header("x-own"), None, "connection names it");
    assert_eq!(answer.header("seaworthy-guard"), None, "it is the upstream's");
    let saw = upstream.last();
    assert_eq!(saw.line, "POST /a/b?c=%20d HTTP/1.1");
    assert_eq!(saw.body, b"hello");
    let head = saw.head.to_ascii_lowercase();
    assert!(head.contains("host: localhost\r\n") && head.contains("x-forwarded-for: 9.9.9.9, 127.0.0.1\r\n"), "{head}");
    assert!(!head.contains("te: trailers") && head.contains("via: 1.1 seaworthy"), "{head}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_head_request_has_a_length_and_no_body() {
    let upstream = Upstream::start(|_, _| Act::Send("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n".to_owned()));
    let world = World::of(policy(), vec![upstream.at]);
    let answer = ask(world.at, "HEAD", "/", "", "").await;
    assert_eq!((answer.status, answer.header("content-length"), answer.body.as_str()), (200, Some("5"), ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_large_body_streams_in_both_directions() {
    let upstream = Upstream::start(|_, saw| ok(&"y".repeat(saw.body.len())));
    let world = World::of(policy(), vec![upstream.at]);
    let body = "x".repeat(3_000_000);
    let answer = ask(world.at, "POST", "/", "", &body).await;
    assert_eq!((answer.status, answer.body.len()), (200, body.len()));
    assert_eq!(upstream.last().body.len(), body.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_in_chunks_passes_in_both_directions_with_and_without_retry() {
    for retry in [None, Some(retry(2))] {
        let upstream = Upstream::start(|_, _| {
            Act::Send("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n".to_owned())
        });
        let world = World::of(guard_with(retry), vec![upstream.at]);
        let text = "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n1\r\n!\r\n0\r\n\r\n";
        let answer = raw(world.at, text).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("ab") && answer.body.ends_with("0\r\n\r\n"), "{answer:?}");
        assert_eq!(upstream.last().body, b"xyz!");
    }
}

fn guard_with(retry: Option<system::Retry>) -> system::Policy {
    system::Policy { retry, ..policy() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn upstream_connections_are_reused_and_dead_ones_are_not() {
    let upstream = Upstream::start(|number, _| match number {
        0..5 => ok("a"),
        5 => Act::SendAndClose(response(200, "", "a")),
        _ => ok("b"),
    });
    let world = World::start(guard::Plan { workers: 1, ..plan(vec![edge(policy(), vec![upstream.at])]) });
    for _ in 0..6 {
        assert_eq!(world.get("/").await.body, "a");
    }
    assert_eq!(upstream.connections.load(Ordering::Relaxed), 1);
    assert_eq!(world.get("/").await.body, "b", "the closed connection is not used again");
    assert_eq!(upstream.connections.load(Ordering::Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_may_send_many_requests_on_one_connection() {
    let upstream = Upstream::start(|number, _| ok(&number.to_string()));
    let world = World::of(policy(), vec![upstream.at]);
    let text = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = raw(world.at, text).await;
    assert!(answer.body.ends_with('1'), "{answer:?}");
    assert_eq!(upstream.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn replicas_are_asked_in_turn() {
    let upstreams = [Upstream::start(|_, _| ok("a")), Upstream::start(|_, _| ok("b"))];
    let world = World::of(policy(), upstreams.iter().map(|upstream| upstream.at).collect());
    for _ in 0..10 {
        world.get("/").await;
    }
    assert_eq!(upstreams.each_ref().map(Upstream::count), [5, 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_upgrade_and_a_tunnel_are_refused_clearly() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let world = World::of(policy(), vec![upstream.at]);
    let text = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n";
    let answer = raw(world.at, text).await;
    assert_eq!(answer.brief(), (501, "request-refused"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["status"], 501);
    let answer = raw(world.at, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(answer.status, 501);
    assert_eq!(upstream.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_absolute_form_request_goes_to_the_upstream_with_its_host() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let world = World::of(policy(), vec![upstream.at]);
    let text = "GET http://u@real:80/p HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(world.at, text).await.status, 200);
    assert_eq!(upstream.last().line, "GET /p HTTP/1.1");
    assert!(upstream.last().head.contains("host: real:80"), "{}", upstream.last().head);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_answer_that_breaks_off_breaks_off_for_the_client_too() {
    let upstream =
        Upstream::start(|_, _| Act::SendAndClose("HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nabc".to_owned()));
    let world = World::of(system::Policy { cache: Some(cache()), ..policy() }, vec![upstream.at]);
    let answer = world.get("/").await;
    assert_eq!((answer.header("content-length"), answer.body.len() < 9), (Some("9"), true), "{answer:?}");
    drop(upstream);
    assert_eq!(world.get("/").await.status, 503, "half an answer is not kept");
    assert_eq!(world.counts().await["upstream_failures"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_that_goes_away_takes_its_attempt_along() {
    let upstream = Upstream::start(|_, _| Act::Hang);
    let breaker = Some(breaker(1, Duration::from_secs(60)));
    let world = World::of(system::Policy { breaker, ..policy() }, vec![upstream.at]);
    let mut client = outside::net::connect(world.at, PATIENCE).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    until("the request arrives", async || upstream.count() == 1).await;
    drop(client);
    until("the connection ends", async || world.admin.edge().await["connections"] == 0).await;
    let edge = world.admin.edge().await;
    assert_eq!(edge["breaker"], "admitting", "the client's going is not the upstream's failure: {edge}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_that_is_slow_with_its_body_is_not_the_upstreams_failure() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let breaker = Some(breaker(1, Duration::from_secs(60)));
    let timeout = Some(Duration::from_millis(100));
    let world = World::of(system::Policy { breaker, timeout, ..policy() }, vec![upstream.at]);
    let mut client = outside::net::connect(world.at, PATIENCE).await.unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    let mut read = vec![0; 12];
    client.read_exact(&mut read).await.unwrap();
    assert_eq!(read, b"HTTP/1.1 408");
    assert_eq!(world.admin.edge().await["breaker"], "admitting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_answer_of_http_1_0_that_ends_with_its_connection_is_passed_on_as_1_1_and_not_kept() {
    let upstream = Upstream::start(|_, _| Act::SendAndClose("HTTP/1.0 200 X\r\n\r\nabc".to_owned()));
    let world = World::of(system::Policy { cache: Some(cache()), ..policy() }, vec![upstream.at]);
    let answer = world.get("/").await;
    assert!(answer.head.starts_with("HTTP/1.1 200") && answer.body.contains("abc"), "{answer:?}");
    drop(upstream);
    assert_eq!(world.get("/").await.status, 503, "nobody knows whether it was whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn many_clients_at_once_each_get_their_own_answer() {
    let upstream = Upstream::start(|_, saw| ok(saw.line.split(' ').nth(1).unwrap()));
    let policy = system::Policy {
        retry: Some(retry(3)),
        breaker: Some(breaker(1, Duration::from_secs(60))),
        cache: Some(cache()),
        timeout: Some(PATIENCE),
        ..policy()
    };
    let world = World::of(policy, vec![upstream.at]);
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..16 {
        let at = world.at;
        clients.spawn(async move {
            for number in 0..25 {
                let path = format!("/{client}/{number}");
                let answer = ask(at, "GET", &path, "", "").await;
                assert_eq!((answer.status, answer.body.as_str()), (200, path.as_str()));
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let counts = world.counts().await;
    assert_eq!(
        (&counts["requests"], &counts["upstream_attempts"], &counts["retries"]),
        (&400.into(), &400.into(), &0.into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_upstream_that_comes_back_is_found_again() {
    let at = nobody();
    let first = Upstream::start_at(at, |_, _| ok("first"));
    let world = World::of(policy(), vec![at]);
    assert_eq!(world.get("/").await.body, "first");
    drop(first);
    until("it is gone", async || world.get("/").await.brief() == (503, "upstream-refused")).await;
    let _second = Upstream::start_at(at, |_, _| ok("second"));
    assert_eq!(world.get("/").await.body, "second");
}
