//! Single points of failure, and what never runs.

use expect_test::expect;

use crate::world::check_spofs;

#[test]
fn one_replica_is_a_single_point_and_two_are_not() {
    let text = |replicas: u32| {
        format!(
            "components: {{web: {{kind: client}}, api: {{kind: service, replicas: {replicas}}}, db: {{kind: postgres}}}}\nedges: {{web->api: {{}}, api->db: {{}}}}\nflows: {{buy: {{path: [web, api, db]}}}}"
        )
    };
    check_spofs(
        &text(1),
        &[],
        expect![[r#"
        buy (100 %): api db
    "#]],
    );
    check_spofs(
        &text(2),
        &[],
        expect![[r#"
        buy (100 %): db
    "#]],
    );
    check_spofs(
        &text(0),
        &[],
        expect![[r#"
        buy (100 %): db, never runs: api
    "#]],
    );
}

#[test]
fn a_soft_need_is_no_single_point() {
    check_spofs(
        "components: {web: {kind: client}, api: {kind: service}, cache: {kind: redis}}\nedges: {web->api: {}, api->cache: {needs: soft}}\nflows: {buy: {path: [web, api, cache]}}",
        &[],
        expect![[r#"
            buy (100 %): api
        "#]],
    );
}

#[test]
fn a_counted_cache_takes_the_single_point_from_reads() {
    let text = "
components: {web: {kind: client}, api: {kind: service}}
edges: {web->api: {guard: {cache: {stale_if_error: 1m}}}}
flows: {read: {path: [web, api], load: GET /x}, write: {path: [web, api], load: POST /x}}
";
    check_spofs(
        text,
        &[],
        expect![[r#"
        read (50 %): api
        write (50 %): api
    "#]],
    );
    check_spofs(
        text,
        &["web->api"],
        expect![[r#"
        read (50 %): 
        write (50 %): api
    "#]],
    );
}

#[test]
fn replicas_on_one_node_share_its_fate() {
    check_spofs(
        "components: {web: {kind: client}, api: {kind: service, replicas: 3}, cache: {kind: redis, replicas: 2}}\nedges: {web->api: {}, api->cache: {needs: soft}}\nflows: {buy: {path: [web, api]}}\nshared_fate: {node: [api, cache], rack: [cache, web]}",
        &[],
        expect![[r#"
            buy (100 %): [node]
        "#]],
    );
}

/// The system of a seed, as the fact sheet draws it.
#[test]
fn the_event_tracker_of_the_seed() {
    let text = "
components:
  web: {kind: client}
  cli: {kind: client}
  api: {kind: service}
  db: {kind: postgres}
  jwt_key: {kind: secret}
  redis: {kind: redis}
  limiter: {kind: function}
  sockets: {kind: function}
  cron: {kind: worker, replicas: 0}
  batch: {kind: worker}
  analysis: {kind: worker}
  uploads: {kind: volume}
  mailer: {kind: external}
  connectors: {kind: external}
  sentry: {kind: external}
edges:
  web->api: {needs: hard}
  cli->api: {needs: hard}
  api->db: {needs: hard, timeout: 30s, fallback: none}
  api->jwt_key: {needs: hard}
  api->limiter: {needs: soft}
  api->redis: {needs: soft, fallback: memory, loses: [cache_on_restart, global_limit]}
  api->mailer: {needs: hard}
  api->sentry: {needs: async}
  api->batch: {needs: async}
  api->sockets: {needs: async}
  batch->db: {needs: hard, loses: [events]}
  batch->analysis: {needs: async}
  analysis->db: {needs: hard}
  cron->api: {needs: hard}
  api->connectors: {needs: hard}
flows:
  register: {path: [web, api, db, mailer], weight: 0.05}
  track: {path: [cli, api, jwt_key, db], async: [batch, analysis, sockets], weight: 0.80}
  analyse: {path: [analysis, db], weight: 0.10}
  automate: {path: [cron, api, db, connectors], weight: 0.05}
shared_fate: {one_container: [api, uploads, limiter, sockets, batch]}
";
    check_spofs(
        text,
        &[],
        expect![[r#"
        analyse (10 %): analysis db
        automate (5 %): api connectors db [one_container], never runs: cron
        register (5 %): api db mailer [one_container]
        track (80 %): api db jwt_key [one_container]
    "#]],
    );
}
