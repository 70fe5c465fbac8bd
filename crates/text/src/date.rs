//! Days of the civil calendar as people write them into documents: `2025-01-20`, `20.01.2025`, `January 20, 2025`, `20 Jan 2025`.
//!
//! `01/02/2025` means two days on two sides of an ocean, so it is read only where one of the numbers cannot be a month.
//! No clock and no time zone: a day is a day.

use std::fmt;
use std::ops::Range;

/// The words of months by their first three letters in English, then words of other languages.
const MONTHS: [&[&str]; 12] = [
    &["jan", "januar", "janvier", "enero", "gennaio", "janeiro", "stycznia"],
    &["feb", "februar", "fevrier", "febrero", "febbraio", "fevereiro", "lutego"],
    &["mar", "marz", "märz", "mars", "marzo", "março", "marca"],
    &["apr", "avril", "abril", "aprile", "kwietnia"],
    &["may", "mai", "mayo", "maggio", "maio", "maja"],
    &["jun", "juin", "junio", "giugno", "junho", "czerwca"],
    &["jul", "juillet", "julio", "luglio", "julho", "lipca"],
    &["aug", "aout", "août", "agosto", "sierpnia"],
    &["sep", "septembre", "septiembre", "settembre", "setembro", "września"],
    &["oct", "okt", "octobre", "octubre", "ottobre", "outubro", "października"],
    &["nov", "novembre", "noviembre", "listopada"],
    &["dec", "dez", "decembre", "décembre", "diciembre", "dicembre", "dezembro", "grudnia"],
];
/// Years that a document can speak of.
const YEARS: Range<u16> = 1970..2200;

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// 1970 to 2199.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// A day that exists.
    pub fn try_new(year: u16, month: u8, day: u8) -> Option<Self> {
        let sound = YEARS.contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
        sound.then_some(Self { year, month, day })
    }

    /// Reads a text that is nothing but a day.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::find(text).filter(|(_, at)| *at == (0..text.len())).map(|(date, _)| date)
    }

    /// The first day in a text, and its bytes.
    pub fn find(text: &str) -> Option<(Self, Range<usize>)> {
        let words = words(text);
        (0..words.len()).find_map(|at| {
            let three = words.get(at..at + 3)?;
            let (from, to) = (three[0].start, three[2].end);
            let whole = !text[..from].ends_with(['-', '.', '/']) || at == 0;
            let date = numbers(text, three).or_else(|| month_name(text, three))?;
            whole.then_some((date, from..to))
        })
    }

    /// The day after so many days from the first of January 1970.
    pub fn from_days(days: i64) -> Option<Self> {
        let mut left = u32::try_from(days).ok()?;
        for year in YEARS {
            let length = if is_leap(year) { 366 } else { 365 };
            if left >= length {
                left -= length;
                continue;
            }
            for month in 1..=12 {
                let length = u32::from(days_in(year, month));
                if left < length {
                    return Self::try_new(year, month, u8::try_from(left).ok()? + 1);
                }
                left -= length;
            }
        }
        None
    }

    /// Days since another day; negative when that one is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.days() - earlier.days()
    }

    fn days(self) -> i64 {
        let years: i64 = (YEARS.start..self.year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
        let months: i64 = (1..self.month).map(|month| i64::from(days_in(self.year, month))).sum();
        years + months + i64::from(self.day) - 1
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Runs of letters and runs of digits; an ordinal's letters (`20th`) are left out.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let kind = c.is_alphanumeric().then(|| c.is_ascii_digit());
        if let Some((start, is_digit)) = open
            && kind != Some(is_digit)
        {
            let is_ordinal = matches!(&text[start..at], "st" | "nd" | "rd" | "th")
                && words.last().is_some_and(|word| word.end == start);
            if !is_ordinal {
                words.push(start..at);
            }
            open = None;
        }
        if open.is_none() {
            open = kind.map(|is_digit| (at, is_digit));
        }
    }
    words
}

fn numbers(text: &str, words: &[Range<usize>]) -> Option<Date> {
    let number = |at: usize| text[words[at].clone()].parse::<u16>().ok();
    let digits = |at: usize| words[at].len();
    let mark = &text[words[0].end..words[1].start];
    let sound = matches!(mark, "-" | "." | "/") && &text[words[1].end..words[2].start] == mark;
    let (first, second, third) = (number(0)?, number(1)?, number(2)?);
    if !sound || digits(1) > 2 {
        return None;
    }
    let small = |number: u16| u8::try_from(number).ok();
    if digits(0) == 4 && digits(2) <= 2 {
        return Date::try_new(first, small(second)?, small(third)?);
    }
    if digits(2) != 4 || digits(0) > 2 {
        return None;
    }
    match mark {
        "." => Date::try_new(third, small(second)?, small(first)?),
        _ if first > 12 => Date::try_new(third, small(second)?, small(first)?),
        _ if second > 12 => Date::try_new(third, small(first)?, small(second)?),
        _ => None,
    }
}

fn month_name(text: &str, words: &[Range<usize>]) -> Option<Date> {
    let word = |at: usize| &text[words[at].clone()];
    let gaps = (0..2).all(|at| {
        let gap = &text[words[at].end..words[at + 1].start];
        gap.len() <= 4
            && !gap.contains(['\n', '|'])
            && gap
                .trim_start_matches(['s', 't', 'n', 'd', 'r', 'h'])
                .chars()
                .all(|c| matches!(c, ' ' | ',' | '.' | '-'))
    });
    if !gaps {
        return None;
    }
    let year = word(2).parse().ok().filter(|_| words[2].len() == 4)?;
    if let Some(month) = month(word(0)) {
        return Date::try_new(year, month, word(1).parse().ok()?);
    }
    Date::try_new(year, month(word(1))?, word(0).parse().ok()?)
}

fn month(word: &str) -> Option<u8> {
    let lower = word.to_lowercase();
    let full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let known =
        |names: &[&str], full: &str| names.contains(&lower.as_str()) || (lower.len() >= 3 && full.starts_with(&lower));
    let at = (0..12).find(|at| known(MONTHS[*at], full[*at]))?;
    u8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        for text in [
            "2025-01-20",
            "20.01.2025",
            "20.1.2025",
            "January 20, 2025",
            "Jan 20 2025",
            "20 January 2025",
            "20th January 2025",
            "01/20/2025",
            "20/01/2025",
            "20. Januar 2025",
        ] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Some("2025-01-20"), "{text}");
        }
        let (date, at) = Date::find("**Last Updated:** 2025-11-18 by Kim").expect("holds a day");
        assert_eq!((date.to_string().as_str(), at), ("2025-11-18", 18..28));
    }

    #[test]
    fn what_is_no_day_or_two_is_not_read() {
        for text in
            ["01/02/2025", "2025-13-01", "2025-02-30", "1.2.3", "2025", "v2025.01.20.1x", "10-20-30", "May be 2025"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_between_days() {
        let day = |text| Date::parse(text).expect("is a day");
        assert_eq!(day("2025-03-01").days_since(day("2024-03-01")), 365);
        assert_eq!(day("2024-03-01").days_since(day("2024-02-28")), 2);
        for text in ["1970-01-01", "2000-02-29", "2026-11-21"] {
            assert_eq!(Date::from_days(day(text).days()), Some(day(text)), "{text}");
        }
    }
}
