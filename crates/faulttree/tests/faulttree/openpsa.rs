//! Reading and writing the exchange format, and what is wrong with a document.

use expect_test::{Expect, expect};
use faulttree::{Builder, Connective, Model, write};
use proptest::prelude::*;
use text::Source;

use crate::world::{drawing, of_model, plain, problems, solved};

fn check(document: &str, expected: Expect) {
    expected.assert_eq(&problems(document));
}

/// The probability of one event with this expression.
fn value(expression: &str) -> f64 {
    let text = format!(
        r#"<define-fault-tree name="t"><define-gate name="top"><or><basic-event name="e"/><constant value="false"/></or></define-gate>
        <define-basic-event name="e">{expression}</define-basic-event></define-fault-tree>"#
    );
    of_model(&text).probability.low
}

fn close(left: f64, right: f64) {
    assert!((left - right).abs() <= 1e-12 * right.abs(), "{left} {right}");
}

#[test]
fn laws_of_failure_over_time() {
    let float = |number: f64| format!("<float value=\"{number}\"/>");
    let call = |name: &str, args: &[f64]| {
        format!("<{name}>{}</{name}>", args.iter().map(|arg| float(*arg)).collect::<String>())
    };
    close(value(&call("exponential", &[1e-4, 1_000.0])), 1.0 - (-0.1_f64).exp());
    // On demand 0.01, then lambda 1e-3 and mu 0.1 for long: lambda / (lambda + mu).
    close(value(&call("GLM", &[0.01, 1e-3, 0.1, 1e6])), 1e-3 / 0.101);
    close(value(&call("GLM", &[0.01, 1e-3, 0.1, 0.0])), 0.01);
    close(value(&call("Weibull", &[1_000.0, 2.0, 100.0, 600.0])), 1.0 - (-0.25_f64).exp());
    // Tested at 200, then every 500; at 900 the last test was 200 ago.
    close(value(&call("periodic-test", &[1e-4, 500.0, 200.0, 900.0])), 1.0 - (-0.02_f64).exp());
    // Repaired at once after tests is what a very high repair rate comes to.
    let at_once = value(&call("periodic-test", &[1e-4, 500.0, 200.0, 900.0]));
    let soon = value(&call("periodic-test", &[1e-4, 1e9, 500.0, 200.0, 900.0]));
    assert!((at_once - soon).abs() < 1e-9);
    // Without any repair what fails stays failed.
    let never = value(&call("periodic-test", &[1e-4, 0.0, 500.0, 200.0, 900.0]));
    close(never, 1.0 - (-0.09_f64).exp());
}

#[test]
fn expressions_of_arithmetic_and_choice() {
    close(value("<mul><float value=\"0.5\"/><float value=\"0.25\"/></mul>"), 0.125);
    close(
        value(
            "<div><sub><int value=\"3\"/><int value=\"1\"/></sub><add><int value=\"4\"/><int value=\"6\"/></add></div>",
        ),
        0.2,
    );
    close(
        value("<ite><lt><int value=\"1\"/><int value=\"2\"/></lt><float value=\"0.1\"/><float value=\"0.2\"/></ite>"),
        0.1,
    );
    close(
        value(
            "<switch><case><bool value=\"false\"/><float value=\"0.9\"/></case><case><bool value=\"true\"/><float value=\"0.3\"/></case><float value=\"0.2\"/></switch>",
        ),
        0.3,
    );
    close(
        value(
            "<histogram><float value=\"0\"/><bin><float value=\"0.2\"/><float value=\"1\"/></bin><bin><float value=\"0.4\"/><float value=\"3\"/></bin></histogram>",
        ),
        0.25,
    );
    close(
        value(
            "<lognormal-deviate><float value=\"0.01\"/><float value=\"3\"/><float value=\"0.95\"/></lognormal-deviate>",
        ),
        0.01,
    );
    close(value("<beta-deviate><float value=\"2\"/><float value=\"8\"/></beta-deviate>"), 0.2);
    close(value("<div><system-mission-time/><float value=\"87600\"/></div>"), Model::MISSION_TIME / 87_600.0);
}

#[test]
fn every_connective_means_what_the_format_says() {
    let top = |formula: &str| {
        of_model(&format!(
            r#"<define-fault-tree name="t"><define-gate name="top">{formula}</define-gate>
            <define-house-event name="on"><constant value="true"/></define-house-event></define-fault-tree>
            <model-data><define-basic-event name="a"><float value="0.1"/></define-basic-event>
            <define-basic-event name="b"><float value="0.2"/></define-basic-event>
            <define-basic-event name="c"><float value="0.3"/></define-basic-event></model-data>"#
        ))
        .probability
        .low
    };
    let (a, b, c) = (r#"<basic-event name="a"/>"#, r#"<event name="b"/>"#, r#"<basic-event name="c"/>"#);
    close(top(&format!("<and>{a}{b}</and>")), 0.02);
    close(top(&format!("<or>{a}{b}</or>")), 0.28);
    close(top(&format!("<xor>{a}{b}</xor>")), 0.26);
    close(top(&format!("<iff>{a}{b}</iff>")), 0.74);
    close(top(&format!("<imply>{a}{b}</imply>")), 0.9 + 0.1 * 0.2);
    close(top(&format!("<nand>{a}{b}</nand>")), 0.98);
    close(top(&format!("<nor>{a}{b}</nor>")), 0.72);
    close(top(&format!("<not>{a}</not>")), 0.9);
    close(
        top(&format!("<atleast min=\"2\">{a}{b}{c}</atleast>")),
        0.1 * 0.2 * 0.7 + 0.1 * 0.8 * 0.3 + 0.9 * 0.2 * 0.3 + 0.006,
    );
    close(
        top(&format!("<cardinality min=\"1\" max=\"1\">{a}{b}{c}</cardinality>")),
        0.1 * 0.8 * 0.7 + 0.9 * 0.2 * 0.7 + 0.9 * 0.8 * 0.3,
    );
    close(top(&format!("<and>{a}<house-event name=\"on\"/></and>")), 0.1);
    close(top(&format!("<or><and>{a}{b}</and><and>{a}{c}</and></or>")), 0.1 * (1.0 - 0.8 * 0.7));
}

/// Three members of 0.1 each, one needed: what common causes make of 0.001.
#[test]
fn groups_with_common_causes() {
    let top = |model: &str, factors: &str| {
        of_model(&format!(
            r#"<define-fault-tree name="t"><define-gate name="top"><and><basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></and></define-gate>
            <define-CCF-group name="pumps" model="{model}"><members><basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></members>
            <distribution><float value="0.1"/></distribution>{factors}</define-CCF-group>
            <define-basic-event name="a"/></define-fault-tree>"#
        ))
    };
    let factor = |level: u32, value: f64| format!("<factor level=\"{level}\"><float value=\"{value}\"/></factor>");
    let beta = top("beta-factor", &factor(3, 0.2));
    let (alone, all) = (0.08_f64, 0.02);
    close(beta.probability.low, all + (1.0 - all) * alone.powi(3));
    assert_eq!(beta.cut_sets.expect("are counted").total.to_string(), "2");
    // All three at once by three causes of one, one of two with one of one (three ways), overlapping twos, or one of three.
    let exact = |one: f64, two: f64, three: f64| {
        let mut sum = 0.0;
        for state in 0_u32..128 {
            let on = |bit: u32| state >> bit & 1 == 1;
            let p = |bit: u32, p: f64| if on(bit) { p } else { 1.0 - p };
            let (a, b, c) =
                (on(0) || on(3) || on(4) || on(6), on(1) || on(3) || on(5) || on(6), on(2) || on(4) || on(5) || on(6));
            if a && b && c {
                sum += p(0, one) * p(1, one) * p(2, one) * p(3, two) * p(4, two) * p(5, two) * p(6, three);
            }
        }
        sum
    };
    let mgl = top("MGL", &format!("<factors>{}{}</factors>", factor(2, 0.3), factor(3, 0.4)));
    close(mgl.probability.low, exact(0.1 * 0.7, 0.1 * 0.3 * 0.6 / 2.0, 0.1 * 0.3 * 0.4));
    let alpha = top("alpha-factor", &format!("{}{}{}", factor(1, 0.9), factor(2, 0.07), factor(3, 0.03)));
    let sum = 0.9 + 0.14 + 0.09;
    close(alpha.probability.low, exact(0.1 * 0.9 / sum, 0.1 * 2.0 * 0.07 / 2.0 / sum, 0.1 * 3.0 * 0.03 / sum));
    let phi = top("phi-factor", &format!("{}{}{}", factor(1, 0.8), factor(2, 0.1), factor(3, 0.1)));
    close(phi.probability.low, exact(0.08, 0.01, 0.01));
}

#[test]
fn names_are_looked_up_from_the_inside_out() {
    let found = of_model(
        r#"<define-fault-tree name="t"><define-gate name="top"><or><gate name="pump.fails"/><basic-event name="e"/></or></define-gate>
        <define-component name="pump" role="private"><define-gate name="fails"><or><basic-event name="e"/><basic-event name="f"/></or></define-gate>
        <define-basic-event name="e"><float value="0.5"/></define-basic-event><define-basic-event name="f"><float value="0"/></define-basic-event></define-component>
        <define-basic-event name="e"><float value="0.25"/></define-basic-event></define-fault-tree>"#,
    );
    close(found.probability.low, 1.0 - 0.5 * 0.75);
}

#[test]
fn one_model_may_come_in_several_documents() {
    let tree = Source::new(
        "tree.xml",
        r#"<opsa-mef><define-fault-tree name="t"><define-gate name="top"><and><basic-event name="a"/><basic-event name="b"/></and></define-gate></define-fault-tree></opsa-mef>"#,
    );
    let data = Source::new(
        "data.xml",
        r#"<opsa-mef><model-data><define-basic-event name="a"><parameter name="p"/></define-basic-event><define-basic-event name="b"><float value="0.5"/></define-basic-event><define-parameter name="p"><float value="0.2"/></define-parameter></model-data></opsa-mef>"#,
    );
    let sources = vec![tree, data];
    let (model, problems) = faulttree::read(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
    let (question, _) = model.question(model.tops()[0], &sources);
    close(solved(&question.tree).probability.low, 0.1);
}

#[test]
fn an_event_without_a_probability_is_named_and_not_guessed() {
    let sources = vec![Source::new(
        "t.xml",
        r#"<opsa-mef><define-fault-tree name="t"><define-gate name="top"><or><basic-event name="a"/><basic-event name="b"/></or></define-gate><define-basic-event name="a"/><define-basic-event name="b"><float value="0.5"/></define-basic-event></define-fault-tree></opsa-mef>"#,
    )];
    let (model, problems) = faulttree::read(&sources);
    assert!(problems.is_empty());
    assert_eq!(model.question(0, &sources).0.without_probability, ["a"]);
}

#[test]
fn unknown_names_come_with_the_nearest_known_one() {
    check(
        r#"<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><or><gate name="pmup"/><basic-event name="pump"/></or></define-gate>
<define-gate name="pump"><and><basic-event name="e"/><basic-event name="e"/></and></define-gate>
<define-basic-event name="e"><parameter name="lamda"/></define-basic-event>
<define-parameter name="lambda"><flaot value="1"/></define-parameter>
<define-gaet name="x"/>
</define-fault-tree></opsa-mef>"#,
        expect![[r#"
            2:29 openpsa-name: `pmup` is not defined (did you mean `pump`?)
            2:48 openpsa-name: `pump` is a gate, and is referred to as a basic-event (write `<gate name="pump"/>`)
            4:30 openpsa-name: the parameter `lamda` is not defined (did you mean `lambda`?)
            5:33 openpsa-unknown: `flaot` is no expression that is read
            6:1 openpsa-unknown: `define-gaet` means nothing here (did you mean `define-gate`?)
        "#]],
    );
}

#[test]
fn circles_are_refused_with_the_way_around() {
    check(
        r#"<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><or><gate name="a"/></or></define-gate>
<define-gate name="a"><and><gate name="b"/><gate name="c"/></and></define-gate>
<define-gate name="b"><not><gate name="a"/></not></define-gate>
<define-gate name="c"><constant value="true"/></define-gate>
<define-parameter name="p"><add><parameter name="q"/><float value="1"/></add></define-parameter>
<define-parameter name="q"><parameter name="p"/></define-parameter>
</define-fault-tree></opsa-mef>"#,
        expect![[r#"
            3:1 openpsa-circle: a circle: a -> b -> a (a fault tree has no circles; cut it at the gate that is not a cause)
            6:1 openpsa-circle: a circle: p -> q -> p (a parameter cannot be computed from itself)
        "#]],
    );
}

#[test]
fn wrong_numbers_and_shapes_are_told_all_at_once() {
    check(
        r#"<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><atleast min="4"><basic-event name="a"/><basic-event name="b"/></atleast></define-gate>
<define-gate name="g"><cardinality min="2" max="1"><basic-event name="a"/><basic-event name="b"/></cardinality></define-gate>
<define-gate name="h"><not><basic-event name="a"/><basic-event name="b"/></not></define-gate>
<define-gate name="i"/>
<define-gate name="i"><or><basic-event name="a"/></or></define-gate>
<define-basic-event name="a"><float value="many"/></define-basic-event>
<define-basic-event name="b"><exponential><float value="1"/></exponential></define-basic-event>
<define-house-event name="house"/>
<define-gate><or/></define-gate>
</define-fault-tree></opsa-mef>"#,
        expect![[r#"
            6:1 openpsa-twice: `i` is defined twice (keep one of the two, or give one another name)
        "#]],
    );
    check(
        r#"<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><atleast min="4"><basic-event name="a"/><basic-event name="b"/></atleast></define-gate>
<define-gate name="g"><cardinality min="2" max="1"><basic-event name="a"/><basic-event name="b"/></cardinality></define-gate>
<define-gate name="h"><not><basic-event name="a"/><basic-event name="b"/></not></define-gate>
<define-gate name="i"/>
<define-basic-event name="a"><float value="many"/></define-basic-event>
<define-basic-event name="b"><exponential><float value="1"/></exponential></define-basic-event>
<define-house-event name="house"/>
<define-gate><or/></define-gate>
</define-fault-tree></opsa-mef>"#,
        expect![[r#"
            2:25 openpsa-shape: at least 4 of 2 can never be (`min` is at most the number of arguments)
            3:23 openpsa-shape: from 2 to 1 of 2 is no range (`min` is at most `max`, and `max` at most the number of arguments)
            4:23 openpsa-shape: `not` has 2 arguments (it takes 1)
            5:1 openpsa-shape: the gate `i` is empty (write a formula in it, such as `<or> .. </or>`)
            6:30 openpsa-value: `many` is no number (write it like `0.001` or `1e-3`)
            7:30 openpsa-shape: `exponential` has 1 arguments (it takes 2)
            8:1 openpsa-shape: the house event `house` is neither true nor false (write `<constant value="true"/>` in it)
            9:1 openpsa-shape: `define-gate` has no `name` (write `<define-gate name="..">`)
        "#]],
    );
}

#[test]
fn probabilities_lie_between_zero_and_one() {
    check(
        r#"<opsa-mef><define-fault-tree name="t"><define-gate name="top"><or><basic-event name="a"/><basic-event name="b"/></or></define-gate>
<define-basic-event name="a"><float value="1.5"/></define-basic-event>
<define-basic-event name="b"><neg><float value="0.1"/></neg></define-basic-event></define-fault-tree></opsa-mef>"#,
        expect![[r#"
            2:1 openpsa-probability: the probability of `a` is 1.5 (a probability lies between 0 and 1; check the numbers, their units and the mission time)
            3:1 openpsa-probability: the probability of `b` is -0.1 (a probability lies between 0 and 1; check the numbers, their units and the mission time)
        "#]],
    );
}

#[test]
fn groups_that_contradict_themselves() {
    check(
        r#"<opsa-mef><define-fault-tree name="t"><define-gate name="top"><or><basic-event name="a"/><basic-event name="b"/></or></define-gate>
<define-basic-event name="a"/><define-basic-event name="b"/>
<define-CCF-group name="one" model="MGL"><members><basic-event name="a"/><basic-event name="b"/></members><distribution><float value="0.1"/></distribution><factor level="3"><float value="0.1"/></factor></define-CCF-group>
<define-CCF-group name="two" model="betta"><members/></define-CCF-group>
<define-CCF-group name="three" model="beta-factor"><members><basic-event name="a"/><basic-event name="top"/></members></define-CCF-group>
</define-fault-tree></opsa-mef>"#,
        expect![[r#"
            3:156 openpsa-ccf: a factor of level 3 stands where that of level 2 is expected (write the factors from the lowest level up, none left out)
            4:1 openpsa-ccf: the group `two` has the model `betta`, which is not known (write beta-factor, MGL, alpha-factor or phi-factor)
            5:84 openpsa-ccf: `top` is no basic event, and cannot be in a group (name basic events)
            5:1 openpsa-ccf: the group `three` has 1 members (name at least two)
        "#]],
    );
}

#[test]
fn entities_and_document_types_are_refused() {
    check(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>\n<opsa-mef>&lol2;</opsa-mef>",
        expect![[r#"
            2:1 xml-doctype: a document type is declared; entities could stand for anything (remove the `<!DOCTYPE ..>`; Open-PSA needs none)
        "#]],
    );
    check(
        "<opsa-mef>&xxe;</opsa-mef>",
        expect![[r#"
            1:11 xml-entity: the entity `&xxe;` is not known (write the text itself)
        "#]],
    );
}

#[test]
fn what_is_no_model_is_told() {
    check(
        "",
        expect![[r#"
        1:1 xml-syntax: there is no model in it (an Open-PSA model is `<opsa-mef> .. </opsa-mef>`)
    "#]],
    );
    check(
        "<html><body/></html>",
        expect![[r#"
        1:1 openpsa-shape: the document is no Open-PSA model: it begins with `<html>` (an Open-PSA model begins with `<opsa-mef>`)
    "#]],
    );
    check(
        "<opsa-mef><define-fault-tree name=\"t\">",
        expect![[r#"
        1:39 xml-syntax: the document ends within an element (an Open-PSA model is `<opsa-mef> .. </opsa-mef>`)
    "#]],
    );
    check(
        "<opsa-mef><define-gate name=\"g\"></opsa-mef>",
        expect![[r#"
        1:33 xml-syntax: ill-formed document: expected `</define-gate>`, but `</opsa-mef>` was found (check that every tag is closed, in order)
    "#]],
    );
}

#[test]
fn a_formula_nested_too_deep_is_refused() {
    let deep = format!(
        "<opsa-mef><define-gate name=\"g\">{}<constant value=\"true\"/>{}</define-gate></opsa-mef>",
        "<not>".repeat(400),
        "</not>".repeat(400)
    );
    assert!(problems(&deep).contains("xml-depth"), "{}", problems(&deep));
}

/// A chain of many gates, which nothing that recurses would survive, and which is one gate in the end.
#[test]
fn a_hundred_thousand_gates_in_a_chain_are_solved() {
    let mut text = String::from("<opsa-mef><define-fault-tree name=\"t\">");
    for gate in 0..100_000 {
        text += &format!(
            "<define-gate name=\"g{gate}\"><or><gate name=\"g{}\"/><basic-event name=\"e{}\"/></or></define-gate>",
            gate + 1,
            gate % 50
        );
    }
    text +=
        "<define-gate name=\"g100000\"><and><basic-event name=\"e0\"/><basic-event name=\"e1\"/></and></define-gate>";
    for event in 0..50 {
        text += &format!("<define-basic-event name=\"e{event}\"><float value=\"0.001\"/></define-basic-event>");
    }
    let sources = vec![Source::new("t.xml", text + "</define-fault-tree></opsa-mef>")];
    let (model, problems) = faulttree::read(&sources);
    assert!(problems.is_empty());
    let found = solved(&model.question(model.tops()[0], &sources).0.tree);
    close(found.probability.low, 1.0 - 0.999_f64.powi(50));
}

/// Peers refuse connectives of one argument.
#[test]
fn a_connective_of_one_argument_is_written_as_its_argument() {
    for connective in [Connective::And, Connective::Or, Connective::Xor, Connective::AtLeast(1)] {
        let mut builder = Builder::new();
        let only = builder.event("only", 0.5);
        let top = builder.gate(connective, vec![only]);
        let text = write(&builder.tree(top), "t");
        assert!(text.contains("<define-gate name=\"g1\"><basic-event name=\"only\"/></define-gate>"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_written_is_read_back(drawing in drawing(true)) {
        let tree = drawing.tree(&plain);
        let sources = vec![Source::new("t.xml", write(&tree, "a <name> & more"))];
        let (model, problems) = faulttree::read(&sources);
        prop_assert!(problems.is_empty(), "{problems:#?}");
        let top = model.gates.iter().position(|gate| gate.name == "top").expect("has a top");
        let (question, problems) = model.question(top, &sources);
        prop_assert!(problems.is_empty(), "{problems:#?}");
        prop_assert!((solved(&question.tree).probability.low - drawing.probability()).abs() < 1e-12);
    }

    /// Whatever comes in, something is said, and nothing breaks.
    #[test]
    fn any_text_is_answered(parts in prop::collection::vec(prop::sample::select(vec![
        "<opsa-mef>", "</opsa-mef>", "<define-gate name=\"g\">", "</define-gate>", "<or>", "</or>", "<gate name=\"g\"/>",
        "<basic-event name=\"e\"/>", "<define-basic-event name=\"e\">", "</define-basic-event>", "<float value=\"0.5\"/>",
        "<atleast min=\"2\">", "</atleast>", "&amp;", "<!-- x", "-->", "<![CDATA[", "<", "\u{0}", "é", "<define-CCF-group name=\"c\" model=\"MGL\">",
        "<members>", "<factor level=\"2\">", "<define-component name=\"c\">", "</define-component>", "<?x?>", "name=\"",
    ]), 0..40)) {
        let _ = problems(&parts.concat());
    }
}
