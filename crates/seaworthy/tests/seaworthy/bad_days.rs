//! Bad days: what is started does not start, dies, or is not ours; the user changes their mind; there is no room to
//! remember. Each ends with the right exit code, in words that name the culprit, and with nothing left behind.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::aftermath::{Seen, alive, listening, notes, remembered, until, whole_by_itself};
use crate::running::Running;
use crate::small::{post_office, start_line};
use crate::world::{Said, World, event_tracker};

/// How long a run may take to end after it was asked to, healing included. Far below the test deadline on purpose.
const STOPS_WITHIN: Duration = Duration::from_secs(15);

/// The small system with its service started in another way.
fn started_by(start: &str) -> World {
    let world = post_office();
    world.replace("seaworthy.yaml", &start_line(), start);
    world
}

/// Runs to the end: exit code 3, nothing left, and the words in what was said.
fn undecided(world: &World, arguments: &[&str], words: &[&str]) -> Said {
    let said = world.run(arguments).exits(3);
    for word in words {
        assert!(said.err.contains(word) || said.out.contains(word), "{word:?} is missing\n{}\n{}", said.out, said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
    whole_by_itself(world, &BTreeSet::new(), words[0]);
    said
}

#[test]
fn a_port_of_the_guard_that_is_taken_names_edge_and_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let world = post_office();
    world.replace("seaworthy.yaml", "guard: {timeout", &format!("guard: {{listen: {at}, timeout"));
    let said = undecided(&world, &["prove"], &["the guard did not start", "web->post", &at]);
    assert_eq!(notes(&world), ["began", "aborted"], "{}", said.err);
}

#[test]
fn a_build_that_fails_shows_the_end_of_what_it_said() {
    let world = started_by(&format!("build: sh -c 'echo no such crate >&2; exit 7'\n      {}", start_line()));
    let words = ["building `post` failed", "exit code 7", "no such crate", "help: "];
    let _said = undecided(&world, &["prove"], &words);
    assert_eq!(notes(&world), ["began", "aborted"]);
}

#[test]
fn a_program_that_is_not_there_is_named_with_where_it_was_looked_for() {
    let world = started_by("start: ./no-such-program --port ${port}");
    let _said = undecided(&world, &["prove"], &["starting `post` failed", "no-such-program", "not found", "help: "]);
    let world = {
        drop(world);
        started_by(&format!("build: no-such-builder\n      {}", start_line()))
    };
    let _said = undecided(&world, &["prove"], &["building `post` failed", "no-such-builder", "not found"]);
}

#[test]
fn a_service_that_never_gets_ready_is_given_up_in_time_with_its_log() {
    let world = started_by("start: sh -c 'echo waiting for the moon; exec sleep 600' ${port}");
    world.replace("seaworthy.yaml", "ready_within: 20s", "ready_within: 1s");
    let began = Instant::now();
    let _said = undecided(&world, &["prove"], &["`post` did not become ready", "within 1s", "waiting for the moon"]);
    assert!(began.elapsed() < STOPS_WITHIN, "{:?}", began.elapsed());
}

#[test]
fn a_service_that_ends_at_once_is_not_waited_for() {
    let world = started_by("start: sh -c 'echo out of cheese; exit 3' ${port}");
    world.replace("seaworthy.yaml", "ready_within: 20s", "ready_within: 5m");
    let began = Instant::now();
    let _said =
        undecided(&world, &["prove"], &["`post` did not become ready", "ended before it was ready", "out of cheese"]);
    assert!(began.elapsed() < STOPS_WITHIN, "{:?}", began.elapsed());
}

#[test]
fn a_service_that_dies_by_itself_is_told_from_one_that_was_killed() {
    let binary = event_tracker();
    let world = started_by(&format!(
        "start: sh -c '{} mailer --port ${{port}} & sleep 3; echo the well is dry; kill -9 $!; exit 1'",
        binary.display()
    ));
    world.replace("seaworthy.yaml", "clean: 500ms, fault_for: 500ms, off: none", "clean: 8s, off: none");
    let said = undecided(&world, &["prove", "--only", "R-3"], &["ended by itself", "post", "the well is dry"]);
    assert!(
        !said.err.contains("the fault bit"),
        "nothing may be broken in a system that falls by itself: {}",
        said.err
    );
    let verdicts = remembered(&world, ledger::kind::VERDICT);
    assert!(verdicts.iter().all(|verdict| verdict["verdict"] == "not_seen"), "{verdicts:?}");
}

/// A port that counts who comes.
fn counting() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (at, count)
}

#[test]
fn what_is_not_ours_is_not_touched_and_the_refusal_is_told() {
    let (at, visits) = counting();
    let world = started_by(&format!("at: {at}"));
    world.replace(
        "seaworthy.yaml",
        "      guard: {timeout: 300ms, breaker: {trips: 5 in a row, open: 300ms, trial: 1}}\n",
        "",
    );
    let yaml = fs::read_to_string(world.path().join("seaworthy.yaml")).unwrap();
    let (before, _) = yaml.split_once("claims:").unwrap();
    let claims = "claims:\n  R-3:\n    goes-on:\n      drill: dependency-down\n      \
                  with: {component: post, mode: hang, flow: look, off: none}\n      expect: \"obs.recovery < 5s\"\n";
    world.write("seaworthy.yaml", &format!("{before}{claims}"));
    let plan = world.run(&["drill", "plan"]).exits(0);
    assert!(plan.out.contains("not named `destructive: true`"), "{}", plan.out);
    assert!(plan.out.contains("nothing was touched"), "{}", plan.out);
    let said = undecided(&world, &["prove"], &["not named `destructive: true`", "not seen"]);
    assert_eq!(visits.load(Ordering::SeqCst), 0, "somebody came to see what is not ours: {}", said.err);
    assert_eq!(remembered(&world, ledger::kind::VERDICT)[0]["verdict"], "not_seen");
}

#[test]
fn an_environment_without_drills_has_none() {
    let world = post_office();
    let yaml = fs::read_to_string(world.path().join("seaworthy.yaml")).unwrap();
    world.write("seaworthy.yaml", &format!("{yaml}environments:\n  prod: {{drills: never}}\n"));
    let said =
        undecided(&world, &["prove", "--environment", "prod", "--only", "R-2"], &["`drills: never`", "not seen"]);
    assert!(!said.err.contains("bit:") && !said.err.contains("bypassed"), "{}", said.err);
}

#[test]
fn a_field_that_no_drill_has_is_never_held() {
    let world = post_office();
    world.replace("seaworthy.yaml", "obs.recovery < 5s", "obs.recovrey < 5s");
    let _said = undecided(&world, &["prove", "--only", "R-3"], &["recovrey", "not seen"]);
}

/// Asks a run to stop when `when` is so, and looks at how it ends.
fn stopped(world: &World, signals: &[&str], code: i32, phase: &str, when: impl Fn(&mut Running)) {
    let mut run = Running::start(world, &["prove"]);
    when(&mut run);
    let (asked, sockets) = (Instant::now(), listening(world));
    for signal in signals {
        run.signal(signal);
    }
    let ended = run.code();
    let story = format!("{signals:?} while {phase}\n{}", run.story());
    assert_eq!(ended, Some(code), "{story}");
    assert!(asked.elapsed() < STOPS_WITHIN, "{:?}: {story}", asked.elapsed());
    assert!(run.has_said("after healing"), "{story}");
    whole_by_itself(world, &sockets, &story);
    assert_eq!(notes(world), ["began", "aborted"], "{story}");
    let why = remembered(world, ledger::kind::RUN)[1]["more"]["why"].as_str().unwrap().to_owned();
    assert!(why.contains("stopped on request"), "{why}");
}

#[test]
fn a_wish_to_stop_is_heard_as_soon_as_there_is_something_to_remember_it() {
    let world = post_office();
    let ledger = world.path().join(".seaworthy/ledger.db");
    stopped(&world, &["INT"], 130, "it begins", |_| until("the ledger is there", || ledger.exists()));
}

#[test]
fn a_wish_to_stop_ends_a_build() {
    let world = started_by(&format!("build: sleep 600\n      {}", start_line()));
    stopped(&world, &["TERM"], 143, "it builds", |run| run.until_said("building post"));
}

#[test]
fn a_wish_to_stop_ends_the_wait_for_a_service() {
    let world = started_by("start: sh -c 'trap \"\" TERM; while sleep 1; do true; done' ${port}");
    stopped(&world, &["INT"], 130, "it waits", |run| {
        run.until_said("starting the guard");
        until("the service runs", || {
            alive(&world).iter().any(|seen| seen.words.iter().any(|word| word.contains("trap")))
        });
    });
}

#[test]
fn a_wish_to_stop_ends_a_drill_before_during_and_without_the_guardrail() {
    for (signals, code, words) in [
        (&["INT"][..], 130, "dependency-down R-2"),
        // The kernel hands over the lowest number first when several wait.
        (&["INT", "TERM", "INT"], 130, "is bypassed"),
        (&["HUP"], 143, "the fault bit"),
    ] {
        let world = post_office();
        stopped(&world, signals, code, words, |run| run.until_said(words));
    }
    let world = post_office();
    world.replace("seaworthy.yaml", "fault_for: 500ms, off: none", "fault_for: 30s, down_for: 30s, off: none");
    stopped(&world, &["INT", "INT"], 130, "the service is dead", |run| {
        run.until_said("restart R-3");
        let service = |seen: &Seen| seen.words.get(1).is_some_and(|word| word == "mailer");
        until("the service was killed", || !alive(&world).iter().any(service));
    });
}

#[test]
fn a_terminal_that_goes_away_takes_nothing_with_it() {
    let world = post_office();
    let mut child =
        world.command(&["prove", "--only", "R-1"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    whole_by_itself(&world, &BTreeSet::new(), "nobody reads");
    assert_eq!(notes(&world), ["began", "ended"]);
    assert_eq!(remembered(&world, ledger::kind::VERDICT).len(), 2);
}

#[test]
fn two_runs_at_once_share_a_ledger_and_nothing_else() {
    let world = post_office();
    let mut runs = [(); 2].map(|()| Running::start(&world, &["prove"]));
    for run in &mut runs {
        let code = run.code();
        // Each is load on the machine of the other, so either may find that it could not see enough.
        assert!(matches!(code, Some(0 | 3)), "{code:?}: {}", run.story());
        assert!(!run.has_said("broken: "), "{}", run.story());
    }
    whole_by_itself(&world, &BTreeSet::new(), "two runs at once");
    let stories = || runs.iter().map(Running::story).collect::<Vec<_>>().join("\n---\n");
    assert_eq!(remembered(&world, ledger::kind::VERDICT).len(), 8, "{}", stories());
    assert_eq!(notes(&world).iter().filter(|what| *what == "ended").count(), 2);
}

#[test]
fn a_state_directory_that_cannot_be_written_stops_the_run_before_anything_starts() {
    let world = started_by("start: sh -c 'touch started; exec sleep 600' ${port}");
    let file = world.path().join("state");
    fs::write(&file, "not a directory").unwrap();
    let said = Said::of(world.command(&["prove"]).env("SEAWORTHY_STATE_DIR", &file).output().unwrap()).exits(3);
    for words in ["the fault journal cannot be written", "help: ", "SEAWORTHY_STATE_DIR"] {
        assert!(said.err.contains(words), "{}", said.err);
    }
    assert!(!world.path().join("started").exists());
    assert_eq!(notes(&world), ["began", "aborted"]);
}
