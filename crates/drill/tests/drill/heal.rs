//! A run that is killed at any moment, with its watchdog, its watchdog alone, or both: what is left of its faults.

#![expect(clippy::disallowed_methods, reason = "the machine is looked at from outside the crate under test")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use drill::heal::{Healed, heal, heal_all};
use drill::journal::{Journal, OpenRun};
use outside::files::{Scratch, remove_scratch};
use outside::process::{KILL_DEADLINE, ProcessId, RunMark, Signal, descendants, kill_all, marked};

/// How long something may take to come true.
const DEADLINE: Duration = Duration::from_secs(30);
/// Kills of the runner at different moments.
const MOMENTS: u32 = 15;
/// What the runner tells, in order, up to the fault.
const STEPS: [&str; 5] = ["watchdog", "journal", "scratch", "service", "fault"];

/// A run in a process of its own, a state directory of its own, and a foreign process that it stops.
struct World {
    state: tempfile::TempDir,
    run: RunMark,
    runner: Child,
    said: Lines<BufReader<ChildStdout>>,
    foreign: Child,
}

impl World {
    fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let run = RunMark::fresh();
        let foreign = Command::new("sleep").arg("1000").spawn().unwrap();
        let mut runner = Command::new(env!("CARGO_BIN_EXE_drill-test-host"))
            .args(["runner", state.path().to_str().unwrap(), run.as_str(), &foreign.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(runner.stdout.take().unwrap()).lines();
        Self { state, run, runner, said, foreign }
    }

    /// A world in which the fault is on, and the watchdog's process.
    fn broken() -> (Self, ProcessId) {
        let mut world = Self::new();
        let mut watchdog = None;
        for step in STEPS {
            let line = world.said.next().unwrap().unwrap();
            assert!(line.starts_with(step), "{line}");
            if let Some(pid) = line.strip_prefix("watchdog ") {
                watchdog = ProcessId::of(pid.parse().unwrap());
            }
        }
        until("the foreign process is stopped", || world.foreign().state() == Some('T'));
        until("keeper, service, daemon", || marked(&world.run).len() == 3);
        (world, watchdog.unwrap())
    }

    fn foreign(&self) -> ProcessId {
        ProcessId::of(i32::try_from(self.foreign.id()).unwrap()).unwrap()
    }

    fn kill_runner(&mut self) {
        self.runner.kill().unwrap();
        self.runner.wait().unwrap();
    }

    fn open(&self) -> Vec<OpenRun> {
        Journal::open_runs(self.state.path()).unwrap()
    }

    fn is_whole(&self) -> bool {
        self.foreign().state() != Some('T')
            && marked(&self.run).is_empty()
            && !Scratch::planned(&self.run).exists()
            && self.open().is_empty()
    }

    fn healed_file(&self) -> PathBuf {
        self.state.path().join("faults").join(format!("{}.healed.jsonl", self.run))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in [&mut self.runner, &mut self.foreign] {
            let _ = child.kill();
            let _ = child.wait();
        }
        // After a test that failed half-way nothing may be left either.
        let _ = kill_all(|| marked(&self.run), KILL_DEADLINE);
        let _ = remove_scratch(&Scratch::planned(&self.run), &self.run);
    }
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_runner_killed_at_any_moment_leaves_nothing_broken() {
    for moment in 0..MOMENTS {
        let mut world = World::new();
        // A sweep over the time that the steps take, from before the watchdog to after the fault.
        std::thread::sleep(Duration::from_millis(7) * moment);
        world.kill_runner();
        until(&format!("moment {moment}: whole again"), || world.is_whole());
    }
}

#[test]
fn a_runner_killed_after_each_step_leaves_nothing_broken() {
    for steps in 1..=STEPS.len() {
        let mut world = World::new();
        for step in &STEPS[..steps] {
            assert!(world.said.next().unwrap().unwrap().starts_with(step));
        }
        world.kill_runner();
        until(&format!("after {}: whole again", STEPS[steps - 1]), || world.is_whole());
    }
}

#[test]
fn the_watchdog_heals_a_run_whose_runner_was_killed_and_ends() {
    let (mut world, watchdog) = World::broken();
    world.kill_runner();
    until("whole again", || world.is_whole());
    until("the watchdog is gone", || !watchdog.is_alive());
    let text = std::fs::read_to_string(world.healed_file()).unwrap();
    assert!(text.contains("\"healed\""), "{text}");
}

#[test]
fn the_watchdog_ignores_ctrl_c_and_requests_to_end() {
    let (mut world, watchdog) = World::broken();
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        send(signal, watchdog);
    }
    world.kill_runner();
    until("whole again", || world.is_whole());
}

/// Sends a signal that seaworthy itself never sends.
fn send(signal: &str, to: ProcessId) {
    let sent = Command::new("/bin/sh").args(["-c", &format!("kill -{signal} {}", to.pid)]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_runner_that_lost_its_watchdog_notices_and_heals_by_itself() {
    let (mut world, watchdog) = World::broken();
    watchdog.signal(Signal::Kill).unwrap();
    assert_eq!(world.said.next().unwrap().unwrap(), "healed 3 left 0");
    assert!(world.runner.wait().unwrap().success());
    until("whole again", || world.is_whole());
}

#[tokio::test]
async fn when_both_are_killed_processes_die_at_once_and_the_rest_waits_for_heal() {
    let (mut world, watchdog) = World::broken();
    watchdog.signal(Signal::Stop).unwrap();
    world.kill_runner();
    watchdog.signal(Signal::Kill).unwrap();
    until("the keeper took its tree with it", || marked(&world.run).is_empty());
    assert_eq!(world.foreign().state(), Some('T'), "nobody was left to continue it");
    let open = world.open();
    assert_eq!(open.len(), 1);
    assert!(!open[0].runner_is_alive());

    let found = heal_all(world.state.path(), false).await.unwrap();
    let healed = found[0].healed.clone().unwrap();
    assert_eq!((healed.done.len(), healed.left, healed.problems), (3, vec![], vec![]));
    assert!(world.is_whole());
    assert_eq!(heal(&open[0]).await, Healed::default(), "healing twice does nothing");
    assert_eq!(heal_all(world.state.path(), false).await.unwrap(), vec![]);
}

#[tokio::test]
async fn everything_of_a_run_killed_at_once_is_healed_later() {
    let (mut world, watchdog) = World::broken();
    // The daemon would survive its keeper's death: only its mark tells whose it was.
    let all = marked(&world.run);
    watchdog.signal(Signal::Stop).unwrap();
    let keeper = all.iter().find(|id| descendants(id.pid).len() == 2).unwrap();
    keeper.signal(Signal::Kill).unwrap();
    world.kill_runner();
    watchdog.signal(Signal::Kill).unwrap();
    until("the service died with its keeper", || marked(&world.run).len() == 1);
    let found = heal_all(world.state.path(), false).await.unwrap();
    assert_eq!(found[0].healed.clone().unwrap().left, Vec::<String>::new());
    assert!(world.is_whole());
}

#[test]
fn a_runner_that_hangs_is_killed_and_its_run_healed() {
    let (mut world, _watchdog) = World::broken();
    let runner = ProcessId::of(i32::try_from(world.runner.id()).unwrap()).unwrap();
    runner.signal(Signal::Stop).unwrap();
    until("whole again", || world.is_whole());
    assert!(!runner.is_alive(), "it cannot go on in a healed world");
    world.runner.wait().unwrap();
}

#[tokio::test]
async fn a_run_that_goes_on_is_not_healed_unless_told_so() {
    let (mut world, _watchdog) = World::broken();
    let found = heal_all(world.state.path(), false).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].healed.is_none());
    assert_eq!(marked(&world.run).len(), 3);
    // Its watchdog heals at the same time; one of the two does the work.
    let found = heal_all(world.state.path(), true).await.unwrap();
    assert_eq!(found[0].healed.clone().unwrap().left, Vec::<String>::new());
    until("whole again", || world.is_whole());
    assert!(!world.runner.wait().unwrap().success());
}

#[test]
fn a_run_that_ends_in_order_leaves_no_watchdog_and_an_ended_journal() {
    let (mut world, watchdog) = World::broken();
    world.runner.stdin.as_mut().unwrap().write_all(b"end\n").unwrap();
    assert_eq!(world.said.next().unwrap().unwrap(), "ended");
    assert!(world.runner.wait().unwrap().success());
    assert!(world.is_whole() && !watchdog.is_alive());
    let text = std::fs::read_to_string(world.healed_file()).unwrap();
    assert!(text.contains("\"end\"") && !text.contains("\"healed\""), "{text}");
}
