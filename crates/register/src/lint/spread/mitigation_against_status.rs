//! A mitigation names as usable what the status of the same risk says is not there.

use text::{Severity, Span};

use super::lines;
use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};
use crate::model::Risk;
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "mitigation-against-status",
    severity: Severity::Warning,
    what: "a mitigation is told as if it could be used, and the status of the same risk says that it is not implemented",
    why: "in the incident somebody tries it",
    before: "Mitigation: run `tool --cache` .. Status: open (caching not implemented)",
    after: "Mitigation: build a cache (not implemented yet)",
};

const ABSENT: &[&str] = &[
    "not implemented",
    "not built",
    "not available",
    "not supported",
    "not yet implemented",
    "does not exist",
    "not provided",
];
/// Words that say that something is still to be made.
const FUTURE: &[&str] = &[
    "implement",
    "build",
    "add",
    "create",
    "develop",
    "introduce",
    "design",
    "plan",
    "will",
    "should",
    "todo",
    "propose",
    "write",
];
/// Letters of a word that count.
const STEM: usize = 4;

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    look.register.risks.iter().filter_map(|risk| of_risk(look, risk)).collect()
}

fn of_risk(look: &Look<'_>, risk: &Risk) -> Option<Finding> {
    let status = risk.field(FieldName::Status)?;
    let folded = fold(&status.text);
    let absent =
        ABSENT.iter().find_map(|phrase| folded.split_once(phrase)).map(|(before, _)| before.trim().to_owned())?;
    let thing: String = absent.rsplit(' ').next()?.chars().take(STEM).collect();
    if thing.chars().count() < STEM {
        return None;
    }
    let fields = risk.statements(FieldName::Mitigation).flat_map(|field| [Some(field.span), field.detail]).flatten();
    let items: Vec<Span> = fields.flat_map(|span| lines(look.register, span)).collect();
    let usable = items.iter().find(|span| {
        let text = fold(&plain(look.register.source.slice(**span)));
        let mut words = text.split(' ');
        let names = words.clone().any(|word| word.starts_with(&thing));
        let first = words.next().unwrap_or("");
        names
            && look.register.source.slice(**span).contains('`')
            && !FUTURE.contains(&first)
            && !text.split(' ').any(|word| FUTURE[..7].contains(&word))
    })?;
    let word = absent.rsplit(' ').next().unwrap_or("");
    let message = format!("this mitigation of {} relies on {word}, which its status says is not implemented", risk.id);
    let help = "say that it is still to be built, or correct the status";
    Some(Finding::of(&RULE, *usable, message, help).against(status.span, "not implemented, says the status"))
}
