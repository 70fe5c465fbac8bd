//! Scenario chains: what follows from a failure, step by step, and the mitigation chain beside it.

use text::Span;

use super::Reading;
use super::chain::{lines, list_below, steps};
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

/// Reads them: sections with a chain in a fence that are no critical paths; and every line that is a chain in a section whose
/// heading says that it is about such.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Scenario> {
    let context = reading.context;
    let mut scenarios = Vec::new();
    for (index, section) in context.sections.iter().enumerate() {
        if is_path(reading, index) {
            continue;
        }
        let fenced = section.own.clone().find_map(|at| match context.page.blocks[at].kind {
            BlockKind::Fence { body } => Some(steps(reading, body)).filter(|steps| !steps.is_empty()),
            _ => None,
        });
        let heading = section.heading.and_then(|at| match context.page.blocks[at].kind {
            BlockKind::Heading { text, .. } => Some(text),
            _ => None,
        });
        let in_lines = || if is_about_chains(reading, index) { lines(reading, index) } else { Vec::new() };
        let chains = fenced.map_or_else(in_lines, |chain| vec![chain]);
        let is_label = |text: &str| fold(text).starts_with("mitigation") || fold(text).starts_with("recovery");
        let is_one = chains.len() == 1;
        for chain in chains {
            let own = heading.filter(|_| is_one);
            let span = own.unwrap_or(chain[0].1);
            scenarios.push(Scenario {
                title: own.map_or_else(|| chain[0].0.clone(), |heading| reading.plain(heading)),
                mitigation: list_below(reading, index, is_label),
                chain,
                line: context.line(span.start),
                span,
            });
        }
    }
    scenarios
}

/// Whether the heading of a section, or the one above it, says that it tells how failures spread.
fn is_about_chains(reading: &Reading<'_>, section: usize) -> bool {
    const WORDS: [&str; 18] = [
        "scenario",
        "scenarios",
        "szenario",
        "szenarien",
        "chain",
        "chains",
        "cascade",
        "cascades",
        "cascading",
        "kaskade",
        "kaskaden",
        "kette",
        "ketten",
        "propagation",
        "spread",
        "ausbreitung",
        "scenarii",
        "enchainement",
    ];
    let names = |index: usize| {
        let heading = reading.context.sections[index].heading.map(|at| &reading.context.page.blocks[at].kind);
        let Some(BlockKind::Heading { text, .. }) = heading else { return false };
        fold(reading.context.slice(*text)).split(' ').any(|word| WORDS.contains(&word))
    };
    names(section) || reading.context.sections[section].parent.is_some_and(names)
}
