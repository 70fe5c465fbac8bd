//! The impact of a system, for terminals and as JSON.

use std::fmt::Write as _;

use ::impact::{Availability, FlowTrees, Hit, Impact, Row, Saving, Single};
use serde_json::{Value as Json, json};
use system::{Effort, System};

use crate::graph::single_name;
use crate::impact_matrix::users;
use crate::stated::{StatedAgainst, stated_json};
use crate::wire::pretty;

/// Name and version of the shape of `impact --format json`.
const IMPACT_SCHEMA: &str = "seaworthy.impact/1";

/// Guardrails of one failure that are shown for people.
const MAX_SHOWN: usize = 12;

/// Failures of a system too big for details that are shown for people.
const MAX_SURVEYED: usize = 40;

/// What each failure does, hop by hop, and what alone takes a flow down.
pub fn impact_text(impact: &Impact, system: &System) -> String {
    let mut text = format!("{}: guardrails that count: {}\n", system.name, impact.counted.by().word());
    if impact.detailed {
        rows_text(&mut text, impact);
    } else {
        surveyed_text(&mut text, impact);
    }
    let _ = writeln!(text, "\nSingle points of failure");
    for flow in &impact.flows {
        let names: Vec<String> = flow.spofs.iter().map(single_name).collect();
        let names =
            if names.is_empty() { "none that is declared".to_owned() } else { format!("◆ {}", names.join(", ◆ ")) };
        let fallback = system.flows.get(&flow.flow).and_then(|flow| flow.fallback.as_deref());
        let fallback = fallback.map_or(String::new(), |fallback| format!("; instead, by the file: {fallback}"));
        let never: Vec<&str> = flow.never_runs.iter().map(|id| id.as_str()).collect();
        let never =
            if never.is_empty() { String::new() } else { format!("; never runs, without any {}", never.join(", ")) };
        let _ = writeln!(text, "  {}: {names}{never}{fallback}", flow.flow);
    }
    availability_text(&mut text, impact, system);
    text
}

/// Whether anything has a figure; without one there is nothing to say of availability.
pub(crate) fn has_figures(system: &System) -> bool {
    system.components.values().any(|component| component.unavailability.is_some())
        || !system.fate_unavailability.is_empty()
}

fn availability_text(text: &mut String, impact: &Impact, system: &System) {
    if !has_figures(system) {
        return;
    }
    text.push_str("\nAvailability, from the figures written; failures are independent but for shared fates\n");
    let trees = FlowTrees::new(system, &impact.counted);
    for flow in &impact.flows {
        let promised = system.flows.get(&flow.flow).and_then(|flow| flow.slo.success).map(text::Ratio::share);
        let _ = match trees.availability(&flow.flow) {
            Some(Availability::Down(down)) => {
                let up = 1.0 - down.high;
                let kept = promised.map_or(String::new(), |promised| {
                    let word = if up >= promised { "kept" } else { "missed" };
                    format!("; {} % promised: {word}", promised * 100.0)
                });
                writeln!(text, "  {}: {:.4} % up, down {:.6e} of the time{kept}", flow.flow, up * 100.0, down.high)
            }
            Some(Availability::NotKnown(missing)) => {
                writeln!(text, "  {}: not known, without a figure: {}", flow.flow, missing.join(", "))
            }
            None => Ok(()),
        };
    }
}

fn surveyed_text(text: &mut String, impact: &Impact) {
    let mut rows: Vec<&Row> = impact.rows.iter().filter(|row| !row.hits.is_empty()).collect();
    rows.sort_by(|left, right| right.loss.total_cmp(&left.loss).then(left.component.cmp(&right.component)));
    let hits: usize = rows.iter().map(|row| row.hits.len()).sum();
    let _ = writeln!(
        text,
        "\n{} failures reach flows, {hits} hits; the way of each is not written down for so many",
        rows.len()
    );
    for row in rows.iter().take(MAX_SURVEYED) {
        let failed = row.hits.iter().filter(|hit| hit.outcome.is_failure()).count();
        let _ = writeln!(
            text,
            "  {} {}  [{}, {:.0} % of use] {} flows, {failed} of them fail",
            row.component,
            row.mode.word(),
            row.priority.word(),
            row.share * 100.0,
            row.hits.len()
        );
    }
    if rows.len() > MAX_SURVEYED {
        let _ = writeln!(text, "  and {} more, in --format json", rows.len() - MAX_SURVEYED);
    }
}

fn rows_text(text: &mut String, impact: &Impact) {
    for row in &impact.rows {
        let _ = writeln!(
            text,
            "\n{} {}  [{}, {:.0} % of use{}]",
            row.component,
            row.mode.word(),
            row.priority.word(),
            row.share * 100.0,
            likelihood(row)
        );
        for hit in &row.hits {
            let loses = if hit.loses.is_empty() { String::new() } else { format!(" (loses {})", hit.loses.join(", ")) };
            let _ = writeln!(text, "  → {} {}{loses}: {}", hit.flow, hit.outcome.word(), hit.arrows());
        }
        if row.hits.is_empty() {
            let _ = writeln!(text, "  → no flow notices");
        }
        if row.tries > 1 {
            let _ = writeln!(text, "  × asked up to {} times for one request", row.tries);
        }
        for guardrail in row.guardrails.iter().take(MAX_SHOWN) {
            let word = if guardrail.counted { "counts" } else { "does not count until a drill proves it" };
            let _ = writeln!(
                text,
                "  ▮ {} {}: {}; {word}",
                guardrail.edge,
                guardrail.protections.join(", "),
                guardrail.effect.word()
            );
        }
        let more = row.guardrails.len().saturating_sub(MAX_SHOWN) + row.more_guardrails;
        if more > 0 {
            let _ = writeln!(text, "  ▮ and {more} more on the way");
        }
        row.savings.iter().for_each(|saving| saving_text(text, saving));
    }
}

/// `; 1e-3 of the time, costs 5e-4 of all use on average`.
fn likelihood(row: &Row) -> String {
    let known = row.likelihood.zip(row.expected_loss()).filter(|_| row.loss > 0.0);
    known.map_or(String::new(), |(often, costs)| {
        format!("; {often:.1e} of the time, costs {costs:.1e} of all use on average")
    })
}

fn saving_text(text: &mut String, saving: &Saving) {
    let effort = saving.effort.map_or(String::new(), |effort| format!(", effort {}", effort.word()));
    let word = match (saving.planned, saving.counted) {
        (true, _) => "planned",
        (false, true) => "counts",
        (false, false) => "does not count until a drill proves it",
    };
    let _ = writeln!(
        text,
        "  ▮ {}: would save {:.0} % of use, leaves {}{effort}; {word}",
        saving.guardrail,
        saving.saves * 100.0,
        saving.leaves.word()
    );
}

/// The same as JSON, with a final line break.
pub fn impact_json(impact: &Impact, system: &System, stated: &[StatedAgainst]) -> String {
    let trees = has_figures(system).then(|| FlowTrees::new(system, &impact.counted));
    let flows: Vec<Json> = impact
        .flows
        .iter()
        .map(|flow| {
            let mut json = json!({
                "flow": flow.flow.as_str(),
                "share": flow.share,
                "spofs": flow.spofs.iter().map(single_name).collect::<Vec<_>>(),
                "never_runs": flow.never_runs.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            });
            match trees.as_ref().and_then(|trees| trees.availability(&flow.flow)) {
                Some(Availability::Down(down)) => json["unavailability"] = json!(down.high),
                Some(Availability::NotKnown(missing)) => json["without_figure"] = json!(missing),
                None => {}
            }
            json
        })
        .collect();
    let mut whole = json!({
        "schema": IMPACT_SCHEMA,
        "detailed": impact.detailed,
        "counted": impact.counted.by().word(),
        "spofs": spofs_json(impact),
        "flows": flows,
    });
    if !stated.is_empty() {
        whole["stated"] = stated_json(stated);
    }
    if impact.detailed {
        whole["matrix"] = json!(impact.rows.iter().map(|row| row_json(row, &row.hits, system)).collect::<Vec<_>>());
        return pretty(&whole);
    }
    // Millions of hits as one value would take gigabytes: rows are written one after another, each on a line.
    let mut text = pretty(&whole);
    text.truncate(text.trim_end().trim_end_matches('}').trim_end().len());
    text.push_str(",\n  \"matrix\": [");
    for (at, row) in impact.rows.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        surveyed_json(&mut text, row, system);
    }
    text.push_str("\n  ]\n}\n");
    text
}

/// The same as [`row_json`] for a row without ways, into the text at once.
fn surveyed_json(text: &mut String, row: &Row, system: &System) {
    let whole = row_json(row, &[], system).to_string();
    let (before, after) = whole.split_once("\"flows\":[").unwrap_or((&whole, ""));
    let _ = write!(text, "{before}\"flows\":[");
    for (at, hit) in row.hits.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Names hold nothing that JSON would escape: letters, digits, `-`, `_`, `.` and blanks.
        let _ = write!(text, "{comma}{{\"flow\":\"{}\",\"outcome\":\"{}\"}}", hit.flow, hit.outcome.word());
    }
    text.push_str(after);
}

fn hit_json(hit: &Hit) -> Json {
    let mut json = json!({"flow": hit.flow.as_str(), "outcome": hit.outcome.word()});
    if !hit.chain.is_empty() {
        json["loses"] = json!(hit.loses);
        json["chain"] = json!(hit.arrows());
    }
    json
}

fn row_json(row: &Row, hits: &[Hit], system: &System) -> Json {
    let flows: Vec<Json> = hits.iter().map(hit_json).collect();
    let guardrails: Vec<Json> = row
        .guardrails
        .iter()
        .map(|guardrail| {
            json!({
                "edge": guardrail.edge.to_string(),
                "protections": guardrail.protections,
                "counted": guardrail.counted,
                "effect": guardrail.effect.word(),
            })
        })
        .collect();
    let mut json = json!({
        "component": row.component.as_str(),
        "mode": row.mode.word(),
        "flows": flows,
        "share": row.share,
        "guardrails": guardrails,
        "priority": row.priority.word(),
    });
    if let Some((likelihood, costs)) = row.likelihood.zip(row.expected_loss()) {
        json["likelihood"] = json!(likelihood);
        json["expected_loss"] = json!(costs);
    }
    if row.more_guardrails > 0 {
        json["more_guardrails"] = json!(row.more_guardrails);
    }
    if row.tries > 1 {
        json["tries"] = json!(row.tries);
    }
    if let Some(users) = users(row, system) {
        json["users_per_second"] = json!(users);
    }
    if let Some(stated) = &row.stated {
        json["stated"] = json!(stated);
    }
    if !row.savings.is_empty() {
        json["declared"] = row.savings.iter().map(saving_json).collect();
    }
    json
}

fn saving_json(saving: &Saving) -> Json {
    json!({
        "guardrail": saving.guardrail,
        "planned": saving.planned,
        "counted": saving.counted,
        "effort": saving.effort.map(Effort::word),
        "saves": saving.saves,
        "leaves": saving.leaves.word(),
    })
}

/// Single points of failure, one object for each flow and what takes it down.
pub(crate) fn spofs_json(impact: &Impact) -> Vec<Json> {
    let pairs = impact.flows.iter().flat_map(|flow| flow.spofs.iter().map(move |single| (flow, single)));
    pairs
        .map(|(flow, single)| {
            let mut json = json!({"flow": flow.flow.as_str(), "component": single_name(single)});
            if matches!(single, Single::SharedFate(_)) {
                json["shared_fate"] = json!(true);
            }
            json
        })
        .collect()
}
