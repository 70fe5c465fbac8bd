//! The matrix that people keep in Markdown, computed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ::impact::{Guardrail, Impact, Outcome, Row, Saving};
use system::{Effort, System};

/// Flows named in one cell; more are counted.
const MAX_NAMED: usize = 4;

const HEADINGS: [&str; 9] = [
    "Component",
    "Failure mode",
    "Blast radius",
    "Guardrail now",
    "Guardrail planned",
    "Would save",
    "Effort",
    "Priority computed",
    "Priority stated",
];

/// One row for each failure that any flow feels, what loses most first; those that no flow feels are counted below.
pub fn impact_matrix(impact: &Impact, system: &System) -> String {
    let mut rows: Vec<&Row> = impact.rows.iter().filter(|row| !row.hits.is_empty()).collect();
    rows.sort_by(|left, right| {
        let order = left.priority.cmp(&right.priority).then(right.loss.total_cmp(&left.loss));
        order.then(right.share.total_cmp(&left.share)).then(left.component.cmp(&right.component))
    });
    let mut text = String::new();
    line(&mut text, &HEADINGS.map(str::to_owned));
    line(&mut text, &HEADINGS.map(|_| "---".to_owned()));
    for row in &rows {
        line(&mut text, &cells(row, system));
    }
    let silent = impact.rows.len() - rows.len();
    if silent > 0 {
        let _ = writeln!(text, "\n{silent} further failures reach no flow.");
    }
    text
}

fn line(text: &mut String, cells: &[String; 9]) {
    let escaped: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    let _ = writeln!(text, "| {} |", escaped.join(" | "));
}

fn cells(row: &Row, system: &System) -> [String; 9] {
    let (planned, now): (Vec<&Saving>, Vec<&Saving>) = row.savings.iter().partition(|saving| saving.planned);
    let listed = |texts: Vec<String>| if texts.is_empty() { "-".to_owned() } else { texts.join("; ") };
    let saves = planned.iter().map(|one| format!("{:.0} %, leaves {}", one.saves * 100.0, one.leaves.word())).collect();
    let effort = planned.iter().filter_map(|one| one.effort.map(Effort::word)).map(str::to_owned).collect();
    [
        row.component.to_string(),
        row.mode.word().to_owned(),
        radius(row, system),
        listed(row.guardrails.iter().map(guardrail).chain(now.iter().map(|one| standing(one))).collect()),
        listed(planned.iter().map(|one| one.guardrail.clone()).collect()),
        listed(saves),
        listed(effort),
        row.priority.word().to_owned(),
        row.stated.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}

/// `buy, look down; report degraded (90 % of use, 27 users/s)`.
fn radius(row: &Row, system: &System) -> String {
    let mut by_outcome: BTreeMap<Outcome, Vec<&str>> = BTreeMap::new();
    for hit in &row.hits {
        by_outcome.entry(hit.outcome).or_default().push(hit.flow.as_str());
    }
    let named = by_outcome.iter().rev().map(|(outcome, flows)| {
        let more = flows.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more} {}", flows[..flows.len().min(MAX_NAMED)].join(", "), outcome.word())
    });
    let users = users(row, system).map_or(String::new(), |users| format!(", {users} users/s"));
    format!("{} ({:.0} % of use{users})", named.collect::<Vec<_>>().join("; "), row.share * 100.0)
}

/// Users per second that feel a failure, when every flow hit says how many begin it.
pub(crate) fn users(row: &Row, system: &System) -> Option<f64> {
    let of = |flow| system.flows.get(flow).and_then(|flow: &system::Flow| flow.users);
    let rates: Option<Vec<f64>> = row.hits.iter().map(|hit| of(&hit.flow).map(|rate| rate.per_second())).collect();
    rates.filter(|rates| !rates.is_empty()).map(|rates| rates.iter().sum())
}

fn guardrail(guardrail: &Guardrail) -> String {
    let counts = if guardrail.counted { "" } else { ", not proved" };
    format!("{} {} ({}{counts})", guardrail.edge, guardrail.protections.join(" + "), guardrail.effect.word())
}

fn standing(saving: &Saving) -> String {
    let counts = if saving.counted { "" } else { ", not proved" };
    format!("{} (leaves {}{counts})", saving.guardrail, saving.leaves.word())
}
