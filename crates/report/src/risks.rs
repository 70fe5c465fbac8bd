//! Risks for people: a list, a sheet of one, and the lines that an edit changed.

use std::fmt::Write as _;

use register::{FieldName, Register, Risk, State};
use serde_json::{Value as Json, json};

use crate::findings::risk_fields_json;
use crate::wire::pretty;

/// Name and version of the shape of `risk list` and `risk show` with `--format json`.
pub const RISKS_SCHEMA: &str = "seaworthy.risks/1";
/// The widest cell of the list, in characters.
const CELL_WIDTH: usize = 22;
/// The widest title of the list, in characters.
const TITLE_WIDTH: usize = 44;
/// The most lines of an edit that are shown.
const MAX_CHANGED: usize = 400;

/// Every risk in a line: stated and computed side by side.
pub fn risk_list(registers: &[Register], only_open: bool) -> String {
    let mut rows: Vec<[String; 8]> =
        vec![["ID", "RISK", "LIKELIHOOD", "IMPACT", "SCORE", "STATUS", "OWNER", "WHERE"].map(str::to_owned)];
    for register in registers {
        for risk in listed(register, only_open) {
            rows.push([
                cut(&risk.id, CELL_WIDTH),
                cut(&risk.title, TITLE_WIDTH),
                field(risk, FieldName::Likelihood),
                cut(risk.consequence().map_or("-", |field| field.text.as_str()), CELL_WIDTH),
                score(risk),
                field(risk, FieldName::Status),
                field(risk, FieldName::Owner),
                format!("{}:{}", register.path(), risk.line),
            ]);
        }
    }
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..8).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let all = rows.len() - 1;
    let _ = writeln!(text, "\n{all} risk{} in {} register{}", plural(all), registers.len(), plural(registers.len()));
    text
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn listed(register: &Register, only_open: bool) -> impl Iterator<Item = &Risk> {
    register.risks.iter().filter(move |risk| !only_open || risk.state != State::Closed)
}

fn field(risk: &Risk, noun: FieldName) -> String {
    risk.stated(noun).map_or_else(|| "-".to_owned(), |field| cut(&field.text, CELL_WIDTH))
}

/// `6` where stated and computed agree or one is missing, `5 stated, 6 computed` where they do not.
fn score(risk: &Risk) -> String {
    let stated = risk.stated(FieldName::Score).and_then(|field| field.value.number());
    let computed = risk.computed.as_ref().and_then(|computed| computed.score);
    match (stated, computed) {
        (Some(stated), Some(computed)) if (stated - computed).abs() > 1e-6 => {
            format!("{stated} stated, {computed} computed")
        }
        (Some(stated), _) => stated.to_string(),
        (None, Some(computed)) => format!("{computed} computed"),
        (None, None) => band(risk).unwrap_or_else(|| "-".to_owned()),
    }
}

fn band(risk: &Risk) -> Option<String> {
    risk.computed.as_ref()?.band.clone()
}

/// Everything the register states about one risk, each with its line.
pub fn risk_sheet(register: &Register, risk: &Risk) -> String {
    let mut text = format!("{}  {}\n{}:{}\n\n", risk.id, risk.title, register.path(), risk.line);
    let _ = writeln!(text, "kind       {}, {}", risk.kind.word(), risk.state.word());
    if let Some(computed) = &risk.computed {
        let score = computed.score.map_or_else(String::new, |score| format!("{score} "));
        let band = computed.band.as_deref().map_or_else(String::new, |band| format!("({band}) "));
        let _ = writeln!(text, "computed   {score}{band}by {}", computed.by.word());
    }
    let others: Vec<&str> = risk.aliases.iter().filter(|alias| **alias != risk.id).map(String::as_str).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "also       {}", others.join(", "));
    }
    if let Some(progress) = progress(register, risk) {
        let _ = writeln!(text, "checklist  {progress}");
    }
    text.push_str("\nstated:\n");
    let mut stated: Vec<_> =
        risk.fields.iter().chain(risk.repeated.iter().map(|(noun, field)| (noun, field))).collect();
    stated.sort_by_key(|(_, field)| field.span);
    for (noun, field) in stated.into_iter().filter(|(_, field)| !field.text.is_empty()) {
        let mut lines = field.text.lines();
        let _ = writeln!(text, "  {:<20} {:>5}  {}", noun.word(), field.line, lines.next().unwrap_or(""));
        for line in lines {
            let _ = writeln!(text, "  {:<20} {:>5}  {}", "", "", line.trim_end());
        }
    }
    text
}

/// `1 of 3 ticked`: what the checklists of a risk say is done. A tick is text, too.
fn progress(register: &Register, risk: &Risk) -> Option<String> {
    let at = register.risks.iter().position(|other| std::ptr::eq(other, risk))?;
    let (done, all) = register.parts.progress(at);
    (all > 0).then(|| format!("{done} of {all} ticked"))
}

/// All risks as JSON.
pub fn risks_json(registers: &[Register], only_open: bool) -> String {
    let risks: Vec<Json> = registers
        .iter()
        .flat_map(|register| listed(register, only_open).map(|risk| with_path(register, risk)))
        .collect();
    pretty(&json!({"schema": RISKS_SCHEMA, "risks": risks}))
}

/// One risk as JSON.
pub fn risk_json(register: &Register, risk: &Risk) -> String {
    pretty(&json!({"schema": RISKS_SCHEMA, "risks": [with_path(register, risk)]}))
}

fn with_path(register: &Register, risk: &Risk) -> Json {
    let mut json = risk_fields_json(risk);
    json["path"] = json!(register.path());
    json
}

/// The lines that differ between two texts, as `path:line` with `-` and `+`. Empty when they are the same.
pub fn changed_lines(path: &str, old: &str, new: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut text = String::new();
    let (mut at, mut to, mut shown) = (0, 0, 0);
    while (at < before.len() || to < after.len()) && shown < MAX_CHANGED {
        if at < before.len() && to < after.len() && before[at] == after[to] {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        // The nearest place where both go on alike.
        let (removed, added) = resume(&before[at..], &after[to..]);
        let _ = writeln!(text, "{path}:{}", to + 1);
        before[at..at + removed].iter().for_each(|line| {
            let _ = writeln!(text, "- {line}");
        });
        after[to..to + added].iter().for_each(|line| {
            let _ = writeln!(text, "+ {line}");
        });
        (at, to, shown) = (at + removed, to + added, shown + removed + added);
    }
    if text.is_empty() && old != new {
        text = format!("{path}: line breaks changed\n");
    }
    text
}

/// How many lines to leave out on either side until both go on alike, the fewest together.
fn resume(before: &[&str], after: &[&str]) -> (usize, usize) {
    let reach = before.len() + after.len();
    for together in 1..=reach.min(MAX_CHANGED) {
        for removed in 0..=together.min(before.len()) {
            let added = together - removed;
            if added > after.len() {
                continue;
            }
            let goes_on = match (before.get(removed), after.get(added)) {
                (Some(left), Some(right)) => left == right,
                (None, None) => true,
                _ => false,
            };
            if goes_on {
                return (removed, added);
            }
        }
    }
    (before.len(), after.len())
}

fn cut(text: &str, width: usize) -> String {
    let text = text.lines().next().unwrap_or("");
    if text.chars().count() <= width {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(width - 1).collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_changed_lines_are_shown() {
        assert_eq!(changed_lines("a.md", "1\n2\n3\n4\n", "1\nx\n3\n4\n5\n"), "a.md:2\n- 2\n+ x\na.md:5\n+ 5\n");
        assert_eq!(changed_lines("a.md", "1\n2\n", "1\n2\n"), "");
        assert_eq!(changed_lines("a.md", "1\r\n", "1\n"), "a.md: line breaks changed\n");
        assert_eq!(changed_lines("a.md", "", "1\n"), "a.md:1\n+ 1\n");
    }
}
