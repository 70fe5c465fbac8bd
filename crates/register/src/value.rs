//! What the text of a field says, as far as it can be said without guessing.

use crate::fold::{plain, with_folded};
use crate::level::{Level, after_marks, ends_here, read_level, reason};
use crate::noun::FieldName;
use crate::status::{State, read_status};

/// The most owners read from one field.
const MAX_OWNERS: usize = 16;

/// The meaning of a field. What is not understood stays [`FieldValue::Text`].
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A level in words, perhaps with its number: `High (3) - reason`.
    Level {
        /// The rung.
        level: Level,
        /// The number written beside the word.
        number: Option<u32>,
        /// The rest of the text.
        reason: Option<String>,
    },
    /// A number: `3`, `6/9`, `~54/100`.
    Number {
        /// The number.
        value: f64,
        /// What it is out of.
        out_of: Option<f64>,
        /// The rest of the text.
        reason: Option<String>,
    },
    /// A status.
    Status {
        /// What it comes to.
        state: State,
        /// The word, folded.
        word: String,
        /// The rest of the text.
        reason: Option<String>,
    },
    /// Who, one or several.
    Owners(Vec<String>),
    /// Nothing is stated: empty, `-`, `N/A`, `none`, `TBD`; perhaps with a reason.
    Nothing {
        /// Why nothing is stated.
        reason: Option<String>,
    },
    /// Anything else, without its markup.
    Text(String),
}

impl FieldValue {
    /// The level, when it is one.
    pub fn level(&self) -> Option<Level> {
        match self {
            Self::Level { level, .. } => Some(*level),
            Self::Number { .. } | Self::Status { .. } | Self::Owners(_) | Self::Nothing { .. } | Self::Text(_) => None,
        }
    }

    /// The number, alone or beside a word.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Level { number, .. } => number.map(f64::from),
            Self::Number { value, .. } => Some(*value),
            Self::Status { .. } | Self::Owners(_) | Self::Nothing { .. } | Self::Text(_) => None,
        }
    }

    /// Whether anything is stated.
    pub fn is_stated(&self) -> bool {
        !matches!(self, Self::Nothing { .. })
    }

    /// The meaning in short: the level, number, state, owners or text, as it is put into machine output.
    pub fn short(&self) -> String {
        match self {
            Self::Level { level, .. } => level.word().to_owned(),
            Self::Number { value, .. } => value.to_string(),
            Self::Status { state, .. } => state.word().to_owned(),
            Self::Owners(owners) => owners.join(", "),
            Self::Nothing { .. } => String::new(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Words that state nothing, folded.
/// The longest of the words that say nothing.
const MAX_NOTHING_LETTERS: usize = 32;
const NOTHING: &[&str] = &[
    "",
    "n a",
    "na",
    "none",
    "nil",
    "not applicable",
    "tbd",
    "tba",
    "unknown",
    "unassigned",
    "keine",
    "keiner",
    "kein",
    "entfallt",
    "offen lassen",
    "aucun",
    "aucune",
    "s o",
    "ninguno",
    "ninguna",
    "no aplica",
];

/// Reads the text of a field; `raw` is the original slice.
pub(crate) fn read_value(noun: FieldName, raw: &str) -> FieldValue {
    let text = plain(raw);
    if let Some(nothing) = read_nothing(&text) {
        return nothing;
    }
    match noun {
        FieldName::Likelihood
        | FieldName::Impact
        | FieldName::Severity
        | FieldName::Level
        | FieldName::Priority
        | FieldName::Residual
        | FieldName::Detection => read_grade(&text).unwrap_or(FieldValue::Text(text)),
        FieldName::Score => read_number(&text).or_else(|| read_grade(&text)).unwrap_or(FieldValue::Text(text)),
        FieldName::Status => {
            let status = read_status(&text);
            FieldValue::Status { state: status.state, word: status.word, reason: status.reason }
        }
        FieldName::Owner => FieldValue::Owners(owners(&text)),
        _ => FieldValue::Text(text),
    }
}

/// Whether a text is nothing but a level, a number, a range or a priority code, as the first cells of legends are.
pub(crate) fn is_bare_grade(text: &str) -> bool {
    let bare = |word: &str| word.chars().all(|c| c.is_ascii_digit()) || is_priority_code(word);
    let codes = |folded: &str| !folded.is_empty() && folded.split(' ').all(bare);
    read_level(text).is_some_and(|read| read.reason.is_none()) || with_folded(text, codes)
}

fn is_priority_code(word: &str) -> bool {
    let digits = word.strip_prefix(['p', 's']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.len() <= 2 && digits.chars().all(|c| c.is_ascii_digit()))
}

/// Whether a text says that nothing is stated: `-`, `TBD`, `n/a`.
pub(crate) fn is_nothing(text: &str) -> bool {
    read_nothing(text).is_some()
}

fn read_nothing(text: &str) -> Option<FieldValue> {
    let trimmed = text.trim();
    let letters = trimmed.chars().filter(|c| c.is_alphanumeric()).take(MAX_NOTHING_LETTERS + 1).count();
    let says_nothing = || with_folded(trimmed, |folded| NOTHING.contains(&folded));
    if letters <= MAX_NOTHING_LETTERS && says_nothing() && !trimmed.chars().any(is_telling_mark) {
        return Some(FieldValue::Nothing { reason: None });
    }
    let lower = trimmed.get(..3).map(str::to_ascii_lowercase)?;
    let rest = &trimmed[3..];
    let is_reasoned = (lower == "n/a" || lower == "tbd") && ends_here(rest);
    is_reasoned.then(|| FieldValue::Nothing { reason: reason(rest) })
}

/// Pictures say something even where no letter stands.
fn is_telling_mark(c: char) -> bool {
    !c.is_ascii() && !matches!(c, '–' | '—' | '−' | '\u{a0}')
}

/// A level, or a number with or without a level behind it.
fn read_grade(text: &str) -> Option<FieldValue> {
    if let Some(read) = read_level(text) {
        return Some(FieldValue::Level { level: read.level, number: read.number, reason: read.reason });
    }
    if let Some(read) = glossed_level(text) {
        return Some(read);
    }
    match read_number(text)? {
        FieldValue::Number { value, out_of: None, reason: Some(reason) } if value.fract() == 0.0 && value <= 100.0 => {
            Some(match read_level(&reason) {
                Some(read) => FieldValue::Level { level: read.level, number: Some(value as u32), reason: read.reason },
                None => FieldValue::Number { value, out_of: None, reason: Some(reason) },
            })
        }
        number => Some(number),
    }
}

/// A word of another language with a level in brackets behind it: `منخفضة (Low)`.
fn glossed_level(text: &str) -> Option<FieldValue> {
    let (before, inner) = text.trim().strip_suffix(')')?.split_once('(')?;
    let is_foreign = before.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    let read = read_level(inner).filter(|read| is_foreign && read.reason.is_none())?;
    Some(FieldValue::Level { level: read.level, number: read.number, reason: None })
}

/// `3`, `0.5`, `~54/100`, `3 of 5`, `6 (High)`; not `3 days`, `1-3` or `2025-01-01`.
fn read_number(text: &str) -> Option<FieldValue> {
    let text = after_marks(text).trim_start_matches(['~', '≈']).trim_start();
    let (value, rest) = leading_number(text)?;
    if let Some(after) = rest.trim_start().strip_prefix('/').or_else(|| rest.trim_start().strip_prefix("of ")) {
        let (out_of, rest) = leading_number(after.trim_start())?;
        return ends_here(rest).then(|| FieldValue::Number { value, out_of: Some(out_of), reason: reason(rest) });
    }
    let is_range = rest.trim_start().starts_with(['-', '–', '—', '×', '*'])
        && rest.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(|c: char| c.is_ascii_digit());
    let is_unit = rest.starts_with(['%', '_', 'x', '+']);
    (!is_range && !is_unit && ends_here(rest)).then(|| FieldValue::Number { value, out_of: None, reason: reason(rest) })
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let whole = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let after = &text[whole..];
    let decimals =
        after.strip_prefix('.').map_or(0, |rest| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let end = if decimals > 0 { whole + 1 + decimals } else { whole };
    let value = text[..end].parse::<f64>().ok().filter(|value| *value <= 1e9)?;
    Some((value, &text[end..]))
}

fn owners(text: &str) -> Vec<String> {
    let parts = text.split([',', ';', '&', '+', '/']).flat_map(|part| part.split(" and "));
    let names = parts.map(|part| part.trim().trim_start_matches('@').trim()).filter(|part| !part.is_empty());
    names.take(MAX_OWNERS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<f64> {
        read_value(FieldName::Score, text).number()
    }

    #[test]
    fn numbers_are_read_and_quantities_are_not() {
        assert_eq!(
            [number("6"), number("**6** (High)"), number("~54/100"), number("0.5")],
            [Some(6.0), Some(6.0), Some(54.0), Some(0.5)]
        );
        assert_eq!([number("1-3"), number("3 days"), number("2025-01-01"), number("5%"), number("3x3")], [None; 5]);
    }

    #[test]
    fn a_digit_with_its_word_is_a_level() {
        let value = read_value(FieldName::Impact, "3 (High)");
        assert_eq!((value.level(), value.number()), (Some(Level::High), Some(3.0)));
    }

    #[test]
    fn nothing_is_stated_by_dashes_and_not_applicable() {
        for text in ["", "-", "–", " — ", "N/A", "none", "TBD", "?", "**-**"] {
            assert!(!read_value(FieldName::Owner, text).is_stated(), "{text}");
        }
        let reason = Some("policy only".to_owned());
        assert_eq!(read_value(FieldName::Status, "N/A (policy only)"), FieldValue::Nothing { reason });
        assert!(read_value(FieldName::Status, "✅").is_stated());
    }

    #[test]
    fn a_field_may_have_several_owners() {
        assert_eq!(read_value(FieldName::Owner, "@sre, platform team and QA").short(), "sre, platform team, QA");
    }

    #[test]
    fn bare_grades_are_what_legends_are_made_of() {
        assert_eq!(["Critical", "1-3", "P0", "9", "🔴 High"].map(is_bare_grade), [true; 5]);
        assert_eq!(["Cache loss", "High - data", "", "Production outage"].map(is_bare_grade), [false; 4]);
    }
}
