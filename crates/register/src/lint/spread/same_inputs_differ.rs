//! The same likelihood and impact give one result here and another there, and the document states no rule that explains it.

use std::collections::BTreeMap;

use text::Severity;

use crate::level::Level;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Kind, Risk};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "same-inputs-differ",
    severity: Severity::Warning,
    what: "two risks with the same likelihood and impact have different results",
    why: "either a factor is wrong, or the result was felt and not derived",
    before: "| Low | High | Medium | .. | Low | High | High |",
    after: "| Low | High | Medium | .. | Low | High | Medium |",
};

/// Results in words; a code like `P1` is a judgement of its own.
const RESULTS: [FieldName; 3] = [FieldName::Level, FieldName::Priority, FieldName::Severity];
/// The most risks named in one finding.
const MAX_SHOWN: usize = 3;

/// Finds them: for each pair of factors once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    RESULTS.into_iter().flat_map(|noun| of_result(look, noun)).collect()
}

fn of_result(look: &Look<'_>, noun: FieldName) -> Vec<Finding> {
    let mut by_factors: BTreeMap<(Level, Level), Vec<(&Risk, Level)>> = BTreeMap::new();
    for risk in look.register.risks.iter().filter(|risk| risk.kind == Kind::Risk) {
        let level = |noun| risk.field(noun).and_then(|field| field.value.level());
        let (Some(likelihood), Some(impact)) = (level(FieldName::Likelihood), level(FieldName::Impact)) else {
            continue;
        };
        if let Some(result) = level(noun) {
            by_factors.entry((likelihood, impact)).or_default().push((risk, result));
        }
    }
    by_factors.into_iter().filter_map(|(factors, risks)| finding(noun, factors, &risks)).collect()
}

fn finding(noun: FieldName, (likelihood, impact): (Level, Level), risks: &[(&Risk, Level)]) -> Option<Finding> {
    let (first, result) = risks.first()?;
    let others: Vec<&(&Risk, Level)> = risks.iter().filter(|(_, other)| other != result).collect();
    let (second, other) = others.first()?;
    let message = format!(
        "likelihood {} and impact {} give {noun} {} for {} and {} for {}",
        likelihood.word(),
        impact.word(),
        result.word(),
        first.id,
        other.word(),
        second.id
    );
    let place = |risk: &Risk| risk.field(noun).map_or_else(|| risk.span(), |field| field.span);
    let mut finding =
        Finding::of(&RULE, place(first), message, "correct a factor or a result, or state the rule that explains it");
    for (risk, level) in others.iter().take(MAX_SHOWN) {
        finding = finding.against(place(risk), format!("{} here", level.word()));
    }
    Some(finding)
}
