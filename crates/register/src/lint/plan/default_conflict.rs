//! One place says that something is on by default, another that it is off.

use text::{Severity, Span};

use super::quoted;
use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};
use crate::parts::line::Signals;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "default-conflict",
    severity: Severity::Warning,
    what: "one place says that a switch is on by default, another that it, or every such switch, is off",
    why: "whoever reads one place only will not expect what the other one does",
    before: "`enable_export` (default: true) .. new features default to OFF",
    after: "`enable_export` (default: false) .. new features default to OFF",
};

const ON: &[&str] = &[
    "default true",
    "default on",
    "default to on",
    "defaults to on",
    "defaults to true",
    "default to true",
    "enabled by default",
    "on by default",
    "defaults on",
];
const OFF: &[&str] = &[
    "default false",
    "default off",
    "default to off",
    "defaults to off",
    "defaults to false",
    "default to false",
    "disabled by default",
    "off by default",
    "defaults off",
];
/// Words for every switch.
const EVERY: &[&str] = &[
    "new features",
    "all features",
    "feature flags",
    "all flags",
    "every flag",
    "new flags",
    "flags are",
    "features are",
];

struct Default_ {
    is_on: bool,
    names: Vec<String>,
    is_general: bool,
    is_switch: bool,
    span: Span,
    text: String,
}

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let lines = look.register.parts.lines.iter().filter(|line| line.signals.has(Signals::DEFAULT));
    let said: Vec<Default_> = lines.filter_map(|line| read(look.register.source.slice(line.span), line.span)).collect();
    let mut findings = Vec::new();
    for one in said.iter().filter(|one| one.is_on) {
        let named = said.iter().find(|other| !other.is_on && other.names.iter().any(|name| one.names.contains(name)));
        let general = || said.iter().find(|other| !other.is_on && other.is_general && one.is_switch && !one.is_general);
        if let Some(other) = named.or_else(general) {
            let message =
                format!("{} is on by default here, but {} is off by default", quoted(&one.text), quoted(&other.text));
            let help = "say once what holds, or name the exception";
            findings.push(Finding::of(&RULE, one.span, message, help).against(other.span, "off here"));
        }
    }
    findings
}

fn read(raw: &str, span: Span) -> Option<Default_> {
    let text = plain(raw);
    let folded = fold(&text);
    let says = |list: &[&str]| list.iter().any(|phrase| format!(" {folded} ").contains(&format!(" {phrase} ")));
    let is_on = match (says(ON), says(OFF)) {
        (true, false) => true,
        (false, true) => false,
        _ => return None,
    };
    let names: Vec<String> =
        raw.split('`').skip(1).step_by(2).filter(|name| name.len() >= 3).map(str::to_owned).collect();
    let is_general = EVERY.iter().any(|phrase| folded.contains(phrase));
    let is_switch = folded.contains("flag")
        || names.iter().any(|name| name.starts_with("enable") || name.contains("flag") || name.contains("feature"));
    Some(Default_ { is_on, names, is_general, is_switch, span, text })
}
