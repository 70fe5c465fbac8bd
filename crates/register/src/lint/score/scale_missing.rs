//! Words as grades, and no scale, legend or bands anywhere that say what they mean.

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::Model;
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "scale-missing",
    severity: Severity::Info,
    what: "risks are graded with words, and nothing in the document says what the words mean",
    why: "two people grade the same failure differently, and the order of the work follows the louder one",
    before: "| R-1 | Crash | High |  (and no scale anywhere)",
    after: "**Scale:** High = customers cannot order; Medium = staff works around; Low = nobody notices",
};

/// The fewest risks of a document that is asked for a scale.
const MIN_RISKS: usize = 3;
/// So much of a line is searched for the name of a scale.
const MAX_LINE_BYTES: usize = 400;
const NAMES: &[&str] = &["scale", "legend", "definition", "criteria", "skala", "escala", "échelle", "scala"];

/// Finds it, once for the document.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    let open = super::open_risks(register);
    let graded = open.iter().find_map(|risk| {
        let field = risk.field(FieldName::Impact).or_else(|| risk.field(FieldName::Severity))?;
        field.value.level().map(|_| field)
    });
    let has_scale = !register.scales.is_empty() || register.formula.is_some();
    let told = || {
        register.parts.lines.iter().filter(|line| line.risk.is_none()).any(|line| {
            let text = register.source.slice(line.span);
            let lower = text.get(..MAX_LINE_BYTES).unwrap_or(text).to_lowercase();
            NAMES.iter().any(|word| lower.contains(word))
        })
    };
    let Some(graded) = graded.filter(|_| open.len() >= MIN_RISKS && register.model == Model::Levels) else {
        return Vec::new();
    };
    if has_scale || told() {
        return Vec::new();
    }
    let message = format!("'{}' is a word of a scale that is nowhere stated", graded.value.short());
    vec![Finding::of(&RULE, graded.span, message, "say once what each level means")]
}
