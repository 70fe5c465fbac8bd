//! The ledger on a real disk: what it keeps, what it refuses, and what it notices.
#![expect(clippy::disallowed_methods, reason = "tests damage files and start a process of their own on purpose")]

mod carry;
mod flipped;
mod killed;
mod opening;
mod retention;
mod server;
mod tampering;
mod together;
mod trouble;
mod version;
mod world;

use ledger::{Error, MAX_BLOB_BYTES, MAX_BODY_BYTES, NewEntry, kind};
use world::on_both;

#[test]
fn what_was_appended_is_read_back_in_order() {
    on_both(|world| {
        let mut ledger = world.with(3);
        let entries = ledger.entries(1, 10).expect("reads");
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(entries[1].prev, entries[0].hash);
        assert_eq!(ledger.head().expect("reads").hash, entries[2].hash);
        let next = ledger.append(kind::DECISION, 2, "{\"ü\":1}", -5).expect("appends");
        assert_eq!(ledger.entry(4).expect("reads"), Some(next));
        assert_eq!(ledger.entry(5).expect("reads"), None);
        assert_eq!(ledger.entries(u64::MAX, 5).expect("reads"), []);
    });
}

#[test]
fn the_head_of_an_empty_ledger_is_the_genesis() {
    on_both(|world| {
        let ledger = world.with(0);
        let head = ledger.head().expect("reads");
        assert_eq!((head.size, head.hash), (0, ledger::genesis()));
        assert!(ledger.verify(&[]).expect("reads").is_whole());
    });
}

#[test]
fn a_batch_is_appended_as_a_whole_or_not_at_all() {
    on_both(|world| {
        let mut ledger = world.with(1);
        let new = |kind: &str| NewEntry { kind: kind.to_owned(), version: 1, body: "{}".to_owned(), at: 9 };
        let error = ledger.append_many(&[new(kind::RUN), new("Not A Kind")]).expect_err("refuses");
        assert!(matches!(error, Error::BadEntry { .. }), "{error}");
        assert_eq!(ledger.head().expect("reads").size, 1);
        assert_eq!(ledger.append_many(&[new(kind::RUN), new(kind::DRILL)]).expect("appends").len(), 2);
        assert_eq!(ledger.append_many(&[]).expect("appends nothing"), []);
        assert!(ledger.verify(&[]).expect("reads").is_whole());
    });
}

#[test]
fn what_is_too_large_is_refused_by_name() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let error = ledger.append(kind::RUN, 1, &"x".repeat(MAX_BODY_BYTES + 1), 0).expect_err("refuses");
        assert_eq!(error.to_string(), "the body of an entry has 1048577, the limit is 1048576");
        let error = ledger.put_blob(&vec![0; MAX_BLOB_BYTES + 1]).expect_err("refuses");
        assert!(matches!(error, Error::TooLarge { what: "a blob", .. }), "{error}");
        assert!(matches!(ledger.append(kind::RUN, 0, "", 0), Err(Error::BadEntry { version: 0, .. })));
    });
}

#[test]
fn a_blob_is_found_by_its_digest_and_kept_once() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let history = b"0123456789".repeat(10_000);
        let digest = ledger.put_blob(&history).expect("keeps");
        assert_eq!(ledger.put_blob(&history).expect("keeps again"), digest);
        assert_eq!(ledger.get_blob(&digest).expect("reads"), Some(history));
        assert_eq!(ledger.get_blob("none").expect("reads"), None);
    });
}

#[test]
fn a_large_reading_comes_in_pages_and_loses_nothing() {
    on_both(|world| {
        let mut ledger = world.with(0);
        let body = "x".repeat(MAX_BODY_BYTES);
        for at in 0..12 {
            ledger.append(kind::DRILL, 1, &body, at).expect("appends");
        }
        let (mut from, mut seen) = (1, 0);
        loop {
            let page = ledger.entries(from, 100).expect("reads");
            let Some(last) = page.last() else { break };
            assert!(page.len() < 12);
            (from, seen) = (last.seq + 1, seen + page.len());
        }
        assert_eq!(seen, 12);
    });
}
