//! The commands that are about the ledger itself, on a file and, where one is installed, on a PostgreSQL server.

use std::path::Path;

use crate::commands::Served;
use crate::stores::Postgres;
use crate::world::World;

/// A system that needs nothing but a file, and has a claim about it.
const FILE: &str = r#"seaworthy: 1
name: harbor
registers: [docs/risks.md]
claims:
  R-1:
    limit-is-set:
      says: the limit is set
      probe: file.value
      with: {path: limits.yaml, at: $.limit}
      expect: "obs.value == 5"
"#;

const RISKS: &str = "\
| ID | Risk | Likelihood | Impact | Status | Owner |
|----|------|------------|--------|--------|-------|
| R-1 | Too many ships | Low | High | Mitigated | harbor team |
";

fn harbor() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", FILE);
    world.write("docs/risks.md", RISKS);
    world.write("limits.yaml", "limit: 5\n");
    world
}

/// Entries by kind, from an export.
fn kinds(lines: &str) -> Vec<String> {
    let kind =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].as_str().unwrap().to_owned();
    lines.lines().map(kind).collect()
}

#[test]
fn anchors_are_kept_in_a_file_and_tell_what_they_vouch_for() {
    let world = harbor();
    assert!(world.run(&["ledger", "verify"]).exits(2).err.contains("there is no ledger"));
    let _looked = world.run(&["probe"]).exits(0);
    let said = world.run(&["ledger", "anchor"]).exits(0).out;
    assert!(said.starts_with("4:") && said.contains("seaworthy.anchors: commit it"), "{said}");
    assert!(world.run(&["ledger", "anchor"]).exits(0).out.contains("already"));
    let verified = world.run(&["ledger", "verify"]).exits(0).out;
    assert!(verified.contains("entries 1 to 4 are anchored by") && !verified.contains("not anchored"), "{verified}");
    let _looked = world.run(&["probe"]).exits(0);
    let verified = world.run(&["ledger", "verify"]).exits(0).out;
    let wanted = "entries 5 to 8 are not anchored: a cut or rewritten tail there cannot be seen";
    assert!(verified.contains("entries 1 to 4 are anchored") && verified.contains(wanted), "{verified}");
    let _anchored = world.run(&["ledger", "anchor"]).exits(0);
    tamper(&world, "DELETE FROM entry WHERE seq > 6");
    let verified = world.run(&["ledger", "verify"]).exits(1).out;
    assert!(verified.contains("the ledger ends at 6, but its anchor says 8: its tail was cut off"), "{verified}");
    let _refused = world.run(&["ledger", "anchor"]).exits(1);
    let without = world.run(&[
        "ledger",
        "verify",
        "--against",
        "0:ce45285cf2b1f622d90ad8d85fd9e6b7f53cc4bf32530e59bc3d91bb7cd43e06",
    ]);
    assert!(without.exits(0).out.contains("entries 1 to 6 are not anchored"), "without its anchor the cut is not seen");
    world.replace("seaworthy.anchors", "4:", "4");
    assert!(world.run(&["ledger", "verify"]).exits(2).err.contains("seaworthy.anchors:2"));
}

#[test]
fn a_ledger_whose_head_is_changed_is_not_whole_wherever_the_byte_is() {
    let world = harbor();
    let _looked = world.run(&["probe"]).exits(0);
    let path = world.path().join(".seaworthy/ledger.db");
    tamper(&world, "PRAGMA wal_checkpoint(TRUNCATE)");
    let sound = std::fs::read(&path).unwrap();
    // The magic, the page size, the format, the schema, the application: what SQLite reads before any entry.
    for at in [0, 15, 17, 21, 47, 62, 69] {
        let mut flawed = sound.clone();
        flawed[at] ^= 0x41;
        std::fs::write(&path, &flawed).unwrap();
        let told = world.run(&["ledger", "verify"]);
        assert!(told.code == Some(1), "byte {at}: {told:?}");
    }
    std::fs::write(&path, &sound).unwrap();
    let _whole = world.run(&["ledger", "verify"]).exits(0);
}

fn tamper(world: &World, sql: &str) {
    let connection = rusqlite::Connection::open(world.path().join(".seaworthy/ledger.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn a_ledger_is_exported_line_by_line_and_nothing_is_pruned_that_is_young() {
    let world = harbor();
    let _looked = world.run(&["probe"]).exits(0);
    let lines = world.run(&["ledger", "export"]).exits(0).out;
    assert_eq!(kinds(&lines), ["run", "observation", "verdict", "run"]);
    assert_eq!(kinds(&world.run(&["ledger", "export", "--from", "3"]).exits(0).out), ["verdict", "run"]);
    assert!(lines.contains(r#"\"run\":"#), "every body names its run: {lines}");
    let said = world.run(&["ledger", "prune", "--older-than", "90d"]).exits(0).out;
    assert_eq!(said, "0 histories removed, 0 younger ones kept\n");
    assert!(world.run(&["ledger", "prune", "--older-than", "soon"]).exits(2).err.contains("`90d`"));
}

#[test]
fn a_ledger_that_may_not_be_asked_is_named_and_nothing_begins() {
    let world = harbor();
    for (address, word) in [
        ("postgres://ann@192.0.2.1/risks", "neither loopback nor allowed"),
        ("postgres://ann:secret@127.0.0.1/risks", "${env:NAME}"),
        ("mysql://ann@127.0.0.1/risks", "no address of a ledger"),
    ] {
        for arguments in [&["probe"][..], &["ledger", "verify"], &["ledger", "move", "--to", address]] {
            let flag = ["--ledger", address];
            let all = if arguments.contains(&"move") { arguments.to_vec() } else { [arguments, &flag].concat() };
            let said = world.run(&all);
            assert!(said.code == Some(2) || said.code == Some(3), "{all:?}: {said:?}");
            assert!(said.err.contains(word) && !said.err.contains("secret"), "{all:?}: {}", said.err);
        }
    }
    assert!(!world.path().join(".seaworthy/ledger.db").exists());
    world.replace("seaworthy.yaml", "name: harbor\n", "name: harbor\nledger: postgres://ann:secret@127.0.0.1/risks\n");
    let said = world.run(&["ledger", "verify"]).exits(2).err;
    assert!(said.contains("`ledger` holds a password"), "{said}");
}

#[test]
fn a_team_moves_its_ledger_to_postgres_and_goes_on_there() {
    let Some(postgres) = Postgres::here("a_team_moves_its_ledger_to_postgres_and_goes_on_there") else { return };
    let world = harbor();
    let _looked = world.run(&["probe"]).exits(0);
    let password = postgres.password().to_owned();
    let address = format!("postgres://postgres:${{env:LEDGER_WORD}}@{}/postgres", postgres.at());
    let run = |arguments: &[&str], code: i32| {
        let mut command = world.command(arguments);
        crate::world::Said::of(command.env("LEDGER_WORD", &password).output().unwrap()).exits(code)
    };
    assert!(world.run(&["ledger", "move", "--to", &address]).exits(2).err.contains("LEDGER_WORD is not set"));
    let moved = run(&["ledger", "move", "--to", &address], 0);
    assert!(moved.out.starts_with("moved 4 entries and 0 histories to postgres://postgres@127.0.0.1"), "{}", moved.out);
    world.replace("seaworthy.yaml", "name: harbor\n", &format!("name: harbor\nledger: {address}\n"));
    let _looked = run(&["probe"], 0);
    world.write("limits.yaml", "limit: 6\n");
    let _looked = run(&["probe"], 1);
    let _anchored = run(&["ledger", "anchor"], 0);
    let verified = run(&["ledger", "verify"], 0).out;
    assert!(
        verified.contains("12 entries, head 12:") && verified.contains("entries 1 to 12 are anchored"),
        "{verified}"
    );
    let report = run(&["report", "--format", "json"], 0).out;
    assert!(report.contains("broken") && !report.contains(&password), "{report}");
    assert_eq!(kinds(&run(&["ledger", "export"], 0).out).len(), 12);
    let mut served = Served::with(&world, &[("LEDGER_WORD", &password)]);
    let page = served.ask("GET", "/api/v1/ledger?limit=500");
    assert!(page.contains("\"size\":12") && page.matches("\"kind\":\"verdict\"").count() == 3, "{page}");
    assert!(served.ask("GET", "/api/v1/verify").contains("\"whole\":true"));
    assert_eq!(served.stop("TERM"), Some(0));
    assert!(run(&["ledger", "move", "--to", "sqlite:back.db"], 0).out.starts_with("moved 12 entries"));
    assert!(Path::new(&world.path().join("back.db")).exists());
    let old = run(&["ledger", "verify", "--ledger", ".seaworthy/ledger.db"], 1).out;
    assert!(
        old.contains("the ledger ends at 4"),
        "the old place stays as it was, and the anchor tells it is old: {old}"
    );
    drop(postgres);
    let gone = run(&["probe"], 3).err;
    assert!(gone.contains("cannot be reached") && gone.contains("nothing was decided"), "{gone}");
}
