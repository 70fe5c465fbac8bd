//! Checklists and ticks: what is said to be done, and what is not.

use text::Span;

use super::line::{Line, LineKind};
use super::{Parts, Reading};
use crate::fold::plain;
use crate::noun::FieldName;

/// How a line is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `[x]`, a tick: done, says the text.
    Done,
    /// `[ ]`: to be done.
    Open,
    /// A warning sign, a cross: known to be missing.
    Missing,
}

/// One marked line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// How it is marked.
    pub mark: Mark,
    /// What it says, without the mark and without markup.
    pub text: String,
    /// Bytes of the text after the mark.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it stands under, as an index into the risks of the register.
    pub risk: Option<usize>,
    /// The heading or label it stands under, without markup: `Current Mitigation`, `Month 1-2: Critical Risks`.
    pub under: String,
    /// Bytes of its lines and of what is nested below it.
    pub body: Span,
    /// The mark is a box, `[ ]`, and not a picture.
    pub is_box: bool,
}

/// The signs that part a legend: a line with two kinds of them explains them.
const SIGNS: &[(Mark, &[char])] =
    &[(Mark::Done, &['✅', '✔', '☑']), (Mark::Open, &['☐', '⬜', '🔲']), (Mark::Missing, &['❌', '✗', '✘', '⚠'])];

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Task> {
    reading.lines.iter().filter_map(|line| task(reading, line)).collect()
}

fn task(reading: &Reading<'_>, line: &Line) -> Option<Task> {
    let mark = line.mark?;
    let is_list = matches!(line.kind, LineKind::Item | LineKind::Prose);
    let is_treatment =
        line.kind == LineKind::Cell && line.noun.is_some_and(|noun| noun.is_treatment() && noun != FieldName::Status);
    let raw = reading.context.slice(line.span);
    if !(is_list || is_treatment) || raw.is_empty() || is_legend(mark, raw) {
        return None;
    }
    Some(Task {
        mark,
        text: plain(raw),
        span: line.span,
        line: reading.context.line(line.span.start),
        risk: line.risk,
        under: reading.under(line),
        body: line.body,
        is_box: line.is_box,
    })
}

/// `✅ = done`, `✅ done, ❌ missing`: what the signs mean.
fn is_legend(mark: Mark, text: &str) -> bool {
    let others = SIGNS.iter().filter(|(other, _)| *other != mark).any(|(_, signs)| text.contains(*signs));
    others || text.starts_with(['=', ':', '|', '→'])
}

impl Parts {
    /// How many of the tasks of a risk are said to be done, and how many there are. Boxes count where there are any,
    /// else ticks; a task within another one is a part of it and not counted.
    pub fn progress(&self, risk: usize) -> (usize, usize) {
        let of_risk = || self.tasks.iter().filter(move |task| task.risk == Some(risk));
        let boxes_only = of_risk().any(|task| task.is_box);
        let (mut done, mut total, mut end) = (0, 0, 0);
        for task in of_risk().filter(|task| task.is_box || !boxes_only) {
            if task.span.start < end {
                continue;
            }
            end = task.body.end;
            total += 1;
            done += usize::from(task.mark == Mark::Done);
        }
        (done, total)
    }
}
