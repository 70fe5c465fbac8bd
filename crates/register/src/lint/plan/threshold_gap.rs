//! Metric tables whose thresholds do not fit together.

use text::Severity;

use super::quoted;
use crate::lint::{Finding, Look, Rule};
use crate::parts::{Bound, Measure, Metric, Threshold};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "threshold-gap",
    severity: Severity::Warning,
    what: "target, alert and critical threshold of a metric overlap, leave a gap, or stand in the wrong order",
    why: "a value that meets the target and alerts trains people to ignore alerts; one that does neither is nobody's",
    before: "| Memory | < 90% | > 80% | > 95% |  (target, alert, critical)",
    after: "| Memory | <= 80% | > 80% | > 95% |",
};

/// The most rows shown with one finding.
const MAX_SHOWN: usize = 8;

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let metrics = &look.register.parts.metrics;
    let mut findings: Vec<Finding> = metrics.iter().filter_map(overlap).collect();
    findings.extend(metrics.iter().filter_map(wrong_order));
    findings.extend(gaps(metrics));
    findings
}

/// Two thresholds whose numbers can be compared.
struct Pair<'m> {
    left: &'m Threshold,
    right: &'m Threshold,
    bounds: (Bound, Bound),
}

fn pair<'m>(left: Option<&'m Threshold>, right: Option<&'m Threshold>) -> Option<Pair<'m>> {
    let (left, right) = (left?, right?);
    let bounds = (left.bound?, right.bound?);
    let is_same = bounds.0.measure == bounds.1.measure;
    let counts_same = bounds.0.measure != Measure::Count || words(&left.text) == words(&right.text);
    (is_same && counts_same).then_some(Pair { left, right, bounds })
}

/// The letters of a threshold: what is counted.
fn words(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic() || *c == '/').collect::<String>().to_lowercase()
}

/// Target and alert, facing each other. A bare alert faces the target.
fn facing(metric: &Metric) -> Option<(Pair<'_>, f64, f64)> {
    let mut pair = pair(metric.target.as_ref(), metric.alert.as_ref())?;
    if pair.bounds.1.is_bare && !pair.bounds.0.is_bare {
        pair.bounds.1.is_upper = !pair.bounds.0.is_upper;
    }
    let (target, alert) = pair.bounds;
    if target.is_upper == alert.is_upper || target.is_bare && alert.is_bare {
        return None;
    }
    // How far the alert lies beyond the target; negative when they overlap.
    let room = if target.is_upper { alert.value - target.value } else { target.value - alert.value };
    let touch = if target.inclusive && alert.inclusive && room == 0.0 { -f64::EPSILON } else { room };
    Some((pair, touch, alert.value))
}

/// One value meets the target and raises the alert.
fn overlap(metric: &Metric) -> Option<Finding> {
    let (pair, room, _) = facing(metric).filter(|(_, room, _)| *room < 0.0)?;
    let middle = example(&pair);
    let message = format!(
        "{} has values that meet the target ({}) and raise the alert ({}) at once{middle}",
        quoted(&metric.name),
        pair.left.text,
        pair.right.text
    );
    debug_assert!(room < 0.0);
    let help = "let the alert begin where the target ends";
    Some(
        Finding::of(&RULE, pair.right.span, message, help)
            .against(pair.left.span, format!("the target is {}", pair.left.text)),
    )
}

/// A share between both bounds, to show.
fn example(pair: &Pair<'_>) -> String {
    let (target, alert) = pair.bounds;
    let middle = (target.value + alert.value) / 2.0 * 100.0;
    let rounded = middle.round();
    let is_between = (rounded / 100.0 - target.value) * (rounded / 100.0 - alert.value) < 0.0;
    if target.measure == Measure::Share && is_between { format!(": {rounded} %") } else { String::new() }
}

/// The critical threshold is reached before the alert.
fn wrong_order(metric: &Metric) -> Option<Finding> {
    let pair = pair(metric.alert.as_ref(), metric.critical.as_ref())?;
    let (alert, critical) = pair.bounds;
    let target = metric.target.as_ref().and_then(|target| target.bound).filter(|target| !target.is_bare);
    let is_upper = match (alert.is_bare, critical.is_bare) {
        (false, false) if alert.is_upper == critical.is_upper => alert.is_upper,
        (true, true) => !target?.is_upper,
        _ => return None,
    };
    let reversed = if is_upper { critical.value > alert.value } else { critical.value < alert.value };
    let message =
        format!("{} turns critical ({}) before it alerts ({})", quoted(&metric.name), pair.right.text, pair.left.text);
    let finding = Finding::of(&RULE, pair.right.span, message, "let the critical threshold lie beyond the alert");
    reversed.then(|| finding.against(pair.left.span, format!("the alert is {}", pair.left.text)))
}

/// Rows with values that neither meet the target nor alert: many people want that, so it is said once and lightly.
fn gaps(metrics: &[Metric]) -> Option<Finding> {
    let open: Vec<Pair<'_>> = metrics
        .iter()
        .filter_map(facing)
        .filter(|(pair, room, _)| *room > 0.0 && !pair.bounds.0.is_bare)
        .map(|(pair, ..)| pair)
        .collect();
    let bare: Vec<Pair<'_>> = metrics
        .iter()
        .filter_map(facing)
        .filter(|(pair, room, _)| *room > 0.0 && pair.bounds.0.is_bare)
        .map(|(pair, ..)| pair)
        .collect();
    let all: Vec<&Pair<'_>> = open.iter().chain(&bare).collect();
    let first = all.first()?;
    let between = |pair: &Pair<'_>| format!("{} to {}", strip(&pair.left.text), strip(&pair.right.text));
    let shown: Vec<String> = all
        .iter()
        .take(MAX_SHOWN)
        .filter_map(|pair| {
            let name = metrics
                .iter()
                .find(|metric| metric.target.as_ref().is_some_and(|target| target.span == pair.left.span))?;
            Some(format!("{} from {}", quoted(&name.name), between(pair)))
        })
        .collect();
    let message = format!("values that neither meet the target nor raise the alert: {}", shown.join(", "));
    let help = "let the alert begin where the target ends, or name the state in between";
    let mut finding = Finding::of(&RULE, first.left.span, message, help).weighing(Severity::Info);
    for pair in all.iter().take(MAX_SHOWN) {
        finding = finding
            .against(pair.right.span, format!("the alert is {}, the target {}", pair.right.text, pair.left.text));
    }
    Some(finding)
}

/// The number without the sign before it.
fn strip(text: &str) -> &str {
    text.trim_start_matches(['<', '>', '≤', '≥', '=', ' '])
}
