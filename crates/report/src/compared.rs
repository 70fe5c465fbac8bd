//! Two impacts of one system side by side: as it is, and as somebody thinks of it or had it before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ::impact::{Availability, FlowTrees, Hit, Impact, Mode, Row};
use serde_json::{Value as Json, json};
use system::{ComponentId, System};

use crate::graph::single_name;
use crate::wire::pretty;

/// Name and version of the shape of `impact --what-if --format json`.
const COMPARED_SCHEMA: &str = "seaworthy.impact-compared/1";

/// Failures that are shown for people; JSON has all.
const MAX_SHOWN: usize = 30;

/// One side.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// The system.
    pub system: &'s System,
    /// What follows from it.
    pub impact: &'s Impact,
}

/// A failure whose effect differs.
struct Differing<'s> {
    component: &'s ComponentId,
    mode: &'s Mode,
    before: Option<&'s Row>,
    after: Option<&'s Row>,
}

/// For people: what changes, the most first; and how much does not.
pub fn compared_text(title: &str, before: Side<'_>, after: Side<'_>) -> String {
    let mut text = format!("{title}\n\nSingle points of failure\n");
    let (old, new) = (singles(before.impact), singles(after.impact));
    for (flow, name) in old.difference(&new) {
        let _ = writeln!(text, "  - {flow}: ◆ {name} is none any more");
    }
    for (flow, name) in new.difference(&old) {
        let _ = writeln!(text, "  + {flow}: ◆ {name}");
    }
    if old == new {
        let _ = writeln!(text, "  the same {}", old.len());
    }
    let (differing, same) = differing(before.impact, after.impact);
    let _ = writeln!(text, "\nFailures that reach otherwise ({same} reach as before)");
    for one in differing.iter().take(MAX_SHOWN) {
        let loss = |row: Option<&Row>| row.map_or("not there".to_owned(), |row| format!("{:.1} %", row.loss * 100.0));
        let _ = writeln!(
            text,
            "  {} {}: of all use lost {} → {}",
            one.component,
            one.mode.word(),
            loss(one.before),
            loss(one.after)
        );
        for (flow, was, is) in flows(one) {
            let _ = writeln!(text, "    {flow} {was} → {is}");
        }
    }
    if differing.is_empty() {
        text.push_str("  none\n");
    }
    if differing.len() > MAX_SHOWN {
        let _ = writeln!(text, "  and {} more, in --format json", differing.len() - MAX_SHOWN);
    }
    availabilities(&mut text, before, after);
    text
}

fn availabilities(text: &mut String, before: Side<'_>, after: Side<'_>) {
    let trees = [before, after].map(|side| FlowTrees::new(side.system, &side.impact.counted));
    let down = |trees: &FlowTrees<'_>, flow| match trees.availability(flow) {
        Some(Availability::Down(down)) => Some(down.high),
        Some(Availability::NotKnown(_)) | None => None,
    };
    for flow in &after.impact.flows {
        if let (Some(was), Some(is)) = (down(&trees[0], &flow.flow), down(&trees[1], &flow.flow))
            && was != is
        {
            let _ = writeln!(text, "\nAvailability of {}: down {was:.6e} → {is:.6e} of the time", flow.flow);
        }
    }
}

/// As JSON, with a final line break.
pub fn compared_json(changes: &[String], before: Side<'_>, after: Side<'_>) -> String {
    let (old, new) = (singles(before.impact), singles(after.impact));
    let pairs = |set: Vec<&(String, String)>| -> Vec<Json> {
        set.into_iter().map(|(flow, name)| json!({"flow": flow, "component": name})).collect()
    };
    let (differing, same) = differing(before.impact, after.impact);
    let failure = |one: &Differing<'_>| {
        let changed: Vec<Json> =
            flows(one).into_iter().map(|(flow, was, is)| json!({"flow": flow, "before": was, "after": is})).collect();
        json!({
            "component": one.component.as_str(),
            "mode": one.mode.word(),
            "loss_before": one.before.map(|row| row.loss),
            "loss_after": one.after.map(|row| row.loss),
            "flows": changed,
        })
    };
    pretty(&json!({
        "schema": COMPARED_SCHEMA,
        "changes": changes,
        "spofs_gone": pairs(old.difference(&new).collect()),
        "spofs_new": pairs(new.difference(&old).collect()),
        "failures": differing.iter().map(failure).collect::<Vec<_>>(),
        "failures_same": same,
    }))
}

fn singles(impact: &Impact) -> BTreeSet<(String, String)> {
    let pairs = impact.flows.iter().flat_map(|flow| flow.spofs.iter().map(move |single| (flow, single)));
    pairs.map(|(flow, single)| (flow.flow.to_string(), single_name(single))).collect()
}

/// The row of a failure before and after.
type Pair<'s> = (Option<&'s Row>, Option<&'s Row>);

/// Failures that reach otherwise, the biggest difference first, and how many do not.
fn differing<'s>(before: &'s Impact, after: &'s Impact) -> (Vec<Differing<'s>>, usize) {
    let mut pairs: BTreeMap<(&ComponentId, &Mode), Pair<'_>> = BTreeMap::new();
    before.rows.iter().for_each(|row| pairs.entry((&row.component, &row.mode)).or_default().0 = Some(row));
    after.rows.iter().for_each(|row| pairs.entry((&row.component, &row.mode)).or_default().1 = Some(row));
    let all = pairs.len();
    let mut differing: Vec<Differing<'_>> = pairs
        .into_iter()
        .map(|((component, mode), (before, after))| Differing { component, mode, before, after })
        .filter(|one| one.before.is_none() || one.after.is_none() || !flows(one).is_empty())
        .collect();
    let distance = |one: &Differing<'_>| {
        let loss = |row: Option<&Row>| row.map_or(0.0, |row| row.loss);
        (loss(one.before) - loss(one.after)).abs()
    };
    differing.sort_by(|left, right| {
        let order = distance(right).total_cmp(&distance(left));
        order.then(left.component.cmp(right.component)).then(left.mode.cmp(right.mode))
    });
    let same = all - differing.len();
    (differing, same)
}

/// Flows that feel something else, with what they felt and feel.
fn flows(one: &Differing<'_>) -> Vec<(String, &'static str, &'static str)> {
    let felt = |row: Option<&Row>| -> BTreeMap<String, &'static str> {
        let hits = row.map_or(&[][..], |row| &row.hits);
        hits.iter().map(|hit: &Hit| (hit.flow.to_string(), hit.outcome.word())).collect()
    };
    let (was, is) = (felt(one.before), felt(one.after));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let word = |of: &BTreeMap<String, &'static str>, name: &String| of.get(name).copied().unwrap_or("unaffected");
    let changed = names.into_iter().map(|name| (name.clone(), word(&was, name), word(&is, name)));
    changed.filter(|(_, was, is)| was != is).collect()
}
