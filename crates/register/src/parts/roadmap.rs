//! Roadmaps: what shall be done in which period.
//!
//! A period is a heading, a label, a list item or the first cell of a row that names a time of days or longer, and stands
//! where the text speaks of a roadmap or beside another such heading. Minutes and hours are windows of an emergency.

use text::{Date, Span};

use super::Reading;
use super::line::{Line, LineKind, split_list};
use super::time::{calendar, stretch};
use crate::fold::fold;
use crate::page::BlockKind;

/// The longest text that can name a period.
const MAX_TITLE_BYTES: usize = 120;
/// Beginnings of words in headings above a roadmap.
const ROADMAP_STEMS: &[&str] = &[
    "roadmap",
    "timeline",
    "milestone",
    "schedule",
    "rollout",
    "fahrplan",
    "zeitplan",
    "calendrier",
    "cronograma",
    "harmonogram",
];
/// Words of periods without a number, folded.
const UNTIMED: &[&str] = &["short term", "medium term", "mid term", "long term", "immediate", "now", "next", "later"];
/// Words of periods with a number that is no time.
const NUMBERED: &[&str] = &["phase", "sprint", "milestone", "iteration", "release"];
/// First columns of roadmaps as tables.
const COLUMNS: &[&str] = &[
    "month",
    "months",
    "quarter",
    "week",
    "weeks",
    "phase",
    "period",
    "timeframe",
    "when",
    "timeline",
    "sprint",
    "monat",
    "quartal",
    "zeitraum",
    "mois",
    "periode",
    "mes",
    "trimestre",
    "periodo",
    "fase",
];

/// One period of a roadmap.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// Its heading, without markup: `Month 1-2: Critical Risks`.
    pub title: String,
    /// Where the heading stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// What shall be done in it: text and place.
    pub items: Vec<(String, Span)>,
    /// Its first and last day, counted from now: `Month 5-6` is 120 to 180.
    pub days: Option<(u64, u64)>,
    /// Its first and last day in the calendar: `Q3 2025`.
    pub dates: Option<(Date, Date)>,
    /// Nothing at all stands below its heading.
    pub is_empty: bool,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Period> {
    let named = named_periods(reading);
    let mut periods: Vec<Period> = Vec::new();
    let mut of_line: Vec<Option<usize>> = vec![None; reading.lines.len()];
    for (at, line) in reading.lines.iter().enumerate() {
        if named[at] {
            of_line[at] = Some(periods.len());
            periods.push(period(reading, line));
            continue;
        }
        // What stands below a label or an item belongs to the period above that.
        of_line[at] = line.parent.and_then(|parent| of_line[parent]);
        let Some(open) = of_line[at] else { continue };
        periods[open].is_empty = false;
        let below_item =
            line.parent.is_some_and(|parent| reading.lines[parent].kind == LineKind::Item && !named[parent]);
        let is_label = reading.context.slice(line.span).trim_end_matches('*').ends_with(':');
        if line.kind == LineKind::Item && !below_item && !is_label {
            periods[open].items.push((reading.plain(line.span), line.span));
        }
    }
    let is_code_below = |period: &Period| {
        let blocks = &reading.context.page.blocks;
        let next = blocks.partition_point(|block| block.span.start < period.span.end);
        blocks.get(next).is_some_and(|block| matches!(block.kind, BlockKind::Fence { .. }))
    };
    periods.iter_mut().for_each(|period| period.is_empty &= !is_code_below(period));
    periods.extend(of_tables(reading));
    periods.sort_by_key(|period| period.span);
    periods
}

fn period(reading: &Reading<'_>, line: &Line) -> Period {
    let text = reading.context.slice(line.span);
    let dates = calendar(text).map(|(from, to, _)| (from, to));
    let days = stretch(text)
        .filter(|_| dates.is_none())
        .map(|found| if found.is_ordinal { found.days() } else { (0, found.days().1) });
    // `- **Q1:** a, b`: what stands behind the colon.
    let colon = text.find(":**").map(|at| at + 3).or_else(|| text.find(':').map(|at| at + 1));
    let rest = colon.filter(|_| line.kind == LineKind::Item).map(|at| Span::new(line.span.start + at, line.span.end));
    let inline = rest.map_or(Vec::new(), |rest| split_list(reading.context.slice(rest), rest.start, true));
    Period {
        title: reading.plain(line.span).trim_end_matches(':').to_owned(),
        span: line.span,
        line: reading.context.line(line.span.start),
        is_empty: line.kind == LineKind::Heading,
        items: inline
            .into_iter()
            .map(|span| (reading.plain(span), span))
            .filter(|(text, _)| !text.is_empty())
            .collect(),
        days,
        dates,
    }
}

/// Which lines open a period.
fn named_periods(reading: &Reading<'_>) -> Vec<bool> {
    let lines = &reading.lines;
    let mut below_roadmap = vec![false; lines.len()];
    let mut may_be = vec![false; lines.len()];
    let mut siblings: Vec<usize> = vec![0; lines.len() + 1];
    for (at, line) in lines.iter().enumerate() {
        let above = line.parent.is_some_and(|parent| below_roadmap[parent]);
        below_roadmap[at] = above || line.kind == LineKind::Heading && speaks_of_roadmap(reading, line);
        may_be[at] =
            line.risk.is_none() && names_period(reading, line) && !(above && below_period(lines, &may_be, line));
        if may_be[at] && line.kind == LineKind::Heading {
            siblings[line.parent.map_or(lines.len(), |parent| parent)] += 1;
        }
    }
    let is_named = |(at, line): (usize, &Line)| {
        let has_sibling =
            line.kind == LineKind::Heading && siblings[line.parent.map_or(lines.len(), |parent| parent)] >= 2;
        may_be[at] && (has_sibling || line.parent.is_some_and(|parent| below_roadmap[parent]))
    };
    lines.iter().enumerate().map(is_named).collect()
}

/// An item of a period that begins with a time of its own is no period.
fn below_period(lines: &[Line], may_be: &[bool], line: &Line) -> bool {
    line.kind != LineKind::Heading
        && line.parent.is_some_and(|parent| may_be[parent] && lines[parent].kind == LineKind::Heading)
}

fn speaks_of_roadmap(reading: &Reading<'_>, line: &Line) -> bool {
    fold(reading.context.slice(line.span))
        .split(' ')
        .any(|word| ROADMAP_STEMS.iter().any(|stem| word.starts_with(stem)))
}

fn names_period(reading: &Reading<'_>, line: &Line) -> bool {
    let text = reading.context.slice(line.span);
    let head = match line.kind {
        LineKind::Heading if text.len() <= MAX_TITLE_BYTES => text,
        LineKind::Prose if text.len() <= MAX_TITLE_BYTES && (text.ends_with(':') || text.ends_with("**")) => text,
        LineKind::Item if text.starts_with("**") => text[2..].split_once("**").map_or("", |(bold, _)| bold),
        _ => return false,
    };
    line.signals.has(super::line::Signals::TIME) && is_period(head)
}

/// Whether a text is the name of a period: a time of days or longer at its beginning, a phase, a term.
fn is_period(text: &str) -> bool {
    let folded = fold(text);
    let opens = |at: usize| fold(&text[..at]).split(' ').filter(|word| !word.is_empty()).count() <= 1;
    let timed = stretch(text).is_some_and(|found| found.minutes.1 >= 24 * 60 && opens(found.at.start));
    let dated = calendar(text).is_some_and(|(_, _, at)| opens(at.start));
    let mut words = folded.split(' ');
    let numbered = words.next().is_some_and(|word| NUMBERED.contains(&word))
        && words.next().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let untimed = UNTIMED.iter().any(|term| folded == *term || folded.starts_with(&format!("{term} ")));
    timed || dated || numbered || untimed
}

/// Tables whose first column names periods and whose second one says what is done.
fn of_tables(reading: &Reading<'_>) -> Vec<Period> {
    let lines = &reading.lines;
    let mut periods: Vec<Period> = Vec::new();
    let mut open: Option<usize> = None;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.kind == LineKind::Cell && line.risk.is_none()) {
        let Some(column) = line.parent else { continue };
        let is_first = column.checked_sub(1).is_none_or(|before| lines[before].kind != LineKind::Head);
        if is_first {
            let names = COLUMNS.contains(&fold(&reading.plain(lines[column].span)).as_str());
            open = (names && is_period(reading.context.slice(line.span))).then_some(periods.len());
            if open.is_some() {
                periods.push(Period { is_empty: false, items: Vec::new(), ..period(reading, line) });
            }
        } else if let Some(open) = open
            && lines[at - 1].parent == Some(column - 1)
            && periods[open].items.is_empty()
        {
            let parts = split_list(reading.context.slice(line.span), line.span.start, true);
            periods[open].items = parts.into_iter().map(|span| (reading.plain(span), span)).collect();
        }
    }
    periods
}
