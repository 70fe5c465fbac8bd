//! Metric tables: what is watched, with target, alert and critical thresholds.

use text::Span;

use super::Reading;
use super::line::{Line, LineKind};
use crate::fold::{fold, plain};

/// The most words of a threshold that are looked at.
const MAX_WORDS: usize = 16;
/// Words of the columns, folded; a column is named by a word that it holds.
const TARGETS: &[&str] =
    &["target", "goal", "objective", "slo", "ziel", "zielwert", "objectif", "cible", "objetivo", "meta"];
const ALERTS: &[&str] = &["alert", "warning", "warn", "warnung", "alarm", "alerte", "alerta", "amber", "yellow"];
const CRITICALS: &[&str] = &["critical", "emergency", "page", "kritisch", "critique", "critico", "critica", "red"];
/// Words that say on which side of the number a value lies.
const UPPER_WORDS: &[&str] =
    &["under", "below", "most", "max", "maximum", "less", "unter", "hochstens", "moins", "menos"];
const LOWER_WORDS: &[&str] =
    &["over", "above", "least", "min", "minimum", "more", "exceeds", "uber", "mindestens", "plus", "mas"];

/// A row of a metric table.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What is measured.
    pub name: String,
    /// What it should be.
    pub target: Option<Threshold>,
    /// From where on somebody is told.
    pub alert: Option<Threshold>,
    /// From where on it is an emergency.
    pub critical: Option<Threshold>,
    /// Where the row stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// `<2%`, `>1s`, `<configured limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The original text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// `None` when the bound is not a number that can be compared.
    pub bound: Option<Bound>,
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// `<` and `<=` are upper bounds.
    pub is_upper: bool,
    /// Whether the number itself is within.
    pub inclusive: bool,
    /// The number in the base unit: seconds, fractions of one, bytes, or as it stands.
    pub value: f64,
    /// What is counted; only bounds of the same measure can be compared.
    pub measure: Measure,
    /// The text gives a bare number: exactly this, or from here on.
    pub is_bare: bool,
}

/// What a bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Seconds.
    Time,
    /// A share, 1 is all.
    Share,
    /// Bytes.
    Bytes,
    /// Anything else, as it stands.
    Count,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Metric> {
    let lines = &reading.lines;
    let mut metrics: Vec<Metric> = Vec::new();
    let mut row: Option<usize> = None;
    let mut roles: Roles = Roles::default();
    for (at, line) in lines.iter().enumerate() {
        match line.kind {
            LineKind::Head => {
                if at == 0 || lines[at - 1].kind != LineKind::Head {
                    roles = Roles { first: at, ..Roles::default() };
                }
                roles.take(at, &fold(&reading.plain(line.span)));
                row = None;
            }
            LineKind::Cell if roles.is_metrics() && line.risk.is_none() => {
                if line.parent == Some(roles.first) {
                    row = Some(metrics.len());
                    metrics.push(named(reading, line));
                } else if let Some(metric) = row.and_then(|row| metrics.get_mut(row)) {
                    roles.put(line, reading, metric);
                }
            }
            _ => {}
        }
    }
    metrics.retain(|metric| metric.target.is_some() || metric.alert.is_some() || metric.critical.is_some());
    metrics.iter_mut().for_each(settle);
    metrics
}

fn named(reading: &Reading<'_>, line: &Line) -> Metric {
    let line_number = reading.context.line(line.span.start);
    Metric {
        name: reading.plain(line.span),
        target: None,
        alert: None,
        critical: None,
        span: line.span,
        line: line_number,
    }
}

/// Which column is what.
#[derive(Default)]
struct Roles {
    first: usize,
    target: Option<usize>,
    alert: Option<usize>,
    critical: Option<usize>,
}

impl Roles {
    fn take(&mut self, at: usize, heading: &str) {
        let has = |words: &[&str]| heading.split(' ').any(|word| words.contains(&word));
        let role = match () {
            () if at == self.first => return,
            () if has(CRITICALS) => &mut self.critical,
            () if has(ALERTS) => &mut self.alert,
            () if has(TARGETS) && !heading.contains("date") => &mut self.target,
            () => return,
        };
        role.get_or_insert(at);
    }

    fn is_metrics(&self) -> bool {
        [self.target, self.alert, self.critical].iter().flatten().count() >= 2
    }

    fn put(&self, line: &Line, reading: &Reading<'_>, metric: &mut Metric) {
        let role = match line.parent {
            column if column == self.target => &mut metric.target,
            column if column == self.alert => &mut metric.alert,
            column if column == self.critical => &mut metric.critical,
            _ => return,
        };
        let text = reading.context.slice(line.span).to_owned();
        let bound = bound(&text);
        *role = Some(Threshold { text, span: line.span, bound });
    }
}

/// Gives a bare number the side that the other thresholds leave to it, and a named limit its share.
fn settle(metric: &mut Metric) {
    let others = [&metric.alert, &metric.critical];
    let alarm = others
        .iter()
        .find_map(|threshold| threshold.as_ref().and_then(|threshold| threshold.bound).filter(|bound| !bound.is_bare));
    let of_limit =
        others.iter().any(|threshold| threshold.as_ref().is_some_and(|threshold| is_share_of_limit(&threshold.text)));
    let Some(target) = &mut metric.target else { return };
    if target.bound.is_none() && of_limit {
        target.bound = limit(&target.text);
    }
    if let (Some(bound), Some(alarm)) = (&mut target.bound, alarm)
        && bound.is_bare
    {
        (bound.is_upper, bound.inclusive) = (!alarm.is_upper, true);
    }
}

/// `>80% limit`, `90 % of quota`.
fn is_share_of_limit(text: &str) -> bool {
    text.contains('%') && names_limit(text)
}

fn names_limit(text: &str) -> bool {
    fold(text).split(' ').any(|word| matches!(word, "limit" | "quota" | "capacity" | "budget" | "grenze" | "limite"))
}

/// `<configured limit`: all of it.
fn limit(text: &str) -> Option<Bound> {
    let shown = plain(text);
    let is_upper = shown.starts_with(['<', '≤']) || fold(&shown).split(' ').any(|word| UPPER_WORDS.contains(&word));
    let inclusive = shown.starts_with('≤') || shown.starts_with("<=");
    (is_upper && names_limit(text)).then_some(Bound {
        is_upper,
        inclusive,
        value: 1.0,
        measure: Measure::Share,
        is_bare: false,
    })
}

/// The bound that a cell states; `None` for ranges, for several numbers with signs, and for words.
pub(crate) fn bound(text: &str) -> Option<Bound> {
    let shown = plain(text).replace("&lt;", "<").replace("&gt;", ">");
    let digit = shown.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = shown.split_at(digit);
    let (number, rest) = number(rest)?;
    let is_signed = |text: &str| text.contains(['<', '>', '≤', '≥']);
    let starts_range = rest.trim_start().starts_with(['-', '–', '—', '±', '/', ':']);
    let glued = before.ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '.');
    if starts_range || glued || is_signed(rest) || before.matches(['<', '>', '≤', '≥']).count() > 1 {
        return None;
    }
    let (value, measure) = scaled(number, rest);
    let words: Vec<String> =
        fold(before).split(' ').chain(fold(rest).split(' ')).take(MAX_WORDS).map(str::to_owned).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let equal = before.contains('=') || before.contains(['≤', '≥']);
    let (is_upper, inclusive, is_bare) = match () {
        () if before.contains(['<', '≤']) => (true, equal, false),
        () if before.contains(['>', '≥']) => (false, equal, false),
        () if rest.trim_start().starts_with('+') => (false, true, false),
        () if has(UPPER_WORDS) != has(LOWER_WORDS) => {
            (has(UPPER_WORDS), has(&["most", "least", "max", "min", "maximum", "minimum"]), false)
        }
        () => (true, true, true),
    };
    Some(Bound { is_upper, inclusive, value, measure, is_bare })
}

/// A number with thousands and decimals: `1,000`, `99.95`.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(text.len());
    let digits = text[..end].trim_end_matches(['.', ',']);
    let thousands =
        digits.split(',').skip(1).all(|group| group.split('.').next().is_some_and(|group| group.len() == 3));
    let clean = if thousands { digits.replace(',', "") } else { digits.replacen(',', ".", 1) };
    Some((clean.parse().ok()?, &text[digits.len()..]))
}

/// The value in the base unit of what is counted.
fn scaled(number: f64, rest: &str) -> (f64, Measure) {
    let rest = rest.trim_start();
    if rest.starts_with('%') {
        return (number / 100.0, Measure::Share);
    }
    let unit: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
    let (factor, measure) = match unit.as_str() {
        "ms" | "msec" | "millisecond" | "milliseconds" => (0.001, Measure::Time),
        "us" | "µs" | "μs" => (0.000_001, Measure::Time),
        "s" | "sec" | "secs" | "second" | "seconds" | "Sekunden" => (1.0, Measure::Time),
        "min" | "mins" | "minute" | "minutes" | "Minuten" => (60.0, Measure::Time),
        "h" | "hr" | "hrs" | "hour" | "hours" | "Stunden" => (3600.0, Measure::Time),
        "d" | "day" | "days" | "Tage" => (86_400.0, Measure::Time),
        "week" | "weeks" => (604_800.0, Measure::Time),
        "KB" | "kB" | "kb" => (1e3, Measure::Bytes),
        "MB" => (1e6, Measure::Bytes),
        "GB" => (1e9, Measure::Bytes),
        "TB" => (1e12, Measure::Bytes),
        "KiB" | "Ki" => (1024.0, Measure::Bytes),
        "MiB" | "Mi" => (1_048_576.0, Measure::Bytes),
        "GiB" | "Gi" => (1_073_741_824.0, Measure::Bytes),
        "k" | "K" => (1e3, Measure::Count),
        "M" => (1e6, Measure::Count),
        "percent" | "Prozent" => (0.01, Measure::Share),
        _ => (1.0, Measure::Count),
    };
    (number * factor, measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_with_side_unit_and_edge() {
        let read = |text| bound(text).map(|bound| (bound.is_upper, bound.inclusive, bound.value, bound.measure));
        assert_eq!(read("<2%"), Some((true, false, 0.02, Measure::Share)));
        assert_eq!(read("> 1s"), Some((false, false, 1.0, Measure::Time)));
        assert_eq!(read("≥ 99.9 %").map(|(upper, equal, ..)| (upper, equal)), Some((false, true)));
        assert_eq!(read("&lt;= 500 ms").map(|(upper, equal, ..)| (upper, equal)), Some((true, true)));
        assert_eq!(read("at least 1,000 requests"), Some((false, true, 1000.0, Measure::Count)));
        assert_eq!(read("under 5 minutes"), Some((true, false, 300.0, Measure::Time)));
        assert_eq!(read("p95 < 2 GiB"), None);
        assert_eq!(read("0%").map(|(_, equal, value, _)| (equal, value)), Some((true, 0.0)));
    }

    #[test]
    fn ranges_and_words_are_no_bounds() {
        for text in ["1-2s", "none", "5/min", "", "10:30", "> 1s and < 2s", "v2", "99th"] {
            assert!(bound(text).is_none_or(|bound| text == "99th" && bound.is_bare), "{text}");
        }
    }
}
