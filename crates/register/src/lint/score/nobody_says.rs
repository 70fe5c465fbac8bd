//! What the model of the document asks for and no risk states, and grades whose scale is nowhere.
//!
//! Told once for the document, under the name of `field-missing`.

use text::{Severity, Span};

use super::field_missing::RULE;
use crate::lint::{Finding, Look};
use crate::model::{Kind, Model, Register, Risk};
use crate::noun::FieldName;
use crate::status::State;

/// The fewest risks of a document that is asked for more.
const MIN_RISKS: usize = 3;

/// Finds both.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    let open: Vec<&Risk> =
        register.risks.iter().filter(|risk| risk.kind == Kind::Risk && risk.state != State::Closed).collect();
    let Some(first) = open.first().filter(|_| open.len() >= MIN_RISKS) else { return Vec::new() };
    [unstated(register, &open, first), no_scale(register, &open)].into_iter().flatten().collect()
}

fn unstated(register: &Register, open: &[&Risk], first: &Risk) -> Option<Finding> {
    let is_profile = register.model == Model::Bmad && !register.parts.gates.is_empty();
    let asked: &[FieldName] = if is_profile {
        &[FieldName::Owner, FieldName::Timeline, FieldName::Residual]
    } else {
        &[FieldName::Owner, FieldName::Status]
    };
    let says = |noun: FieldName| open.iter().any(|risk| risk.stated(noun).is_some());
    let missing: Vec<&str> = asked
        .iter()
        .filter(|noun| !says(**noun))
        .map(|noun| if *noun == FieldName::Residual { "residual risk" } else { noun.word() })
        .collect();
    // A document that grades nothing is a list of thoughts, and nobody asks a thought for its owner.
    let is_graded = open.iter().any(|risk| risk.field(FieldName::Likelihood).is_some() || risk.consequence().is_some());
    if missing.is_empty() || !is_graded {
        return None;
    }
    let message = format!(
        "none of the {} risks states {}",
        open.len(),
        missing.iter().map(|word| format!("its {word}")).collect::<Vec<_>>().join(", ")
    );
    let help = if is_profile {
        "the risk profile asks for them with each mitigation"
    } else {
        "say who acts, and how far it is"
    };
    let place = Span::new(first.span().start, first.span().start);
    let severity = if is_profile { Severity::Warning } else { Severity::Info };
    Some(Finding::of(&RULE, Span::new(place.start, first.span().end), message, help).weighing(severity))
}

/// Words as grades, and no scale, legend or bands anywhere.
fn no_scale(register: &Register, open: &[&Risk]) -> Option<Finding> {
    let graded = open.iter().find_map(|risk| {
        let field = risk.field(FieldName::Impact).or_else(|| risk.field(FieldName::Severity))?;
        field.value.level().map(|_| field)
    })?;
    let has_scale = !register.scales.is_empty() || register.formula.is_some();
    let told = register.parts.lines.iter().filter(|line| line.risk.is_none()).any(|line| {
        let text = register.source.slice(line.span);
        let lower = text.get(..400).unwrap_or(text).to_lowercase();
        ["scale", "legend", "definition", "criteria", "skala", "escala", "échelle", "scala"]
            .iter()
            .any(|word| lower.contains(word))
    });
    (register.model == Model::Levels && !has_scale && !told).then(|| {
        let message = format!("'{}' is a word of a scale that is nowhere stated", graded.value.short());
        Finding::of(&RULE, graded.span, message, "say once what each level means").weighing(Severity::Info)
    })
}
