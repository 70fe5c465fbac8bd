//! Each fault bites over HTTP, and ends by its time to live without anybody.

use std::time::Duration;

use serde_json::{Value, json};
use system::Policy;

use crate::world::*;

/// A short life: long enough to be felt, short enough to wait for.
const TTL_MS: u64 = 600;

async fn world() -> (World, Upstream) {
    let upstream = Upstream::start(|_, _| ok("0123456789"));
    let timeout = Some(Duration::from_millis(150));
    (World::of(Policy { timeout, ..policy() }, vec![upstream.at]), upstream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn each_fault_bites_and_ends_by_itself() {
    for (mut fault, brief) in [
        (json!({"kind": "refused"}), (503, "upstream-refused")),
        (json!({"kind": "reset"}), (502, "upstream-reset")),
        (json!({"kind": "status", "status": 503}), (503, "")),
        (json!({"kind": "hang"}), (504, "upstream-timeout")),
        (json!({"kind": "latency", "latency_ms": 500}), (504, "upstream-timeout")),
        (json!({"kind": "timeout", "after_ms": 50}), (502, "upstream-reset")),
    ] {
        let (world, upstream) = world().await;
        assert_eq!(world.get("/").await.brief(), (200, ""), "nothing was injected");
        assert_eq!(world.counts().await["injected"], 0);
        fault["ttl_ms"] = json!(TTL_MS);
        let put = world.admin.fault(fault.clone()).await;
        assert_eq!(put.status, 201, "{put:?}");
        assert_eq!(world.get("/").await.brief(), brief, "{fault}");
        assert_eq!(world.counts().await["injected"], 1);
        assert_eq!(upstream.count(), 1, "the upstream sees nothing of it");
        until("it ends", async || world.get("/").await.brief() == (200, "")).await;
        assert_eq!(world.admin.edge().await["faults"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_status_fault_says_so_and_counts_as_the_upstreams_failure() {
    let (world, _upstream) = world().await;
    world.admin.fault(json!({"kind": "status", "status": 500, "ttl_ms": 60_000})).await;
    let answer = world.get("/").await;
    assert_eq!((answer.status, answer.header("seaworthy-fault")), (500, Some("status")));
    assert_eq!(world.counts().await["upstream_failures"], 1);
    assert_eq!(world.counts().await["made_by_guard"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn latency_delays_and_a_deleted_fault_is_over_at_once() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let world = World::of(policy(), vec![upstream.at]);
    world
        .admin
        .fault(json!({"kind": "latency", "latency_ms": 300, "jitter_ms": 100, "seed": 5, "ttl_ms": 60_000}))
        .await;
    let answer = world.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.took >= Duration::from_millis(200), "{:?}", answer.took);
    assert_eq!(world.admin.end_fault().await.status, 204);
    assert_eq!(world.admin.end_fault().await.status, 204, "twice is fine");
    assert!(world.get("/").await.took < Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bandwidth_makes_the_body_trickle_whole() {
    let upstream = Upstream::start(|_, _| ok(&"x".repeat(50)));
    let world = World::of(policy(), vec![upstream.at]);
    world.admin.fault(json!({"kind": "bandwidth", "bytes_per_second": 100, "ttl_ms": 60_000})).await;
    let answer = world.get("/").await;
    assert_eq!((answer.status, answer.body.len()), (200, 50));
    assert!(answer.took >= Duration::from_millis(450), "{:?}", answer.took);
    assert_eq!(world.counts().await["injected"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_renewed_fault_outlives_its_first_time_to_live() {
    let (world, _upstream) = world().await;
    let fault = json!({"kind": "refused", "ttl_ms": 60_000});
    assert_eq!(world.admin.fault(json!({"kind": "refused", "ttl_ms": 300})).await.status, 201);
    let renewed = world.admin.fault(fault).await;
    assert_eq!((renewed.status, &renewed.json()["kind"]), (200, &json!("refused")));
    let left = world.admin.edge().await["faults"][0]["ends_in_ms"].as_u64().unwrap();
    assert!((50_000..=60_000).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn toxicity_hits_some_and_spares_some() {
    let (world, _upstream) = world().await;
    world.admin.fault(json!({"kind": "refused", "toxicity": 0.5, "seed": 3, "ttl_ms": 60_000})).await;
    let mut hit = 0;
    for _ in 0..40 {
        hit += usize::from(world.get("/").await.status == 503);
    }
    assert!((8..=32).contains(&hit), "{hit} of 40");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn try_tells_what_one_raw_attempt_meets() {
    let upstream = Upstream::start(|_, saw| {
        if saw.line.contains("/reset") {
            Act::Reset
        } else if saw.line.contains("/close") {
            Act::Close
        } else {
            status(404)
        }
    });
    let breaker = Some(breaker(1, Duration::from_secs(60)));
    let world = World::of(Policy { breaker, ..policy() }, vec![upstream.at]);
    let answered = world.admin.try_it(json!({"path": "/health"})).await;
    assert_eq!((&answered["outcome"], &answered["status"]), (&json!("answered"), &json!(404)));
    assert!(answered["took_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(world.admin.try_it(json!({"path": "/reset"})).await["outcome"], "reset");
    assert_eq!(world.admin.try_it(json!({"path": "/close"})).await["outcome"], "cut");
    for (kind, outcome) in [("refused", "refused"), ("reset", "reset"), ("hang", "timed_out"), ("timeout", "timed_out")]
    {
        world.admin.fault(json!({"kind": kind, "ttl_ms": 60_000})).await;
        let tried = world.admin.try_it(json!({"path": "/", "within_ms": 200})).await;
        assert_eq!(tried["outcome"], outcome, "{kind}");
    }
    world.admin.fault(json!({"kind": "latency", "latency_ms": 150, "ttl_ms": 60_000})).await;
    let late = world.admin.try_it(json!({})).await;
    assert!(late["outcome"] == "answered" && late["took_ms"].as_f64().unwrap() >= 150.0, "{late}");
    world.admin.end_fault().await;
    drop(upstream);
    assert_eq!(world.admin.try_it(Value::Null).await["outcome"], "refused");
    assert_eq!(world.admin.edge().await["breaker"], "admitting", "no protection has taken part");
}
