//! Each protection through the proxy: with it the client is spared, without it the client sees the failure.

use std::time::Duration;

use serde_json::json;
use system::Policy;
use tokio::io::AsyncWriteExt;

use crate::world::*;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_any_protection_each_failure_has_an_answer_of_its_own() {
    for (act, brief) in [
        (0, (503, "upstream-refused")),
        (1, (504, "upstream-timeout")),
        (2, (502, "upstream-reset")),
        (3, (502, "upstream-reset")),
        (4, (500, "")),
    ] {
        let upstream = Upstream::start(move |_, _| match act {
            1 => Act::Hang,
            2 => Act::Reset,
            3 => Act::Close,
            _ => status(500),
        });
        let at = if act == 0 { nobody() } else { upstream.at };
        let timeout = Some(Duration::from_millis(100));
        let retry_after = Duration::from_secs(7);
        let world = World::of(Policy { timeout, retry_after, ..policy() }, vec![at]);
        let answer = world.get("/").await;
        assert_eq!(answer.brief(), brief);
        if act < 4 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert_eq!(answer.header("retry-after"), Some("7"));
            assert_eq!(world.counts().await["made_by_guard"], 1);
        }
        assert_eq!(world.counts().await["upstream_failures"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bytes_that_are_no_http_are_a_broken_upstream() {
    let upstream = Upstream::start(|_, _| Act::SendAndClose("SSH-2.0-x\r\n\r\n".to_owned()));
    let world = World::of(policy(), vec![upstream.at]);
    assert_eq!(world.get("/").await.brief(), (502, "upstream-reset"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn retry_spares_the_client_a_passing_failure() {
    for first in [0, 1, 2, 3] {
        let upstream = Upstream::start(move |number, _| match (number, first) {
            (0, 0) => status(503),
            (0, 1) => Act::Reset,
            (0, 2) => Act::Close,
            (0, _) => Act::Hang,
            _ => ok("second"),
        });
        let timeout = Some(Duration::from_millis(200));
        let world = World::of(Policy { retry: Some(retry(3)), timeout, ..policy() }, vec![upstream.at]);
        let answer = ask(world.at, "PUT", "/", "", "again").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "second"), "{first}");
        assert_eq!(upstream.last().body, b"again", "the body is sent again, whole");
        let counts = world.counts().await;
        assert_eq!(
            (&counts["requests"], &counts["upstream_attempts"], &counts["retries"]),
            (&json!(1), &json!(2), &json!(1))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_may_not_be_sent_twice_is_sent_once() {
    let upstream = Upstream::start(|_, _| status(503));
    let world = World::of(Policy { retry: Some(retry(3)), ..policy() }, vec![upstream.at]);
    assert_eq!(ask(world.at, "POST", "/", "", "a").await.status, 503);
    assert_eq!(upstream.count(), 1);
    assert_eq!(ask(world.at, "POST", "/", "Idempotency-Key: \"k\"\r\n", "a").await.status, 503);
    assert_eq!(upstream.count(), 4, "with a key it may be");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_too_long_to_keep_is_sent_once_and_whole() {
    let upstream = Upstream::start(|_, _| status(503));
    let world = World::of(Policy { retry: Some(retry(3)), ..policy() }, vec![upstream.at]);
    let body = "x".repeat(guard::limits::LONGEST_KEPT_BODY + 1);
    assert_eq!(ask(world.at, "PUT", "/", "", &body).await.status, 503);
    assert_eq!((upstream.count(), upstream.last().body.len()), (1, body.len()));
    let chunked = format!(
        "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    assert_eq!(raw(world.at, &chunked).await.status, 503);
    assert_eq!((upstream.count(), upstream.last().body.len()), (2, body.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_budget_stops_a_retry_storm() {
    let upstream = Upstream::start(|_, _| status(500));
    let world = World::of(Policy { retry: Some(retry(10)), ..policy() }, vec![upstream.at]);
    for _ in 0..10 {
        assert_eq!(world.get("/").await.status, 500);
    }
    assert_eq!(upstream.count(), 13, "ten requests and the three retries of the floor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_retry_after_of_the_upstream_is_waited_for() {
    let upstream = Upstream::start(|number, _| match number {
        0 => Act::Send(response(503, "Retry-After: 1\r\n", "")),
        1 => ok("a"),
        _ => Act::Send(response(503, "Retry-After: 5\r\n", "")),
    });
    let world = World::of(Policy { retry: Some(retry(2)), ..policy() }, vec![upstream.at]);
    let answer = world.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.took >= Duration::from_secs(1), "{:?}", answer.took);
    let answer = world.get("/").await;
    assert_eq!((answer.status, upstream.count()), (503, 3), "longer than the longest pause: no retry");
    assert_eq!(answer.header("retry-after"), Some("5"), "the upstream's own word reaches the client");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_refusing_replica_is_replaced_by_the_next_whatever_the_method() {
    let upstream = Upstream::start(|_, _| ok("alive"));
    let upstreams = vec![nobody(), upstream.at];
    let world = World::of(Policy { retry: Some(retry(2)), ..policy() }, upstreams.clone());
    for _ in 0..4 {
        assert_eq!(ask(world.at, "POST", "/", "", "a").await.status, 200);
    }
    assert_eq!(world.counts().await["retries"], 2, "counted and under the budget");
    let without = World::of(policy(), upstreams);
    let mut seen = [without.get("/").await.status, without.get("/").await.status];
    seen.sort_unstable();
    assert_eq!(seen, [200, 503], "without retry every second request fails");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_tripped_breaker_answers_at_once_and_recovers_by_probing() {
    let upstream = Upstream::start(|number, _| if number < 2 { status(500) } else { ok("well") });
    let open = Duration::from_millis(300);
    let world = World::of(Policy { breaker: Some(breaker(2, open)), ..policy() }, vec![upstream.at]);
    assert_eq!([world.get("/").await.status, world.get("/").await.status], [500, 500]);
    let answer = world.get("/").await;
    assert_eq!(answer.brief(), (503, "breaker-tripped"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(upstream.count(), 2, "the upstream is left alone");
    assert_eq!(world.admin.edge().await["breaker"], "tripped");
    assert_eq!(world.counts().await["short_circuited"], 1);
    until("it recovers", async || world.get("/").await.status == 200).await;
    assert_eq!(world.admin.edge().await["breaker"], "admitting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_breaker_stops_the_retries_of_the_request_that_tripped_it() {
    let upstream = Upstream::start(|_, _| status(500));
    let world =
        World::of(Policy { breaker: Some(breaker(2, LONG)), retry: Some(retry(5)), ..policy() }, vec![upstream.at]);
    assert_eq!(world.get("/").await.status, 500);
    assert_eq!(upstream.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn answers_below_500_do_not_trip() {
    let upstream = Upstream::start(|_, _| status(404));
    let world = World::of(Policy { breaker: Some(breaker(1, LONG)), ..policy() }, vec![upstream.at]);
    for _ in 0..3 {
        assert_eq!(world.get("/").await.status, 404);
    }
    assert_eq!(world.admin.edge().await["breaker"], "admitting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_probe_that_hangs_gives_its_place_back_when_its_client_leaves() {
    let upstream = Upstream::start(|number, _| match number {
        0 => status(500),
        1 => Act::Hang,
        _ => ok("well"),
    });
    let breaker = Some(breaker(1, Duration::from_millis(50)));
    let world = World::of(Policy { breaker, ..policy() }, vec![upstream.at]);
    assert_eq!(world.get("/").await.status, 500);
    until("it would probe", async || world.admin.edge().await["breaker"] == "probing").await;
    let mut client = outside::net::connect(world.at, PATIENCE).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    until("the probe arrives", async || upstream.count() == 2).await;
    assert_eq!(world.get("/").await.brief(), (503, "breaker-tripped"), "the one place is taken");
    drop(client);
    until("the place is free", async || world.get("/").await.status == 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_old_answer_stands_in_for_each_failure() {
    let world_and_upstream = |after: u8| {
        let upstream = Upstream::start(move |number, _| match (number, after) {
            (0, _) => Act::Send(response(200, "X-Own: 1\r\n", "old")),
            (_, 0) => Act::Close,
            (_, 1) => Act::Reset,
            (_, 2) => Act::Hang,
            (_, 3) => status(503),
            _ => status(500),
        });
        let timeout = Some(Duration::from_millis(100));
        let world = World::of(Policy { cache: Some(cache()), timeout, ..policy() }, vec![upstream.at]);
        (world, upstream)
    };
    for after in 0..5 {
        let (world, upstream) = world_and_upstream(after);
        assert_eq!(world.get("/").await.brief(), (200, ""));
        let answer = world.get("/").await;
        assert_eq!((answer.brief(), answer.body.as_str()), ((200, "stale"), "old"), "{after}");
        assert_eq!(answer.header("x-own"), Some("1"));
        assert!(answer.header("age").is_some() && answer.header("cache-status").is_some(), "{answer:?}");
        assert_ne!(world.get("/other").await.status, 200, "nothing is kept for it");
        drop(upstream);
        assert_eq!(world.get("/").await.brief(), (200, "stale"), "refused");
        assert_eq!(world.counts().await["served_stale"], 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn in_good_times_every_request_goes_to_the_upstream() {
    let upstream =
        Upstream::start(|number, _| Act::Send(response(200, "Cache-Control: max-age=60\r\n", &number.to_string())));
    let world = World::of(Policy { cache: Some(cache()), ..policy() }, vec![upstream.at]);
    assert_eq!([world.get("/").await.body, world.get("/").await.body], ["0", "1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_old_answer_stands_in_while_the_breaker_is_tripped() {
    let upstream = Upstream::start(|number, _| if number == 0 { ok("old") } else { status(500) });
    let policy = Policy { cache: Some(cache()), breaker: Some(breaker(1, LONG)), ..policy() };
    let world = World::of(policy, vec![upstream.at]);
    for brief in [(200, ""), (200, "stale"), (200, "stale")] {
        assert_eq!(world.get("/").await.brief(), brief);
    }
    assert_eq!(upstream.count(), 2);
    assert_eq!(ask(world.at, "POST", "/", "", "a").await.brief(), (503, "breaker-tripped"));
    let counts = world.counts().await;
    assert_eq!((&counts["short_circuited"], &counts["served_stale"]), (&json!(2), &json!(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_successful_change_forgets_the_old_answer_and_a_missing_one_too() {
    let upstream = Upstream::start(|number, saw| match (number, saw.line.as_str()) {
        (0, _) => ok("old"),
        (_, "PUT /a HTTP/1.1") => ok(""),
        (2, "GET /a HTTP/1.1") | (4, _) => status(500),
        (3, _) => ok("new"),
        (5, _) => status(404),
        _ => status(500),
    });
    let world = World::of(Policy { cache: Some(cache()), ..policy() }, vec![upstream.at]);
    world.get("/a").await;
    ask(world.at, "PUT", "/a", "", "x").await;
    assert_eq!(world.get("/a").await.status, 500, "forgotten");
    world.get("/a").await;
    assert_eq!(world.get("/a").await.brief(), (200, "stale"));
    assert_eq!(world.get("/a").await.status, 404);
    assert_eq!(world.get("/a").await.status, 500, "what is gone does not come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_bypass_turns_each_verdict_and_ends_by_itself() {
    for fault in [json!({"kind": "refused", "ttl_ms": 60_000}), json!({"kind": "reset", "ttl_ms": 60_000})] {
        let upstream = Upstream::start(|_, _| ok("old"));
        let policy =
            Policy { cache: Some(cache()), breaker: Some(breaker(1, LONG)), retry: Some(retry(2)), ..policy() };
        let world = World::of(policy, vec![upstream.at]);
        assert_eq!(world.get("/").await.brief(), (200, ""));
        world.admin.fault(fault).await;
        assert_eq!(world.get("/").await.brief(), (200, "stale"), "guardrail on");
        assert_eq!(ask(world.at, "POST", "/", "", "a").await.brief(), (503, "breaker-tripped"));
        assert_eq!(world.admin.bypass(400).await.status, 201);
        assert_eq!(world.admin.edge().await["bypass"], true);
        assert_eq!(world.get("/").await.status, 0, "guardrail off: the client sees the failure");
        assert_eq!(ask(world.at, "POST", "/", "", "a").await.status, 0);
        until("the bypass ends", async || world.get("/").await.brief() == (200, "stale")).await;
        assert_eq!(world.admin.edge().await["bypass"], false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_bypassed_edge_forwards_and_waits_like_a_plain_proxy() {
    let upstream = Upstream::start(|number, _| if number == 0 { status(503) } else { ok("a") });
    let policy = Policy { timeout: Some(Duration::from_millis(50)), retry: Some(retry(3)), ..policy() };
    let world = World::of(policy, vec![upstream.at]);
    world.admin.bypass(60_000).await;
    assert_eq!(world.get("/").await.brief(), (503, ""), "no retry");
    world.admin.fault(json!({"kind": "latency", "latency_ms": 200, "ttl_ms": 60_000})).await;
    let answer = world.get("/").await;
    assert_eq!(answer.status, 200, "no timeout");
    assert!(answer.took >= Duration::from_millis(200));
    world.admin.ask("DELETE", &format!("/seaworthy/v1/edges/{EDGE_PATH}/bypass"), &serde_json::Value::Null).await;
    assert_eq!(world.get("/").await.brief(), (504, "upstream-timeout"), "guardrail on again");
}
