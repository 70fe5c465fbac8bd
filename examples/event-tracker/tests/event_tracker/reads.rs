//! Summary, search, health and origins.

use event_tracker::{Api, Error, Switch};
use serde_json::json;

use crate::world::{Mood, World, get, get_with, post_as, until};

#[tokio::test]
async fn a_summary_falls_back_for_one_answer_only_and_says_so() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    post_as(&world.api, &ada, "/events", json!({"id": "e-1", "kind": "click"})).await;
    let live = get(&world.api, "/summary").await;
    assert_eq!((live.status, live.header("x-freshness"), &live.json()["events"]), (200, "live", &json!(1)));
    assert!(live.header("cache-control").contains("stale-if-error"));
    world.enricher.is(Mood::Failing);
    until("a fallback", async || get(&world.api, "/summary").await.header("x-freshness") == "fallback").await;
    let fallback = get(&world.api, "/summary").await;
    assert_eq!((fallback.status, &fallback.json()["events"]), (200, &json!(1)));
    assert_eq!(fallback.header("cache-control"), "no-store");
    world.enricher.is(Mood::Well);
    assert_eq!(get(&world.api, "/summary").await.header("x-freshness"), "live");
}

#[tokio::test]
async fn without_a_last_good_summary_or_without_the_fallback_there_is_none() {
    let never = World::start(&[]).await;
    never.enricher.is(Mood::Failing);
    let answer = get(&never.api, "/summary").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    let off = World::with(&[], |settings| settings.fallback = Switch::Off).await;
    assert_eq!(get(&off.api, "/summary").await.status, 200);
    off.enricher.is(Mood::Failing);
    until("it refuses", async || get(&off.api, "/summary").await.status == 503).await;
}

#[tokio::test]
async fn searches_are_limited_for_each_client_on_its_own() {
    let world = World::start(&[]).await;
    for n in 0..12 {
        let answer = get_with(&world.api, "/search?q=cl", &[("x-forwarded-for", "10.0.0.1, 10.9.9.9")]).await;
        assert_eq!(answer.status, if n < 10 { 200 } else { 429 });
        assert_eq!(answer.header("retry-after"), if n < 10 { "" } else { "60" });
    }
    assert_eq!(get_with(&world.api, "/search?q=cl", &[("x-forwarded-for", "10.0.0.2")]).await.status, 200);
    assert_eq!(get(&world.api, "/search?q=cl").await.status, 200);
}

#[tokio::test]
async fn a_search_finds_kinds_by_their_beginning_and_knows_no_wildcards() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    for (id, kind) in [("a", "click"), ("b", "click"), ("c", "scroll")] {
        post_as(&world.api, &ada, "/events", json!({"id": id, "kind": kind})).await;
    }
    let found = get(&world.api, "/search?q=cl").await.json();
    assert_eq!(found, json!({"results": [{"kind": "click", "events": 2}]}));
    assert_eq!(get(&world.api, "/search?q=%25croll").await.json(), json!({"results": []}));
}

#[tokio::test]
async fn searches_are_counted_in_the_database_while_redis_is_away() {
    // Nobody listens on the discard port of loopback.
    let world = World::with(&[], |settings| settings.redis = Some("127.0.0.1:9".to_owned())).await;
    let mut admitted = 0;
    for _ in 0..12 {
        admitted += u32::from(get(&world.api, "/search?q=a").await.status == 200);
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn only_named_origins_may_read() {
    let world = World::start(&[]).await;
    let named = get_with(&world.api, "/health", &[("origin", "https://app.example")]).await;
    assert_eq!(named.header("access-control-allow-origin"), "https://app.example");
    for foreign in ["https://evil.example", "null", "https://app.example.evil.example", "*"] {
        let answer = get_with(&world.api, "/health", &[("origin", foreign)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{foreign}");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_for_named_origins_only() {
    let world = World::start(&[]).await;
    for (origin, status) in [("https://app.example", 204), ("https://evil.example", 403)] {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        let answer = world.api.send(axum::http::Method::OPTIONS, "/events", &headers, "").await.expect("an answer");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-methods").is_empty(), status == 403);
    }
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused_and_left_alone() {
    let world = World::start(&[]).await;
    let file = rusqlite::Connection::open(world.directory.path().join("tracker.db")).expect("is a database");
    file.execute("UPDATE schema_version SET version = 2", []).expect("is changed");
    assert!(matches!(Api::open(world.settings.clone()).await, Err(Error::Newer { found: 2, known: 1 })));
    assert_eq!(get(&world.api, "/health").await.status, 503);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_an_error_at_the_start() {
    let world = World::start(&[]).await;
    let mut settings = world.settings.clone();
    settings.database = Some("postgres://nobody@127.0.0.1:9/none".to_owned());
    assert!(matches!(Api::open(settings).await, Err(Error::Store(_))));
}
