//! Titles as they stand in headings and cells: `R-1: Crash`, `SEC-001 — No policy (Score 6)`, `3. Costs`, `Scenario 2: ..`.

use text::Span;

use crate::fold::{fold, plain};
use crate::noun::FieldName;
use crate::page::trimmed;
use crate::status::{is_known, read_status};
use crate::value::is_bare_grade;

/// The longest id: what an id of a claim may be.
pub(crate) const MAX_ID_BYTES: usize = 64;
/// Letters before the number of an id, and its digits.
const MAX_ID_LETTERS: usize = 12;
const MAX_ID_DIGITS: usize = 5;
/// Digits of a day at the end of an id: `TD-20251205`.
const DAY_DIGITS: usize = 8;
/// Letters before a number that name other things: decisions, quarters, versions, pull requests.
const NOT_RISK_PREFIXES: &[&str] =
    &["ADR", "RFC", "CVE", "CWE", "PR", "GH", "Q", "V", "RC", "ISO", "UTF", "SHA", "HTTP"];
/// The longest product in brackets.
const MAX_PRODUCT_BYTES: usize = 80;
/// Words that number the entries of a list without naming them.
const COUNTING_WORDS: &[&str] = &[
    "risk",
    "scenario",
    "threat",
    "failure mode",
    "failure",
    "debt",
    "hazard",
    "risiko",
    "szenario",
    "risque",
    "riesgo",
    "escenario",
    "rischio",
    "ryzyko",
    "risico",
    "risco",
    "no",
    "nr",
];

/// A title taken apart.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ReadTitle {
    /// An id with letters: `R-1`.
    pub(crate) id: Option<String>,
    /// A bare number: `3.`, `Risk 3:`.
    pub(crate) ordinal: Option<String>,
    /// Whether the word "risk" stands before the number, so that it means the id `R-3`.
    pub(crate) is_counted: bool,
    /// What is left, without markup.
    pub(crate) title: String,
    /// Grades in brackets at the end and a status behind a dash, with their bytes.
    pub(crate) grades: Vec<(FieldName, Span)>,
    /// Struck through as a whole.
    pub(crate) struck: bool,
}

/// Takes a title apart; `span` is the heading's text or the cell.
pub(crate) fn read_title(text: &str, span: Span) -> ReadTitle {
    let raw = &text[span.range()];
    let mut grades = Vec::new();
    let mut head = raw;
    for read in [trailing_product, trailing_letters, trailing_labels, trailing_codes, trailing_status, trailing_grade] {
        let Some((found, before)) = read(head) else { continue };
        let at = |inner: Span| Span::new(span.start + inner.start, span.start + inner.end);
        grades.extend(found.into_iter().map(|(noun, inner)| (noun, at(inner))));
        head = &head[..before];
    }
    let shown = plain(head);
    let (id, ordinal, title) = take_apart(&shown);
    let is_counted = ordinal.is_some() && shown.starts_with(['R', 'r']);
    let mut title = title;
    if let Some((found, after)) = leading_grades(title).filter(|(_, after)| id.is_some() || !after.is_empty()) {
        let at =
            |inner: &str| raw.find(inner).map(|start| Span::new(span.start + start, span.start + start + inner.len()));
        grades.extend(found.into_iter().filter_map(|(noun, inner)| Some((noun, at(inner)?))));
        title = after;
    }
    let title = title.trim_end_matches([':', '：']).trim_end().to_owned();
    ReadTitle { id, ordinal, is_counted, title, grades, struck: is_struck(raw) }
}

/// Whether a text is struck through as a whole.
pub(crate) fn is_struck(raw: &str) -> bool {
    let inner = raw.trim().trim_matches('*');
    inner.len() > 4 && inner.starts_with("~~") && inner.ends_with("~~") && !inner[2..inner.len() - 2].contains("~~")
}

/// Whether a whole text is an id with letters and a number.
pub(crate) fn is_id(text: &str) -> bool {
    id_end(text).is_some_and(|end| end == text.len())
}

/// Whether a heading begins with the id of something else: `ADR-7: Queues`.
pub(crate) fn names_something_else(shown: &str) -> bool {
    let letters = shown.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(shown.len());
    let rest = shown[letters..].trim_start_matches(['-', '_', ' ']);
    NOT_RISK_PREFIXES.contains(&&shown[..letters]) && rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a text stands for something that the writer shall fill in: `<title>`, `[Title]`, `{name}`, `R-` and letters for digits, `...`.
pub(crate) fn is_placeholder(raw: &str) -> bool {
    let raw = raw.trim().trim_matches(['*', '`', '_']).trim();
    let wrapped = |open, close| raw.starts_with(open) && raw.ends_with(close) && raw.matches(open).count() == 1;
    let dots = !raw.is_empty() && raw.chars().all(|c| matches!(c, '.' | '…'));
    wrapped('<', '>') || (wrapped('[', ']') && !raw.contains("](")) || wrapped('{', '}') || is_numberless(raw) || dots
}

/// Whether a heading begins with an id that is still to be numbered.
pub(crate) fn begins_with_placeholder(raw: &str) -> bool {
    let first = raw.split_whitespace().next().unwrap_or("");
    is_numberless(first.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '?')))
}

fn is_numberless(text: &str) -> bool {
    let filled = |c: char| matches!(c, 'X' | 'x' | 'N' | 'n' | '#' | '?');
    text.rsplit_once(['-', '_']).is_some_and(|(prefix, number)| {
        let is_word = !prefix.is_empty() && prefix.chars().all(|c| c.is_ascii_uppercase() || c == '-');
        is_word && !number.is_empty() && number.chars().all(filled)
    })
}

fn take_apart(shown: &str) -> (Option<String>, Option<String>, &str) {
    // A sign before the title, `🔴 R-1: Loss`, grades or decorates it.
    let signs = shown.find(|c: char| c.is_ascii() && c != ' ' || c.is_alphanumeric() || c == '【').unwrap_or(0);
    let shown = &shown[signs..];
    let open = shown.strip_prefix(['[', '(']).unwrap_or(shown);
    if let Some(end) = id_end(open)
        && let Some(title) = title_after_id(open, end)
    {
        return (Some(open[..end].to_owned()), None, title);
    }
    if let Some(named) = after_counting_word(shown)
        && let Some(end) = id_end(named).or_else(|| id_end_of_p(named))
        && let Some(title) = title_after_id(named, end).filter(|title| !title.is_empty())
    {
        return (Some(named[..end].to_owned()), None, title);
    }
    match ordinal(shown) {
        Some((number, named)) => match id_end(named).and_then(|end| Some((end, title_after_id(named, end)?))) {
            Some((end, title)) if !title.is_empty() => (Some(named[..end].to_owned()), None, title),
            _ => (None, Some(number), named),
        },
        None => (None, None, shown),
    }
}

/// What follows a word that counts entries: `Risk R1: Crash`.
fn after_counting_word(shown: &str) -> Option<&str> {
    let (word, rest) = shown.split_once(' ')?;
    COUNTING_WORDS.contains(&fold(word).as_str()).then(|| rest.trim_start())
}

/// The end of an id at the beginning of a text: letters and digits in parts, the last of which ends in a number.
fn id_end(text: &str) -> Option<usize> {
    let run = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(text.len());
    let id = text[..run].trim_end_matches(['-', '_', '.']);
    let numbered = id.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let prefix = numbered.trim_end_matches(|c: char| c.is_ascii_digit());
    let (digits, suffix) = (numbered.len() - prefix.len(), id.len() - numbered.len());
    let letters = prefix.chars().filter(char::is_ascii_alphabetic).count();
    let joined = prefix.contains(['-', '_', '.']);
    let shouted = !prefix.contains(|c: char| c.is_ascii_lowercase());
    let upper = prefix.trim_end_matches(['-', '_', '.']).to_ascii_uppercase();
    let is_version = id
        .strip_prefix(['v', 'V'])
        .is_some_and(|rest| rest.contains('.') && rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let other = is_version || NOT_RISK_PREFIXES.contains(&upper.as_str()) || (upper == "P" && !joined);
    let sized = (1..=MAX_ID_LETTERS).contains(&letters)
        && ((1..=MAX_ID_DIGITS).contains(&digits) || joined && digits == DAY_DIGITS)
        && suffix <= 1
        && id.len() <= MAX_ID_BYTES;
    let begins = id.starts_with(|c: char| c.is_ascii_alphabetic())
        && text[run..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    (sized && begins && (shouted || joined) && !other).then_some(id.len())
}

/// `P2` is a priority, but behind `Risk` it is an id.
fn id_end_of_p(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('P')?.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !text[1 + digits..].starts_with(|c: char| c.is_alphanumeric());
    ((1..=MAX_ID_DIGITS).contains(&digits) && ends).then_some(1 + digits)
}

fn title_after_id(text: &str, end: usize) -> Option<&str> {
    let rest = &text[end..];
    let title = rest.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, ':' | '.' | ')' | ']' | '|' | '-' | '–' | '—' | '→' | '·' | '•' | '：')
    });
    let mark = rest[..rest.len() - title.len()].trim();
    let joined = text[..end].contains(['-', '_', '.']);
    let shouted = !text[..end].contains(|c: char| c.is_ascii_lowercase());
    if mark.is_empty() && !shouted {
        return None;
    }
    // `H2 migration` is a title about H2; `H2: migration`, `R-1 migration` and `R1 Migration` carry ids.
    let counts_risks = text[..end].starts_with('R') && text[1..end].bytes().all(|byte| byte.is_ascii_digit());
    let is_title = counts_risks && title.starts_with(char::is_uppercase);
    (rest.is_empty() || !mark.is_empty() || joined || is_title).then_some(title)
}

/// `3. Title`, `3) Title`, `1.2 Title`, `#3 Title`, `Risk 3: Title`.
fn ordinal(shown: &str) -> Option<(String, &str)> {
    let counting = shown.find(|c: char| c.is_ascii_digit() || c == '#').unwrap_or(0);
    let word = fold(&shown[..counting]);
    let is_counted = COUNTING_WORDS.contains(&word.as_str());
    if !(word.is_empty() || is_counted) {
        return None;
    }
    let rest = shown[counting..].trim_start_matches('#');
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    let after = &rest[end..];
    let title = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ')' | '-' | '–' | '—' | '|'));
    let mark = after[..after.len() - title.len()].trim();
    let marked = !mark.is_empty()
        || end > number.len()
        || number.contains('.')
        || shown[counting..].starts_with('#')
        || is_counted;
    let sound = !number.is_empty()
        && number.len() <= 8
        && marked
        && !title.is_empty()
        && !after.starts_with(|c: char| c.is_alphanumeric() || c == '%');
    sound.then(|| (number.to_owned(), title))
}

/// What stands behind a title, and where the title before it ends.
type Trailing = Option<(Vec<(FieldName, Span)>, usize)>;

/// A product in brackets: `(Impact 5 × Likelihood 3 = 15)`, `(5 × 3 = **15**)`. The factors count when they are named.
fn trailing_product(raw: &str) -> Trailing {
    let (before, start) = match raw.rfind(" (") {
        Some(at) => (at + 1, at + " (".len()),
        // `Scope · Impact 4 × Likelihood 5 = 20`
        None => raw.rfind('·').map(|at| (at, at + '·'.len_utf8()))?,
    };
    let close = raw[start..].find(')').map_or(raw.len(), |at| start + at);
    let inner = &raw[start..close];
    let (factors, product) = inner.split_once('=')?;
    if !factors.contains(['×', '*', 'x']) || inner.len() > MAX_PRODUCT_BYTES {
        return None;
    }
    let product_at = start + factors.len() + 1;
    let score = number_within(product, product_at)?;
    let mut found = vec![(FieldName::Score, score)];
    let mut at = start;
    for factor in factors.split_inclusive(['×', '*', 'x']) {
        let word = fold(factor.trim_end_matches(['×', '*', 'x']).trim_end_matches(|c: char| !c.is_alphabetic()));
        if let Some(noun) = factor_of(word.split(' ').next().unwrap_or(""))
            && let Some(span) = number_within(factor, at)
        {
            found.push((noun, span));
        }
        at += factor.len();
    }
    Some((found, before))
}

/// The factor that a folded word or letter in a title names.
fn factor_of(word: &str) -> Option<FieldName> {
    match word {
        "l" | "p" | "w" | "likelihood" | "probability" | "prob" => Some(FieldName::Likelihood),
        "i" | "impact" | "imp" => Some(FieldName::Impact),
        "s" | "severity" | "sev" => Some(FieldName::Severity),
        _ => None,
    }
}

fn number_within(text: &str, at: usize) -> Option<Span> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text[start..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |end| start + end);
    Some(Span::new(at + start, at + end))
}

/// Grades in brackets between the id and the title: `R-1 (S2, OPEN) — Loss`.
fn leading_grades(title: &str) -> Option<(Vec<(FieldName, &str)>, &str)> {
    let (inner, after) = title.strip_prefix(['(', '[', '【'])?.split_once([')', ']', '】'])?;
    let grade = |part: &'_ str| -> Option<FieldName> {
        let coded = part.strip_prefix(['S', 'P']).is_some_and(|digits| digits.parse::<u8>().is_ok());
        match part {
            _ if coded && part.starts_with('S') => Some(FieldName::Severity),
            _ if coded => Some(FieldName::Priority),
            _ if is_bare_grade(part) => Some(FieldName::Level),
            _ => is_known_status(part).then_some(FieldName::Status),
        }
    };
    let parts: Option<Vec<(FieldName, &str)>> =
        inner.split([',', ';', '/', '|', '·']).map(str::trim).map(|part| Some((grade(part)?, part))).collect();
    let after = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | ':' | '·'));
    parts.map(|parts| (parts, after))
}

/// Grades behind single letters in brackets: `(P: Low, I: High)`. One letter alone may be anything.
fn trailing_letters(raw: &str) -> Trailing {
    let body = raw.trim_end_matches(['*', '_', ' ', '.']);
    let inner_end = body.strip_suffix(')')?.len();
    let open = body.rfind('(').filter(|open| *open > 0)?;
    let mut at = open + 1;
    let mut found = Vec::new();
    for part in raw[at..inner_end].split_inclusive([',', ';', '/', '|', '·']) {
        let (letter, grade) = part.split_once([':', '='])?;
        let noun = factor_of(&fold(letter))?;
        let start = at + letter.len() + 1;
        at += part.len();
        let end = start + grade.trim_end_matches([',', ';', '/', '|', '·']).len();
        let span = trimmed(raw, Span::new(start, end));
        if !is_bare_grade(&raw[span.range()]) {
            return None;
        }
        found.push((noun, span));
    }
    (found.len() >= 2).then_some((found, open))
}

/// Labels with grades behind marks: `Loss · L: High · I: High`.
fn trailing_labels(raw: &str) -> Trailing {
    let mut end = raw.trim_end_matches(['*', '_', ' ']).len();
    let mut found = Vec::new();
    while let Some((at, mark)) = raw[..end].char_indices().rev().find(|(_, c)| matches!(c, '·' | '•' | '|')) {
        let start = at + mark.len_utf8();
        let Some((label, grade)) = raw[start..end].split_once(':') else { break };
        let Some(noun) = factor_of(&fold(label)) else { break };
        let span = trimmed(raw, Span::new(end - grade.len(), end));
        if !is_bare_grade(&plain(&raw[span.range()])) {
            break;
        }
        found.push((noun, span));
        end = raw[..at].trim_end_matches(['*', '_', ' ']).len();
    }
    (found.len() >= 2 && end > 0).then_some((found, end))
}

/// Grades as letters with numbers behind the last mark: `Loss · P3 I5 E15`.
fn trailing_codes(raw: &str) -> Trailing {
    let body = raw.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let (mark, at) = ['·', '—', '–', '|', '(', '[']
        .into_iter()
        .filter_map(|mark| Some((mark, body.rfind(mark)?)))
        .max_by_key(|(_, at)| *at)?;
    let mut next = at + mark.len_utf8();
    let mut found = Vec::new();
    for part in body[next..].split_inclusive([' ', ',', '/', '·']) {
        let start = next;
        next += part.len();
        let code = part.trim_matches([' ', ',', '/', '·', '*']);
        if code.is_empty() {
            continue;
        }
        let noun = match code.chars().next()? {
            'E' | 'R' => FieldName::Score,
            letter if letter.is_ascii_uppercase() => factor_of(letter.to_ascii_lowercase().encode_utf8(&mut [0]))?,
            _ => return None,
        };
        let digits = code[1..].trim_start_matches([':', '=']);
        if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let from = start + part.find(code)? + code.len() - digits.len();
        found.push((noun, Span::new(from, from + digits.len())));
    }
    let has = |noun| found.iter().any(|(other, _)| *other == noun);
    let graded = has(FieldName::Likelihood) && (has(FieldName::Impact) || has(FieldName::Severity));
    (graded && at > 0).then(|| (found, raw[..at].trim_end().len()))
}

/// A status in capitals or in brackets behind the last dash: `Loss — RESOLVED`, `Loss (CLOSED)`, `Loss — ✅ Fixed`.
fn trailing_status(raw: &str) -> Trailing {
    let end = raw.trim_end_matches(['*', '_', ' ']).len();
    let body = &raw[..end];
    if !body.ends_with([')', ']']) && !body.contains(['—', '–', '-', '·']) {
        return None;
    }
    let dash =
        [" — ", " – ", " - ", " -- ", " · "].iter().filter_map(|mark| Some((body.rfind(mark)?, mark.len()))).max();
    let (before, start, stop) = match dash {
        Some((at, width)) => (at, at + width, end),
        None if body.ends_with([')', ']']) => {
            let open = body.rfind(['(', '['])?;
            (open, open + 1, end - 1)
        }
        None => return None,
    };
    let tail = body.get(start..stop)?;
    let word = tail.split([' ', ',', '(', ';']).find(|word| word.chars().any(char::is_alphabetic))?;
    let is_set_off = tail.trim_start().starts_with(['✅', '*']) || body[..start].ends_with("· ");
    let is_marked = is_set_off || !word.chars().any(char::is_lowercase);
    let known = is_known_status(tail) && before > 0;
    (known && is_marked && word.len() > 2)
        .then(|| (vec![(FieldName::Status, trimmed(raw, Span::new(start, stop)))], before))
}

fn is_known_status(tail: &str) -> bool {
    let read = read_status(&plain(tail));
    is_known(&read.word)
}

/// A grade in brackets at the end.
fn trailing_grade(raw: &str) -> Trailing {
    let body = raw.trim_end_matches(['*', '_', '~', ' ', '\t']);
    let close = body.len().checked_sub(1)?;
    let open = match body.as_bytes()[close] {
        b')' => body.rfind('(')?,
        b']' => body.rfind('[')?,
        _ => return None,
    };
    let inner = trimmed(raw, Span::new(open + 1, close));
    let text = &raw[inner.range()];
    let folded = fold(text);
    let scored = ["risk score ", "score ", "rpn "].iter().find_map(|word| folded.strip_prefix(word));
    if let Some(number) = scored {
        let at = text.find(|c: char| c.is_ascii_digit())?;
        let is_number = number.starts_with(|c: char| c.is_ascii_digit());
        return is_number.then(|| (vec![(FieldName::Score, Span::new(inner.start + at, inner.end))], open));
    }
    let is_word = is_bare_grade(text) && !text.chars().any(|c| c.is_ascii_digit()) && text.len() > 1;
    (is_word && open > 0).then(|| (vec![(FieldName::Level, inner)], open))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>, String) {
        let read = read_title(text, Span::new(0, text.len()));
        (read.id, read.ordinal, read.title)
    }

    fn named(id: &str, title: &str) -> (Option<String>, Option<String>, String) {
        (Some(id.to_owned()), None, title.to_owned())
    }

    #[test]
    fn ids_are_read_in_every_coat() {
        assert_eq!(read("R-1: Crash"), named("R-1", "Crash"));
        assert_eq!(read("C1: Cache"), named("C1", "Cache"));
        assert_eq!(read("SEC-001 — No policy (Score 6)"), named("SEC-001", "No policy"));
        assert_eq!(read("**[TD-3](#x)** – Beta"), named("TD-3", "Beta"));
        assert_eq!(read("[R-7] Title"), named("R-7", "Title"));
        assert_eq!(read("R-1 Daemon crash"), named("R-1", "Daemon crash"));
        assert_eq!(read("SEC-API-02. Keys"), named("SEC-API-02", "Keys"));
        assert_eq!(read("V2-R1: Branch unprotected"), named("V2-R1", "Branch unprotected"));
        assert_eq!(read("3.1 R001: Loss"), named("R001", "Loss"));
        assert_eq!(read("🔴 RISK-1: Loss"), named("RISK-1", "Loss"));
        assert_eq!(read(":red_circle: RISK-1: Loss"), named("RISK-1", "Loss"));
    }

    #[test]
    fn what_is_no_id_stays_in_the_title() {
        for text in [
            "H2 migration",
            "ADR-12: Use queues",
            "P0 (Critical - First)",
            "Q3: Later",
            "Month 1-2: Critical",
            "loss-2",
            "Redis",
            "HTTP-2: downgrade",
        ] {
            assert_eq!(read(text), (None, None, text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_bare_number_is_a_place_in_a_list() {
        let counted = |number: &str, title: &str| (None, Some(number.to_owned()), title.to_owned());
        assert_eq!(read("3. Costs"), counted("3", "Costs"));
        assert_eq!(read("Scenario 4: Bypass (Multi-Instance)"), counted("4", "Bypass (Multi-Instance)"));
        assert_eq!(read("Risk #2 - Loss"), counted("2", "Loss"));
        assert_eq!(read("5 nines are lost").1, None);
        assert_eq!(read("10% of traffic").1, None);
    }

    #[test]
    fn a_grade_at_the_end_is_taken_out() {
        let text = "R-1: Loss (Score: 6/9)";
        let read = read_title(text, Span::new(0, text.len()));
        let (noun, span) = read.grades[0];
        assert_eq!((noun, &text[span.range()], read.title.as_str()), (FieldName::Score, "6/9", "Loss"));
        let text = "Loss (P: Faible, I: Élevé)";
        let graded = read_title(text, Span::new(0, text.len()));
        let shown: Vec<_> = graded.grades.iter().map(|(noun, span)| (*noun, &text[span.range()])).collect();
        assert_eq!(shown, [(FieldName::Likelihood, "Faible"), (FieldName::Impact, "Élevé")]);
        assert_eq!(graded.title, "Loss");
        assert!(read_title("Loss (P: all, I: none)", Span::new(0, 22)).grades.is_empty());
        let text = "Loss [HIGH]";
        assert_eq!(read_title(text, Span::new(0, text.len())).grades[0].0, FieldName::Level);
    }

    #[test]
    fn a_product_and_a_status_at_the_end_are_taken_out() {
        let shown = |text: &str| {
            let read = read_title(text, Span::new(0, text.len()));
            let grades: Vec<_> =
                read.grades.iter().map(|(noun, span)| (*noun, text[span.range()].to_owned())).collect();
            (read.id, read.title, grades)
        };
        let (id, title, grades) = shown("R-1 · Leak (Impact 5 × Likelihood 3 = **15**)");
        assert_eq!((id.as_deref(), title.as_str()), (Some("R-1"), "Leak"));
        let expected = [(FieldName::Score, "15"), (FieldName::Impact, "5"), (FieldName::Likelihood, "3")];
        assert_eq!(grades, expected.map(|(noun, text)| (noun, text.to_owned())));
        let (_, title, grades) = shown("3. Cache is cold — RESOLVED");
        assert_eq!((title.as_str(), grades), ("Cache is cold", vec![(FieldName::Status, "RESOLVED".to_owned())]));
        let (_, title, grades) = shown("Loss of peers — open connections pile up");
        assert_eq!((title.as_str(), grades.len()), ("Loss of peers — open connections pile up", 0));
        assert_eq!(shown("Risk R4: Crash").0.as_deref(), Some("R4"));
    }

    #[test]
    fn placeholders_are_told_from_titles() {
        for text in ["<risk title>", "[Title]", "R-XXX", "RISK-###", "{name}", "...", "`<id>`"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["[R-1](#r1)", "Latency < 5 ms", "R-10", "A [b] c", "NXX"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
