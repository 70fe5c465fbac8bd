//! Each way to tamper turns the verification, and without tampering it holds.

use ledger::{Error, Flaw, Head, Verified};

use crate::world::{World, on_both};

/// Verifies ten entries and one blob after this was done to them, against an anchor taken at eight.
fn after(world: &World, sql: &str) -> Verified {
    let world = world.fresh();
    drop(world.with(8));
    let anchor = world.with(0).head().expect("reads");
    drop(world.with(2));
    world.with(0).put_blob(b"history").expect("keeps");
    world.tamper(sql);
    world.with(0).verify(std::slice::from_ref(&anchor)).expect("reads")
}

#[test]
fn an_untouched_ledger_is_whole_and_anchored_up_to_its_anchor() {
    on_both(|world| {
        let verified = after(world, "");
        assert!(verified.is_whole());
        assert_eq!((verified.size, verified.anchored), (10, 8));
    });
}

#[test]
fn every_edited_column_is_seen() {
    on_both(|world| {
        for change in ["at_us=at_us+1", "kind='verdict'", "version=2", "body='{}'", "prev='0'", "hash='0'"] {
            let verified = after(world, &format!("UPDATE entry SET {change} WHERE seq=5"));
            assert!(verified.problems.contains(&Flaw::Edited { seq: 5 }), "{change}: {:?}", verified.problems);
        }
    });
}

#[test]
fn removed_entries_are_seen_at_the_beginning_and_in_the_middle() {
    on_both(|world| {
        assert_eq!(after(world, "DELETE FROM entry WHERE seq IN (4, 5)").problems, [Flaw::Removed { from: 4, to: 5 }]);
        assert_eq!(after(world, "DELETE FROM entry WHERE seq < 3").problems, [Flaw::Removed { from: 1, to: 2 }]);
    });
}

#[test]
fn closing_the_gap_after_a_removal_is_seen() {
    on_both(|world| {
        let verified = after(world, "DELETE FROM entry WHERE seq=4; UPDATE entry SET seq=seq-1 WHERE seq>4");
        assert_eq!(verified.problems[0], Flaw::Unlinked { seq: 4 });
    });
}

#[test]
fn reordered_entries_are_seen() {
    on_both(|world| {
        let verified = after(
            world,
            "UPDATE entry SET seq=99 WHERE seq=3; UPDATE entry SET seq=3 WHERE seq=4; UPDATE entry SET seq=4 WHERE seq=99",
        );
        assert!(verified.problems.contains(&Flaw::Unlinked { seq: 3 }), "{:?}", verified.problems);
    });
}

#[test]
fn an_entry_with_an_impossible_number_is_seen() {
    let sql = "INSERT INTO entry SELECT -1, at_us, kind, version, body, prev, hash FROM entry WHERE seq=1";
    on_both(|world| assert_eq!(after(world, sql).problems, [Flaw::OutOfPlace { seq: -1 }]));
}

#[test]
fn a_tail_cut_before_the_anchor_is_seen_and_one_after_it_is_not() {
    on_both(|world| {
        assert_eq!(after(world, "DELETE FROM entry WHERE seq>6").problems, [Flaw::Cut { anchored: 8, size: 6 }]);
        assert_eq!(after(world, "DELETE FROM entry").problems, [Flaw::Cut { anchored: 8, size: 0 }]);
        let verified = after(world, "DELETE FROM entry WHERE seq>8");
        assert!(verified.is_whole(), "an anchor vouches only for what is before it");
        assert_eq!((verified.size, verified.anchored), (8, 8));
    });
}

#[test]
fn a_rewritten_ledger_is_sound_in_itself_but_not_against_its_anchor() {
    let (original, other) = (World::new(), World::new());
    let anchor = original.with(3).head().expect("reads");
    let mut rewritten = other.with(2);
    rewritten.append(ledger::kind::VERDICT, 1, "held, of course", 3).expect("appends");
    assert!(rewritten.verify(&[]).expect("reads").is_whole());
    let verified = rewritten.verify(std::slice::from_ref(&anchor)).expect("reads");
    assert_eq!((verified.problems.as_slice(), verified.anchored), ([Flaw::Rewritten { at: 3 }].as_slice(), 0));
}

#[test]
fn an_anchor_of_an_empty_ledger_must_be_the_genesis() {
    on_both(|world| {
        let ledger = world.with(1);
        let wrong = Head { size: 0, hash: "0".repeat(64) };
        assert_eq!(ledger.verify(&[wrong]).expect("reads").problems, [Flaw::Rewritten { at: 0 }]);
    });
}

#[test]
fn an_exchanged_blob_is_seen_when_verified_and_when_read() {
    on_both(|world| {
        let mut ledger = world.with(1);
        let digest = ledger.put_blob(b"lost 3 writes").expect("keeps");
        ledger.put_blob(b"lost no write").expect("keeps");
        world.tamper(&format!(
            "UPDATE blobs SET bytes=(SELECT bytes FROM blobs WHERE digest<>'{digest}') WHERE digest='{digest}'"
        ));
        assert_eq!(ledger.verify(&[]).expect("reads").problems, [Flaw::Blob { digest: digest.clone() }]);
        assert!(matches!(ledger.get_blob(&digest), Err(Error::Damaged { .. })));
        ledger.put_blob(b"lost 3 writes").expect("mends");
        assert_eq!(ledger.get_blob(&digest).expect("reads"), Some(b"lost 3 writes".to_vec()));
    });
}

#[test]
fn many_flaws_are_counted_beyond_those_listed() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let new = ledger::NewEntry { kind: "run".to_owned(), version: 1, body: "{}".to_owned(), at: 0 };
        ledger.append_many(&vec![new; 150]).expect("appends");
        world.tamper("UPDATE entry SET body='x'");
        let verified = ledger.verify(&[]).expect("reads");
        assert_eq!((verified.problems.len(), verified.more), (ledger::MAX_FLAWS, 50));
    });
}

#[test]
fn an_entry_of_a_wrong_type_is_damage_when_read() {
    on_both(|world| {
        drop(world.with(2));
        world.tamper(if world.is_postgres() {
            "ALTER TABLE entry ALTER at_us TYPE NUMERIC"
        } else {
            "UPDATE entry SET body=CAST(body AS BLOB) WHERE seq=2"
        });
        let ledger = world.with(0);
        assert!(matches!(ledger.entries(1, 10), Err(Error::Damaged { .. })));
        assert!(ledger.verify(&[]).expect("reads").problems.contains(&Flaw::Edited { seq: 2 }));
    });
}

#[test]
fn a_flaw_says_what_happened_in_words() {
    on_both(|world| {
        let words: Vec<String> =
            after(world, "DELETE FROM entry WHERE seq>6 OR seq=2").problems.iter().map(Flaw::to_string).collect();
        assert_eq!(words, ["entry 2 was removed", "the ledger ends at 6, but its anchor says 8: its tail was cut off"]);
    });
}

#[test]
fn an_entry_put_in_between_is_seen_even_when_its_own_hash_is_right() {
    on_both(|world| {
        let other = world.fresh();
        let forged = other.with(5).append(ledger::kind::VERDICT, 1, "held, of course", 6).expect("appends");
        let ledger::Entry { at, kind, body, prev, hash, .. } = forged;
        let row = format!("VALUES(6, {at}, '{kind}', 1, '{body}', '{prev}', '{hash}')");
        let verified = after(world, &format!("DELETE FROM entry WHERE seq=6; INSERT INTO entry {row}"));
        assert_eq!(verified.problems, [Flaw::Unlinked { seq: 7 }], "the next entry knows who was there");
    });
}

#[test]
fn several_anchors_each_say_what_they_vouch_for() {
    on_both(|world| {
        let mut anchors: Vec<Head> = (0..3).map(|_| world.with(3).head().expect("reads")).collect();
        let whole = world.with(1).verify(&anchors).expect("reads");
        assert!(whole.is_whole());
        assert_eq!((whole.size, whole.anchored), (10, 9));
        anchors[1].hash = "0".repeat(64);
        anchors.push(Head { size: 12, hash: "1".repeat(64) });
        let flawed = world.with(0).verify(&anchors).expect("reads");
        assert_eq!(flawed.problems, [Flaw::Rewritten { at: 6 }, Flaw::Cut { anchored: 12, size: 10 }]);
        assert_eq!(flawed.anchored, 9);
    });
}
