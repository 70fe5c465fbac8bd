//! `seaworthy impact --openpsa`: fault trees through the binary.

use expect_test::expect;

use crate::world::World;

const PUMPS: &str = r#"<?xml version="1.0"?>
<opsa-mef>
<define-fault-tree name="pumps">
<define-gate name="dry"><or><gate name="both"/><basic-event name="tank"/></or></define-gate>
<define-gate name="both"><and><basic-event name="left"/><basic-event name="right"/></and></define-gate>
<define-basic-event name="tank"><float value="0.001"/></define-basic-event>
<define-basic-event name="left"><parameter name="pump"/></define-basic-event>
<define-basic-event name="right"><parameter name="pump"/></define-basic-event>
<define-parameter name="pump"><uniform-deviate><float value="0.01"/><float value="0.03"/></uniform-deviate></define-parameter>
</define-fault-tree>
</opsa-mef>
"#;

#[test]
fn a_tree_is_solved_and_told() {
    let world = World::empty();
    world.write("tree.xml", PUMPS);
    let said = world.run(&["impact", "--openpsa", "tree.xml", "--importance", "--samples", "2000"]).exits(0);
    expect![[r#"
        pumps: dry (2 gates, 3 events)

        top probability    1.3996000000000000e-3  exact
        minimal cut sets   2
          of order 1       1
          of order 2       1

        The first 2
          1.0000e-3  tank
          4.0000e-4  left · right

        Importance                        p   Birnbaum criticality   F-Vesely        RAW        RRW
        tank                       1.000e-3   9.996e-1      0.7142     0.7145   714.4899     3.4990
        left                       2.000e-2   1.998e-2      0.2855     0.2858    14.9900     1.3996
        right                      2.000e-2   1.998e-2      0.2855     0.2858    14.9900     1.3996

        Uncertainty: 2000 samples, seed 1
          mean 1.428136e-3 (95 %: 1.418031e-3 .. 1.438241e-3), deviation 2.306e-4
          5 % 1.118259e-3, median 1.394162e-3, 95 % 1.838236e-3
    "#]]
    .assert_eq(&said.out);
}

#[test]
fn json_gives_exact_figures_as_others_rely_on_them() {
    let world = World::empty();
    world.write("tree.xml", PUMPS);
    let said = world.run(&["impact", "--openpsa", "tree.xml", "--format", "json", "--list", "1"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let probability = json["top_probability"].as_f64().unwrap();
    assert!((probability - (0.001 + 0.999 * 0.0004)).abs() < 1e-18, "{probability}");
    assert_eq!(json["exact"], true);
    assert_eq!(json["cut_sets"], "2");
    assert_eq!(json["cut_sets_by_order"], serde_json::json!({"1": "1", "2": "1"}));
    assert_eq!(json["listed"][0]["events"], serde_json::json!(["tank"]));
}

/// Too little room: no number that looks exact, the word, and the exit code for what could not be decided.
#[test]
fn a_tree_that_does_not_fit_gives_a_bracket_and_its_width() {
    // Every event is in three gates, so nothing is a module of its own.
    let mut text = String::from("<opsa-mef><define-fault-tree name=\"knit\">");
    let mut gates = String::new();
    for at in 0..60 {
        let event = |step: usize| format!("<basic-event name=\"e{}\"/>", (at * step + step) % 61);
        text += &format!("<define-gate name=\"g{at}\"><or>{}{}{}</or></define-gate>", event(1), event(7), event(23));
        gates += &format!("<gate name=\"g{at}\"/>");
    }
    text += &format!("<define-gate name=\"top\"><atleast min=\"9\">{gates}</atleast></define-gate>");
    for at in 0..61 {
        text += &format!("<define-basic-event name=\"e{at}\"><float value=\"0.3\"/></define-basic-event>");
    }
    let world = World::empty();
    world.write("tree.xml", &(text + "</define-fault-tree></opsa-mef>"));
    let said = world.run(&["impact", "--openpsa", "tree.xml", "--nodes", "100", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&json["exact"], &json["cut_sets"]), (&false.into(), &serde_json::Value::Null));
    assert!(json["top_probability"].is_null());
    let (low, high) = (json["bracket"]["low"].as_f64().unwrap(), json["bracket"]["high"].as_f64().unwrap());
    assert!(low < high, "{low} {high}");
    let decided = json["bracket"]["word"] == "bracket";
    assert_eq!(decided, (high - low) / high <= 0.1);
    drop(said.exits(if decided { 0 } else { 3 }));
    assert!(json["notes"][0].as_str().unwrap().contains("not solved within the limit"));
}

#[test]
fn what_cannot_be_solved_says_what_to_do() {
    let two_tops = PUMPS.replace(
        "<define-gate name=\"dry\">",
        "<define-gate name=\"other\"><basic-event name=\"left\"/></define-gate><define-gate name=\"dry\">",
    );
    let world = World::empty();
    world.write("two.xml", &two_tops);
    world.write("broken.xml", &PUMPS.replace("name=\"tank\"/>", "name=\"tnak\"/>"));
    let two = world.run(&["impact", "--openpsa", "two.xml"]).exits(2);
    assert!(two.err.contains("2 gates are used by no other: other, dry") && two.err.contains("--top"), "{}", two.err);
    let chosen = world.run(&["impact", "--openpsa", "two.xml", "--top", "both"]).exits(0);
    assert!(chosen.out.contains("pumps: both (1 gates, 2 events)"), "{}", chosen.out);
    let wrong = world.run(&["impact", "--openpsa", "two.xml", "--top", "bth"]).exits(2);
    assert!(wrong.err.contains("did you mean `both`?"), "{}", wrong.err);
    let broken = world.run(&["impact", "--openpsa", "broken.xml"]).exits(2);
    assert!(broken.err.contains("did you mean `tank`?") && broken.err.contains("broken.xml:4"), "{}", broken.err);
    let none = world.run(&["impact", "--openpsa", "none.xml"]).exits(2);
    assert!(none.err.contains("none.xml"), "{}", none.err);
    let mission = world.run(&["impact", "--openpsa", "two.xml", "--mission-time=-1"]).exits(2);
    assert!(mission.err.contains("give --mission-time in hours, 0 or more"), "{}", mission.err);
}

#[test]
fn a_mission_twice_as_long_fails_more_often() {
    let world = World::empty();
    let pump = "<opsa-mef><define-fault-tree name=\"t\"><define-gate name=\"top\"><basic-event name=\"pump\"/></define-gate></define-fault-tree><model-data><define-basic-event name=\"pump\"><exponential><float value=\"1e-4\"/><system-mission-time/></exponential></define-basic-event></model-data></opsa-mef>";
    world.write("pump.xml", pump);
    let after = |hours: &str| {
        let said =
            world.run(&["impact", "--openpsa", "pump.xml", "--mission-time", hours, "--format", "json"]).exits(0);
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        json["top_probability"].as_f64().unwrap()
    };
    for (hours, expected) in [("100", 1.0 - (-0.01_f64).exp()), ("200", 1.0 - (-0.02_f64).exp())] {
        assert!((after(hours) - expected).abs() < 1e-15, "{hours}");
    }
}

#[test]
fn what_is_for_other_analyses_is_named_and_left_out() {
    let world = World::empty();
    world.write(
        "two.xml",
        &PUMPS.replace("<opsa-mef>", "<opsa-mef><define-event-tree name=\"flood\"></define-event-tree>"),
    );
    let said = world.run(&["impact", "--openpsa", "two.xml"]).exits(0);
    assert!(said.out.contains("define-event-tree flood was not read"), "{}", said.out);
}

#[test]
fn what_matters_most_is_the_longest_bar() {
    let world = World::empty();
    world.write("tree.xml", PUMPS);
    let bars = world.run(&["impact", "--openpsa", "tree.xml", "--format", "svg", "--view", "bars"]).exits(0).out;
    let long = |name: &str| -> f64 {
        let (_, after) = bars.split_once(&format!(">{name}<")).unwrap_or_else(|| panic!("{name}: {bars}"));
        let (_, after) = after.split_once("width=\"").unwrap();
        after.split('"').next().unwrap().parse().unwrap()
    };
    assert!(long("tank") > long("left") && long("left") > 0.0, "{bars}");
    // A name from somebody's file cannot leave its place in the picture.
    world.write("odd.xml", &PUMPS.replace("define-gate name=\"dry\"", "define-gate name=\"dry&quot;&gt;&lt;b\""));
    let odd = world.run(&["impact", "--openpsa", "odd.xml", "--format", "svg", "--view", "bars"]).exits(0).out;
    assert!(!odd.contains("<b") && odd.contains("dry&quot;&gt;&lt;b"), "{odd}");
    let other = world.run(&["impact", "--openpsa", "tree.xml", "--format", "svg"]).exits(2);
    assert!(other.err.contains("`--view bars`"), "{}", other.err);
}
