//! What may be opened, and what is refused by name before anything in it is changed.

use std::path::Path;

use ledger::{Error, Ledger, MAX_PAGES, kind};

use crate::world::{World, on_both};

#[test]
fn reading_a_ledger_that_is_not_there_makes_nothing() {
    on_both(|world| {
        for _ in 0..2 {
            let error = Ledger::open_read_only(world.address()).expect_err("is missing");
            assert!(matches!(error, Error::Missing { .. }), "{error}");
        }
        assert!(!world.path().exists());
    });
}

#[test]
fn a_read_only_ledger_reads_and_refuses_to_append() {
    on_both(|world| {
        drop(world.with(2));
        let mut ledger = Ledger::open_read_only(world.address()).expect("opens");
        assert_eq!(ledger.head().expect("reads").size, 2);
        let error = ledger.append(kind::RUN, 1, "{}", 0).expect_err("refuses");
        assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
        assert!(ledger.put_blob(b"x").is_err());
    });
}

#[test]
fn a_new_ledger_is_ignored_by_git() {
    let world = World::new();
    drop(world.with(0));
    let ignore = world.path().with_file_name(".gitignore");
    assert_eq!(std::fs::read_to_string(ignore).expect("is there"), "*\n");
}

fn opened_after(bytes: &[u8]) -> Error {
    let world = World::new();
    drop(world.with(0));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", world.path().display()));
    }
    std::fs::write(world.path(), bytes).expect("writes");
    let error = Ledger::open(&world.path()).expect_err("refuses");
    assert_eq!(std::fs::read(world.path()).expect("reads"), bytes, "the file was changed");
    assert!(Ledger::open_read_only(&world.path()).is_err());
    error
}

#[test]
fn a_text_file_is_not_a_ledger() {
    let error = opened_after(&b"# Risks\nnot a database at all, but long enough to be read as one\n".repeat(20));
    assert!(matches!(error, Error::NotADatabase { .. }), "{error}");
    assert!(error.to_string().contains("move it away"));
}

#[test]
fn a_database_of_somebody_else_is_left_alone() {
    let directory = tempfile::tempdir().expect("makes a directory");
    let path = directory.path().join("app.db");
    let connection = rusqlite::Connection::open(&path).expect("opens");
    connection.execute_batch("CREATE TABLE entry(seq INTEGER PRIMARY KEY); PRAGMA user_version=1").expect("fills");
    drop(connection);
    let error = opened_after(&std::fs::read(&path).expect("reads"));
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
}

#[test]
fn a_newer_ledger_is_refused_with_both_versions_and_what_to_do() {
    on_both(|world| {
        drop(world.with(1));
        world.tamper(if world.is_postgres() { "UPDATE about SET version=2" } else { "PRAGMA user_version=2" });
        for error in [
            Ledger::open(world.address()).expect_err("refuses"),
            Ledger::open_read_only(world.address()).expect_err("refuses"),
        ] {
            assert!(matches!(error, Error::Newer { found: 2, known: 1, .. }), "{error}");
            assert!(error.to_string().contains("use a newer seaworthy"), "{error}");
        }
    });
}

#[test]
fn a_ledger_cut_in_half_is_damaged_and_never_whole() {
    let world = World::new();
    let mut ledger = world.with(1);
    for at in 0..20 {
        ledger.append(kind::DRILL, 1, &"x".repeat(3000), at).expect("appends");
    }
    drop(ledger);
    let bytes = std::fs::read(world.path()).expect("reads");
    std::fs::write(world.path(), &bytes[..bytes.len() / 2 / 4096 * 4096]).expect("writes");
    let found = Ledger::open(&world.path()).and_then(|ledger| ledger.verify(&[]));
    assert!(matches!(found, Err(Error::Damaged { .. })), "{found:?}");
}

#[test]
fn an_interrupted_beginning_is_begun_again() {
    let world = World::new();
    drop(world.with(0));
    std::fs::write(world.path(), b"").expect("writes");
    assert!(matches!(Ledger::open_read_only(&world.path()), Err(Error::Missing { .. })));
    assert_eq!(world.with(2).head().expect("reads").size, 2);
}

#[test]
fn a_full_ledger_says_so_keeps_what_it_has_and_takes_no_half_entry() {
    let world = World::new();
    let mut ledger = Ledger::open_within(&world.path(), 32).expect("opens");
    let mut kept = 0;
    let error = loop {
        match ledger.append(kind::DRILL, 1, &"x".repeat(5000), kept) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "the limit does not work");
    };
    assert!(matches!(error, Error::Full { limit_bytes: 131_072, .. }), "{error}");
    assert!(error.to_string().contains("free disk space"));
    let verified = ledger.verify(&[]).expect("reads");
    assert!(verified.is_whole() && verified.size == kept.unsigned_abs());
    drop(ledger);
    let mut larger = Ledger::open_within(&world.path(), MAX_PAGES).expect("opens");
    assert_eq!(larger.append(kind::RUN, 1, "{}", 0).expect("appends").seq, verified.size + 1);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let error = Ledger::open(Path::new("/proc/seaworthy/ledger.db")).expect_err("refuses");
    assert!(matches!(error, Error::CannotOpen { .. }), "{error}");
    assert!(error.to_string().contains("/proc/seaworthy/ledger.db"));
    let world = World::new();
    let error =
        Ledger::open(world.path().parent().expect("has one").parent().expect("has one")).expect_err("a directory");
    assert!(matches!(error, Error::CannotOpen { .. }), "{error}");
}
