//! `sql.backup`: the archive of a real server, and backup files made by the real `pg_dump`.

#![expect(clippy::disallowed_methods, reason = "the tests make the backups that they look at")]

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::postgres_server::Server;
use crate::world::{NOW, Place, blind, broken, held, not_seen};

const HOUR: i64 = 3600;

/// Dates a file so many seconds before the look.
fn aged(file: &Path, seconds: i64) {
    let at = u64::try_from(NOW / 1_000_000 - seconds).expect("is after 1970");
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
    OpenOptions::new().write(true).open(file).and_then(|file: File| file.set_modified(at)).expect("dates");
}

#[tokio::test]
async fn an_archive_that_works_holds_and_one_that_only_says_so_turns() {
    let test = "an_archive_that_works_holds_and_one_that_only_says_so_turns";
    let Some(server) = Server::start(test, &["archive_mode=on"]) else { return };
    let archive = server.directory().join("archive");
    std::fs::create_dir(&archive).expect("makes");
    let mut open = std::fs::metadata(&archive).expect("is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut open, 0o777);
    std::fs::set_permissions(&archive, open).expect("opens");
    let expect = "obs.archiving && !obs.archive_failing && obs.archived_age < 1min";
    let command = format!("cp %p {}/%f", archive.display());
    // Nothing was archived yet.
    broken(&server.look("sql.backup", "").await, expect);
    server.set("archive_command", &command);
    not_seen(&server.look("sql.backup", "").await, expect);
    server.run_sql("CREATE TABLE t(a int)");
    server.run_sql("SELECT pg_switch_wal()");
    server.wait("(SELECT archived_count > 0 FROM pg_stat_archiver)");
    let seen = server.look("sql.backup", "").await;
    held(&seen, expect);
    held(&seen, "obs.archived >= 1 && obs.archive_failures == 0 && !obs.archive_does_nothing");

    for void in ["/bin/true", "cp %p /dev/null", "", "echo %p"] {
        server.set("archive_command", void);
        let seen = server.look("sql.backup", "").await;
        broken(&seen, expect);
        held(&seen, "obs.archive_does_nothing");
    }
    server.set("archive_command", &format!("cp %p {}/none/%f", archive.display()));
    server.run_sql("CREATE TABLE u(a int)");
    server.run_sql("SELECT pg_switch_wal()");
    server.wait("(SELECT failed_count > 0 FROM pg_stat_archiver)");
    let seen = server.look("sql.backup", "").await;
    broken(&seen, expect);
    held(&seen, "obs.archive_failing && obs.archive_failures > 0");
    let standby = server.standby("second");
    let seen = standby.look("sql.backup", "").await;
    not_seen(&seen, "obs.archiving");
    assert!(seen.trouble.expect("is told").contains("this is a standby"));
}

#[tokio::test]
async fn a_server_that_archives_nothing_says_so() {
    let Some(server) = Server::start("a_server_that_archives_nothing_says_so", &[]) else { return };
    let seen = server.look("sql.backup", "").await;
    broken(&seen, "obs.archiving");
    held(&seen, "obs.archive_mode == 'off'");
    not_seen(&seen, "obs.archived_age < 1h");
}

#[tokio::test]
async fn a_backup_is_young_and_large_and_can_be_listed_or_it_turns() {
    let test = "a_backup_is_young_and_large_and_can_be_listed_or_it_turns";
    let Some(server) = Server::start(test, &[]) else { return };
    server.run_sql("CREATE TABLE t AS SELECT md5(n::text) AS a FROM generate_series(1, 5000) n");
    let mut place = server.place();
    let program = server.bin("pg_restore").display().to_string();
    place.system.exec_allowed.push(program.clone());
    place.write("backups/2025-11-11.dump", &"x".repeat(50_000));
    let file = place.world.directory.join("backups/2025-11-12.dump");
    let dump = |more: &[&str]| {
        let mut dump = Command::new(server.bin("pg_dump"));
        dump.args(["-h", "127.0.0.1", "-p", &server.at().port().to_string(), "-U", "postgres", "-Fc", "-f"]);
        assert!(dump.arg(&file).args(more).arg("postgres").status().expect("runs").success());
        aged(&file, 5 * HOUR);
    };
    aged(&place.world.directory.join("backups/2025-11-11.dump"), 29 * HOUR);
    dump(&[]);
    let with = format!("{{files: 'backups/*.dump', list_with: {program}}}");
    let expect = "obs.newest_age < 26h && obs.newest_bytes > 20kB && obs.list_ok && obs.list_tables_with_data >= 1";
    let seen = place.look("sql.backup", &with).await;
    held(&seen, expect);
    held(&seen, "obs.files == 2 && obs.previous_bytes == 50kB && obs.newest == 'backups/2025-11-12.dump'");
    held(&seen, "obs.newest_age == 5h && obs.oldest_age == 29h");

    // It is there and young, and there is nothing in it.
    dump(&["--schema-only"]);
    broken(&place.look("sql.backup", &with).await, expect);
    dump(&["--exclude-table-data=t"]);
    broken(&place.look("sql.backup", &with).await, "obs.list_tables_with_data >= 1");
    let text = "-- half a dump".repeat(3000);
    place.write("backups/2025-11-12.dump", &text);
    aged(&file, 5 * HOUR);
    broken(&place.look("sql.backup", &with).await, "obs.list_ok");
    // It is whole, and old.
    dump(&[]);
    aged(&file, 27 * HOUR);
    broken(&place.look("sql.backup", &with).await, expect);
    aged(&file, -HOUR);
    let seen = place.look("sql.backup", &with).await;
    not_seen(&seen, "obs.newest_bytes > 20kB");
    assert!(seen.trouble.expect("is told").contains("dated in the future"));
}

#[tokio::test]
async fn backup_files_are_looked_for_where_they_may_be() {
    let place = Place::new();
    let with = "{files: 'backups/*.dump'}";
    blind(&place.look("sql.backup", with).await, "its directory does not exist");
    place.write("backups/readme.md", "none yet");
    let seen = place.look("sql.backup", with).await;
    broken(&seen, "obs.files >= 1");
    not_seen(&seen, "obs.newest_age < 26h");
    assert_eq!(seen.grade, Some(evidence::Grade::Absent));
    std::os::unix::fs::symlink("/etc/passwd", place.world.directory.join("backups/a.dump")).expect("links");
    blind(&place.look("sql.backup", with).await, "leads out of the repository");
    outside::files::write_whole(&place.around().join("b.dump"), b"abc").expect("writes");
    aged(&place.around().join("b.dump"), HOUR);
    held(&place.look("sql.backup", "{files: '${scratch}/*.dump'}").await, "obs.newest_bytes == 3B && obs.files == 1");
    for (with, wanted) in [
        ("{}", "missing-key"),
        ("{files: /var/backups/*}", "wrong-value"),
        ("{files: ../*}", "wrong-value"),
        ("{files: 'a[b'}", "wrong-value"),
        ("{files: a, list_with: pg_restore}", "exec-not-allowed"),
        ("{files: a, user: p}", "unknown-key"),
        ("{component: db}", "wrong-component"),
    ] {
        let problems = place.read("sql.backup", with).expect_err(with);
        assert!(problems.iter().any(|problem| problem.rule == wanted), "{with}: {problems:?}");
    }
}
