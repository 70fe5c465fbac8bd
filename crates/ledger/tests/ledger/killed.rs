//! Killed by signal 9 while it appends: every acknowledged entry is still there, and the chain is whole.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use ledger::Ledger;

use crate::world::World;

/// Writers at one time, each killed again and again.
const WRITERS: usize = 4;

/// Kills of each writer on SQLite: 500 in all.
const KILLS: usize = 125;

/// Kills of each writer on PostgreSQL, where a connection takes longer.
const KILLS_POSTGRES: usize = 15;

/// The most entries that a writer may acknowledge before it is killed.
const LONGEST: usize = 7;

#[test]
fn five_hundred_kills_during_appends_lose_no_acknowledged_entry() {
    killed(&World::new(), KILLS);
}

#[test]
fn kills_during_appends_to_postgres_lose_no_acknowledged_entry() {
    if let Some(world) = World::postgres() {
        killed(&world, KILLS_POSTGRES);
    }
}

fn killed(world: &World, kills: usize) {
    let text = world.text();
    let acknowledged: Vec<String> = thread::scope(|scope| {
        let text = text.as_str();
        let writers = (0..WRITERS).map(|writer| {
            scope.spawn(move || (0..kills).flat_map(|kill| one(text, writer + kill)).collect::<Vec<String>>())
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("ends")).collect()
    });
    assert!(acknowledged.len() >= WRITERS * kills, "the writers did not append");
    let ledger = Ledger::open(world.address()).expect("opens");
    for line in &acknowledged {
        let (seq, hash) = line.split_once(' ').expect("is an acknowledgement");
        let entry = ledger.entry(seq.parse().expect("is a number")).expect("reads");
        assert_eq!(entry.expect("an acknowledged entry is lost").hash, hash);
    }
    let verified = ledger.verify(&[]).expect("reads");
    assert!(verified.is_whole() && verified.size >= acknowledged.len() as u64, "{:?}", verified.problems);
}

/// One life of a writer: what it acknowledged before it was killed.
fn one(text: &str, number: usize) -> Vec<String> {
    let mut host = host(text, number);
    let mut lines = BufReader::new(host.stdout.take().expect("is piped")).lines();
    let mut acknowledged: Vec<String> =
        lines.by_ref().take(number % LONGEST + 1).map(|line| line.expect("is text")).collect();
    host.kill().expect("kills");
    host.wait().expect("waits");
    acknowledged.extend(whole_lines(lines));
    acknowledged
}

fn host(text: &str, number: usize) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-test-host"));
    command.args(["append", text, &format!("host-{number}")]).env("WORD", crate::server::PASSWORD);
    command.stdout(Stdio::piped()).spawn().expect("starts")
}

/// What was still in the pipe; the last line may have been cut by the kill.
fn whole_lines(lines: impl Iterator<Item = std::io::Result<String>>) -> Vec<String> {
    let is_whole = |line: &String| line.split_once(' ').is_some_and(|(_, hash)| hash.len() == 64);
    lines.map_while(Result::ok).filter(is_whole).collect()
}

#[test]
fn a_disk_that_takes_no_more_is_told_and_keeps_what_was_acknowledged() {
    let world = World::new();
    drop(world.with(1));
    let script = "trap '' XFSZ; ulimit -f 256; exec \"$0\" append \"$1\" full";
    let mut command = Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_ledger-test-host")]).arg(world.path());
    let ended = command.output().expect("starts");
    let _ = std::io::stderr().write_all(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "it must end with an error");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("ledger.db"), "the ledger is not named");
    let last = String::from_utf8_lossy(&ended.stdout).lines().last().expect("appended something").to_owned();
    let (seq, hash) = last.split_once(' ').expect("is an acknowledgement");
    let mut ledger = world.with(0);
    assert!(ledger.verify(&[]).expect("reads").is_whole());
    assert_eq!(ledger.entry(seq.parse().expect("is a number")).expect("reads").expect("is kept").hash, hash);
    assert!(ledger.append(ledger::kind::RUN, 1, "{}", 0).is_ok(), "it goes on where there is room");
}
