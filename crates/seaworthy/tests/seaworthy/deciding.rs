//! `seaworthy gate` and `seaworthy review`: what the ledger holds is judged anew, decided, signed and verified.

use expect_test::expect;
use serde_json::Value;

use crate::output::published;
use crate::schema::faults;
use crate::world::World;

const FILE: &str = "\
seaworthy: 1
name: shop
registers: [risks.md]
system: {components: {api: {kind: service}}}
environments: {prod: {}, staging: {}}
claims:
  R-1:
    limit-is-low:
      says: at most fifty connections
      probe: file.value
      with: {path: limits.yaml, at: $.connections}
      expect: obs.value <= 50
gate: {model: bmad, require: declared}
";

const RISKS: &str = "\
# Risks

Risks are reviewed monthly.

| ID | Risk | Probability | Impact | Status |
|---|---|---|---|---|
| R-1 | Too many connections | 2 | 3 | Mitigated |
";

fn shop() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", FILE);
    world.write("risks.md", RISKS);
    world.write("limits.yaml", "connections: 20\n");
    world
}

/// Runs and ends as it must.
fn ends(world: &World, words: &[&str], code: i32) {
    drop(world.run(words).exits(code));
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn nothing_remembered_is_not_seen_and_what_was_seen_decides_without_looking_again() {
    let world = shop();
    let first = world.run(&["gate"]).exits(3);
    assert!(first.out.contains("The ledger remembers nothing of it from local"), "{}", first.out);
    ends(&world, &["probe"], 0);
    // The file is gone, and the gate looks at nothing: it judges what is remembered.
    std::fs::remove_file(world.path().join("limits.yaml")).unwrap();
    let second = world.run(&["gate", "--format", "json"]).exits(0);
    let decided = json(&second.out);
    assert_eq!(decided["decision"]["outcome"], "PASS");
    assert_eq!(faults(&published("prove"), &decided), Vec::<String>::new());
    assert!(world.run(&["gate"]).exits(0).out.contains("PASS"));
    // What was seen here says nothing of another environment.
    let prod = world.run(&["gate", "--environment", "prod"]).exits(3);
    assert!(prod.out.contains("nothing of it from prod"), "{}", prod.out);
}

#[test]
fn a_series_in_the_ledger_is_weighed_and_a_worse_reading_turns_it() {
    let world = shop();
    let trend = "    limit-stayed-low:
      probe: metric
      with: {target: '<=50', alert: '>80', from: {ledger: value, of: R-1/limit-is-low, over: 30d, take: max}}
      expect: obs.level == 'ok'
      max_age: 1d
gate:";
    world.write("seaworthy.yaml", &FILE.replace("gate:", trend));
    let first = world.run(&["probe", "R-1/limit-stayed-low"]).exits(3);
    assert!(first.out.contains("the ledger remembers no reading of it"), "{}", first.out);
    ends(&world, &["probe", "R-1/limit-is-low"], 0);
    ends(&world, &["probe"], 0);
    world.write("limits.yaml", "connections: 90\n");
    ends(&world, &["probe", "R-1/limit-is-low"], 1);
    world.write("limits.yaml", "connections: 20\n");
    // It is well again, and the month was not.
    let last = world.run(&["probe", "R-1/limit-stayed-low"]).exits(1);
    assert!(last.out.contains("alert"), "{}", last.out);
}

#[test]
fn a_changed_claim_is_judged_anew_and_another_question_was_never_answered() {
    let world = shop();
    ends(&world, &["probe"], 0);
    world.write("seaworthy.yaml", &FILE.replace("obs.value <= 50", "obs.value <= 10"));
    assert!(world.run(&["gate"]).exits(1).out.contains("Broken"));
    world.write("seaworthy.yaml", &FILE.replace("$.connections", "$.timeout"));
    let other = world.run(&["gate"]).exits(3);
    assert!(other.out.contains("The claim was changed since it was looked at"), "{}", other.out);
    world.write("seaworthy.yaml", &FILE.replace("obs.value <= 50", "obs.value <= 50\n      every: 1ms"));
    assert!(world.run(&["gate"]).exits(3).out.contains("stale"));
}

#[test]
fn what_was_seen_of_a_component_is_stale_once_it_lies_elsewhere() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            use std::io::{Read as _, Write as _};
            let Ok(mut stream) = stream else { return };
            let _read = stream.read(&mut [0; 1024]);
            let _written = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let world = shop();
    let file = |address: &str| {
        format!(
            "seaworthy: 1\nname: shop\nregisters: [risks.md]\nsystem: {{components: {{api: {{kind: service}}}}}}\nenvironments:\n  local: {{at: {{api: \"{address}\"}}}}\nclaims:\n  R-1:\n    answers:\n      says: it answers\n      probe: http.check\n      with: {{component: api, path: /}}\n      expect: obs.status == 200\n"
        )
    };
    world.write("seaworthy.yaml", &file(&at.to_string()));
    ends(&world, &["probe"], 0);
    ends(&world, &["gate"], 0);
    world.write("seaworthy.yaml", &file("127.0.0.1:9"));
    let moved = world.run(&["gate"]).exits(3);
    assert!(moved.out.contains("The component was changed in seaworthy.yaml since it was looked at"), "{}", moved.out);
    world.write("seaworthy.yaml", &file(&at.to_string()));
    ends(&world, &["gate"], 0);
}

#[test]
fn a_frozen_environment_releases_nothing_and_lines_of_our_own_decide() {
    let world = shop();
    ends(&world, &["probe", "--environment", "prod"], 0);
    ends(&world, &["gate", "--environment", "prod"], 0);
    let frozen = "prod: {gate: {frozen: 'year end, until 2027-01-04'}}";
    world.write("seaworthy.yaml", &FILE.replace("prod: {}", frozen));
    let said = world.run(&["gate", "--environment", "prod"]).exits(1);
    assert!(said.out.contains("`prod` is frozen: year end, until 2027-01-04"), "{}", said.out);
    // Without a claim that holds, score 6 decides: by the model, by production, by lines of our own.
    world.write("limits.yaml", "connections: 20\n");
    let lost = FILE.replace("R-1:", "R-2:").replace("registers: [risks.md]", "registers: [risks.md, more.md]");
    world.write(
        "more.md",
        "# More\n\n| ID | Risk | Probability | Impact |\n|---|---|---|---|\n| R-2 | Small | 1 | 1 |\n",
    );
    for (gate, environment, code) in [
        ("{model: bmad, require: declared}", "prod", 0),
        ("{model: before-production, require: declared}", "staging", 0),
        ("{model: before-production, require: declared}", "prod", 1),
        ("{model: own, require: declared, lines: [{score: 6, outcome: FAIL, in: [staging]}]}", "prod", 0),
        ("{model: own, require: declared, lines: [{score: 6, outcome: FAIL, in: [staging]}]}", "staging", 1),
    ] {
        world.write("seaworthy.yaml", &lost.replace("{model: bmad, require: declared}", gate));
        ends(&world, &["probe", "--environment", environment], 0);
        ends(&world, &["gate", "--environment", environment], code);
    }
    let wrong = lost.replace("{model: bmad, require: declared}", "{model: own, lines: [{score: 12, outcome: PASS}]}");
    world.write("seaworthy.yaml", &wrong);
    let said = world.run(&["gate"]).exits(2);
    assert!(said.err.contains("outcome") && said.err.contains("score"), "{}", said.err);
}

#[test]
fn every_format_says_the_same_and_ends_with_the_same_code() {
    let world = shop();
    world.write("limits.yaml", "connections: 200\n");
    ends(&world, &["probe"], 1);
    for format in ["human", "json", "markdown", "github", "sarif", "junit", "bmad", "oscal"] {
        let said = world.run(&["gate", "--format", format]).exits(1);
        assert!(said.out.contains("R-1") || format == "oscal", "{format}: {}", said.out);
    }
    let sarif = json(&world.run(&["gate", "--format", "sarif"]).exits(1).out);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
    assert_eq!((&result["ruleId"], &result["level"]), (&"gate-fail".into(), &"error".into()));
    let github = world.run(&["gate", "--format", "github"]).exits(1).out;
    assert!(github.starts_with("::error file=risks.md,line=7,col=1"), "{github}");
    let junit = world.run(&["gate", "--format", "junit"]).exits(1).out;
    assert!(junit.contains("failures=\"1\" errors=\"0\"") && junit.contains("<failure type=\"broken\""), "{junit}");
    let bmad = world.run(&["gate", "--format", "bmad"]).exits(1).out;
    assert!(bmad.contains("gate: FAIL\n"), "{bmad}");
    ends(&world, &["gate", "--summary", "summary.md"], 1);
    ends(&world, &["gate", "--summary", "summary.md"], 1);
    let summary = std::fs::read_to_string(world.path().join("summary.md")).unwrap();
    assert_eq!(summary.matches("### seaworthy gate: FAIL for `shop` in `local`").count(), 2, "{summary}");
    assert!(summary.contains("stated *mitigated*, handled, but only on paper"), "{summary}");
}

#[test]
fn what_was_not_seen_is_an_error_in_junit_for_a_case_that_is_skipped_would_pass() {
    let junit = shop().run(&["gate", "--format", "junit"]).exits(3).out;
    assert!(junit.contains("errors=\"1\"") && junit.contains("<error type=\"no data\""), "{junit}");
}

/// Keys for Ed25519 as openssl writes them, made for these tests and used for nothing else.
fn keys(world: &World) {
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    world.write(
        "key.pem",
        &block(&["PRIVATE", "KEY"].join(" "), "MC4CAQAwBQYDK2VwBCIEIH04m7CsXzU5zc69ENMfd/GGKFGiOqDATMTzhUh1msU2"),
    );
    world.write("key.pub", &block("PUBLIC KEY", "MCowBQYDK2VwAyEAyRSavlLqNsOjdBdL7VNbD2YoehZwE7tSR0VXaV0TgfA="));
    world.write("other.pub", &block("PUBLIC KEY", "MCowBQYDK2VwAyEAl1r9pqNQsKEVjL+0PI76qqMRCJvw6kI8xct7KUiEZq4="));
}

#[test]
fn a_signed_decision_is_verified_elsewhere_and_a_changed_one_is_not() {
    let world = shop();
    keys(&world);
    ends(&world, &["probe"], 0);
    let about = format!("app=sha256:{}", "ab".repeat(32));
    let signed = ["gate", "--statement", "s.json", "--key", "key.pem", "--subject", &about];
    ends(&world, &signed, 0);
    let said = world.run(&["gate", "verify", "s.json", "--key", "key.pub", "--subject", &about]).exits(0);
    assert!(said.out.starts_with("s.json: verified, PASS for `local` of "), "{}", said.out);
    assert!(said.out.contains(&format!(" about {about}\nledger then: ")), "{}", said.out);
    ends(&world, &["gate", "verify", "s.json", "--key", "key.pub", "--environment", "local"], 0);
    ends(&world, &["gate", "verify", "s.json", "--key", "key.pub", "--environment", "prod"], 1);
    let anchor = said.out.lines().last().unwrap().strip_prefix("ledger then: ").unwrap().to_owned();
    ends(&world, &["ledger", "verify", "--against", &anchor], 0);
    ends(&world, &["gate", "verify", "s.json", "--key", "other.pub"], 1);
    let elsewhere = about.replace("ab", "cd");
    ends(&world, &["gate", "verify", "s.json", "--key", "key.pub", "--subject", &elsewhere], 1);
    ends(&world, &["gate", "verify", "s.json", "--key", "key.pem"], 2);
    let text = std::fs::read_to_string(world.path().join("s.json")).unwrap();
    world.write("s.json", &text.replacen("\"payload\":\"ey", "\"payload\":\"eY", 1));
    ends(&world, &["gate", "verify", "s.json", "--key", "key.pub"], 1);
    // A FAIL that is signed is still a FAIL.
    world.write("limits.yaml", "connections: 200\n");
    ends(&world, &["probe"], 1);
    ends(&world, &signed, 1);
    ends(&world, &["gate", "verify", "s.json", "--key", "key.pub"], 1);
    // Without a commit a statement would be about nothing.
    let nothing = world.run(&["gate", "--statement", "s.json", "--key", "key.pem"]).exits(2);
    assert!(nothing.err.contains("about nothing"), "{}", nothing.err);
}

#[test]
fn a_part_of_the_claims_decides_nothing_about_the_rest() {
    let world = shop();
    let two = FILE.replace("gate: {", "    other:\n      probe: file.value\n      with: {path: limits.yaml, at: $.connections}\n      expect: obs.value > 50\ngate: {");
    world.write("seaworthy.yaml", &two);
    ends(&world, &["probe"], 1);
    // The other claim of the same risk is judged as well.
    let said = world.run(&["gate", "--only", "R-1/limit-is-low"]).exits(1);
    assert!(said.out.contains("only R-1/limit-is-low was asked for"), "{}", said.out);
    keys(&world);
    let about = format!("app=sha256:{}", "ab".repeat(32));
    let part = ["gate", "--only", "R-1", "--statement", "s.json", "--key", "key.pem", "--subject", &about];
    assert!(world.run(&part).exits(2).err.contains("is not signed"));
    assert!(!world.path().join("s.json").exists());
    // What was decided over a part is not told as the decision.
    let report = world.run(&["report", "--format", "json"]).exits(0).json();
    assert!(report["decision"].is_null(), "{report:#}");
}

#[test]
fn a_ledger_that_was_rolled_back_behind_its_anchor_decides_nothing() {
    let world = shop();
    ends(&world, &["probe"], 0);
    let ledger = world.path().join(".seaworthy/ledger.db");
    let early = std::fs::read(&ledger).unwrap();
    world.write("limits.yaml", "connections: 200\n");
    ends(&world, &["probe"], 1);
    ends(&world, &["ledger", "anchor"], 0);
    ends(&world, &["gate"], 1);
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        drop(std::fs::remove_file(world.path().join(".seaworthy").join(beside)));
    }
    std::fs::write(&ledger, early).unwrap();
    let said = world.run(&["gate"]).exits(1);
    assert!(said.err.contains("its anchor says"), "{}", said.err);
}

#[test]
fn a_review_is_remembered_and_a_missing_one_warns() {
    let world = shop();
    ends(&world, &["probe"], 0);
    let said = world.run(&["gate"]).exits(0);
    assert!(said.out.contains("the review of R-1 is never recorded"), "{}", said.out);
    expect![[r#"
        R-1  never recorded  Too many connections
          every 30 days: risks.md:3
    "#]]
    .assert_eq(&world.run(&["review"]).exits(0).out);
    ends(&world, &["review", "R-1"], 2);
    ends(&world, &["review", "R-9", "--note", "x", "--by", "ann"], 2);
    ends(&world, &["review", "R-1", "--note", "still true", "--by", "ann"], 0);
    let calendar = world.run(&["review"]).exits(0).out;
    assert!(calendar.starts_with("R-1  due in 30 days, last "), "{calendar}");
    let reviews = json(&world.run(&["review", "--format", "json"]).exits(0).out);
    assert_eq!((&reviews["schema"], &reviews["reviews"][0]["risk"]), (&"seaworthy.review/1".into(), &"R-1".into()));
    assert_eq!(faults(&published("review"), &reviews), Vec::<String>::new());
    assert!(!world.run(&["gate"]).exits(0).out.contains("review of R-1"));
}
