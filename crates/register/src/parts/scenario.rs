//! Scenario chains: what follows from a failure, step by step, and the mitigation chain beside it.

use text::Span;

use super::Reading;
use super::chain::{list_below, steps};
use super::flow::is_path;
use crate::fold::fold;
use crate::page::BlockKind;

/// How a failure spreads, as the text tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its heading, without markup.
    pub title: String,
    /// The steps from the failure to the last effect: text and place.
    pub chain: Vec<(String, Span)>,
    /// What stops it, in order.
    pub mitigation: Vec<(String, Span)>,
    /// Where the heading stands, or the chain when it has none.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Reads them: sections with a chain in a fence that are no critical paths.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Scenario> {
    let context = reading.context;
    let mut scenarios = Vec::new();
    for (index, section) in context.sections.iter().enumerate() {
        let chain = section.own.clone().find_map(|at| match context.page.blocks[at].kind {
            BlockKind::Fence { body } => Some(steps(reading, body)).filter(|steps| !steps.is_empty()),
            _ => None,
        });
        let Some(chain) = chain.filter(|_| !is_path(reading, index)) else { continue };
        let heading = section.heading.and_then(|at| match context.page.blocks[at].kind {
            BlockKind::Heading { text, .. } => Some(text),
            _ => None,
        });
        let span = heading.unwrap_or(chain[0].1);
        let is_label = |text: &str| fold(text).starts_with("mitigation") || fold(text).starts_with("recovery");
        scenarios.push(Scenario {
            title: heading.map_or(String::new(), |heading| reading.plain(heading)),
            mitigation: list_below(reading, index, is_label),
            chain,
            line: context.line(span.start),
            span,
        });
    }
    scenarios
}
