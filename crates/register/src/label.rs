//! Labels in running text: `**Impact:** High`, `**Owner**: team`, `Status: open`, several on one line.

use text::Span;

use crate::fold::{cut, plain};
use crate::noun::{FieldName, Nouns};
use crate::page::trimmed;
use crate::value::is_bare_grade;

/// The longest label.
const MAX_LABEL_BYTES: usize = 60;
/// The most labels read from one line.
const MAX_LABELS_PER_LINE: usize = 24;

/// A label and the value behind it on its line.
pub(crate) struct Label {
    /// What it is about; `None` for a bold label that no table knows.
    pub(crate) noun: Option<FieldName>,
    /// The rest of the line, trimmed, perhaps empty.
    pub(crate) value: Span,
}

/// The labels of a line, which must begin with one. A plain label must be a known word, a bold one need not.
pub(crate) fn labels(text: &str, line: Span, nouns: &Nouns) -> Vec<Label> {
    let Some((noun, value_start)) = leading_label(text, line, nouns) else { return Vec::new() };
    let mut labels = vec![(noun, value_start, value_start)];
    let mut from = value_start;
    while labels.len() < MAX_LABELS_PER_LINE
        && let Some(at) = text[from..line.end].find("**").map(|at| at + from)
    {
        let label = bold_label(text, Span::new(at, line.end));
        let named = label.map(|(name, after)| (nouns.of(&plain(&text[name.range()])), after));
        // Behind a mark that parts labels a word that nobody knows ends the value before it, too.
        let is_parted = || text[value_start..at].trim_end().ends_with(['•', '·', '|']);
        match named.filter(|(noun, _)| noun.is_some() || is_parted()) {
            Some((noun, after)) => {
                labels.push((noun, at, after));
                from = after;
            }
            None => from = at + 2,
        }
    }
    let ends = labels.iter().skip(1).map(|(_, at, _)| *at).chain([line.end]);
    let whole = labels.iter().zip(ends);
    whole
        .map(|((noun, _, start), end)| Label { noun: *noun, value: value(text, *start, end, end < line.end) })
        .collect()
}

/// A label within a line, where it begins, and its value.
pub(crate) struct LabelWithin {
    pub(crate) noun: Option<FieldName>,
    pub(crate) at: usize,
    pub(crate) value: Span,
}

/// Known labels anywhere in a line behind a mark that ends what came before: `.. crashes. Mitigation: restart`.
/// On a line that goes on from another a label may stand at its beginning, too.
pub(crate) fn labels_within(text: &str, line: Span, goes_on: bool, nouns: &Nouns) -> Vec<LabelWithin> {
    let mut found: Vec<(FieldName, usize, usize)> = Vec::new();
    let slice = &text[line.range()];
    for (colon, _) in slice.match_indices(':').take(MAX_LABELS_PER_LINE * 4) {
        let from = found.last().map_or(0, |(_, _, after)| after - line.start);
        if colon < from || found.len() == MAX_LABELS_PER_LINE {
            continue;
        }
        let head = &slice[from..colon];
        let head = &head[head.ceil_char_boundary(head.len().saturating_sub(MAX_LABEL_BYTES))..];
        let begin = head.rfind(['.', ';', ':', ',', '|', '(', '—', '–', '·', '•', '!', '?']);
        let dash = head.rfind(" - ").map(|at| at + 2);
        let begin = begin.map(|at| at + head[at..].chars().next().map_or(1, char::len_utf8)).max(dash);
        let Some(begin) = begin.or((from > 0 || goes_on).then_some(0)) else { continue };
        let label = &head[begin..];
        let Some(noun) = nouns.of(&plain(label)).filter(|_| !label.trim().is_empty()) else { continue };
        let at = line.start + colon - label.len();
        let marks = slice[colon + 1..].len() - slice[colon + 1..].trim_start_matches(['*', '_']).len();
        found.push((noun, at, line.start + colon + 1 + marks));
    }
    let ends = found.iter().skip(1).map(|(_, at, _)| *at).chain([line.end]);
    let whole = found.iter().zip(ends);
    whole
        .map(|((noun, at, start), end)| LabelWithin {
            noun: Some(*noun),
            at: *at,
            value: value(text, *start, end.max(*start), end < line.end),
        })
        .collect()
}

/// Bold labels that grade or treat, within a line of prose: `It was never tried. **Status:** OPEN.`
pub(crate) fn bold_labels_within(text: &str, line: Span, nouns: &Nouns) -> Vec<Label> {
    let mut labels: Vec<(FieldName, usize, usize)> = Vec::new();
    let mut from = line.start;
    while labels.len() < MAX_LABELS_PER_LINE
        && let Some(at) = text[from..line.end].find("**").map(|at| at + from)
    {
        let before = text[line.start..at].trim_end();
        let ended = before.ends_with(['.', ')', ';', '!', '?', '|', '—', '–', ':', '*']);
        let label = bold_label(text, Span::new(at, line.end))
            .and_then(|(name, after)| Some((nouns.of(&plain(&text[name.range()]))?, after)))
            .filter(|(noun, _)| ended && (noun.is_rating() || noun.is_treatment()));
        match label {
            Some((noun, after)) => {
                labels.push((noun, at, after));
                from = after;
            }
            None => from = at + 2,
        }
    }
    let ends = labels.iter().skip(1).map(|(_, at, _)| *at).chain([line.end]);
    let whole = labels.iter().zip(ends);
    whole
        .map(|((noun, _, start), end)| Label { noun: Some(*noun), value: value(text, *start, end, end < line.end) })
        .collect()
}

/// Parts of a line that are nothing but a factor and its grade: `Impact 5 · Likelihood 4`, `Impact fort, proba élevée.`
pub(crate) fn graded_parts(text: &str, line: Span, nouns: &Nouns) -> Vec<Label> {
    let slice = &text[line.range()];
    let mut found: Vec<Label> = Vec::new();
    let mut at = line.start;
    for part in slice.split_inclusive(['.', ',', ';', '·', '|', '!', '?']).take(MAX_LABELS_PER_LINE * 4) {
        let span = trimmed(text, Span::new(at, at + part.len()));
        at += part.len();
        let own = text[span.range()].trim_end_matches(['.', ',', ';', '·', '|', '!', '?', '*', '_', ' ']);
        let bare = own.trim_start_matches(['*', '_', ' ']);
        let Some((word, grade)) = bare.split_once(' ') else { continue };
        let noun = nouns.of(word).filter(|noun| {
            matches!(noun, FieldName::Likelihood | FieldName::Impact | FieldName::Severity)
                && !found.iter().any(|label| label.noun == Some(*noun))
        });
        if let Some(noun) = noun.filter(|_| bare.len() <= MAX_LABEL_BYTES && is_bare_grade(grade)) {
            let end = span.start + own.len();
            found.push(Label { noun: Some(noun), value: trimmed(text, Span::new(end - grade.len(), end)) });
        }
    }
    found
}

fn leading_label(text: &str, line: Span, nouns: &Nouns) -> Option<(Option<FieldName>, usize)> {
    let skipped = text[line.range()].find(|c: char| c.is_alphanumeric() || matches!(c, '*' | '_')).unwrap_or(0);
    let marks_only = text[line.start..line.start + skipped].chars().all(|c| !c.is_ascii() || c == ' ');
    let start = if marks_only { line.start + skipped } else { line.start };
    if let Some((name, after)) = bold_label(text, Span::new(start, line.end)) {
        return Some((nouns.of(&plain(&text[name.range()])), after));
    }
    if let Some((noun, after)) = sentence_label(text, Span::new(start, line.end), nouns) {
        return Some((Some(noun), after));
    }
    let head = cut(&text[start..line.end], MAX_LABEL_BYTES);
    let (colon, mark) = head.match_indices([':', '：']).next()?;
    let noun = nouns.of(&plain(&head[..colon]))?;
    let after = start + colon + mark.len();
    (!text[after..line.end].starts_with("//")).then_some((Some(noun), after))
}

/// `**Trigger.** It does not start`: bold words of a known noun that end like a sentence.
fn sentence_label(text: &str, span: Span, nouns: &Nouns) -> Option<(FieldName, usize)> {
    let inner = cut(text[span.range()].strip_prefix("**")?, MAX_LABEL_BYTES + 2);
    let close = inner.find("**")?;
    let name = inner[..close].strip_suffix('.')?;
    Some((nouns.of(&plain(name))?, span.start + 2 + close + 2))
}

/// `**Name:**` or `**Name**:` at the beginning of a span: the name, and where the value begins.
fn bold_label(text: &str, span: Span) -> Option<(Span, usize)> {
    let slice = &text[span.range()];
    let mark = ["**", "__"].into_iter().find(|mark| slice.starts_with(mark))?;
    let inner = cut(&slice[2..], MAX_LABEL_BYTES + 2);
    let close = inner.find(mark)?;
    let name = inner[..close].trim_end();
    let after = span.start + 2 + close + 2;
    let bare = name.trim_end_matches([':', '：']).trim_end();
    let name_span = Span::new(span.start + 2, span.start + 2 + bare.len());
    if bare.is_empty() {
        return None;
    }
    if bare.len() < name.len() {
        return Some((name_span, after));
    }
    let rest = &text[after..span.end];
    let behind = rest.trim_start_matches([' ', '\t', '\u{a0}']);
    let colon = behind.chars().next().filter(|c| matches!(c, ':' | '：'))?;
    Some((name_span, after + (rest.len() - behind.len()) + colon.len_utf8()))
}

/// A value without the marks that part it from the next label.
fn value(text: &str, start: usize, end: usize, is_followed: bool) -> Span {
    let span = trimmed(text, Span::new(start, end));
    if !is_followed {
        return span;
    }
    let kept = text[span.range()].trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '|' | '·' | '•' | ',' | ';' | '—' | '–' | '-' | '/')
    });
    Span::new(span.start, span.start + kept.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(line: &str) -> Vec<(Option<FieldName>, &str)> {
        let nouns = Nouns::new(&BTreeMap::new());
        labels(line, Span::new(0, line.len()), &nouns)
            .iter()
            .map(|label| (label.noun, &line[label.value.range()]))
            .collect()
    }

    #[test]
    fn labels_are_read_in_every_coat() {
        for line in [
            "**Impact:** High",
            "**Impact**: High",
            "__Impact__ : High",
            "Impact: High",
            "🔥 **Impact:** High",
            "**Impact (1-5):** High",
        ] {
            assert_eq!(read(line), [(Some(FieldName::Impact), "High")], "{line}");
        }
        assert_eq!(read("**Statut :** ouvert"), [(Some(FieldName::Status), "ouvert")]);
        assert_eq!(read("**Description:**"), [(Some(FieldName::Description), "")]);
    }

    #[test]
    fn a_factor_and_its_grade_are_read_and_nothing_longer() {
        let read = |line: &str| -> Vec<(Option<FieldName>, String)> {
            let found = graded_parts(line, Span::new(0, line.len()), &Nouns::new(&BTreeMap::new()));
            found.into_iter().map(|label| (label.noun, line[label.value.range()].to_owned())).collect()
        };
        let both = |impact: &str, likelihood: &str| {
            vec![(Some(FieldName::Impact), impact.to_owned()), (Some(FieldName::Likelihood), likelihood.to_owned())]
        };
        assert_eq!(read("**Impact 5 · Likelihood 4**"), both("5", "4"));
        assert_eq!(read("Rare en rural. Impact fort, proba élevée. Limitation : afficher"), both("fort", "élevée"));
        assert!(read("The impact high winds have. Impact high on some days, low on others").is_empty());
    }

    #[test]
    fn several_labels_share_a_line() {
        let line = "**Likelihood:** Low | **Impact:** High · **Owner**: sre";
        let expected =
            [(Some(FieldName::Likelihood), "Low"), (Some(FieldName::Impact), "High"), (Some(FieldName::Owner), "sre")];
        assert_eq!(read(line), expected);
    }

    #[test]
    fn a_bold_label_may_be_unknown_and_a_plain_one_may_not() {
        assert_eq!(read("**Effective from:** now"), [(None, "now")]);
        assert!(read("Effective from: now").is_empty());
        assert!(read("We saw a high Impact: it was bad").is_empty());
        assert!(read("**Bold** words").is_empty());
    }
}
