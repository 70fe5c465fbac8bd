//! A tick on something that names a file or a name which is nowhere.

use text::{Severity, Span};

use crate::lint::{Finding, Look, Rule};
use crate::parts::{Mark, NameKind, Task};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "tick-without-artefact",
    severity: Severity::Warning,
    what: "a ticked line names a file, setting or function that is nowhere in the repository",
    why: "the tick says done, and what was done is not there",
    before: "- [x] Alerts in `monitoring/alerts.yaml`  (there is no such file)",
    after: "- [ ] Alerts in `monitoring/alerts.yaml`",
};

/// Finds them, each ticked line once.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let ticked = look.register.parts.tasks.iter().filter(|task| task.mark == Mark::Done);
    ticked.filter_map(|task| finding(look, task)).collect()
}

fn finding(look: &Look<'_>, task: &Task) -> Option<Finding> {
    let within = |span: Span| task.body.start <= span.start && span.end <= task.body.end;
    let facts = look.facts;
    let paths = look.register.mentions.iter().filter(|mention| within(mention.span));
    let path = paths
        .filter(|mention| facts.paths.get(&mention.path) == Some(&false))
        .map(|mention| (mention.span, format!("'{}' is not there", mention.path)))
        .next();
    let name = || {
        let names = look.register.parts.names.iter().filter(|named| within(named.span));
        let lost = names.filter(|named| match named.kind {
            NameKind::File => facts.files.get(&named.name) == Some(&false),
            kind => facts.names.get(&(kind, named.name.clone())).is_some_and(|fact| fact.files == 0),
        });
        lost.map(|named| (named.span, format!("no file defines the {} '{}'", named.kind.word(), named.name))).next()
    };
    let (span, lost) = path.or_else(name)?;
    let message = format!("'{}' is ticked, but {lost}", shortened(&task.text));
    let help = "take the tick away, or name what was really done";
    Some(Finding::of(&RULE, task.span, message, help).against(span, "this is nowhere in the repository"))
}

/// Whether a place is judged by this rule already.
pub(super) fn stands_behind_a_tick(look: &Look<'_>, span: Span) -> bool {
    let tasks = &look.register.parts.tasks;
    let before = tasks.partition_point(|task| task.body.start <= span.start);
    tasks[..before].last().is_some_and(|task| task.mark == Mark::Done && span.end <= task.body.end)
}

/// The longest text of a task in a message, in characters.
const MAX_SHOWN: usize = 60;

fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() { format!("{shown}..") } else { shown }
}
