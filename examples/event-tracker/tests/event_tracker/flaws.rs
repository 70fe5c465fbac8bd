//! Each flaw shows where it should, and the same look at the sound service does not show it.
//!
//! `blocking-handler` needs a process of its own: see `process.rs`.

use std::time::Duration;

use event_tracker::Flaw;
use serde_json::json;

use crate::events::batch;
use crate::world::{Mood, World, comes_true, credentials, get, get_with, post, post_as, put_as, until};

/// The same look at a sound service and at one with the flaw.
async fn sound_and(flaw: Flaw) -> [(World, bool); 2] {
    [(World::start(&[]).await, false), (World::start(&[flaw]).await, true)]
}

#[tokio::test]
async fn pool_leak_uses_up_the_connections_while_the_mailer_fails() {
    for (world, flawed) in sound_and(Flaw::PoolLeak).await {
        world.mailer.is(Mood::Failing);
        for n in 0..8 {
            let answer = post(&world.api, "/register", credentials(&format!("{n}@example.org"))).await;
            assert_eq!(answer.status, 201);
        }
        let next = post(&world.api, "/register", credentials("next@example.org")).await;
        assert_eq!(next.status, if flawed { 503 } else { 201 });
        assert_eq!(next.header("retry-after"), if flawed { "1" } else { "" });
        world.mailer.is(Mood::Well);
        assert_eq!(get(&world.api, "/health").await.status, if flawed { 503 } else { 200 });
    }
}

#[tokio::test]
async fn default_key_accepts_a_token_that_anybody_can_sign() {
    for (world, flawed) in sound_and(Flaw::DefaultKey).await {
        let forged = crate::documents::forged_token();
        let answer = get_with(&world.api, "/events/none", &[("authorization", &forged)]).await;
        assert_eq!(answer.status, if flawed { 404 } else { 401 });
    }
}

#[tokio::test]
async fn wildcard_origin_lets_every_site_read() {
    for (world, flawed) in sound_and(Flaw::WildcardOrigin).await {
        let answer = get_with(&world.api, "/health", &[("origin", "https://evil.example")]).await;
        assert_eq!(answer.header("access-control-allow-origin"), if flawed { "*" } else { "" });
    }
}

#[tokio::test]
async fn batch_all_or_nothing_loses_what_it_acknowledged() {
    for (world, flawed) in sound_and(Flaw::BatchAllOrNothing).await {
        let ada = world.login("ada@example.org").await;
        let well = post_as(&world.api, &ada, "/batches", batch("link-1", "plain-1")).await;
        assert_eq!(well.status, 207);
        assert_eq!(get(&world.api, "/events/link-1").await.status, 200);
        world.enricher.is(Mood::Failing);
        let answer = post_as(&world.api, &ada, "/batches", batch("link-2", "plain-2")).await;
        assert_eq!((answer.status, answer.json()["results"][1]["state"].as_str()), (207, Some("stored")));
        for event in ["/events/link-2", "/events/plain-2"] {
            assert_eq!(get(&world.api, event).await.status, if flawed { 404 } else { 200 }, "{event}");
        }
    }
}

#[tokio::test]
async fn per_instance_limit_gives_each_instance_its_own_share() {
    for (world, flawed) in sound_and(Flaw::PerInstanceLimit).await {
        let other = world.another().await;
        let mut admitted = 0;
        for n in 0..40 {
            let to = if n % 2 == 0 { &world.api } else { &other };
            admitted += u32::from(get(to, "/search?q=a").await.status == 200);
        }
        assert_eq!(admitted, if flawed { 20 } else { 10 });
    }
}

#[tokio::test]
async fn stale_cache_shows_the_fallback_long_after_the_enricher_is_back() {
    for (world, flawed) in sound_and(Flaw::StaleCache).await {
        let freshness = async || get(&world.api, "/summary").await.header("x-freshness").to_owned();
        assert_eq!(freshness().await, "live");
        world.enricher.is(Mood::Failing);
        until("a fallback", async || freshness().await == "fallback").await;
        world.enricher.is(Mood::Well);
        let live_again = comes_true(Duration::from_secs(2), async || freshness().await == "live").await;
        assert_eq!(live_again, !flawed);
    }
}

#[tokio::test]
async fn torn_write_shows_a_part_of_what_it_acknowledged() {
    for (world, flawed) in sound_and(Flaw::TornWrite).await {
        let ada = world.login("ada@example.org").await;
        let bytes = vec![7; 65_536];
        assert_eq!(put_as(&world.api, &ada, "/uploads/u-1", bytes.clone()).await.status, 201);
        assert_eq!(get(&world.api, "/uploads/u-1").await.body.len() < bytes.len(), flawed);
        until("it is whole", async || get(&world.api, "/uploads/u-1").await.body == bytes).await;
    }
}

#[tokio::test]
async fn missing_index_is_missing() {
    for (world, flawed) in sound_and(Flaw::MissingIndex).await {
        let file = rusqlite::Connection::open(world.directory.path().join("tracker.db")).expect("is a database");
        let query = "SELECT COUNT(*) FROM pragma_index_info('events_user_at') WHERE name IN ('user_id', 'at')";
        let columns: i64 = file.query_row(query, [], |row| row.get(0)).expect("counts");
        assert_eq!(columns, if flawed { 0 } else { 2 });
    }
}

#[tokio::test]
async fn late_write_acknowledges_before_it_writes() {
    for (world, flawed) in sound_and(Flaw::LateWrite).await {
        let ada = world.login("ada@example.org").await;
        assert_eq!(post_as(&world.api, &ada, "/events", json!({"id": "e-1", "kind": "click"})).await.status, 201);
        assert_eq!(get(&world.api, "/events/e-1").await.status, if flawed { 404 } else { 200 });
        until("it is written", async || get(&world.api, "/events/e-1").await.status == 200).await;
    }
}

#[tokio::test]
async fn blind_health_is_well_without_a_database() {
    for (world, flawed) in sound_and(Flaw::BlindHealth).await {
        assert_eq!(get(&world.api, "/health").await.header("x-schema-version"), if flawed { "" } else { "1" });
        let file = rusqlite::Connection::open(world.directory.path().join("tracker.db")).expect("is a database");
        file.execute("DROP TABLE schema_version", []).expect("is dropped");
        assert_eq!(get(&world.api, "/health").await.status, if flawed { 200 } else { 503 });
    }
}
