//! A system that nobody described, as it was found in other files: what hangs on what, and that all of it was guessed.

use std::fmt::Write as _;

use ::impact::{Impact, Mode, Outcome, Row};
use system::found::Found;
use system::{Needs, System};

use crate::graph::single_name;

/// Failures that are shown for people; JSON has all.
const MAX_FAILURES: usize = 15;

/// Guesses that are listed for people.
const MAX_GUESSES: usize = 60;

/// Files that are named.
const MAX_FILES: usize = 5;

/// For people: first what would hurt most, then what it was inferred from, then what to do.
pub fn inferred_text(found: &[Found], joined: &Found, notes: &[String], system: &System, impact: &Impact) -> String {
    let files: Vec<&str> = found.iter().map(|file| file.path.as_str()).collect();
    let more = files.len().saturating_sub(MAX_FILES);
    let named = files[..files.len().min(MAX_FILES)].join(", ");
    let named = if more > 0 { format!("{named} and {more} more") } else { named };
    let mut text = format!(
        "{}: {} components, {} needs, from {named}\nAll of it is inferred. Needs count as hard, because files do not say what happens without.\n",
        system.name,
        joined.components.len(),
        joined.edges.len(),
    );
    singles(&mut text, impact);
    failures(&mut text, impact);
    guesses(&mut text, joined);
    let gaps: Vec<&String> = found.iter().flat_map(|file| &file.gaps).chain(notes).collect();
    if !gaps.is_empty() {
        text.push_str("\nNot followed, or odd\n");
        for gap in gaps {
            let _ = writeln!(text, "  {gap}");
        }
    }
    text.push_str(
        "\nNext: `--format svg > system.svg` draws it; `seaworthy init` writes it as seaworthy.yaml, where needs can be softened.\n",
    );
    text
}

fn singles(text: &mut String, impact: &Impact) {
    text.push_str("\nSingle points of failure\n");
    if impact.flows.is_empty() {
        text.push_str("  none can be told: nothing that users reach was found\n");
    }
    for flow in &impact.flows {
        let names: Vec<String> = flow.spofs.iter().map(single_name).collect();
        let names =
            if names.is_empty() { "none that is seen".to_owned() } else { format!("◆ {}", names.join("  ◆ ")) };
        let _ = writeln!(text, "  {}: {names}", flow.flow);
        if !flow.never_runs.is_empty() {
            let never: Vec<&str> = flow.never_runs.iter().map(|id| id.as_str()).collect();
            let _ = writeln!(text, "  {} never runs: {} has no replica", flow.flow, never.join(", "));
        }
    }
}

fn failures(text: &mut String, impact: &Impact) {
    let mut rows: Vec<&Row> = impact.rows.iter().filter(|row| row.mode == Mode::Down && !row.hits.is_empty()).collect();
    rows.sort_by(|left, right| right.loss.total_cmp(&left.loss).then(left.component.cmp(&right.component)));
    if rows.is_empty() {
        return;
    }
    text.push_str("\nIf it is down, the widest reach first\n");
    for row in rows.iter().take(MAX_FAILURES) {
        let longest = row.hits.iter().max_by_key(|hit| (hit.outcome.severity(), hit.chain.len()));
        let chain = longest.map(|hit| hit.arrows()).unwrap_or_default();
        let down = row.hits.iter().filter(|hit| hit.outcome.severity() >= Outcome::Down.severity()).count();
        let how = if down == row.hits.len() { String::new() } else { format!(", {down} of them down") };
        let _ = writeln!(
            text,
            "  {:<24} {} of {} flows{how}: {chain}",
            row.component.as_str(),
            row.hits.len(),
            impact.flows.len()
        );
    }
    if rows.len() > MAX_FAILURES {
        let _ = writeln!(text, "  and {} more, in --format json", rows.len() - MAX_FAILURES);
    }
}

/// What was seen has no line.
fn place(from: &str, line: usize) -> String {
    if line == 0 { from.to_owned() } else { format!("{from} at line {line}") }
}

fn guesses(text: &mut String, joined: &Found) {
    text.push_str("\nInferred, confirm\n");
    let entries = joined.entries();
    for entry in &entries {
        let _ = match &entry.entry {
            Some((line, from)) => writeln!(text, "  users->{}  from {}", entry.name, place(from, *line)),
            None => writeln!(text, "  {} begins a flow, because nobody calls it", entry.name),
        };
    }
    let stated = joined.components.iter().filter_map(|component| Some((component, component.quorum.as_ref()?)));
    for (component, quorum) in stated.take(MAX_GUESSES) {
        let replicas = component.replicas.unwrap_or(1);
        let from = place(&quorum.from, quorum.line);
        let _ = writeln!(text, "  {} needs {} of {replicas} replicas  from {from}", component.name, quorum.needed);
    }
    for edge in joined.edges.iter().take(MAX_GUESSES) {
        let needs = match edge.needs {
            Needs::Hard => "",
            Needs::Soft => ", soft",
            Needs::Async if edge.line == 0 => ", async",
            Needs::Async => ", async: it only collects telemetry",
            Needs::Start => ", to start",
        };
        let from = place(&edge.from, edge.line);
        let _ = writeln!(text, "  {}->{}  from {from}{needs}", edge.caller, edge.callee);
    }
    if joined.edges.len() > MAX_GUESSES {
        let _ = writeln!(text, "  and {} more, in --format json", joined.edges.len() - MAX_GUESSES);
    }
    for component in joined.components.iter().filter(|component| {
        !joined.edges.iter().any(|edge| edge.caller == component.name || edge.callee == component.name)
            && !entries.iter().any(|entry| entry.name == component.name)
    }) {
        let _ = writeln!(
            text,
            "  {} (line {}) stands alone: no address of it, or in it, was found",
            component.name, component.line
        );
    }
}
