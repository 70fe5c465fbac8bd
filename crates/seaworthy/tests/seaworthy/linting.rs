//! `seaworthy lint` in a team's day: formats, known findings, changes under review, mending.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::repository::git;
use crate::world::{Said, World};

const REGISTER: &str = "# Risks\n\nScore = P x I\n\n| ID | Risk | Prob (1-3) | Impact (1-3) | Score | Status | Owner |\n|---|---|---|---|---|---|---|\n| R-1 | Pods starve | 2 | 3 | 5 | Mitigated (`deploy/limits.yaml` sets limits) | ops |\n| R-2 | Keys leak | 1 | 4 <!-- seaworthy:allow off-scale: the bank grades to 5 --> | 4 | Open | sec |\n| R-3 | Disk <full> & slow | 1 | 2 | 2 | Open, see [plan](plan.md) | ops |\n";

/// A committed repository with a wrong product, a broken link and a silenced grade.
fn shop() -> World {
    let world = World::empty();
    world.write("docs/risks.md", REGISTER);
    world.write("docs/more/plan.md", "# Plan\n");
    world.write("deploy/limits.yaml", "limits: {}\n");
    git(&world, &["init", "-q", "-b", "main"]);
    git(&world, &["add", "-A"]);
    git(&world, &["commit", "-qm", "first"]);
    world
}

fn rules(said: &Said) -> Vec<String> {
    let json = said.json();
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    json["findings"].as_array().unwrap().iter().map(rule).collect()
}

#[test]
fn a_register_is_found_without_a_file_of_ours() {
    let world = shop();
    let said = world.run(&["lint"]).exits(1);
    assert_eq!(said.out, "3 risks in 1 register: 2 errors (not told: 1 silenced with a reason)\n");
    assert_eq!(rules(&world.run(&["lint", "--format", "json"])), ["score-mismatch", "broken-link"]);
    std::fs::remove_dir_all(world.path().join("docs")).unwrap();
    let said = world.run(&["lint"]).exits(2);
    assert!(said.err.contains("name the file"), "{}", said.err);
}

#[test]
fn every_format_tells_the_same_findings() {
    let world = shop();
    let said = |format: &str| world.run(&["lint", "--format", format]).exits(1).out;
    let sarif: Value = serde_json::from_str(&said("sarif")).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["ruleId"], "score-mismatch");
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
    assert_eq!(results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "6");
    assert_eq!(results[2]["suppressions"][0]["justification"], "the bank grades to 5");
    let described = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(results.iter().all(|result| described.iter().any(|rule| rule["id"] == result["ruleId"])));
    let junit = said("junit");
    assert!(junit.contains("tests=\"2\" failures=\"2\"") && !junit.contains("<full>"), "{junit}");
    assert_eq!(said("github").lines().filter(|line| line.starts_with("::error file=docs/risks.md,line=")).count(), 2);
    let markdown = said("markdown");
    assert!(markdown.contains("| error | `broken-link` | docs/risks.md:9 |"), "{markdown}");
}

#[test]
fn a_clean_run_over_a_file_is_told_from_a_run_over_nothing() {
    let world = World::empty();
    world.write(
        "risks.md",
        "| ID | Risk | Impact | Owner | Status |\n|---|---|---|---|---|\n| R-1 | Loss of mail | High | ops | Open |\n",
    );
    let junit = world.run(&["lint", "--format", "junit"]).exits(0).out;
    assert!(junit.contains("name=\"no findings\"") && junit.contains("tests=\"1\" failures=\"0\""), "{junit}");
    assert_eq!(world.run(&["lint", "--format", "github"]).exits(0).out, "");
}

#[test]
fn a_baseline_keeps_known_findings_apart_until_they_are_gone() {
    let world = shop();
    drop(world.run(&["lint", "--baseline"]).exits(2));
    drop(world.run(&["lint", "--write-baseline"]).exits(0));
    let said = world.run(&["lint", "--baseline"]).exits(0);
    assert!(said.out.contains("no findings (not told: 2 in the baseline, 1 silenced"), "{}", said.out);
    // Lines move and a new finding comes: the old ones are still known, the new one is told.
    world.replace("docs/risks.md", "# Risks\n", "# Risks\n\nAn introduction.\n");
    world.replace("docs/risks.md", "| 1 | 2 | 2 |", "| 1 | 2 | 3 |");
    assert_eq!(rules(&world.run(&["lint", "--baseline", "--format", "json"]).exits(1)), ["score-mismatch"]);
    // What was mended is told until the baseline is written again.
    world.replace("docs/risks.md", "| 2 | 3 | 5 |", "| 2 | 3 | 6 |");
    let said = world.run(&["lint", "--baseline"]).exits(1);
    assert!(said.err.contains("no longer found, though in the baseline: score-mismatch"), "{}", said.err);
    world.write("seaworthy-baseline.json", "{}");
    let said = world.run(&["lint", "--baseline"]).exits(2);
    assert!(said.err.contains("its schema is not"), "{}", said.err);
}

#[test]
fn a_change_under_review_shows_what_it_brings_and_what_it_touches() {
    let world = shop();
    assert_eq!(rules(&world.run(&["lint", "--since", "HEAD", "--format", "json"]).exits(0)), [""; 0]);
    world.write("deploy/limits.yaml", "limits: {memory: 1Gi}\n");
    world.replace("docs/risks.md", "| 1 | 2 | 2 |", "| 1 | 2 | 3 |");
    let said = world.run(&["lint", "--since", "HEAD"]).exits(1);
    assert!(
        said.err.contains("R-1 rests on `deploy/limits.yaml`, which the change since HEAD changes"),
        "{}",
        said.err
    );
    assert!(said.out.contains("1 error, 1 note (not told: 2 older than HEAD"), "{}", said.out);
    // Evidence that the change takes away is a new finding, although the sentence is old.
    git(&world, &["rm", "-qf", "deploy/limits.yaml"]);
    let found = rules(&world.run(&["lint", "--since", "HEAD", "--format", "json"]));
    assert_eq!(found, ["path-missing", "score-mismatch", "evidence-touched"]);
    let said = world.run(&["lint", "--since", "nowhere"]).exits(2);
    assert!(said.err.contains("no revision"), "{}", said.err);
}

#[test]
fn what_has_one_right_answer_is_mended_and_nothing_else() {
    let world = shop();
    let said = world.run(&["lint", "--fix", "--check"]).exits(1);
    assert_eq!(said.out, "to mend: 2 findings in 1 file; nothing was written\n");
    assert_eq!(std::fs::read_to_string(world.path().join("docs/risks.md")).unwrap(), REGISTER);
    drop(world.run(&["lint", "--fix"]).exits(0));
    let mended = REGISTER.replace("| 2 | 3 | 5 |", "| 2 | 3 | 6 |").replace("(plan.md)", "(more/plan.md)");
    assert_eq!(std::fs::read_to_string(world.path().join("docs/risks.md")).unwrap(), mended);
    assert_eq!(world.run(&["lint", "--fix"]).exits(0).out, "nothing to mend\n");
    drop(world.run(&["lint"]).exits(0));
}

#[test]
fn weights_of_the_file_count_and_a_rule_that_is_off_is_silent() {
    let world = shop();
    let file = "seaworthy: 1\nname: shop\nregisters: [docs/risks.md]\nlint: {rules: {broken-link: off, score-mismatch: warning, evidence-touched: off}}\n";
    world.write("seaworthy.yaml", file);
    let said = world.run(&["lint", "--format", "json"]).exits(0);
    let json = said.json();
    let findings = json["findings"].as_array().unwrap();
    let weighed: Vec<(&str, &str)> =
        findings.iter().map(|one| (one["rule"].as_str().unwrap(), one["severity"].as_str().unwrap())).collect();
    assert_eq!(
        weighed.iter().filter(|(rule, _)| !rule.starts_with("empty")).collect::<Vec<_>>(),
        [&("score-mismatch", "warning")]
    );
    world.write("deploy/limits.yaml", "limits: {memory: 1Gi}\n");
    assert_eq!(rules(&world.run(&["lint", "--since", "HEAD", "--format", "json"]).exits(0)).len(), weighed.len() - 1);
}

#[test]
fn a_register_can_come_through_a_pipe() {
    let world = World::empty();
    let mut child =
        world.command(&["lint", "-", "--format", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(REGISTER.as_bytes()).unwrap();
    let said = Said::of(child.wait_with_output().unwrap());
    assert!(rules(&said).contains(&"score-mismatch".to_owned()), "{}", said.out);
    let mut child = world.command(&["lint", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&[0xff, 0xfe]).unwrap();
    let said = Said::of(child.wait_with_output().unwrap()).exits(2);
    assert!(said.err.contains("not UTF-8 at byte 0"), "{}", said.err);
}

#[test]
fn every_rule_is_listed_and_explained() {
    let world = World::empty();
    let list = world.run(&["lint", "--list-rules"]).exits(0).out;
    let names: Vec<&str> = list
        .lines()
        .filter(|line| ["  error  ", "  warning", "  info   "].iter().any(|word| line.contains(word)))
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert!(names.len() > 120, "{}", names.len());
    for name in names.iter().step_by(9) {
        assert!(world.run(&["lint", "--explain", name]).exits(0).out.starts_with(name));
    }
    let said = world.run(&["lint", "--explain", "score-mismach"]).exits(2);
    assert!(said.err.contains("did you mean `score-mismatch`?"), "{}", said.err);
}

#[test]
fn a_score_table_of_ones_own_is_laid_beside_what_is_stated() {
    let world = World::empty();
    let table = "| ID | Risk | Likelihood | Impact | Risk level | Status | Owner |\n|---|---|---|---|---|---|---|\n| R-1 | Loss of mail | rare | major | high | Open | a |\n| R-2 | Slow disks | likely | minor | low | Open | a |\n";
    world.write("docs/risks.md", &format!("# Risks\n\nScale: rare, likely; minor, major.\n\n{table}"));
    let file = |score: &str| format!("seaworthy: 1\nname: x\nregisters: [docs/risks.md]\n{score}");
    let right = "score: {likelihood: [rare, likely], impact: [minor, major], table: [[low, medium], [medium, high]]}\n";
    world.write("seaworthy.yaml", &file(right));
    let said = world.run(&["lint"]).exits(1);
    for part in ["R-1 is stated as 'high', and the table of seaworthy.yaml gives 'medium'", "R-2 is stated as 'low'"] {
        assert!(said.err.contains(part), "{}", said.err);
    }
    let cured = table.replace("major | high", "major | medium").replace("minor | low", "minor | medium");
    world.write("docs/risks.md", &format!("# Risks\n\nScale: rare, likely; minor, major.\n\n{cured}"));
    drop(world.run(&["lint"]).exits(0));
    let list = world.run(&["risk", "list", "--format", "json"]).json();
    assert_eq!(list["risks"][0]["computed"]["band"], "medium");
    world
        .write("seaworthy.yaml", &file("score: {likelihood: [rare, rare], impact: [minor], table: [[low, medium]]}\n"));
    let said = world.run(&["lint"]).exits(1);
    for part in ["`likelihood` must name", "has 1 rows, but `likelihood` names 2", "row 1 of `table` has 2 cells"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
}
