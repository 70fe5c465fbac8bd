//! Processes: started, killed, lost, and never left behind.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outside::Error;
use outside::process::{
    AtOurDeath, Finished, Helper, ProcessId, RunMark, Signal, Spawn, Started, descendants, marked, run_to_end,
};

use crate::support::{host, hosted, script, until};

async fn start(run: &RunMark, spawn: Spawn) -> Started {
    Started::start(&host(), run, spawn).await.unwrap()
}

async fn finish(spawn: Spawn, within: Duration, limit: usize) -> Result<Finished, Error> {
    run_to_end(spawn, &host(), &RunMark::fresh(), within, limit).await
}

/// Whether a tree is the process and its daemon, without the shell that was between them: both lead their session.
fn daemon_settled(tree: &[ProcessId]) -> bool {
    let leads = |id: &ProcessId| {
        let session = rustix::process::getsid(rustix::process::Pid::from_raw(id.pid));
        session.is_ok_and(|session| session.as_raw_nonzero().get() == id.pid)
    };
    tree.len() == 2 && tree.iter().all(leads)
}

const PATIENT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_started_process_is_marked_runs_in_its_own_session_and_dies_on_request() {
    let run = RunMark::fresh();
    let mut started = start(&run, hosted(&["sleep-forever"])).await;
    assert!(started.is_alive());
    assert!(marked(&run).contains(&started.child()));
    assert_eq!(started.tree(), vec![started.child()]);
    let session = rustix::process::getsid(rustix::process::Pid::from_raw(started.child().pid)).unwrap();
    assert_eq!(session.as_raw_nonzero().get(), started.child().pid);
    assert_eq!(started.kill_tree().await.unwrap(), 1);
    assert!(!started.is_alive());
    assert_eq!(marked(&run), vec![]);
}

#[tokio::test]
async fn kill_tree_takes_a_daemon_that_left_its_session_and_its_parent() {
    let run = RunMark::fresh();
    let mut started = start(&run, hosted(&["fork-daemon", "stay"])).await;
    until("daemon adopted", || daemon_settled(&started.tree()));
    assert_eq!(started.kill_tree().await.unwrap(), 2);
    assert_eq!(marked(&run), vec![]);
}

#[tokio::test]
async fn kill_tree_takes_a_tree_that_goes_on_forking_in_ever_new_sessions() {
    let run = RunMark::fresh();
    let mut started = start(&run, hosted(&["fork-bomb"])).await;
    until("it forks", || started.tree().len() > 4);
    started.kill_tree().await.unwrap();
    assert_eq!(marked(&run), vec![]);
    assert_eq!(started.tree(), vec![]);
}

#[tokio::test]
async fn kill_tree_finds_the_daemon_although_its_keeper_was_killed() {
    let run = RunMark::fresh();
    let mut started = start(&run, hosted(&["fork-daemon", "stay"])).await;
    until("daemon adopted", || daemon_settled(&started.tree()));
    let keeper = marked(&run).into_iter().find(|id| !started.tree().contains(id)).unwrap();
    let tree = started.tree();
    keeper.signal(Signal::Kill).unwrap();
    until("the first process died with its keeper", || !started.is_alive());
    assert_eq!(tree.iter().filter(|id| id.is_alive()).count(), 1, "the daemon lives on");
    assert_eq!(started.kill_tree().await.unwrap(), 1);
    assert_eq!(marked(&run), vec![]);
}

#[tokio::test]
async fn a_process_starts_again_as_another_process_and_its_log_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("api.log");
    let run = RunMark::fresh();
    let spawn = Spawn { log: Some(log.clone()), ..script("echo here I am; exec sleep 1000") };
    let mut started = start(&run, spawn).await;
    let first = started.child();
    until("it wrote", || started.log_tail(5) == "here I am");
    started.start_again().await.unwrap();
    assert_ne!(started.child(), first);
    assert!(!first.is_alive() && started.is_alive());
    until("it wrote again", || started.log_tail(5) == "here I am\nhere I am");
    drop(started);
    until("dropping it ends it", || marked(&run).is_empty());
}

#[tokio::test]
async fn a_process_that_exits_at_once_says_how_and_shows_its_last_words() {
    let directory = tempfile::tempdir().unwrap();
    let log = Some(directory.path().join("api.log"));
    let run = RunMark::fresh();
    let mut started = start(&run, Spawn { log, ..script("echo cannot read the configuration >&2; exit 7") }).await;
    let note = started.exited().await;
    assert_eq!((note.code, note.signal), (Some(7), None));
    assert_eq!(note.log_tail, "cannot read the configuration");
    assert_eq!(note.to_string(), "ended with exit code 7");
    assert!(!started.is_alive());
}

#[tokio::test]
async fn a_process_ended_by_a_signal_says_which_one() {
    let run = RunMark::fresh();
    let mut started = start(&run, hosted(&["sleep-forever"])).await;
    started.child().signal(Signal::Kill).unwrap();
    let note = started.exited().await;
    assert_eq!((note.code, note.signal), (None, Some(9)));
}

#[tokio::test]
async fn stop_is_gentle_first_and_not_for_ever() {
    let run = RunMark::fresh();
    let directory = tempfile::tempdir().unwrap();
    let log = Some(directory.path().join("log"));
    let mut gentle = start(&run, script("trap 'echo bye; exit 0' TERM; echo on; while :; do sleep 0.01; done")).await;
    gentle.stop(PATIENT).await.unwrap();
    let mut stubborn = start(&run, Spawn { log, ..hosted(&["ignore-terminate"]) }).await;
    until("it ignores", || stubborn.log_tail(1) == "ready");
    let began = Instant::now();
    stubborn.stop(Duration::from_millis(300)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(marked(&run), vec![]);
}

#[tokio::test]
async fn a_stopped_process_is_alive_and_a_zombie_is_not() {
    let run = RunMark::fresh();
    let mut started = start(&run, hosted(&["sleep-forever"])).await;
    let child = started.child();
    child.signal(Signal::Stop).unwrap();
    until("stopped", || child.state() == Some('T'));
    assert!(child.is_alive());
    child.signal(Signal::Continue).unwrap();
    until("running", || child.state() == Some('S'));
    started.kill_tree().await.unwrap();

    let mut zombie = Command::new("/bin/true").spawn().unwrap();
    let id = ProcessId::of(i32::try_from(zombie.id()).unwrap()).unwrap();
    until("it is a zombie", || id.state() == Some('Z'));
    assert!(!id.is_alive());
    zombie.wait().unwrap();
    assert_eq!(id.state(), None);
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let odd = directory.path().join("odd");
    std::fs::write(&odd, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&odd, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = RunMark::fresh();
    let cases: Vec<(Spawn, &str)> = vec![
        (Spawn { program: "no/such".into(), ..script("") }, "program `no/such` not found, tried /no/such"),
        (Spawn { program: odd.clone(), ..script("") }, "odd: No such file or directory"),
        (Spawn { program: directory.path().into(), ..script("") }, "is not executable"),
        (Spawn { directory: "/no/such/place".into(), ..script("") }, "directory `/no/such/place` of process `it`"),
        (Spawn { log: Some("/no/such/place/log".into()), ..script("") }, "cannot open the log /no/such/place/log"),
    ];
    for (spawn, wanted) in cases {
        let error = Started::start(&host(), &run, spawn).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let error = Started::start(&PathBuf::from("/no/exe"), &run, script("")).await.unwrap_err().to_string();
    assert!(error.contains("no keeper (/no/exe)"), "{error}");
    until("nothing is left", || marked(&run).is_empty());
}

#[tokio::test]
async fn run_to_end_tells_code_and_both_outputs_apart() {
    let finished = finish(script("echo out; echo err >&2; exit 3"), PATIENT, 1000).await.unwrap();
    let wanted = Finished {
        code: Some(3),
        signal: None,
        stdout: "out\n".to_owned(),
        stderr: "err\n".to_owned(),
        cut: false,
        timed_out: false,
    };
    assert_eq!(finished, wanted);
}

#[tokio::test]
async fn run_to_end_bounds_a_flood_and_keeps_both_ends() {
    let flood = "echo first; head -c 3000000 /dev/zero; echo; echo last";
    let finished = finish(script(flood), PATIENT, 1000).await.unwrap();
    assert!(finished.cut && finished.stdout.len() < 1200, "{}", finished.stdout.len());
    assert!(finished.stdout.starts_with("first\n") && finished.stdout.ends_with("\nlast\n"));
    let whole = finish(script("head -c 3000000 /dev/zero"), PATIENT, usize::MAX).await.unwrap();
    assert!(whole.cut && !whole.timed_out, "a flood at the highest limit still comes back");
}

#[tokio::test]
async fn run_to_end_kills_the_whole_tree_at_the_deadline() {
    let run = RunMark::fresh();
    let spawn = hosted(&["fork-daemon", "stay"]);
    let finished = run_to_end(spawn, &host(), &run, Duration::from_millis(500), 1000).await.unwrap();
    assert!(finished.timed_out);
    assert_eq!((finished.code, finished.signal), (None, Some(9)));
    until("nothing is left", || marked(&run).is_empty());
}

#[tokio::test]
async fn run_to_end_does_not_wait_for_a_daemon_that_holds_the_output_and_leaves_none() {
    let run = RunMark::fresh();
    let began = Instant::now();
    let spawn = script("sleep 1000 & echo done");
    let finished = run_to_end(spawn, &host(), &run, PATIENT, 1000).await.unwrap();
    assert_eq!((finished.code, finished.stdout.as_str(), finished.timed_out), (Some(0), "done\n", false));
    assert!(began.elapsed() < PATIENT);
    until("nothing is left", || marked(&run).is_empty());
}

#[tokio::test]
async fn a_helper_speaks_in_lines_and_ends_with_its_input() {
    let run = RunMark::fresh();
    let mut helper = Helper::start(&host(), &run, hosted(&["echo-lines"]), AtOurDeath::Dies).await.unwrap();
    let mut lines = helper.take_lines().unwrap();
    helper.send_line("hello").await.unwrap();
    assert_eq!(lines.next().await.unwrap().as_deref(), Some("hello"));
    assert_eq!(marked(&run), vec![helper.id()]);
    helper.close_input();
    assert_eq!(helper.exited().await.unwrap(), Some(0));
    assert_eq!(lines.next().await.unwrap(), None);
    assert!(helper.send_line("more").await.is_err());
}

#[tokio::test]
async fn a_helper_that_may_outlive_us_does_not_carry_the_mark() {
    let run = RunMark::fresh();
    let mut helper = Helper::start(&host(), &run, hosted(&["echo-lines"]), AtOurDeath::Lives).await.unwrap();
    assert!(helper.is_alive());
    assert_eq!(marked(&run), vec![]);
    helper.kill().await.unwrap();
    assert!(!helper.is_alive());
}

/// A runner with two trees, one of them with a daemon, each step told on its output.
fn runner(run: &RunMark) -> std::process::Child {
    Command::new(host())
        .args(["runner", run.as_str(), "sleep-forever", "fork-daemon"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

#[test]
fn nothing_is_left_when_the_runner_is_killed_at_any_moment() {
    for step in 0..15_u64 {
        let run = RunMark::fresh();
        let mut runner = runner(&run);
        // A sweep over the time that starting takes: before the first process, between the two, and after both.
        std::thread::sleep(Duration::from_millis(step * 4));
        runner.kill().unwrap();
        runner.wait().unwrap();
        until(&format!("step {step}: nothing is left"), || marked(&run).is_empty());
    }
}

#[test]
fn nothing_is_left_when_the_runner_is_killed_after_everything_started() {
    let run = RunMark::fresh();
    let mut runner = runner(&run);
    let started: Vec<String> =
        BufReader::new(runner.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
    assert_eq!(started, ["sleep-forever", "fork-daemon"]);
    until("two keepers, two processes, a daemon", || marked(&run).len() == 5);
    until("all below the runner", || descendants(i32::try_from(runner.id()).unwrap()).len() == 5);
    runner.kill().unwrap();
    runner.wait().unwrap();
    until("nothing is left", || marked(&run).is_empty());
}

#[test]
fn ctrl_c_in_the_terminal_reaches_neither_keepers_nor_their_processes() {
    let run = RunMark::fresh();
    let mut runner = runner(&run);
    let both = BufReader::new(runner.stdout.take().unwrap()).lines().take(2).count();
    assert_eq!(both, 2);
    until("all started", || marked(&run).len() == 5);
    let before = marked(&run);
    let group = rustix::process::Pid::from_raw(i32::try_from(runner.id()).unwrap()).unwrap();
    // The runner of these tests has no handler and dies of it, upon which its keepers clean up; what matters is who
    // got the signal: nobody may end by SIGINT before that, so the trees go as a whole or not at all.
    for id in &before {
        let theirs = rustix::process::getpgid(rustix::process::Pid::from_raw(id.pid)).unwrap();
        assert_ne!(theirs, group);
    }
    rustix::process::kill_process_group(group, rustix::process::Signal::INT).unwrap();
    runner.wait().unwrap();
    until("nothing is left", || marked(&run).is_empty());
}

#[test]
fn wishes_to_stop_are_told_apart_and_none_is_lost_between_two_waits() {
    use rustix::process::Signal as Number;
    for (first, said, second, code) in [
        (Number::INT, "Interrupt", Number::TERM, 143),
        (Number::TERM, "Terminate", Number::INT, 130),
        (Number::HUP, "Terminate", Number::HUP, 143),
    ] {
        let mut child =
            Command::new(host()).arg("wait-for-stop").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(lines.next().unwrap(), "ready");
        rustix::process::kill_process(pid, first).unwrap();
        assert_eq!(lines.next().unwrap(), said);
        rustix::process::kill_process(pid, second).unwrap();
        child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
