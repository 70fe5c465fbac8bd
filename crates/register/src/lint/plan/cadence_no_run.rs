//! A recurring test or review is promised, and nothing says when it was last done.

use text::Severity;

use super::quoted;
use crate::lint::{Finding, Look, Rule};
use crate::parts::{Cadence, DatedAs, Promise};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "cadence-no-run",
    severity: Severity::Warning,
    what: "a recurring test or review is promised, and the document has no day on which it was last done",
    why: "a test that nobody dates is a test that nobody runs",
    before: "Test the restore quarterly",
    after: "Test the restore quarterly (last run: 2026-09-30, runbook 4)",
};

/// The most promises named in one finding.
const MAX_SHOWN: usize = 4;

/// Finds them, tests and reviews each once for the document.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let parts = &look.register.parts;
    let has = |what: DatedAs, risk: Option<usize>| {
        parts.dates.iter().any(|date| date.what == what && (date.risk.is_none() || risk.is_none() || date.risk == risk))
    };
    let of = |kind: Promise| parts.cadences.iter().filter(move |cadence| cadence.promise == kind);
    let tests: Vec<&Cadence> = of(Promise::Test).filter(|test| !has(DatedAs::Run, test.risk)).collect();
    let looked_at = has(DatedAs::Updated, None) || has(DatedAs::Reviewed, None);
    let reviews: Vec<&Cadence> = of(Promise::Review).filter(|_| !looked_at).collect();
    [("test", tests), ("review", reviews)].into_iter().filter_map(|(word, promised)| finding(word, &promised)).collect()
}

fn finding(word: &str, promised: &[&Cadence]) -> Option<Finding> {
    let (first, rest) = promised.split_first()?;
    let message = match rest {
        [] => format!("{} is promised, and no day says when that {word} was last done", quoted(&first.text)),
        _ => {
            let names: Vec<String> = promised.iter().take(MAX_SHOWN).map(|cadence| quoted(&cadence.text)).collect();
            format!(
                "{} recurring {word}s are promised, and no day says when they were last done: {}",
                promised.len(),
                names.join(", ")
            )
        }
    };
    let help = "write the day of the last run beside the promise: `last run: 2026-09-30`";
    let mut finding = Finding::of(&RULE, first.span, message, help);
    for cadence in rest.iter().take(MAX_SHOWN) {
        finding = finding.against(cadence.span, "promised here too");
    }
    Some(finding)
}
