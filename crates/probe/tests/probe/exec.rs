//! `exec`: how a program ends, and that it always does.

use evidence::Grade;

use crate::world::{PATIENCE, Place, blind, broken, held, host, not_seen, text};

fn with(words: &str) -> String {
    format!("{{command: ['{}', {words}]}}", host().display())
}

#[tokio::test]
async fn a_start_up_check_holds_and_one_whose_refusal_is_lost_turns() {
    let place = Place::new();
    let sound = place.look("exec", &with("refuse-default-key")).await;
    held(&sound, "obs.code == 78 && !obs.timed_out");
    assert_eq!(sound.grade, Some(Grade::Live));
    assert!(text(&sound, "stderr").contains("the default key is refused"));
    let flawed = place.look("exec", &with("refuse-default-key, flawed")).await;
    broken(&flawed, "obs.code == 78 && !obs.timed_out");
}

#[tokio::test]
async fn an_object_on_standard_output_becomes_values() {
    let place = Place::new();
    let seen = place.look("exec", &with("say, '{\"healthy\": true, \"n\": 3}'")).await;
    held(&seen, "obs.json.healthy && obs.json.n == 3 && obs.code == 0");
    let seen = place.look("exec", &with("say, '[1]'")).await;
    not_seen(&seen, "obs.json.healthy");
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_and_its_code_is_not_seen() {
    let place = Place::new();
    let command = with("hang").replace('}', ", within: 200ms}");
    let seen = place.look("exec", &command).await;
    not_seen(&seen, "obs.code == 0");
    broken(&seen, "!obs.timed_out");
    assert!(seen.trouble.is_some_and(|trouble| trouble.contains("was killed")));
    // The keeper itself, which has said that nothing is left of its tree, ends a moment later.
    let nothing_left = async {
        while !outside::process::marked(&place.world.run).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, nothing_left).await.expect("everything has ended");
}

#[tokio::test]
async fn arguments_are_no_shell_and_secrets_in_them_are_redacted() {
    let place = Place::new();
    let seen = place.look("exec", &with("say, '$(id); `id` && id', '${env:CARGO_MANIFEST_DIR}', '${scratch}'")).await;
    let scratch = place.world.scratch.display();
    assert_eq!(text(&seen, "stdout"), format!("$(id); `id` && id *** {scratch}\n"));
    assert!(seen.source.ends_with("${env:CARGO_MANIFEST_DIR} ${scratch}"), "{}", seen.source);
    let seen = place.look("exec", &with("say, '${env:SEAWORTHY_NO_SUCH_VARIABLE}'")).await;
    blind(&seen, "is not set");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_not_seen() {
    let mut place = Place::new();
    place.system.exec_allowed.push("./no-such-program".to_owned());
    blind(&place.look("exec", "{command: [./no-such-program]}").await, "not found");
}
