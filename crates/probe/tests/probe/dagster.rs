//! `dagster.daemon`, against a fake that answers GraphQL with recorded JSON. It is no Dagster.

use evidence::{Grade, Observation};

use crate::server::{Manner, Raw};
use crate::service::{Service, answer};
use crate::world::{NOW, Place, blind, broken, held, not_seen};

fn daemon(kind: &str, required: bool, healthy: bool, age: i64) -> String {
    let beat = NOW / 1_000_000 - age;
    format!(
        "{{\"daemonType\":\"{kind}\",\"required\":{required},\"healthy\":{healthy},\"lastHeartbeatTime\":{beat}.5}}"
    )
}

fn body(daemons: &[String]) -> String {
    format!("{{\"data\":{{\"instance\":{{\"daemonHealth\":{{\"allDaemonStatuses\":[{}]}}}}}}}}", daemons.join(","))
}

async fn look(body: String, more: &str) -> Observation {
    let fake = Service::answering(move |asked| {
        let sound = asked.starts_with("POST /graphql HTTP/1.1\r\n")
            && asked.contains("daemonHealth")
            && !asked.contains("mutation");
        answer(if sound { 200 } else { 400 }, "", &body)
    });
    Place::new().look("dagster.daemon", &format!("{{url: 'http://{}'{more}}}", fake.address)).await
}

#[tokio::test]
async fn daemons_with_a_heartbeat_hold_and_a_dead_or_silent_one_turns() {
    let expect = "obs.healthy && obs.required >= 2 && obs.heartbeat_age < 2min";
    let sound =
        [daemon("SCHEDULER", true, true, 10), daemon("SENSOR", true, true, 30), daemon("BACKFILL", false, false, 9999)];
    let seen = look(body(&sound), "").await;
    held(&seen, expect);
    assert_eq!((seen.grade, seen.subjects), (Some(Grade::Live), 2));
    let mut dead = sound.clone();
    dead[1] = daemon("SENSOR", true, false, 30);
    broken(&look(body(&dead), "").await, expect);
    held(&look(body(&dead), "").await, "obs.unhealthy == ['SENSOR'] && obs.required_healthy == 1");
    held(&look(body(&dead), ", daemon: SCHEDULER").await, "obs.healthy && obs.exists");
    let mut silent = sound.clone();
    silent[0] = daemon("SCHEDULER", true, true, 600);
    broken(&look(body(&silent), "").await, expect);
    // A daemon that is no longer required is not missed, and no longer counted.
    broken(&look(body(&[sound[0].clone(), daemon("SENSOR", false, true, 1)]), "").await, expect);
    let never = sound[0].replace(&format!("{}.5", NOW / 1_000_000 - 10), "null");
    not_seen(&look(body(&[never, sound[1].clone()]), "").await, expect);
    // Its clock is ahead of ours: nobody knows how old its heartbeat is.
    let ahead = [daemon("SCHEDULER", true, true, -600), sound[1].clone()];
    held(&look(body(&ahead), "").await, "obs.heartbeat_age < 2min");
    let ahead = [daemon("SCHEDULER", true, true, -600), daemon("SENSOR", true, true, -600)];
    not_seen(&look(body(&ahead), "").await, expect);
    let gone = look(body(&sound), ", daemon: ASSET").await;
    broken(&gone, "obs.exists");
    assert_eq!(gone.grade, Some(Grade::Absent));
}

#[tokio::test]
async fn no_daemons_and_no_answer_are_not_seen() {
    blind_of(look(body(&[]), "").await, "no daemon is required");
    blind_of(look("{\"errors\":[{\"message\":\"Cannot query field\"}]}".to_owned(), "").await, "Cannot query field");
    blind_of(look("{\"data\":{\"instance\":null}}".to_owned(), "").await, "tells no daemons");
    blind_of(look("<html/>".to_owned(), "").await, "no JSON");
    for manner in [Manner::Hangs, Manner::Closes, Manner::Drips(b'H')] {
        let server = Raw::new(manner);
        let with = format!("{{url: 'http://{}', within: 200ms}}", server.at);
        blind(&Place::new().look("dagster.daemon", &with).await, "");
    }
}

/// Nothing was seen, whatever was counted on the way.
fn blind_of(seen: Observation, why: &str) {
    assert_eq!((seen.subjects, seen.grade), (0, None), "{seen:?}");
    assert!(seen.trouble.as_ref().is_some_and(|trouble| trouble.contains(why)), "{why}: {seen:?}");
    not_seen(&seen, "obs.healthy");
}
