//! `sql.rls` and `sql.growth`, on a real server.

use crate::postgres_server::Server;
use crate::world::{blind, broken, held, not_seen};

const TENANTS: &str = "CREATE ROLE app LOGIN; CREATE ROLE owner; CREATE ROLE anon;
    CREATE TABLE notes(tenant text, body text); ALTER TABLE notes OWNER TO owner; GRANT SELECT ON notes TO app;
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON notes USING (tenant = current_setting('app.tenant'));
    CREATE VIEW latest WITH (security_invoker = true) AS SELECT * FROM notes; GRANT SELECT ON latest TO app";

const APART: &str = "size(obs.without_rls) == 0 && size(obs.without_policy) == 0 && size(obs.not_forced) == 0
    && !obs.app_bypasses && size(obs.void_policies) == 0 && size(obs.bypassing_views) == 0
    && size(obs.granted_to_public) == 0";

#[tokio::test]
async fn tenants_are_kept_apart_and_each_way_around_it_turns() {
    let Some(server) = Server::start("tenants_are_kept_apart_and_each_way_around_it_turns", &[]) else { return };
    server.run_sql(TENANTS);
    let with = "app_role: app";
    let seen = server.look("sql.rls", with).await;
    held(&seen, APART);
    held(&seen, "obs.tables == 1 && obs.policies == 1 && obs.bypassing_roles.all(r, r == 'postgres')");
    // The security is switched on in all but the first and stays written in all.
    for (flaw, mend) in [
        ("ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "ALTER TABLE notes ENABLE ROW LEVEL SECURITY"),
        ("CREATE POLICY all_of_it ON notes FOR SELECT USING (true)", "DROP POLICY all_of_it ON notes"),
        ("CREATE POLICY all_of_it ON notes USING (tenant = 'a' OR 1 = 1)", "DROP POLICY all_of_it ON notes"),
        ("CREATE POLICY all_of_it ON notes TO app USING (tenant = tenant)", "DROP POLICY all_of_it ON notes"),
        (
            "CREATE POLICY write ON notes FOR UPDATE USING (tenant = 'a') WITH CHECK (true)",
            "DROP POLICY write ON notes",
        ),
        ("GRANT owner TO app", "REVOKE owner FROM app"),
        ("ALTER ROLE app BYPASSRLS", "ALTER ROLE app NOBYPASSRLS"),
        ("CREATE ROLE over BYPASSRLS; GRANT over TO app", "DROP ROLE over"),
        ("ALTER VIEW latest RESET (security_invoker)", "ALTER VIEW latest SET (security_invoker = true)"),
        (
            "CREATE MATERIALIZED VIEW copy AS SELECT * FROM notes; GRANT SELECT ON copy TO app",
            "DROP MATERIALIZED VIEW copy",
        ),
        (
            "CREATE VIEW inner_one AS SELECT * FROM notes; CREATE VIEW outer_one AS SELECT * FROM inner_one;
            GRANT SELECT ON outer_one TO app",
            "DROP VIEW outer_one, inner_one",
        ),
        ("CREATE VIEW outer_one AS SELECT * FROM latest; GRANT SELECT ON outer_one TO app", "DROP VIEW outer_one"),
        (
            "CREATE MATERIALIZED VIEW copy AS SELECT * FROM latest;
            CREATE VIEW outer_one WITH (security_invoker = true) AS SELECT * FROM copy;
            GRANT SELECT ON outer_one TO app",
            "DROP MATERIALIZED VIEW copy CASCADE",
        ),
        ("GRANT SELECT ON notes TO anon", "REVOKE SELECT ON notes FROM anon"),
        ("GRANT TRUNCATE ON notes TO PUBLIC", "REVOKE TRUNCATE ON notes FROM PUBLIC"),
        ("CREATE TABLE more(tenant text)", "DROP TABLE more"),
        ("CREATE TABLE more(a int); ALTER TABLE more ENABLE ROW LEVEL SECURITY", "DROP TABLE more"),
    ] {
        server.run_sql(flaw);
        broken(&server.look("sql.rls", with).await, APART);
        server.run_sql(mend);
    }
    held(&server.look("sql.rls", with).await, APART);
    // Views of whoever reads, one upon the other, and one that is nobody's to read, are no holes.
    server.run_sql(
        "CREATE VIEW twice WITH (security_invoker = true) AS SELECT * FROM latest; GRANT SELECT ON twice TO app;
        CREATE VIEW hidden AS SELECT * FROM notes",
    );
    held(&server.look("sql.rls", with).await, APART);
    // A policy for another role, and one that a restrictive one takes back, are no holes.
    server.run_sql("CREATE ROLE audit LOGIN; CREATE POLICY for_audit ON notes TO audit USING (true)");
    held(&server.look("sql.rls", with).await, APART);
    broken(&server.look("sql.rls", "").await, "size(obs.void_policies) == 0");
    server.run_sql(
        "CREATE POLICY wide ON notes USING (true);
        CREATE POLICY narrow ON notes AS RESTRICTIVE USING (tenant = current_setting('app.tenant'))",
    );
    held(&server.look("sql.rls", with).await, APART);
    server.run_sql("DROP POLICY narrow ON notes; DROP POLICY for_audit ON notes");
    let seen = server.look("sql.rls", with).await;
    held(&seen, "'public.notes.wide: ALL to PUBLIC' in obs.void_policies");
    server.run_sql("CREATE TABLE lookup(a int)");
    let seen = server.look("sql.rls", "app_role: app, except: [lookup]").await;
    held(&seen, "size(obs.without_rls) == 0 && obs.tables == 1");
}

#[tokio::test]
async fn an_owner_that_logs_in_is_bound_only_when_security_is_forced() {
    let test = "an_owner_that_logs_in_is_bound_only_when_security_is_forced";
    let Some(server) = Server::start(test, &[]) else { return };
    server.run_sql(TENANTS);
    server.run_sql("ALTER ROLE owner LOGIN");
    for with in ["", "app_role: owner"] {
        let seen = server.look("sql.rls", with).await;
        broken(&seen, "size(obs.not_forced) == 0");
        held(&seen, "'public.notes' in obs.not_forced");
    }
    server.run_sql("ALTER TABLE notes FORCE ROW LEVEL SECURITY");
    for with in ["", "app_role: owner"] {
        held(&server.look("sql.rls", with).await, "size(obs.not_forced) == 0");
    }
}

#[tokio::test]
async fn an_empty_schema_and_one_that_is_not_there_keep_nobody_apart() {
    let test = "an_empty_schema_and_one_that_is_not_there_keep_nobody_apart";
    let Some(server) = Server::start(test, &[]) else { return };
    let seen = server.look("sql.rls", "").await;
    not_seen(&seen, "size(obs.without_rls) == 0");
    broken(&seen, "obs.tables > 0");
    blind(&server.look("sql.rls", "schemas: [public, tenant]").await, "there is no schema `tenant`");
    blind(&server.look("sql.rls", "app_role: nobody").await, "there is no role `nobody`");
    let seen = server.look("sql.growth", "").await;
    not_seen(&seen, "size(obs.unpartitioned) == 0");
    not_seen(&seen, "size(obs.next_partition_missing) == 0");
    blind(&server.look("sql.growth", "schemas: tenant").await, "there is no schema `tenant`");
}

/// A partition from some days to some days from now.
fn partition(table: &str, from: i32, to: i32) -> String {
    format!(
        "DO $$ BEGIN EXECUTE format('CREATE TABLE %I PARTITION OF {table} FOR VALUES FROM (%L) TO (%L)',
            '{table}_{}', date_trunc('day', now()) + {from} * interval '1 day',
            date_trunc('day', now()) + {to} * interval '1 day'); END $$",
        from + 1000
    )
}

#[tokio::test]
async fn the_next_partition_is_there_or_it_turns() {
    let Some(server) = Server::start("the_next_partition_is_there_or_it_turns", &[]) else { return };
    let expect = "size(obs.unpartitioned) == 0 && size(obs.next_partition_missing) == 0";
    let with = "min_size: 1MiB, ahead: 7d";
    server.run_sql("CREATE TABLE small(a int); CREATE TABLE events(at timestamptz) PARTITION BY RANGE (at)");
    server.run_sql(&partition("events", -10, 5));
    broken(&server.look("sql.growth", with).await, expect);
    held(&server.look("sql.growth", "min_size: 1MiB, ahead: 4d").await, expect);
    server.run_sql(&partition("events", 5, 20));
    let seen = server.look("sql.growth", with).await;
    held(&seen, expect);
    held(&seen, "obs.partitioned == 1 && obs.partitioned_by_time == 1 && size(obs.only_default) == 0");

    // The one ahead is there, and the one for now is not.
    server.run_sql("ALTER TABLE events DETACH PARTITION events_990");
    broken(&server.look("sql.growth", with).await, expect);
    // A default partition takes everything and divides nothing.
    server.run_sql("CREATE TABLE events_rest PARTITION OF events DEFAULT");
    broken(&server.look("sql.growth", with).await, expect);
    held(&server.look("sql.growth", with).await, "size(obs.default_in_use) == 0");
    server.run_sql("INSERT INTO events VALUES (now())");
    broken(&server.look("sql.growth", with).await, "size(obs.default_in_use) == 0");
    server.run_sql("ALTER TABLE events DETACH PARTITION events_1005");
    broken(&server.look("sql.growth", with).await, "size(obs.only_default) == 0");
    server.run_sql("DROP TABLE events");

    // One open to above covers the future; a range of numbers is not understood, and so nothing is said of all.
    server.run_sql(
        "CREATE TABLE events(day date) PARTITION BY RANGE (day);
        CREATE TABLE events_all PARTITION OF events FOR VALUES FROM ('2020-01-01') TO (MAXVALUE)",
    );
    held(&server.look("sql.growth", with).await, "size(obs.next_partition_missing) == 0");
    server.run_sql("CREATE TABLE numbers(id int) PARTITION BY RANGE (id)");
    let seen = server.look("sql.growth", with).await;
    not_seen(&seen, "size(obs.next_partition_missing) == 0");
    held(&seen, "'public.numbers' in obs.range_not_by_time");

    server.run_sql("DROP TABLE numbers; INSERT INTO small SELECT generate_series(1, 60000)");
    let seen = server.look("sql.growth", with).await;
    broken(&seen, expect);
    held(&seen, "'public.small' in obs.unpartitioned && obs.largest == 'public.small' && obs.largest_bytes > 1MiB");
}
