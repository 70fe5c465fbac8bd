//! An option, setting, variable or function that the text relies on, and that nothing in the repository has.
//!
//! Only what the text speaks of as being there, and what a status calls handled, is judged: a planned setting is rightly
//! nowhere. The search is generous: the same name in any file but prose clears it.

use std::collections::BTreeSet;

use text::Severity;

use crate::lint::{Finding, Look, Rule};
use crate::model::Tense;
use crate::noun::FieldName;
use crate::parts::{NameKind, Named};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "name-undefined",
    severity: Severity::Warning,
    what: "an option, setting, variable or function is named as existing, and no file of the repository but prose has the name",
    why: "a switch that no code reads protects nobody",
    before: "Current guardrail: kill switch `enable_exports`  (no code reads it)",
    after: "Current guardrail: none (kill switch `enable_exports` proposed)",
};

/// Finds them, each name once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let names = look.register.parts.names.iter().filter(|named| {
        let fact = look.facts.names.get(&(named.kind, named.name.clone()));
        named.kind != NameKind::File
            && fact.is_some_and(|fact| fact.files == 0)
            && is_relied_on(look, named)
            && !super::tick_without_artefact::stands_behind_a_tick(look, named.span)
    });
    let first = names.filter(|named| seen.insert((named.kind, named.name.as_str())));
    first
        .map(|named| {
            let kind = named.kind.word();
            let by = named.command.as_ref().map_or(String::new(), |command| format!(" of `{command}`"));
            let message = format!("the {kind} '{}'{by} is named as if it existed, but no file defines it", named.name);
            let help = format!("say that it is planned, or name the {kind} that does the work");
            Finding::of(&RULE, named.span, message, help)
        })
        .collect()
}

/// Whether the text speaks of the name as being there: by its line, or by the field it stands in.
fn is_relied_on(look: &Look<'_>, named: &Named) -> bool {
    let states = |noun: FieldName| {
        named.risk.and_then(|risk| look.register.risks.get(risk)).is_some_and(|risk| {
            risk.statements(noun).any(|field| field.span.start <= named.span.start && named.span.end <= field.span.end)
        })
    };
    match named.tense {
        Tense::Existing => true,
        Tense::Planned => false,
        Tense::Unclear => states(FieldName::ExistingGuardrail) || states(FieldName::Evidence),
    }
}
