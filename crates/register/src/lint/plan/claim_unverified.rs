//! `already exists`, `likely implemented`: said, and nothing that shows it is named.

use text::Severity;

use super::quoted;
use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};
use crate::noun::FieldName;
use crate::parts::line::{Line, LineKind, Signals};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "claim-unverified",
    severity: Severity::Warning,
    what: "something is said to exist already, or to be likely implemented, and nothing that shows it is named",
    why: "whoever wrote it did not look, and whoever reads it will not either",
    before: "- Pagination (likely implemented)",
    after: "- Pagination (`api/pages.py`, tested in `tests/pages.py`)",
};

/// The most sentences named in one finding.
const MAX_SHOWN: usize = 4;
const DONE: &[&str] =
    &["implemented", "exists", "exist", "configured", "integrated", "in place", "done", "enabled", "deployed"];

/// Finds doubts one by one, and bare assertions once for the document.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let source = &look.register.source;
    let lines = look
        .register
        .parts
        .lines
        .iter()
        .filter(|line| line.signals.has(Signals::CLAIM) && line.kind != LineKind::Heading);
    let mut findings = Vec::new();
    let mut bare: Vec<(&Line, String)> = Vec::new();
    for line in lines {
        let text = plain(source.slice(line.span));
        let folded = fold(&text);
        if line.signals.has(Signals::DOUBT) && says_done(&folded, &["likely", "probably", "presumably", "supposedly"]) {
            let message = format!("{} is a guess", quoted(&text));
            findings.push(Finding::of(&RULE, line.span, message, "look, and name the file or test that shows it"));
        } else if says_done(&folded, &["already"]) && !shows(source.slice(line.span)) {
            bare.push((line, text));
        } else if line.noun == Some(FieldName::Planned) && ends_as_existing(&folded) {
            let message = format!("{} is listed as planned and says that it is there", quoted(&text));
            findings.push(Finding::of(
                &RULE,
                line.span,
                message,
                "move it to what exists, with the file that shows it, or say what is still to be done",
            ));
        }
    }
    findings.extend(asserted(&bare));
    findings
}

fn asserted(bare: &[(&Line, String)]) -> Option<Finding> {
    let ((first, _), rest) = bare.split_first()?;
    let names: Vec<String> = bare.iter().take(MAX_SHOWN).map(|(_, text)| quoted(text)).collect();
    let message = match rest {
        [] => format!("{} names nothing that shows it", names.join(", ")),
        _ => format!(
            "{} sentences say that something is there already and name nothing that shows it: {}",
            bare.len(),
            names.join(", ")
        ),
    };
    let mut finding = Finding::of(&RULE, first.span, message, "name the file, test or dashboard that shows it")
        .weighing(Severity::Info);
    for (line, _) in rest.iter().take(MAX_SHOWN) {
        finding = finding.against(line.span, "and here");
    }
    Some(finding)
}

fn says_done(folded: &str, before: &[&str]) -> bool {
    let text = format!(" {folded} ");
    before.iter().any(|word| DONE.iter().any(|done| text.contains(&format!(" {word} {done} "))))
}

/// `Refresh token mechanism exists`; not `Exists only in staging`.
fn ends_as_existing(folded: &str) -> bool {
    let words: Vec<&str> = folded.split(' ').collect();
    words.len() >= 3
        && words.len() <= 8
        && matches!(words.last(), Some(&"exists" | &"exist"))
        && !words.contains(&"if")
        && !words.contains(&"no")
}

/// Whether a sentence names a file or a link.
fn shows(raw: &str) -> bool {
    let code = raw.split('`').skip(1).step_by(2);
    raw.contains("](") || code.into_iter().any(|code| code.contains('/') || code.contains('.'))
}
