//! Histories may grow old and go; that is told, and told apart from tampering.

use ledger::{Error, Flaw, Ledger, NewEntry, Pruned, kind};

use crate::world::on_both;

/// A drill at this time whose requests are these bytes.
fn drill(ledger: &mut Ledger, at: i64, history: &[u8]) -> String {
    let mut named = String::new();
    let new = |digest: &str| {
        named = digest.to_owned();
        new(kind::DRILL, &format!("{{\"claim\":\"R-1/x\",\"history\":\"{digest}\"}}"), at)
    };
    ledger.append_with_blob(history, new).expect("appends");
    named
}

fn new(kind: &str, body: &str, at: i64) -> NewEntry {
    NewEntry { kind: kind.to_owned(), version: 1, body: body.to_owned(), at }
}

#[test]
fn a_history_is_kept_with_the_entry_that_names_it_or_not_at_all() {
    on_both(|world| {
        let mut ledger = world.with(1);
        let digest = drill(&mut ledger, 10, b"kept");
        assert_eq!(ledger.get_blob(&digest).expect("reads"), Some(b"kept".to_vec()));
        let mut named = String::new();
        let refused = ledger.append_with_blob(b"not kept", |digest| {
            named = digest.to_owned();
            new("Not A Kind", digest, 11)
        });
        assert!(matches!(refused, Err(Error::BadEntry { .. })), "{refused:?}");
        assert_eq!(ledger.get_blob(&named).expect("reads"), None);
        world.tamper(if world.is_postgres() {
            "ALTER TABLE entry ADD CHECK (at_us <> 12)"
        } else {
            "CREATE TRIGGER no BEFORE INSERT ON entry WHEN NEW.at_us = 12 BEGIN SELECT RAISE(ABORT, 'no'); END"
        });
        assert!(ledger.append_with_blob(b"not kept", |digest| new(kind::DRILL, digest, 12)).is_err());
        assert_eq!(ledger.get_blob(&named).expect("reads"), None, "the blob went back with its entry");
        assert_eq!(ledger.head().expect("reads").size, 2);
    });
}

#[test]
fn old_histories_go_and_an_entry_says_which() {
    on_both(|world| {
        let mut ledger = world.with(2);
        let (old, new) = (drill(&mut ledger, 10, b"old"), drill(&mut ledger, 30, b"new"));
        let anchor = ledger.head().expect("reads");
        assert_eq!(ledger.prune(20, 40).expect("prunes"), Pruned { removed: 1, kept: 1 });
        assert_eq!(
            (ledger.get_blob(&old).expect("reads"), ledger.get_blob(&new).expect("reads").is_some()),
            (None, true)
        );
        let verified = ledger.verify(&[anchor]).expect("reads");
        assert!(verified.is_whole(), "{:?}", verified.problems);
        assert_eq!((verified.pruned, verified.size, verified.anchored), (1, 5, 4));
        let said = ledger.entry(5).expect("reads").expect("is there");
        assert_eq!((said.kind.as_str(), said.at), (kind::RETENTION, 40));
        assert_eq!(said.body, format!("{{\"before_us\":20,\"removed\":[\"{old}\"]}}"));
        assert_eq!(ledger.prune(20, 41).expect("prunes"), Pruned { removed: 0, kept: 1 });
        assert_eq!(ledger.head().expect("reads").size, 5, "nothing was removed, so nothing is said");
    });
}

#[test]
fn a_history_that_somebody_took_is_missing_although_others_were_removed() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let (_, new) = (drill(&mut ledger, 10, b"old"), drill(&mut ledger, 30, b"new"));
        ledger.prune(20, 40).expect("prunes");
        world.tamper(&format!("DELETE FROM blobs WHERE digest='{new}'"));
        let verified = ledger.verify(&[]).expect("reads");
        assert_eq!(verified.problems, [Flaw::NoBlob { digest: new, seq: 2 }]);
        assert_eq!(verified.pruned, 1);
    });
}

#[test]
fn a_history_that_a_younger_drill_names_too_stays() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let digest = drill(&mut ledger, 10, b"the same");
        drill(&mut ledger, 30, b"the same");
        assert_eq!(ledger.prune(20, 40).expect("prunes"), Pruned { removed: 0, kept: 1 });
        assert!(ledger.get_blob(&digest).expect("reads").is_some());
    });
}

#[test]
fn an_old_removal_excuses_no_later_loss() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let digest = drill(&mut ledger, 10, b"the same");
        ledger.prune(20, 40).expect("prunes");
        drill(&mut ledger, 50, b"the same");
        assert!(ledger.verify(&[]).expect("reads").is_whole());
        world.tamper("DELETE FROM blobs");
        assert_eq!(ledger.verify(&[]).expect("reads").problems, [Flaw::NoBlob { digest, seq: 3 }]);
    });
}
