//! A fallback that one place prescribes and another forbids, or one that causes the next failure on the list.

use text::{Severity, Span};

use crate::fold::{fold, plain, shared, stems};
use crate::lint::{Finding, Look, Rule};
use crate::parts::Scenario;
use crate::parts::line::LineKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "fallback-conflict",
    severity: Severity::Warning,
    what: "a fallback is prescribed in one place and ruled out in another, or it causes another listed scenario",
    why: "in the incident somebody follows one of the two places",
    before: "Redis away: fall back to memory .. In-memory is for development only",
    after: "Redis away: answer 503; in-memory is for development only",
};

const LIMITED: &[&str] = &[
    "dev only",
    "development only",
    "only in dev",
    "only for development",
    "for development only",
    "not in prod",
    "never in prod",
    "not for production",
    "not in production",
    "test only",
    "forbidden in prod",
];
const FALLS: &[&str] = &["fallback to", "fall back to", "falls back to", "fallbacks to", "falling back to"];

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = ruled_out(look);
    findings.extend(look.register.parts.scenarios.iter().filter_map(|scenario| caused(look, scenario)));
    findings
}

/// Prescribed here, limited there; once for each fallback.
fn ruled_out(look: &Look<'_>) -> Vec<Finding> {
    let lines = &look.register.parts.lines;
    let text = |span: Span| fold(&plain(look.register.source.slice(span)));
    let relevant = lines.iter().filter(|line| !matches!(line.kind, LineKind::Heading | LineKind::Head));
    let mut prescribed: Vec<(String, Span)> = Vec::new();
    let mut limited: Vec<(String, Span)> = Vec::new();
    for line in relevant {
        let raw = look.register.source.slice(line.span);
        let lower = raw.to_ascii_lowercase();
        let may_fall = lower.contains("fall");
        let may_limit = lower.contains("only") || lower.contains("prod");
        if !may_fall && !may_limit {
            continue;
        }
        let folded = text(line.span);
        if may_fall
            && let Some(target) = target(&folded)
            && !LIMITED.iter().any(|phrase| folded.contains(phrase))
        {
            prescribed.push((target, line.span));
        }
        if may_limit && LIMITED.iter().any(|phrase| folded.contains(phrase)) {
            limited.push((folded, line.span));
        }
    }
    for scenario in &look.register.parts.scenarios {
        prescribed.extend(
            scenario
                .chain
                .iter()
                .chain(&scenario.mitigation)
                .filter_map(|(text, span)| Some((target(&fold(text))?, *span))),
        );
    }
    prescribed.sort();
    let mut findings: Vec<Finding> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for (target, span) in &prescribed {
        let Some((_, limit)) =
            limited.iter().find(|(folded, _)| format!(" {folded} ").contains(&format!(" {target} ")))
        else {
            continue;
        };
        if told.contains(target) {
            continue;
        }
        told.push(target.clone());
        let message = format!("'{target}' is the fallback here, and is ruled out for production in another place");
        let mut finding =
            Finding::of(&RULE, *span, message, "decide which holds: what happens in production when this fails?")
                .against(*limit, "ruled out here");
        for (_, other) in prescribed.iter().filter(|(other, place)| other == target && place != span).take(3) {
            finding = finding.against(*other, "prescribed here too");
        }
        findings.push(finding);
    }
    findings
}

/// What is fallen back to: `in memory` of `fallback to in-memory cache` and of `In-memory fallback`.
fn target(folded: &str) -> Option<String> {
    let two = |words: &mut dyn Iterator<Item = &str>| -> Option<String> {
        let found: Vec<&str> = words.filter(|word| !matches!(*word, "the" | "a" | "an")).take(2).collect();
        (found.len() == 2 && found.iter().any(|word| word.len() >= 4)).then(|| found.join(" "))
    };
    if let Some((_, rest)) = FALLS.iter().find_map(|phrase| folded.split_once(phrase)) {
        return two(&mut rest.split_whitespace());
    }
    let (before, _) = folded.split_once(" fallback")?;
    let words: Vec<&str> = before.split(' ').collect();
    let last: Vec<&str> = words[words.len().saturating_sub(2)..].to_vec();
    two(&mut last.into_iter())
}

/// A step behind a fallback that is the beginning of another scenario.
fn caused(look: &Look<'_>, scenario: &Scenario) -> Option<Finding> {
    let falls = scenario.chain.iter().position(|(text, _)| fold(text).contains("fall"))?;
    scenario.chain[falls + 1..].iter().find_map(|(text, span)| {
        let own = stems(text);
        let other = look.register.parts.scenarios.iter().find(|other| {
            let first = other.chain.first().map(|(first, _)| stems(first)).unwrap_or_default();
            other.span != scenario.span && first.len() >= 2 && shared(&first, &own) == first.len()
        })?;
        let message = format!("the fallback of '{}' leads to '{text}', which is '{}'", scenario.title, other.title);
        let help = "a fallback that causes another listed failure is none";
        Some(Finding::of(&RULE, *span, message, help).against(other.span, "the scenario that it causes"))
    })
}
