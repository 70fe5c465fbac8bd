//! Starting and stopping: all or nothing, and nothing is left behind.

use std::time::Duration;

use guard::{Error, Guard, Plan};
use serde_json::{Value, json};
use system::EdgeId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_listens_after_stop_and_what_has_begun_is_finished() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let mut world = World::of(policy(), vec![upstream.at]);
    world.admin.fault(json!({"kind": "latency", "latency_ms": 300, "ttl_ms": 60_000})).await;
    let mut begun = outside::net::connect(world.at, PATIENCE).await.unwrap();
    begun.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    until("it has begun", async || world.counts().await["upstream_attempts"] == 1).await;
    let guard = world.guard.take().unwrap();
    stop(guard).await;
    let mut read = String::new();
    begun.read_to_string(&mut read).await.unwrap();
    assert!(read.starts_with("HTTP/1.1 200"), "{read}");
    assert!(!outside::net::accepts(world.at) && !outside::net::accepts(world.admin.at));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_dropped_guard_stops_too() {
    let (at, admin) = {
        let world = World::of(policy(), vec![nobody()]);
        (world.at, world.admin.at)
    };
    assert!(!outside::net::accepts(at) && !outside::net::accepts(admin));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_taken_port_is_named_and_nothing_is_left_listening() {
    let taken = listen(loopback());
    let free = nobody();
    let mut first = edge(policy(), vec![nobody()]);
    first.listen = free;
    let mut second = edge(policy(), vec![nobody()]);
    second.id = EdgeId::parse("api->db").unwrap();
    second.listen = taken.local_addr().unwrap();
    let error = Guard::start(plan(vec![first, second])).unwrap_err();
    assert!(matches!(&error, Error::Listen { edge, .. } if edge == "api->db"), "{error}");
    assert!(error.to_string().contains(&taken.local_addr().unwrap().to_string()), "{error}");
    assert!(!outside::net::accepts(free));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_guards_cannot_share_a_port_by_mistake() {
    let at = nobody();
    let on = |workers| {
        let mut edge = edge(policy(), vec![nobody()]);
        edge.listen = at;
        Plan { workers, ..plan(vec![edge]) }
    };
    let _first = Guard::start(on(2)).unwrap();
    for workers in [1, 2] {
        assert!(matches!(Guard::start(on(workers)), Err(Error::Listen { .. })));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_wrong_plan_is_refused_with_all_its_problems() {
    let mut own = edge(policy(), vec![nobody()]);
    own.listen = own.upstreams[0];
    let wrong = Plan {
        workers: 0,
        admin: ([0, 0, 0, 0], 0).into(),
        token: None,
        ..plan(vec![own.clone(), own, edge(policy(), Vec::new())])
    };
    let problems = wrong.problems();
    for word in ["workers", "SEAWORTHY_GUARD_TOKEN", "both listen", "3 times", "itself", "no upstream"] {
        assert!(problems.iter().any(|problem| problem.contains(word)), "{word}: {problems:?}");
    }
    assert!(matches!(Guard::start(wrong), Err(Error::Plan(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_announcement_names_every_port() {
    let world = World::of(policy(), vec![nobody()]);
    let said: Value = serde_json::from_str(&world.guard.as_ref().unwrap().announcement()).unwrap();
    assert_eq!(said["schema"], "seaworthy.guard/1");
    assert_eq!(said["admin"], world.admin.at.to_string());
    assert_eq!(said["edges"]["web->api"], world.at.to_string());
    assert_ne!(world.at.port(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_core_takes_connections() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let world = World::start(Plan { workers: 4, ..plan(vec![edge(policy(), vec![upstream.at])]) });
    for _ in 0..40 {
        assert_eq!(world.get("/").await.status, 200);
    }
    assert_eq!(world.counts().await["requests"], 40, "one count over all cores");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stalled_connection_does_not_hold_up_the_stop_for_long() {
    let upstream = Upstream::start(|_, _| Act::Hang);
    let mut world = World::of(policy(), vec![upstream.at]);
    let mut stalled = outside::net::connect(world.at, PATIENCE).await.unwrap();
    stalled.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    until("it has begun", async || upstream.count() == 1).await;
    let began = tokio::time::Instant::now();
    stop(world.guard.take().unwrap()).await;
    assert!(began.elapsed() < guard::limits::DRAIN_WITHIN + Duration::from_secs(3));
}
