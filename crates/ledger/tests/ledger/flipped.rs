//! Any byte of a ledger file may be changed: it is noticed, or it changed no entry and no history.

use std::path::Path;

use ledger::{Entry, Error, Head, Ledger, kind};

use crate::world::World;

/// What somebody may do to one byte.
const CHANGES: [fn(u8) -> u8; 3] = [|byte| byte ^ 1, |byte| byte ^ 0x80, |_| 0];

/// Within a long run of one value (free space, a filler) every so many-th byte stands for the others.
const RUN: usize = 16;

/// A small ledger as one file, without a journal beside it.
fn bytes_of_a_ledger(world: &World) -> Vec<u8> {
    let mut ledger = world.with(4);
    let digest = ledger.put_blob(&b"a history, ".repeat(20)).expect("keeps");
    ledger.append(kind::DRILL, 1, &format!("{{\"history\":\"{digest}\"}}"), 5).expect("appends");
    ledger.append(kind::DECISION, 1, &"x".repeat(5000), 6).expect("appends");
    drop(ledger);
    world.tamper("PRAGMA wal_checkpoint(TRUNCATE)");
    std::fs::read(world.path()).expect("reads")
}

/// Everything that a ledger says, or why it says nothing.
fn told(path: &Path, anchors: &[Head]) -> Result<(Vec<Entry>, Option<Vec<u8>>), Error> {
    let ledger = Ledger::open_read_only(path)?;
    let verified = ledger.verify(anchors)?;
    if let Some(flaw) = verified.problems.first() {
        return Err(Error::Damaged { at: String::new(), what: flaw.to_string() });
    }
    let entries = ledger.entries(1, 100)?;
    let digest = entries.iter().find(|entry| entry.kind == kind::DRILL).map(|entry| entry.body[12..76].to_owned());
    Ok((entries, ledger.get_blob(&digest.unwrap_or_default())?))
}

#[test]
fn no_byte_of_a_ledger_file_can_be_changed_unnoticed() {
    let (world, other) = (World::new(), World::new());
    let sound = bytes_of_a_ledger(&world);
    let before = told(&world.path(), &[]).expect("is whole");
    drop(other.with(0));
    let path = other.path();
    let mut noticed = 0;
    let tried: Vec<usize> = (0..sound.len()).filter(|at| stands_for_itself(&sound, *at)).collect();
    for (number, at) in tried.iter().copied().enumerate() {
        let mut flawed = sound.clone();
        flawed[at] = CHANGES[number % CHANGES.len()](sound[at]);
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
        std::fs::write(&path, &flawed).expect("writes");
        match told(&path, &[]) {
            Ok(after) => assert!(after == before, "byte {at}: {:#x} as {:#x}: not noticed", sound[at], flawed[at]),
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed > tried.len() / 2, "only {noticed} of {} changes were noticed", tried.len());
}

fn stands_for_itself(bytes: &[u8], at: usize) -> bool {
    let around = &bytes[at.saturating_sub(RUN)..bytes.len().min(at + RUN)];
    at.is_multiple_of(RUN) || around.iter().any(|byte| *byte != bytes[at])
}
