//! Journals cut and damaged at every place, and laws of their records.

#![expect(clippy::disallowed_methods, reason = "files are damaged on purpose")]

use std::fs;

use proptest::prelude::*;

use super::*;

fn about() -> About {
    About { name: "täst".to_owned(), directory: "/work/a b".into() }
}

fn begun(state: &Path) -> Journal {
    Journal::begin(state, &RunMark::fresh(), &about()).expect("it begins")
}

fn stop(pid: i32) -> Undo {
    Undo::Continue { process: ProcessId { pid, started: 5 } }
}

fn only(state: &Path) -> OpenRun {
    let mut runs = Journal::open_runs(state).expect("it is readable");
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

#[test]
fn an_open_run_is_what_was_written_and_not_undone() {
    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    let first = journal.before(stop(1)).expect("written");
    let _second = journal.before(stop(2)).expect("written");
    journal.undone(first).expect("written");
    let run = only(state.path());
    assert_eq!((&run.run, run.pending, run.problems), (journal.run(), vec![stop(2)], vec![]));
    let begin = run.begin.clone().expect("it begins");
    assert_eq!((begin.runner, begin.about), (ProcessId::own().expect("linux"), about()));
    assert!(!run.ended && !run.newer);
}

#[test]
fn the_undo_is_on_disk_before_the_fault_may_happen() {
    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    assert_eq!(only(state.path()).pending, vec![]);
    let _token = journal.before(stop(7)).expect("written");
    assert_eq!(only(state.path()).pending, vec![stop(7)]);
}

#[test]
fn a_run_with_something_left_cannot_be_ended_and_one_without_is_put_aside() {
    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    let _token = journal.before(stop(7)).expect("written");
    let error = journal.end().expect_err("something is left");
    assert!(matches!(&error, Error::LeftToHeal { what } if what == "let process 7 go on"), "{error}");
    assert_eq!(only(state.path()).pending, vec![stop(7)]);

    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    let token = journal.before(stop(7)).expect("written");
    journal.undone(token).expect("written");
    let healed = state.path().join("faults").join(format!("{}.healed.jsonl", journal.run()));
    journal.end().expect("nothing is left");
    assert_eq!(Journal::open_runs(state.path()).expect("readable"), vec![]);
    assert!(healed.exists());
}

#[test]
fn a_run_has_one_journal_which_nobody_else_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let state = tempfile::tempdir().expect("a directory");
    let journal = begun(state.path());
    assert!(Journal::begin(state.path(), journal.run(), &about()).is_err());
    assert_eq!(fs::metadata(journal.path()).expect("it exists").permissions().mode() & 0o777, 0o600);
    let directory = journal.path().parent().expect("it has one");
    assert_eq!(fs::metadata(directory).expect("it exists").permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_journal_that_cannot_be_written_gives_no_token() {
    let state = tempfile::tempdir().expect("a directory");
    fs::write(state.path().join("faults"), "a file in its place").expect("written");
    assert!(Journal::begin(state.path(), &RunMark::fresh(), &about()).is_err());
}

#[test]
fn a_journal_stops_at_its_limit_instead_of_breaking_what_it_could_not_undo() {
    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    journal.written_bytes = JOURNAL_LIMIT_BYTES - 10;
    assert!(journal.before(stop(1)).is_err());
    assert_eq!(only(state.path()).pending, vec![]);
}

#[test]
fn a_torn_last_line_is_not_a_problem_and_a_damaged_one_before_it_is() {
    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    let _one = journal.before(stop(1)).expect("written");
    let _two = journal.before(stop(2)).expect("written");
    let path = journal.path().to_owned();
    let whole = fs::read(&path).expect("it exists");
    fs::write(&path, &whole[..whole.len() - 5]).expect("written");
    let torn = only(state.path());
    assert_eq!((torn.pending, torn.problems), (vec![stop(1)], vec![]));

    let text = String::from_utf8(whole).expect("text");
    fs::write(&path, text.replacen("\"pid\":1,", "\"pid\":3,", 1)).expect("written");
    let damaged = only(state.path());
    assert_eq!(damaged.pending, vec![stop(2)], "the rest is still read");
    assert_eq!(damaged.problems, ["line 2: its checksum is wrong"]);

    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(1);
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    assert_eq!(only(state.path()).problems, ["line 2: records before it are missing"]);
}

#[test]
fn a_record_of_a_newer_version_is_reported_and_not_guessed() {
    let state = tempfile::tempdir().expect("a directory");
    let mut journal = begun(state.path());
    let _one = journal.before(stop(1)).expect("written");
    let text = fs::read(journal.path()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).expect("it exists");
    fs::write(journal.path(), text.replace("\"v\":1", "\"v\":2")).expect("written");
    let run = only(state.path());
    assert!(run.newer && run.pending.is_empty());
    assert!(run.problems[0].contains("newer seaworthy (version 2)"), "{:?}", run.problems);
}

#[test]
fn other_files_in_the_directory_are_no_runs() {
    let state = tempfile::tempdir().expect("a directory");
    assert_eq!(Journal::open_runs(state.path()).expect("no directory is no run"), vec![]);
    let journal = begun(state.path());
    for name in ["x.healed.jsonl", "x.damaged.jsonl", ".x.jsonl", "notes.txt", "A.jsonl"] {
        fs::write(state.path().join("faults").join(name), "").expect("written");
    }
    assert_eq!(only(state.path()).run, *journal.run());
}

#[test]
fn healed_journals_are_kept_up_to_a_limit() {
    let state = tempfile::tempdir().expect("a directory");
    for number in 0..KEPT_FILES + 3 {
        let run = RunMark::try_new(&format!("r-{number:04}")).expect("valid");
        Journal::begin(state.path(), &run, &about()).and_then(Journal::end).expect("ended");
    }
    let names = files::list(&state.path().join("faults")).expect("readable");
    assert_eq!(names.len(), KEPT_FILES);
    assert_eq!(names[0], "r-0003.healed.jsonl");
}

fn any_undo() -> impl Strategy<Value = Undo> {
    prop_oneof![
        "[a-z0-9]{1,20}".prop_map(|run| Undo::KillMarked { run: RunMark::try_new(&run).expect("valid") }),
        (1..i32::MAX, any::<u64>()).prop_map(|(pid, started)| Undo::Continue { process: ProcessId { pid, started } }),
        (any::<u16>(), any::<String>())
            .prop_map(|(port, token)| Undo::GuardReset { admin: SocketAddr::from(([127, 0, 0, 1], port)), token }),
        any::<String>().prop_map(|path| Undo::RemoveDirectory { path: path.into() }),
    ]
}

fn any_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        (1..i32::MAX, any::<u64>(), any::<String>(), any::<String>()).prop_map(|(pid, started, name, path)| {
            let about = About { name, directory: path.into() };
            Record::Begin(Begin { runner: ProcessId { pid, started }, boot: "b".to_owned(), about, at_us: 9 })
        }),
        (any::<u64>(), any_undo()).prop_map(|(id, what)| Record::Undo { id, what }),
        any::<u64>().prop_map(|id| Record::Undone { id }),
        any::<Vec<String>>().prop_map(|done| Record::Healed { left: done.clone(), done }),
        Just(Record::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_record_survives_its_line(record in any_record(), seq in any::<u64>()) {
        let line = record::line(seq, 9, &record);
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(record::read(line.trim_end().as_bytes()), Line::Record { seq, at_us: 9, record });
    }

    #[test]
    fn any_prefix_is_read_without_a_problem_and_holds_every_undo_that_was_synced(
        undos in prop::collection::vec(any_undo(), 0..6), cut in any::<prop::sample::Index>(),
    ) {
        let begin = Begin { runner: ProcessId { pid: 1, started: 1 }, boot: "b".to_owned(), about: about(), at_us: 9 };
        let mut text = record::line(1, 9, &Record::Begin(begin));
        let mut ends = vec![text.len()];
        for (index, what) in undos.iter().enumerate() {
            let id = u64::try_from(index).expect("small");
            text += &record::line(id + 2, 9, &Record::Undo { id, what: what.clone() });
            ends.push(text.len());
        }
        // The first record is there from the moment the file is.
        let at = ends[0] + cut.index(text.len() - ends[0] + 1);
        let run = run_of(&text.as_bytes()[..at]);
        prop_assert_eq!(&run.problems, &Vec::<String>::new());
        let synced = ends.iter().filter(|end| **end <= at).count() - 1;
        prop_assert!(run.pending.len() >= synced);
        prop_assert_eq!(&run.pending[..synced], &undos[..synced]);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
        let run = run_of(&bytes);
        prop_assert!(run.pending.is_empty());
    }

    #[test]
    fn a_flipped_bit_is_seen(undo in any_undo(), bit in any::<prop::sample::Index>()) {
        let line = record::line(2, 9, &Record::Undo { id: 1, what: undo.clone() });
        let mut bytes = line.trim_end().as_bytes().to_vec();
        let at = bit.index(bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
        let seen = record::read(&bytes);
        let same = Line::Record { seq: 2, at_us: 9, record: Record::Undo { id: 1, what: undo } };
        // JSON has more than one spelling of the same; what must never happen is another meaning.
        let is_record = matches!(&seen, Line::Record { .. });
        prop_assert!(!is_record || seen == same);
    }
}

fn run_of(bytes: &[u8]) -> OpenRun {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("r-1.jsonl");
    fs::write(&path, bytes).expect("written");
    OpenRun::read(&path).expect("it exists")
}

#[tokio::test]
async fn after_a_reboot_no_process_is_touched_even_when_its_number_lives() {
    let state = tempfile::tempdir().expect("a directory");
    let own = ProcessId::own().expect("linux");
    let begin = Begin { runner: own, boot: "another boot".to_owned(), about: about(), at_us: 9 };
    let text = record::line(1, 9, &Record::Begin(begin))
        + &record::line(2, 9, &Record::Undo { id: 1, what: Undo::Continue { process: own } });
    fs::create_dir(state.path().join("faults")).expect("made");
    fs::write(state.path().join("faults/r-1.jsonl"), text).expect("written");
    let run = only(state.path());
    assert!(!run.runner_is_alive() && run.is_before_reboot());
    let healed = crate::heal::heal(&run).await;
    let wanted = format!("let process {} go on: the machine was started anew since", own.pid);
    assert_eq!((healed.done, healed.left), (vec![wanted], vec![]));
}
