//! `seaworthy impact` beside a register: every difference with both places, and nothing where the text is all there is.

use expect_test::expect;

use crate::world::World;

const SHOP: &str = "\
seaworthy: 1
name: shop
registers: [docs/matrix.md]
system:
  components:
    web: {kind: client}
    api: {kind: service, replicas: 2}
    db: {kind: postgres, modes: {pool_exhausted: slow}}
    redis: {kind: redis}
  edges:
    web->api: {}
    api->db: {}
    api->redis: {needs: soft, fallback: memory}
  flows:
    buy: {path: [web, api, db], weight: 75%, users: 30/s}
    look: {path: [web, api, redis], weight: 25%, users: 10/s, fallback: by phone}
  guardrails:
    pool breaker: {on: api->db, stops: pool_exhausted, effort: M, planned: true}
    standby: {on: db, stops: down, effort: L}
";

const MATRIX: &str = "\
# Failure matrix

| Component | Failure Mode | Blast Radius | Priority |
|---|---|---|---|
| Redis | Unavailable | Slower answers | P0 |
| Database | Pool exhausted | Performance degradation | P1 |
| Search | Down | No results | P2 |
";

fn shop() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", SHOP);
    world.write("docs/matrix.md", MATRIX);
    world
}

#[test]
fn differences_stand_with_both_places() {
    let said = shop().run(&["impact"]).exits(0);
    let (_, end) = said.out.split_once("Single points of failure").unwrap();
    expect![[r#"

          buy: ◆ db
          look: none that is declared; instead, by the file: by phone

        Stated against computed: docs/matrix.md, 2 rows compared, 2 differences, 1 not compared
          ≠ 'Database: Pool exhausted' says 'Performance degradation' (a degradation), and by the system it takes down `buy`, `look`
            docs/matrix.md:6 · seaworthy.yaml:8 `db` [radius-too-small]
          ≠ 'Database: Pool exhausted' is P1, and by what is lost (100 % of all use) it is P0
            docs/matrix.md:6 · seaworthy.yaml:8 `db` [priority-too-low]
          not compared:
          ? docs/matrix.md:7 'Search: Down': no component is called like that; name it with `known_as`
    "#]].assert_eq(end);
}

#[test]
fn the_matrix_is_a_table_that_can_stand_in_the_text() {
    let said = shop().run(&["impact", "--format", "markdown"]).exits(0);
    expect![[r#"
        | Component | Failure mode | Blast radius | Guardrail now | Guardrail planned | Would save | Effort | Priority computed | Priority stated |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | api | down | buy, look down (100 % of use, 40 users/s) | - | - | - | - | P0 | - |
        | api | slow | buy, look hangs (100 % of use, 40 users/s) | - | - | - | - | P0 | - |
        | db | slow | buy, look hangs (100 % of use, 40 users/s) | - | - | - | - | P0 | - |
        | db | pool_exhausted | buy, look hangs (100 % of use, 40 users/s) | - | pool breaker | 62 %, leaves degraded | M | P0 | P1 |
        | redis | slow | buy, look hangs (100 % of use, 40 users/s) | api->redis fallback (passes, not proved) | - | - | - | P0 | - |
        | db | down | buy down (75 % of use, 30 users/s) | standby (leaves unaffected, not proved) | - | - | - | P0 | - |
        | redis | down | look degraded (25 % of use, 10 users/s) | api->redis fallback (falls-back, not proved) | - | - | - | P1 | P0 |
    "#]].assert_eq(&said.out);
}

#[test]
fn json_holds_what_differs_and_what_is_saved() {
    let said = shop().run(&["impact", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let differences = json["stated"][0]["differences"].as_array().unwrap();
    let rules: Vec<&str> = differences.iter().map(|one| one["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["radius-too-small", "priority-too-low"]);
    assert_eq!(differences[0]["line"], 6);
    assert_eq!(differences[0]["computed_at"][0]["file"], "seaworthy.yaml");
    assert_eq!(json["stated"][0]["not_compared"].as_array().unwrap().len(), 1);
    let row = json["matrix"].as_array().unwrap().iter().find(|row| row["mode"] == "pool_exhausted").unwrap();
    assert_eq!((&row["stated"], &row["priority"]), (&serde_json::json!("P1"), &serde_json::json!("P0")));
    assert_eq!(row["users_per_second"], 40.0);
    assert_eq!(row["declared"][0]["guardrail"], "pool breaker");
    assert_eq!(row["declared"][0]["leaves"], "degraded");
}

#[test]
fn a_text_is_not_held_against_itself() {
    let world = World::empty();
    world.write("docs/matrix.md", MATRIX);
    let said = world.run(&["impact", "--register", "docs/matrix.md"]).exits(3);
    expect![[r#"
        Stated against computed: docs/matrix.md
          ? not seen (circular): nothing but this text says what needs what, so there is nothing to hold it against
            say it in seaworthy.yaml, or point to files that do: --from docker-compose.yaml
    "#]]
    .assert_eq(&said.out);
    let drawn = world.run(&["impact", "--register", "docs/matrix.md", "--format", "svg"]).exits(2);
    assert!(drawn.out.is_empty() && drawn.err.contains("nothing to draw"), "{}", drawn.err);
    let json = world.run(&["impact", "--register", "docs/matrix.md", "--format", "json"]).exits(3);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["stated"][0]["reason"], "circular");
    world.write("seaworthy.yaml", "seaworthy: 1\nname: shop\nregisters: [docs/matrix.md]\n");
    assert!(world.run(&["impact"]).exits(0).out.contains("not seen (circular)"));
}

#[test]
fn a_register_is_held_against_what_other_files_say() {
    let world = World::empty();
    world.write("docs/matrix.md", MATRIX);
    world.write(
        "docker-compose.yaml",
        "services:\n  api:\n    image: shop/api\n    ports: [\"80:80\"]\n    depends_on: [db]\n  db:\n    image: postgres:16\n",
    );
    let said = world.run(&["impact", "--from", "docker-compose.yaml", "--register", "docs/matrix.md"]).exits(0);
    let (_, end) = said.out.split_once("Stated against computed").unwrap();
    expect![[r#"
        : docs/matrix.md, 1 row compared, 3 differences, 2 not compared
          ≠ no row speaks of `api`, which alone takes down `users of api`
            docs/matrix.md:5 [part-not-listed]
          ≠ 'Database: Pool exhausted' says 'Performance degradation' (a degradation), and by the system it takes down `users of api`
            docs/matrix.md:6 [radius-too-small]
          ≠ 'Database: Pool exhausted' is P1, and by what is lost (100 % of all use) it is P0
            docs/matrix.md:6 [priority-too-low]
          not compared:
          ? docs/matrix.md:5 'Redis: Unavailable': no component is called like that; name it with `known_as`
          ? docs/matrix.md:7 'Search: Down': no component is called like that; name it with `known_as`
    "#]].assert_eq(end);
}

#[test]
fn a_planned_guardrail_counts_when_it_is_thought_of() {
    let said = shop().run(&["impact", "--what-if", "prove pool breaker"]).exits(0);
    assert!(said.out.contains("db pool_exhausted: of all use lost 100.0 % → 37.5 %"), "{}", said.out);
    let wrong = shop().run(&["impact", "--what-if", "prove pool braeker"]).exits(2);
    assert!(wrong.err.contains("did you mean `pool breaker`?"), "{}", wrong.err);
}

#[test]
fn a_register_that_the_file_names_too_is_compared_once() {
    let said = shop().run(&["impact", "--register", "docs/matrix.md"]).exits(0);
    assert_eq!(said.out.matches("Stated against computed").count(), 1, "{}", said.out);
    let world = shop();
    world.write("docs/other.md", &MATRIX.replace("| P2 |", "| P1 |"));
    let said = world.run(&["impact", "--register", "docs/other.md"]).exits(0);
    assert_eq!(said.out.matches("Stated against computed").count(), 2, "{}", said.out);
}

#[test]
fn a_register_that_is_not_there_is_told() {
    let said = shop().run(&["impact", "--register", "docs/none.md"]).exits(2);
    assert!(said.err.contains("docs/none.md"), "{}", said.err);
}

#[test]
fn a_named_mode_can_be_shown_failing() {
    let lit = shop().run(&["impact", "--format", "svg", "--fails", "db:pool_exhausted"]).exits(0);
    assert!(lit.out.contains("hangs"), "the picture says what is suffered");
    let wrong = shop().run(&["impact", "--format", "svg", "--fails", "db:pool"]).exits(2);
    assert!(wrong.err.contains("`db:down` or `db:slow` or `db:pool_exhausted`"), "{}", wrong.err);
}

/// Each view shows what it is of, in words and shapes, and the same file gives the same bytes.
#[test]
fn further_views_show_flows_losses_and_all_of_it_as_a_map() {
    let world = shop();
    let view = |view: &str| world.run(&["impact", "--format", "svg", "--view", view]).exits(0).out;
    let lanes = view("lanes");
    assert!(lanes.contains("◆ db") && lanes.contains("instead: by phone") && !lanes.contains("◆ redis"), "{lanes}");
    let bars = view("bars");
    let place = |name: &str| bars.find(&format!(">{name}<")).unwrap_or_else(|| panic!("{name}: {bars}"));
    assert!(place("api down") < place("db slow") && bars.contains("100.0 % of use lost, P0"), "{bars}");
    let map = view("map");
    assert_eq!(map.matches(">D</text>").count(), 3, "api takes down both flows and db one: {map}");
    assert_eq!(map.matches(">d</text>").count(), 1, "without redis one is degraded");
    for name in ["lanes", "bars", "map"] {
        assert_eq!(view(name), view(name));
    }
    let wrong = world.run(&["impact", "--format", "svg", "--view", "globe"]).exits(2);
    assert!(wrong.err.contains("globe"), "{}", wrong.err);
}
