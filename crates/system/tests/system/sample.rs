//! The file of the design, and the system of a seed, as they would be written.

use expect_test::expect;
use system::{ComponentKind, EdgeId, Needs};

use crate::world::{check, print, read};

/// Follows the sample in the design: an API behind a guard, a database, a cache.
const SAMPLE: &str = r#"
seaworthy: 1
name: event-tracker
registers: [docs/risks.md]
columns: {Schwere: impact}
system:
  components:
    web: {kind: client}
    api:
      kind: service
      replicas: 2
      build: cargo build --release -p event-tracker
      start: target/release/event-tracker --port ${port} --cache ${edge:api->cache}
      env: {DATABASE_URL: "postgres://app:${env:DB_PASSWORD}@${edge:api->db}/app"}
      ready: /health
    db:    {kind: postgres, at: 127.0.0.1:5432}
    cache: {kind: redis, at: 127.0.0.1:6379}
  edges:
    web->api:
      needs: hard
      guard:
        listen: 127.0.0.1:8080
        breaker: {trips: 50% of 20, open: 5s, trial: 3}
        cache: {stale_if_error: 10m}
    api->db:    {needs: hard, timeout: 500ms, guard: {}}
    api->cache: {needs: soft, fallback: memory, loses: [global_limit]}
  flows:
    register: {path: [web, api, db], weight: 5%, load: POST /register, slo: {success: 99.9%, p95: 300ms}}
  shared_fate: {node-1: [api, cache]}
claims: {R-2: {no-lost-write: {says: x}}}
acceptances: {SEC-002: {owner: platform-team}}
gate: {model: bmad, require: wired}
environments:
  staging: {allow: [10.1.0.0/16], at: {db: 10.1.0.5:5432}}
  prod:    {drills: never, gate: {model: bmad, require: live}}
"#;

#[test]
fn the_sample_of_the_design_is_read_whole() {
    let (system, problems) = read(SAMPLE);
    assert_eq!(print(&problems), "");
    let system = system.expect("is a map");
    assert_eq!((system.components.len(), system.edges.len(), system.flows.len()), (4, 3, 1));
    let api =
        system.components.values().find(|component| component.kind == ComponentKind::Service).expect("has a service");
    assert_eq!((api.replicas, api.ready.as_deref()), (2, Some("/health")));
    let cache =
        system.edges.iter().find(|edge| EdgeId::parse("api->cache").as_ref() == Some(&edge.id)).expect("is there");
    assert_eq!((cache.needs, cache.loses.as_slice()), (Needs::Soft, ["global_limit".to_owned()].as_slice()));
    assert!(system.environments["prod"].drills_never);
    assert_eq!(system.environments["prod"].require.as_ref().map(|(grade, _)| grade.as_str()), Some("live"));
}

#[test]
fn the_keys_still_to_come_are_refused_by_name() {
    let text = SAMPLE.replace(
        "        cache: {stale_if_error: 10m}",
        "        cache: {stale_if_error: 10m}\n        limit: {rate: 100/s, per: client-ip, shared: cache}\n        idempotency: {methods: [POST], keep: 24h}",
    );
    check(
        &text,
        expect![[r#"
        25:9 not-yet: `limit` of the guard of `web->api` is not provided by this version (remove the key; nothing would act on it)
        26:9 not-yet: `idempotency` of the guard of `web->api` is not provided by this version (remove the key; nothing would act on it)
    "#]],
    );
}

#[test]
fn the_kinds_of_a_small_company_are_all_there() {
    let text = "
seaworthy: 1
name: small
system:
  components:
    cli:      {kind: client}
    api:      {kind: service}
    jwt_key:  {kind: secret}
    schema:   {kind: state}
    cors:     {kind: config}
    limiter:  {kind: function}
    cron:     {kind: worker, replicas: 0}
    uploads:  {kind: volume}
    mailer:   {kind: external}
    jobs:     {kind: queue}
    files:    {kind: sqlite, file: data/app.db}
    raw:      {kind: tcp, at: 127.0.0.1:9999}
  edges:
    cli->api: {needs: hard}
    cron->api: {needs: hard}
    api->jwt_key: {needs: hard}
    api->mailer: {needs: hard, fallback: none}
    api->limiter: {needs: soft}
    api->jobs: {needs: async}
  flows:
    track: {path: [cli, api, jwt_key], async: [jobs], weight: 0.8}
    automate: {path: [cron, api, mailer], weight: 0.05}
  shared_fate:
    one_container: [api, uploads, limiter]
";
    check(text, expect![[""]]);
}
