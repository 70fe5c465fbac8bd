//! Findings of registers in the formats that other tools read: SARIF, JUnit, Markdown, GitHub's annotations.
//!
//! All are views of one [`Linted`]. A finding is told apart from others by its [`fingerprints`], which stay when lines move.

mod fingerprint;
mod github;
mod json;
mod junit;
mod markdown;
mod sarif;

use std::collections::BTreeMap;

use register::Register;
use text::{Problem, Source};

pub use fingerprint::fingerprints;
pub use github::github;
pub use json::{LINT_SCHEMA, lint_json};
pub(crate) use json::{finding_json, risk_fields_json};
pub(crate) use junit::escaped;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;

/// What a look at registers came to.
#[derive(Debug, Default)]
pub struct Linted {
    /// What was read.
    pub registers: Vec<Register>,
    /// What was found and is to be told.
    pub problems: Vec<Problem>,
    /// What was found and silenced, with the reason given in the document.
    pub silenced: Vec<(Problem, String)>,
    /// What was found and stands in the baseline.
    pub known: Vec<Problem>,
    /// The texts by path.
    pub sources: BTreeMap<String, Source>,
    /// What could not be known, so that rules were silent.
    pub unknown: Vec<String>,
}

/// `2 errors, 1 warning`.
pub fn count(problems: &[Problem]) -> String {
    let of = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let say = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let parts =
        [(text::Severity::Error, "error"), (text::Severity::Warning, "warning"), (text::Severity::Info, "note")];
    let parts: Vec<String> = parts
        .iter()
        .map(|(severity, word)| (of(*severity), *word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| say(count, word))
        .collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}
