//! Each kind bites, and ends by itself. Time is paused.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use system::Protocol;
use tokio::time::Instant;

use super::*;
use crate::random::Random;

fn wanted(name: &str, body: &Value) -> Wanted {
    Wanted::read(name, body, Protocol::Http).expect("is a fault")
}

async fn passing(faults: &Faults) -> (Passed, Duration) {
    let began = Instant::now();
    (pass(faults, 0).await, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn each_kind_bites_an_http_attempt_and_nothing_bites_without_a_fault() {
    let faults = Faults::default();
    assert_eq!(passing(&faults).await, (Passed::Through, Duration::ZERO));
    let second = Duration::from_secs(1);
    for (body, passed, took) in [
        (json!({"kind": "noop", "ttl_ms": 9000}), Passed::Through, Duration::ZERO),
        (json!({"kind": "refused", "ttl_ms": 9000}), Passed::Refused, Duration::ZERO),
        (json!({"kind": "reset", "ttl_ms": 9000}), Passed::Reset, Duration::ZERO),
        (json!({"kind": "reset", "after_ms": 1000, "ttl_ms": 9000}), Passed::Reset, second),
        (
            json!({"kind": "status", "status": 503, "ttl_ms": 9000}),
            Passed::Answered(hyper::StatusCode::SERVICE_UNAVAILABLE),
            Duration::ZERO,
        ),
        (json!({"kind": "latency", "latency_ms": 1000, "ttl_ms": 9000}), Passed::Late, second),
        (json!({"kind": "hang", "ttl_ms": 1000}), Passed::Late, second),
        (json!({"kind": "timeout", "after_ms": 1000, "ttl_ms": 9000}), Passed::Cut, second),
    ] {
        faults.put(wanted("f", &body));
        assert_eq!(passing(&faults).await, (passed, took), "{body}");
        faults.clear();
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_ends_by_itself_and_a_renewed_one_lasts_on() {
    let faults = Faults::default();
    let body = json!({"kind": "refused", "ttl_ms": 1000});
    assert_eq!(faults.put(wanted("f", &body)), Put::New);
    tokio::time::advance(Duration::from_millis(900)).await;
    assert_eq!(faults.put(wanted("f", &body)), Put::Renewed);
    tokio::time::advance(Duration::from_millis(900)).await;
    assert_eq!(passing(&faults).await.0, Passed::Refused);
    tokio::time::advance(Duration::from_millis(100)).await;
    assert_eq!(passing(&faults).await.0, Passed::Through);
    assert_eq!(faults.put(wanted("f", &body)), Put::New, "what has ended is not renewed");
}

#[tokio::test(start_paused = true)]
async fn ending_a_hang_releases_what_it_held() {
    let faults = Arc::new(Faults::default());
    faults.put(wanted("f", &json!({"kind": "hang", "ttl_ms": 600_000})));
    let held = tokio::spawn({
        let faults = Arc::clone(&faults);
        async move { pass(&faults, 0).await }
    });
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(!held.is_finished());
    assert!(faults.end("f"));
    assert_eq!(held.await.expect("no panic"), Passed::Late);
    assert!(!faults.end("f"), "ending twice is no mistake");
}

#[tokio::test(start_paused = true)]
async fn two_delays_add_up() {
    let faults = Faults::default();
    faults.put(wanted("a", &json!({"kind": "latency", "latency_ms": 1000, "ttl_ms": 9000})));
    faults.put(wanted("b", &json!({"kind": "latency", "latency_ms": 500, "ttl_ms": 9000})));
    assert_eq!(passing(&faults).await, (Passed::Late, Duration::from_millis(1500)));
}

#[tokio::test(start_paused = true)]
async fn the_list_of_faults_is_bounded() {
    let faults = Faults::default();
    let body = json!({"kind": "noop", "ttl_ms": 1000});
    let put: Vec<Put> = (0..=list::MOST_FAULTS).map(|n| faults.put(wanted(&n.to_string(), &body))).collect();
    assert_eq!(put.last(), Some(&Put::Full));
    assert_eq!(put.iter().filter(|put| **put == Put::New).count(), list::MOST_FAULTS);
}

#[test]
fn all_that_is_wrong_with_a_fault_is_told_at_once() {
    let problems = |body: Value| Wanted::read("f", &body, Protocol::Http).expect_err("is wrong");
    let all = problems(json!({"kind": "latency", "latency_ms": -1, "jiter_ms": 5}));
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.iter().any(|problem| problem.contains("did you mean `jitter_ms`")), "{all:?}");
    assert!(problems(json!({"kind": "latensy", "ttl_ms": 1}))[0].contains("did you mean `latency`"));
    assert!(problems(json!({"kind": "slicer", "average_bytes": 1, "ttl_ms": 1}))[0].contains("protocol"));
    for body in [
        json!({"kind": "hang"}),
        json!({"kind": "hang", "ttl_ms": 0}),
        json!({"kind": "hang", "ttl_ms": 600_001}),
        json!({"kind": "status", "status": 200, "ttl_ms": 1}),
        json!([]),
        json!({"kind": 5, "ttl_ms": 1}),
        json!({"kind": "hang", "ttl_ms": 1.5}),
        json!({"kind": "hang", "ttl_ms": 1, "toxicity": 2}),
    ] {
        assert!(!problems(body).is_empty());
    }
    assert!(Wanted::read("", &json!({"kind": "hang", "ttl_ms": 1}), Protocol::Http).is_err());
}

#[test]
fn toxicity_hits_its_share_and_the_same_ones_for_the_same_seed() {
    let hit = |seed| (0..1000).filter(|n| hits(seed, 1, 0.3, *n)).collect::<Vec<u64>>();
    assert!((250..350).contains(&hit(1).len()), "{}", hit(1).len());
    assert_eq!(hit(1), hit(1));
    assert_ne!(hit(1), hit(2));
    assert!(!hits(1, 1, 0.0, 5) && hits(1, 1, 1.0, 5));
}

#[test]
fn jitter_stays_within_its_bounds_and_repeats_for_its_seed() {
    let latency = latency::Latency { delay: Duration::from_millis(100), jitter: Duration::from_millis(30) };
    let draw = || {
        let random = Random::seeded(4);
        (0..100).map(|_| latency.next(&random)).collect::<Vec<_>>()
    };
    assert!(draw().iter().all(|delay| (70..=130).contains(&delay.as_millis())));
    assert_eq!(draw(), draw());
}

#[test]
fn pieces_are_never_empty_and_never_more_than_there_is() {
    let slow = bandwidth::Bandwidth { bytes_per_second: 1 };
    assert_eq!(slow.next(500), (1, Duration::from_secs(1)));
    let fast = bandwidth::Bandwidth { bytes_per_second: 10_000 };
    assert_eq!(fast.next(500), (500, Duration::from_millis(50)));
    let slicer = slicer::Slicer { average: 2, variation: 5, delay: Duration::ZERO };
    let random = Random::seeded(1);
    assert!((0..100).all(|_| (1..=4).contains(&slicer.next(4, &random))));
}
