//! A path or file that the text names and the repository does not have.
//!
//! What is only spelled wrongly, moved or removed is told by `bad-path` and `evidence-stale`; what stands behind a tick by
//! `tick-without-artefact`. One missing thing is one finding.

use std::collections::BTreeSet;

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::{Mention, Tense};
use crate::parts::{NameKind, Named};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "path-missing",
    severity: Severity::Warning,
    what: "a path or file named in the text is not in the repository; only information when the text says it is still to be made",
    why: "a mitigation that lives in a file that is gone is gone, too",
    before: "- Retries (already exists in `backend/retry.py`)",
    after: "- Retries (already exists in `backend/http/retry.py`)",
};

/// Finds them, each path once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let facts = look.facts;
    let missing = super::missing(look)
        .into_iter()
        .filter(|mention| !facts.gone.contains_key(&mention.path) && !facts.elsewhere.contains_key(&mention.path));
    let mut by_weight: Vec<&Mention> = missing.collect();
    by_weight.sort_by_key(|mention| (mention.tense != Tense::Existing, mention.span));
    let mut seen = BTreeSet::new();
    let paths = by_weight
        .into_iter()
        .filter(|mention| seen.insert(mention.path.as_str()))
        .map(|mention| finding(&mention.path, mention.span, mention.tense));
    let paths: Vec<Finding> = paths.collect();
    let mut files: Vec<&Named> = look
        .register
        .parts
        .names
        .iter()
        .filter(|named| named.kind == NameKind::File && facts.files.get(&named.name) == Some(&false))
        .filter(|named| !super::tick_without_artefact::stands_behind_a_tick(look, named.span))
        .collect();
    files.sort_by_key(|named| (named.tense != Tense::Existing, named.span));
    let mut seen = BTreeSet::new();
    let files = files
        .into_iter()
        .filter(|named| seen.insert(named.name.as_str()))
        .map(|named| finding(&named.name, named.span, named.tense));
    paths.into_iter().chain(files).collect()
}

fn finding(path: &str, span: text::Span, tense: Tense) -> Finding {
    let (severity, said, help) = match tense {
        Tense::Existing => (
            Severity::Warning,
            "is named as existing, but it is not there",
            "correct the path, or say that it is still to be made",
        ),
        Tense::Planned => (Severity::Info, "is still to be made", "nothing to do until it is"),
        Tense::Unclear => (Severity::Info, "is not there", "correct the path if the file moved"),
    };
    Finding::of(&RULE, span, format!("'{path}' {said}"), help).weighing(severity)
}
