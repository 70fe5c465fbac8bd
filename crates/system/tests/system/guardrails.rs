//! Modes by name and declared guardrails, and what is wrong with them.

use expect_test::expect;
use system::{Effort, FailsAs, GuardrailOn, Leaves};

use crate::world::{check, read, with_system};

const SHOP: &str =
    "components:\n  web: {kind: client}\n  db: {kind: postgres, modes: {pool_exhausted: slow}}\nedges: {web->db: }\n";

#[test]
fn a_guardrail_has_a_place_what_it_stops_and_what_it_leaves() {
    let text = format!(
        "{SHOP}guardrails:\n  breaker: {{on: web->db, stops: [pool_exhausted, down], leaves: quick-failure, effort: M, planned: true}}\n  standby: {{on: db, stops: down}}\n"
    );
    let (system, problems) = read(&with_system(&text));
    assert!(problems.is_empty(), "{problems:?}");
    let system = system.expect("is a map");
    assert_eq!(
        system.components[&system::ComponentId::try_new("db").expect("is a name")].modes["pool_exhausted"],
        FailsAs::Slow
    );
    let breaker = &system.guardrails["breaker"];
    assert_eq!((breaker.leaves, breaker.effort, breaker.planned), (Leaves::QuickFailure, Some(Effort::M), true));
    assert!(matches!(&breaker.on, GuardrailOn::Edge(id) if id.to_string() == "web->db"));
    let standby = &system.guardrails["standby"];
    assert_eq!((standby.leaves, standby.effort, standby.planned), (Leaves::Nothing, None, false));
}

#[test]
fn everything_wrong_is_told_with_its_place() {
    check(
        &with_system(
            "components:\n  web: {kind: client}\n  db: {kind: postgres, modes: {down: slow, odd: slwo, \"a->b\": down}, state: somewhere}\nedges: {web->db: }\nguardrails:\n  a: {on: web->dv, stops: [down]}\n  b: {on: bd, stops: [down]}\n  c: {on: db, stops: [dwon]}\n  d: {on: db, stops: []}\n  e: {on: db, stops: [down], leaves: stale}\n  f: {stops: [down]}\n",
        ),
        expect![[r#"
            6:40 bad-name: `down` cannot name a mode of component `db` (`down` and `slow` are there already; another name has 1 to 64 bytes of letters, digits, `-`, `_`, `.`)
            6:51 wrong-value: mode `odd` of component `db` is like nothing known: `slwo`; did you mean `slow`? (write one of down, slow, degraded, stale, lost, exposed, blind, wrong)
            6:65 bad-name: `a->b` cannot name a mode of component `db` (`down` and `slow` are there already; another name has 1 to 64 bytes of letters, digits, `-`, `_`, `.`)
            6:79 unknown-word: `state` of component `db` cannot be `somewhere` (one of: shared, per_instance)
            9:13 undeclared: edge `web->dv`, used in guardrail `a`, is not declared (did you mean `web->db`?)
            10:13 undeclared: component `bd`, used in guardrail `b`, is not declared (did you mean `db`?)
            11:25 unknown-mode: guardrail `c` stops `dwon`, and `db` has no such mode; did you mean `down`? (name one of down, slow, or declare it under `modes` of `db`)
            12:5 stops-nothing: guardrail `d` stops no mode (name a mode, such as `down`)
            13:5 wrong-value: guardrail `e` stands at a component, where a failure it stops does not begin (leave `leaves` out, or name an edge under `on`)
            14:8 missing-key: guardrail `f` has no `on`
        "#]],
    );
}
