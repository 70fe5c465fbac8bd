//! A critical path fails with something that carries no mark as a single point of failure, while other steps carry one.

use text::{Severity, Span};

use crate::fold::{fold, stems};
use crate::lint::{Finding, Look, Rule};
use crate::parts::{PathFlow, PathStep};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "spof-unmarked",
    severity: Severity::Warning,
    what: "a path is said to fail without something that is not marked as a single point of failure, though others are",
    why: "whoever reads the marks protects the wrong part",
    before: "→ insert into the database .. Fallback: none, fails without the database  (no [SPOF])",
    after: "→ [SPOF] insert into the database",
};

/// Words that begin what a path fails without.
const WITHOUT: &[&str] =
    &["fails if", "fail if", "fails when", "fails without", "breaks if", "stops if", "lost if", "unavailable if"];
/// Short names of parts and their long ones.
const NAMES: &[(&str, &str)] = &[("db", "database"), ("mq", "queue"), ("lb", "balancer")];

/// Finds them, each part once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let flows = &look.register.parts.flows;
    if !flows.iter().flat_map(|flow| &flow.steps).any(|step| step.is_spof) {
        return Vec::new();
    }
    let mut parts: Vec<(String, Vec<(&PathFlow, Span)>)> = Vec::new();
    for flow in flows {
        let Some((part, span)) = fatal(flow) else { continue };
        match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, found)) => found.push((flow, span)),
            None => parts.push((part, vec![(flow, span)])),
        }
    }
    parts.into_iter().filter_map(|(part, found)| finding(flows, &part, &found)).collect()
}

fn finding(flows: &[PathFlow], part: &str, fatal: &[(&PathFlow, Span)]) -> Option<Finding> {
    let with_it: Vec<(&PathFlow, &PathStep)> = flows
        .iter()
        .flat_map(|flow| flow.steps.iter().filter(|step| names(&step.text, part)).map(move |step| (flow, step)))
        .collect();
    let (_, first) = with_it.first()?;
    if with_it.iter().any(|(_, step)| step.is_spof) {
        return None;
    }
    let paths: std::collections::BTreeSet<&str> = with_it.iter().map(|(flow, _)| flow.title.as_str()).collect();
    let message = format!(
        "{} of {} paths go through the {part} and fail without it, but no step with it is marked [SPOF]",
        paths.len(),
        flows.len()
    );
    let mut finding = Finding::of(&RULE, first.span, message, "mark it, or say what stands in for it");
    for (flow, span) in fatal {
        finding = finding.against(*span, format!("'{}' fails without it", flow.title));
    }
    Some(finding)
}

/// What a path fails without, as its fallback says.
fn fatal(flow: &PathFlow) -> Option<(String, Span)> {
    let (text, span) = flow.fallback.as_ref()?;
    let folded = fold(text);
    let rest = WITHOUT.iter().find_map(|phrase| folded.split_once(phrase)).map(|(_, rest)| rest.trim())?;
    let word = rest.split(' ').find(|word| !matches!(*word, "the" | "a" | "our"))?;
    let part = NAMES.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long);
    Some((part.to_owned(), *span))
}

fn names(step: &str, part: &str) -> bool {
    let short = NAMES.iter().find(|(_, long)| *long == part).map_or(part, |(short, _)| short);
    stems(step).iter().any(|stem| part.starts_with(stem.as_str()) && stem.len() >= 4 || stem == short)
}
