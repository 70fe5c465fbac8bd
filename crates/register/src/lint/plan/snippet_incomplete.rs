//! A sentence promises two things, and the code right below it shows one.

use text::Severity;

use super::quoted;
use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "snippet-incomplete",
    severity: Severity::Warning,
    what: "a block of code shows less than the sentence above it promises",
    why: "people copy the block, not the sentence",
    before: "Set requests and limits:  (and the block sets limits only)",
    after: "Set requests and limits:  (and the block sets both)",
};

/// The shortest word that is looked for in code.
const MIN_WORD: usize = 5;
/// The longest block that is searched.
const MAX_CODE_BYTES: usize = 64 * 1024;

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let source = &look.register.source;
    let mut findings = Vec::new();
    for code in &look.register.parts.codes {
        let Some(lead) = code.lead else { continue };
        let body = source.slice(code.body);
        let sentence = plain(source.slice(lead));
        if body.len() > MAX_CODE_BYTES || !sentence.trim_end().ends_with(':') {
            continue;
        }
        let body = body.to_lowercase();
        for (left, right) in pairs(&sentence) {
            let missing = match (body.contains(&left), body.contains(&right)) {
                (true, false) => &right,
                (false, true) => &left,
                _ => continue,
            };
            let message =
                format!("{} promises {left} and {right}, but the code below shows no {missing}", quoted(&sentence));
            let help = "show both, or promise one";
            findings.push(Finding::of(&RULE, lead, message, help).against(code.body, format!("no {missing} in here")));
        }
    }
    findings
}

/// `liveness and readiness probes`: the words on both sides of an "and", when a noun for both follows or the sentence ends.
fn pairs(sentence: &str) -> Vec<(String, String)> {
    let words: Vec<String> = sentence.split_whitespace().map(fold).collect();
    // The first word is what to do, and code shows things.
    (2..words.len().saturating_sub(1))
        .filter(|at| words[*at] == "and")
        .map(|at| (words[at - 1].clone(), words[at + 1].clone()))
        .filter(|(left, right)| {
            [left, right].iter().all(|word| word.len() >= MIN_WORD && word.chars().all(|c| c.is_ascii_alphabetic()))
        })
        .collect()
}
