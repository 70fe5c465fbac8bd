//! How much data may be lost, and how often it is copied, as any document says it.
//!
//! A promise is a recovery point objective with a time: `RPO: 15 minutes`, `data loss of at most 1 hour`. A backup is a rhythm
//! right beside the word: `hourly backups`, `snapshots every 6 hours`. Tests and reviews of backups are none, and a time that
//! could belong to either objective of `RTO/RPO: 4h/1h` is not read. A document that speaks of continuous archiving says
//! nothing about backups that could be too rare.

use std::ops::Range;

use text::Span;

use crate::fold::{cut, fold};
use crate::parts::time::{minutes_of_rhythm, stretch};

/// The longest line that is read.
const MAX_LINE_BYTES: usize = 2_000;
/// How far behind the word a time may stand, in bytes.
const MAX_BEHIND: usize = 60;
/// The most words between a rhythm and what it is about.
const MAX_WORDS_BETWEEN: usize = 4;
/// The most statements of one document.
const MAX_TIMES: usize = 200;

/// What a promise is called.
const POINTS: &[&str] = &[
    "rpo",
    "recovery point objective",
    "recovery point",
    "maximum data loss",
    "maximal data loss",
    "acceptable data loss",
    "data loss of at most",
    "data loss of no more than",
    "wiederherstellungspunkt",
    "maximaler datenverlust",
];
/// What is promised for something else.
const OTHER_OBJECTIVES: &[&str] = &["rto", "recovery time", "mtd", "wrt"];
/// Beginnings of words for copies.
const COPIES: &[&str] = &["backup", "snapshot", "dump", "sicherung", "datensicherung", "sauvegarde", "respaldo"];
/// Beginnings of words that make a copy the object of other work, or an intention.
const NO_COPY: &[&str] = &[
    "test",
    "verif",
    "check",
    "restor",
    "review",
    "rotat",
    "clean",
    "prun",
    "delet",
    "monitor",
    "report",
    "drill",
    "audit",
    "expir",
    "kept",
    "keep",
    "retain",
    "retention",
    "alert",
    "no",
    "not",
    "without",
    "missing",
    "kein",
    "keine",
    "should",
    "propos",
    "planned",
    "plan",
    "todo",
    "instead",
    "prufen",
    "gepruft",
    "wiederherstell",
];
/// What copies all the time.
const CONTINUOUS: &[&str] = &[
    "point in time recovery",
    "pitr",
    "wal archiv",
    "wal ship",
    "wal stream",
    "wal-g",
    "archive mode",
    "continuous archiv",
    "continuous backup",
    "log shipping",
    "binlog",
    "oplog",
    "synchronous replic",
    "change data capture",
    "wal segment",
    "transaction log backup",
    "kontinuierlich",
];

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The most that may be lost.
    pub points: Vec<Timed>,
    /// How often a copy is made.
    pub backups: Vec<Timed>,
    /// Where something is said to copy all the time.
    pub continuous: Option<Timed>,
}

/// A time that a document states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Minutes.
    pub minutes: u64,
    /// The words that say so.
    pub text: String,
    /// Where they stand.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Reads it.
pub fn recovery(text: &str) -> Recovery {
    let mut found = Recovery::default();
    let (mut start, mut column) = (0, None);
    for (index, piece) in text.split_inclusive('\n').enumerate() {
        let line = cut(piece.trim_end(), MAX_LINE_BYTES);
        let timed = |minutes: u64, at: Range<usize>| Timed {
            minutes,
            text: line[at.clone()].trim().to_owned(),
            span: Span::new(start + at.start, start + at.end),
            line: index + 1,
        };
        let is_row = line.trim_start().starts_with('|');
        column = if is_row { column.or_else(|| point_column(line)) } else { None };
        let cell = column.and_then(|column| cells(line).nth(column)).and_then(|cell| minutes_in(line, cell));
        found.points.extend(point(line).or(cell).map(|(minutes, at)| timed(minutes, at)));
        found.backups.extend(copy(line).map(|(minutes, at)| timed(minutes, at)));
        if found.continuous.is_none() && CONTINUOUS.iter().any(|word| fold(line).contains(word)) {
            found.continuous = Some(timed(0, 0..line.len()));
        }
        start += piece.len();
        if found.points.len().max(found.backups.len()) >= MAX_TIMES {
            break;
        }
    }
    found
}

/// Where the cells of a row of a table stand.
fn cells(line: &str) -> impl Iterator<Item = Range<usize>> {
    let bars: Vec<usize> = line.match_indices('|').map(|(at, _)| at).collect();
    bars.windows(2).map(|pair| pair[0] + 1..pair[1]).collect::<Vec<_>>().into_iter()
}

/// The column of a head that is called by a promise and nothing else.
fn point_column(line: &str) -> Option<usize> {
    cells(line).position(|cell| {
        let name = fold(&line[cell]);
        POINTS.contains(&name.as_str()) || name.split(' ').next() == Some("rpo") && !name.contains("rto")
    })
}

/// The time right behind the name of a promise.
fn point(line: &str) -> Option<(u64, Range<usize>)> {
    let lower = line.to_lowercase();
    if lower.len() != line.len() {
        return None;
    }
    POINTS.iter().find_map(|name| {
        lower.match_indices(name).find_map(|(at, _)| {
            let is_word = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
            let behind = at + name.len();
            let alone = is_word(lower[..at].chars().next_back()) && is_word(lower[behind..].chars().next());
            let paired = lower[..at].trim_end().ends_with('/') || lower[behind..].trim_start().starts_with('/');
            let rest = cut(&line[behind..], MAX_BEHIND);
            let ends = rest.find(['|', ';', '.']).unwrap_or(rest.len());
            let other = OTHER_OBJECTIVES.iter().filter_map(|other| rest.to_lowercase().find(other)).min();
            let own = behind..behind + ends.min(other.unwrap_or(ends)).min(rest.len());
            (alone && !paired).then(|| minutes_in(line, own)).flatten()
        })
    })
}

/// The first time in a part of a line; no more than so much, or less.
fn minutes_in(line: &str, part: Range<usize>) -> Option<(u64, Range<usize>)> {
    let text = line.get(part.clone())?;
    let stretch = stretch(text).filter(|stretch| !stretch.is_ordinal)?;
    let at = part.start + stretch.at.start..part.start + stretch.at.end;
    Some((stretch.minutes.1, at))
}

/// A rhythm beside the word for a copy.
fn copy(line: &str) -> Option<(u64, Range<usize>)> {
    let (minutes, rhythm) = minutes_of_rhythm(line)?;
    let words = |text: &str| -> Vec<String> { fold(text).split_whitespace().map(str::to_owned).collect() };
    let starts = |word: &String, stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    let is_no =
        |word: &String| NO_COPY.iter().any(|stem| if stem.len() <= 3 { word == stem } else { word.starts_with(stem) });
    let clause = |text: &str| text.find([';', '.', '|']).unwrap_or(text.len());
    let behind = &line[rhythm.end..rhythm.end + clause(&line[rhythm.end..])];
    let from = line[..rhythm.start].rfind([';', '.', '|']).map_or(0, |at| at + 1);
    let (before, behind) = (words(&line[from..rhythm.start]), words(behind));
    let near_behind = &behind[..behind.len().min(MAX_WORDS_BETWEEN)];
    let near_before = &before[before.len().saturating_sub(MAX_WORDS_BETWEEN)..];
    let is_copy = near_behind.iter().chain(near_before).any(|word| starts(word, COPIES));
    let is_other = before.iter().chain(&behind).any(is_no);
    (is_copy && !is_other).then_some((minutes, rhythm))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<u64> {
        recovery(text).points.iter().map(|point| point.minutes).collect()
    }

    fn backups(text: &str) -> Vec<u64> {
        recovery(text).backups.iter().map(|backup| backup.minutes).collect()
    }

    #[test]
    fn promises_are_read_in_lines_and_tables() {
        for (text, minutes) in [
            ("**RPO:** 15 minutes", 15),
            ("- RTO: 4 hours, RPO: 1 hour", 60),
            ("RPO < 5 min, RTO 1 h", 5),
            ("The recovery point objective is 24h.", 1_440),
            ("accepts a data loss of at most 30 minutes", 30),
            ("| Data | RTO | RPO |\n|---|---|---|\n| orders | 4 h | 10 min |", 10),
            ("Wiederherstellungspunkt: 2 Stunden", 120),
        ] {
            assert_eq!(points(text), [minutes], "{text}");
        }
    }

    #[test]
    fn what_could_belong_to_another_objective_is_no_promise() {
        for text in [
            "RTO/RPO: 4h/1h",
            "RPO / RTO 1h/4h",
            "RPO and RTO: 1 hour",
            "RPO: none. Every 4 hours",
            "corporate: 4 h",
            "RPO: see below",
        ] {
            assert_eq!(points(text), [0_u64; 0], "{text}");
        }
    }

    #[test]
    fn backups_are_a_rhythm_beside_the_word() {
        for (text, minutes) in [
            ("- Daily backups at 02:00 to S3", 1_440),
            ("Database backups run every 6 hours", 360),
            ("| Loss of data | hourly snapshots |", 60),
            ("pg_dump, nightly", 1_440),
            ("Tägliche Datensicherung", 1_440),
            ("Full backup once a week", 10_080),
        ] {
            assert_eq!(backups(text), [minutes], "{text}");
        }
        for text in [
            "Backups are tested monthly",
            "weekly restore test of the backup",
            "backups are kept for 30 days",
            "Proposed: hourly backups",
            "There are no daily backups",
            "Weekly review. Backups exist",
            "monthly report",
        ] {
            assert_eq!(backups(text), [0_u64; 0], "{text}");
        }
    }

    #[test]
    fn continuous_archiving_is_seen() {
        assert_eq!(recovery("x\nWAL archiving to S3").continuous.map(|at| at.line), Some(2));
        assert_eq!(recovery("archives are kept").continuous, None);
    }
}
