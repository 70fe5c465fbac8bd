//! An item whose own time does not fit the period or the section it stands in, and periods that hold nothing.

use text::{Severity, Span};

use super::like::Action;
use super::quoted;
use crate::lint::{Finding, Look, Rule};
use crate::model::Register;
use crate::parts::time::{calendar, stretch};
use crate::parts::{Period, Proposal};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "window-conflict",
    severity: Severity::Warning,
    what: "a step takes longer or comes later than the section or the period it stands in allows, or a period holds nothing",
    why: "one of the two times is wrong, and each reader believes another one",
    before: "Proposed (1-3 months)\n1. Certification, effort: 6-12 months",
    after: "Proposed (6-12 months)\n1. Certification, effort: 6-12 months",
};

/// The most steps that are looked for in a roadmap.
const MAX_STEPS: usize = 400;

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    let steps = register.parts.proposals.iter().take(MAX_STEPS);
    let mut findings: Vec<Finding> = Vec::new();
    for step in steps {
        findings.extend(too_long(register, step));
        findings.extend(too_late(register, step));
    }
    findings.extend(register.parts.roadmap.iter().flat_map(strangers));
    findings.extend(empty_periods(&register.parts.roadmap));
    findings
}

/// A step whose effort is longer than the time its section gives.
fn too_long(register: &Register, step: &Proposal) -> Option<Finding> {
    let ((_, end), window) = step.window?;
    let (effort, span) = step.effort.as_ref()?;
    let needs = stretch(effort).filter(|needs| !needs.is_ordinal)?;
    let shown = &effort[needs.at.clone()];
    let allowed = register.source.slice(window);
    let message = format!("{} takes {shown}, but stands in a section of {allowed}", quoted(&step.text));
    let help = "move it to a longer window, or say which part of it fits";
    (needs.days().0 > end)
        .then(|| Finding::of(&RULE, *span, message, help).against(window, format!("this section is about {allowed}")))
}

/// A step that the roadmap begins only after the time its section gives has passed.
fn too_late(register: &Register, step: &Proposal) -> Option<Finding> {
    let ((_, end), window) = step.window?;
    let around =
        Action::read(step.risk.and_then(|risk| register.risks.get(risk)).map_or("", |risk| risk.title.as_str()));
    let action = Action::read(&step.text);
    let periods = || register.parts.roadmap.iter().filter(|period| period.days.is_some());
    let held = periods().find_map(|period| {
        let item = period.items.iter().find(|(text, _)| Action::read(text).names(&action, &around))?;
        Some((period, item))
    });
    let (period, (_, item)) = held?;
    let (start, _) = period.days.filter(|(start, _)| *start >= end)?;
    let allowed = register.source.slice(window);
    let message = format!(
        "{} is proposed for {allowed}, but the roadmap holds it under {}",
        quoted(&step.text),
        quoted(&period.title)
    );
    let finding =
        Finding::of(&RULE, *item, message, "move it to an earlier period, or correct the time of its section");
    (start > 0).then(|| finding.against(window, format!("{} stands here, line {}", quoted(&step.text), step.line)))
}

/// Items that name a month or a quarter outside of their period.
fn strangers(period: &Period) -> Vec<Finding> {
    let own = |text: &str, span: Span| -> Option<Finding> {
        let days = stretch(text).filter(|own| own.is_ordinal && own.minutes.1 >= 24 * 60);
        let outside = match (period.days, period.dates) {
            (Some((from, to)), None) => {
                let own = days?;
                let (start, end) = own.days();
                (start >= to || end <= from).then(|| text[own.at.clone()].to_owned())?
            }
            (None, Some((from, to))) => {
                let (start, end, at) = calendar(text)?;
                (start > to || end < from).then(|| text[at].to_owned())?
            }
            _ => return None,
        };
        let message = format!("{} names {outside}, but stands under {}", quoted(text), quoted(&period.title));
        let finding = Finding::of(&RULE, span, message, "move it to the period it names, or correct its time");
        Some(finding.against(period.span, "this period does not hold that time"))
    };
    period
        .items
        .iter()
        .filter(|(text, _)| !speaks_of_another(text))
        .filter_map(|(text, span)| own(text, *span))
        .collect()
}

/// Items that tell where they come from or go to: `moved from Q1 2025`.
fn speaks_of_another(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["from ", "moved", "since", "after", "before", "started", "until", "deferred", "carried", "continue", "→", "->"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Periods without anything below them, where others hold something.
fn empty_periods(periods: &[Period]) -> Vec<Finding> {
    let holds = periods.iter().any(|period| !period.items.is_empty());
    let empty = periods.iter().filter(|period| holds && period.is_empty);
    let found = empty.map(|period| {
        let message = format!("nothing stands under {}", quoted(&period.title));
        Finding::of(&RULE, period.span, message, "say what is done in this period, or take the heading out")
            .weighing(Severity::Info)
    });
    found.collect()
}
