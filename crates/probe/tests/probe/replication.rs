//! `sql.replication` and `sql.slots`, on a real primary with a real streaming standby.

use crate::postgres_server::Server;
use crate::world::{Place, blind, broken, held, not_seen};

const SAFE: &str = "obs.synchronous && obs.standbys >= 1";

/// A primary with a synchronous standby `second`.
fn pair(test: &str) -> Option<(Server, Server)> {
    let primary = Server::start(test, &[])?;
    let standby = primary.standby("second");
    primary.wait("EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')");
    primary.set("synchronous_standby_names", "second");
    primary.wait("EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')");
    Some((primary, standby))
}

#[tokio::test]
async fn synchronous_replication_holds_and_each_way_to_hollow_it_out_turns() {
    let Some((primary, standby)) = pair("synchronous_replication_holds_and_each_way_to_hollow_it_out_turns") else {
        return;
    };
    primary.run_sql("CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE ROLE app LOGIN; CREATE ROLE report LOGIN");
    primary.wait("(SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication)");
    let seen = primary.look("sql.replication", "").await;
    held(&seen, SAFE);
    held(&seen, "!obs.can_lose_acknowledged && !obs.is_standby && 'second' in obs.names");
    held(&seen, "obs.max_lag_bytes < 1MiB && obs.max_replay_lag < 10s && obs.synchronous_commit == 'on'");
    assert_eq!(seen.grade, Some(evidence::Grade::Live));

    // A role that need not wait.
    primary.run_sql("ALTER ROLE app SET synchronous_commit = 'OFF'");
    let seen = primary.look("sql.replication", "").await;
    broken(&seen, SAFE);
    broken(&seen, "size(obs.weakened_by) == 0");
    broken(&primary.look("sql.replication", "roles: [app]").await, SAFE);
    held(&primary.look("sql.replication", "roles: [report]").await, SAFE);
    primary.run_sql("ALTER ROLE app RESET synchronous_commit");
    held(&primary.look("sql.replication", "").await, SAFE);

    // The server does not wait.
    primary.set("synchronous_commit", "local");
    broken(&primary.look("sql.replication", "").await, SAFE);
    primary.set("synchronous_commit", "on");

    // Nobody is waited for.
    primary.set("synchronous_standby_names", "");
    let seen = primary.look("sql.replication", "").await;
    broken(&seen, SAFE);
    held(&seen, "obs.standbys == 1 && obs.can_lose_acknowledged");

    // Somebody else is waited for.
    primary.set("synchronous_standby_names", "third");
    broken(&primary.look("sql.replication", "").await, "obs.synchronous");
    primary.set("synchronous_standby_names", "second");
    primary.wait("EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')");
    held(&primary.look("sql.replication", "").await, SAFE);

    // The standby is gone.
    drop(standby);
    primary.wait("NOT EXISTS (SELECT FROM pg_stat_replication)");
    let seen = primary.look("sql.replication", "").await;
    broken(&seen, SAFE);
    not_seen(&seen, "obs.max_lag_bytes < 1MiB");
}

#[tokio::test]
async fn a_standby_says_that_it_is_one_and_knows_nothing_of_the_primary() {
    let Some((primary, standby)) = pair("a_standby_says_that_it_is_one_and_knows_nothing_of_the_primary") else {
        return;
    };
    let seen = standby.look("sql.replication", "").await;
    held(&seen, "obs.is_standby && obs.receiving && !obs.replay_paused");
    not_seen(&seen, SAFE);
    assert!(seen.source.contains("this is a standby"), "{}", seen.source);
    standby.run_sql("SELECT pg_wal_replay_pause()");
    broken(&standby.look("sql.replication", "").await, "!obs.replay_paused");
    drop(primary);
    standby.wait("NOT EXISTS (SELECT FROM pg_stat_wal_receiver)");
    let seen = standby.look("sql.replication", "").await;
    broken(&seen, "obs.receiving");
    not_seen(&seen, "obs.replay_lag < 1h");
}

#[tokio::test]
async fn a_role_that_is_shown_less_is_not_seen_rather_than_zero() {
    let test = "a_role_that_is_shown_less_is_not_seen_rather_than_zero";
    let Some(server) = Server::start(test, &[]) else { return };
    server.run_sql("CREATE ROLE probe LOGIN");
    for kind in ["sql.replication", "sql.saturation"] {
        let seen = server.look_as("probe", kind, "").await;
        blind(&seen, "role `probe` is not a member of pg_read_all_stats");
    }
    server.run_sql("GRANT pg_read_all_stats TO probe");
    let seen = server.look_as("probe", "sql.replication", "").await;
    held(&seen, "obs.standbys == 0 && !obs.synchronous");
    server.run_sql("ALTER ROLE probe SET synchronous_commit = off");
    let seen = server.look_as("probe", "sql.replication", "").await;
    not_seen(&seen, "obs.standbys == 0");
}

#[test]
fn presets_want_a_postgres_server_and_a_user() {
    let place = Place::new();
    for (with, wanted) in [
        ("{component: db, user: p}", "wrong-value"),
        ("{component: db}", "wrong-component"),
        ("{component: pg}", "missing-key"),
        ("{component: pg, user: p, password: secret}", "secret-in-text"),
        ("{component: pg, user: p, querry: x}", "unknown-key"),
        ("{user: p}", "missing-key"),
    ] {
        let problems = place.read("sql.replication", with).expect_err(with);
        assert!(problems.iter().any(|problem| problem.rule == wanted), "{with}: {problems:?}");
    }
}

#[tokio::test]
async fn a_slot_that_nobody_reads_turns_and_what_it_keeps_is_counted() {
    let Some((primary, standby)) = pair("a_slot_that_nobody_reads_turns_and_what_it_keeps_is_counted") else {
        return;
    };
    primary.set("synchronous_standby_names", "");
    let expect = "size(obs.inactive) == 0 && size(obs.lost) == 0 && obs.retained_bytes < 16MiB";
    primary.wait("EXISTS (SELECT FROM pg_replication_slots WHERE active AND restart_lsn IS NOT NULL)");
    let seen = primary.look("sql.slots", "").await;
    held(&seen, expect);
    held(&seen, "obs.slots == 1 && obs.active == 1 && obs.has_keep_limit == false");
    broken(&seen, "obs.has_keep_limit");

    // The standby is gone, its slot is not, and keeps everything.
    drop(standby);
    primary.wait("NOT EXISTS (SELECT FROM pg_replication_slots WHERE active)");
    primary.run_sql("CREATE TABLE t AS SELECT repeat('x', 700) AS a FROM generate_series(1, 40000)");
    let seen = primary.look("sql.slots", "").await;
    broken(&seen, "size(obs.inactive) == 0");
    broken(&seen, "obs.retained_bytes < 16MiB");
    held(&seen, "'second' in obs.inactive && obs.retained_bytes > 16MiB");

    // What is kept has a limit, and what lay behind it is lost.
    primary.set("max_slot_wal_keep_size", "1MB");
    primary.run_sql("SELECT pg_switch_wal(); CREATE TABLE u(a int); SELECT pg_switch_wal(); CHECKPOINT");
    primary.wait("EXISTS (SELECT FROM pg_replication_slots WHERE wal_status = 'lost')");
    let seen = primary.look("sql.slots", "").await;
    broken(&seen, "size(obs.lost) == 0");
    held(&seen, "obs.has_keep_limit && 'second' in obs.lost");

    // Without slots nothing is inactive, and nothing is shown by it.
    primary.run_sql("SELECT pg_drop_replication_slot('second')");
    let seen = primary.look("sql.slots", "").await;
    not_seen(&seen, "size(obs.inactive) == 0");
    broken(&seen, "obs.slots >= 1");
}
