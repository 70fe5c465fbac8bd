//! Registration, login, and the mail that goes with it.

use serde_json::json;

use crate::world::{Mood, World, credentials, get, post, until};

#[tokio::test]
async fn registering_twice_says_so_and_another_password_is_a_conflict() {
    let world = World::start(&[]).await;
    let first = post(&world.api, "/register", credentials("ada@example.org")).await;
    assert_eq!((first.status, first.json()["mail"].as_str()), (201, Some("sent")));
    let again = post(&world.api, "/register", credentials("ada@example.org")).await;
    assert_eq!((again.status, again.json()["status"].as_str()), (200, Some("already registered")));
    let other = post(&world.api, "/register", json!({"email": "ada@example.org", "password": "another one"})).await;
    assert_eq!(other.status, 409);
}

#[tokio::test]
async fn many_registering_the_same_address_at_once_make_one_user() {
    let world = World::start(&[]).await;
    let other = world.another().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let to = if n % 2 == 0 { world.api.clone() } else { other.clone() };
        tasks.spawn(async move { post(&to, "/register", credentials("ada@example.org")).await.status });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 11], vec![201]].concat());
}

#[tokio::test]
async fn only_the_right_password_gets_a_token() {
    let world = World::start(&[]).await;
    post(&world.api, "/register", credentials("ada@example.org")).await;
    assert_eq!(post(&world.api, "/login", credentials("ada@example.org")).await.status, 200);
    let wrong = json!({"email": "ada@example.org", "password": "wrong horse"});
    assert_eq!(post(&world.api, "/login", wrong).await.status, 401);
    assert_eq!(post(&world.api, "/login", credentials("grace@example.org")).await.status, 401);
}

#[tokio::test]
async fn nonsense_is_refused_in_json() {
    let world = World::start(&[]).await;
    for body in [
        json!({}),
        json!([]),
        json!({"email": "nobody", "password": "correct horse"}),
        json!({"email": "a@b", "password": "short"}),
    ] {
        let answer = post(&world.api, "/register", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["error"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn a_registration_succeeds_without_the_mailer_and_its_mail_follows() {
    let world = World::start(&[]).await;
    world.mailer.is(Mood::Failing);
    let answer = post(&world.api, "/register", credentials("ada@example.org")).await;
    assert_eq!((answer.status, answer.json()["mail"].as_str()), (201, Some("queued")));
    world.mailer.is(Mood::Well);
    until("the mail was sent", async || get(&world.mailer.ask, "/mails").await.json()["sent"] == 1).await;
}

#[tokio::test]
async fn two_instances_send_each_waiting_mail_once() {
    let world = World::start(&[]).await;
    let _other = world.another().await;
    world.mailer.is(Mood::Failing);
    for n in 0..12 {
        post(&world.api, "/register", credentials(&format!("{n}@example.org"))).await;
    }
    world.mailer.is(Mood::Well);
    until("the outbox is empty", async || waiting(&world) == 0).await;
    assert_eq!(get(&world.mailer.ask, "/mails").await.json()["sent"], 12);
}

fn waiting(world: &World) -> i64 {
    let file = rusqlite::Connection::open(world.directory.path().join("tracker.db")).expect("is a database");
    file.query_row("SELECT COUNT(*) FROM outbox", [], |row| row.get(0)).expect("counts")
}
