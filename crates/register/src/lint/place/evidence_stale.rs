//! Evidence that time has overtaken: a cited file that a commit took away, and a file that is called missing and is there.

use std::collections::BTreeSet;

use text::Severity;

use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Mention, Tense};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "evidence-stale",
    severity: Severity::Error,
    what: "a file cited as existing was removed or renamed by a known commit; or, as information, a file called missing is there",
    why: "the text describes another revision than the one that ships",
    before: "- Retries are in `src/retry.rs`  (renamed to src/http/retry.rs in 3f2a91c)",
    after: "- Retries are in `src/http/retry.rs`",
};

/// What is said of a file that is not there.
const ABSENT: [&str; 7] =
    ["no such file", "does not exist", "do not exist", "is missing", "not yet created", "not present", "is absent"];

/// Finds them, each path once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let gone = super::missing(look).into_iter().filter_map(|mention| {
        let gone = look.facts.gone.get(&mention.path)?;
        seen.insert(mention.path.as_str()).then(|| {
            let (happened, help) = match &gone.renamed_to {
                Some(to) => {
                    (format!("was renamed to '{to}'"), format!("write `{to}`, and look at the statement again"))
                }
                None => ("was removed".to_owned(), "look at the statement again: what it relied on is gone".to_owned()),
            };
            let message = format!("'{}' {happened} on {} (commit {})", mention.path, gone.day, gone.commit);
            let severity = if mention.tense == Tense::Existing { Severity::Error } else { Severity::Warning };
            Finding::of(&RULE, mention.span, message, help).weighing(severity)
        })
    });
    let gone: Vec<Finding> = gone.collect();
    let there = look
        .register
        .mentions
        .iter()
        .filter(|mention| look.facts.paths.get(&mention.path) == Some(&true) && is_called_absent(look, mention));
    let there = there.map(|mention| {
        let message = format!("'{}' is called missing, but it is there", mention.path);
        Finding::of(&RULE, mention.span, message, "say what is still missing, or that it is done")
            .weighing(Severity::Info)
    });
    gone.into_iter().chain(there).collect()
}

/// Whether the words right behind the path say that it is not there.
fn is_called_absent(look: &Look<'_>, mention: &Mention) -> bool {
    let text = look.register.source.text();
    let end = text.floor_char_boundary((mention.span.end + 40).min(text.len()));
    let after = text[mention.span.end..end].split(['\n', '\r', '.', ';', '|']).next().unwrap_or("");
    let after = fold(after);
    ABSENT.iter().any(|words| after.starts_with(words))
}
