//! A chain says that nothing catches the failure, and a later step names what catches it.

use text::Severity;

use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "chain-contradiction",
    severity: Severity::Warning,
    what: "a chain says that there is no degradation, no fallback or no backup, and a later step names one",
    why: "one of the two steps is wrong, and the plan is made for the other one",
    before: "→ no graceful degradation → the cache may serve old data",
    after: "→ the cache may serve old data for 5 minutes → then requests fail",
};

const DENIED: &[&str] = &[
    "graceful degradation",
    "degradation",
    "fallback",
    "fall back",
    "backup",
    "alternative",
    "failover",
    "recovery",
    "retry",
    "queue",
    "cache",
];
const NAMED: &[&str] = &[
    "falls back",
    "fall back",
    "fallback",
    "may serve",
    "can serve",
    "serves stale",
    "stale data",
    "cached data",
    "from cache",
    "degrades gracefully",
    "read only mode",
    "manual execution",
    "retries",
    "is queued",
    "are queued",
    "takes over",
    "fails over",
    "backup is used",
    "standby",
];

/// Finds them, each chain once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let scenarios = look.register.parts.scenarios.iter().map(|scenario| scenario.chain.as_slice());
    let mut findings = Vec::new();
    for chain in scenarios {
        let folded: Vec<String> = chain.iter().map(|(text, _)| fold(text)).collect();
        let denied = folded.iter().position(|step| DENIED.iter().any(|word| step.starts_with(&format!("no {word}"))));
        let Some(at) = denied else { continue };
        let named = (at + 1..chain.len()).find(|later| {
            NAMED.iter().any(|phrase| folded[*later].contains(phrase)) && !folded[*later].starts_with("no ")
        });
        if let Some(later) = named {
            let message = format!("'{}', says the chain, and then '{}'", chain[at].0, chain[later].0);
            let help = "say what is served, how long, and what happens then";
            findings.push(Finding::of(&RULE, chain[at].1, message, help).against(chain[later].1, "a way to go on"));
        }
    }
    findings
}
