//! Emergency windows and escalation: what happens within which time, and who is called.
//!
//! A window is a list item or a heading with a time of minutes, hours or days, below a heading about emergencies; a level
//! of escalation is a numbered level below such a heading, or anywhere below a heading about escalation.

use text::Span;

use super::Reading;
use super::line::{Line, LineKind, own_lines};
use super::time::stretch;
use crate::fold::{fold, fold_label};

/// The most steps of one window.
const MAX_STEPS: usize = 64;
/// Beginnings of words in headings above emergency windows.
const EMERGENCY_STEMS: &[&str] = &[
    "emergenc",
    "incident",
    "response",
    "escalat",
    "crisis",
    "notfall",
    "eskalation",
    "urgence",
    "emergencia",
    "escalada",
];
/// Words of a level of escalation.
const LEVEL_WORDS: &[&str] = &["level", "tier", "stufe", "niveau", "nivel", "l"];

/// One step of an emergency plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its name: `Immediate`, `Level 2`.
    pub name: String,
    /// Whether it is a level of escalation, not a window of time.
    pub is_escalation: bool,
    /// From and to, in minutes, where stated: `15 minutes - 2 hours`.
    pub minutes: Option<(u64, u64)>,
    /// What is done or who is called, one by one.
    pub steps: Vec<(String, Span)>,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Window> {
    let lines = &reading.lines;
    let mut below = vec![false; lines.len()];
    let mut windows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let above = line.parent.is_some_and(|parent| below[parent]);
        below[at] = above || line.kind == LineKind::Heading && is_emergency(reading, line);
        let may_open = matches!(line.kind, LineKind::Item | LineKind::Heading) && line.depth <= top_depth(line);
        if above && may_open && line.risk.is_none() {
            windows.extend(window(reading, at));
        }
    }
    windows
}

/// A nested item is a step and no window.
fn top_depth(line: &Line) -> usize {
    if line.kind == LineKind::Heading { 6 } else { 1 }
}

fn is_emergency(reading: &Reading<'_>, line: &Line) -> bool {
    let folded = fold(reading.context.slice(line.span));
    folded.split(' ').any(|word| EMERGENCY_STEMS.iter().any(|stem| word.starts_with(stem)))
}

fn window(reading: &Reading<'_>, at: usize) -> Option<Window> {
    let line = &reading.lines[at];
    let text = reading.plain(own_lines(reading, at));
    let head = text.split([':', '→', '—']).next().unwrap_or("");
    let folded = fold_label(head);
    let (word, number) = folded.split_once(' ').unwrap_or(folded.split_at(folded.len().min(1)));
    let is_escalation =
        LEVEL_WORDS.contains(&word) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let minutes = stretch(head).filter(|found| !found.is_ordinal && found.minutes.1 > 0).map(|found| found.minutes);
    if !is_escalation && minutes.is_none() {
        return None;
    }
    let name = head.split('(').next().unwrap_or("").trim().to_owned();
    let mut steps = nested_steps(reading, at);
    if steps.is_empty() {
        let span = own_lines(reading, at);
        let slice = reading.context.slice(span);
        let behind = slice.find(':').map(|colon| Span::new(span.start + colon + 1, span.end));
        let said = behind.map(|behind| (reading.plain(behind), behind)).filter(|(text, _)| !text.is_empty());
        steps.extend(said);
    }
    let line_number = reading.context.line(line.span.start);
    Some(Window { name, is_escalation, minutes, steps, span: line.span, line: line_number })
}

/// The items directly below an item or a heading.
fn nested_steps(reading: &Reading<'_>, at: usize) -> Vec<(String, Span)> {
    let line = &reading.lines[at];
    let is_heading = line.kind == LineKind::Heading;
    let behind = reading.lines[at + 1..]
        .iter()
        .take_while(|next| if is_heading { next.section == Some(at) } else { next.span.start < line.body.end });
    let items = behind.filter(|next| next.kind == LineKind::Item && next.parent == Some(at));
    items.take(MAX_STEPS).map(|item| (reading.plain(item.span), item.span)).collect()
}
