//! A path that the text names and the repository does not have.

use std::collections::BTreeSet;

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::{Mention, Tense};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "path-missing",
    severity: Severity::Warning,
    what: "a path named in the text is not in the repository; only information when the text says it is still to be made",
    why: "a mitigation that lives in a file that is gone is gone, too",
    before: "- Retries (already exists in `backend/retry.py`)",
    after: "- Retries (already exists in `backend/http/retry.py`)",
};

/// Finds them, each path once.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let (register, facts) = (look.register, look.facts);
    let missing = register.mentions.iter().filter(|mention| facts.paths.get(&mention.path) == Some(&false));
    let mut by_weight: Vec<&Mention> = missing.collect();
    by_weight.sort_by_key(|mention| (mention.tense != Tense::Existing, mention.span));
    let mut seen = BTreeSet::new();
    by_weight.into_iter().filter(|mention| seen.insert(mention.path.as_str())).map(|mention| finding(mention)).collect()
}

fn finding(mention: &Mention) -> Finding {
    let (severity, said, help) = match mention.tense {
        Tense::Existing => (
            Severity::Warning,
            "is named as existing, but it is not there",
            "correct the path, or say that it is still to be made",
        ),
        Tense::Planned => (Severity::Info, "is still to be made", "nothing to do until it is"),
        Tense::Unclear => (Severity::Info, "is not there", "correct the path if the file moved"),
    };
    let message = format!("'{}' {said}", mention.path);
    Finding { severity, ..Finding::of(&RULE, mention.span, message, help.to_owned()) }
}
