//! What a claim asks for under `with:`, read into a plan: every slip is a problem, all at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeMap;
use std::fmt::Write;

use drill::{Ground, Step};
use expect_test::{Expect, expect};
use system::System;

use crate::world::{plan, sound_plan, system};

const SYSTEM: &str = r#"
seaworthy: 1
name: shop
system:
  components:
    web: {kind: client}
    api: {kind: service, replicas: 2, start: "serve ${port}", ready: /health}
    mailer: {kind: service, start: "mail ${port}", ready: /health}
    db: {kind: postgres, at: "127.0.0.1:5432"}
    cache: {kind: redis, at: "127.0.0.1:6379", destructive: true}
    far: {kind: redis, at: "10.1.0.5:6379", destructive: true}
  edges:
    web->api: {needs: hard, guard: {}}
    api->mailer: {needs: soft, guard: {}}
    api->db: {needs: hard}
    api->cache: {needs: soft}
    api->far: {needs: soft}
  flows:
    register: {path: [web, api, db], async: [mailer], load: "POST /register"}
    track: {path: [web, api, db], load: "GET /events"}
    idle: {path: [web, api]}
    mail: {path: [web, mailer], load: "GET /mail"}
environments:
  prod: {drills: never}
  staging: {allow: [10.1.0.0/16]}
"#;

fn check(kind: &str, with: &str, wanted: Expect) {
    let system = system(SYSTEM);
    let (plan, problems) = plan(&system, kind, with);
    let mut text = String::new();
    for problem in &problems {
        let help = problem.help.as_deref().unwrap_or("-");
        writeln!(text, "{}:{} {}: {} ({help})", problem.line, problem.column, problem.rule, problem.message).unwrap();
    }
    if let Some(plan) = plan {
        writeln!(text, "{:?}\noff: {:?}", plan.fault, plan.off).unwrap();
    }
    wanted.assert_eq(&text);
}

#[test]
fn an_edge_can_fail_in_five_ways() {
    check(
        "dependency-down",
        "{edge: api->mailer, flow: register}",
        expect![[r#"
        Edge { edge: EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None }, mode: Refused }
        off: Bypass(EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None })
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, mode: slow, flow: register, off: none}",
        expect![[r#"
        Edge { edge: EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None }, mode: Slow(2s) }
        off: None("`off: none` is written")
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, mode: slow, latency: 300ms, flow: register}",
        expect![[r#"
        Edge { edge: EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None }, mode: Slow(300ms) }
        off: Bypass(EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None })
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, mode: status, status: 502, flow: register}",
        expect![[r#"
        Edge { edge: EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None }, mode: Status(502) }
        off: Bypass(EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None })
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, mode: hang, flow: register, off: {guard: bypass, edge: web->api}}",
        expect![[r#"
        Edge { edge: EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None }, mode: Hang }
        off: Bypass(EdgeId { from: ComponentId("web"), to: ComponentId("api"), name: None })
    "#]],
    );
}

#[test]
fn a_component_of_ours_is_killed_and_one_of_others_only_stopped() {
    check(
        "dependency-down",
        "{component: mailer, flow: register}",
        expect![[r#"
            Kill { component: ComponentId("mailer"), which: All, down_for: None }
            off: Bypass(EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None })
        "#]],
    );
    check(
        "dependency-down",
        "{component: mailer, mode: hang, flow: register}",
        expect![[r#"
            Pause { component: ComponentId("mailer") }
            off: Bypass(EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None })
        "#]],
    );
    check(
        "dependency-down",
        "{component: cache, flow: register}",
        expect![[r#"
        Pause { component: ComponentId("cache") }
        off: Bypass(EdgeId { from: ComponentId("web"), to: ComponentId("api"), name: None })
    "#]],
    );
}

#[test]
fn a_restart_names_its_replica_and_its_control() {
    check(
        "restart",
        "{component: api, flow: track}",
        expect![[r#"
        Kill { component: ComponentId("api"), which: One(0), down_for: Some(500ms) }
        off: Bypass(EdgeId { from: ComponentId("web"), to: ComponentId("api"), name: None })
    "#]],
    );
    check(
        "restart",
        "{component: api, replica: all, down_for: 1s, flow: track, off: {component: api, env: {DURABLE: \"off\"}}}",
        expect![[r#"
        Kill { component: ComponentId("api"), which: All, down_for: Some(1s) }
        off: Restarted { component: ComponentId("api"), env: {"DURABLE": "off"} }
    "#]],
    );
}

#[test]
fn every_slip_in_names_is_told_at_once() {
    check(
        "dependncy-down",
        "{}",
        expect![[r#"
        1:1 unknown-drill: there is no drill `dependncy-down` (did you mean `dependency-down`?)
    "#]],
    );
    check(
        "explode",
        "{}",
        expect![[r#"
        1:1 unknown-drill: there is no drill `explode` (known drills: dependency-down, restart)
    "#]],
    );
    check(
        "dependency-down",
        "{}",
        expect![[r#"
        1:1 missing-key: `with` of drill `dependency-down` has no `flow` (-)
        1:1 missing-key: neither `edge` nor `component` says what goes down (`edge: api->db` breaks the calls of one caller, `component: db` breaks the thing itself)
    "#]],
    );
    check(
        "dependency-down",
        "[1]",
        expect![[r#"
        1:1 wrong-shape: `with` of drill `dependency-down` must be a map, found a list (-)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailr, mode: refusd, flow: registr, bystander: trak, ratee: 5/s}",
        expect![[r#"
        1:40 unknown-name: there is no flow `registr` (did you mean `register`?)
        1:60 unknown-name: there is no flow `trak` (did you mean `track`?)
        1:26 unknown-word: `mode` of `with` of drill `dependency-down` cannot be `refusd` (did you mean `refused`?)
        1:8 unknown-name: there is no edge `api->mailr` (did you mean `api->mailer`?)
        1:66 unknown-key: unknown key `ratee` in `with` of drill `dependency-down` (did you mean `rate`?)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->db, flow: register}",
        expect![[r#"
        1:8 no-guard: api->db has no `guard:`, so there is no proxy in which its calls could fail (write `guard: {}` at the edge for a proxy without any protection, or break the `component:` itself)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, component: api, flow: register}",
        expect![[r#"
        1:32 wrong-value: `edge` and `component` exclude each other (keep the one that should fail)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, mode: down, flow: register}",
        expect![[r#"
        1:27 wrong-value: mode `down` needs `component:` (modes of an edge: refused, reset, hang, slow, status)
    "#]],
    );
}

#[test]
fn every_slip_in_modes_and_loads_is_told_at_once() {
    check(
        "dependency-down",
        "{component: mailer, mode: slow, flow: register}",
        expect![[r#"
        1:27 wrong-value: mode `slow` needs `edge:`, because only a proxy can do that (modes of a component: down, hang)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, mode: refused, latency: 2s, status: 200, flow: register}",
        expect![[r#"
        1:57 wrong-value: `status` of `with` of drill `dependency-down` must be a whole number from 500 to 599, found `200` (-)
        1:45 wrong-value: mode `refused` has no `latency` (write `mode: slow`, or remove it)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, flow: idle}",
        expect![[r#"
        1:27 no-load: flow `idle` has no `load`, so nothing could be measured (write `load: GET /path` at the flow)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, flow: [register]}",
        expect![[r#"
        1:27 wrong-shape: here the name of a flow is expected, found a list (-)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: [x], flow: register}",
        expect![[r#"
        1:8 wrong-shape: here the name of an edge such as `api->db` is expected, found a list (-)
    "#]],
    );
    check(
        "dependency-down",
        "{component: db, flow: mail}",
        expect![[r#"
            1:13 never-met: flow `mail` passes nothing that uses db, so the load would never meet the fault (choose a flow whose `path` or `async` reaches it)
        "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, flow: register, rate: 5/s, fault_for: 1ms, watch: 20h, min_requests: 0}",
        expect![[r#"
        1:59 wrong-value: `fault_for` must lie between 500ms and 10m, found 1ms (-)
        1:71 wrong-value: `watch` must lie between 500ms and 10m, found 20h (-)
        1:90 wrong-value: `min_requests` of `with` of drill `dependency-down` must be a whole number from 1 to 1000000, found `0` (-)
        1:27 too-few-requests: flow `register` at 5/s gives only 10 of 50 requests in the clean window (raise `rate`, lengthen `clean`, or lower `min_requests`)
    "#]],
    );
    check(
        "dependency-down",
        "{edge: api->mailer, flow: register, rate: 5000/s}",
        expect![[r#"
        1:27 wrong-load: flow `register` asks for 5000/s (one load generator keeps up to 2000/s)
        1:27 many-outstanding: flow `register` may have more than 800 requests outstanding; the rest will count as not sent (lower its rate or its patience)
    "#]],
    );
}

#[test]
fn every_slip_in_rates_and_restarts_is_told_at_once() {
    check(
        "dependency-down",
        "{edge: api->mailer, flow: register, rate: 1000/s}",
        expect![[r#"
        1:27 many-outstanding: flow `register` may have more than 800 requests outstanding; the rest will count as not sent (lower its rate or its patience)
        Edge { edge: EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None }, mode: Refused }
        off: Bypass(EdgeId { from: ComponentId("api"), to: ComponentId("mailer"), name: None })
    "#]],
    );
    check(
        "restart",
        "{component: db, flow: track}",
        expect![[r#"
        1:13 not-ours: db has no `start:`, so it could not be started again (only what seaworthy starts can be restarted by it)
    "#]],
    );
    check(
        "restart",
        "{component: api, replica: 2, down_for: 2m, flow: track}",
        expect![[r#"
        1:40 wrong-value: `down_for` is longer than a minute (a crash is short; for longer, use drill `dependency-down`)
        1:27 wrong-value: there is no replica 2 (its replicas are numbered 0 to 1)
    "#]],
    );
    check(
        "restart",
        "{component: api, replica: first, flow: track}",
        expect![[r#"
        1:27 wrong-value: `replica` must be a number or `all` (the first is 0)
    "#]],
    );
    check(
        "restart",
        "{flow: track}",
        expect![[r#"
        1:1 missing-key: `with` of drill `restart` has no `component` (-)
    "#]],
    );
}

#[test]
fn a_control_that_switches_nothing_off_is_refused() {
    check(
        "restart",
        "{component: mailer, flow: mail}",
        expect![[r#"
        Kill { component: ComponentId("mailer"), which: One(0), down_for: Some(500ms) }
        off: None("no guardrail that could be switched off is named, and no edge of the flow has a guard")
    "#]],
    );
    check(
        "restart",
        "{component: mailer, flow: mail, off: {guard: bypass}}",
        expect![[r#"
        1:38 no-guard: no edge of the flow has a guard to bypass (write `guard:` at an edge of the flow, or switch off a mitigation of a component)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: {guard: bypas}}",
        expect![[r#"
        1:44 unknown-word: `guard` of `off` cannot be `bypas` (did you mean `bypass`?)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: {guard: bypass, edge: api->db}}",
        expect![[r#"
        1:58 no-guard: api->db has no guard to bypass (write `guard:` at an edge of the flow, or switch off a mitigation of a component)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: {component: db, env: {A: b}}}",
        expect![[r#"
        1:48 not-ours: db has no `start:`, so it cannot be restarted with other settings (name a component that seaworthy starts)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: {component: api}}",
        expect![[r#"
        1:36 missing-key: `off` with a component needs `env` with at least one setting (such as `env: {RETRY: "off"}`)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: {component: api, env: {A: [1]}}}",
        expect![[r#"
        1:59 wrong-value: `A` must be text, found a list (quote it, such as `"off"`)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: {component: api, guard: bypass}}",
        expect![[r#"
        1:36 wrong-shape: `off` must be `none`, or have either `guard` (and `edge`) or `component` and `env` (`off: {guard: bypass}` or `off: {component: api, env: {RETRY: "off"}}`)
    "#]],
    );
}

#[test]
fn a_control_names_what_it_switches_off() {
    check(
        "restart",
        "{component: api, flow: track, off: {env: {A: b}}}",
        expect![[r#"
        1:36 wrong-shape: `off` must be `none`, or have either `guard` (and `edge`) or `component` and `env` (`off: {guard: bypass}` or `off: {component: api, env: {RETRY: "off"}}`)
    "#]],
    );
    check(
        "restart",
        "{component: api, flow: track, off: maybe}",
        expect![[r#"
        1:36 wrong-shape: `off` must be a map, found text (-)
    "#]],
    );
}

fn steps(system: &System, environment: &str, with: &str) -> Vec<Step> {
    let at = ["db=127.0.0.1:5432", "cache=127.0.0.1:6379", "far=10.1.0.5:6379"];
    let at: BTreeMap<_, _> = at
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, at)| (crate::world::id(name), at.parse().expect("is an address")))
        .collect();
    sound_plan(system, "dependency-down", with).steps(Ground { system, environment, at: &at })
}

fn first_refusal(environment: &str, with: &str) -> String {
    let system = system(SYSTEM);
    let refusal = steps(&system, environment, with).into_iter().find_map(|step| step.allowed.err());
    refusal.map_or_else(|| "allowed".to_owned(), |refusal| refusal.why)
}

#[test]
fn only_what_is_ours_or_named_destructive_may_be_broken() {
    let (edge, ours) = ("{edge: api->mailer, flow: register}", "{component: mailer, flow: register}");
    let (foreign, cache, far) =
        ("{component: db, flow: register}", "{component: cache, flow: register}", "{component: far, flow: register}");
    assert_eq!(first_refusal("local", edge), "allowed");
    assert_eq!(first_refusal("local", ours), "allowed");
    assert_eq!(first_refusal("local", cache), "allowed");
    assert_eq!(first_refusal("staging", far), "allowed");
    assert_eq!(first_refusal("local", foreign), "db was not started by seaworthy and is not named `destructive: true`");
    assert_eq!(first_refusal("local", far), "far at 10.1.0.5:6379 lies in no network that environment `local` allows");
    for with in [edge, ours, cache, foreign] {
        assert_eq!(first_refusal("prod", with), "environment `prod` says `drills: never`");
        assert_eq!(first_refusal("nowhere", with), "environment `nowhere` is not declared");
    }
}

#[test]
fn a_plan_says_what_is_touched_and_how_it_is_undone() {
    let system = system(SYSTEM);
    let with = "{edge: api->mailer, mode: slow, flow: register, bystander: track, off: {component: api, env: {QUEUE: \"off\"}}}";
    let shown: Vec<String> = steps(&system, "local", with).iter().map(ToString::to_string).collect();
    expect![[r#"
        send load: POST /register at 100/s to api, and as bystander GET /events at 100/s to api (1s); allowed: api is started by seaworthy itself
        look at the load without any fault; at least 50 requests (2s); allowed: it changes nothing
        answer 2s later on api->mailer (4s); allowed: only what passes our own proxy on api->mailer is touched, and every fault there ends by itself; undo: the fault is lifted, or ends by itself when nobody renews it
        lift the fault, and watch until ten answers in a row are good (10s); allowed: it changes nothing
        restart api with other QUEUE; allowed: api is started by seaworthy itself; undo: restart it with its own settings
        answer 2s later on api->mailer, this time without the mitigation (4s); allowed: only what passes our own proxy on api->mailer is touched, and every fault there ends by itself; undo: the fault is lifted, or ends by itself when nobody renews it
        end the load, and look for every write that was acknowledged or is in doubt; allowed: it changes nothing"#]].assert_eq(&shown.join("\n"));
}
