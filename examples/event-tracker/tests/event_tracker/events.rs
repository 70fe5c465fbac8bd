//! Events one by one, in batches, and uploads: what was acknowledged is there.

use event_tracker::Switch;
use serde_json::{Value, json};

use crate::world::{Mood, World, comes_true, get, get_with, post, post_as, put_as, until};

fn event(id: &str) -> Value {
    json!({"id": id, "kind": "click", "payload": {"x": 1}})
}

pub(crate) fn batch(link: &str, plain: &str) -> Value {
    json!({"events": [{"id": link, "kind": "url", "payload": "https://a.example"}, {"id": plain, "kind": "click"}]})
}

#[tokio::test]
async fn an_event_is_stored_once_and_shown_to_its_owner() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    assert_eq!(post_as(&world.api, &ada, "/events", event("e-1")).await.status, 201);
    assert_eq!(post_as(&world.api, &ada, "/events", event("e-1")).await.status, 200);
    let shown = get_with(&world.api, "/events/e-1", &[("authorization", &ada)]).await.json();
    assert_eq!((shown["id"].as_str(), shown["payload"]["x"].as_i64()), (Some("e-1"), Some(1)));
    let listed = get_with(&world.api, "/events", &[("authorization", &ada)]).await.json();
    assert_eq!(listed["events"][0]["id"], "e-1");
}

#[tokio::test]
async fn without_a_token_only_the_receipt_of_an_event_is_shown() {
    let world = World::start(&[]).await;
    let (ada, grace) = (world.login("ada@example.org").await, world.login("grace@example.org").await);
    post_as(&world.api, &ada, "/events", event("e-1")).await;
    assert_eq!(get(&world.api, "/events/e-1").await.json(), json!({"id": "e-1", "state": "stored"}));
    assert_eq!(get_with(&world.api, "/events/e-1", &[("authorization", &grace)]).await.status, 404);
    assert_eq!(get_with(&world.api, "/events/e-1", &[("authorization", "Bearer forged")]).await.status, 401);
    assert_eq!(get(&world.api, "/events/e-2").await.status, 404);
    assert_eq!(post(&world.api, "/events", event("e-3")).await.status, 401);
}

#[tokio::test]
async fn the_same_id_of_two_users_names_two_events() {
    let world = World::start(&[]).await;
    let (ada, grace) = (world.login("ada@example.org").await, world.login("grace@example.org").await);
    assert_eq!(post_as(&world.api, &ada, "/events", event("e-1")).await.status, 201);
    assert_eq!(post_as(&world.api, &grace, "/events", event("e-1")).await.status, 201);
}

#[tokio::test]
async fn an_id_that_could_leave_its_place_is_refused() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    for id in ["", "..", "a/b", "a b", "é", &"a".repeat(129)] {
        assert_eq!(post_as(&world.api, &ada, "/events", event(id)).await.status, 400, "{id}");
    }
    for path in ["/uploads/..%2Ftracker.db", "/uploads/.hidden", "/uploads/a%00b"] {
        assert_eq!(put_as(&world.api, &ada, path, b"x".to_vec()).await.status, 400, "{path}");
        assert_eq!(get(&world.api, path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_batch_without_the_enricher_keeps_everything_it_acknowledges() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    world.enricher.is(Mood::Failing);
    let answer = post_as(&world.api, &ada, "/batches", batch("link", "plain")).await;
    let states: Vec<Value> = (0..2).map(|at| answer.json()["results"][at]["state"].clone()).collect();
    assert_eq!((answer.status, states), (207, vec![json!("waiting"), json!("stored")]));
    assert_eq!(get(&world.api, "/events/link").await.json()["state"], "waiting");
    assert_eq!(get(&world.api, "/events/plain").await.json()["state"], "stored");
    world.enricher.is(Mood::Well);
    until("the link is stored", async || get(&world.api, "/events/link").await.json()["state"] == "stored").await;
}

#[tokio::test]
async fn without_dead_letters_a_failed_event_is_gone() {
    let world = World::with(&[], |settings| settings.dead_letter = Switch::Off).await;
    let ada = world.login("ada@example.org").await;
    world.enricher.is(Mood::Failing);
    let answer = post_as(&world.api, &ada, "/batches", batch("link", "plain")).await;
    assert_eq!((answer.status, answer.json()["results"][0]["state"].as_str()), (207, Some("failed")));
    assert_eq!(get(&world.api, "/events/link").await.status, 404);
    assert_eq!(get(&world.api, "/events/plain").await.status, 200);
}

#[tokio::test]
async fn an_empty_or_too_large_batch_is_refused() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    let many: Vec<Value> = (0..101).map(|n| event(&n.to_string())).collect();
    for body in [json!({"events": []}), json!({"events": many}), json!({"events": [{"id": "a"}]})] {
        assert_eq!(post_as(&world.api, &ada, "/batches", body).await.status, 400);
    }
}

#[tokio::test]
async fn an_upload_is_whole_and_leaves_nothing_beside_it() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    let bytes: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
    assert_eq!(put_as(&world.api, &ada, "/uploads/u-1", bytes.clone()).await.status, 201);
    assert_eq!(get(&world.api, "/uploads/u-1").await.body, bytes);
    assert_eq!(get(&world.api, "/uploads/u-2").await.status, 404);
    let files = std::fs::read_dir(world.directory.path().join("uploads")).expect("is a directory").count();
    assert_eq!(files, 1);
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let world = World::start(&[]).await;
    let ada = world.login("ada@example.org").await;
    assert_eq!(put_as(&world.api, &ada, "/uploads/u-1", vec![0; 1024 * 1024 + 1]).await.status, 413);
    assert_eq!(get(&world.api, "/uploads/u-1").await.status, 404);
}

#[tokio::test]
async fn without_durable_writes_an_acknowledged_event_is_written_later() {
    let world = World::with(&[], |settings| settings.durable_writes = Switch::Off).await;
    let ada = world.login("ada@example.org").await;
    // The writes go out every half second: of a few posts right behind each other one is seen before its write.
    let mut n = 0;
    let seen_missing = comes_true(std::time::Duration::from_secs(4), async || {
        n += 1;
        assert_eq!(post_as(&world.api, &ada, "/events", event(&format!("e-{n}"))).await.status, 201);
        get(&world.api, &format!("/events/e-{n}")).await.status == 404
    });
    assert!(seen_missing.await);
    until("it is written", async || get(&world.api, &format!("/events/e-{n}")).await.status == 200).await;
}
