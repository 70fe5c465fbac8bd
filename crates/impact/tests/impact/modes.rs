//! Ways to fail beside down and slow, what is no matter of availability, needs at start, and declared guardrails.

use expect_test::expect;
use impact::{Counted, Mode, Outcome, impact};

use crate::world::{check, print, system};

const TRACKER: &str = r#"
components:
  web: {kind: client}
  api: {kind: service, replicas: 2}
  db: {kind: postgres, modes: {pool_exhausted: slow}}
  schema: {kind: state, modes: {migration_failed: down}}
  cors: {kind: config, modes: {permissive: exposed}}
  uploads: {kind: volume, holds: [files], modes: {lost_on_restart: lost}}
  limiter: {kind: function, state: per_instance}
  sentry: {kind: external, modes: {dsn_missing: blind}}
edges:
  web->api:
  api->db:
  api->schema: {needs: start}
  api->cors: {needs: soft}
  api->uploads: {needs: soft, loses: [uploads]}
  api->limiter: {needs: soft}
  api->sentry: {needs: async}
flows:
  track: {path: [web, api, db]}
guardrails:
  pool breaker: {on: api->db, stops: [pool_exhausted], leaves: quick-failure, effort: M, planned: true}
  stale answers: {on: api->db, stops: [pool_exhausted, down], effort: L}
  origin check: {on: cors, stops: permissive, effort: S}
"#;

fn rows(of: &[(&str, &str)], counted: &Counted) -> String {
    let mut impact = impact(&system(TRACKER), counted);
    impact.rows.retain(|row| of.contains(&(row.component.as_str(), row.mode.word())));
    print(&impact)
}

#[test]
fn a_named_mode_spreads_as_what_it_is_like() {
    let printed = rows(&[("db", "pool_exhausted"), ("db", "slow")], &Counted::nothing());
    expect![[r#"
        db slow: P0, 100 % of use
          db hangs → api hangs → web hangs → track hangs
        db pool_exhausted: P0, 100 % of use
          db hangs → api hangs → web hangs → track hangs
    "#]]
    .assert_eq(&printed);
}

#[test]
fn harm_reaches_whoever_uses_it_over_every_edge_and_counts_as_no_loss() {
    let of = [("cors", "permissive"), ("uploads", "lost_on_restart"), ("sentry", "dsn_missing"), ("limiter", "split")];
    expect![[r#"
        cors permissive: P2, 100 % of use
          cors exposed → api exposed → web exposed → track exposed
        limiter split: P2, 100 % of use
          limiter wrong → api wrong → web wrong → track wrong
        sentry dsn_missing: P2, 100 % of use
          sentry blind → api blind → web blind → track blind
        uploads lost_on_restart: P2, 100 % of use
          uploads lost → api lost → web lost → track lost, loses files
    "#]]
    .assert_eq(&rows(&of, &Counted::nothing()));
}

#[test]
fn a_state_in_each_instance_splits_only_when_there_are_several() {
    let one = impact(&system(&TRACKER.replace("replicas: 2", "replicas: 1")), &Counted::nothing());
    assert!(one.rows.iter().all(|row| row.mode != Mode::Split));
    let shared = impact(&system(&TRACKER.replace("per_instance", "shared")), &Counted::nothing());
    assert!(shared.rows.iter().all(|row| row.mode != Mode::Split));
}

#[test]
fn what_is_needed_at_start_keeps_from_starting_whether_it_is_gone_or_hangs() {
    check(
        "components: {web: {kind: client}, api: {kind: service}, keys: {kind: external}}\nedges: {web->api: , api->keys: {needs: start}}\nflows: {f: {path: [web, api]}}\n",
        &[],
        expect![[r#"
            api down: P0, 100 % of use
              api down → web down → f down
            api slow: P0, 100 % of use
              api hangs → web hangs → f hangs
            keys down: P0, 100 % of use
              keys down → api down → web down → f down
            keys slow: P0, 100 % of use
              keys hangs → api down → web down → f down
        "#]],
    );
}

#[test]
fn declared_guardrails_say_what_they_would_save() {
    let found = impact(&system(TRACKER), &Counted::nothing());
    let row = found.rows.iter().find(|row| row.mode.word() == "pool_exhausted").expect("is there");
    let said: Vec<(&str, bool, f64, Outcome)> = row
        .savings
        .iter()
        .map(|saving| (saving.guardrail.as_str(), saving.planned, saving.saves, saving.leaves))
        .collect();
    // A quick failure is a failure: the flow is still down.
    assert_eq!(said, [("pool breaker", true, 0.0, Outcome::Down), ("stale answers", false, 0.5, Outcome::Degraded)]);
    let slow =
        found.rows.iter().find(|row| row.component.as_str() == "db" && row.mode == Mode::Slow).expect("is there");
    assert!(slow.savings.is_empty(), "they stop other modes");
}

#[test]
fn a_declared_guardrail_changes_a_row_only_when_it_counts() {
    let of = [("db", "pool_exhausted"), ("cors", "permissive")];
    let counted = Counted::nothing().with_guardrails(["stale answers".to_owned(), "origin check".to_owned()]);
    expect![[r#"
        cors permissive: -, 0 % of use
        db pool_exhausted: P1, 100 % of use
          db hangs → api degraded → web degraded → track degraded
    "#]]
    .assert_eq(&rows(&of, &counted));
}

/// Three callers that try three times each ask 27 times.
#[test]
fn the_tries_of_all_callers_multiply() {
    let of = |first: &str| {
        let text = format!(
            "components: {{web: {{kind: client}}, a: {{kind: service}}, b: {{kind: service}}, db: {{kind: postgres}}}}\nedges: {{web->a: {{attempts: {first}}}, a->b: {{attempts: 3}}, b->db: {{attempts: 3}}}}\nflows: {{f: {{path: [web, a, b, db]}}}}\n"
        );
        let found = impact(&system(&text), &Counted::nothing());
        found
            .rows
            .iter()
            .map(|row| (row.component.to_string(), row.tries))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let tries = of("3");
    assert_eq!((tries["a"], tries["b"], tries["db"]), (3, 9, 27));
    assert_eq!(of("1")["db"], 9);
}
