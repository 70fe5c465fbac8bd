//! Healing journals that were written and damaged by hand.

#![expect(clippy::disallowed_methods, reason = "files are damaged on purpose")]

use std::fs;
use std::path::PathBuf;

use outside::files::{SCRATCH_MARKER, Scratch};
use proptest::prelude::*;

use super::*;
use crate::journal::About;

fn said(body: &str) -> Result<(), String> {
    no_faults(&Answer { status: 200, headers: Vec::new(), body: Bytes::copy_from_slice(body.as_bytes()) })
}

#[test]
fn a_guard_counts_as_healed_only_when_it_says_so_in_its_own_words() {
    let edges = |edges: &str| format!(r#"{{"schema":"seaworthy.guard.edges/1","edges":[{edges}]}}"#);
    assert_eq!(said(&edges("")), Ok(()));
    assert_eq!(said(&edges(r#"{"faults":[],"bypass":false}"#)), Ok(()));
    for wrong in [
        String::new(),
        "{}".to_owned(),
        r#"{"edges":[]}"#.to_owned(),
        edges("{}"),
        edges(r#"{"faults":[]}"#),
        edges(r#"{"faults":[],"bypass":true}"#),
        edges(r#"{"faults":[],"bypass":false},{"faults":[{"name":"x"}],"bypass":false}"#),
    ] {
        assert!(said(&wrong).is_err(), "{wrong}");
    }
}

/// A journal of this test's own process with these undos, dropped as if the runner had died.
fn died_with(state: &Path, undos: Vec<Undo>) -> OpenRun {
    let run = RunMark::fresh();
    let about = About { name: "x".to_owned(), directory: "/".into() };
    let mut journal = Journal::begin(state, &run, &about).expect("it begins");
    for undo in undos {
        let _dropped = journal.before(undo).expect("written");
    }
    OpenRun::read(journal.path()).expect("it exists")
}

fn gone() -> Undo {
    Undo::Continue { process: ProcessId { pid: i32::MAX, started: 1 } }
}

fn nobody() -> Undo {
    let port = outside::net::free_port().expect("there is one");
    Undo::GuardReset { admin: ([127, 0, 0, 1], port).into(), token: "secret".to_owned() }
}

#[tokio::test]
async fn healing_plays_backwards_and_twice_is_once() {
    let state = tempfile::tempdir().expect("a directory");
    let run = died_with(state.path(), vec![Undo::KillMarked { run: RunMark::fresh() }, nobody(), gone()]);
    let healed = heal(&run).await;
    assert_eq!((healed.left, healed.problems), (vec![], vec![]));
    let order: Vec<&str> = healed.done.iter().map(|done| &done[..8]).collect();
    assert_eq!(order, ["let proc", "end ever", "kill eve"]);
    assert!(healed.done[1].ends_with("it is gone, and its faults with it"), "{}", healed.done[1]);
    assert!(!healed.done[1].contains("secret"));
    assert_eq!(heal(&run).await, Healed::default());
    assert_eq!(Journal::open_runs(state.path()).expect("readable"), vec![]);
}

#[tokio::test]
async fn a_run_whose_runner_lives_is_left_alone() {
    let state = tempfile::tempdir().expect("a directory");
    let run = died_with(state.path(), vec![gone()]);
    let found = heal_all(state.path(), false).await.expect("readable");
    assert_eq!(found, vec![Found { run: run.clone(), healed: None }]);
    assert!(run.path.exists());
}

#[tokio::test]
async fn what_cannot_be_undone_is_left_and_stays_open() {
    let state = tempfile::tempdir().expect("a directory");
    let other = tempfile::tempdir().expect("a directory");
    let undo = Undo::RemoveDirectory { path: other.path().to_owned() };
    let run = died_with(state.path(), vec![undo, gone()]);
    for _ in 0..2 {
        let healed = heal(&run).await;
        assert_eq!(healed.left.len(), 1);
        assert!(healed.left[0].contains("its name is not one of ours"), "{}", healed.left[0]);
        assert!(other.path().exists() && run.path.exists());
    }
}

#[tokio::test]
async fn a_directory_goes_only_with_the_marker_of_its_own_run() {
    let state = tempfile::tempdir().expect("a directory");
    let run = RunMark::fresh();
    let scratch = Scratch::create(&run).expect("made");
    let path = scratch.path().to_owned();
    let about = About { name: "x".to_owned(), directory: "/".into() };
    let mut journal = Journal::begin(state.path(), &run, &about).expect("it begins");
    let _dropped = journal.before(Undo::RemoveDirectory { path: path.clone() }).expect("written");
    let open = OpenRun::read(journal.path()).expect("it exists");
    fs::write(path.join(SCRATCH_MARKER), "another run").expect("written");
    assert_eq!(heal(&open).await.left.len(), 1);
    fs::write(path.join(SCRATCH_MARKER), run.as_str()).expect("written");
    assert_eq!(heal(&open).await.left, Vec::<String>::new());
    assert!(!path.exists());
}

#[tokio::test]
async fn a_damaged_journal_is_healed_as_far_as_it_goes_and_kept_aside() {
    let state = tempfile::tempdir().expect("a directory");
    let run = died_with(state.path(), vec![gone(), gone()]);
    let text = String::from_utf8(fs::read(&run.path).expect("it exists")).expect("text");
    fs::write(&run.path, text.replacen("\"id\":1", "\"id\":9", 1)).expect("written");
    let healed = heal(&run).await;
    assert_eq!(healed.problems, ["line 2: its checksum is wrong"]);
    assert_eq!((healed.done.len(), healed.left.len()), (2, 0), "the rest, and the processes of the run");
    assert!(run.path.with_file_name(format!("{}.damaged.jsonl", run.run)).exists());
    assert_eq!(heal(&run).await, Healed::default());
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_left_to_it() {
    let state = tempfile::tempdir().expect("a directory");
    let run = died_with(state.path(), vec![gone()]);
    let text = String::from_utf8(fs::read(&run.path).expect("it exists")).expect("text");
    fs::write(&run.path, text.replace("\"v\":1", "\"v\":7")).expect("written");
    let healed = heal(&run).await;
    assert_eq!(healed.left, ["what a newer seaworthy wrote: heal it with that one"]);
    assert!(run.path.exists());
}

#[tokio::test]
async fn two_healers_at_once_heal_once() {
    let state = tempfile::tempdir().expect("a directory");
    let run = died_with(state.path(), vec![gone(), gone()]);
    let (one, two) = tokio::join!(heal(&run), heal(&run));
    assert_eq!(one.done.len() + two.done.len(), 2);
    assert!(one.left.is_empty() && two.left.is_empty());
}

#[tokio::test]
async fn a_port_that_somebody_else_has_now_is_not_our_guard() {
    let socket = outside::net::listen(([127, 0, 0, 1], 0).into(), false).expect("a socket");
    let admin = socket.local_addr().expect("it has one");
    socket.set_nonblocking(false).expect("it can");
    std::thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            use std::io::{Read, Write};
            let mut stream = stream;
            let _ = stream.read(&mut [0_u8; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let said = Guard::at(admin, "t").reset().await;
    assert_eq!(said, Ok("the port is somebody else's now (it answered 404)".to_owned()));
}

/// A port that takes connections and says nothing.
#[tokio::test]
async fn a_guard_that_does_not_answer_is_left_to_heal() {
    let socket = outside::net::listen(([127, 0, 0, 1], 0).into(), false).expect("a socket");
    let admin = socket.local_addr().expect("it has one");
    assert_eq!(Guard::at(admin, "t").reset().await, Err("timed out".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_prefix_of_a_journal_heals(cut in any::<prop::sample::Index>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let state = tempfile::tempdir().expect("a directory");
        let gone_directory = Undo::RemoveDirectory { path: PathBuf::from("/tmp/seaworthy-never-made") };
        let run = died_with(state.path(), vec![gone_directory, gone(), gone()]);
        let bytes = fs::read(&run.path).expect("it exists");
        fs::write(&run.path, &bytes[..cut.index(bytes.len() + 1)]).expect("written");
        let healed = runtime.block_on(heal(&run));
        prop_assert_eq!(healed.left, Vec::<String>::new());
        prop_assert!(!run.path.exists());
    }
}
