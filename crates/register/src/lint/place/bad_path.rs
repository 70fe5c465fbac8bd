//! A path that resolves only in another folder, or only where case does not matter.

use std::collections::BTreeSet;

use text::Severity;

use crate::lint::{Finding, Look, Rule};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "bad-path",
    severity: Severity::Warning,
    what: "a path named in the text is not there, but the same path is in another folder or in other letters' case",
    why: "who follows the text finds nothing, and a check of that path fails for the wrong reason",
    before: "see `database/models.py`  (the file is backend/database/models.py)",
    after: "see `backend/database/models.py`",
};

/// Finds them, each path once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for mention in super::missing(look) {
        let Some(elsewhere) = look.facts.elsewhere.get(&mention.path) else { continue };
        if look.facts.gone.get(&mention.path).is_some_and(|gone| gone.renamed_to.is_some())
            || !seen.insert(mention.path.as_str())
        {
            continue;
        }
        if let Some(right) = &elsewhere.other_case {
            let message = format!("'{}' is called '{right}': the case differs", mention.path);
            findings.push(
                Finding::of(&RULE, mention.span, message, format!("write `{right}`"))
                    .mended_by(mention.span, right.clone()),
            );
        } else if let Some(found) = named(&elsewhere.candidates) {
            let message = format!("'{}' is not there, but {found} is", mention.path);
            let finding = Finding::of(&RULE, mention.span, message, "write the path from the root of the repository");
            findings.push(finding);
        }
    }
    findings
}

fn named(candidates: &[String]) -> Option<String> {
    let (last, first) = candidates.split_last()?;
    let first: Vec<String> = first.iter().map(|path| format!("'{path}'")).collect();
    Some(if first.is_empty() { format!("'{last}'") } else { format!("{} or '{last}'", first.join(", ")) })
}
