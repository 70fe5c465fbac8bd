//! Killed without warning: the runner, its watchdog, both, the guard, a keeper, at any moment. Whoever dies, nothing of
//! the run is left, and everything that was told is remembered.
//!
//! `SEAWORTHY_KILLS=100` makes the sweep longer; `SEAWORTHY_KILL_SEED` repeats its choices (the moments are real time and
//! cannot be repeated).

use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use outside::process::{ProcessId, Signal};

use crate::aftermath::{
    alive, helpers, listening, notes, nothing_is_left, remembered, until, until_or, whole_by_itself,
};
use crate::running::Running;
use crate::small::{post_office, start_line};
use crate::world::{World, event_tracker};

/// Kills of the sweep when nothing else is asked for.
const KILLS: usize = 20;

/// How long a healer lives that is killed on its way; about as long as it needs.
const HEALER_LIVES: Duration = Duration::from_millis(150);

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Runner,
    Watchdog,
    Both,
    Guard,
    Keeper,
    Load,
    /// Runner, watchdog, guard, keepers and load: only daemons of the service live on.
    Everybody,
}

/// In turn, the likeliest more often.
const VICTIMS: [Victim; 10] = [
    Victim::Runner,
    Victim::Both,
    Victim::Watchdog,
    Victim::Everybody,
    Victim::Guard,
    Victim::Runner,
    Victim::Both,
    Victim::Keeper,
    Victim::Everybody,
    Victim::Load,
];

/// SplitMix64: small, seeded, good enough to choose moments.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// A line that `cargo test -- --nocapture` shows, and a failed test.
fn note(line: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Strikes; returns how many were hit. Several are stopped first, so that none acts on the other's death.
fn kill(world: &World, run: &Running, victim: Victim, dice: &mut Dice) -> usize {
    let runner = ProcessId::of(run.pid().cast_signed());
    let all = |word: &str| helpers(world, run.pid(), word);
    let mut one_of = |word: &str| {
        let all = all(word);
        let index = usize::try_from(dice.roll() >> 1).unwrap() % all.len().max(1);
        all.get(index).copied().into_iter().collect::<Vec<_>>()
    };
    let targets: Vec<ProcessId> = match victim {
        Victim::Runner => runner.into_iter().collect(),
        Victim::Watchdog => all("watchdog"),
        Victim::Both => all("watchdog").into_iter().chain(runner).collect(),
        Victim::Guard => one_of("guard"),
        Victim::Keeper => one_of("keep"),
        Victim::Load => one_of("load"),
        Victim::Everybody => {
            let helpers = ["watchdog", "guard", "keep", "load"].into_iter().flat_map(all);
            runner.into_iter().chain(helpers).collect()
        }
    };
    let send = |signal| targets.iter().filter(|id| id.signal(signal).unwrap_or(false)).count();
    send(Signal::Stop);
    send(Signal::Kill)
}

/// Verdicts in the order they were told: `R-1/answers held`.
fn told(lines: &[String]) -> Vec<String> {
    let (mut claim, mut verdicts) = (String::new(), Vec::new());
    for line in lines {
        if let Some((_, step)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            claim = step.split_whitespace().nth(1).unwrap_or_default().trim_end_matches(':').to_owned();
        }
        let said = line.trim_start().split_once(": ").map(|(word, _)| word.replace(' ', "_"));
        verdicts.extend(
            said.filter(|word| ["held", "broken", "not_seen"].contains(&word.as_str()))
                .map(|word| format!("{claim} {word}")),
        );
    }
    verdicts
}

/// The last verdicts of the ledger in the same words.
fn verdicts(world: &World) -> Vec<String> {
    let bodies = remembered(world, ledger::kind::VERDICT);
    let words = bodies.iter().map(|body| (body["claim"].as_str().unwrap(), body["verdict"].as_str().unwrap()));
    words.map(|(claim, verdict)| format!("{claim} {verdict}")).collect()
}

#[test]
fn whoever_is_killed_at_whatever_moment_nothing_is_left() {
    let kills = asked("SEAWORTHY_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let seed = asked("SEAWORTHY_KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    note(format_args!("SEAWORTHY_KILL_SEED={seed}"));
    let mut dice = Dice(seed);
    let world = post_office();
    let whole = Instant::now();
    let mut run = Running::start(&world, &["prove"]);
    assert_eq!(run.code(), Some(0), "{}", run.story());
    let whole = whole.elapsed();
    let mut before = verdicts(&world);
    assert_eq!(told(&run.said()), before, "{}", run.story());
    let (mut hit, mut slowest) = (0, Duration::ZERO);
    for number in 0..kills {
        let victim = VICTIMS[number % VICTIMS.len()];
        // Beginnings are full of moments, so they are tried more often.
        let moment = whole.mul_f64(dice.share().powi(2));
        let mut run = Running::start(&world, &["prove"]);
        until_or(Instant::now() + moment, || run.is_over());
        let sockets = listening(&world);
        let struck = kill(&world, &run, victim, &mut dice);
        let killed = Instant::now();
        let code = run.code();
        let story =
            format!("kill {number}: {victim:?} ({struck} hit) after {moment:?}, exit code {code:?}\n{}", run.story());
        the_dead_are_silent_and_the_living_honest(victim, struck, code, &story);
        if matches!(victim, Victim::Both | Victim::Everybody) {
            heal_cut_short(&world, dice.share());
            nothing_is_left(&world, &sockets, &story);
        } else {
            whole_by_itself(&world, &sockets, &story);
        }
        slowest = slowest.max(killed.elapsed());
        hit += usize::from(struck > 0);
        let (after, told) = (verdicts(&world), told(&run.said()));
        assert_eq!(after[..before.len()], before[..], "the past has changed: {story}");
        let new = &after[before.len()..];
        assert!(new.starts_with(&told), "told {told:?}, remembered {new:?}\n{story}");
        assert!(!new.iter().any(|verdict| verdict.ends_with("broken")), "nothing is broken here: {new:?}\n{story}");
        before = after;
    }
    note(format_args!(
        "{kills} kills within {whole:?}, {hit} hit somebody; everything was whole again after {slowest:?} at most"
    ));
    let said = world.run(&["prove"]).exits(0);
    assert!(said.out.contains("Decision: PASS"), "{}", said.out);
    let notes = notes(&world);
    let count = |wanted: &str| notes.iter().filter(|what| *what == wanted).count();
    assert!(count("began") > kills / 2, "hardly any of the runs got anywhere: {notes:?}");
    assert_eq!(count("began"), count("ended") + count("aborted"), "each run has one end: {notes:?}");
}

/// A killed runner says nothing; one that lives and lost a part of its run could not decide, or was done before.
fn the_dead_are_silent_and_the_living_honest(victim: Victim, struck: usize, code: Option<i32>, story: &str) {
    assert!(!story.contains("panicked"), "{story}");
    match victim {
        Victim::Runner | Victim::Both | Victim::Everybody if struck > 0 => assert_eq!(code, None, "{story}"),
        _ if struck > 0 => assert!(matches!(code, Some(0 | 3)), "{story}"),
        _ => assert_eq!(code, Some(0), "{story}"),
    }
}

/// A healer that is killed on its way, too: whoever comes next takes up where it stopped.
fn heal_cut_short(world: &World, share: f64) {
    let mut healer = world.start(&["drill", "heal"]);
    until_or(Instant::now() + HEALER_LIVES.mul_f64(share), || healer.try_wait().unwrap().is_some());
    let _ = healer.kill();
    let _ = healer.wait();
    let healed = world.run(&["drill", "heal"]).exits(0);
    assert!(!healed.out.contains("LEFT"), "{}", healed.out);
}

/// Somebody else's service, started by the test, and a system that may pause it.
struct Foreign {
    child: Child,
    world: World,
}

impl Foreign {
    fn new() -> Self {
        let mut child =
            Command::new(event_tracker()).args(["mailer", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim().rsplit(' ').next().unwrap().to_owned();
        let world = post_office();
        world.replace("seaworthy.yaml", &start_line(), &format!("at: {at}\n      destructive: true"));
        world.replace("seaworthy.yaml", "drill: restart\n", "drill: dependency-down\n");
        world.replace("seaworthy.yaml", "{component: post, flow: look", "{component: post, mode: hang, flow: look");
        // Long enough for the test to strike while it is on.
        world.replace("seaworthy.yaml", "fault_for: 500ms, off: none", "fault_for: 30s, off: none");
        Self { child, world }
    }

    fn id(&self) -> ProcessId {
        ProcessId::of(self.child.id().cast_signed()).unwrap()
    }

    fn is_stopped(&self) -> bool {
        self.id().state() == Some('T')
    }

    /// A run that has paused it.
    fn paused(&self) -> Running {
        let mut run = Running::start(&self.world, &["prove", "--only", "R-3"]);
        run.until_said("dependency-down R-3");
        until("the foreign process is stopped", || {
            assert!(!run.is_over(), "{}", run.story());
            self.is_stopped()
        });
        run
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_foreign_process_goes_on_when_only_the_runner_is_killed() {
    let foreign = Foreign::new();
    let mut run = foreign.paused();
    assert_eq!(kill(&foreign.world, &run, Victim::Runner, &mut Dice(1)), 1);
    assert_eq!(run.code(), None);
    until("the watchdog lets it go on", || !foreign.is_stopped());
    assert!(foreign.id().is_alive());
    whole_by_itself(&foreign.world, &BTreeSet::new(), &run.story());
}

#[test]
fn a_foreign_process_goes_on_when_only_the_watchdog_is_killed() {
    let foreign = Foreign::new();
    let mut run = foreign.paused();
    assert_eq!(kill(&foreign.world, &run, Victim::Watchdog, &mut Dice(1)), 1);
    assert_eq!(run.code(), Some(3), "{}", run.story());
    assert!(run.has_said("the watchdog died"), "{}", run.story());
    assert!(!foreign.is_stopped() && foreign.id().is_alive(), "healed is seen before the run ends");
    whole_by_itself(&foreign.world, &BTreeSet::new(), &run.story());
    assert_eq!(notes(&foreign.world), ["began", "aborted"]);
}

#[test]
fn a_foreign_process_whose_runner_and_watchdog_were_killed_waits_for_heal() {
    let foreign = Foreign::new();
    let mut run = foreign.paused();
    assert_eq!(kill(&foreign.world, &run, Victim::Both, &mut Dice(1)), 2);
    assert_eq!(run.code(), None);
    until("everything of the run is dead", || alive(&foreign.world).is_empty());
    assert!(foreign.is_stopped(), "nobody was left to let it go on");
    let healed = foreign.world.run(&["drill", "heal"]).exits(0);
    assert!(healed.out.contains("post office") && healed.out.contains("it runs"), "{}", healed.out);
    assert!(!foreign.is_stopped() && foreign.id().is_alive());
    let again = foreign.world.run(&["drill", "heal"]).exits(0);
    assert_eq!(again.out, "nothing to heal\n");
    whole_by_itself(&foreign.world, &BTreeSet::new(), &run.story());
    assert!(foreign.id().is_alive(), "what is not ours is never killed");
    assert_eq!(verdicts(&foreign.world), Vec::<String>::new(), "nothing was seen, so nothing is said");
}

#[test]
fn heal_leaves_a_run_alone_that_is_going_on() {
    let foreign = Foreign::new();
    let mut run = foreign.paused();
    let said = foreign.world.run(&["drill", "heal"]).exits(0);
    assert!(said.out.contains("still running, left alone"), "{}", said.out);
    assert!(foreign.is_stopped(), "a healer that does not know whether it may must not");
    run.signal("INT");
    assert_eq!(run.code(), Some(130), "{}", run.story());
    assert!(!foreign.is_stopped());
    whole_by_itself(&foreign.world, &BTreeSet::new(), &run.story());
}

#[test]
fn a_runner_that_hangs_while_something_is_paused_is_ended_by_the_watchdog() {
    let foreign = Foreign::new();
    let mut run = foreign.paused();
    run.signal("STOP");
    until("the watchdog lets it go on", || !foreign.is_stopped());
    assert_eq!(run.code(), None, "it was killed first, so that it cannot go on in a healed world: {}", run.story());
    whole_by_itself(&foreign.world, &BTreeSet::new(), &run.story());
}
