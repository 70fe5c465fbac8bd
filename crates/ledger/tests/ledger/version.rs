//! A ledger written by the first version is still read, verified and continued. The fixture is never regenerated.

use ledger::{Head, kind};
use rusqlite::Connection;

use crate::world::World;

/// As an SQLite file.
const VERSION_1: &str = include_str!("ledger-1.sql");

/// The same in a PostgreSQL database.
const VERSION_1_POSTGRES: &str = include_str!("ledger-1.postgres.sql");

#[test]
fn a_ledger_of_version_1_is_whole_and_goes_on() {
    let world = World::new();
    std::fs::create_dir_all(world.path().parent().expect("has one")).expect("makes");
    Connection::open(world.path()).expect("opens").execute_batch(VERSION_1).expect("fills");
    whole_and_going_on(&world);
    if let Some(world) = World::postgres() {
        world.tamper(VERSION_1_POSTGRES);
        whole_and_going_on(&world);
    }
}

fn whole_and_going_on(world: &World) {
    let mut ledger = world.with(0);
    let anchor = Head { size: 5, hash: "0e8913f4cb75eb12a3399db98ab2e430dd899ce6b82e8298e21968949c21db89".to_owned() };
    let verified = ledger.verify(std::slice::from_ref(&anchor)).expect("reads");
    assert!(verified.is_whole() && verified.anchored == 5, "{:?}", verified.problems);
    let kinds: Vec<String> = ledger.entries(1, 10).expect("reads").into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [kind::OBSERVATION, kind::VERDICT, kind::DECISION, kind::DRILL, kind::RUN]);
    let blob = ledger.get_blob("6ffa907337e6ae2481219d1e7573fb858a4ae9cbd09f291a772fa590d1bf4489").expect("reads");
    assert_eq!(blob.as_deref(), Some(b"a long history".as_slice()));
    assert_eq!(ledger.append(kind::RUN, 1, "{}", 6).expect("appends").prev, anchor.hash);
}
