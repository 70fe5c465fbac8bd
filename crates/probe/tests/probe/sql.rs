//! `sql.query` on SQLite: what is seen, and that nothing can be changed.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::world::{Place, blind, broken, held, not_seen};

/// A database in the scratch directory, known as `db`.
fn database(schema: &str) -> (Place, PathBuf) {
    let mut place = Place::new();
    let file = place.around().join("app.db");
    Connection::open(&file).expect("opens").execute_batch(schema).expect("fills");
    place.file("db", &file);
    (place, file)
}

const EVENTS: &str = "CREATE TABLE events(id TEXT PRIMARY KEY, user TEXT, at INTEGER, score REAL, data BLOB);
    INSERT INTO events VALUES('a', 'ann', 1, 0.5, x'00'), ('b', NULL, 2, NULL, NULL), ('c', 'ann', 3, 1.0, NULL);";

#[tokio::test]
async fn an_index_holds_and_its_removal_in_a_copy_turns() {
    let query = "SELECT name FROM sqlite_master WHERE type = 'index' AND name = 'events_by_user'";
    let with = format!("{{component: db, query: \"{query}\"}}");
    let (place, file) = database(&format!("{EVENTS} CREATE INDEX events_by_user ON events(user, at);"));
    let seen = place.look("sql.query", &with).await;
    held(&seen, "obs.rows == 1 && obs.value == 'events_by_user'");
    held(&seen, "obs.row.name == 'events_by_user'");
    assert_eq!(seen.source, format!("db: {query}"));
    Connection::open(file).expect("opens").execute_batch("DROP INDEX events_by_user").expect("drops");
    let seen = place.look("sql.query", &with).await;
    broken(&seen, "obs.rows == 1");
    not_seen(&seen, "obs.value == 'events_by_user'");
}

#[tokio::test]
async fn a_retention_that_runs_holds_and_one_that_stopped_turns() {
    let query = "SELECT count(*) FROM events WHERE at < 1000 - 90";
    let with = format!("{{component: db, query: '{query}'}}");
    let (place, file) = database("CREATE TABLE events(id TEXT, at INTEGER); INSERT INTO events VALUES('new', 950);");
    held(&place.look("sql.query", &with).await, "obs.value == 0");
    Connection::open(file).expect("opens").execute("INSERT INTO events VALUES('old', 900)", ()).expect("writes");
    broken(&place.look("sql.query", &with).await, "obs.value == 0");
}

#[tokio::test]
async fn values_have_their_types_and_null_is_not_seen() {
    let (place, _) = database(EVENTS);
    let seen = place.look("sql.query", "{component: db, query: 'SELECT * FROM events ORDER BY id;'}").await;
    held(&seen, "obs.rows == 3 && obs.value == 'a' && obs.row.at == 1 && obs.row.score == 0.5");
    held(&seen, "size(obs.values) == 3 && 'c' in obs.values");
    assert!(!seen.values.contains_key("row.data"));
    let seen = place.look("sql.query", "{component: db, query: 'SELECT user, at FROM events WHERE id = ''b'''}").await;
    held(&seen, "obs.rows == 1 && obs.row.at == 2");
    not_seen(&seen, "obs.value == 'ann'");
    let seen = place.look("sql.query", "{component: db, query: 'SELECT max(at) FROM events WHERE id = ''zz'''}").await;
    not_seen(&seen, "obs.value > 0");
    let seen = place.look("sql.query", "{component: db, query: PRAGMA journal_mode}").await;
    held(&seen, "obs.value == 'delete'");
}

#[tokio::test]
async fn statements_that_write_are_stopped_by_the_engine_too() {
    let (place, file) = database(EVENTS);
    let before = std::fs::read(&file).expect("reads");
    for query in [
        "WITH gone AS (SELECT 1) DELETE FROM events",
        "WITH x AS (SELECT 1) INSERT INTO events(id) SELECT 'x' FROM x",
        "EXPLAIN SELECT load_extension('x')",
        "SELECT load_extension('x')",
    ] {
        let seen = place.look("sql.query", &format!("{{component: db, query: \"{query}\"}}")).await;
        assert!(query.starts_with("EXPLAIN") || seen.subjects == 0, "{seen:?}");
    }
    assert_eq!(std::fs::read(&file).expect("reads"), before);
    blind(&place.look("sql.query", "{component: db, query: 'SELECT * FROM none'}").await, "no such table");
}

#[tokio::test]
async fn a_query_without_end_is_interrupted_at_its_deadline() {
    let (place, _) = database(EVENTS);
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let seen = place.look("sql.query", &format!("{{component: db, query: '{endless}', within: 50ms}}")).await;
    blind(&seen, "no answer within 50ms");
}

#[tokio::test]
async fn more_rows_than_are_read_are_at_least_so_many() {
    let (place, _) = database(EVENTS);
    let rows = |count: usize| {
        format!("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {count}) SELECT x FROM n")
    };
    let seen = place.look("sql.query", &format!("{{component: db, query: '{}'}}", rows(50_000))).await;
    held(&seen, "obs.rows > 10000 && obs.value == 1");
    not_seen(&seen, "obs.rows == 50000");
    not_seen(&seen, "obs.values.all(x, x < 100000)");
    let seen = place.look("sql.query", &format!("{{component: db, query: '{}'}}", rows(10_000))).await;
    held(&seen, "obs.rows == 10000");
}

#[tokio::test]
async fn a_database_that_is_not_there_or_none_is_not_made_and_not_seen() {
    let (mut place, file) = database(EVENTS);
    let with = "{component: db, query: SELECT 1}";
    let missing = place.around().join("missing.db");
    place.file("db", &missing);
    blind(&place.look("sql.query", with).await, "unable to open");
    assert!(!missing.exists());
    outside::files::write_whole(&file, &b"no database at all ".repeat(100)).expect("writes");
    place.file("db", &file);
    blind(&place.look("sql.query", "{component: db, query: SELECT * FROM events}").await, "not a database");
    blind(&Place::new().look("sql.query", with).await, "`db` has no file here");
}

#[tokio::test]
async fn looking_at_a_database_that_nobody_has_open_changes_no_byte_of_it() {
    let (place, file) = database(&format!("PRAGMA journal_mode=WAL; {EVENTS}"));
    let before = std::fs::read(&file).expect("reads");
    held(&place.look("sql.query", "{component: db, query: SELECT count(*) AS n FROM events}").await, "obs.row.n == 3");
    assert_eq!(std::fs::read(&file).expect("reads"), before);
    let names = std::fs::read_dir(place.around()).expect("lists").map(|entry| entry.expect("is there").file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["app.db", "repo"]);
}

#[tokio::test]
async fn a_running_writer_is_not_disturbed_and_seen_past() {
    let (place, file) = database(&format!("PRAGMA journal_mode=WAL; {EVENTS}"));
    let mut writer = Connection::open(file).expect("opens");
    let writing = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).expect("begins");
    writing.execute("INSERT INTO events(id) VALUES('d')", ()).expect("writes");
    held(&place.look("sql.query", "{component: db, query: SELECT count(*) AS n FROM events}").await, "obs.row.n == 3");
    writing.commit().expect("commits");
    held(&place.look("sql.query", "{component: db, query: SELECT count(*) AS n FROM events}").await, "obs.row.n == 4");
}
