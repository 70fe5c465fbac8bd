//! A link that leads nowhere.

use text::Severity;

use crate::lint::facts::LinkFact;
use crate::lint::{Finding, Look, Rule};
use crate::parts::Link;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "broken-link",
    severity: Severity::Error,
    what: "a link or its anchor does not resolve, or only where case does not matter",
    why: "what the link was to show is not shown",
    before: "[backups](06-Deployment-View.md#backup)",
    after: "[backups](06-deployment-view.md#backups)",
};

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    look.register.parts.links.iter().filter_map(|link| finding(link, look.facts.links.get(&link.target)?)).collect()
}

fn finding(link: &Link, fact: &LinkFact) -> Option<Finding> {
    let target = &link.target;
    match fact {
        LinkFact::Sound => None,
        LinkFact::Missing { candidates } => {
            let message = format!("the link '{target}' leads nowhere");
            Some(match candidates.as_slice() {
                [only] => {
                    Finding::of(&RULE, link.span, message, format!("write `{only}`")).mended_by(link.span, only.clone())
                }
                [] => Finding::of(&RULE, link.span, message, "correct the link, or take it out"),
                some => Finding::of(&RULE, link.span, message, format!("it may mean one of {}", some.join(", "))),
            })
        }
        LinkFact::OtherCase { right } => {
            let message = format!("the link '{target}' differs in case from '{right}' and works on some machines only");
            Some(Finding::of(&RULE, link.span, message, format!("write `{right}`")).mended_by(link.span, right.clone()))
        }
        LinkFact::NoAnchor { nearest } => {
            let anchor = target.split_once('#').map_or("", |(_, anchor)| anchor);
            let message = format!("the document behind '{target}' has no heading '#{anchor}'");
            let help = nearest.as_ref().map_or_else(
                || "correct the anchor, or link to the whole document".to_owned(),
                |near| format!("the nearest heading is '#{near}'"),
            );
            Some(Finding::of(&RULE, link.span, message, help))
        }
    }
}
