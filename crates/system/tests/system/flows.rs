//! `system.flows` without their loads.

use expect_test::expect;

use crate::world::{check_flows, check_system, read, with_system};

#[test]
fn a_path_has_a_hop() {
    check_flows(
        "a: {path: [web]}\nb: {path: web}\nc: {path: []}\nd: {path: }\ne: {}\nf: {path: {a: b}}\ng: text",
        expect![[r#"
            10:15 short-path: the path of flow `a` has no hop (name at least two components, such as `[web, api]`)
            11:15 short-path: the path of flow `b` has no hop (name at least two components, such as `[web, api]`)
            12:15 short-path: the path of flow `c` has no hop (name at least two components, such as `[web, api]`)
            13:8 missing-key: flow `d` has no `path`
            14:8 missing-key: flow `e` has no `path`
            15:15 wrong-shape: a hop of flow `f` must be a name, found a map
            15:15 short-path: the path of flow `f` has no hop (name at least two components, such as `[web, api]`)
            16:8 wrong-shape: flow `g` must be a map, found text
        "#]],
    );
}

#[test]
fn hops_are_declared_names() {
    check_flows(
        "a: {path: [web, aip, db]}\nb: {path: [web, [api], db], async: [dbb]}",
        expect![[r#"
            10:21 undeclared: component `aip`, used in flow `a`, is not declared (did you mean `api`?)
            11:21 wrong-shape: a hop of flow `b` must be a name, found a list
            11:41 undeclared: component `dbb`, used in flow `b`, is not declared (did you mean `db`?)
        "#]],
    );
}

#[test]
fn a_hop_without_an_edge_is_remarked() {
    check_flows(
        "a: {path: [web, db]}\nb: {path: [db, api]}\nc: {path: [web, api], async: [db]}",
        expect![[r#"
            10:21 warning missing-edge: flow `a` goes to `db`, and no component before it has an edge there (declare `web->db` under `edges`, or correct the path)
            11:20 warning missing-edge: flow `b` goes to `api`, and no component before it has an edge there (declare `db->api` under `edges`, or correct the path)
        "#]],
    );
}

#[test]
fn a_hop_may_be_needed_by_any_component_before_it() {
    check_system(
        "components: {web: {kind: client}, api: {kind: service}, db: {kind: postgres}, mail: {kind: external}}\nedges: {web->api: , api->db: , api->mail: }\nflows: {f: {path: [web, api, db, mail]}}",
        expect![[""]],
    );
}

#[test]
fn a_component_stands_on_a_path_once() {
    check_flows(
        "a: {path: [web, api, web], async: [api]}",
        expect![[r#"
        10:26 warning twice: `web` is named twice in the path of flow `a` (name each component once, in the order of first use)
        10:40 warning twice: `api` of flow `a` is on the path and under `async` too (keep it under `async` only when the answer does not wait for it)
    "#]],
    );
}

#[test]
fn weights_are_shares_of_a_whole() {
    check_flows(
        "a: {path: [web, api], weight: 5}\nb: {path: [web, api], weight: 70%}\nc: {path: [web, api], weight: 0.6}",
        expect![[r#"
            10:5 warning weights: the weights of all flows add up to 130.0 % (a weight is a share of all use; together they are at most 100 %)
            10:35 wrong-value: `weight` of flow `a` must be a share such as `99.9%` or `0.999`, between 0 and 1, found `5`
        "#]],
    );
}

#[test]
fn promises_have_units() {
    check_flows(
        "a: {path: [web, api], slo: {success: 120%, p95: 300}}\nb: {path: [web, api], slo: {p95: 0s, p99: 1s}}\nc: {path: [web, api], slo: fast}",
        expect![[r#"
            10:42 wrong-value: `success` of slo of flow `a` must be a share such as `99.9%` or `0.999`, between 0 and 1, found `120%`
            10:53 wrong-value: `p95` of slo of flow `a` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `300`
            11:38 wrong-value: `p95` of slo of flow `b` must be above zero and at most 1h (write a duration such as `500ms` or `5s`)
            11:42 unknown-key: unknown key `p99` in slo of flow `b` (did you mean `p95`?)
            12:32 wrong-shape: slo of flow `c` must be a map, found text
        "#]],
    );
}

#[test]
fn names_of_flows_are_names() {
    check_flows(
        "a/b: {path: [web, api]}\nx: {path: [web, api]}\nX: {path: [web, api]}",
        expect![[r#"
        10:5 bad-name: `a/b` cannot name a flow (a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces)
        12:5 warning case-names: flows `X` and `x` differ only by case (give one of them another name)
    "#]],
    );
}

#[test]
fn a_fallback_is_kept_and_a_slip_is_told() {
    check_flows(
        "a: {path: [web, api], fallback: manual, wieght: 5%}",
        expect![[r#"
        10:45 unknown-key: unknown key `wieght` in flow `a` (did you mean `weight`?)
    "#]],
    );
}

#[test]
fn a_fallback_of_none_is_none() {
    let text = "components: {web: {kind: client}, api: {kind: service}}\nedges: {web->api: }\nflows: {a: {path: [web, api], fallback: by hand}, b: {path: [web, api], fallback: None}}";
    let system = read(&with_system(text)).0.expect("is a map");
    let said: Vec<Option<&str>> = system.flows.values().map(|flow| flow.fallback.as_deref()).collect();
    assert_eq!(said, [Some("by hand"), None]);
}

#[test]
fn a_broken_path_leaves_the_flow_out_and_the_rest_in() {
    let text = "components: {web: {kind: client}, api: {kind: service}}\nedges: {web->api: }\nflows: {a: {path: [web, nope]}, b: {path: [web, api]}}";
    let system = read(&with_system(text)).0.expect("is a map");
    assert_eq!(system.flows.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["b"]);
}
