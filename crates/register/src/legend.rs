//! What a document says about its own grades: scales, how a score is made, and how many risks there are.

use text::{Source, Span, read_yaml};

use crate::draft::Context;
use crate::fold::{fold, fold_label, holds, plain};
use crate::level::{Level, read_level};
use crate::model::{Counted, Formula, Model, Scale, Total};
use crate::noun::FieldName;
use crate::outline::Section;
use crate::page::{BlockKind, trimmed};

/// The largest fenced block read as `risk_summary`.
const MAX_SUMMARY_BYTES: usize = 64 * 1024;
/// The longest line searched for a legend, and how far behind a noun its range may stand.
const MAX_LEGEND_BYTES: usize = 600;
const MAX_RANGE_DISTANCE: usize = 24;
/// The largest number on a scale.
const MAX_GRADE: u32 = 100;
/// Second columns of tables that count risks.
const COUNT_WORDS: &[&str] =
    &["count", "number", "number of risks", "total", "risks", "anzahl", "nombre", "cantidad", "how many"];
/// A line without one of these defines no scale.
const LEGEND_WORDS: &[&str] = &[
    "legend", "legende", "leyenda", "scale", "scales", "skala", "echelle", "escala", "score", "scored", "rated",
    "rating",
];
const TOTAL_WORDS: &[&str] = &["total", "totals", "sum", "summe", "gesamt", "all", "total risks"];
/// The longest label of a total, with its marks.
const MAX_TOTAL_LABEL_BYTES: usize = 80;
/// The word that stands in all of them.
const TOTAL_LABEL_WORD: &str = "risks";
const TOTAL_LABELS: &[&str] = &[
    "total risks",
    "total risks identified",
    "total number of risks",
    "risks total",
    "number of risks",
    "total identified risks",
];

/// Scales and counts found so far.
#[derive(Default)]
pub(crate) struct Legend {
    pub(crate) scales: Vec<Scale>,
    pub(crate) formula: Option<(Formula, Span)>,
    pub(crate) totals: Vec<Total>,
    pub(crate) overall: Option<(f64, Span)>,
    /// Names of models that the document mentions.
    pub(crate) mentions: Vec<Model>,
}

impl Legend {
    /// Looks at a table that lists no risks.
    pub(crate) fn take_table(&mut self, context: &Context<'_>, rows: &[Vec<Span>], span: Span, section: &Section) {
        let Some((heading, body)) = rows.split_first() else { return };
        let Some(noun) = heading.first().and_then(|cell| context.nouns.of(&plain(context.slice(*cell)))) else {
            return;
        };
        if !(noun.is_rating() || noun == FieldName::Priority) {
            return;
        }
        let counts =
            heading.get(1).is_some_and(|cell| COUNT_WORDS.contains(&fold_label(&plain(context.slice(*cell))).as_str()));
        if counts {
            self.totals.extend(body.iter().filter_map(|row| count_row(context, noun, row)));
            return;
        }
        let firsts: Vec<String> =
            body.iter().filter_map(|row| row.first()).map(|cell| plain(context.slice(*cell))).collect();
        let levels: Vec<Level> = firsts.iter().filter_map(|text| bare_level(text)).collect();
        let numbers: Vec<u32> = firsts.iter().filter_map(|text| leading_grade(text)).collect();
        let graded = levels.len().max(numbers.len());
        if graded < 2 || graded < firsts.len() {
            return;
        }
        let bounds = (numbers.len() == firsts.len())
            .then(|| (numbers.iter().min().copied().unwrap_or(0), numbers.iter().max().copied().unwrap_or(0)));
        let levels = if levels.len() == firsts.len() { levels } else { Vec::new() };
        let noun = graded_noun(context, noun, heading, section);
        let meanings = meanings(context, heading, body);
        self.scales.push(Scale { of: noun, levels, numbers: bounds, meanings, span });
    }

    /// Ranges in column headings: `Likelihood (1-5)`.
    pub(crate) fn take_heading(&mut self, context: &Context<'_>, heading: &[Span]) {
        for cell in heading {
            let text = context.slice(*cell);
            let Some(at) = text.find('(') else { continue };
            if let Some(noun) = context.nouns.of(&plain(&text[..at]))
                && is_factor(noun)
                && let Some(numbers) = range(&text[at..])
            {
                self.scales.push(Scale {
                    of: noun,
                    levels: Vec::new(),
                    numbers: Some(numbers),
                    meanings: Vec::new(),
                    span: *cell,
                });
            }
        }
    }

    /// Looks at a line of prose: `Legend: Probability (1–3), Impact (1–3), Score = Prob×Impact`, `Total risks: 8`.
    pub(crate) fn take_line(&mut self, context: &Context<'_>, line: Span) {
        let text = crate::fold::cut(context.slice(line), MAX_LEGEND_BYTES);
        self.take_total(context, line, text);
        self.take_overall(line, text);
        self.take_model(text);
        if self.formula.is_none() {
            self.formula = formula(context, text).map(|formula| (formula, line));
        }
        let states_numbers = text.contains(|c: char| c.is_ascii_digit());
        if !states_numbers || !words(text).any(|(_, word)| is_legend_word(word)) {
            return;
        }
        for (at, word) in words(text) {
            let Some(noun) = context.nouns.of(word).filter(|noun| is_factor(*noun)) else { continue };
            let after = crate::fold::cut(&text[at + word.len()..], MAX_RANGE_DISTANCE);
            let near = after
                .trim_start()
                .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '(' | ':' | '=' | '['))
                .then(|| range(after))
                .flatten();
            if let Some(numbers) = near {
                let span = Span::new(line.start + at, line.start + at + word.len());
                self.scales.push(Scale {
                    of: noun,
                    levels: Vec::new(),
                    numbers: Some(numbers),
                    meanings: Vec::new(),
                    span,
                });
            }
        }
    }

    /// Looks at a fenced block: the `risk_summary` of BMAD.
    pub(crate) fn take_fence(&mut self, context: &Context<'_>, body: Span) {
        let text = context.slice(body);
        if text.len() > MAX_SUMMARY_BYTES || !text.lines().any(|line| line.trim_end() == "risk_summary:") {
            return;
        }
        let source = Source::new(context.source.path(), text);
        let (node, _problems) = read_yaml(&source);
        let totals = node.as_ref().and_then(|node| node.get("risk_summary")).and_then(|summary| summary.get("totals"));
        for entry in totals.and_then(|totals| totals.as_map()).unwrap_or_default() {
            let Some(count) = entry.value.as_text().and_then(|text| text.trim().parse().ok()) else { continue };
            let span = Span::new(body.start + entry.value.span.start, body.start + entry.value.span.end);
            let of = match entry.key.as_str() {
                "critical" => Counted::Band(Level::Critical),
                "high" => Counted::Band(Level::High),
                "medium" => Counted::Band(Level::Medium),
                "low" => Counted::Band(Level::Low),
                "total" => Counted::All,
                _ => continue,
            };
            self.totals.push(Total { of, count, span });
        }
    }

    /// `Overall Risk Score: ~54/100`.
    fn take_overall(&mut self, line: Span, text: &str) {
        let Some(at) = text.find("/100").filter(|_| self.overall.is_none()) else { return };
        let Some(colon) = text[..at].rfind(':') else { return };
        let label = fold(&text[..colon]);
        let digits = text[colon + 1..at].trim_start_matches(|c: char| !c.is_ascii_digit());
        let is_score = label.contains("score") && (label.contains("risk") || label.contains("overall"));
        if let (true, Ok(score)) = (is_score, digits.parse::<f64>()) {
            let start = line.start + at - digits.len();
            self.overall = Some((score, Span::new(start, line.start + at + "/100".len())));
        }
    }

    /// Models that are named in the text.
    fn take_model(&mut self, text: &str) {
        let named = [("800-30", Model::Nist), ("aiag", Model::AiagVda), ("action priority", Model::AiagVda)];
        self.mentions.extend(named.into_iter().filter(|(word, _)| holds(text, word)).map(|(_, model)| model));
        let bands = ["DOCUMENT", "MONITOR", "MITIGATE", "BLOCK"].iter().filter(|band| text.contains(**band)).count();
        if bands >= 3 {
            self.mentions.push(Model::BmadTea);
        }
    }

    fn take_total(&mut self, context: &Context<'_>, line: Span, text: &str) {
        let Some(colon) = text.find(':').filter(|colon| *colon <= MAX_TOTAL_LABEL_BYTES) else { return };
        if !holds(&text[..colon], TOTAL_LABEL_WORD) {
            return;
        }
        if !TOTAL_LABELS.contains(&fold(&plain(&text[..colon])).as_str()) {
            return;
        }
        let span = trimmed(context.text, Span::new(line.start + colon + 1, line.start + text.len()));
        let digits = plain(context.slice(span));
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if let Ok(count) = digits[..end].parse() {
            self.totals.push(Total { of: Counted::All, count, span });
        }
    }
}

/// What each level of a scale means: the first other cell of its row that is prose.
fn meanings(context: &Context<'_>, heading: &[Span], body: &[Vec<Span>]) -> Vec<(Level, String, Span)> {
    let impact = heading.iter().position(|cell| {
        let noun = context.nouns.of(&plain(context.slice(*cell)));
        matches!(noun, Some(FieldName::Impact | FieldName::Description))
    });
    let column = impact.filter(|at| *at > 0).unwrap_or(1);
    body.iter()
        .filter_map(|row| {
            let level = bare_level(&plain(context.slice(*row.first()?)))?;
            let cell = *row.get(column)?;
            Some((level, plain(context.slice(cell)), cell))
        })
        .collect()
}

/// What a scale of levels is for: its own noun, else that of its second column or of the heading above it (`Impact scale`).
fn graded_noun(context: &Context<'_>, noun: FieldName, heading: &[Span], section: &Section) -> FieldName {
    if !matches!(noun, FieldName::Level | FieldName::Score) {
        return noun;
    }
    let above = section.heading.and_then(|at| match context.page.blocks[at].kind {
        BlockKind::Heading { text, .. } => words(&plain(context.slice(text)))
            .find_map(|(_, word)| context.nouns.of(word).filter(|noun| is_factor(*noun))),
        _ => None,
    });
    let factors: Vec<FieldName> = heading
        .iter()
        .skip(1)
        .filter_map(|cell| context.nouns.of(&plain(context.slice(*cell))))
        .filter(|noun| is_factor(*noun))
        .collect();
    match factors.as_slice() {
        [only] => above.unwrap_or(*only),
        _ => above.unwrap_or(noun),
    }
}

fn is_factor(noun: FieldName) -> bool {
    matches!(noun, FieldName::Likelihood | FieldName::Impact | FieldName::Severity | FieldName::Detection)
}

fn count_row(context: &Context<'_>, noun: FieldName, row: &[Span]) -> Option<Total> {
    let (name, count) = (plain(context.slice(*row.first()?)), plain(context.slice(*row.get(1)?)));
    let count = count.parse().ok()?;
    let span = *row.get(1)?;
    let of = match bare_level(&name) {
        Some(level) => Counted::Level(noun, level),
        None if TOTAL_WORDS.contains(&fold(&name).as_str()) => Counted::All,
        None => return None,
    };
    Some(Total { of, count, span })
}

fn bare_level(text: &str) -> Option<Level> {
    let read = read_level(text).or_else(|| read_level(text.trim_start_matches(|c: char| !c.is_alphabetic())))?;
    Some(read.level)
}

/// The number a legend's row is about: `3`, `3 (High)`, `3 - High`, `High (3)`; not a range.
fn leading_grade(text: &str) -> Option<u32> {
    match crate::value::read_value(FieldName::Likelihood, text).number() {
        Some(number) if number.fract() == 0.0 && number <= f64::from(MAX_GRADE) => Some(number as u32),
        _ => None,
    }
}

/// `(1-5)`, `1 to 10`, `1–3`: the first range within a text.
fn range(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (low, rest) = number(&text[start..])?;
    let rest = rest.trim_start();
    let after = rest
        .strip_prefix(['-', '–', '—', '…'])
        .or_else(|| rest.strip_prefix("to "))
        .or_else(|| rest.strip_prefix(".."))?;
    let (high, _) = number(after.trim_start())?;
    (low < high && high <= MAX_GRADE).then_some((low, high))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// `Score = Prob × Impact` is a product, with `+` a sum; any other right side is something else.
fn formula(context: &Context<'_>, text: &str) -> Option<Formula> {
    if !text.contains('=') {
        return None;
    }
    let shown = plain(text).replace('×', " x ");
    let (left, right) = shown.split_once('=')?;
    let noun = context.nouns.of(left.rsplit([',', ';', '.', ':', '(', '\u{a0}']).next()?.trim());
    if noun != Some(FieldName::Score) {
        return None;
    }
    // `*` is gone with the markup, so the bare words are looked at for the sign.
    let starred = text.contains('*') && !text.contains("**");
    let factors =
        words(right).filter(|(_, word)| context.nouns.of(word).is_some_and(is_factor) || is_letter(word)).count();
    let extra = right.chars().any(|c| matches!(c, '/' | '-' | '(' | '^' | '√'));
    let other_words = words(right)
        .take(4)
        .any(|(_, word)| matches!(fold(word).as_str(), "max" | "min" | "avg" | "average" | "weighted" | "weight"));
    let multiplied = starred || words(right).any(|(_, word)| matches!(word, "x" | "X" | "times"));
    let added = right.contains('+') || words(right).any(|(_, word)| word == "plus");
    match (multiplied, added) {
        _ if factors < 2 => None,
        _ if other_words || (extra && added) => Some(Formula::Other),
        (true, false) => Some(Formula::Product),
        (false, true) => Some(Formula::Sum),
        _ => Some(Formula::Other),
    }
}

fn is_letter(word: &str) -> bool {
    matches!(word, "P" | "I" | "L" | "S" | "O" | "D")
}

fn is_legend_word(word: &str) -> bool {
    let is_same = |known: &&str| known.eq_ignore_ascii_case(word);
    LEGEND_WORDS.iter().any(is_same) || (!word.is_ascii() && LEGEND_WORDS.contains(&fold(word).as_str()))
}

/// Words with the bytes where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts_words = |c: char| !c.is_alphanumeric();
    let mut next = 0;
    let whole = text.split_inclusive(parts_words).map(move |piece| {
        let at = next;
        next += piece.len();
        (at, piece.trim_end_matches(parts_words))
    });
    whole.filter(|(_, word)| !word.is_empty())
}
