//! Moving a ledger to the other engine and back: byte for byte, continued after an interruption, never over others' entries.

use std::thread;

use ledger::{Address, Error, Ledger, kind};

use crate::world::World;

/// Appends while a ledger is moved.
const MEANWHILE: i64 = 200;

/// A ledger with entries that are easily changed on the way, and two histories.
fn filled(world: &World) -> Ledger {
    let mut ledger = world.with(3);
    for body in ["", "ü \u{1F6A2} \\ \" '", " { \"n\" : 1.0 } \n", "\u{feff}x\u{1}"] {
        ledger.append(kind::DECISION, 7, body, i64::MIN).expect("appends");
    }
    ledger.put_blob(b"").expect("keeps");
    ledger.put_blob(&b"history".repeat(100_000)).expect("keeps");
    ledger
}

/// The places that a ledger moves between: both engines, or SQLite twice where there is no other.
fn places() -> (World, World) {
    (World::new(), World::postgres().unwrap_or_else(World::new))
}

#[test]
fn a_ledger_moves_to_the_other_engine_and_back_unchanged() {
    let (here, there) = places();
    let back = World::new();
    let source = filled(&here);
    let mut target = there.with(0);
    let moved = source.move_to(&mut target).expect("moves");
    assert_eq!((moved.entries, moved.blobs, &moved.head), (7, 2, &source.head().expect("reads")));
    let mut again = back.with(0);
    target.move_to(&mut again).expect("moves");
    for ledger in [&target, &again] {
        assert_eq!(ledger.entries(1, 100).expect("reads"), source.entries(1, 100).expect("reads"));
    }
    assert!(source.verify(&[moved.head]).expect("reads").is_whole(), "the source stays as it was");
    assert_eq!(target.append(kind::RUN, 1, "{}", 0).expect("goes on").seq, 8);
}

#[test]
fn a_move_continues_what_was_moved_before() {
    let (here, there) = places();
    let (mut source, mut target) = (filled(&here), there.with(0));
    source.move_to(&mut target).expect("moves");
    source.append(kind::RUN, 1, "{}", 8).expect("appends");
    let moved = source.move_to(&mut target).expect("moves on");
    assert_eq!((moved.entries, moved.blobs, moved.head.size), (1, 0, 8));
    assert_eq!(source.move_to(&mut target).expect("moves nothing").entries, 0);
}

#[test]
fn entries_of_others_are_never_mixed_with_ours() {
    let (here, there) = places();
    let source = here.with(6);
    let mut target = there.with(3);
    target.append(kind::VERDICT, 1, "of somebody else", 4).expect("appends");
    let error = source.move_to(&mut target).expect_err("refuses");
    assert!(matches!(error, Error::Diverged { seq: 4, .. }), "{error}");
    assert_eq!(target.head().expect("reads").size, 4);
    let mut longer = there.fresh().with(7);
    assert!(matches!(source.move_to(&mut longer), Err(Error::Diverged { seq: 7, .. })));
}

#[test]
fn a_damaged_ledger_is_not_moved_and_a_damaged_arrival_is_noticed() {
    let (here, there) = places();
    let source = filled(&here);
    let mut target = there.with(0);
    source.move_to(&mut target).expect("moves");
    there.tamper("UPDATE entry SET body='x' WHERE seq=2");
    let error = source.move_to(&mut target).expect_err("refuses");
    assert!(error.to_string().contains("entry 2 was edited"), "{error}");
    here.tamper("UPDATE entry SET body='x' WHERE seq=3");
    let error = source.move_to(&mut there.fresh().with(0)).expect_err("refuses");
    assert!(error.to_string().contains("entry 3 was edited"), "{error}");
}

#[test]
fn a_ledger_moves_while_others_write_to_it() {
    let (here, there) = places();
    drop(filled(&here));
    let (from, to): (Address, Address) = (here.address(), there.address());
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut ledger = Ledger::open(&from).expect("opens");
            (0..MEANWHILE).for_each(|at| drop(ledger.append(kind::RUN, 1, "{}", at).expect("appends")));
        });
        let source = Ledger::open_read_only(&from).expect("opens");
        let moved = source.move_to(&mut Ledger::open(&to).expect("opens")).expect("moves");
        assert!(moved.head.size >= 7);
        writer.join().expect("ends");
    });
    let source = Ledger::open_read_only(&from).expect("opens");
    let mut target = Ledger::open(&to).expect("opens");
    assert_eq!(source.move_to(&mut target).expect("moves the rest").head, target.head().expect("reads"));
    assert_eq!(target.head().expect("reads").size, 207);
}
