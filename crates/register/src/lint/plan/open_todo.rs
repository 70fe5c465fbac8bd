//! Marks of unfinished work in a document that people act on, and two states of the document that cannot both be so.

use text::Severity;

use super::quoted;
use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};
use crate::parts::line::{Line, Signals};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "open-todo",
    severity: Severity::Info,
    what: "the document holds marks of unfinished work, or calls itself a draft and complete",
    why: "a reader cannot know which part is decided",
    before: "**Status:** Draft .. **Status:** Complete",
    after: "**Status:** Draft",
};

/// The most marks named in one finding.
const MAX_SHOWN: usize = 3;
/// Words that mark unfinished work, when they stand in capitals.
const MARKS: &[&str] = &["TODO", "TODOS", "TBD", "TBC", "FIXME", "WIP"];
/// States of a document.
const UNFINISHED: &[&str] = &["draft", "wip", "in progress", "work in progress", "entwurf", "brouillon", "borrador"];
const FINISHED: &[&str] = &["final", "complete", "completed", "approved", "done", "finished"];

/// Finds them, each kind once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let lines: Vec<&Line> = look.register.parts.lines.iter().filter(|line| line.signals.has(Signals::TODO)).collect();
    let text = |line: &Line| plain(look.register.source.slice(line.span));
    let marks: Vec<&Line> = lines.iter().copied().filter(|line| is_mark(&text(line))).collect();
    let mut findings = Vec::new();
    if let Some((first, rest)) = marks.split_first() {
        let names: Vec<String> = marks.iter().take(MAX_SHOWN).map(|line| quoted(&text(line))).collect();
        let message = format!(
            "{} of unfinished work: {}",
            if rest.is_empty() { "a mark".to_owned() } else { format!("{} marks", marks.len()) },
            names.join(", ")
        );
        let mut finding = Finding::of(&RULE, first.span, message, "finish it, or track it where work is tracked");
        for line in rest.iter().take(MAX_SHOWN) {
            finding = finding.against(line.span, "another one");
        }
        findings.push(finding);
    }
    let states: Vec<(&Line, String)> =
        lines.iter().filter(|line| line.risk.is_none()).filter_map(|line| Some((*line, state(&text(line))?))).collect();
    let says =
        |list: &[&str], state: &str| list.iter().any(|word| state.split(' ').any(|own| own == *word) || state == *word);
    let draft = states.iter().find(|(_, state)| says(UNFINISHED, state) && !says(FINISHED, state));
    let done = states.iter().find(|(_, state)| says(FINISHED, state));
    if let (Some((one, first)), Some((other, second))) = (draft, done) {
        let message = format!("the document is {} here and {} in another place", quoted(first), quoted(second));
        let help = "state once how far the document is";
        findings.push(Finding::of(&RULE, one.span, message, help).against(other.span, "the other state"));
    }
    findings
}

fn is_mark(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("");
    MARKS.contains(&first) && text.contains(':')
        || text.split_whitespace().any(|word| word.trim_matches(['(', ')', '[', ']', ':']) == "FIXME")
}

/// What a line says about the state of the whole document.
fn state(text: &str) -> Option<String> {
    let (label, value) = text.split_once(':')?;
    matches!(fold(label).as_str(), "status" | "document status" | "state" | "zustand" | "statut" | "estado")
        .then(|| fold(value))
}
