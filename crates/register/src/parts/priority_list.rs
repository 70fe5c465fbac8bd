//! Priority lists: what to build first, by band.

use text::Span;

use super::Reading;
use crate::fold::fold;
use crate::page::BlockKind;

/// The entries of one priority: `### P0 (Critical)` and its list.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorityList {
    /// The priority as written: `P0`, `Priority 1`.
    pub priority: String,
    /// Where the heading stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// Its entries: text and place.
    pub entries: Vec<(String, Span)>,
    /// They are numbered, so their order says something.
    pub is_numbered: bool,
}

/// Reads them: headings that begin with a priority, with a list below.
pub(super) fn read(reading: &Reading<'_>) -> Vec<PriorityList> {
    let context = reading.context;
    let mut lists = Vec::new();
    for section in context.sections {
        let Some(BlockKind::Heading { text: span, .. }) = section.heading.map(|at| &context.page.blocks[at].kind)
        else {
            continue;
        };
        let Some(priority) = priority(&reading.plain(*span)) else { continue };
        let entries: Vec<(String, Span)> = context.page.blocks[section.own.clone()]
            .iter()
            .filter_map(|block| match &block.kind {
                BlockKind::Item { lines, depth: 1 } => Some(Span::new(lines.first()?.start, lines.last()?.end)),
                _ => None,
            })
            .map(|span| (reading.plain(span), span))
            .collect();
        let is_number = |block: &crate::page::Block| {
            matches!(block.kind, BlockKind::Item { depth: 1, .. })
                && context.slice(block.span).trim_start().starts_with(|c: char| c.is_ascii_digit())
        };
        let is_numbered = context.page.blocks[section.own.clone()].iter().any(is_number);
        if !entries.is_empty() {
            lists.push(PriorityList { priority, line: context.line(span.start), span: *span, entries, is_numbered });
        }
    }
    lists
}

/// `P0` of `P0 (Critical - Implement First)`, `Priority 1` of `Priority 1: now`.
fn priority(heading: &str) -> Option<String> {
    let folded = fold(heading);
    let mut words = folded.split(' ');
    let first = words.next()?;
    let is_code = first.len() == 2 && first.starts_with('p') && first.ends_with(|c: char| c.is_ascii_digit());
    if is_code {
        return Some(first.to_uppercase());
    }
    let number = words.next().filter(|word| word.len() == 1 && word.chars().all(|c| c.is_ascii_digit()))?;
    (first == "priority").then(|| format!("P{number}"))
}
