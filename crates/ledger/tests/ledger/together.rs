//! Several writers at once: no entry is lost, none is written twice, the chain stays whole.

use std::sync::Barrier;
use std::thread;

use ledger::{Ledger, kind};

use crate::world::on_both;

const WRITERS: usize = 4;
const EACH: usize = 25;

/// Processes that open the same new ledger at once, and how often that is tried.
const OPENERS: usize = 4;
const ROUNDS: usize = 60;

#[test]
fn writers_that_begin_the_same_ledger_together_lose_nothing() {
    on_both(|world| {
        let address = world.address();
        let acknowledged: Vec<u64> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn({
                        let address = address.clone();
                        move || {
                            let mut ledger = Ledger::open(&address).expect("opens");
                            let append = |number: usize| {
                                ledger.append(kind::RUN, 1, &format!("{writer} {number}"), 0).expect("appends").seq
                            };
                            (0..EACH).map(append).collect::<Vec<u64>>()
                        }
                    })
                })
                .collect();
            writers.into_iter().flat_map(|writer| writer.join().expect("finishes")).collect()
        });
        let mut sorted = acknowledged.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..=100).collect::<Vec<u64>>());
        let verified = world.with(0).verify(&[]).expect("reads");
        assert!(verified.is_whole() && verified.size == 100);
    });
}

#[test]
fn a_reader_sees_what_another_connection_appended() {
    on_both(|world| {
        let mut writer = world.with(1);
        let reader = Ledger::open_read_only(world.address()).expect("opens");
        assert_eq!(reader.head().expect("reads").size, 1);
        writer.append(kind::RUN, 1, "{}", 0).expect("appends");
        assert_eq!(reader.head().expect("reads").size, 2);
    });
}

#[test]
fn a_ledger_that_another_is_making_is_no_database_of_something_else() {
    for round in 0..ROUNDS {
        let directory = tempfile::tempdir().expect("is made");
        let path = directory.path().join("ledger.db");
        let start = Barrier::new(OPENERS);
        thread::scope(|scope| {
            let openers: Vec<_> = (0..OPENERS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        Ledger::open(&path).map(drop)
                    })
                })
                .collect();
            for opener in openers {
                let opened = opener.join().expect("finishes");
                assert!(opened.is_ok(), "round {round}: {opened:?}");
            }
        });
    }
}
