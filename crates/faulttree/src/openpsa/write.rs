//! Our trees as Open-PSA, so that other engines can check ours. Peers refuse connectives of one argument, so there are none.

use std::fmt::Write as _;

use crate::tree::{Arg, Connective, Tree};

/// The document of one tree; gates are `g1`, `g2`, .., the top is called `top`. Names are escaped, equal ones are numbered.
pub fn write(tree: &Tree, name: &str) -> String {
    let mut text = format!("<?xml version=\"1.0\"?>\n<opsa-mef>\n<define-fault-tree name=\"{}\">\n", escaped(name));
    let names = names(tree);
    let reference = |arg: Arg| {
        let plain = match arg.node() {
            0 => "<constant value=\"false\"/>".to_owned(),
            at if at <= tree.events.len() => format!("<basic-event name=\"{}\"/>", names[at - 1]),
            at => format!("<gate name=\"g{}\"/>", at - tree.events.len()),
        };
        if arg.is_negated() { format!("<not>{plain}</not>") } else { plain }
    };
    let _ = writeln!(text, "<define-gate name=\"top\">{}</define-gate>", reference(tree.top));
    for (at, gate) in tree.gates.iter().enumerate().rev() {
        let args: String = gate.args.iter().map(|arg| reference(*arg)).collect();
        let formula = match (gate.connective, gate.args.len()) {
            (Connective::And | Connective::Or | Connective::Xor | Connective::AtLeast(1), 1) => args,
            (Connective::And, 0) => "<constant value=\"true\"/>".to_owned(),
            (Connective::Or | Connective::Xor, 0) => "<constant value=\"false\"/>".to_owned(),
            (Connective::And, _) => format!("<and>{args}</and>"),
            (Connective::Or, _) => format!("<or>{args}</or>"),
            (Connective::Xor, _) => odd(&gate.args.iter().map(|arg| reference(*arg)).collect::<Vec<_>>()),
            (Connective::AtLeast(0), _) => "<constant value=\"true\"/>".to_owned(),
            (Connective::AtLeast(least), count) if least as usize > count => "<constant value=\"false\"/>".to_owned(),
            (Connective::AtLeast(1), _) => format!("<or>{args}</or>"),
            (Connective::AtLeast(least), count) if least as usize == count => format!("<and>{args}</and>"),
            (Connective::AtLeast(least), _) => format!("<atleast min=\"{least}\">{args}</atleast>"),
        };
        let _ = writeln!(text, "<define-gate name=\"g{}\">{formula}</define-gate>", at + 1);
    }
    text.push_str("</define-fault-tree>\n<model-data>\n");
    for (event, name) in tree.events.iter().zip(&names) {
        let value = event.probability;
        let _ = writeln!(text, "<define-basic-event name=\"{name}\"><float value=\"{value:e}\"/></define-basic-event>");
    }
    text.push_str("</model-data>\n</opsa-mef>\n");
    text
}

/// `xor` of more than two is read differently by different engines; pairs are not.
fn odd(args: &[String]) -> String {
    let (first, rest) = args.split_first().expect("has two arguments");
    rest.iter().fold(first.clone(), |left, arg| format!("<xor>{left}{arg}</xor>"))
}

/// A name for each event that no other has, fit for peers that allow identifiers only.
fn names(tree: &Tree) -> Vec<String> {
    let mut seen = foldhash::HashSet::default();
    let mut names = Vec::new();
    for event in &tree.events {
        let fits = |c: char| c.is_alphanumeric() || c == '_';
        let fitted: String = event.name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
        let begins_well = fitted.starts_with(|c: char| c.is_alphabetic());
        let base = if begins_well { fitted } else { format!("e_{fitted}") };
        let mut name = base.clone();
        let mut number = 1;
        while !seen.insert(name.clone()) || name == "top" {
            number += 1;
            name = format!("{base}_{number}");
        }
        names.push(name);
    }
    names
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
