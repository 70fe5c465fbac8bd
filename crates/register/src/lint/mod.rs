//! Where a register contradicts itself, its own rules, or the repository. One file per rule; a rule is a pure function.
//!
//! Precision before recall: a rule that is not sure says nothing. What needs the outside world (does this path exist,
//! is there an acceptance) is handed in as [`RepositoryFacts`].

mod accept_no_record;
mod duplicate_id;
mod field_missing;
mod off_scale;
mod path_missing;
mod reading;
mod score_mismatch;
mod title_drift;
mod totals_mismatch;

use std::collections::{BTreeMap, BTreeSet};

use text::{Problem, Severity, Span};

use crate::model::Register;

/// The most findings of one rule in one document; the next one would tell nothing new.
pub(crate) const MAX_FINDINGS: usize = 500;

/// What the shell found out about the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Paths as [`crate::named_paths`] gives them, and whether they exist. A path that is not listed is not judged.
    pub paths: BTreeMap<String, bool>,
    /// Ids of risks for which an acceptance is recorded.
    pub accepted: BTreeSet<String>,
}

/// A rule as it is explained to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name.
    pub name: &'static str,
    /// The most it weighs; a finding that is less sure weighs less.
    pub severity: Severity,
    /// What it finds.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// Text that it finds.
    pub before: &'static str,
    /// The same text mended.
    pub after: &'static str,
}

/// Every rule, the heaviest first.
pub const RULES: &[Rule] = &[
    score_mismatch::RULE,
    totals_mismatch::RULE,
    duplicate_id::RULE,
    reading::UNKNOWN_NOUN,
    field_missing::RULE,
    off_scale::RULE,
    accept_no_record::RULE,
    path_missing::RULE,
    reading::LIMIT_REACHED,
    title_drift::RULE,
];

/// Everything the rules find, in the order of the text.
pub fn lint(register: &Register, facts: &RepositoryFacts) -> Vec<Problem> {
    let mut problems = register.problems.clone();
    problems.extend(capped(score_mismatch::check(register)));
    problems.extend(capped(totals_mismatch::check(register)));
    problems.extend(capped(duplicate_id::check(register)));
    problems.extend(capped(field_missing::check(register)));
    problems.extend(capped(off_scale::check(register)));
    problems.extend(capped(accept_no_record::check(register, facts)));
    problems.extend(capped(path_missing::check(register, facts)));
    problems.extend(capped(title_drift::check(register)));
    problems.sort_by(|left, right| (left.span, left.rule).cmp(&(right.span, right.rule)));
    problems
}

/// A finding before its line and column are counted, which is only done for those that are shown.
pub(crate) struct Finding<'r> {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    pub(crate) register: &'r Register,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl<'r> Finding<'r> {
    pub(crate) fn of(rule: &Rule, register: &'r Register, span: Span, message: String, help: String) -> Self {
        Self { rule: rule.name, severity: rule.severity, register, span, message, help }
    }
}

fn capped(findings: Vec<Finding<'_>>) -> impl Iterator<Item = Problem> {
    findings.into_iter().take(MAX_FINDINGS).map(|finding| {
        Problem::at(finding.severity, finding.rule, &finding.register.source, finding.span, finding.message)
            .with_help(finding.help)
    })
}

/// The first line of the span, for messages; cheap for any length of line.
pub(crate) fn place(register: &Register, span: Span) -> String {
    let known = register.risks.iter().find(|risk| risk.spans.contains(&span)).map(|risk| risk.line);
    format!("line {}", known.unwrap_or_else(|| register.source.line_column(span.start).0))
}
