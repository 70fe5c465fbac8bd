//! An id whose prefix the model does not have, or that says another category than its column.

use text::Severity;

use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};
use crate::noun::FieldName;
use crate::prose::prefix;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "prefix-category",
    severity: Severity::Warning,
    what: "the prefix of an id is none of the model's, or differs from the category of its row",
    why: "whoever filters by prefix does not see it",
    before: "| MON-001 | Ops | ..  (TECH, SEC, PERF, DATA, BUS, OPS)",
    after: "| OPS-003 | Ops | ..",
};

/// Prefixes of the BMAD risk profile, and what people write for them.
const PREFIXES: &[(&str, &[&str])] = &[
    ("TECH", &["tech", "technical", "technology", "architecture"]),
    ("SEC", &["sec", "security"]),
    ("PERF", &["perf", "performance"]),
    ("DATA", &["data"]),
    ("BUS", &["bus", "business"]),
    ("OPS", &["ops", "operational", "operations", "operation"]),
];
/// So many ids must follow the model before one that does not is missed.
const MIN_FOLLOWING: usize = 3;

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let written = || look.register.risks.iter().filter(|risk| risk.id_is_written);
    let known = |id: &str| PREFIXES.iter().find(|(known, _)| *known == prefix(id));
    let following = written().filter(|risk| known(&risk.id).is_some()).count();
    if following < MIN_FOLLOWING || following * 2 < written().count() || look.register.parts.gates.is_empty() {
        return Vec::new();
    }
    written()
        .filter_map(|risk| {
            let category = risk.stated(FieldName::Category);
            let (message, help) = match (known(&risk.id), category) {
                (None, category) => {
                    let beside = category.map_or(String::new(), |field| format!("; its category is {}", field.text));
                    let names: Vec<&str> = PREFIXES.iter().map(|(known, _)| *known).collect();
                    (
                        format!(
                            "{} begins with {}, which is no prefix of the model{beside}",
                            risk.id,
                            prefix(&risk.id)
                        ),
                        format!("the prefixes are {}", names.join(", ")),
                    )
                }
                (Some((own, words)), Some(field)) if !words.contains(&fold(&field.text).as_str()) => {
                    let other = PREFIXES.iter().find(|(_, words)| words.contains(&fold(&field.text).as_str()))?;
                    (
                        format!("{} says {own}, but its category is {}", risk.id, field.text),
                        format!("write {} or another category", other.0),
                    )
                }
                _ => return None,
            };
            Some(Finding::of(&RULE, risk.span(), message, help))
        })
        .collect()
}
