//! `system.edges` and `system.shared_fate`.

use expect_test::expect;
use system::Needs;

use crate::world::{PARTS, check_edges, check_system, read, with_system};

#[test]
fn both_ends_are_declared() {
    check_edges(
        "web->aip: {}\nghost->db: {}\napi->db: ",
        expect![[r#"
        9:5 undeclared: component `aip`, used in edge `web->aip`, is not declared (did you mean `api`?)
        10:5 undeclared: component `ghost`, used in edge `ghost->db`, is not declared (declare it under `components`, such as `ghost: {kind: service}`)
    "#]],
    );
}

#[test]
fn an_edge_is_named_by_an_arrow() {
    check_edges(
        "web: {}\napi->db/: {}\n'->': {}\napi->db: ",
        expect![[r#"
        9:5 bad-name: `web` cannot name an edge (write `from->to`, or `from->to/name` for a second edge of a pair)
        10:5 bad-name: `api->db/` cannot name an edge (write `from->to`, or `from->to/name` for a second edge of a pair)
        11:5 bad-name: `->` cannot name an edge (write `from->to`, or `from->to/name` for a second edge of a pair)
    "#]],
    );
}

#[test]
fn an_edge_leads_elsewhere_and_is_written_once() {
    check_edges(
        "api->api: {}\napi->db: {}\n'api -> db': {}\napi->db/read: {}",
        expect![[r#"
        9:5 self-edge: edge `api->api` leads from `api` to itself (an edge joins two components; remove it)
        11:5 duplicate-edge: edge `api->db` is written twice, first as `api->db` (keep one, or name them: `a->b/read` and `a->b/write`)
    "#]],
    );
}

#[test]
fn needs_is_one_of_three_words() {
    check_edges(
        "api->db: {needs: hardly}\nweb->api: {needs: [soft]}",
        expect![[r#"
        9:22 unknown-word: `needs` of edge `api->db` cannot be `hardly` (did you mean `hard`?)
        10:23 wrong-value: `needs` of edge `web->api` must be a word, found a list
    "#]],
    );
    let (system, _) = read(&with_system(&format!("{PARTS}edges: {{web->api: {{needs: async}}, api->db: }}")));
    let needs: Vec<Needs> = system.expect("is a map").edges.iter().map(|edge| edge.needs).collect();
    assert_eq!(needs, [Needs::Async, Needs::Hard]);
}

#[test]
fn edge_values_have_shapes() {
    check_edges(
        "api->db: {timeout: 5, loses: {a: b}, fallback: [x], gaurd: {}}\nweb->api: soft",
        expect![[r#"
        9:24 wrong-value: `timeout` of edge `api->db` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `5`
        9:34 wrong-value: `loses` of edge `api->db` must be text, found a map
        9:52 wrong-value: `fallback` of edge `api->db` must be text, found a list
        9:57 unknown-key: unknown key `gaurd` in edge `api->db` (did you mean `guard`?)
        10:15 wrong-shape: edge `web->api` must be a map, found text
    "#]],
    );
    check_edges(
        "api->db: {timeout: 0s}\nweb->api: {timeout: 48h}",
        expect![[r#"
        9:24 wrong-value: `timeout` of edge `api->db` must be above zero and at most 1d (write a duration such as `500ms` or `5s`)
        10:25 wrong-value: `timeout` of edge `web->api` must be above zero and at most 1d (write a duration such as `500ms` or `5s`)
    "#]],
    );
}

#[test]
fn fallback_none_is_no_fallback() {
    let text = format!(
        "{PARTS}edges: {{web->api: {{fallback: none, loses: one}}, api->db: {{fallback: memory, loses: [a, b]}}}}"
    );
    let (system, problems) = read(&with_system(&text));
    assert!(problems.is_empty(), "{problems:?}");
    let system = system.expect("is a map");
    assert_eq!((&system.edges[0].fallback, system.edges[0].loses.len()), (&None, 1));
    assert_eq!((system.edges[1].fallback.as_deref(), system.edges[1].loses.len()), (Some("memory"), 2));
}

#[test]
fn shared_fate_lists_declared_components() {
    check_system(
        &format!(
            "{PARTS}edges: {{api->db: }}\nshared_fate: {{a: api, b: [api, dbb], c: [api, api], d: [], e: [[x], api, db]}}"
        ),
        expect![[r#"
            9:17 wrong-shape: shared_fate `a` must be a list of components, found text (write `node-1: [api, cache]`)
            9:25 warning lonely-fate: shared_fate `b` has 1 declared members (name at least two components that fail together)
            9:34 undeclared: component `dbb`, used in shared_fate `b`, is not declared (did you mean `db`?)
            9:40 warning lonely-fate: shared_fate `c` has 1 declared members (name at least two components that fail together)
            9:55 warning lonely-fate: shared_fate `d` has 0 declared members (name at least two components that fail together)
            9:66 undeclared: component `a list`, used in shared_fate `e`, is not declared (declare it under `components`, such as `a list: {kind: service}`)
        "#]],
    );
}

#[test]
fn what_stands_in_is_declared_and_no_end_of_its_edge() {
    let parts = PARTS.replace("  db:", "  old: {kind: external}\n  db:");
    let text =
        format!("{parts}edges: {{web->api: {{instead: [db]}}, api->db: {{instead: [api, dbb, web, old, old]}}}}");
    check_system(
        &text,
        expect![[r#"
            9:58 self-edge: `api` is an end of edge `api->db` and cannot stand in on it (name a third component)
            9:63 undeclared: component `dbb`, used in `instead` of edge `api->db`, is not declared (did you mean `db`?)
            9:68 wrong-value: `web` in `instead` of edge `api->db` is a client, and users stand in for nothing (name a component that serves)
            9:78 twice: `old` stands twice in `instead` of edge `api->db` (name each once; the first that works serves)
        "#]],
    );
    let (system, _) = read(&with_system(&text));
    let edges = system.expect("is a map").edges;
    assert_eq!((edges[0].instead.len(), edges[0].has_fallback(), edges[0].fallback.is_some()), (1, true, false));
}

#[test]
fn a_replica_of_a_group_is_one_that_runs() {
    let text = "components: {api: {kind: service, replicas: 2}, db: {kind: postgres}}\nshared_fate: {a: [api/1, db], b: [api/3, api/0, api/x, db, api/2], c: [api, api/2, db/1], d: [apy/1, db, api]}";
    check_system(
        text,
        expect![[r#"
            5:37 wrong-value: `api/3`, used in shared_fate `b`, is no replica of `api`, which has 2 (number its replicas from 1, such as `api/2`)
            5:44 wrong-value: `api/0`, used in shared_fate `b`, is no replica of `api`, which has 2 (number its replicas from 1, such as `api/2`)
            5:51 wrong-value: `api/x`, used in shared_fate `b`, is no replica of `api`, which has 2 (number its replicas from 1, such as `api/2`)
            5:79 twice: shared_fate `c` names both `api` and `api/2` (name the component, or those of its replicas that fail together)
            5:97 undeclared: component `apy`, used in shared_fate `d`, is not declared (did you mean `api`?)
        "#]],
    );
    let (system, _) = read(&with_system(text));
    let members: Vec<String> = system.expect("is a map").shared_fate["a"].iter().map(ToString::to_string).collect();
    assert_eq!(members, ["api/1", "db"]);
}
