//! A value that the text quotes from a file, and that the file has not.

use text::Severity;

use crate::lint::facts::ValueFact;
use crate::lint::{Finding, Look, Rule};
use crate::model::Tense;
use crate::parts::Pair;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "value-differs",
    severity: Severity::Error,
    what: "the text quotes a key with its value from a file, and the file has another value; a warning when it has no such key",
    why: "the guardrail that the text describes is not the one that ships",
    before: "- `minAvailable: 2` in `k8s/pdb.yaml`  (the file says 1)",
    after: "- `minAvailable: 1` in `k8s/pdb.yaml`",
};

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let pairs = look.register.parts.pairs.iter();
    pairs
        .filter_map(|pair| finding(pair, look.facts.values.get(&(pair.file.clone(), pair.key.clone()))?, look))
        .collect()
}

fn finding(pair: &Pair, fact: &ValueFact, look: &Look<'_>) -> Option<Finding> {
    let tense = tense(look, pair);
    if fact.values.iter().any(|(value, _)| same(value, &pair.value)) || tense == Tense::Planned {
        return None;
    }
    let Pair { file, key, value, span, .. } = pair;
    if fact.values.is_empty() {
        let message = format!("'{file}' has no key '{key}'");
        let finding =
            Finding::of(&RULE, *span, message, "name the key that is there, or say that it is still to be set");
        return (tense == Tense::Existing).then(|| finding.weighing(Severity::Warning));
    }
    let found: Vec<String> = fact.values.iter().map(|(value, line)| format!("'{value}' in line {line}")).collect();
    let message = format!("the text says '{key}' is '{value}', but {file} has {}", found.join(" and "));
    let finding = Finding::of(&RULE, *span, message, "correct the text, or the file");
    Some(if tense == Tense::Existing { finding } else { finding.weighing(Severity::Warning) })
}

/// How the text speaks of the file in that line; what shall be set is not there yet, and rightly so.
fn tense(look: &Look<'_>, pair: &Pair) -> Tense {
    let source = &look.register.source;
    let mentions = &look.register.mentions;
    let near = mentions
        .iter()
        .find(|mention| mention.path == pair.file && source.line_column(mention.span.start).0 == pair.line);
    near.map_or_else(|| crate::mention::line_tense(source.text(), pair.span), |mention| mention.tense)
}

/// Numbers and words of truth are compared by meaning.
fn same(left: &str, right: &str) -> bool {
    let number = |text: &str| text.replace('_', "").parse::<f64>().ok();
    left.eq_ignore_ascii_case(right) || number(left).is_some_and(|value| number(right) == Some(value))
}
