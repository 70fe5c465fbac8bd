//! Times as plans state them: `Month 1-2`, `15 minutes - 2 hours`, `Q3 2025`, `weekly`, `every 90 days`.
//!
//! Only what counts from now or from a calendar is read. Words such as "soon" say nothing that could be compared.

use std::ops::Range;

use text::Date;

use crate::fold::fold;

/// The most words of one text that are looked at.
const MAX_TOKENS: usize = 200;
/// The largest number of units; more is no plan.
const MAX_COUNT: u64 = 10_000;
const MINUTES_A_DAY: u64 = 24 * 60;
const DAYS_A_WEEK: u64 = 7;
const DAYS_A_MONTH: u64 = 30;
const DAYS_A_QUARTER: u64 = 91;
const DAYS_A_YEAR: u64 = 365;

/// Units in minutes, by their folded words.
const UNITS: &[(u64, &str)] = &[
    (1, "minute minutes min mins minuten minuto minutos minuti minut"),
    (60, "hour hours hr hrs h stunde stunden heure heures hora horas ore godzin"),
    (MINUTES_A_DAY, "day days tag tage tagen jour jours dia dias giorni dni"),
    (MINUTES_A_DAY * DAYS_A_WEEK, "week weeks wk wks woche wochen semaine semaines semana semanas settimane tygodni"),
    (MINUTES_A_DAY * DAYS_A_MONTH, "month months mo monat monate monaten mois mes meses mesi miesiecy"),
    (MINUTES_A_DAY * DAYS_A_QUARTER, "quarter quarters quartal quartale trimestre trimestres"),
    (MINUTES_A_DAY * DAYS_A_YEAR, "year years yr yrs jahr jahre an ans ano anos anni lat"),
];
/// Words of a rhythm, and its days.
const RHYTHMS: &[(u32, &str)] = &[
    (1, "daily nightly taglich tagliche quotidien quotidienne diario diaria codziennie"),
    (7, "weekly wochentlich hebdomadaire semanal settimanale"),
    (14, "biweekly fortnightly"),
    (30, "monthly monatlich mensuel mensuelle mensual mensal mensile"),
    (91, "quarterly vierteljahrlich quartalsweise trimestriel trimestrielle trimestral trimestrale"),
    (182, "semiannually semiannual halbjahrlich semestral semestriel"),
    (365, "annually yearly annual jahrlich annuel annuelle anual annuale"),
];

/// A stretch of time from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Its beginning and its end, in minutes from now.
    pub(crate) minutes: (u64, u64),
    /// The third month, and not three months.
    pub(crate) is_ordinal: bool,
    /// The bytes that say so.
    pub(crate) at: Range<usize>,
}

impl Stretch {
    /// Its beginning and end in whole days.
    pub(crate) fn days(&self) -> (u64, u64) {
        (self.minutes.0 / MINUTES_A_DAY, self.minutes.1 / MINUTES_A_DAY)
    }
}

struct Token<'t> {
    text: &'t str,
    at: Range<usize>,
}

/// Runs of digits and runs of letters; `15min` is two.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut start: Option<(usize, bool)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let kind = c.is_alphanumeric().then_some(c.is_ascii_digit());
        if let Some((from, is_digit)) = start
            && kind != Some(is_digit)
        {
            tokens.push(Token { text: &text[from..at], at: from..at });
            start = None;
        }
        if tokens.len() >= MAX_TOKENS {
            break;
        }
        if start.is_none() {
            start = kind.map(|is_digit| (at, is_digit));
        }
    }
    tokens
}

fn unit(token: Option<&Token<'_>>) -> Option<u64> {
    let word = fold(token?.text);
    UNITS.iter().find(|(_, words)| words.split(' ').any(|known| known == word)).map(|(minutes, _)| *minutes)
}

fn count(token: Option<&Token<'_>>) -> Option<u64> {
    token?.text.parse().ok().filter(|count| *count <= MAX_COUNT)
}

/// The first stretch of time that a text names.
pub(crate) fn stretch(text: &str) -> Option<Stretch> {
    let tokens = tokens(text);
    (0..tokens.len()).find_map(|at| ordinal(text, &tokens, at).or_else(|| amount(text, &tokens, at)))
}

/// `Month 1-2`: the unit before the numbers.
fn ordinal(text: &str, tokens: &[Token<'_>], at: usize) -> Option<Stretch> {
    let unit = unit(tokens.get(at))?;
    let counted_before = at > 0 && count(tokens.get(at - 1)).is_some() && is_gap(between(text, tokens, at - 1));
    let from = count(tokens.get(at + 1)).filter(|from| *from > 0 || unit == MINUTES_A_DAY)?;
    if counted_before || !is_gap(between(text, tokens, at)) || is_part_of_number(text, tokens, at + 1) {
        return None;
    }
    let (to, last) = match second(text, tokens, at + 1) {
        Some((to, last)) if to >= from => (to, last),
        _ => (from, at + 1),
    };
    let minutes = (from.saturating_sub(1) * unit, to * unit);
    Some(Stretch { minutes, is_ordinal: true, at: tokens[at].at.start..tokens[last].at.end })
}

/// `1-3 months`, `15 minutes - 2 hours`, `30 days`.
fn amount(text: &str, tokens: &[Token<'_>], at: usize) -> Option<Stretch> {
    let from = count(tokens.get(at)).filter(|_| !is_part_of_number(text, tokens, at))?;
    let glued = |at| matches!(between(text, tokens, at).trim(), "" | "+" | "-");
    let own = glued(at).then(|| unit(tokens.get(at + 1))).flatten();
    let behind = if own.is_some() { at + 1 } else { at };
    if let Some((to, last)) = second(text, tokens, behind)
        && glued(last)
        && let Some(unit_to) = unit(tokens.get(last + 1))
    {
        let minutes = (from * own.unwrap_or(unit_to), to * unit_to);
        let at = tokens[at].at.start..tokens[last + 1].at.end;
        return (minutes.0 <= minutes.1).then_some(Stretch { minutes, is_ordinal: false, at });
    }
    let minutes = from * own?;
    Some(Stretch { minutes: (minutes, minutes), is_ordinal: false, at: tokens[at].at.start..tokens[at + 1].at.end })
}

/// The number behind a dash or "to".
fn second(text: &str, tokens: &[Token<'_>], at: usize) -> Option<(u64, usize)> {
    if matches!(between(text, tokens, at).trim(), "-" | "–" | "—" | "..") {
        return Some((count(tokens.get(at + 1))?, at + 1));
    }
    let is_word = tokens.get(at + 1).is_some_and(|token| matches!(token.text, "to" | "bis" | "a" | "à" | "and"));
    if !is_word || !is_gap(between(text, tokens, at)) {
        return None;
    }
    Some((count(tokens.get(at + 2))?, at + 2))
}

fn between<'t>(text: &'t str, tokens: &[Token<'_>], at: usize) -> &'t str {
    let Some(left) = tokens.get(at) else { return "?" };
    let end = tokens.get(at + 1).map_or(text.len(), |right| right.at.start);
    &text[left.at.end..end]
}

fn is_gap(between: &str) -> bool {
    between.chars().all(char::is_whitespace) && !between.is_empty()
}

/// `0.5`, `2,000`, `v2`: a number that is only a part.
fn is_part_of_number(text: &str, tokens: &[Token<'_>], at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return true };
    let before = text[..token.at.start].chars().next_back();
    let digit_before = at > 0 && tokens[at - 1].text.bytes().all(|byte| byte.is_ascii_digit());
    let after = text[token.at.end..].chars().next();
    let digit_after =
        tokens.get(at + 1).is_some_and(|next| next.at.start == token.at.end + 1 && count(Some(next)).is_some());
    before.is_some_and(|c| {
        c.is_alphanumeric() || c == '.' && digit_before || c == ',' && digit_before && token.text.len() == 3
    }) || digit_after && matches!(after, Some('.' | ',' | ':' | '/'))
}

/// The first and the last day of a quarter, a half or a month of a year: `Q3 2025`, `2025 H1`, `2025-Q3`.
pub(crate) fn calendar(text: &str) -> Option<(Date, Date, Range<usize>)> {
    let tokens = tokens(text);
    let year = |token: Option<&Token<'_>>| {
        token?.text.parse::<u16>().ok().filter(|year| (1990..2100).contains(year) && token.is_some())
    };
    (0..tokens.len()).find_map(|at| {
        let (months, number) = match tokens[at].text {
            "Q" | "q" => (3, count(tokens.get(at + 1)).filter(|number| (1..=4).contains(number))?),
            "H" => (6, count(tokens.get(at + 1)).filter(|number| (1..=2).contains(number))?),
            _ => return None,
        };
        let glued = tokens[at].at.end == tokens[at + 1].at.start;
        let before = at.checked_sub(1).and_then(|before| Some((year(tokens.get(before))?, before, at + 1)));
        let (year, first, last) = before.or_else(|| Some((year(tokens.get(at + 2))?, at, at + 2)))?;
        let first_month = u8::try_from((number - 1) * months + 1).ok()?;
        let from = Date::try_new(year, first_month, 1)?;
        let last_month = first_month + u8::try_from(months).ok()? - 1;
        let to = (28..=31).rev().find_map(|day| Date::try_new(year, last_month, day))?;
        glued.then(|| (from, to, tokens[first].at.start..tokens[last].at.end))
    })
}

/// How often, in days, and the bytes that say so: `quarterly`, `every 90 days`, `each month`, `once a year`.
pub(crate) fn rhythm(text: &str) -> Option<(u32, Range<usize>)> {
    let tokens = tokens(text);
    let in_days = |(minutes, at): (u64, Range<usize>)| {
        Some((u32::try_from(minutes / MINUTES_A_DAY).ok().filter(|days| *days > 0)?, at))
    };
    (0..tokens.len())
        .find_map(|at| word_of_rhythm(text, &tokens, at).or_else(|| every(text, &tokens, at).and_then(in_days)))
}

/// How often, in minutes: like [`rhythm`], and `hourly`, `every 15 minutes`.
pub(crate) fn minutes_of_rhythm(text: &str) -> Option<(u64, Range<usize>)> {
    let tokens = tokens(text);
    let hourly = |at: usize| {
        let word = fold(tokens[at].text);
        matches!(word.as_str(), "hourly" | "stundlich" | "stundliche").then(|| (60, tokens[at].at.clone()))
    };
    let in_minutes = |(days, at): (u32, Range<usize>)| (u64::from(days) * MINUTES_A_DAY, at);
    (0..tokens.len()).find_map(|at| {
        hourly(at).or_else(|| word_of_rhythm(text, &tokens, at).map(in_minutes)).or_else(|| every(text, &tokens, at))
    })
}

fn word_of_rhythm(text: &str, tokens: &[Token<'_>], at: usize) -> Option<(u32, Range<usize>)> {
    let word = fold(tokens[at].text);
    let days = RHYTHMS.iter().find(|(_, words)| words.split(' ').any(|known| known == word)).map(|(days, _)| *days)?;
    let before = at.checked_sub(1).filter(|before| matches!(between(text, tokens, *before), "-" | " " | ""));
    let prefix = before.map(|before| tokens[before].text.to_lowercase());
    match prefix.as_deref() {
        Some("bi") => Some((days * 2, tokens[at - 1].at.start..tokens[at].at.end)),
        Some("semi") | Some("half") => Some((days.div_ceil(2), tokens[at - 1].at.start..tokens[at].at.end)),
        _ => Some((days, tokens[at].at.clone())),
    }
}

/// Every so many minutes.
fn every(text: &str, tokens: &[Token<'_>], at: usize) -> Option<(u64, Range<usize>)> {
    let word = fold(tokens[at].text);
    let after_once =
        || at > 0 && matches!(fold(tokens[at - 1].text).as_str(), "once" | "einmal" | "une" | "fois" | "vez");
    let opens = matches!(word.as_str(), "every" | "each" | "alle" | "jede" | "jeden" | "jedes" | "chaque" | "cada")
        || matches!(word.as_str(), "a" | "per" | "pro" | "im" | "par" | "al") && after_once();
    if !opens || !is_gap(between(text, tokens, at)) {
        return None;
    }
    let (times, next) = match tokens.get(at + 1) {
        Some(token) if token.text.eq_ignore_ascii_case("other") => (2, at + 2),
        token => count(token).map_or((1, at + 1), |times| (times, at + 2)),
    };
    let minutes = unit(tokens.get(next))? * times;
    (minutes > 0).then(|| (minutes, tokens[at].at.start..tokens[next].at.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<((u64, u64), bool)> {
        stretch(text).map(|stretch| (stretch.days(), stretch.is_ordinal))
    }

    #[test]
    fn a_stretch_is_read_before_and_behind_its_numbers() {
        assert_eq!(read("Month 1-2: Critical Risks"), Some(((0, 60), true)));
        assert_eq!(read("### Weeks 3 – 4"), Some(((14, 28), true)));
        assert_eq!(read("Proposed Mitigations (1-3 Months)"), Some(((30, 90), false)));
        assert_eq!(read("VERY HIGH (6-12 months)"), Some(((180, 360), false)));
        assert_eq!(read("within 2 weeks"), Some(((14, 14), false)));
        assert_eq!(read("6+ months"), Some(((180, 180), false)));
        assert_eq!(read("2 bis 3 Wochen"), Some(((14, 21), false)));
        assert_eq!(stretch("Short-term (15 minutes - 2 hours)").map(|s| s.minutes), Some((15, 120)));
        assert_eq!(stretch("0-15min").map(|s| s.minutes), Some((0, 15)));
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in
            ["10K+ users", "v0.2.9", "24/7", "p95 of 3", "monthly", "0.5 days", "2,000 days", "Day of 3", "1-month"]
        {
            assert_eq!(read(text).filter(|_| text != "1-month"), None, "{text}");
        }
    }

    #[test]
    fn a_quarter_has_a_first_and_a_last_day() {
        let days = |text| calendar(text).map(|(from, to, at)| (from.to_string(), to.to_string(), text[at].to_owned()));
        let third = |written: &str| Some(("2025-07-01".to_owned(), "2025-09-30".to_owned(), written.to_owned()));
        assert_eq!(days("by Q3 2025, maybe"), third("Q3 2025"));
        assert_eq!(days("2025-Q3"), third("2025-Q3"));
        assert_eq!(calendar("H2 2025").map(|(_, to, _)| to.to_string()).as_deref(), Some("2025-12-31"));
        assert_eq!(
            [calendar("Q 3 2025"), calendar("Q5 2025"), calendar("Q3"), calendar("FAQ 2025")],
            [None, None, None, None]
        );
    }

    #[test]
    fn a_rhythm_is_read_in_words_and_in_numbers() {
        let days = |text| rhythm(text).map(|(days, _)| days);
        for (text, expected) in [
            ("Test failover quarterly", 91),
            ("Bi-weekly sync", 14),
            ("reviewed every 90 days", 90),
            ("every other week", 14),
            ("once a month", 30),
            ("semi-annual drill", 183),
            ("Wiederherstellung vierteljährlich testen", 91),
            ("once per quarter", 91),
            ("each month", 30),
        ] {
            assert_eq!(days(text), Some(expected), "{text}");
        }
        for text in ["every release", "two incidents per month", "3 months", "each of the days"] {
            assert_eq!(days(text), None, "{text}");
        }
    }
}
