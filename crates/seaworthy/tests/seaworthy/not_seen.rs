//! What was not seen is never held: drills that show nothing, claims that nobody wrote, words that select nothing.

use std::collections::BTreeSet;

use crate::aftermath::nothing_is_left;
use crate::proof::Proof;
use crate::small::post_office;
use crate::world::{World, event_tracker};

/// A claim by a drill, in a file of the small system.
fn with_drill(world: &World, risk: &str, with: &str, expect: &str) {
    let claim = format!(
        "claims:\n  {risk}:\n    shown:\n      drill: dependency-down\n      with: {{{with}, warm: 500ms, clean: 500ms, fault_for: 1s}}\n      expect: \"{expect}\"\n"
    );
    let file = std::fs::read_to_string(world.path().join("seaworthy.yaml")).unwrap();
    let (before, _) = file.split_once("claims:\n").unwrap();
    world.write("seaworthy.yaml", &format!("{before}{claim}"));
}

/// The small system with a dependency that its flow reaches on paper and never in truth.
fn with_an_idle_dependency() -> World {
    let world = post_office();
    let binary = event_tracker();
    let idle = format!("    idle:\n      kind: service\n      start: {} enricher --port ${{port}}\n", binary.display());
    world.replace(
        "seaworthy.yaml",
        "  edges:\n",
        &format!("{idle}      ready: /health\n  edges:\n    post->idle: {{needs: hard, guard: {{}}}}\n"),
    );
    world
}

fn was_not_seen(world: &World, risk: &str, reason: &str) -> Proof {
    let proof = Proof::run(world, &[], 3);
    let id = format!("{risk}/shown");
    assert_eq!(proof.verdict(&id), "not_seen", "{:#}", proof.json);
    assert_eq!(proof.outcome(), "CONCERNS");
    assert_eq!(proof.json["decision"]["undecided"], serde_json::json!([id]));
    let told = proof.claim(&id)["reason"].as_str().unwrap();
    assert!(told.contains(reason), "{told}");
    nothing_is_left(world, &BTreeSet::new(), &id);
    proof
}

#[test]
fn a_refused_edge_that_no_request_takes_is_not_seen() {
    let world = with_an_idle_dependency();
    with_drill(&world, "R-1", "edge: post->idle, mode: refused, flow: look, off: none", "obs.success >= 90%");
    let proof = was_not_seen(&world, "R-1", "did not bite");
    assert_eq!(proof.controls("R-1/shown")[..2], ["not_seen", "held"], "{:#}", proof.drill("R-1/shown"));
}

#[test]
fn a_killed_component_that_no_request_reaches_is_not_seen() {
    let world = with_an_idle_dependency();
    with_drill(&world, "R-1", "component: idle, mode: down, flow: look, off: none", "obs.success >= 90%");
    let proof = was_not_seen(&world, "R-1", "did not bite");
    assert_eq!(proof.controls("R-1/shown")[..2], ["not_seen", "held"], "{:#}", proof.drill("R-1/shown"));
}

#[test]
fn a_claim_that_holds_without_its_guardrail_too_is_not_seen() {
    let world = post_office();
    let with = "edge: web->post, mode: slow, latency: 100ms, flow: look, off: {guard: bypass}";
    with_drill(&world, "R-2", with, "obs.p95 < 900ms");
    let proof = was_not_seen(&world, "R-2", "with the guardrail off too");
    assert_eq!(proof.controls("R-2/shown"), ["held", "held", "held"], "{:#}", proof.drill("R-2/shown"));
}

#[test]
fn the_same_claim_about_a_fault_that_needs_its_guardrail_is_held() {
    let world = post_office();
    let with = "edge: web->post, mode: slow, latency: 2s, flow: look, off: {guard: bypass}";
    with_drill(&world, "R-2", with, "obs.p95 < 900ms");
    let proof = Proof::run(&world, &[], 0);
    assert_eq!(proof.verdict("R-2/shown"), "held", "{:#}", proof.json);
    assert_eq!(proof.controls("R-2/shown"), ["held", "held", "broken"], "{:#}", proof.drill("R-2/shown"));
}

#[test]
fn a_word_that_selects_nothing_is_refused_before_anything_runs() {
    let world = post_office();
    for word in ["R-9", "R-1/unknown", "r-1", "R", ""] {
        let said = world.run(&["prove", "--only", "R-1", "--only", word]).exits(2);
        assert!(said.out.is_empty() && said.err.contains("--only"), "{word:?}: {}{}", said.out, said.err);
    }
    assert!(!world.path().join(".seaworthy").exists(), "something ran");
}

#[test]
fn a_file_without_claims_is_no_pass() {
    for claims in ["claims: {}\n", "claims:\n", ""] {
        for (impact, code, outcome) in [("Low", 3, "CONCERNS"), ("High", 1, "FAIL")] {
            let world = World::empty();
            world.write("seaworthy.yaml", &format!("seaworthy: 1\nname: bare\nregisters: [risks.md]\nsystem:\n  components:\n    web: {{kind: client}}\n{claims}"));
            world.write("risks.md", &format!("| ID | Risk | Likelihood | Impact | Status |\n|---|---|---|---|---|\n| R-1 | It breaks | High | {impact} | Mitigated |\n"));
            let proof = Proof::run(&world, &[], code);
            assert_eq!(proof.outcome(), outcome, "{claims:?} {impact}: {:#}", proof.json);
            assert!(proof.claims().is_empty() && !proof.json["decision"]["undecided"].as_array().unwrap().is_empty());
        }
    }
}
