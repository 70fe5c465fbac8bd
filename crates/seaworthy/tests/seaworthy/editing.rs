//! `seaworthy risk` and `seaworthy report`: the register is changed in place, and goes out and comes in again.

use serde_json::Value;

use crate::world::World;

const REGISTER: &str = "# Risks\n\nTotal risks: 2\n\n| ID | Risk | Prob | Impact | Score | Mitigation | Status | Owner |\n|---|---|---|---|---|---|---|---|\n| SEC-001 | Keys, old \"and\" new, leak | 3 | 3 | 9 | rotate a \\| b | Open | sec |\n| OPS-001 | Disk full | 1 | 2 | 2 | - | Mitigated (alert) | ops |\n\nText with ü.\n";

fn shop() -> World {
    let world = World::empty();
    world.write("docs/risks.md", REGISTER);
    world
}

fn register(world: &World) -> String {
    std::fs::read_to_string(world.path().join("docs/risks.md")).unwrap()
}

#[test]
fn risks_are_listed_and_shown_with_their_lines() {
    let world = shop();
    let list = world.run(&["risk", "list"]).exits(0).out;
    assert!(list.contains("SEC-001  Keys, old \"and\" new, leak  3"), "{list}");
    assert!(list.contains("docs/risks.md:8") && list.ends_with("2 risks in 1 register\n"), "{list}");
    let show = world.run(&["risk", "show", "ops-001"]).exits(0).out;
    assert!(
        show.contains("computed   2 (low) by bmad") && show.contains("status                   8  Mitigated (alert)"),
        "{show}"
    );
    world.write(
        "list.md",
        "# Risks\n\n### R-1: Index lost\n**Impact:** High\n**Mitigation:**\n- [x] one\n- [ ] two\n- [ ] three\n",
    );
    let show = world.run(&["risk", "show", "R-1", "--in", "list.md"]).exits(0).out;
    assert!(show.contains("checklist  1 of 3 ticked"), "{show}");
    let json = world.run(&["risk", "show", "SEC-001", "--format", "json"]).exits(0).json();
    assert_eq!(json["risks"][0]["fields"]["score"]["text"], "9");
    let said = world.run(&["risk", "show", "SEC-002"]).exits(2);
    assert!(said.err.contains("did you mean `SEC-001`?"), "{}", said.err);
    drop(world.run(&["risk", "list", "nowhere"]).exits(2));
}

#[test]
fn an_edit_changes_its_line_and_shows_it() {
    let world = shop();
    let dry = world.run(&["risk", "set", "OPS-001", "impact=high", "--dry-run"]).exits(0);
    assert_eq!(register(&world), REGISTER, "a dry run writes nothing");
    assert!(dry.out.contains("+ | OPS-001 | Disk full | 1 | 3 | 3 |"), "{}", dry.out);
    let set = world.run(&["risk", "set", "OPS-001", "impact=high", "owner=night | day"]).exits(0);
    assert_eq!(
        set.out,
        dry.out.replace("3 | 3 | - | Mitigated (alert) | ops", "3 | 3 | - | Mitigated (alert) | night \\| day")
    );
    let same = world.run(&["risk", "set", "OPS-001", "impact=3"]).exits(0);
    assert!(same.out.contains("nothing was changed"), "{}", same.out);
    drop(world.run(&["risk", "close", "SEC-001", "--reason", "the vault rotates them"]).exits(0));
    drop(world.run(&["risk", "add", "Cable cut", "likelihood=low", "impact=low"]).exits(0));
    let expected = REGISTER
        .replace("risks: 2", "risks: 3")
        .replace(
            "| 1 | 2 | 2 | - | Mitigated (alert) | ops |",
            "| 1 | 3 | 3 | - | Mitigated (alert) | night \\| day |\n| OPS-002 | Cable cut | 1 | 1 | 1 | - | Open |  |",
        )
        .replace("b | Open | sec |", "b | Closed (the vault rotates them) | sec |");
    assert_eq!(register(&world), expected);
}

#[test]
fn a_wrong_edit_is_refused_and_changes_nothing() {
    let world = shop();
    for (arguments, why) in [
        (&["risk", "set", "SEC-001", "impact=9"][..], "no impact of this document"),
        (&["risk", "set", "SEC-001", "impct=3"], "did you mean `impact`?"),
        (&["risk", "set", "SEC-001", "impact"], "no NAME=VALUE"),
        (&["risk", "set", "SEC-001", "impact=1", "impact=2"], "given twice"),
        (&["risk", "set", "SEC-001", "score=1"], "made of the factors"),
        (&["risk", "set", "NOPE", "impact=1"], "there is no risk `NOPE`"),
        (&["risk", "close", "SEC-001", "--reason", " "], "closed with a reason"),
        (&["risk", "add", "x", "--id", "SEC-001"], "taken by the risk in line 7"),
        (&["risk", "set", "SEC-001", "impact=1", "--in", "nowhere.md"], "nowhere.md"),
    ] {
        let said = world.run(arguments).exits(2);
        assert!(said.err.contains(why), "{arguments:?}: {}", said.err);
    }
    assert_eq!(register(&world), REGISTER);
    // Two registers: an edit must say which it means.
    world.write("RISKS.md", REGISTER);
    let said = world.run(&["risk", "set", "SEC-001", "impact=1"]).exits(2);
    assert!(said.err.contains("say which: `--in "), "{}", said.err);
    drop(world.run(&["risk", "set", "SEC-001", "impact=1", "--in", "docs/risks.md"]).exits(0));
}

#[test]
fn what_goes_out_as_csv_comes_in_again() {
    let world = shop();
    let csv = world.run(&["report", "--format", "csv"]).exits(0).out;
    world.write("out.csv", &csv);
    let same = world.run(&["risk", "import", "out.csv"]).exits(0);
    assert!(same.out.contains("nothing was changed"), "{}{}", same.out, same.err);
    // Into an empty register: the same risks, value by value.
    let head: String = REGISTER.lines().skip(4).take(2).map(|line| format!("{line}\n")).collect();
    world.write("docs/risks.md", &format!("# Risks\n\n{head}"));
    drop(world.run(&["risk", "import", "out.csv"]).exits(0));
    let rows = |text: &str| text.lines().filter(|line| line.contains("-001")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&register(&world)), rows(REGISTER));
    // A changed cell is set, a new row is added, a wrong one stops everything.
    world.write("new.csv", "id,title,likelihood,Auswirkung,note\nOPS-001,Disk full,2,2,x\n,Cable cut,1,1,y\n");
    let said = world.run(&["risk", "import", "new.csv"]).exits(0);
    assert!(said.err.contains("left out: note"), "{}", said.err);
    assert!(
        register(&world).contains("| OPS-001 | Disk full | 2 | 2 | 4 |")
            && register(&world).contains("| OPS-002 | Cable cut | 1 | 1 | 1 |")
    );
    let before = register(&world);
    world.write("bad.csv", "id,title,likelihood\nOPS-001,Disk full,3\n,,1\nOPS-002,Cable cut,enormous\n");
    let said = world.run(&["risk", "import", "bad.csv"]).exits(2);
    assert!(said.err.contains("bad.csv:3:1") && said.err.contains("bad.csv:4:1"), "{}", said.err);
    assert_eq!(register(&world), before, "all or nothing");
}

#[test]
fn a_decision_file_goes_out_and_comes_in() {
    let world = shop();
    let gate = world.run(&["report", "--format", "bmad-gate"]).exits(0).out;
    for part in [
        "gate: FAIL\n",
        "  - id: 'SEC-001'\n",
        "suggested_action: 'rotate a \\| b'",
        "    critical: 1\n",
        "    low: 1\n",
    ] {
        assert!(gate.contains(part), "{part} is not in\n{gate}");
    }
    world.write("gate.yml", &gate);
    assert!(world.run(&["risk", "import", "gate.yml"]).exits(0).out.contains("nothing was changed"));
    let more = gate
        .replace(
            "top_issues:\n",
            "top_issues:\n  - {id: PERF-001, severity: low, finding: Search is slow, suggested_action: add an index}\n",
        )
        .replace("critical: 1", "critical: 2");
    world.write("gate.yml", &more);
    let said = world.run(&["risk", "import", "gate.yml"]).exits(0);
    assert!(said.err.contains("the file counts 2 critical, and 1 are here"), "{}", said.err);
    assert!(register(&world).contains("| PERF-001 | Search is slow |"), "{}", register(&world));
    world.write("gate.yml", "schema: 1\n");
    assert!(world.run(&["risk", "import", "gate.yml"]).exits(2).err.contains("has no `top_issues`"));
}

/// A system with one claim that holds and one that does not.
fn proved() -> World {
    let world = World::empty();
    world.write("docs/risks.md", REGISTER);
    world.write("config.yaml", "rotate: true\nalert: false\n");
    world.write(
        "seaworthy.yaml",
        "seaworthy: 1\nname: shop\nregisters: [docs/risks.md]\nsystem: {components: {api: {kind: service}}}\ngate: {model: bmad, require: declared}\nclaims:\n  SEC-001:\n    rotated: {says: keys rotate, probe: file.value, with: {path: config.yaml, at: $.rotate}, expect: obs.value == true}\n  OPS-001:\n    alerted: {says: an alert exists, probe: file.value, with: {path: config.yaml, at: $.alert}, expect: obs.value == true}\n",
    );
    let said = world.run(&["prove"]);
    assert!(said.out.contains("held") && said.out.contains("broken"), "{}{}", said.out, said.err);
    world
}

#[test]
fn the_status_is_written_between_the_marks_and_nowhere_else() {
    let world = proved();
    assert!(world.run(&["report", "--write"]).exits(2).err.contains("no marks"));
    assert_eq!(register(&world), REGISTER);
    drop(world.run(&["report", "--write", "--insert-markers"]).exits(0));
    let written = register(&world);
    let (before, rest) = written.split_once("<!-- seaworthy:status -->").unwrap();
    let (status, after) = rest.split_once("<!-- /seaworthy:status -->").unwrap();
    assert_eq!(format!("{}{}", before.trim_end(), after), REGISTER);
    assert!(status.contains("| SEC-001 | Open (9) | SEC-001/rotated | ✔ held | declared | 20"), "{status}");
    assert!(status.contains("| OPS-001 | Mitigated (2) | OPS-001/alerted | ✘ broken | declared | 20"), "{status}");
    // The second run is a no-op, and the check passes until somebody edits or a verdict turns.
    assert!(world.run(&["report", "--write"]).exits(0).out.contains("is current"));
    assert_eq!(register(&world), written);
    drop(world.run(&["report", "--check"]).exits(0));
    world.write("docs/risks.md", &written.replace("✘ broken", "✔ held"));
    drop(world.run(&["report", "--check"]).exits(1));
    assert!(world.run(&["lint"]).out.contains("2 risks in 1 register"), "machine text is no register");
    drop(world.run(&["report", "--write"]).exits(0));
    world.write("config.yaml", "rotate: true\nalert: true\n");
    drop(world.run(&["prove"]).exits(0));
    drop(world.run(&["report", "--check"]).exits(1));
}

#[test]
fn marks_that_are_not_one_pair_are_refused() {
    let world = proved();
    let open = "<!-- seaworthy:status -->\n";
    let close = "<!-- /seaworthy:status -->\n";
    for (text, why) in [
        (format!("{REGISTER}\n{open}"), "the mark in line 12 has no partner"),
        (format!("{REGISTER}\n{close}{open}"), "the mark in line 12 has no partner"),
        (
            format!("{REGISTER}\n{open}{close}\n{open}{close}"),
            "several pairs of marks, the first in line 12 and another in line 15",
        ),
        (format!("{REGISTER}\n```text\n{open}{close}```\n"), "there are no marks"),
    ] {
        world.write("docs/risks.md", &text);
        let said = world.run(&["report", "--write"]).exits(2);
        assert!(said.err.contains(why), "{why}: {}", said.err);
        assert_eq!(register(&world), text);
    }
}

#[test]
fn oscal_exports_have_what_the_schemas_demand() {
    let world = proved();
    let plan: Value = world.run(&["report", "--format", "oscal-poam"]).exits(0).json();
    let plan = &plan["plan-of-action-and-milestones"];
    assert_eq!(plan["poam-items"].as_array().unwrap().len(), 2);
    assert_eq!(plan["risks"][0]["related-observations"][0]["observation-uuid"], plan["observations"][0]["uuid"]);
    assert_eq!(plan["poam-items"][1]["related-risks"][0]["risk-uuid"], plan["risks"][1]["uuid"]);
    let uuid = plan["uuid"].as_str().unwrap();
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "5"), "{uuid}");
    let results = world.run(&["report", "--format", "oscal-ar"]).exits(0).json();
    let findings = &results["assessment-results"]["results"][0]["findings"];
    assert_eq!(findings[0]["target"]["status"]["state"], "satisfied");
    assert_eq!(findings[1]["target"]["status"]["reason"], "fail");
    assert_eq!(findings[1]["target"]["target-id"], "OPS-001.alerted");
    // What was never seen is no pass.
    std::fs::remove_dir_all(world.path().join(".seaworthy")).unwrap();
    drop(world.run(&["report", "--format", "oscal-ar"]).exits(3));
    let json = world.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(json["risks"][0]["claims"][0]["verdict"], "not_seen");
    drop(world.run(&["report", "--environment", "nowhere"]).exits(2));
}
