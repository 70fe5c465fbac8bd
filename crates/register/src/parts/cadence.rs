//! Cadences: what the text promises to do again and again, and when it was last done.
//!
//! A rhythm alone is no promise: "daily volume" and "monthly partitions" promise nothing. A promise names what is done,
//! a test, a review or some other work, right before or right behind the rhythm.

use text::{Date, Span};

use super::Reading;
use super::line::{Line, LineKind, Signals};
use super::time::rhythm;
use crate::fold::{cut, fold};

/// The longest line that is searched for a promise or a date.
const MAX_LINE_BYTES: usize = 600;
/// The most lines of front matter.
const MAX_FRONT_LINES: usize = 60;
/// How many words behind a rhythm may stand before the work is named: `quarterly DR failover drill`.
const MAX_WORDS_BEHIND: usize = 3;
/// How many words before a date say what it is.
const MAX_WORDS_BEFORE: usize = 5;

/// A promise to do something regularly.
#[derive(Clone, Debug, PartialEq)]
pub struct Cadence {
    /// What is promised, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// Every so many days: `weekly` 7, `quarterly` 91.
    pub days: u32,
    /// The risk it belongs to.
    pub risk: Option<usize>,
    /// What kind of work it is.
    pub promise: Promise,
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A test, a drill, a restore: somebody must do it, and it leaves a date.
    Test,
    /// The text, or the risks in it, are looked at again.
    Review,
    /// Anything else: backups, scans, rotations, reports.
    Other,
}

/// A day that the text gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// What happened or shall happen on it.
    pub what: DatedAs,
    /// The day.
    pub date: Date,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// What a day is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatedAs {
    /// The text was last changed.
    Updated,
    /// It was last reviewed.
    Reviewed,
    /// It shall be reviewed again.
    NextReview,
    /// A test was last run.
    Run,
}

/// Beginnings of words that name a test.
const TEST_STEMS: &[&str] = &[
    "test",
    "drill",
    "exercis",
    "rehears",
    "simulat",
    "chaos",
    "tabletop",
    "pentest",
    "gameday",
    "restor",
    "failover",
    "ubung",
    "wiederherstell",
    "exercice",
    "prueba",
    "simulacro",
];
/// Beginnings of words that name a review.
const REVIEW_STEMS: &[&str] = &[
    "review",
    "reassess",
    "reevaluat",
    "audit",
    "revalidat",
    "revisit",
    "uberpruf",
    "revue",
    "revis",
    "assess",
    "update",
];
/// Beginnings of words that name other work.
const OTHER_STEMS: &[&str] =
    &["rotat", "backup", "patch", "scan", "upgrad", "report", "monitor", "check", "verif", "sicher", "sync", "meeting"];
/// Words behind a rhythm that end the clause.
const AFTER_RHYTHM: &[&str] = &[
    "by", "with", "in", "on", "via", "and", "to", "during", "using", "at", "for", "after", "until", "from", "before",
    "or", "durch", "mit", "im", "par", "por", "con",
];
/// What stands before a date, folded.
const DATE_WORDS: &[(DatedAs, &str)] = &[
    (
        DatedAs::NextReview,
        "next review, next review date, review by, review due, next update, next scheduled review, next audit, nachste uberprufung, nachste \
         prufung, nachstes review, prochaine revue, proxima revision",
    ),
    (
        DatedAs::Run,
        "last tested, last test, last run, last drill, last exercise, last exercised, last restore, last restored, last failover, \
         last executed, last performed, last verified, tested on, tested, drilled on, executed on, performed on, run on, verified on, \
         last rotated, zuletzt getestet, letzter test, dernier test, ultima prueba",
    ),
    (
        DatedAs::Reviewed,
        "last reviewed, last review, reviewed, reviewed on, review date, last review date, last risk review, last assessed, zuletzt \
         gepruft, zuletzt uberpruft, letzte uberprufung, letzte prufung, derniere revue, ultima revision, revisado",
    ),
    (
        DatedAs::Updated,
        "last updated, last update, updated, updated on, last modified, last changed, last change, last revised, as of, date, stand, datum, \
         letzte aktualisierung, zuletzt aktualisiert, aktualisiert, aktualisiert am, derniere mise a jour, mise a jour, ultima \
         actualizacion, actualizado, fecha, atualizado em, ultima atualizacao, ultimo aggiornamento, ostatnia aktualizacja, as of date, \
         last updated on, last edited",
    ),
];

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Cadence> {
    let asked = reading.lines.iter().filter(|line| line.signals.has(Signals::CADENCE) && line.kind != LineKind::Head);
    asked.filter_map(|line| cadence(reading, line)).collect()
}

fn cadence(reading: &Reading<'_>, line: &Line) -> Option<Cadence> {
    let raw = cut(reading.context.slice(line.span), MAX_LINE_BYTES);
    let (days, at) = rhythm(raw)?;
    let (before, behind) = (fold(&raw[..at.start]), fold(&raw[at.end..]));
    let ends = raw[at.end..].trim_start_matches(['*', '_', '`', ' ']);
    let is_end = ends.is_empty() || ends.starts_with(|c: char| !c.is_alphanumeric());
    let next = behind.split(' ').next().unwrap_or("");
    let closes = is_end || AFTER_RHYTHM.contains(&next);
    let promised_behind = || kind(behind.split(' ').take(MAX_WORDS_BEHIND));
    let promised_before = || kind(before.rsplit(' ').take(MAX_LINE_BYTES)).filter(|_| closes);
    // `Quarterly` in a column or below a label that names the work.
    let is_bare = before.split(' ').count() <= 2 && closes;
    let promised_above = || kind(fold(&reading.under(line)).split(' ')).filter(|_| is_bare);
    let promise = promised_behind().or_else(promised_before).or_else(promised_above)?;
    let line_number = reading.context.line(line.span.start);
    Some(Cadence { text: reading.plain(line.span), span: line.span, line: line_number, days, risk: line.risk, promise })
}

/// What the words promise: the first kind of work among them.
fn kind<'w>(words: impl Iterator<Item = &'w str>) -> Option<Promise> {
    let starts = |word: &str, stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    let mut found = None;
    for word in words {
        match word {
            _ if starts(word, TEST_STEMS) => return Some(Promise::Test),
            _ if starts(word, REVIEW_STEMS) => found = Some(Promise::Review),
            _ if found.is_none() && starts(word, OTHER_STEMS) => found = Some(Promise::Other),
            _ => {}
        }
    }
    found
}

/// Days that the text gives, in the order of the text.
pub(super) fn read_dates(reading: &Reading<'_>) -> Vec<Dated> {
    let asked = reading.lines.iter().filter(|line| line.signals.has(Signals::YEAR));
    let mut dates: Vec<Dated> = of_front_matter(reading);
    dates.extend(asked.flat_map(|line| dates_of(reading, line)));
    dates
}

/// The dates of one line; each is what the words right before it say.
fn dates_of(reading: &Reading<'_>, line: &Line) -> Vec<Dated> {
    let raw = cut(reading.context.slice(line.span), MAX_LINE_BYTES);
    let above = || if line.kind == LineKind::Cell { fold(&reading.under(line)) } else { String::new() };
    let mut dates = Vec::new();
    let mut from = 0;
    while let Some((date, at)) = Date::find(&raw[from..]) {
        let before = fold(&raw[from..from + at.start]);
        let words = if before.is_empty() { above() } else { before };
        let span = Span::new(line.span.start + from + at.start, line.span.start + from + at.end);
        if let Some(what) = dated_as(&words) {
            dates.push(Dated { what, date, span, line: reading.context.line(span.start), risk: line.risk });
        }
        from += at.end;
    }
    dates
}

fn dated_as(before: &str) -> Option<DatedAs> {
    let words: Vec<&str> = before.split(' ').collect();
    let near = words[words.len().saturating_sub(MAX_WORDS_BEFORE)..].join(" ");
    let ends = |phrase: &str| near == phrase || near.strip_suffix(phrase).is_some_and(|rest| rest.ends_with(' '));
    DATE_WORDS.iter().find(|(_, phrases)| phrases.split(", ").any(ends)).map(|(what, _)| *what)
}

/// `last_updated: 2025-01-20` between the lines of dashes at the beginning.
fn of_front_matter(reading: &Reading<'_>) -> Vec<Dated> {
    let text = reading.context.text.trim_start_matches('\u{feff}');
    let mut start = reading.context.text.len() - text.len();
    let mut dates = Vec::new();
    for (index, piece) in text.split_inclusive('\n').take(MAX_FRONT_LINES).enumerate() {
        let line = piece.trim_end();
        if index == 0 && line != "---" {
            return Vec::new();
        }
        if index > 0 && line == "---" {
            return dates;
        }
        if let Some((date, at)) = Date::find(cut(line, MAX_LINE_BYTES))
            && let Some(what) = dated_as(&fold(&line[..at.start]))
        {
            let span = Span::new(start + at.start, start + at.end);
            dates.push(Dated { what, date, span, line: reading.context.line(span.start), risk: None });
        }
        start += piece.len();
    }
    Vec::new()
}
