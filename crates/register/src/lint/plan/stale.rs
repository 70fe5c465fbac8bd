//! The document is older than the rhythm in which it promises to be looked at.

use text::{Date, Severity};

use crate::lint::{Finding, Look, Rule};
use crate::parts::{Cadence, Dated, DatedAs, Promise};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "stale",
    severity: Severity::Warning,
    what: "the last update lies further back than the promised review, or the day of the next review is past",
    why: "what is written there may have been true once",
    before: "Last updated: 2025-01-20 .. reviewed monthly  (and it is November)",
    after: "Last updated: 2025-11-12 .. reviewed monthly",
};

/// A review may be so much late before it is told.
const GRACE: f64 = 1.5;

/// Finds it, once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let Some(today) = look.facts.today else { return Vec::new() };
    let parts = &look.register.parts;
    let mut findings: Vec<Finding> = parts
        .dates
        .iter()
        .filter(|date| date.what == DatedAs::NextReview)
        .filter_map(|next| missed(next, today))
        .collect();
    let reviews = parts.cadences.iter().filter(|cadence| cadence.promise == Promise::Review);
    let soonest = reviews.min_by_key(|cadence| cadence.days);
    let updates = parts
        .dates
        .iter()
        .filter(|date| matches!(date.what, DatedAs::Updated | DatedAs::Reviewed) && date.risk.is_none());
    if let (Some(promise), Some(last)) = (soonest, updates.max_by_key(|date| date.date)) {
        findings.extend(overdue(promise, last, today, look.facts.changed));
    }
    findings
}

fn missed(next: &Dated, today: Date) -> Option<Finding> {
    let late = today.days_since(next.date);
    let message = format!("the next review was due on {}, {late} days ago", next.date);
    let help = "review it and write the next day, or say that it is no longer reviewed";
    (late > 0).then(|| Finding::of(&RULE, next.span, message, help))
}

fn overdue(promise: &Cadence, last: &Dated, today: Date, changed: Option<Date>) -> Option<Finding> {
    let latest = changed.filter(|changed| *changed > last.date).unwrap_or(last.date);
    let age = today.days_since(latest);
    if (age as f64) <= f64::from(promise.days) * GRACE {
        return None;
    }
    let how = match changed {
        Some(changed) if changed > last.date => format!("last changed on {changed}"),
        _ => format!("last updated on {}", last.date),
    };
    let message = format!("{how}, {age} days ago, while a look every {} days is promised", promise.days);
    let help = "look at it again and write today's day, or promise less";
    Some(Finding::of(&RULE, last.span, message, help).against(promise.span, "the promise"))
}
