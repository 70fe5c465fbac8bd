//! A matrix that agrees with its system, and every way in which one of the two can differ.

use std::collections::BTreeMap;

use impact::{Compared, Counted, compare_stated, impact};
use system::System;
use text::Source;

use crate::world::system;

const SHOP: &str = r#"
components:
  web: {kind: client}
  api: {kind: service, replicas: 2}
  db: {kind: postgres, modes: {pool_exhausted: slow}}
  schema: {kind: state, modes: {migration_failed: down}}
  redis: {kind: redis}
  limiter: {kind: function, state: per_instance}
  cors: {kind: config, modes: {permissive: exposed}}
  mailer: {kind: external}
edges:
  web->api:
  api->db:
  api->schema: {needs: start}
  api->redis: {needs: soft, fallback: memory, loses: [old answers]}
  api->limiter: {needs: soft}
  api->cors: {needs: soft}
  api->mailer:
flows:
  buy: {path: [web, api, db], weight: 70%}
  sign up: {path: [web, api, db, mailer], weight: 30%}
guardrails:
  pool breaker: {on: api->db, stops: [pool_exhausted], leaves: degraded, effort: M, planned: true}
  mail retries: {on: api->mailer, stops: [down], leaves: degraded, effort: M, planned: true}
"#;

const MATRIX: &str = "\
# Failure matrix

| Component | Failure Mode | Blast Radius | Priority |
|---|---|---|---|
| PostgreSQL | Connection pool exhausted | All API requests fail | P0 |
| PostgreSQL | Schema migration failed | All API requests fail at startup | P0 |
| Redis cache | Unavailable | Slower answers | P1 |
| Rate limiting | Per instance | Limit is multiplied, protection ineffective | P2 |
| CORS | Permissive origins | CSRF attacks | P0 |
| Email service | Down | New users cannot sign up | P1 |

## Scenarios

### Scenario 1: database pool exhausted
```
Database pool exhausted
  → All API requests fail
```

## Critical paths

### Sign-up path
```
Browser → POST /sign-up
  → [SPOF] Insert into the database
  → [SPOF] Migrated schema
  → [SPOF] Email service
```
**Fallback:** none

## Priorities

### P0
1. Circuit breaker for the pool of the database

### P1
1. Retries for the mail service when it is down
";

fn compare(text: &str, system: &System) -> (Compared, Vec<Option<String>>) {
    let register = register::read(&Source::new("docs/matrix.md", text), &BTreeMap::new());
    let mut found = impact(system, &Counted::nothing());
    let compared = compare_stated(&register, system, None, &mut found);
    (compared, found.rows.into_iter().map(|row| row.stated).collect())
}

/// The rules that a change of the text or of the system brings, each with its message.
fn said(text: &str, shop: &str) -> Vec<String> {
    let (compared, _) = compare(text, &system(shop));
    compared.differences.iter().map(|one| format!("{}: {}", one.rule, one.message)).collect()
}

#[track_caller]
fn turns(text: (&str, &str), shop: (&str, &str), expected: &str) {
    assert!(MATRIX.contains(text.0) && SHOP.contains(shop.0), "the change changes something");
    let said = said(&MATRIX.replace(text.0, text.1), &SHOP.replace(shop.0, shop.1));
    assert_eq!(said, [expected], "and nothing else");
}

#[test]
fn a_matrix_that_agrees_has_no_differences_and_everything_is_compared() {
    let (compared, stated) = compare(MATRIX, &system(SHOP));
    assert_eq!(compared.differences, []);
    assert_eq!(compared.not_compared, []);
    assert_eq!(compared.compared, 6);
    assert_eq!(stated.iter().flatten().count(), 6, "each priority stands in its row");
}

#[test]
fn a_radius_that_is_too_small_or_too_large_or_another() {
    turns(
        ("Connection pool exhausted | All API requests fail", "Connection pool exhausted | Performance degradation"),
        ("", ""),
        "radius-too-small: 'PostgreSQL: Connection pool exhausted' says 'Performance degradation' (a degradation), and by the system it takes down `buy`, `sign up`",
    );
    turns(
        ("Connection pool exhausted | All API requests fail", "Connection pool exhausted | Only reports fail"),
        ("", ""),
        "radius-too-small: 'PostgreSQL: Connection pool exhausted' says 'Only reports fail', and by the system it takes down every flow",
    );
    turns(
        ("New users cannot sign up", "All API requests fail"),
        ("", ""),
        "radius-too-large: 'Email service: Down' says 'All API requests fail', and by the system it spares `buy`",
    );
    turns(
        ("Slower answers", "Requests fail"),
        ("", ""),
        "radius-too-large: 'Redis cache: Unavailable' says 'Requests fail' (a failure), and by the system the worst that a flow feels is degraded",
    );
    turns(
        ("CSRF attacks", "Slow answers"),
        ("", ""),
        "radius-of-another-kind: 'CORS: Permissive origins' says 'Slow answers' (a degradation), and by the system the worst that a flow feels is exposed",
    );
}

#[test]
fn a_priority_that_is_too_low_or_out_of_order() {
    turns(
        ("fail | P0 |", "fail | P2 |"),
        ("", ""),
        "priority-too-low: 'PostgreSQL: Connection pool exhausted' is P2, and by what is lost (100 % of all use) it is P0; 'Email service: Down', with 30 %, is P1",
    );
    turns(
        ("sign up | P1 |", "sign up | P0 |"),
        ("", ""),
        "priority-too-high: 'Email service: Down' (30 % of all use lost) is P0, before 'Redis cache: Unavailable' (50 % lost), which is P1",
    );
}

#[test]
fn marks_of_single_points_of_failure() {
    turns(
        ("[SPOF] Insert", "Insert"),
        ("", ""),
        "spof-not-marked: 'Sign-up path' (sign up) goes down with `db` alone, which no step marks; marked: `mailer`, `schema`",
    );
    turns(
        ("Browser → POST", "[SPOF] Redis cache → POST"),
        ("", ""),
        "spof-not-computed: 'Redis cache → POST /sign-up' is marked as a single point of failure of 'Sign-up path', and by the system sign up goes on without `redis`",
    );
}

#[test]
fn parts_that_no_row_speaks_of() {
    turns(
        ("| Email service | Down | New users cannot sign up | P1 |\n", ""),
        ("", ""),
        "part-not-listed: no row speaks of `mailer`, which alone takes down `sign up`",
    );
}

#[test]
fn fallbacks_that_differ_and_those_that_bring_another_failure() {
    turns(
        ("**Fallback:** none", "**Fallback:** sign up by phone"),
        ("", ""),
        "fallback-differs: 'Sign-up path' falls back by the text ('sign up by phone'), and to nothing by the system",
    );
    turns(
        ("", ""),
        ("weight: 30%}", "weight: 30%, fallback: by phone}"),
        "fallback-differs: 'Sign-up path' has no fallback by the text ('none'), and 'by phone' by the system",
    );
    turns(
        ("", ""),
        ("loses: [old answers]", "loses: [global rate limit]"),
        "fallback-brings-another: while 'memory' stands in for `redis` on api->redis, `global rate limit` is lost: that brings 'Rate limiting: Per instance'",
    );
}

#[test]
fn what_cannot_happen_yet() {
    let said = said(MATRIX, &SHOP.replace("{kind: service, replicas: 2}", "{kind: service}"));
    assert_eq!(
        said,
        [
            "part-not-listed: no row speaks of `api`, which alone takes down `buy`, `sign up`",
            "not-possible-yet: 'Rate limiting: Per instance' cannot happen yet: with one replica of api there is one `limiter`; it begins with the second",
            "spof-not-marked: 'Sign-up path' (sign up) goes down with `api` alone, which no step marks; marked: `db`, `mailer`, `schema`",
        ]
    );
}

#[test]
fn rows_that_are_one_event() {
    let said = said(MATRIX, &SHOP.replace("flows:", "shared_fate: {node-1: [redis, limiter]}\nflows:"));
    assert_eq!(
        said,
        [
            "one-event: 'Redis cache: Unavailable', 'Rate limiting: Per instance' stand as 2 failures, and `node-1` is one event that brings them all",
        ]
    );
}

#[test]
fn chains_that_the_system_does_not_have() {
    turns(
        ("  → All API requests fail\n", "  → Redis cache fails\n"),
        ("", ""),
        "chain-not-computed: the chain 'Scenario 1: database pool exhausted' says 'Redis cache fails', and by the system `db pool_exhausted` does not reach `redis`",
    );
}

#[test]
fn lists_in_another_order_than_what_is_saved() {
    let swapped = MATRIX.replace("### P0", "### P9").replace("### P1", "### P0").replace("### P9", "### P1");
    assert_eq!(
        said(&swapped, SHOP),
        [
            "list-order: 'Circuit breaker for the pool of the database' is P1 and would save 50 % of use; 'Retries for the mail service when it is down' is P0 and would save 15 % of use, for no less effort",
        ]
    );
    let dearer = SHOP.replace("effort: M, planned: true}\n  mail", "effort: L, planned: true}\n  mail");
    assert_eq!(said(&swapped, &dearer), [] as [&str; 0], "who costs more may come later");
    // Within one list only numbers say what comes first.
    let one = |mark: [&str; 2]| {
        format!(
            "# Guardrails by priority\n\n### P0\n\n{} Retries for the mail service when it is down\n{} Circuit breaker for the pool of the database\n",
            mark[0], mark[1]
        )
    };
    let lists = |text: &str| said(text, SHOP).into_iter().filter(|one| one.starts_with("list-order")).count();
    assert_eq!((lists(&one(["1.", "2."])), lists(&one(["-", "-"]))), (1, 0));
}

#[test]
fn fallbacks_of_single_steps_are_held_against_their_edges() {
    const RIDE: &str = "components: {web: {kind: client}, api: {kind: service}, maps: {kind: external}, osm: {kind: external}, card: {kind: external}}
edges: {web->api: {}, api->maps: {instead: [osm]}, api->card: {}}
flows: {ride: {path: [web, api, maps, card]}}";
    let told = |maps: &str, card: &str| {
        let text = format!(
            "# Critical paths\n\n## Ride\n\n```\nweb\n→ api\n→ maps (Fallback: {maps})\n→ card (Fallback: {card})\n```\n"
        );
        said(&text, RIDE).into_iter().filter(|one| one.starts_with("fallback-differs")).collect::<Vec<_>>()
    };
    assert_eq!(told("osm", "none"), [] as [&str; 0]);
    assert_eq!(
        told("none", "wallet"),
        [
            "fallback-differs: 'maps (Fallback: none)' has no fallback by the text, and `api->maps` has one by the system",
            "fallback-differs: 'card (Fallback: wallet)' falls back by the text, and to nothing by the system"
        ]
    );
}

#[test]
fn what_happens_often_comes_before_what_costs_more_and_happens_never() {
    const PAY: &str = "components: {web: {kind: client}, api: {kind: service}, bank: {kind: external, unavailability: 0.001%}, mailer: {kind: external, unavailability: 2%}}
edges: {web->api: {}, api->bank: {}, api->mailer: {needs: soft}}
flows: {buy: {path: [web, api, bank, mailer]}}
guardrails: {second bank: {on: bank, stops: down, effort: M, planned: true}, mailer retry: {on: mailer, stops: down, effort: M, planned: true}}";
    const LISTS: &str = "# Guardrails by priority\n\n### P0\n\n- Second bank when the bank is down\n\n### P1\n\n- Mailer retry when the mailer is down\n";
    assert_eq!(
        said(LISTS, PAY).into_iter().filter(|one| one.starts_with("list-order")).collect::<Vec<_>>(),
        [
            "list-order: 'Mailer retry when the mailer is down' is P1 and would save 1.0e-2 of all use on average; 'Second bank when the bank is down' is P0 and would save 1.0e-5 of all use on average, for no less effort"
        ]
    );
    // Without figures loss alone decides, and the bank costs more.
    let unknown = PAY.replace(", unavailability: 0.001%", "");
    assert!(!said(LISTS, &unknown).iter().any(|one| one.starts_with("list-order")));
}

#[test]
fn what_cannot_be_told_for_certain_is_not_compared_and_says_why() {
    let text = MATRIX.replace("| Email service |", "| Billing |").replace("Permissive origins", "Wrong certificate");
    let (compared, _) = compare(&text, &system(SHOP));
    let said: Vec<&str> = compared.not_compared.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "'CORS: Wrong certificate': `cors` has no mode that is called like 'Wrong certificate'; declare it under `modes`",
            "'Billing: Down': no component is called like that; name it with `known_as`",
        ]
    );
    let known = SHOP.replace("mailer: {kind: external}", "mailer: {kind: external, known_as: Billing}");
    assert_eq!(compare(&text, &system(&known)).0.not_compared.len(), 1);
}

#[test]
fn a_part_with_two_meanings_is_not_guessed() {
    let two = SHOP
        .replace("  mailer:", "  reports db: {kind: postgres}\n  orders db: {kind: postgres}\n  mailer:")
        .replace("  db: {kind: postgres, modes: {pool_exhausted: slow}}\n", "")
        .replace("  api->db:\n", "  api->orders db:\n  api->reports db: {needs: soft}\n")
        .replace("api, db", "api, orders db");
    let (two, _) = two.split_once("guardrails:").expect("has guardrails");
    let (compared, _) = compare(MATRIX, &system(two));
    assert!(
        compared.not_compared.iter().any(|one| one.message.contains("it may mean `orders db` or `reports db`")),
        "{:?}",
        compared.not_compared
    );
}

/// The rows of a small matrix over a small system, as messages.
fn told(components: &str, edges: &str, flows: &str, rows: &str) -> (Vec<String>, Vec<String>) {
    let shop = format!("components:\n  web: {{kind: client}}\n{components}edges:\n{edges}flows:\n{flows}");
    let text = format!("# M\n\n| Component | Failure Mode | Blast Radius | Priority |\n|---|---|---|---|\n{rows}");
    let (compared, _) = compare(&text, &system(&shop));
    let messages = |all: &[text::Problem]| all.iter().map(|one| one.message.clone()).collect();
    (messages(&compared.differences), messages(&compared.not_compared))
}

#[test]
fn names_that_only_look_alike_are_not_matched() {
    let (differences, not_compared) = told(
        "  product-api: {kind: service}\n  user-service: {kind: service}\n  svc10: {kind: service}\n  svc100: {kind: service}\n",
        "  web->product-api:\n  web->user-service: {needs: async}\n  web->svc10: {needs: async}\n  web->svc100: {needs: async}\n",
        "  see: {path: [web, product-api]}\n",
        "| Production cluster | Down | All fail | P0 |\n| Billing service | Down | All fail | P0 |\n| svc10 | Down | No impact | P2 |\n| Product API | Down | All fail | P0 |\n",
    );
    assert_eq!(differences, [] as [&str; 0]);
    assert_eq!(
        not_compared,
        [
            "'Production cluster: Down': no component is called like that; name it with `known_as`",
            "'Billing service: Down': no component is called like that; name it with `known_as`",
        ]
    );
}

#[test]
fn what_agrees_in_other_words_is_no_difference() {
    let (differences, not_compared) = told(
        "  api: {kind: service}\n  db: {kind: postgres, replicas: 2}\n  search: {kind: service}\n  batch: {kind: worker}\n",
        "  web->api:\n  api->db:\n  api->search: {needs: soft}\n",
        "  buy: {path: [web, api, db]}\n  look: {path: [web, api, search]}\n",
        "| API | Down | Complete outage | P0 |\n| API | Crash | Buying and looking fail | P0 |\n| Datenbank | nicht erreichbar | Kauf fällt aus | P0 |\n| Batch | Down | No user impact | P3 |\n| Search | Unavailable | Looking is slower, buying works | P1 |\n| Search | High latency | Slow results | P2 |\n| Database | One replica down | No impact | P3 |\n| API | Backup has no retention policy | None | P3 |\n",
    );
    assert_eq!(differences, [] as [&str; 0]);
    assert_eq!(
        not_compared,
        [
            "'Database: One replica down': it speaks of 1 of the 2 replicas of `db`, and 1 must work",
            "'API: Backup has no retention policy': `api` has no mode that is called like 'Backup has no retention policy'; declare it under `modes`",
        ]
    );
}

#[test]
fn numbers_count_from_the_most_urgent_that_is_used() {
    let of = |first: &str, second: &str| {
        told(
            "  api: {kind: service}\n  mail: {kind: external}\n",
            "  web->api:\n  api->mail: {needs: async}\n",
            "  buy: {path: [web, api]}\n",
            &format!("| API | Down | All fail | {first} |\n| Mail | Down | Later mails | {second} |\n"),
        )
        .0
    };
    assert_eq!(of("P1", "P3"), [] as [&str; 0]);
    assert_eq!(of("critical", "medium"), [] as [&str; 0]);
    assert_eq!(
        of("P2", "P1 (urgent)"),
        ["'API: Down' is P2, and by what is lost (100 % of all use) it is P1"],
        "one row that is wrong makes no other one wrong"
    );
}

/// A failure reaches over every way there is, not over the shortest one only.
#[test]
fn a_chain_over_a_longer_way_is_a_chain() {
    let chain = |step: &str| {
        let shop = "components: {web: {kind: client}, api: {kind: service}, stock: {kind: service}, db: {kind: postgres}, feed: {kind: worker}}\nedges: {web->api: , api->db: , api->stock: , stock->db: , feed->db: {needs: soft}}\nflows: {buy: {path: [web, api, db]}}\n";
        let text = format!("# M\n\n## Scenarios\n\n### Database down\n```\nDatabase down\n  → {step}\n```\n");
        let (compared, _) = compare(&text, &system(shop));
        compared.differences.into_iter().map(|one| one.rule).collect::<Vec<_>>()
    };
    assert_eq!(chain("Stock fails"), [] as [&str; 0]);
    assert_eq!(chain("Feed is not affected, nothing fails"), [] as [&str; 0]);
    assert_eq!(chain("Feed fails"), ["chain-too-hard"]);
}

/// Runners of which half are enough, two databases, and a group that takes one of two instances.
const FARM: &str = "components: {web: {kind: client}, api: {kind: service, replicas: 2}, runner: {kind: service, replicas: 8, quorum: 4}, ledger: {kind: postgres}, tariff-db: {kind: postgres}, pay: {kind: external}}
edges: {web->api: {}, api->runner: {}, api->ledger: {}, api->tariff-db: {needs: soft}, api->pay: {}}
flows: {build: {path: [web, api, runner]}, charge: {path: [web, api, ledger, pay, tariff-db]}}
shared_fate: {node-1: [api/2, pay]}";

fn farm(rows: &str) -> Vec<String> {
    let table =
        format!("# Matrix\n\n| Component | Failure mode | Blast radius | Priority |\n|---|---|---|---|\n{rows}");
    said(&table, FARM).into_iter().filter(|one| !one.starts_with("part-not-listed")).collect()
}

#[test]
fn flows_that_go_on_by_the_text_are_not_counted_as_hit() {
    assert_eq!(farm("| Pay | down | Charging fails; builds go on | P0 |\n"), [] as [&str; 0]);
    assert_eq!(farm("| Pay | down | Only charges fail, all else goes on | P0 |\n"), [] as [&str; 0]);
    assert_eq!(
        farm("| Pay | down | Builds fail; charging goes on | P0 |\n"),
        [
            "radius-too-small: 'Pay: down' says 'Builds fail; charging goes on', and by the system it takes down `charge` as well",
            "radius-too-large: 'Pay: down' says 'Builds fail; charging goes on', and by the system it spares `build`"
        ]
    );
}

#[test]
fn so_many_replicas_are_not_the_component_unless_too_few_are_left() {
    for some in ["one of eight down", "one runner down", "3/8 down", "pod crash", "four of eight are down"] {
        assert_eq!(farm(&format!("| Runner | {some} | no impact | P2 |\n")), [] as [&str; 0], "{some}");
    }
    for too_many in ["five of eight down", "all down"] {
        assert!(
            farm(&format!("| Runner | {too_many} | no impact | P0 |\n"))[0].starts_with("radius-too-small"),
            "{too_many}"
        );
    }
}

#[test]
fn a_group_that_leaves_a_replica_is_no_common_cause() {
    let rows = "| API | all replicas down | All flows are down | P0 |\n| Pay | down | Charging fails | P0 |\n";
    assert_eq!(farm(rows), [] as [&str; 0]);
    let both = FARM.replace("api/2", "api");
    let table =
        format!("# Matrix\n\n| Component | Failure mode | Blast radius | Priority |\n|---|---|---|---|\n{rows}");
    assert!(said(&table, &both).iter().any(|one| one.starts_with("one-event")));
}

#[test]
fn a_kind_that_two_have_is_not_guessed_and_slowness_is_no_hang() {
    let table = "# Matrix\n\n| Component | Failure mode | Blast radius | Priority |\n|---|---|---|---|\n| Postgres | down | All flows are down | P0 |\n| Pay | slow | charging gets slower | P2 |\n";
    let (compared, _) = compare(table, &system(FARM));
    let not: Vec<&str> = compared.not_compared.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(not, ["'Postgres: down': it may mean `ledger` or `tariff-db`; say which with `known_as`"]);
    assert_eq!(farm("| Pay | slow | charging gets slower | P2 |\n"), [] as [&str; 0]);
}

#[test]
fn a_path_is_the_flow_that_its_heading_names_and_the_end_of_a_chain_is_checked() {
    let text = "# Paths\n\n## Path: pay for a ride (charge)\n\nweb → api → [SPOF] runner\n\n# Scenarios\n\npay down → builds fail\n\n# Failure scenarios\n\npay down → api down → builds fail\n";
    let said = said(text, FARM);
    assert!(
        said.iter().any(|one| one.starts_with("spof-not-marked: 'Path: pay for a ride (charge)' (charge)")),
        "{said:#?}"
    );
    assert!(
        said.iter()
            .any(|one| one.starts_with("chain-not-computed") && one.contains("`pay down` does not reach `build`")),
        "{said:#?}"
    );
}

#[test]
fn a_flow_that_goes_on_later_is_told_from_one_that_fails_with_the_same_part() {
    let queue = "components: {web: {kind: client}, api: {kind: service}, reminder: {kind: worker}, jobs: {kind: queue}}
edges: {web->api: {}, api->jobs: {needs: async}, reminder->jobs: {}}
flows: {book: {path: [web, api, jobs]}, remind: {path: [reminder, jobs]}}";
    let told = |radius: &str| {
        let table = format!(
            "# Matrix\n\n| Component | Failure mode | Blast radius | Priority |\n|---|---|---|---|\n| Jobs | down | {radius} | P0 |\n"
        );
        said(&table, queue).into_iter().filter(|one| one.starts_with("radius")).collect::<Vec<_>>()
    };
    assert_eq!(
        told("Booking and reminding fail"),
        ["radius-too-large: 'Jobs: down' says 'Booking and reminding fail', and by the system `book` is late"]
    );
    assert_eq!(told("Reminding fails, booking is late"), [] as [&str; 0]);
}
