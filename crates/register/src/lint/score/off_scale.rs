//! A grade that the document's own scale does not have.

use text::Severity;

use crate::lint::{Finding, Look, MAX_FINDINGS, Rule, place};
use crate::model::{Field, Register, Risk, Scale};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "off-scale",
    severity: Severity::Warning,
    what: "a grade lies outside the scale that the document defines for it",
    why: "nobody can say what the grade means, and every product made of it is off",
    before: "Legend: Impact (1-3)  ...  | R-1 | Crash | 4 |  (impact)",
    after: "Legend: Impact (1-3)  ...  | R-1 | Crash | 3 |",
};

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    let nouns = [
        FieldName::Likelihood,
        FieldName::Impact,
        FieldName::Severity,
        FieldName::Detection,
        FieldName::Level,
        FieldName::Priority,
    ];
    let scaled = nouns.into_iter().filter(|noun| register.scales.iter().any(|scale| scale.of == *noun));
    scaled.flat_map(|noun| of_noun(register, noun).into_iter().chain(between(register, noun))).collect()
}

fn of_noun(register: &Register, noun: FieldName) -> Vec<Finding> {
    let scales: Vec<&Scale> = register.scales.iter().filter(|scale| scale.of == noun).collect();
    let stated = register.risks.iter().flat_map(|risk| risk.statements(noun).map(move |field| (risk, field)));
    let off = stated.filter(|(_, field)| scales.iter().all(|scale| is_off(scale, field)));
    off.take(MAX_FINDINGS)
        .map(|(risk, field)| {
            let message = format!(
                "the {noun} of {} is '{}', which is not on the scale: {}",
                risk.id,
                field.value.short(),
                shown(scales[0])
            );
            let help = format!(
                "the scale is defined in {}; use one of its grades, or extend it",
                place(register, scales[0].span)
            );
            Finding::of(&RULE, field.span, message, help)
        })
        .collect()
}

/// Grades between two words of a scale of words, told once.
fn between(register: &Register, noun: FieldName) -> Option<Finding> {
    let scale = register.scales.iter().find(|scale| scale.of == noun && scale.levels.len() >= 3)?;
    let stated = register.risks.iter().filter_map(|risk| Some((risk, risk.field(noun)?)));
    let off: Vec<(&Risk, &Field)> = stated
        .filter(|(_, field)| {
            field.value.level().is_some_and(|level| level.is_between() && !scale.levels.contains(&level))
        })
        .collect();
    let (_, first) = off.first().filter(|_| off.len() >= MIN_BETWEEN)?;
    let ids: Vec<&str> = off.iter().map(|(risk, _)| risk.id.as_str()).take(6).collect();
    let message =
        format!("{} lie between two levels of the scale ({}): {}", ids.join(", "), shown(scale), first.value.short());
    let help = "decide for one of its levels, or put the level on the scale";
    Some(Finding::of(&RULE, first.span, message, help).weighing(Severity::Info).against(scale.span, "the scale"))
}

/// One level in between is a slip of the pen, several are a scale of their own.
const MIN_BETWEEN: usize = 2;

/// Whether a grade is certainly not on a scale: a number outside its range, or a word that it lacks.
/// `medium-high` lies between two of its words and is left alone; a word on a scale of numbers, too.
fn is_off(scale: &Scale, field: &Field) -> bool {
    if let (Some((low, high)), Some(number)) = (scale.numbers, field.value.number()) {
        return number < f64::from(low) || number > f64::from(high);
    }
    match field.value.level() {
        Some(level) => !scale.levels.is_empty() && !level.is_between() && !scale.levels.contains(&level),
        None => false,
    }
}

fn shown(scale: &Scale) -> String {
    match scale.numbers {
        Some((low, high)) => format!("{low} to {high}"),
        None => scale.levels.iter().map(|level| level.word()).collect::<Vec<_>>().join(", "),
    }
}
