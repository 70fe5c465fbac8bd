//! The whole promise: the example without a flaw, from its Markdown to the decision, the report and the ledger.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::aftermath::{alive, nothing_is_left};
use crate::proof::Proof;
use crate::schema::faults;
use crate::world::{Said, World, event_tracker, repository};

/// Claims of the example, and how they are looked at.
const PROBED: [&str; 8] = [
    "DATA-4/schema-is-the-known-one",
    "OPS-4/health-asks-the-database",
    "PERF-1/latest-events-have-an-index",
    "SEC-1/well-known-key-opens-nothing",
    "SEC-1/no-start-without-a-key",
    "SEC-2/foreign-origins-read-nothing",
    "SEC-2/own-origin-is-the-only-one-named",
    "SEC-3/one-limit-for-all-instances",
];
const DRILLED: [&str; 6] = [
    "DATA-1/acknowledged-events-survive-a-crash",
    "DATA-2/uploads-are-whole-or-absent",
    "DATA-3/batches-keep-what-they-acknowledge",
    "OPS-1/reads-go-on-and-writes-fail-fast",
    "OPS-2/summaries-are-fresh-again-at-once",
    "OPS-3/registration-goes-on-without-mail",
];

#[test]
fn the_example_keeps_every_promise_and_everything_is_remembered() {
    let world = World::event_tracker();
    let said = world.run(&["prove", "--format", "json", "--seed", "7"]).exits(0);
    let proof = Proof::of(&said);
    every_claim_is_held(&proof);
    every_drill_has_its_three_controls(&proof);
    text_and_evidence_differ_where_they_do(&proof);
    the_output_is_the_published_one(&proof, &said);
    the_report_stands_alone(&world);
    the_ledger_grows_and_tells_when_it_was_touched(&world, &proof);
    nothing_is_left(&world, &BTreeSet::new(), "after a whole run");
}

fn every_claim_is_held(proof: &Proof) {
    assert_eq!(proof.outcome(), "PASS");
    assert_eq!(proof.json["decision"]["undecided"], serde_json::json!([]));
    assert_eq!(proof.json["left"], serde_json::json!([]));
    let judged: BTreeSet<&str> = proof.claims().iter().map(|claim| claim["claim"].as_str().unwrap()).collect();
    assert_eq!(judged, PROBED.into_iter().chain(DRILLED).collect());
    for claim in proof.claims() {
        assert_eq!(claim["verdict"], "held", "{claim:#}");
        assert!(claim["not_seen"].is_null() && !claim["would_change"].as_str().unwrap().is_empty(), "{claim:#}");
    }
    for (ids, grade) in [(&PROBED[..], "live"), (&DRILLED[..], "effective")] {
        ids.iter().for_each(|id| assert_eq!(proof.claim(id)["grade"], grade, "{id}"));
    }
}

fn every_drill_has_its_three_controls(proof: &Proof) {
    assert_eq!(proof.drills().len(), DRILLED.len());
    let mut seeds = BTreeSet::new();
    for id in DRILLED {
        assert_eq!(proof.controls(id), ["held", "held", "broken"], "{:#}", proof.drill(id));
        assert!(!proof.drill(id)["observation"]["values"].as_object().unwrap().is_empty(), "{id}");
        seeds.insert(proof.drill(id)["seed"].as_u64().unwrap());
    }
    assert_eq!(seeds.len(), DRILLED.len(), "each drill has a seed of its own");
    assert_eq!(proof.json["seed"], 7);
}

fn text_and_evidence_differ_where_they_do(proof: &Proof) {
    for risk in proof.json["risks"].as_array().unwrap() {
        let wanted = if risk["id"] == "PERF-1" { Some("listed as open, but seen to be handled") } else { None };
        assert_eq!(risk["difference"].as_str(), wanted, "{risk:#}");
    }
    assert_eq!(proof.risk("PERF-1")["stated"], "open");
    assert_eq!(proof.risk("OPS-5")["accepted_until"], "2028-03-31");
}

fn the_output_is_the_published_one(proof: &Proof, said: &Said) {
    let schema = fs::read_to_string(repository().join("docs/schema/prove.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    assert_eq!(faults(&schema, &proof.json), Vec::<String>::new());
    let mut changed = proof.json.clone();
    changed["risks"][0]["claims"][0]["verdict"] = "fine".into();
    assert_eq!(faults(&schema, &changed).len(), 1);
    let steps = said.err.lines().filter(|line| line.starts_with('[')).count();
    assert_eq!(steps, 1 + PROBED.len() + DRILLED.len(), "{}", said.err);
    assert_eq!(said.err.matches("the fault bit: ").count(), 2 * DRILLED.len(), "{}", said.err);
    assert!(!said.err.contains("warning"), "{}", said.err);
}

fn the_gate_decides_the_same_from_what_is_remembered(world: &World, proof: &Proof) {
    let gated = world.run(&["gate", "--format", "json"]).exits(0).json();
    assert_eq!(gated["decision"]["outcome"], proof.json["decision"]["outcome"]);
    let verdicts = |json: &serde_json::Value| -> Vec<(String, String, String)> {
        let risks = json["risks"].as_array().unwrap().iter();
        let claims = risks.flat_map(|risk| risk["claims"].as_array().unwrap());
        let text = |claim: &serde_json::Value, key: &str| claim[key].as_str().unwrap().to_owned();
        claims.map(|claim| (text(claim, "claim"), text(claim, "verdict"), text(claim, "grade"))).collect()
    };
    assert_eq!(verdicts(&gated), verdicts(&proof.json));
}

fn the_report_stands_alone(world: &World) {
    let html = fs::read_to_string(world.path().join(".seaworthy/report.html")).unwrap();
    for foreign in ["<script", "<link", "<iframe", "<img", "<object", "src=", "@import", "url(", "javascript:", " on"] {
        let inside_a_tag = html.split('<').filter_map(|part| part.split_once('>')).any(|(tag, _)| {
            let tag = format!("<{tag}");
            tag.contains(foreign) && (foreign != " on" || tag.split(" on").skip(1).any(|rest| rest.contains('=')))
        });
        assert!(!inside_a_tag, "the report holds {foreign:?}");
    }
    for link in html.split("href=\"").skip(1) {
        assert!(link.starts_with('#'), "the report leads elsewhere: {}", &link[..link.len().min(60)]);
    }
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    assert!(html.contains("Content-Security-Policy"), "no policy");
    assert_eq!(html.matches("class=\"chart\"").count(), DRILLED.len(), "a picture for each drill");
    let shaded = html.split("<rect class=\"fault\"").skip(1).map(|rect| rect.split_once("width=\"").unwrap().1);
    let widths: Vec<f64> = shaded.map(|rest| rest.split_once('"').unwrap().0.parse().unwrap()).collect();
    assert!(widths.len() == DRILLED.len() && widths.iter().all(|width| *width > 20.0), "{widths:?}");
    for id in PROBED.into_iter().chain(DRILLED) {
        let risk = id.split_once('/').unwrap().0;
        assert!(html.contains(&format!("id=\"risk-{risk}\"")), "{risk} is not in the report");
    }
    DRILLED.iter().for_each(|id| assert!(html.contains(id), "{id} is not in the report"));
}

fn the_ledger_grows_and_tells_when_it_was_touched(world: &World, first: &Proof) {
    let verified = world.run(&["ledger", "verify", "--against", &first.anchor()]).exits(0);
    assert!(verified.out.starts_with(&format!("{} entries", first.size())), "{}", verified.out);
    let second = Proof::run(world, &["PERF-1"], 0);
    assert!(second.size() > first.size(), "the second run was not appended");
    the_gate_decides_the_same_from_what_is_remembered(world, first);
    let is_whole = |proof: &Proof| world.run(&["ledger", "verify", "--against", &proof.anchor()]).code == Some(0);
    assert!(is_whole(first) && is_whole(&second) && world.run(&["ledger", "verify"]).code == Some(0));
    let ledger = world.path().join(".seaworthy/ledger.db");
    let sound = fs::read(&ledger).unwrap();
    let (old, new) = (b"\"verdict\":\"held\"", b"\"verdict\":\"holy\"");
    let mut touched = sound.clone();
    // Everywhere, because the first one may be what SQLite left behind in unused space.
    for at in (0..sound.len() - old.len()).filter(|at| sound[*at..].starts_with(old)) {
        touched[at..at + new.len()].copy_from_slice(new);
    }
    assert_ne!(touched, sound);
    fs::write(&ledger, touched).unwrap();
    let told = world.run(&["ledger", "verify"]).exits(1);
    assert!(told.out.contains("damaged: "), "{}", told.out);
    fs::write(&ledger, sound).unwrap();
    assert!(is_whole(&second), "it was the change that was seen");
}

#[test]
fn a_plan_names_every_drill_and_touches_nothing() {
    let world = traced();
    let plan = world.run(&["drill", "plan"]).exits(0);
    for id in DRILLED {
        assert!(plan.out.contains(&format!("{id}  ")), "{id} is not in\n{}", plan.out);
    }
    assert!(plan.out.ends_with("6 drills; nothing was touched\n"), "{}", plan.out);
    assert!(!plan.out.contains("REFUSED"), "{}", plan.out);
    assert_eq!(plan.out.matches("; undo: ").count(), 3 * DRILLED.len(), "{}", plan.out);
    assert_eq!([world.run(&["lint"]).code, world.run(&["impact"]).code], [Some(0), Some(0)]);
    assert_eq!(names(&world), BTreeSet::from(["docs", "seaworthy.yaml", "tracker"].map(str::to_owned)));
    assert_eq!(fs::read_dir(world.state()).unwrap().count(), 0, "a journal");
    assert_eq!(alive(&world), vec![]);
    assert_eq!(Proof::run(&world, &["PERF-1"], 0).outcome(), "PASS");
    let touched =
        BTreeSet::from([".seaworthy", "built", "docs", "ran", "seaworthy.yaml", "tracker"].map(str::to_owned));
    assert_eq!(names(&world), touched, "what a run leaves would have been seen");
}

/// The example, with a build and a start that leave a trace.
fn traced() -> World {
    let world = World::event_tracker();
    let binary = event_tracker().to_string_lossy().into_owned();
    world.write("tracker", &format!("#!/bin/sh\ntouch ran\nexec {binary} \"$@\"\n"));
    fs::set_permissions(world.path().join("tracker"), fs::Permissions::from_mode(0o755)).unwrap();
    world.replace("seaworthy.yaml", &binary, "./tracker");
    world.replace("seaworthy.yaml", "      replicas: 2\n", "      replicas: 2\n      build: touch built\n");
    world
}

fn names(world: &World) -> BTreeSet<String> {
    let entries = fs::read_dir(world.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
