//! The register from outside: shapes people write, rules that turn, and texts nobody would write.

mod dialects;
mod documents;
mod edit;
mod languages;
mod laws;
mod page;
mod parts;
mod place_rules;
mod plan;
mod prose;
mod rules;
mod scores;
mod shapes;
mod silences;
mod spread;
mod stated;

use std::collections::BTreeMap;

use register::{Register, RepositoryFacts, lint};
use text::{Problem, Source};

/// Reads a text without aliases.
fn read(text: &str) -> Register {
    register::read(&Source::new("docs/risks.md", text), &BTreeMap::new())
}

/// Every risk in one line: id, kind, state, title, and the meaning of its fields.
fn understood(register: &Register) -> String {
    let mut out = format!("{}\n", register.model.word());
    for risk in &register.risks {
        let fields: Vec<String> =
            risk.fields.iter().map(|(noun, field)| format!("{noun}={}", field.value.short())).collect();
        out.push_str(&format!(
            "{} [{} {}] {} @{} x{}: {}\n",
            risk.id,
            risk.kind.word(),
            risk.state.word(),
            risk.title,
            risk.line,
            risk.spans.len(),
            fields.join("; ")
        ));
    }
    out
}

fn lints(text: &str, facts: &RepositoryFacts) -> Vec<Problem> {
    lint(&read(text), facts)
}

/// The findings of one rule, as `line: message`.
fn findings(rule: &str, text: &str) -> Vec<String> {
    let problems = lints(text, &RepositoryFacts::default());
    problems
        .iter()
        .filter(|problem| problem.rule == rule)
        .map(|problem| format!("{}: {}", problem.line, problem.message))
        .collect()
}
