//! Acceptance criteria: what must hold for a risk to count as handled, one by one.

use text::Span;

use super::Reading;
use super::line::{Line, LineKind, entries, own_lines};
use crate::fold::fold;
use crate::noun::FieldName;

/// The longest heading that is looked at.
const MAX_HEADING_BYTES: usize = 120;

/// One acceptance criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// What must hold, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Headings and labels of criteria for the document as a whole, folded; others may stand before them.
const HEADINGS: &[&str] = &[
    "acceptance criteria",
    "acceptance rules",
    "exit criteria",
    "success criteria",
    "akzeptanzkriterien",
    "abnahmekriterien",
    "criteres d acceptation",
    "criterios de aceptacion",
    "criterios de aceitacao",
];

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Criterion> {
    let own = entries(reading, FieldName::AcceptanceCriteria);
    let of_risks = own.into_iter().map(|entry| criterion(reading, entry.span, Some(entry.risk)));
    let mut criteria: Vec<Criterion> = of_risks.chain(of_document(reading)).collect();
    criteria.sort_by_key(|criterion| criterion.span);
    criteria
}

fn criterion(reading: &Reading<'_>, span: Span, risk: Option<usize>) -> Criterion {
    Criterion { text: reading.plain(span), span, line: reading.context.line(span.start), risk }
}

/// The items below a heading or a label that speaks of criteria and belongs to no risk.
fn of_document(reading: &Reading<'_>) -> Vec<Criterion> {
    let is_of = |line: &Line| {
        let text = fold(&reading.plain(line.span));
        HEADINGS.iter().any(|heading| text.ends_with(heading))
    };
    let opens: Vec<bool> = reading
        .lines
        .iter()
        .map(|line| {
            matches!(line.kind, LineKind::Heading | LineKind::Prose)
                && line.risk.is_none()
                && line.span.end - line.span.start <= MAX_HEADING_BYTES
                && is_of(line)
        })
        .collect();
    let items = reading.lines.iter().enumerate().filter(|(_, line)| {
        let below = line.parent.is_some_and(|parent| opens[parent]);
        line.kind == LineKind::Item && line.risk.is_none() && below
    });
    items.map(|(at, _)| criterion(reading, own_lines(reading, at), None)).collect()
}
