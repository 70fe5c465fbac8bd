//! Killed by signal 9 while it appends: every acknowledged entry is still there, and the chain is whole.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::world::World;

const KILLS: usize = 20;

#[test]
fn kill_nine_during_appends_loses_no_acknowledged_entry() {
    let world = World::new();
    let mut acknowledged = Vec::new();
    for kill in 0..KILLS {
        let mut host = host(&world, kill);
        let mut lines = BufReader::new(host.stdout.take().expect("is piped")).lines();
        acknowledged.extend(lines.by_ref().take(kill + 1).map(|line| line.expect("is text")));
        host.kill().expect("kills");
        host.wait().expect("waits");
        acknowledged.extend(whole_lines(lines));
    }
    let ledger = world.with(0);
    assert!(acknowledged.len() >= KILLS * (KILLS + 1) / 2, "the host did not append");
    for line in &acknowledged {
        let (seq, hash) = line.split_once(' ').expect("is an acknowledgement");
        let entry = ledger.entry(seq.parse().expect("is a number")).expect("reads");
        assert_eq!(entry.expect("an acknowledged entry is lost").hash, hash);
    }
    assert!(ledger.verify(None).expect("reads").is_whole());
}

fn host(world: &World, kill: usize) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-test-host"));
    command.arg(world.path()).arg(format!("host-{kill}")).stdout(Stdio::piped());
    command.spawn().expect("starts")
}

/// What was still in the pipe; the last line may have been cut by the kill.
fn whole_lines(lines: impl Iterator<Item = std::io::Result<String>>) -> Vec<String> {
    let is_whole = |line: &String| line.split_once(' ').is_some_and(|(_, hash)| hash.len() == 64);
    lines.map_while(Result::ok).filter(is_whole).collect()
}
