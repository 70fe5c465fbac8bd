//! How much: the words, letters and digits with which people grade likelihood, impact and severity.
//!
//! Words of several scales and languages are laid on one ladder of eight rungs, so that they can be compared.
//! A text is a level only when nothing but a reason follows the word: `High availability` is not a level.

use std::sync::LazyLock;

use foldhash::HashMap;

use crate::fold::with_folded;

/// A rung of the ladder, from the least to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Minimal, very low, negligible, rare.
    Minimal,
    /// Low, unlikely, minor.
    Low,
    /// Between low and medium.
    LowMedium,
    /// Medium, moderate, possible.
    Medium,
    /// Between medium and high.
    MediumHigh,
    /// High, major, likely.
    High,
    /// Very high, severe.
    VeryHigh,
    /// Critical, catastrophic, certain.
    Critical,
}

impl Level {
    /// The word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::LowMedium => "low-medium",
            Self::Medium => "medium",
            Self::MediumHigh => "medium-high",
            Self::High => "high",
            Self::VeryHigh => "very high",
            Self::Critical => "critical",
        }
    }

    /// The place on the ladder, 1 (minimal) to 8 (critical).
    pub fn rank(self) -> u8 {
        self as u8 + 1
    }

    /// The place on the scale low 1, medium 2, high 3. A level between two counts as the worse one.
    pub fn of_three(self) -> u32 {
        match self {
            Self::Minimal | Self::Low => 1,
            Self::LowMedium | Self::Medium => 2,
            Self::MediumHigh | Self::High | Self::VeryHigh | Self::Critical => 3,
        }
    }

    /// Whether it lies between two named levels, as `medium-high` does.
    pub fn is_between(self) -> bool {
        matches!(self, Self::LowMedium | Self::MediumHigh)
    }

    fn between(self, other: Self) -> Self {
        match (self.min(other), self.max(other)) {
            (Self::Low, Self::Medium) => Self::LowMedium,
            (Self::Medium, Self::High) => Self::MediumHigh,
            (Self::Low, Self::High) => Self::Medium,
            (_, worse) => worse,
        }
    }
}

/// Words of levels, folded: English, German, French, Spanish, Portuguese, Italian, Polish, Dutch, Scandinavian, Russian, Chinese.
const WORDS: &[(Level, &str)] = &[
    (
        Level::Minimal,
        "minimal, very low, negligible, insignificant, trivial, rare, very unlikely, remote, info, sehr \
         niedrig, sehr gering, tres faible, negligeable, muy bajo, muy baja, molto basso, molto bassa, bardzo niski, bardzo niska, bardzo niskie, zeer laag, svaert lav, mycket lag, очень низкий, очень низкая, 极低, muito baixo, muito baixa, 極低, sangat rendah, rất thấp, cok dusuk, منخفض جدا, منخفضة جدا, дуже низький, \
         minimo, minima",
    ),
    (
        Level::Low,
        "baix, alacsony, low, lo, unlikely, minor, improbable, niedrig, gering, unwahrscheinlich, faible, mineur, peu \
         probable, bajo, baja, menor, baixo, baixa, basso, bassa, niski, niska, niskie, niedrige, geringe, faibles, bajos, laag, lav, \
         lavt, lag, lagt, низкий, низкая, низкое, 低, 较低, 較低, rendah, kecil, thấp, dusuk, منخفض, منخفضة, низький, низька, 낮음",
    ),
    (Level::LowMedium, "low medium, medium low, low to medium, mittel niedrig"),
    (
        Level::Medium,
        "kozepes, mitja, mitjana, mitjans, medium, middle, med, moderate, possible, mittel, moglich, moyen, moyenne, modere, medio, media, moderado, \
         posible, moderada, moderato, moderata, sredni, srednia, srednie, mittlere, mittlerer, mittleres, gemiddeld, middel, \
         middels, moderat, medel, mellem, средний, средняя, среднее, 中, 中等, sedang, trung binh, orta, متوسط, متوسطة, середній, середня, 중간, 보통",
    ),
    (Level::MediumHigh, "medium high, medium to high, med high, mittel hoch"),
    (
        Level::High,
        "alt, magas, high, hi, major, likely, significant, probable, serious, hoch, wahrscheinlich, eleve, elevee, fort, \
         forte, majeur, alto, alta, mayor, wysoki, wysoka, wysokie, hohe, hoher, hohes, hoog, hoy, hoyt, hog, hogt, hoj, hojt, \
         высокий, высокая, высокое, 高, 较高, 較高, tinggi, besar, cao, yuksek, مرتفع, مرتفعة, عالي, عالية, عال, високий, висока, 높음",
    ),
    (
        Level::VeryHigh,
        "very high, severe, very likely, sehr hoch, tres eleve, tres elevee, muy alto, muy alta, grave, muito alto, muito alta, sangat tinggi, rất cao, cok yuksek, 极高, 很高, очень высокий, очень высокая, molto alto, molto alta, bardzo wysoki, bardzo wysoka, zeer hoog",
    ),
    (
        Level::Critical,
        "kritikus, critical, crit, catastrophic, extreme, almost certain, certain, kritisch, katastrophal, sicher, \
         critique, catastrophique, critico, critica, catastrofico, seguro, extremo, krytyczny, krytyczna, krytyczne, kritiek, kritisk, kritische, kritischer, \
         критический, критическая, критичный, критичная, критичное, 严重, 致命, 紧急, 嚴重, 緊急, kritis, kritik, nghiem trọng, حرج, حرجة, критичний, 심각",
    ),
];

/// Folded words to levels.
static BY_WORD: LazyLock<HashMap<&'static str, Level>> = LazyLock::new(|| {
    WORDS.iter().flat_map(|(level, words)| words.split(", ").map(move |word| (word, *level))).collect()
});
/// Single letters count only when they are the whole text.
const LETTERS: &[(&str, Level)] = &[
    ("l", Level::Low),
    ("m", Level::Medium),
    ("h", Level::High),
    ("c", Level::Critical),
    ("vh", Level::VeryHigh),
    ("vl", Level::Minimal),
    ("sh", Level::VeryHigh),
];
/// Words that may follow a level without changing it: `High risk`.
const FILLERS: &[&str] = &[
    "risk",
    "risks",
    "impact",
    "probability",
    "likelihood",
    "severity",
    "priority",
    "risiko",
    "risque",
    "riesgo",
    "rischio",
];
/// The longest level in words: `low to medium`.
const MAX_LEVEL_WORDS: usize = 3;

/// A level read from the beginning of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReadLevel {
    pub(crate) level: Level,
    pub(crate) number: Option<u32>,
    pub(crate) reason: Option<String>,
}

/// Reads `High`, `HIGH - reason`, `High (3)`, `🔴 Critical`, `Medium to High`, `M`; the text is plain.
pub(crate) fn read_level(text: &str) -> Option<ReadLevel> {
    let text = after_marks(text);
    if let Some((_, level)) = with_folded(text, |text| LETTERS.iter().find(|(letter, _)| *letter == text)) {
        return Some(ReadLevel { level: *level, number: None, reason: None });
    }
    let (mut level, mut rest) = leading_level(text)?;
    if let Some((other, after)) = second_level(rest) {
        if second_level(after).is_some() {
            // `Low / Medium / High` is a choice to be made, as templates offer it.
            return None;
        }
        level = level.between(other);
        rest = after;
    }
    let (number, rest) = number_in_brackets(rest);
    Some(ReadLevel { level, number, reason: reason(rest) })
}

/// The level that a single folded word stands for, without letters.
pub(crate) fn level_of_word(folded: &str) -> Option<Level> {
    BY_WORD.get(folded).copied()
}

/// What stands behind a separator, without it and without its brackets.
pub(crate) fn reason(rest: &str) -> Option<String> {
    let rest = rest.trim().trim_start_matches(|c: char| is_separator(c) && c != '(').trim();
    let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|inner| !inner.contains(')'));
    let reason = inner.unwrap_or(rest).trim();
    reason.chars().any(char::is_alphanumeric).then(|| reason.to_owned())
}

/// Whether a value may end where `rest` begins: at the end, or before a mark that opens a reason.
/// A dash between two letters does not end a word: `medium-sized`.
pub(crate) fn ends_here(rest: &str) -> bool {
    let joins = rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    !joins && rest.trim_start().chars().next().is_none_or(is_separator)
}

/// The text without the pictures and marks at its beginning.
pub(crate) fn after_marks(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '~' && c != '-' && c != '<' && c != '>' && c != '(')
}

fn is_separator(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '%' | '_' | '\'' | '’')
}

fn leading_level(text: &str) -> Option<(Level, &str)> {
    let (ends, words) = word_ends(text);
    for end in ends[..words].iter().rev() {
        let rest = &text[*end..];
        if let Some(rest) = after_filler(rest)
            && let Some(level) = with_folded(&text[..*end], level_of_word)
        {
            return Some((level, rest));
        }
    }
    None
}

/// Ends of the first words, as long as only spaces and dashes stand between them, and how many there are.
fn word_ends(text: &str) -> ([usize; MAX_LEVEL_WORDS], usize) {
    let mut ends = [0; MAX_LEVEL_WORDS];
    let mut words = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            in_word = true;
            continue;
        }
        if std::mem::take(&mut in_word) {
            ends[words] = at;
            words += 1;
        }
        if words == MAX_LEVEL_WORDS || !matches!(c, ' ' | '-' | '–' | '—' | '\u{a0}') {
            return (ends, words);
        }
    }
    if in_word {
        ends[words] = text.len();
        words += 1;
    }
    (ends, words)
}

fn after_filler(rest: &str) -> Option<&str> {
    if ends_here(rest) || rest.strip_prefix('-').is_some_and(starts_with_level) {
        return Some(rest);
    }
    let trimmed = rest.trim_start();
    let end = trimmed.find(|c: char| !c.is_alphanumeric()).unwrap_or(trimmed.len());
    let filler = FILLERS.iter().any(|filler| trimmed[..end].eq_ignore_ascii_case(filler));
    (filler && ends_here(&trimmed[end..])).then(|| &trimmed[end..])
}

fn starts_with_level(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    with_folded(&text[..end], level_of_word).is_some()
}

fn second_level(rest: &str) -> Option<(Level, &str)> {
    let rest = rest.trim_start();
    let after = rest
        .strip_prefix("to ")
        .or_else(|| rest.strip_prefix("or "))
        .or_else(|| rest.strip_prefix(['-', '–', '—', '/']))?;
    leading_level(after.trim_start())
}

fn number_in_brackets(rest: &str) -> (Option<u32>, &str) {
    let trimmed = rest.trim_start();
    let Some(inner) = trimmed.strip_prefix(['(', '[', '=']) else { return (None, rest) };
    let inner = inner.trim_start();
    let end = inner.find(|c: char| !c.is_ascii_digit()).unwrap_or(inner.len());
    match inner[..end].parse() {
        Ok(number) if ends_here(&inner[end..]) => (Some(number), inner[end..].trim_start_matches([')', ']'])),
        _ => (None, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(text: &str) -> Option<Level> {
        read_level(text).map(|read| read.level)
    }

    #[test]
    fn a_level_is_read_in_every_coat() {
        for (text, expected) in [
            ("High", Level::High),
            ("HIGH - reason", Level::High),
            ("HIGH (will hit at 10K+ users)", Level::High),
            ("🔴 Critical", Level::Critical),
            ("Med", Level::Medium),
            ("Very Low", Level::Minimal),
            ("MEDIUM-HIGH", Level::MediumHigh),
            ("Low-Medium - can happen", Level::LowMedium),
            ("Medium / High", Level::MediumHigh),
            ("High-Critical", Level::Critical),
            ("Low to Medium", Level::LowMedium),
            ("High risk", Level::High),
            ("M", Level::Medium),
            ("Élevée", Level::High),
            ("sehr hoch", Level::VeryHigh),
            ("Alta: por la red", Level::High),
        ] {
            assert_eq!(level(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_text_that_goes_on_is_no_level() {
        for text in [
            "High availability needed",
            "Lowercase names",
            "Most users",
            "Possible data loss",
            "medium-sized tables",
            "Low/Medium/High",
            "",
            "3",
        ] {
            assert_eq!(level(text), None, "{text}");
        }
    }

    #[test]
    fn number_and_reason_stand_beside_the_word() {
        let read = read_level("High (3) - the daemon stops").expect("is a level");
        assert_eq!((read.number, read.reason.as_deref()), (Some(3), Some("the daemon stops")));
        let read = read_level("HIGH - low hanging").expect("is a level");
        assert_eq!((read.level, read.reason.as_deref()), (Level::High, Some("low hanging")));
    }

    #[test]
    fn a_level_between_two_counts_as_the_worse_of_three() {
        assert_eq!([Level::LowMedium, Level::MediumHigh, Level::Critical].map(Level::of_three), [2, 3, 3]);
    }
}
