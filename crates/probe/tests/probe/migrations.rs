//! `sql.migrations`: Alembic and Django with the real tools, sqlx with what its real tool wrote, the others by their formats.

#![expect(clippy::disallowed_methods, reason = "the tests run the tools whose ledgers they read")]

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use crate::postgres_server::{Server, skip};
use crate::world::{Place, blind, broken, held, not_seen};

const DONE: &str = "obs.up_to_date && size(obs.pending) == 0";

/// A database beside the repository, known as `db`.
fn place_with(schema: &str) -> Place {
    let mut place = Place::new();
    let file = place.around().join("app.db");
    place.file("db", &file);
    run(&place, schema);
    place
}

fn run(place: &Place, sql: &str) {
    Connection::open(place.around().join("app.db")).expect("opens").execute_batch(sql).expect("runs");
}

/// A Python in which a tool is installed: what `scripts/test` made, else the one on PATH.
fn python(test: &str, module: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-python/bin/python");
    let has = |python: &PathBuf| {
        let tried = Command::new(python).args(["-c", &format!("import {module}")]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = [own, PathBuf::from("python3")].into_iter().find(has);
    if found.is_none() {
        skip(test, module);
    }
    found
}

/// Runs a tool in the repository; what it said.
fn tool(python: &Path, place: &Place, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(python).arg("-m").args(arguments).current_dir(&place.world.directory).output();
    let output = output.expect("runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn ran(python: &Path, place: &Place, arguments: &[&str]) {
    let (is_good, said) = tool(python, place, arguments);
    assert!(is_good, "{arguments:?}: {said}");
}

fn alembic(python: &Path, place: &Place, url: &str) {
    ran(python, place, &["alembic", "init", "migrations"]);
    let ini = place.world.directory.join("alembic.ini");
    let text = outside::files::read_text(&ini, 100_000).expect("reads");
    let line = text.lines().find(|line| line.starts_with("sqlalchemy.url")).expect("is there");
    place.write("alembic.ini", &text.replace(line, &format!("sqlalchemy.url = {url}")));
    ran(python, place, &["alembic", "revision", "-m", "one", "--rev-id", "aaa1"]);
    ran(python, place, &["alembic", "revision", "-m", "two", "--rev-id", "bbb2"]);
}

#[tokio::test]
async fn alembic_is_up_to_date_or_each_kind_of_drift_turns() {
    let test = "alembic_is_up_to_date_or_each_kind_of_drift_turns";
    let Some(python) = python(test, "alembic") else { return };
    let place = place_with("");
    let with = "{component: db, tool: alembic, path: migrations}";
    alembic(&python, &place, &format!("sqlite:///{}", place.around().join("app.db").display()));
    blind(&place.look("sql.migrations", with).await, "no such table");
    ran(&python, &place, &["alembic", "upgrade", "aaa1"]);
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, DONE);
    held(&seen, "obs.files == 2 && obs.applied == 1 && obs.pending.all(p, p.endsWith('bbb2_two.py'))");
    ran(&python, &place, &["alembic", "upgrade", "head"]);
    let seen = place.look("sql.migrations", with).await;
    held(&seen, DONE);
    held(&seen, "obs.heads == 1 && obs.applied == 2 && size(obs.unknown_applied) == 0 && 'bbb2' in obs.head_names");
    not_seen(&seen, "size(obs.changed) == 0");

    // Two heads: the tool itself refuses to go to the head.
    ran(&python, &place, &["alembic", "revision", "-m", "side", "--rev-id", "ccc3", "--head", "aaa1", "--splice"]);
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, "obs.heads == 1");
    broken(&seen, DONE);
    assert!(!tool(&python, &place, &["alembic", "upgrade", "head"]).0, "two heads cannot be gone to");
    ran(&python, &place, &["alembic", "merge", "-m", "both", "--rev-id", "ddd4", "bbb2", "ccc3"]);
    let seen = place.look("sql.migrations", with).await;
    held(&seen, "obs.heads == 1");
    broken(&seen, DONE);
    ran(&python, &place, &["alembic", "upgrade", "head"]);
    let seen = place.look("sql.migrations", with).await;
    held(&seen, DONE);
    held(&seen, "obs.files == 4 && obs.applied == 4 && obs.heads == 1");

    // The database went further than the repository.
    let folder = place.world.directory.join("migrations/versions");
    std::fs::rename(folder.join("ddd4_both.py"), place.around().join("ddd4_both.py")).expect("moves");
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, DONE);
    held(&seen, "'ddd4' in obs.unknown_applied");
    std::fs::rename(place.around().join("ddd4_both.py"), folder.join("ddd4_both.py")).expect("moves");
    // A revision in the middle is lost, or computed: nothing can be said.
    let middle = folder.join("bbb2_two.py");
    let text = outside::files::read_text(&middle, 100_000).expect("reads");
    place.write("migrations/versions/bbb2_two.py", &text.replace("= 'bbb2'", "= make('bbb2')"));
    blind(&place.look("sql.migrations", with).await, "`revision` is computed");
    std::fs::remove_file(&middle).expect("removes");
    blind(&place.look("sql.migrations", with).await, "which has no file");
    blind(&place.look("sql.migrations", "{component: db, tool: alembic, path: migration}").await, "is no directory");
}

#[tokio::test]
async fn alembic_on_postgres_is_asked_in_its_schema() {
    let test = "alembic_on_postgres_is_asked_in_its_schema";
    let (Some(python), Some(server)) = (python(test, "alembic, psycopg2"), Server::start(test, &[])) else { return };
    let place = server.place();
    let url = format!("postgresql+psycopg2://postgres@127.0.0.1:{}/postgres", server.at().port());
    alembic(&python, &place, &url);
    ran(&python, &place, &["alembic", "upgrade", "head"]);
    let with = "{component: pg, user: postgres, tool: alembic, path: migrations/versions}";
    held(&place.look("sql.migrations", with).await, DONE);
    ran(&python, &place, &["alembic", "downgrade", "-1"]);
    broken(&place.look("sql.migrations", with).await, DONE);
    let elsewhere = "{component: pg, user: postgres, tool: alembic, path: migrations, schema: app}";
    blind(&place.look("sql.migrations", elsewhere).await, "\"app.alembic_version\" does not exist");
    server.run_sql("CREATE ROLE probe LOGIN");
    let denied = "{component: pg, user: probe, database: postgres, tool: alembic, path: migrations}";
    blind(&place.look("sql.migrations", denied).await, "permission denied for table alembic_version");
}

#[tokio::test]
async fn django_is_up_to_date_or_each_kind_of_drift_turns() {
    let test = "django_is_up_to_date_or_each_kind_of_drift_turns";
    let Some(python) = python(test, "django") else { return };
    let place = place_with("");
    ran(&python, &place, &["django", "startproject", "site_", "."]);
    let manage = |arguments: &[&str]| {
        let run = Command::new(&python).arg("manage.py").args(arguments).current_dir(&place.world.directory).output();
        let output = run.expect("runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    manage(&["startapp", "shop"]);
    let settings = outside::files::read_text(&place.world.directory.join("site_/settings.py"), 100_000);
    let settings = settings.expect("reads").replace("INSTALLED_APPS = [", "INSTALLED_APPS = ['shop',");
    let file = place.around().join("app.db");
    place.write("site_/settings.py", &settings.replace("BASE_DIR / 'db.sqlite3'", &format!("'{}'", file.display())));
    let model = |fields: &str| {
        let text = format!("from django.db import models\nclass A(models.Model):\n{fields}");
        place.write("shop/models.py", &text);
    };
    model("    x = models.IntegerField()\n");
    manage(&["makemigrations"]);
    manage(&["migrate"]);
    let with = "{component: db, tool: django, path: shop}";
    let seen = place.look("sql.migrations", with).await;
    held(&seen, DONE);
    held(&seen, "obs.files == 1 && obs.heads == 1 && size(obs.unknown_applied) == 0");
    model("    x = models.IntegerField()\n    y = models.IntegerField(default=1)\n");
    manage(&["makemigrations", "-n", "second"]);
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, DONE);
    held(&seen, "'shop/migrations/0002_second.py' in obs.pending && obs.heads == 1");
    manage(&["migrate"]);
    held(&place.look("sql.migrations", with).await, DONE);

    // Squashed: what it replaces is recorded, so it is applied.
    manage(&["squashmigrations", "--no-input", "shop", "0002"]);
    let seen = place.look("sql.migrations", with).await;
    held(&seen, DONE);
    held(&seen, "obs.files == 3 && obs.heads == 1");
    for name in ["0001_initial", "0002_second"] {
        std::fs::remove_file(place.world.directory.join(format!("shop/migrations/{name}.py"))).expect("removes");
    }
    held(&place.look("sql.migrations", with).await, DONE);
    // Two that follow from the same, and a record without a file.
    let text = "from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [('shop', \
        '0001_initial_squashed_0002_second')]\n    operations = []\n";
    place.write("shop/migrations/0003_one.py", text);
    place.write("shop/migrations/0003_two.py", text);
    broken(&place.look("sql.migrations", with).await, "obs.heads == 1");
    // What others installed is not the application's, wherever it lies.
    place.write("shop/lib/site-packages/blog/migrations/0001_initial.py", text);
    held(&place.look("sql.migrations", with).await, "obs.files == 3");
    run(&place, "INSERT INTO django_migrations(app, name, applied) VALUES ('shop', '0009_gone', '2026-01-01')");
    held(&place.look("sql.migrations", with).await, "'shop.0009_gone' in obs.unknown_applied");
}

#[tokio::test]
async fn revisions_of_several_directories_are_one_graph() {
    let place = place_with("CREATE TABLE alembic_version(version_num TEXT); INSERT INTO alembic_version VALUES('b')");
    let revision = |name: &str, down: &str, more: &str| {
        format!("\"\"\"words\nrevision = 'no'\n\"\"\"\nrevision = '{name}'\ndown_revision = {down}\n{more}")
    };
    place.write("app/versions/a.py", &revision("a", "None", ""));
    place.write("app/versions/b.py", &revision("b", "'a'", ""));
    place.write("app/env.py", "run()");
    place.write("more/c.py", &revision("c", "None", "branch_labels = ('side',)"));
    let with = "{component: db, tool: alembic, path: [app, more]}";
    let seen = place.look("sql.migrations", with).await;
    held(&seen, "'more/c.py' in obs.pending && obs.heads == 2 && obs.applied == 2");
    // What is depended on was applied, too, by its name or its label.
    for depends in ["'c'", "['side']", "(\n  'c',\n)"] {
        place.write("app/versions/b.py", &revision("b", "'a'", &format!("depends_on = {depends}")));
        held(&place.look("sql.migrations", with).await, DONE);
    }
    for (path, text, why) in [
        ("app/versions/b.py", revision("a", "'a'", ""), "are both revision a"),
        ("app/versions/b.py", revision("b", "'a'", "revision = 'x'"), "assigned more than once"),
        ("app/versions/b.py", revision("b", "('a', 'z')", ""), "which has no file"),
        ("app/versions/b.py", "import alembic".to_owned(), "no `revision` is assigned"),
        ("app/versions/b.py", "revision = 'b".to_owned(), "does not end"),
        ("app/versions/b.py", revision("b", "'a'", "depends_on = other()"), "`depends_on` is computed"),
    ] {
        place.write(path, &text);
        blind(&place.look("sql.migrations", with).await, why);
    }
    place.write("app/versions/b.py", &revision("b", "'a'", ""));
    place.write("app/versions/a.py", &revision("a", "'b'", ""));
    place.write("more/c.py", &revision("c", "'b'", ""));
    held(&place.look("sql.migrations", with).await, "'more/c.py' in obs.pending");
    place.write("app/versions/old/d.py", &revision("d", "None", ""));
    blind(&place.look("sql.migrations", with).await, "name its directory in `path`");
}

/// What sqlx-cli 0.9.0 wrote for these two files.
const SQLX: &str = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL,
        execution_time BIGINT NOT NULL);
    INSERT INTO _sqlx_migrations VALUES (20240101000000, 'a', '2024-01-01', 1, x'583D066AF727334D6DE514DB967724D84C97CF4CEDCA86563509529C1B302EDD8B8EEA7FCFB88B99FF321143D9A6A49D', 1);
    INSERT INTO _sqlx_migrations VALUES (20240102000000, 'b', '2024-01-01', 1, x'70F98569396F583DA6D9DD4DBBCEFD8633B833D8CEE15F05CC764BF4E8D5FC865643C39A11D31FA49C16E1ED9F0D7B9D', 1)";

#[tokio::test]
async fn sqlx_is_up_to_date_or_a_changed_file_a_failed_one_and_a_new_one_turn() {
    let place = place_with(SQLX);
    place.write("migrations/20240101000000_a.sql", "CREATE TABLE a(x INTEGER);\n");
    place.write("migrations/20240102000000_b.up.sql", "-- two\nCREATE TABLE b(x INTEGER);\n");
    place.write("migrations/20240102000000_b.down.sql", "DROP TABLE b;\n");
    let with = "{component: db, tool: sqlx, path: migrations}";
    let expect = "obs.up_to_date && size(obs.changed) == 0";
    let seen = place.look("sql.migrations", with).await;
    held(&seen, expect);
    held(&seen, "obs.files == 2 && obs.applied == 2");
    not_seen(&seen, "obs.heads == 1");

    place.write("migrations/20240101000000_a.sql", "CREATE TABLE a(x INTEGER) ;\n");
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, expect);
    held(&seen, "'migrations/20240101000000_a.sql' in obs.changed && size(obs.pending) == 0");
    place.write("migrations/20240101000000_a.sql", "CREATE TABLE a(x INTEGER);\n");

    place.write("migrations/20240103000000_c.sql", "SELECT 1;\n");
    broken(&place.look("sql.migrations", with).await, DONE);
    std::fs::remove_file(place.world.directory.join("migrations/20240103000000_c.sql")).expect("removes");
    held(&place.look("sql.migrations", with).await, DONE);

    run(&place, "UPDATE _sqlx_migrations SET success = 0 WHERE version = 20240102000000");
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, "size(obs.failed) == 0");
    broken(&seen, DONE);
    run(&place, "UPDATE _sqlx_migrations SET success = 1, version = 20240104000000 WHERE version = 20240102000000");
    let seen = place.look("sql.migrations", with).await;
    held(&seen, "'20240104000000' in obs.unknown_applied && size(obs.pending) == 1");
    place.write("migrations/first_c.sql", "SELECT 1;\n");
    blind(&place.look("sql.migrations", with).await, "does not begin with a version");
}

#[tokio::test]
async fn checksums_are_read_from_postgres_too() {
    let Some(server) = Server::start("checksums_are_read_from_postgres_too", &[]) else { return };
    let place = server.place();
    server.run_sql(&SQLX.replace("BLOB", "BYTEA").replace(", 1, x'", ", true, '\\x"));
    place.write("migrations/20240101000000_a.sql", "CREATE TABLE a(x INTEGER);\n");
    place.write("migrations/20240102000000_b.sql", "-- two\nCREATE TABLE b(x INTEGER);\n");
    let with = "{component: pg, user: postgres, tool: sqlx, path: migrations}";
    held(&place.look("sql.migrations", with).await, "obs.up_to_date && size(obs.changed) == 0 && obs.applied == 2");
    place.write("migrations/20240102000000_b.sql", "-- too\nCREATE TABLE b(x INTEGER);\n");
    broken(&place.look("sql.migrations", with).await, "size(obs.changed) == 0");
    server.run_sql("UPDATE _sqlx_migrations SET success = false");
    broken(&place.look("sql.migrations", with).await, "size(obs.failed) == 0");
}

#[tokio::test]
async fn flyway_knows_versions_checksums_failures_and_what_repeats() {
    let place = place_with(
        "CREATE TABLE flyway_schema_history(installed_rank INT, version TEXT, description TEXT, type TEXT, script TEXT,
            checksum INT, installed_by TEXT, installed_on TEXT, execution_time INT, success BOOLEAN);
        INSERT INTO flyway_schema_history VALUES(1, '1', 'base', 'BASELINE', 'base', NULL, 'x', '', 1, 1),
            (2, '1.1', 'digits', 'SQL', 'V1_1__digits.sql', -873187034, 'x', '', 1, 1),
            (3, NULL, 'views', 'SQL', 'R__views.sql', -873187034, 'x', '', 1, 1)",
    );
    place.write("sql/V0_9__old.sql", "before the baseline");
    place.write("sql/deep/V1.1__digits.sql", "12345\r\n6789\r\n");
    place.write("sql/R__views.sql", "123456789");
    let with = "{component: db, tool: flyway, path: sql}";
    let expect = "obs.up_to_date && size(obs.changed) == 0";
    let seen = place.look("sql.migrations", with).await;
    held(&seen, expect);
    held(&seen, "obs.files == 3 && obs.applied == 3");
    place.write("sql/deep/V1.1__digits.sql", "12345\n6780\n");
    broken(&place.look("sql.migrations", with).await, "size(obs.changed) == 0");
    place.write("sql/deep/V1.1__digits.sql", "12345\n6789");
    place.write("sql/R__views.sql", "1234567890");
    broken(&place.look("sql.migrations", with).await, DONE);
    place.write("sql/R__views.sql", "123456789");
    place.write("sql/V1.10__new.sql", "x");
    held(&place.look("sql.migrations", with).await, "'sql/V1.10__new.sql' in obs.pending && !obs.up_to_date");
    let insert = |rank: u8, kind: &str, success: u8| {
        let script = "V1.10__new.sql";
        format!(
            "INSERT INTO flyway_schema_history VALUES({rank}, '1.10', 'new', '{kind}', '{script}', NULL, '', '', 1, {success})"
        )
    };
    run(&place, &insert(4, "SQL", 0));
    broken(&place.look("sql.migrations", with).await, "size(obs.failed) == 0");
    run(&place, &insert(5, "SQL", 1));
    held(&place.look("sql.migrations", with).await, expect);
    run(&place, &insert(6, "UNDO_SQL", 1));
    held(&place.look("sql.migrations", with).await, "size(obs.pending) == 1");
    place.write("sql/V1.10.0__again.sql", "x");
    blind(&place.look("sql.migrations", with).await, "have the same version");
}

#[tokio::test]
async fn prisma_knows_what_is_unfinished_and_what_was_rolled_back() {
    let sum = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    let place = place_with(&format!(
        "CREATE TABLE _prisma_migrations(id TEXT, checksum TEXT, finished_at TEXT, migration_name TEXT, logs TEXT,
            rolled_back_at TEXT, started_at TEXT, applied_steps_count INT);
        INSERT INTO _prisma_migrations VALUES('1', '{sum}', 'x', '20240101_a', NULL, NULL, 'x', 1)"
    ));
    place.write("prisma/migrations/20240101_a/migration.sql", "1");
    place.write("prisma/migrations/migration_lock.toml", "provider = 'sqlite'");
    let with = "{component: db, tool: prisma, path: prisma/migrations}";
    let expect = "obs.up_to_date && size(obs.changed) == 0";
    held(&place.look("sql.migrations", with).await, expect);
    run(&place, "INSERT INTO _prisma_migrations VALUES('2', 'y', NULL, '20240101_a', NULL, 'x', 'x', 0)");
    held(&place.look("sql.migrations", with).await, expect);
    place.write("prisma/migrations/20240101_a/migration.sql", "2");
    broken(&place.look("sql.migrations", with).await, "size(obs.changed) == 0");
    place.write("prisma/migrations/20240101_a/migration.sql", "1");
    run(&place, "UPDATE _prisma_migrations SET rolled_back_at = NULL WHERE id = '2'");
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, expect);
    held(&seen, "'20240101_a' in obs.failed");
    run(&place, "UPDATE _prisma_migrations SET rolled_back_at = 'x'");
    held(&place.look("sql.migrations", with).await, "size(obs.pending) == 1");
}

#[tokio::test]
async fn rails_and_diesel_know_versions_only() {
    let place = place_with(
        "CREATE TABLE schema_migrations(version TEXT); INSERT INTO schema_migrations VALUES('20240101000000'), ('2');
        CREATE TABLE __diesel_schema_migrations(version TEXT, run_on TEXT);
        INSERT INTO __diesel_schema_migrations VALUES('20240101000000', 'x')",
    );
    place.write("db/migrate/20240101000000_a.rb", "");
    place.write("db/migrate/deep/002_b.rb", "");
    place.write("migrations/2024-01-01-000000_a/up.sql", "");
    place.write("migrations/2024-01-01-000000_a/down.sql", "");
    for (tool, path, new) in [
        ("rails", "db/migrate", "db/migrate/20240102000000_c.rb"),
        ("diesel", "migrations", "migrations/2024-01-02-000000_c/up.sql"),
    ] {
        let with = format!("{{component: db, tool: {tool}, path: {path}}}");
        let seen = place.look("sql.migrations", &with).await;
        held(&seen, DONE);
        not_seen(&seen, "size(obs.changed) == 0");
        place.write(new, "");
        broken(&place.look("sql.migrations", &with).await, DONE);
    }
    run(&place, "INSERT INTO schema_migrations VALUES('20240102000000'), ('20240103000000')");
    let seen = place.look("sql.migrations", "{component: db, tool: rails, path: db/migrate}").await;
    held(&seen, "'20240103000000' in obs.unknown_applied && size(obs.pending) == 0");
}

#[tokio::test]
async fn liquibase_is_locked_failed_pending_or_done() {
    let Some(server) = Server::start("liquibase_is_locked_failed_pending_or_done", &[]) else { return };
    server.run_sql(
        "CREATE TABLE databasechangelog(id text, author text, filename text, exectype text);
        CREATE TABLE databasechangeloglock(id int, locked boolean, lockgranted timestamp, lockedby text);
        INSERT INTO databasechangeloglock VALUES (1, false);
        INSERT INTO databasechangelog VALUES ('1', 'ann', 'db/changelog/a.sql', 'EXECUTED')",
    );
    let place = server.place();
    place.write("src/db/changelog/a.sql", "--liquibase formatted sql\n\n--changeset ann:1\nSELECT 1;\n");
    let with = "{component: pg, user: postgres, tool: liquibase, path: src/db}";
    let seen = place.look("sql.migrations", with).await;
    held(&seen, DONE);
    held(&seen, "!obs.locked && obs.files == 1");
    server.run_sql("UPDATE databasechangeloglock SET locked = true, lockgranted = LOCALTIMESTAMP - interval '3 hours'");
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, "!obs.locked");
    broken(&seen, "obs.locked_for < 1h");
    let more =
        "-- liquibase formatted sql\n--changeset ann:1\nSELECT 1;\n--changeset bob:2 runOnChange:true\nSELECT 2;\n";
    place.write("src/db/changelog/a.sql", more);
    broken(&place.look("sql.migrations", with).await, DONE);
    server.run_sql("INSERT INTO databasechangelog VALUES ('2', 'bob', 'db/changelog/a.sql', 'FAILED')");
    broken(&place.look("sql.migrations", with).await, "size(obs.failed) == 0");
    server.run_sql("UPDATE databasechangelog SET exectype = 'EXECUTED', author = 'rob' WHERE id = '2'");
    let seen = place.look("sql.migrations", with).await;
    held(&seen, "size(obs.pending) == 1 && size(obs.unknown_applied) == 1");
    place.write("src/db/broken.xml", "<databaseChangeLog><changeSet id='1'></databaseChangeLog>");
    assert_eq!(place.look("sql.migrations", with).await.subjects, 0);
}

#[tokio::test]
async fn changelogs_of_liquibase_are_read_in_each_format() {
    let rows = |records: &str| {
        format!(
            "CREATE TABLE databasechangelog(id text, author text, filename text, exectype text);
            CREATE TABLE databasechangeloglock(id int, locked boolean, lockgranted text, lockedby text);
            INSERT INTO databasechangelog VALUES {records}"
        )
    };
    let xml = |more: &str| {
        let head = "<databaseChangeLog xmlns='http://www.liquibase.org/xml/ns/dbchangelog'>\n<!-- <changeSet id='9' author='x'/> -->";
        format!(
            "<?xml version='1.0'?>\n{head}\n<changeSet id='1' author='ann'><sql>1</sql></changeSet>{more}</databaseChangeLog>"
        )
    };
    let yaml =
        "databaseChangeLog:\n- changeSet:\n    id: 2\n    author: bob\n    changes: []\n- include: {file: c.json}\n";
    let json =
        r#"{"databaseChangeLog": [{"logicalFilePath": "old/c.json"}, {"changeSet": {"id": "3", "author": "cy"}}]}"#;
    let place = place_with(&rows(
        "('1', 'ann', 'classpath:db/a.xml', 'EXECUTED'), ('2', 'bob', 'db/b.yaml', 'EXECUTED'),
            ('3', 'cy', 'old/c.json', 'MARK_RAN')",
    ));
    place.write("src/db/a.xml", &xml(""));
    place.write("src/db/b.yaml", yaml);
    place.write("src/db/c.json", json);
    place.write("src/db/application.yml", "spring: {}\n");
    place.write("src/db/plain.sql", "SELECT 1;\n");
    let with = "{component: db, tool: liquibase, path: src}";
    let seen = place.look("sql.migrations", with).await;
    held(&seen, DONE);
    held(&seen, "obs.files == 3 && !obs.locked && size(obs.unknown_applied) == 0");
    // Whether one with a context should have run is not known; one without one should have.
    place.write("src/db/a.xml", &xml("<changeSet id='4' author='ann' context='test'/>"));
    let seen = place.look("sql.migrations", with).await;
    not_seen(&seen, DONE);
    assert!(seen.trouble.expect("is told").contains("depends on its context"));
    place.write("src/db/a.xml", &xml("<changeSet id='4' author='ann'/>"));
    let seen = place.look("sql.migrations", with).await;
    broken(&seen, DONE);
    held(&seen, "'src/db/a.xml::ann:4' in obs.pending");
    place.write("src/db/a.xml", &xml("<changeSet id='${n}' author='ann'/>"));
    blind(&place.look("sql.migrations", with).await, "is filled in when it runs");
    // The same author and id in another file is another change.
    place.write("src/db/a.xml", &xml(""));
    std::fs::rename(place.world.directory.join("src/db/b.yaml"), place.world.directory.join("src/db/d.yaml"))
        .expect("moves");
    let seen = place.look("sql.migrations", with).await;
    held(&seen, "size(obs.pending) == 1 && 'db/b.yaml::bob:2' in obs.unknown_applied");
    place.write("src/db/d.yaml", "databaseChangeLog:\n- changeSet: &a {id: 2, author: bob}\n- changeSet: *a\n");
    assert_eq!(place.look("sql.migrations", with).await.subjects, 0);
}

#[tokio::test]
async fn migrations_are_looked_for_where_they_may_be() {
    let place = place_with(SQLX);
    place.write("migrations/readme.md", "none yet");
    let with = "{component: db, tool: sqlx, path: migrations}";
    blind(&place.look("sql.migrations", with).await, "no file there is a migration");
    std::os::unix::fs::symlink("/etc", place.world.directory.join("outer")).expect("links");
    blind(&place.look("sql.migrations", "{component: db, tool: sqlx, path: outer}").await, "leads out");
    for (with, wanted) in [
        ("{component: db, tool: sqlx}", "missing-key"),
        ("{component: db, path: a}", "missing-key"),
        ("{component: db, tool: goose, path: a}", "unknown-word"),
        ("{component: db, tool: django, path: shop/migrations}", "wrong-value"),
        ("{component: db, tool: sqlx, path: ../a}", "wrong-value"),
        ("{component: db, tool: sqlx, path: /a}", "wrong-value"),
        ("{component: db, tool: sqlx, path: a, schema: b}", "wrong-value"),
        ("{component: pg, tool: sqlx, path: a}", "missing-key"),
        ("{component: api, tool: sqlx, path: a}", "wrong-component"),
    ] {
        let problems = place.read("sql.migrations", with).expect_err(with);
        assert!(problems.iter().any(|problem| problem.rule == wanted), "{with}: {problems:?}");
    }
}
