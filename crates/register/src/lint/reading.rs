//! The findings of reading itself: what could not be read as it was meant. They are made where the reading happens.

use text::Severity;

use super::Rule;

/// The rules of reading.
pub(super) const RULES: &[Rule] = &[UNKNOWN_NOUN, LIMIT_REACHED];

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
    before: "one document of more than 4 MiB",
    after: "several documents, each listed under registers",
};
