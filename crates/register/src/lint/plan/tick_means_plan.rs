//! A tick on something that the same document proposes, or says is missing.

use text::{Severity, Span};

use super::like::{Action, without_brackets};
use super::quoted;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Register, Risk};
use crate::noun::FieldName;
use crate::parts::{Mark, Task};
use crate::status::State;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "tick-means-plan",
    severity: Severity::Error,
    what: "something is ticked as done, and the same document lists it as missing or still proposes it",
    why: "a tick is read as done; whoever relies on it finds out too late that it meant planned",
    before: "- ❌ Missing: rate limits  ...  ### Q1\n- ✅ Rate limits",
    after: "- ❌ Missing: rate limits  ...  ### Q1\n- [ ] Rate limits",
};

/// The most steps of one document that ticks are compared with, and the most other places shown with one finding.
const MAX_STEPS: usize = 400;
const MAX_SHOWN: usize = 8;
/// Words at the beginning of a line that says what is missing.
const MISSING_WORDS: &[&str] = &["missing", "no", "not", "lacks", "without", "fehlt", "manque", "falta", "todo"];
/// Words of a step that is done although it stands among the proposed ones.
const DONE_WORDS: &[&str] =
    &["done", "completed", "implemented", "shipped", "finished", "erledigt", "fait", "hecho", "✅", "☑", "✔"];

/// Work that is not done, says the text.
struct Undone {
    text: String,
    action: Action,
    /// What the risk is about that it belongs to.
    around: Action,
    span: Span,
    line: usize,
    is_missing: bool,
}

struct Contradiction<'r> {
    tick: &'r Task,
    undone: &'r Undone,
}

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    let undone = undone(register);
    if undone.is_empty() {
        return Vec::new();
    }
    let ticks = register.parts.tasks.iter().filter(|task| task.mark == Mark::Done);
    let mut groups: Vec<Vec<Contradiction<'_>>> = Vec::new();
    for tick in ticks {
        let Some(undone) = contradicted(register, tick, &undone) else { continue };
        let found = Contradiction { tick, undone };
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.tick.under == tick.under) => group.push(found),
            _ => groups.push(vec![found]),
        }
    }
    groups.iter().filter_map(|group| finding(group)).collect()
}

/// What is missing and what is proposed, of risks that are not handled.
fn undone(register: &Register) -> Vec<Undone> {
    let around = |risk: Option<usize>| {
        Action::read(risk.and_then(|risk| register.risks.get(risk)).map_or("", |risk| risk.title.as_str()))
    };
    let is_open = |risk: Option<usize>| risk.and_then(|risk| register.risks.get(risk)).is_none_or(is_unhandled);
    let mut undone = Vec::new();
    for task in register.parts.tasks.iter().filter(|task| task.mark == Mark::Missing && is_open(task.risk)) {
        for text in missing_things(&task.text) {
            let action = Action::read(&text);
            undone.push(Undone {
                text,
                action,
                around: around(task.risk),
                span: task.span,
                line: task.line,
                is_missing: true,
            });
        }
    }
    for step in register.parts.proposals.iter().filter(|step| is_open(step.risk) && !says_done(&step.text)) {
        undone.push(Undone {
            text: without_brackets(&step.text).trim().to_owned(),
            action: Action::read(&step.text),
            around: around(step.risk),
            span: step.span,
            line: step.line,
            is_missing: false,
        });
    }
    undone.truncate(MAX_STEPS);
    undone
}

fn is_unhandled(risk: &Risk) -> bool {
    !matches!(risk.state, State::Closed | State::Mitigated)
}

fn says_done(text: &str) -> bool {
    let lower = text.to_lowercase();
    DONE_WORDS.iter().any(|word| lower.contains(word)) || text.starts_with("~~")
}

/// `Missing: a, b` names two things. A warning sign without such a word names none.
fn missing_things(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    if !MISSING_WORDS.contains(&first) {
        return Vec::new();
    }
    let rest = text.get(first.len()..).unwrap_or("").trim_start_matches([':', ' ', '–', '-']);
    rest.split(',').map(|thing| thing.trim().to_owned()).filter(|thing| !thing.is_empty()).collect()
}

/// The first thing that a tick contradicts; what is missing counts before what is proposed.
fn contradicted<'u>(register: &Register, tick: &Task, undone: &'u [Undone]) -> Option<&'u Undone> {
    let action = Action::read(&tick.text);
    // What stands today may be extended by a step; then only a step that is told in full is the same.
    let stands_in_risk = tick.risk.is_some();
    let is_own = |undone: &Undone| undone.span.start < tick.body.end && tick.span.start < undone.span.end;
    let planned =
        register.parts.lines.iter().any(|line| line.span == tick.span && line.noun == Some(FieldName::Planned));
    let same = |undone: &&Undone| {
        let named =
            if stands_in_risk { action.covers(&undone.action) } else { action.names(&undone.action, &undone.around) };
        named && !is_own(undone)
    };
    undone.iter().find(same).filter(|_| !planned)
}

fn finding(group: &[Contradiction<'_>]) -> Option<Finding> {
    let first = group.first()?;
    let any_missing = group.iter().any(|found| found.undone.is_missing);
    let help = "tick only what is done, and write '[ ]' before what is planned; or take it out of the proposals";
    let message = match group {
        [only] if only.undone.is_missing => {
            format!(
                "{} is ticked as done, but line {} says that it is missing",
                quoted(&only.tick.text),
                only.undone.line
            )
        }
        [only] => {
            format!("{} is ticked as done, but line {} still proposes it", quoted(&only.tick.text), only.undone.line)
        }
        many => {
            let names: Vec<String> = many.iter().take(MAX_SHOWN).map(|found| quoted(&found.tick.text)).collect();
            let under = quoted(&first.tick.under);
            format!(
                "{} ticks under {under} stand on what the text proposes or misses: {}",
                many.len(),
                names.join(", ")
            )
        }
    };
    let mut finding = Finding::of(&RULE, first.tick.span, message, help);
    for found in group.iter().take(MAX_SHOWN) {
        let verb = if found.undone.is_missing { "is missing, says this line" } else { "is proposed here" };
        finding = finding.against(found.undone.span, format!("{} {verb}", quoted(&found.undone.text)));
    }
    Some(if any_missing { finding } else { finding.weighing(Severity::Warning) })
}
