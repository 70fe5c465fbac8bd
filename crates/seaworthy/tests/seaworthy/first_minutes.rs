//! The first five minutes in repositories that nobody prepared.

use crate::world::World;

/// A repository with a register in its own words, a compose file, and a count that is wrong.
fn shop() -> World {
    let world = World::empty();
    world.write(
        "docker-compose.yml",
        "services:\n  web:\n    build: .\n    depends_on: [db]\n  db:\n    image: postgres:16\n",
    );
    world.write("config/limits.yaml", "requests:\n  per_minute: 100\n");
    world.write(
        "docs/risks.md",
        "# Risks\n\nTotal risks: 3\n\n| Risk | Likelihood | Impact | Current mitigation | Status |\n|---|---|---|---|---|\n| Orders are lost | Low | High | `requests.per_minute: 100` in `config/limits.yaml` already exists | Mitigated |\n| Search is slow | High | Low | none | Accepted |\n",
    );
    world
}

#[test]
fn the_bare_command_understands_finds_and_says_what_to_do() {
    let world = shop();
    let said = world.run(&[]).exits(0);
    for part in [
        "docs/risks.md: 2 risks, scored by words",
        "Orders are lost",
        "docker-compose.yml: web, db; 1 need",
        "totals-mismatch",
        "docs/risks.md:3:14",
        "seaworthy init",
    ] {
        assert!(said.out.contains(part), "{part} is not in\n{}", said.out);
    }
    assert!(!world.path().join("seaworthy.yaml").exists(), "looking writes nothing");
}

#[test]
fn init_writes_a_file_that_can_be_used_and_only_once() {
    let world = shop();
    let said = world.run(&["init"]).exits(0);
    assert!(said.out.contains("2 risks in 1 register, 2 components"), "{}", said.out);
    let file = world.path().join("seaworthy.yaml");
    let first = std::fs::read_to_string(&file).unwrap();
    for part in
        ["web->db: {needs: hard}", "orders-are-lost: \"Orders are lost\"", "# acceptances:", "probe: file.value"]
    {
        assert!(first.contains(part), "{part} is not in\n{first}");
    }
    drop(world.run(&["init"]).exits(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first, "the second run changes nothing");
    // A claim whose file and key are there is judged without any decision.
    let proof = world.run(&["prove", "--format", "json"]);
    assert_eq!(proof.json()["risks"][0]["claims"][0]["verdict"], "held", "{}\n{}", proof.out, proof.err);
    std::fs::remove_file(&file).unwrap();
    drop(world.run(&["init"]).exits(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first, "the same survey gives the same bytes");
}

#[test]
fn a_claim_of_the_first_file_turns_with_the_repository() {
    let world = shop();
    drop(world.run(&["init"]).exits(0));
    world.replace("config/limits.yaml", "100", "9000");
    let proof = world.run(&["prove", "--format", "json"]);
    assert_eq!(proof.json()["risks"][0]["claims"][0]["verdict"], "broken", "{}", proof.out);
}

#[test]
fn without_a_register_a_template_is_offered_and_written_on_request() {
    let world = World::empty();
    let said = world.run(&["init"]).exits(2);
    assert!(said.out.contains("would go to docs/risks.md"), "{}", said.out);
    assert!(!world.path().join("docs/risks.md").exists());
    drop(world.run(&["init", "--template"]).exits(0));
    let said = world.run(&["init"]).exits(2);
    assert!(said.out.contains("no risk is filled in yet"), "a form lists nothing: {}", said.out);
    world.replace(
        "docs/risks.md",
        "<what goes wrong> | <Low/Medium/High> | <Low/Medium/High> | <what stands against it, with the file that shows it> | Open | <who>",
        "Disk is full | Low | High | an alert | Open | Kim",
    );
    drop(world.run(&["init"]).exits(0));
}

#[test]
fn a_title_that_moves_is_a_warning_and_no_lost_risk() {
    let world = shop();
    drop(world.run(&["init"]).exits(0));
    world.replace("docs/risks.md", "Orders are lost", "Orders are lost or doubled");
    let said = world.run(&["lint"]);
    assert!(said.err.contains("title-moved"), "{}", said.err);
    assert!(!said.err.contains("unknown-risk"), "{}", said.err);
    world.replace("docs/risks.md", "Orders are lost or doubled", "Nobody comes");
    let said = world.run(&["lint"]).exits(1);
    assert!(said.err.contains("no register lists `Orders are lost` any more"), "{}", said.err);
}

#[test]
fn another_directory_no_directory_and_a_dry_run() {
    let world = shop();
    let printed = world.run(&["init", "--dry-run"]).exits(0);
    assert!(printed.out.starts_with("# Written by `seaworthy init`"));
    assert!(!world.path().join("seaworthy.yaml").exists());
    drop(world.run(&["init", "nowhere"]).exits(2));
    world.write("a/docs/risks.md", "| ID | Risk | Impact |\n|---|---|---|\n| R-1 | Fire | High |\n");
    drop(world.run(&["init", "a"]).exits(0));
    let text = std::fs::read_to_string(world.path().join("a/seaworthy.yaml")).unwrap();
    assert!(text.contains("registers: [docs/risks.md]"), "paths are relative to the file: {text}");
}

#[test]
fn init_asks_about_the_components_and_flows_that_the_text_names() {
    let world = World::empty();
    world.write(
        "docs/failure-modes.md",
        "# Failure modes\n\n| Component | Failure Mode | Effect | Severity | Mitigation |\n|---|---|---|---|---|\n| Redis | Away | slow | High | none |\n| Checkout service | Full | errors | Medium | none |\n\n## Critical paths\n\n### Checkout flow\n```\nShop → POST /order\n  → [SPOF] Payment\n```\n",
    );
    drop(world.run(&["init"]).exits(0));
    let file = std::fs::read_to_string(world.path().join("seaworthy.yaml")).unwrap();
    for part in [
        "#   redis: {kind: redis}   # docs/failure-modes.md:5",
        "#   checkout-service: {kind: service}",
        "#   checkout-flow: {path: [",
    ] {
        assert!(file.contains(part), "{part} is not in\n{file}");
    }
    drop(world.run(&["lint"]).exits(0));
}

#[test]
fn a_sentence_in_a_summary_and_in_its_section_is_one_question() {
    let world = World::empty();
    world.write(
        "docs/risks.md",
        "# Risks\n\n| ID | Risk | Impact | Status |\n|---|---|---|---|\n| R-1 | Mail is lost | High | Mitigated (outbox) |\n\n## R-1: Mail is lost\n\n**Impact:** High\n**Status:** Mitigated (outbox)\n",
    );
    drop(world.run(&["init"]).exits(0));
    let file = std::fs::read_to_string(world.path().join("seaworthy.yaml")).unwrap();
    assert_eq!(file.matches("says: \"Mitigated (outbox)\"").count(), 1, "{file}");
}
