//! Chains of arrows in code fences: `Pool exhausted`, and below it `→ requests fail`. Scenarios and critical paths are made of them.

use text::Span;

use super::Reading;
use crate::page::{BlockKind, trimmed};

/// Marks that begin a step which follows from the one before.
const ARROWS: [&str; 6] = ["→", "->", "=>", "⇒", "➜", "↳"];
/// The most steps of one chain.
const MAX_STEPS: usize = 200;

/// The steps of a fence that is a chain: text and place, without arrows.
pub(super) fn steps(reading: &Reading<'_>, body: Span) -> Vec<(String, Span)> {
    if let Some(steps) = in_one_line(reading, body) {
        return steps;
    }
    let mut steps = Vec::new();
    let mut arrows = 0;
    let mut start = body.start;
    for line in reading.context.slice(body).split_inclusive(['\n', '\r']).take(MAX_STEPS) {
        let span = trimmed(reading.context.text, Span::new(start, start + line.len()));
        start += line.len();
        let text = reading.context.slice(span);
        let arrow = ARROWS.iter().find(|arrow| text.starts_with(**arrow));
        arrows += usize::from(arrow.is_some());
        let own =
            arrow.map_or(span, |arrow| trimmed(reading.context.text, Span::new(span.start + arrow.len(), span.end)));
        if own.start < own.end {
            steps.push((reading.context.slice(own).to_owned(), own));
        }
    }
    // Code has arrows too, but hardly one on most of its lines.
    if steps.len() >= 2 && arrows * 2 >= steps.len() { steps } else { Vec::new() }
}

/// A chain that stands in one line: `Web → API → [SPOF] DB`.
fn in_one_line(reading: &Reading<'_>, body: Span) -> Option<Vec<(String, Span)>> {
    let span = trimmed(reading.context.text, body);
    let text = reading.context.slice(span);
    // One line of code may have arrows as well.
    let is_code = !text.contains('→') && text.contains(['{', '(', ';', '=']);
    if is_code || text.contains(['\n', '\r']) {
        return None;
    }
    let mut steps = Vec::new();
    let mut from = 0;
    while from <= text.len() && steps.len() < MAX_STEPS {
        let found = ARROWS.iter().filter_map(|arrow| Some((text[from..].find(arrow)?, arrow.len()))).min();
        let to = found.map_or(text.len(), |(at, _)| from + at);
        let own = trimmed(reading.context.text, Span::new(span.start + from, span.start + to));
        if own.start < own.end {
            steps.push((reading.context.slice(own).to_owned(), own));
        }
        match found {
            Some((_, length)) => from = to + length,
            None => break,
        }
    }
    (steps.len() >= 3).then_some(steps)
}

/// The lines of paragraphs and items of a section that are chains by themselves, without markup.
pub(super) fn lines(reading: &Reading<'_>, section: usize) -> Vec<Vec<(String, Span)>> {
    let own = reading.context.sections[section].own.clone();
    let mut found = Vec::new();
    for block in &reading.context.page.blocks[own] {
        let (BlockKind::Paragraph { lines, .. } | BlockKind::Item { lines, .. }) = &block.kind else { continue };
        for line in lines {
            let steps = in_one_line(reading, *line).unwrap_or_default();
            let steps: Vec<(String, Span)> = steps.into_iter().map(|(_, span)| (reading.plain(span), span)).collect();
            if !steps.is_empty() {
                found.push(steps);
            }
        }
    }
    found
}

/// The numbered or plain list behind a label such as "Mitigation chain", within a section.
pub(super) fn list_below(
    reading: &Reading<'_>,
    section: usize,
    is_label: impl Fn(&str) -> bool,
) -> Vec<(String, Span)> {
    let own = reading.context.sections[section].own.clone();
    let mut found = Vec::new();
    let mut is_below = false;
    for block in &reading.context.page.blocks[own] {
        match &block.kind {
            BlockKind::Paragraph { lines, .. } => {
                is_below = lines.last().is_some_and(|line| is_label(&reading.plain(*line)))
            }
            BlockKind::Item { lines, depth: 1 } if is_below => {
                let span =
                    Span::new(lines.first().map_or(0, |line| line.start), lines.last().map_or(0, |line| line.end));
                found.push((reading.plain(span), span));
            }
            _ => {}
        }
    }
    found
}
