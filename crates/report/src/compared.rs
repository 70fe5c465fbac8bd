//! Two impacts of one system side by side: as it is, and as somebody thinks of it or had it before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ::impact::{Availability, FlowTrees, Hit, Impact, Mode, Row};
use serde_json::{Value as Json, json};
use system::{ComponentId, System};

use crate::graph::single_name;
use crate::impact::has_figures;
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

/// What is known of the availability of a flow, before and after, and what it cannot run without.
struct Availabilities {
    flow: String,
    availability: [Option<Availability>; 2],
    never_runs: [Vec<String>; 2],
}

/// Flows whose availability is another, or is known on one side only, or that never run on one side only.
fn changed_flows(before: Side<'_>, after: Side<'_>) -> Vec<Availabilities> {
    let sides = [before, after];
    let has_figures = sides.iter().any(|side| has_figures(side.system));
    let trees = sides.map(|side| has_figures.then(|| FlowTrees::new(side.system, &side.impact.counted)));
    let of = |flow: &::impact::FlowImpact| Availabilities {
        flow: flow.flow.to_string(),
        availability: [0, 1]
            .map(|at| trees[at].as_ref().and_then(|trees: &FlowTrees<'_>| trees.availability(&flow.flow))),
        never_runs: sides.map(|side| {
            let found = side.impact.flow(&flow.flow).map(|flow| flow.never_runs.as_slice()).unwrap_or_default();
            found.iter().map(ToString::to_string).collect()
        }),
    };
    let is_changed =
        |one: &Availabilities| one.availability[0] != one.availability[1] || one.never_runs[0] != one.never_runs[1];
    after.impact.flows.iter().map(of).filter(is_changed).collect()
}

fn availabilities(text: &mut String, before: Side<'_>, after: Side<'_>) {
    for one in changed_flows(before, after) {
        let down = |known: &Option<Availability>| match known {
            Some(Availability::Down(down)) => format!("{:.6e}", down.high),
            Some(Availability::NotKnown(missing)) => format!("not known (without a figure: {})", missing.join(", ")),
            None => "not there".to_owned(),
        };
        let [was, is] = &one.availability;
        if was != is {
            let _ = writeln!(text, "\nAvailability of {}: down {} → {} of the time", one.flow, down(was), down(is));
        }
        let [ran, runs] = &one.never_runs;
        if ran != runs {
            let word = |without: &[String]| match without {
                [] => "runs".to_owned(),
                without => format!("never runs, without any {}", without.join(", ")),
            };
            let _ = writeln!(text, "\n{}: {} → {}", one.flow, word(ran), word(runs));
        }
    }
}

fn availability_json(one: &Availabilities) -> Json {
    let mut json = json!({"flow": one.flow});
    for (at, side) in ["before", "after"].into_iter().enumerate() {
        match &one.availability[at] {
            Some(Availability::Down(down)) => json[format!("unavailability_{side}")] = json!(down.high),
            Some(Availability::NotKnown(missing)) => json[format!("without_figure_{side}")] = json!(missing),
            None => {}
        }
        if !one.never_runs[at].is_empty() {
            json[format!("never_runs_{side}")] = json!(one.never_runs[at]);
        }
    }
    json
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
        "flows": changed_flows(before, after).iter().map(availability_json).collect::<Vec<_>>(),
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
