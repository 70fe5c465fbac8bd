//! Proposed steps: what shall be done about a risk, with priority, effort and the files that it touches.
//!
//! Steps stand in the fields that say what is planned, below a label such as "Proposed" outside of the risks, and in
//! the cells of a row. What a mitigation list names without such a word may as well be done; it is no proposal.

use text::Span;

use super::Reading;
use super::line::{Entry, Line, LineKind, entries, own_lines};
use super::time::{Stretch, stretch};
use crate::fold::{fold, fold_label};
use crate::label::labels;
use crate::noun::FieldName;

/// The most nested lines of one step that are read.
const MAX_NESTED_LINES: usize = 64;
/// Labels of the files that a step touches, folded.
const FILE_LABELS: &[&str] = &[
    "file",
    "files",
    "files to modify",
    "files to change",
    "affected files",
    "datei",
    "dateien",
    "fichiers",
    "archivos",
];

/// One proposed step of a mitigation.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What shall be done, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it belongs to.
    pub risk: Option<usize>,
    /// How urgent it is, as written.
    pub priority: Option<(String, Span)>,
    /// What it costs, as written.
    pub effort: Option<(String, Span)>,
    /// The files it touches, as written.
    pub files: Vec<(String, Span)>,
    /// Within which days from now it shall be done, and the words that say so: `Proposed Mitigations (1-3 Months)`.
    pub window: Option<((u64, u64), Span)>,
    /// A step with all that is nested below it.
    pub body: Span,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Proposal> {
    let of_risks = entries(reading, FieldName::Planned).into_iter();
    let mut proposals: Vec<Proposal> = of_risks.map(|entry| of_risk(reading, &entry)).collect();
    proposals.retain(|proposal| !proposal.text.is_empty());
    proposals.extend(of_document(reading));
    proposals.sort_by_key(|proposal| proposal.span);
    proposals
}

fn of_risk(reading: &Reading<'_>, entry: &Entry) -> Proposal {
    if let Some(item) = entry.item {
        return Proposal { risk: Some(entry.risk), ..of_item(reading, item) };
    }
    let mut proposal = bare(reading, entry.span, Some(entry.risk));
    proposal.files = codes(reading, entry.span);
    if entry.is_cell {
        let of_row = |noun| reading.risks[entry.risk].stated(noun).map(|field| (field.text.clone(), field.span));
        proposal.priority = of_row(FieldName::Priority);
        proposal.effort = of_row(FieldName::Effort);
    }
    proposal
}

fn bare(reading: &Reading<'_>, span: Span, risk: Option<usize>) -> Proposal {
    Proposal {
        text: reading.plain(span),
        span,
        line: reading.context.line(span.start),
        risk,
        priority: bracketed_priority(reading, span),
        effort: None,
        files: Vec::new(),
        window: None,
        body: span,
    }
}

fn of_item(reading: &Reading<'_>, item: usize) -> Proposal {
    let line = &reading.lines[item];
    let mut proposal = bare(reading, own_lines(reading, item), line.risk);
    proposal.body = line.body;
    proposal.window = line.parent.and_then(|parent| window(reading, &reading.lines[parent]));
    let nested = reading.within(Span::new(line.span.end, line.body.end));
    for line in reading.lines[nested].iter().take(MAX_NESTED_LINES) {
        take_nested(reading, line, &mut proposal);
    }
    proposal
}

/// The time within which everything below a label or heading shall be done.
fn window(reading: &Reading<'_>, label: &Line) -> Option<((u64, u64), Span)> {
    let found: Stretch = stretch(reading.context.slice(label.span)).filter(|stretch| stretch.days().1 > 0)?;
    let days = if found.is_ordinal { found.days() } else { (0, found.days().1) };
    Some((days, Span::new(label.span.start + found.at.start, label.span.start + found.at.end)))
}

fn take_nested(reading: &Reading<'_>, line: &Line, proposal: &mut Proposal) {
    let context = reading.context;
    if is_files(reading, line.span) {
        proposal.files.extend(codes(reading, line.span));
        return;
    }
    for label in labels(context.text, line.span, &context.nouns) {
        let value = || (context.slice(label.value).to_owned(), label.value);
        match label.noun {
            Some(FieldName::Effort) => proposal.effort = Some(value()),
            Some(FieldName::Priority) => proposal.priority = Some(value()),
            _ => {}
        }
    }
}

fn is_files(reading: &Reading<'_>, span: Span) -> bool {
    let text = reading.plain(span);
    text.split_once(':').is_some_and(|(label, _)| FILE_LABELS.contains(&fold_label(label).as_str()))
}

/// Names in code marks within a span.
fn codes(reading: &Reading<'_>, span: Span) -> Vec<(String, Span)> {
    let codes = &reading.context.page.codes;
    let from = codes.partition_point(|code| code.start < span.start);
    let within = codes[from..].iter().take_while(|code| code.end <= span.end);
    within.map(|code| (reading.context.slice(*code).to_owned(), *code)).collect()
}

/// `(HIGH priority)`, `(P1)`, `[Priority: low]`.
fn bracketed_priority(reading: &Reading<'_>, span: Span) -> Option<(String, Span)> {
    let text = reading.context.slice(span);
    let mut from = 0;
    while let Some(open) = text[from..].find(['(', '[']).map(|at| at + from + 1) {
        let close = text[open..].find([')', ']']).map(|at| at + open)?;
        let inner = &text[open..close];
        let folded = fold(inner);
        let is_code = folded.len() == 2 && folded.starts_with('p') && folded.ends_with(|c: char| c.is_ascii_digit());
        if is_code || folded.split(' ').any(|word| word.starts_with("priorit")) {
            return Some((inner.to_owned(), Span::new(span.start + open, span.start + close)));
        }
        from = close;
    }
    None
}

/// Steps below "Proposed:" outside of the risks; a line of files at the end of such a list is about all of them.
fn of_document(reading: &Reading<'_>) -> Vec<Proposal> {
    let is_label: Vec<bool> = reading.lines.iter().map(|line| is_planned_label(reading, line)).collect();
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut first_of: Option<(usize, usize)> = None;
    for (at, line) in reading.lines.iter().enumerate() {
        let Some(label) = line.parent.filter(|parent| is_label[*parent]) else { continue };
        if line.kind != LineKind::Item || line.risk.is_some() {
            continue;
        }
        if first_of.is_none_or(|(open, _)| open != label) {
            first_of = Some((label, proposals.len()));
        }
        let first = first_of.map_or(proposals.len(), |(_, first)| first);
        if is_files(reading, line.span) {
            let files = codes(reading, line.span);
            proposals[first..].iter_mut().for_each(|proposal| proposal.files.extend(files.iter().cloned()));
        } else {
            proposals.push(of_item(reading, at));
        }
    }
    proposals
}

fn is_planned_label(reading: &Reading<'_>, line: &Line) -> bool {
    let is_short = line.span.end - line.span.start <= 80;
    let may_be = matches!(line.kind, LineKind::Heading | LineKind::Prose) && is_short && line.risk.is_none();
    may_be && reading.context.nouns.of(reading.plain(line.span).trim_end_matches(':')) == Some(FieldName::Planned)
}
