//! What the caller and the environment choose: which grade counts, where evidence counts, what is asked at all.

use crate::world::World;

const REGISTER: &str = "# Risks\n\n| ID | Risk | Likelihood | Impact | Status | Owner |\n| --- | --- | --- | --- | --- | --- |\n| R-1 | Limit is missing | High | Medium | Mitigated | ops |\n| R-2 | Nobody looks | High | Medium | Mitigated | ops |\n";

const FILE: &str = "seaworthy: 1
name: choices
registers: [risks.md]
exec: {allow: [touch]}
system:
  components: {web: {kind: client}}
environments:
  prod: {gate: {require: effective}}
  staging: {}
gate: {require: declared}
claims:
  R-1:
    limit-is-set:
      says: a limit is set
      probe: file.value
      with: {path: limits.json, at: $.limit}
      expect: \"obs.found && obs.value <= 100\"
  R-2:
    only-in-staging:
      says: somebody looks
      probe: exec
      with: {command: [touch, touched]}
      expect: \"obs.code == 0\"
      in: [staging]
";

fn world() -> World {
    let world = World::empty();
    world.write("risks.md", REGISTER);
    world.write("limits.json", "{\"limit\": 10}");
    world.write("seaworthy.yaml", FILE);
    world
}

#[test]
fn the_grade_that_an_environment_requires_decides_there() {
    let world = world();
    let only = ["prove", "--only", "R-1", "--format", "json"];
    let here = world.run(&only).exits(0).json();
    assert_eq!(here["decision"]["outcome"], "PASS");
    let prod = world.run(&[&only[..], &["--environment", "prod"]].concat()).exits(3).json();
    assert_eq!(prod["decision"]["undecided"][0], "R-1/limit-is-set");
}

#[test]
fn nothing_is_touched_where_the_evidence_would_not_count() {
    let world = world();
    let here = world.run(&["prove", "--only", "R-2", "--format", "json"]).exits(3).json();
    assert_eq!(here["risks"][1]["claims"][0]["verdict"], "not_seen");
    assert!(!world.path().join("touched").exists());
    let staging = ["prove", "--only", "R-2", "--environment", "staging"];
    let _said = world.run(&staging).exits(0);
    assert!(world.path().join("touched").exists());
}

#[test]
fn a_risk_that_was_not_asked_about_is_not_called_claimless() {
    let said = world().run(&["prove", "--only", "R-1"]).exits(0);
    assert!(said.out.contains("Nobody looks; not asked in this run"), "{}", said.out);
}

#[test]
fn a_build_that_cannot_be_filled_is_an_error_and_not_left_out() {
    let world = world();
    let build = "components: {web: {kind: client}, api: {kind: service, build: \"make ${env:NOT_SET_ANYWHERE}\", start: \"run ${port}\"}}";
    world.replace("seaworthy.yaml", "components: {web: {kind: client}}", build);
    let said = world.run(&["prove", "--only", "R-1"]).exits(2);
    assert!(said.err.contains("NOT_SET_ANYWHERE"), "{}", said.err);
}
