//! The presets that look at one real PostgreSQL server: each holds, is broken in the server in ways that leave the words in
//! place, and turns.

use crate::postgres_server::Server;
use crate::world::{blind, broken, held, not_seen};

#[tokio::test]
async fn connections_that_are_held_and_locks_that_are_waited_for_turn() {
    let test = "connections_that_are_held_and_locks_that_are_waited_for_turn";
    let Some(server) = Server::start(test, &["max_connections=10", "superuser_reserved_connections=3"]) else { return };
    let expect = "obs.used_ratio < 60% && obs.max_idle_in_transaction < 100ms && obs.waiting_on_locks == 0";
    let seen = server.look("sql.saturation", "").await;
    held(&seen, expect);
    // The backend of whoever asked last may not have ended yet.
    held(&seen, "obs.available == 7 && obs.connections <= 1 && !obs.is_standby");
    server.run_sql("CREATE TABLE t(a int)");
    let holder = server.session("BEGIN; LOCK TABLE t");
    server.wait(
        "EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'
        AND clock_timestamp() - state_change > '200ms')",
    );
    broken(&server.look("sql.saturation", "").await, "obs.max_idle_in_transaction < 100ms");
    let waiting = server.session("SELECT * FROM t");
    server.wait("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')");
    broken(&server.look("sql.saturation", "").await, "obs.waiting_on_locks == 0");
    drop((holder, waiting));
    server.wait("(SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend')");
    let many: Vec<_> = (0..5).map(|_| server.session("SELECT 1")).collect();
    server.wait("(SELECT count(*) >= 6 FROM pg_stat_activity WHERE backend_type = 'client backend')");
    let seen = server.look("sql.saturation", "").await;
    broken(&seen, "obs.used_ratio < 60%");
    held(&seen, "obs.connections >= 5 && obs.connections <= 6");
    drop(many);
}

const ORDERS: &str = "CREATE TABLE customers(id int PRIMARY KEY);
    CREATE TABLE orders(id int PRIMARY KEY, customer int REFERENCES customers, made timestamptz, gone boolean);
    INSERT INTO customers SELECT generate_series(1, 50);
    INSERT INTO orders SELECT n, n, now(), false FROM generate_series(1, 50) n;
    CREATE INDEX by_customer ON orders(customer, made)";

#[tokio::test]
async fn an_index_that_serves_holds_and_those_that_only_look_like_it_turn() {
    let test = "an_index_that_serves_holds_and_those_that_only_look_like_it_turn";
    let Some(server) = Server::start(test, &[]) else { return };
    server.run_sql(ORDERS);
    let all = "size(obs.foreign_keys_without_index) == 0 && size(obs.invalid) == 0";
    let with = "table: orders, columns: [customer, made]";
    let seen = server.look("sql.indexes", with).await;
    held(&seen, all);
    held(&seen, "obs.covered && 'by_customer' in obs.covered_by && obs.tables == 2 && obs.foreign_keys == 1");
    held(&seen, "'public.by_customer' in obs.unused");
    broken(&server.look("sql.indexes", "table: orders, columns: [made]").await, "obs.covered");
    broken(&server.look("sql.indexes", "table: orders, columns: [made, customer]").await, "obs.covered");

    // Each of these leaves an index of this name, or on these columns.
    for index in [
        "CREATE INDEX by_customer ON orders(customer, made) WHERE NOT gone",
        "CREATE INDEX by_customer ON orders(made, customer)",
        "CREATE INDEX by_customer ON orders(made) INCLUDE (customer)",
        "CREATE INDEX by_customer ON orders((customer + 1), made)",
        "CREATE INDEX by_customer ON orders USING brin (customer, made)",
        "CREATE INDEX by_customer ON orders(customer, made); UPDATE pg_index SET indisvalid = false
            WHERE indexrelid = 'by_customer'::regclass",
    ] {
        server.run_sql(&format!("DROP INDEX by_customer; {index}"));
        let seen = server.look("sql.indexes", with).await;
        broken(&seen, "obs.covered");
        broken(&seen, all);
    }
    let seen = server.look("sql.indexes", with).await;
    broken(&seen, "size(obs.invalid) == 0");
    held(&seen, "'by_customer: invalid' in obs.not_serving");
    server.run_sql("DROP INDEX by_customer; CREATE INDEX by_customer ON orders(customer) WHERE customer IS NOT NULL");
    let seen = server.look("sql.indexes", with).await;
    held(&seen, all);
    broken(&seen, "obs.covered");
    server.run_sql("DROP INDEX by_customer");
    broken(&server.look("sql.indexes", "").await, all);
}

#[tokio::test]
async fn indexes_of_what_is_not_there_are_not_seen() {
    let Some(server) = Server::start("indexes_of_what_is_not_there_are_not_seen", &[]) else { return };
    let seen = server.look("sql.indexes", "").await;
    not_seen(&seen, "size(obs.invalid) == 0");
    broken(&seen, "obs.tables > 0");
    blind(&server.look("sql.indexes", "schemas: [publik]").await, "there is no schema `publik`");
    server.run_sql(ORDERS);
    blind(&server.look("sql.indexes", "table: order, columns: [id]").await, "there is no table `public.order`");
    blind(&server.look("sql.indexes", "table: orders, columns: [idd]").await, "has no column `idd`");
    let place = server.place();
    for with in ["table: orders", "columns: [id]"] {
        assert!(place.read("sql.indexes", &format!("{{component: pg, user: p, {with}}}")).is_err(), "{with}");
    }
}

#[tokio::test]
async fn rows_that_outlive_their_retention_turn() {
    let Some(server) = Server::start("rows_that_outlive_their_retention_turn", &[]) else { return };
    server.run_sql(
        "CREATE TABLE events(id int, at timestamptz, day date, local timestamp, note text);
        CREATE INDEX ON events(at);
        INSERT INTO events SELECT n, now() - n * interval '1 day', now() - n * interval '1 day', now(), 'x'
            FROM generate_series(0, 89) n",
    );
    let with = "table: events, column: at";
    let expect = "obs.oldest_age < 90d && !obs.has_undated_rows";
    let seen = server.look("sql.retention", with).await;
    held(&seen, expect);
    held(&seen, "obs.has_rows && obs.indexed && obs.newest_age < 1h");
    // A day is no moment: 89 days ago may be 90 days ago.
    let days = server.look("sql.retention", "table: events, column: day").await;
    not_seen(&days, "obs.oldest_age < 2136h");
    held(&days, "obs.oldest_age < 91d");
    held(&server.look("sql.retention", "table: events, column: local").await, "obs.oldest_age < 1d");

    // Numbers count as they are said to, and not at all when it is not said.
    server.run_sql("CREATE TABLE ticks AS SELECT (extract(epoch FROM at) * 1000)::int8 AS ms FROM events");
    let ticks = server.look("sql.retention", "table: ticks, column: ms, epoch: milliseconds").await;
    held(&ticks, "obs.oldest_age < 90d && obs.oldest_age > 88d && obs.newest_age < 1h");
    broken(&ticks, "obs.oldest_age < 80d");
    blind(&server.look("sql.retention", "table: ticks, column: ms").await, "numbers need `epoch`");
    blind(&server.look("sql.retention", "table: events, column: at, epoch: seconds").await, "no point in time");

    server.run_sql("INSERT INTO events(id, at) VALUES (100, now() - interval '91 days')");
    broken(&server.look("sql.retention", with).await, expect);
    server.run_sql("DELETE FROM events WHERE id = 100; INSERT INTO events(id) VALUES (101)");
    broken(&server.look("sql.retention", with).await, expect);
    server.run_sql("DELETE FROM events WHERE id = 101; INSERT INTO events(id, at) VALUES (102, '-infinity')");
    not_seen(&server.look("sql.retention", with).await, expect);

    // An empty table has kept its promise by nothing.
    server.run_sql("TRUNCATE events");
    let seen = server.look("sql.retention", with).await;
    not_seen(&seen, expect);
    broken(&seen, "obs.has_rows");
}

#[tokio::test]
async fn a_retention_that_the_role_cannot_see_whole_is_not_seen() {
    let Some(server) = Server::start("a_retention_that_the_role_cannot_see_whole_is_not_seen", &[]) else { return };
    server.run_sql(
        "CREATE TABLE events(at timestamptz, tenant text); INSERT INTO events VALUES (now(), 'a'),
            (now() - interval '1 year', 'b'); CREATE ROLE probe LOGIN",
    );
    let with = "table: events, column: at";
    blind(&server.look_as("probe", "sql.retention", with).await, "permission denied for table events");
    server.run_sql(
        "GRANT SELECT ON events TO probe; ALTER TABLE events ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON events USING (tenant = 'a')",
    );
    blind(&server.look_as("probe", "sql.retention", with).await, "row-level security");
    broken(&server.look("sql.retention", with).await, "obs.oldest_age < 90d");
    for (with, why) in [
        ("table: event, column: at", "there is no column `at` in a table `public.event`"),
        ("table: events, column: tenant", "no point in time"),
        ("table: pg_catalog.pg_class, column: relname", "no point in time"),
    ] {
        blind(&server.look("sql.retention", with).await, why);
    }
    server.run_sql("CREATE TABLE huge AS SELECT now() AS at, repeat('x', 900) AS a FROM generate_series(1, 80000)");
    blind(&server.look("sql.retention", "table: huge, column: at").await, "too large to be read whole");
    server.run_sql("CREATE INDEX ON huge(at)");
    held(&server.look("sql.retention", "table: huge, column: at").await, "obs.oldest_age < 1h");
}

#[tokio::test]
async fn a_slow_statement_turns_and_without_the_extension_nothing_is_seen() {
    let test = "a_slow_statement_turns_and_without_the_extension_nothing_is_seen";
    let Some(server) = Server::start(test, &["shared_preload_libraries=pg_stat_statements"]) else { return };
    let expect = "size(obs.slow) == 0";
    let seen = server.look("sql.slow", "over: 100ms").await;
    not_seen(&seen, expect);
    broken(&seen, "obs.installed");
    server.run_sql("CREATE SCHEMA stats; CREATE EXTENSION pg_stat_statements SCHEMA stats; SELECT 1");
    let seen = server.look("sql.slow", "over: 100ms").await;
    held(&seen, expect);
    held(&seen, "obs.installed && obs.statements > 0 && obs.slowest_mean < 100ms && obs.over == 0");
    server.run_sql("SELECT pg_sleep(0.2)");
    let seen = server.look("sql.slow", "over: 100ms").await;
    broken(&seen, expect);
    held(&seen, "obs.over == 1 && obs.slowest >= 200ms && 'SELECT pg_sleep($1)' in obs.slow");
    held(&server.look("sql.slow", "over: 100ms, calls: 2").await, expect);
    server.run_sql("SELECT stats.pg_stat_statements_reset()");
    not_seen(&server.look("sql.slow", "calls: 1000").await, expect);
    server.run_sql("CREATE ROLE probe LOGIN; GRANT USAGE ON SCHEMA stats TO probe");
    blind(&server.look_as("probe", "sql.slow", "").await, "pg_read_all_stats");
}

#[tokio::test]
async fn a_role_without_any_right_reads_what_the_catalogs_show_everybody() {
    let test = "a_role_without_any_right_reads_what_the_catalogs_show_everybody";
    let Some(server) = Server::start(test, &[]) else { return };
    server.run_sql(ORDERS);
    server.run_sql(
        "CREATE ROLE probe LOGIN; CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
    );
    for (kind, with, expect) in [
        (
            "sql.indexes",
            "table: orders, columns: [customer]",
            "obs.covered && size(obs.foreign_keys_without_index) == 0",
        ),
        ("sql.rls", "", "obs.tables == 2 && size(obs.without_rls) == 2"),
        ("sql.growth", "min_size: 8kB", "size(obs.unpartitioned) == 2"),
        ("sql.slots", "", "obs.slots == 0"),
        ("sql.backup", "", "obs.archiving == false"),
        ("sql.slow", "", "obs.installed == false"),
    ] {
        held(&server.look_as("probe", kind, with).await, expect);
    }
    // The password, where one is wanted, comes from the environment, and an unknown role is told in the server's words.
    blind(&server.look_as("nobody", "sql.slots", "").await, "role \"nobody\" does not exist");
    blind(
        &server.place().look("sql.slots", "{component: pg, user: probe, password: '${env:NOT_SET_ANYWHERE}'}").await,
        "not set",
    );
}

#[tokio::test]
async fn a_server_that_is_gone_is_not_seen_by_any_preset() {
    let mut place = crate::world::Place::new();
    place.addresses("pg", &[crate::service::nobody()]);
    for kind in ["replication", "slots", "saturation", "rls", "growth", "indexes", "slow", "backup"] {
        blind(&place.look(&format!("sql.{kind}"), "{component: pg, user: p}").await, "refused");
    }
    let with = "{component: pg, user: p, table: a, column: b}";
    blind(&place.look("sql.retention", with).await, "refused");
}
