//! `seaworthy impact --what-if` and `--diff`: what a change would make of the system.

use expect_test::expect;

use crate::world::World;

const SHOP: &str = "\
seaworthy: 1
name: shop
system:
  components:
    web: {kind: client}
    api: {kind: service, unavailability: 1%}
    db: {kind: postgres, unavailability: 0.1%}
  edges:
    web->api: {}
    api->db: {}
  flows:
    read: {path: [web, api, db], load: GET /x, weight: 75%, slo: {success: 99%}}
    write: {path: [web, api, db], load: POST /x, weight: 25%}
";

fn shop() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", SHOP);
    world
}

#[test]
fn a_graph_needs_no_register_and_figures_give_availability() {
    let said = shop().run(&["impact"]).exits(0);
    let (_, end) = said.out.split_once("Single points of failure").unwrap();
    expect![[r#"

          read: ◆ api, ◆ db
          write: ◆ api, ◆ db

        Availability, from the figures written; failures are independent but for shared fates
          read: 98.9010 % up, down 1.099000e-2 of the time; 99 % promised: missed
          write: 98.9010 % up, down 1.099000e-2 of the time
    "#]]
    .assert_eq(end);
    let json: serde_json::Value =
        serde_json::from_str(&shop().run(&["impact", "--format", "json"]).exits(0).out).unwrap();
    let down = json["flows"][0]["unavailability"].as_f64().unwrap();
    assert!((down - (1.0 - 0.99 * 0.999)).abs() < 1e-15, "{down}");
}

#[test]
fn a_guardrail_that_is_thought_of_shows_what_it_would_save() {
    let world = shop();
    let cache = world.run(&["impact", "--what-if", "cache web->api"]).exits(0);
    expect![[r#"
        shop: what if cache web->api

        Single points of failure
          - read: ◆ api is none any more
          - read: ◆ db is none any more

        Failures that reach otherwise (2 reach as before)
          api down: of all use lost 100.0 % → 43.8 %
            read down → stale
          db down: of all use lost 100.0 % → 43.8 %
            read down → stale

        Availability of read: down 1.099000e-2 → 0.000000e0 of the time
    "#]]
    .assert_eq(&cache.out);
    let replicas = world.run(&["impact", "--what-if", "replicas api 2", "--what-if", "replicas db 3/2"]).exits(0);
    expect![[r#"
        shop: what if replicas api 2, replicas db 3/2

        Single points of failure
          - read: ◆ api is none any more
          - read: ◆ db is none any more
          - write: ◆ api is none any more
          - write: ◆ db is none any more

        Failures that reach otherwise (4 reach as before)
          none

        Availability of read: down 1.099000e-2 → 1.029977e-4 of the time

        Availability of write: down 1.099000e-2 → 1.029977e-4 of the time
    "#]]
    .assert_eq(&replicas.out);
}

#[test]
fn a_component_that_stands_in_saves_what_the_other_loses_once_it_is_thought_of_as_working() {
    let world = World::empty();
    let amex = "    amex: {kind: external, unavailability: 1%}\n    visa: {kind: external, unavailability: 0.5%}\n";
    let text = SHOP.replace("  edges:", &format!("{amex}  edges:\n    api->visa: {{timeout: 1s, instead: [amex]}}"));
    world.write("seaworthy.yaml", &text.replace("web, api, db]", "web, api, db, visa]"));
    let bare = world.run(&["impact"]).exits(0);
    assert!(
        bare.out.contains("visa down  [P0, 100 % of use; 5.0e-3 of the time, costs 5.0e-3 of all use"),
        "{}",
        bare.out
    );
    let proved =
        world.run(&["impact", "--what-if", "prove api->visa", "--what-if", "fallback api->db to amex"]).exits(0);
    expect![[r#"
        shop: what if prove api->visa, fallback api->db to amex

        Single points of failure
          - read: ◆ db is none any more
          - read: ◆ visa is none any more
          - write: ◆ db is none any more
          - write: ◆ visa is none any more

        Failures that reach otherwise (5 reach as before)
          db down: of all use lost 100.0 % → 0.0 %
            read down → unaffected
            write down → unaffected
          visa down: of all use lost 100.0 % → 0.0 %
            read down → unaffected
            write down → unaffected
          visa slow: of all use lost 100.0 % → 0.0 %
            read hangs → unaffected
            write hangs → unaffected

        Availability of read: down 1.593505e-2 → 1.005935e-2 of the time

        Availability of write: down 1.593505e-2 → 1.005935e-2 of the time
    "#]]
    .assert_eq(&proved.out);
    let picture = world.run(&["impact", "--format", "mermaid"]).exits(0);
    assert!(picture.out.contains("|\"instead of visa\"|"), "{}", picture.out);
}

#[test]
fn a_protection_that_is_thought_of_counts_alone_and_what_leads_nowhere_is_needed_no_more() {
    let world = shop();
    world.write("seaworthy.yaml", &SHOP.replace("api->db: {}", "api->db: {fallback: old list}"));
    let timeout = world.run(&["impact", "--what-if", "timeout api->db"]).exits(0);
    assert!(timeout.out.contains("the same 4"), "a timeout does nothing for what is down: {}", timeout.out);
    let both = world.run(&["impact", "--what-if", "timeout api->db", "--what-if", "fallback api->db"]).exits(0);
    assert!(both.out.contains("- read: ◆ db is none any more"), "{}", both.out);
    let cut = world.run(&["impact", "--what-if", "remove web->api"]).exits(0);
    assert!(
        cut.out.contains("- read: ◆ api is none any more") && cut.out.contains("- read: ◆ db is none any more"),
        "{}",
        cut.out
    );
    let none = world.run(&["impact", "--what-if", "replicas api 0", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&none.out).unwrap();
    assert_eq!(
        (&json["flows"][0]["never_runs_after"][0], &json["flows"][0]["unavailability_after"]),
        (&"api".into(), &1.0.into())
    );
}

#[test]
fn nothing_changed_is_said_and_json_names_the_changes() {
    let world = shop();
    let same = world.run(&["impact", "--what-if", "needs api->db hard"]).exits(0);
    assert!(same.out.contains("the same 4") && same.out.contains("(4 reach as before)\n  none"), "{}", same.out);
    let said = world.run(&["impact", "--what-if", "remove api->db", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["changes"], serde_json::json!(["remove api->db"]));
    assert_eq!(json["spofs_gone"].as_array().unwrap().len(), 2);
    assert_eq!(json["failures"][0]["component"], "db");
}

#[test]
fn all_changes_that_cannot_be_made_are_told() {
    let wrong = shop()
        .run(&[
            "impact",
            "--what-if",
            "replicas ap 2",
            "--what-if",
            "chache web->api",
            "--what-if",
            "remove api->bd",
            "--what-if",
            "replicas api 2/3",
            "--what-if",
            "needs api->db weak",
            "--what-if",
            "add api->db",
            "--what-if",
            "fallback api->db to api",
            "--what-if",
            "fallback api->db to web",
            "--what-if",
            "prove api->db",
            "--what-if",
            "cache api->db",
            "--what-if",
            "remove web",
        ])
        .exits(2);
    expect![[r#"
        warning[load-upstream]: the load of flow `read` has nobody to ask: `api` has no address
          --> seaworthy.yaml:12:5
           |
        12 |     read: {path: [web, api, db], load: GET /x, weight: 75%, slo: {success: 99%}}
           |     ^^^^
           |
           = help: give it `start` or `at`

        warning[load-upstream]: the load of flow `write` has nobody to ask: `api` has no address
          --> seaworthy.yaml:13:5
           |
        13 |     write: {path: [web, api, db], load: POST /x, weight: 25%}
           |     ^^^^^
           |
           = help: give it `start` or `at`

        error: `replicas ap 2`: there is no component `ap`; did you mean `api`?
        error: `chache web->api`: no change is called `chache`; did you mean `cache`? Known: remove COMPONENT | remove A->B | add A->B [hard|soft|async|start] | needs A->B hard|soft|async|start | replicas COMPONENT N[/NEEDED] | timeout A->B | cache A->B | fallback A->B [to C] | unguard A->B | move A->B to C->D | prove A->B | prove GUARDRAIL
        error: `remove api->bd`: there is no edge `api->bd`; did you mean `api->db`?
        error: `replicas api 2/3`: 3 of 2 replicas cannot be; at most 64 are thought of
        error: `needs api->db weak`: ends with hard, soft, async or start
        error: `add api->db`: the edge `api->db` is there already, or joins nothing
        error: `fallback api->db to api`: `api` is an end of the edge; name a third component
        error: `fallback api->db to web`: `web` is a client: users stand in for nothing
        error: `prove api->db`: nothing stands on `api->db`; think of a `timeout`, `cache` or `fallback` there
        error: `cache api->db`: answers of `db` are no HTTP, so no cache keeps them
        error: `remove web`: the flow `read` begins at `web`, and would be gone with it
    "#]].assert_eq(&wrong.err);
}

#[test]
fn the_model_of_a_revision_is_compared_with_that_of_today() {
    let world = shop();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(arguments).current_dir(world.path());
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    world.write("seaworthy.yaml", &SHOP.replace("api: {kind: service,", "api: {kind: service, replicas: 2,"));
    let said = world.run(&["impact", "--diff", "HEAD"]).exits(0);
    assert!(
        said.out.starts_with("shop: since HEAD\n") && said.out.contains("- read: ◆ api is none any more"),
        "{}",
        said.out
    );
    assert!(world.run(&["impact", "--diff", "nowhere"]).exits(2).err.contains("`nowhere` is no revision"));
    world.write("other/seaworthy.yaml", SHOP);
    let never = world.run(&["impact", "other", "--diff", "HEAD"]).exits(2);
    assert!(never.err.contains("held no system at `HEAD`"), "{}", never.err);
}

/// What is exported is solved to the same figure by the engine for files.
#[test]
fn the_fault_tree_of_a_flow_is_written_for_other_engines() {
    let world = shop();
    let which = world.run(&["impact", "--format", "openpsa"]).exits(2);
    assert!(which.err.contains("2 flows: read, write") && which.err.contains("--flow"), "{}", which.err);
    let tree = world.run(&["impact", "--format", "openpsa", "--flow", "read"]).exits(0);
    world.write("read.xml", &tree.out);
    let solved = world.run(&["impact", "--openpsa", "read.xml", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&solved.out).unwrap();
    assert!((json["top_probability"].as_f64().unwrap() - (1.0 - 0.99 * 0.999)).abs() < 1e-15, "{}", solved.out);
    assert_eq!(json["cut_sets_by_order"], serde_json::json!({"1": "2"}));
    let wrong = world.run(&["impact", "--format", "openpsa", "--flow", "raed"]).exits(2);
    assert!(wrong.err.contains("did you mean `read`?"), "{}", wrong.err);
}
