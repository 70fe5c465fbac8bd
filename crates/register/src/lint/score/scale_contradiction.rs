//! The words of a risk are those of another level of the document's own scale than the one it is given.

use text::Severity;

use crate::fold::fold;
use crate::level::Level;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Risk, Scale};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "scale-contradiction",
    severity: Severity::Warning,
    what: "a risk is told in the words of one level of the document's scale and given another level",
    why: "the scale was written so that this would not be felt anew each time",
    before: "High: data loss .. ### R-1 .. **Impact:** Medium - data loss after a crash",
    after: "**Impact:** High - data loss after a crash",
};

/// Letters of a word that count.
const STEM: usize = 6;

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let scales = look.register.scales.iter().filter(|scale| {
        matches!(scale.of, FieldName::Level | FieldName::Impact | FieldName::Severity) && scale.meanings.len() >= 2
    });
    let mut findings = Vec::new();
    for scale in scales {
        findings.extend(look.register.risks.iter().filter_map(|risk| finding(scale, risk)));
    }
    findings
}

fn finding(scale: &Scale, risk: &Risk) -> Option<Finding> {
    let grade = [FieldName::Impact, FieldName::Severity].into_iter().find_map(|noun| {
        let field = risk.field(noun)?;
        Some((field, field.value.level()?))
    });
    let (field, given) = grade?;
    let told = stems(&field.text);
    let mut means: Vec<(Level, &str, text::Span)> = Vec::new();
    for (level, text, span) in &scale.meanings {
        if phrases(text).iter().any(|phrase| phrase.len() >= 2 && phrase.iter().all(|stem| told.contains(stem))) {
            means.push((*level, text, *span));
        }
    }
    let [(level, text, span)] = means.as_slice() else { return None };
    if *level == given || scale.meanings.iter().all(|(other, _, _)| *other != given) {
        return None;
    }
    let message = format!("{} is graded {} for what the scale calls {}: '{text}'", risk.id, given.word(), level.word());
    let help = "grade it as the scale says, or change the scale";
    Some(Finding::of(&RULE, field.span, message, help).against(*span, format!("{} means this", level.word())))
}

/// `Data corruption/loss` means data corruption or data loss.
fn phrases(text: &str) -> Vec<Vec<String>> {
    let mut phrases = Vec::new();
    for part in text.split([',', ';']).flat_map(|part| part.split(" or ")) {
        let pieces: Vec<&str> = part.split('/').collect();
        let first = stems(pieces[0]);
        phrases.push(first.clone());
        for piece in &pieces[1..] {
            let own = stems(piece);
            let head: Vec<String> = first[..first.len().saturating_sub(own.len())].to_vec();
            phrases.push([head, own].concat());
        }
    }
    phrases
}

fn stems(text: &str) -> Vec<String> {
    fold(text).split(' ').filter(|word| !word.is_empty()).map(|word| word.chars().take(STEM).collect()).collect()
}
