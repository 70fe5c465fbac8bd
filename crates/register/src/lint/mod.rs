//! Where a register contradicts itself, its own rules, or the repository. One file per rule; a rule is a pure function.
//!
//! Precision before recall: a rule that is not sure says nothing. What needs the outside world (does this path exist,
//! is there an acceptance, what day is it) is handed in as [`RepositoryFacts`].

mod facts;
mod naming;
mod place;
mod plan;
mod reading;
mod score;
mod spread;

use text::{Fix, Problem, Severity, Span};

use crate::model::Register;

pub use facts::{
    Elsewhere, Gone, LinkFact, MAX_CANDIDATES, NameFact, RecoveryFact, RecoverySide, RepositoryFacts, ValueFact,
};
pub use reading::EVIDENCE_TOUCHED;
pub(crate) use score::counts;

/// The most findings of one rule in one document; the next one would tell nothing new.
pub(crate) const MAX_FINDINGS: usize = 500;

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
pub fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = GROUPS
        .iter()
        .flat_map(|group| group.iter().map(|check| &check.rule))
        .chain(reading::RULES)
        .chain(crate::silence::RULES)
        .collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
    rules
}

/// Everything the rules find, in the order of the text.
pub fn lint(register: &Register, facts: &RepositoryFacts) -> Vec<Problem> {
    let look = Look { register, facts };
    let mut problems = register.problems.clone();
    for check in GROUPS.iter().copied().flatten() {
        problems.extend((check.run)(&look).into_iter().take(MAX_FINDINGS).map(|finding| finding.problem(register)));
    }
    problems.sort_by(|left, right| (left.span, left.rule).cmp(&(right.span, right.rule)));
    problems
}

const GROUPS: &[&[Check]] = &[score::CHECKS, naming::CHECKS, place::CHECKS, plan::CHECKS, spread::CHECKS];

/// A rule and what finds it.
pub(crate) struct Check {
    pub(crate) rule: Rule,
    pub(crate) run: for<'r> fn(&Look<'r>) -> Vec<Finding>,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub(crate) struct Look<'r> {
    pub(crate) register: &'r Register,
    pub(crate) facts: &'r RepositoryFacts,
}

/// A finding before its line and column are counted, which is only done for those that are shown.
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: String,
    /// The other side of a contradiction: where it stands, and what it says there.
    pub(crate) related: Vec<(Span, String)>,
    /// What to write instead, where there is exactly one right answer.
    pub(crate) fix: Option<Fix>,
}

impl Finding {
    pub(crate) fn of(rule: &Rule, span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            rule: rule.name,
            severity: rule.severity,
            span,
            message: message.into(),
            help: help.into(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// The same finding with less weight.
    #[must_use]
    pub(crate) fn weighing(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// The same finding with the place that it contradicts.
    #[must_use]
    pub(crate) fn against(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push((span, message.into()));
        self
    }

    /// The same finding with its only right answer.
    #[must_use]
    pub(crate) fn mended_by(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, text: text.into() });
        self
    }

    fn problem(self, register: &Register) -> Problem {
        let mut problem = Problem::at(self.severity, self.rule, &register.source, self.span, self.message);
        for (span, message) in self.related {
            problem = problem.with_related(&register.source, span, message);
        }
        problem.fix = self.fix;
        problem.with_help(self.help)
    }
}

/// The first line of the span, for messages; cheap for any length of line.
pub(crate) fn place(register: &Register, span: Span) -> String {
    let known = register.risks.iter().find(|risk| risk.spans.contains(&span)).map(|risk| risk.line);
    format!("line {}", known.unwrap_or_else(|| register.source.line_column(span.start).0))
}
