//! The impact of a system, for terminals and as JSON.

use std::fmt::Write as _;

use ::impact::{Impact, Row, Single};
use serde_json::{Value as Json, json};
use system::System;

use crate::graph::single_name;
use crate::wire::pretty;

/// Name and version of the shape of `impact --format json`.
const IMPACT_SCHEMA: &str = "seaworthy.impact/1";

/// What each failure does, hop by hop, and what alone takes a flow down.
pub fn impact_text(impact: &Impact, system: &System) -> String {
    let mut text = format!("{}: guardrails that count: {}\n", system.name, impact.counted.word());
    for row in &impact.rows {
        let _ = writeln!(
            text,
            "\n{} {}  [{}, {:.0} % of use]",
            row.component,
            row.mode.word(),
            row.priority.word(),
            row.share * 100.0
        );
        for hit in &row.hits {
            let loses = if hit.loses.is_empty() { String::new() } else { format!(" (loses {})", hit.loses.join(", ")) };
            let _ = writeln!(text, "  → {} {}{loses}: {}", hit.flow, hit.outcome.word(), hit.arrows());
        }
        if row.hits.is_empty() {
            let _ = writeln!(text, "  → no flow notices");
        }
        for guardrail in &row.guardrails {
            let word = if guardrail.counted { "counts" } else { "does not count until a drill proves it" };
            let _ = writeln!(
                text,
                "  ▮ {} {}: {}; {word}",
                guardrail.edge,
                guardrail.protections.join(", "),
                guardrail.effect.word()
            );
        }
    }
    let _ = writeln!(text, "\nSingle points of failure");
    for flow in &impact.flows {
        let names: Vec<String> = flow.spofs.iter().map(single_name).collect();
        let names =
            if names.is_empty() { "none that is declared".to_owned() } else { format!("◆ {}", names.join(", ◆ ")) };
        let _ = writeln!(text, "  {}: {names}", flow.flow);
    }
    text
}

/// The same as JSON, with a final line break.
pub fn impact_json(impact: &Impact) -> String {
    let flows: Vec<Json> = impact
        .flows
        .iter()
        .map(|flow| {
            json!({
                "flow": flow.flow.as_str(),
                "share": flow.share,
                "spofs": flow.spofs.iter().map(single_name).collect::<Vec<_>>(),
                "never_runs": flow.never_runs.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect();
    pretty(&json!({
        "schema": IMPACT_SCHEMA,
        "counted": impact.counted.word(),
        "matrix": impact.rows.iter().map(row_json).collect::<Vec<_>>(),
        "spofs": spofs_json(impact),
        "flows": flows,
    }))
}

fn row_json(row: &Row) -> Json {
    let flows: Vec<Json> = row.hits.iter().map(|hit| json!({"flow": hit.flow.as_str(), "outcome": hit.outcome.word(), "loses": hit.loses, "chain": hit.arrows()})).collect();
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
    if let Some(stated) = &row.stated {
        json["stated"] = json!(stated);
    }
    json
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
