//! `runner STATE_DIRECTORY MARK FOREIGN_PID`: does what a run does up to the moment at which a fault is on, telling each
//! step, then waits. `end` on its input ends it in order; so does the death of its watchdog.

use std::collections::BTreeMap;
use std::path::Path;

use drill::heal::heal;
use drill::journal::{About, Journal, OpenRun, Undo};
use drill::watchdog::Watchdog;
use outside::files::Scratch;
use outside::process::{ProcessId, RunMark, Signal, Spawn, Started};

use crate::{SILENCE_LIMIT, own, say};

pub(crate) fn main(words: &[String]) -> i32 {
    let [state, mark, foreign] = words else { return 2 };
    let run = RunMark::try_new(mark).expect("a valid mark");
    let foreign = ProcessId::of(foreign.parse().expect("a number")).expect("it lives");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(conduct(Path::new(state), &run, foreign))
}

async fn conduct(state: &Path, run: &RunMark, foreign: ProcessId) -> i32 {
    let mut input = outside::lifeline::lines();
    let path = Journal::path_of(state, run);
    let mut watchdog = Watchdog::start_with(&own(), run, &path, SILENCE_LIMIT).await.expect("it starts");
    say(&format!("watchdog {}", watchdog.id().pid));
    let about = About { name: "test".to_owned(), directory: "/".into() };
    let mut journal = Journal::begin(state, run, &about).expect("it begins");
    say("journal");
    let removal = journal.before(Undo::RemoveDirectory { path: Scratch::planned(run) }).expect("written");
    let scratch = Scratch::create(run).expect("made");
    say("scratch");
    let killing = journal.before(Undo::KillMarked { run: run.clone() }).expect("written");
    let mut service = Started::start(&own(), run, service()).await.expect("it starts");
    say("service");
    let going_on = journal.before(Undo::Continue { process: foreign }).expect("written");
    foreign.signal(Signal::Stop).expect("it may be signaled");
    say("fault");
    let ended = tokio::select! {
        line = input.recv() => line.as_deref() == Some("end"),
        () = watchdog.died() => false,
    };
    if !ended {
        let run = OpenRun::read(journal.path()).expect("it is open");
        let healed = heal(&run).await;
        say(&format!("healed {} left {}", healed.done.len(), healed.left.len()));
        return 0;
    }
    foreign.signal(Signal::Continue).expect("it may be signaled");
    journal.undone(going_on).expect("written");
    service.kill_tree().await.expect("killed");
    journal.undone(killing).expect("written");
    scratch.close().expect("removed");
    journal.undone(removal).expect("written");
    journal.end().expect("nothing is left");
    watchdog.end().await.expect("it ends");
    say("ended");
    0
}

/// A service with a daemon in a session of its own.
fn service() -> Spawn {
    let script = "setsid sleep 1000 </dev/null >/dev/null 2>&1 & exec sleep 1000";
    Spawn {
        name: "service".to_owned(),
        program: "/bin/sh".into(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        env: BTreeMap::new(),
        directory: "/".into(),
        log: None,
    }
}
