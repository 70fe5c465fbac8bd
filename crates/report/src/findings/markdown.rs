//! The findings as a Markdown table, for job summaries and comments of pull requests.

use text::Problem;

use super::{Linted, count};

/// The most findings listed; a comment that nobody can load helps nobody.
const MAX_LISTED: usize = 500;

/// A heading with the counts, a table, and what could not be known.
pub fn markdown(linted: &Linted) -> String {
    let risks: usize = linted.registers.iter().map(|register| register.risks.len()).sum();
    let mut text = format!(
        "### seaworthy lint: {}\n\n{risks} risk(s) in {} register(s)",
        count(&linted.problems),
        linted.registers.len()
    );
    for (number, what) in [(linted.silenced.len(), "silenced with a reason"), (linted.known.len(), "in the baseline")] {
        if number > 0 {
            text.push_str(&format!(", {number} finding(s) {what}"));
        }
    }
    text.push_str(".\n");
    if !linted.problems.is_empty() {
        text.push_str("\n| severity | rule | where | what | what to do |\n|---|---|---|---|---|\n");
        linted.problems.iter().take(MAX_LISTED).for_each(|problem| text.push_str(&row(problem)));
    }
    if linted.problems.len() > MAX_LISTED {
        text.push_str(&format!("\n{} more are not listed here.\n", linted.problems.len() - MAX_LISTED));
    }
    for what in &linted.unknown {
        text.push_str(&format!("\nNot known: {}.\n", cell(what)));
    }
    text
}

fn row(problem: &Problem) -> String {
    let place = if problem.line == 0 { problem.path.clone() } else { format!("{}:{}", problem.path, problem.line) };
    let others: Vec<String> = problem.related.iter().map(|other| format!("line {}", other.line)).collect();
    let others = if others.is_empty() { String::new() } else { format!(" (against {})", others.join(", ")) };
    format!(
        "| {} | `{}` | {}{others} | {} | {} |\n",
        problem.severity.word(),
        problem.rule,
        cell(&place),
        cell(&problem.message),
        cell(problem.help.as_deref().unwrap_or("")),
    )
}

/// Text that stays in its cell and starts no markup of its own.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
