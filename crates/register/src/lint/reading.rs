//! The findings that no rule makes from the text alone: what could not be read as it was meant, and what a change touched.
//! They are made where that happens.

use text::Severity;

use super::Rule;

/// The rules of reading.
pub(super) const RULES: &[Rule] = &[UNKNOWN_NOUN, LIMIT_REACHED, EVIDENCE_TOUCHED];

/// `columns` names a noun that does not exist.
pub(super) const UNKNOWN_NOUN: Rule = Rule {
    name: "unknown-noun",
    severity: Severity::Error,
    what: "columns in seaworthy.yaml maps a heading to a noun that does not exist",
    why: "the column is not read, and nobody would notice",
    before: "columns: {Schwere: impakt}",
    after: "columns: {Schwere: impact}",
};

/// The document is larger than what is read.
pub(super) const LIMIT_REACHED: Rule = Rule {
    name: "limit-reached",
    severity: Severity::Warning,
    what: "the document goes beyond a limit of what is read",
    why: "what lies beyond was not looked at, so nothing is said about it",
    before: "one document of more than 64 MiB",
    after: "several documents, each listed under registers",
};

/// Told for each sentence whose evidence a change touched; only a comparison with a revision can know that.
pub const EVIDENCE_TOUCHED: Rule = Rule {
    name: "evidence-touched",
    severity: Severity::Info,
    what: "the change under review touches a file that the register names as evidence (only with --since)",
    why: "the sentence was true of the file as it was, and nobody looked since",
    before: "R-3: `deploy/limits.yaml` sets memory limits  (and the change edits deploy/limits.yaml)",
    after: "the same sentence, looked at in the review",
};
