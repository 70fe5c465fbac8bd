//! Lists as risks: entries with nested labels, and entries that say all on one line.
//!
//! `- **Data loss**` with `- Impact: High` below it; `- Search is slow - Mitigation: cache results`; and, where a document
//! about risks lists nothing else, the plain entries below a heading that says so.

use std::ops::Range;

use text::Span;

use crate::draft::{Context, Draft};
use crate::fold::{cut, fold, fold_label, plain};
use crate::label::{labels, labels_within};
use crate::noun::FieldName;
use crate::outline::Section;
use crate::page::{BlockKind, trimmed};
use crate::prose::{numbers_parts, prefix};
use crate::section::{draft, fields_of, graded, nouns};
use crate::statement::statements;
use crate::status::{is_known, read_status};
use crate::title::{is_id, read_title};
use crate::value::is_bare_grade;

/// The longest title of an entry on one line.
const MAX_TITLE_BYTES: usize = 160;
/// Marks between the title of an entry and what is said about it.
const TITLE_ENDS: &[&str] = &[" - ", " — ", " – ", " -> ", " → ", ": ", ". "];

/// The entries of the lists of a section whose nested items hold the fields: `- **Data loss**` and below it `- Impact: High`.
pub(crate) fn read_lists(context: &Context<'_>, index: usize, group: usize) -> Vec<Draft> {
    let section = &context.sections[index];
    if !section.about_risk || section.is_apart {
        return Vec::new();
    }
    let entries = entries(context, section.own.clone());
    let mut nested: Vec<Draft> =
        entries.iter().filter_map(|entry| nested_entry(context, entry.clone(), section, group, false)).collect();
    if nested.len() * 2 >= entries.len() {
        // Among entries that say enough one that is only graded is one, too.
        nested =
            entries.iter().filter_map(|entry| nested_entry(context, entry.clone(), section, group, true)).collect();
    }
    if !nested.is_empty() {
        return nested;
    }
    let spoken: Vec<Draft> = entries.iter().filter_map(|entry| spoken_entry(context, entry, section, group)).collect();
    let named: Vec<Draft> = entries.iter().filter_map(|entry| named_entry(context, entry, section, group)).collect();
    let most = if named.len() > spoken.len() { named } else { spoken };
    // Below `Risks` each part may hold one, told with its grade.
    let of_register = section.parent.is_some_and(|parent| context.sections[parent].names_risks);
    let enough = most.len() >= 2
        || of_register && most.iter().any(graded)
        || entries.iter().any(|entry| is_marked(context, entry));
    if enough && most.len() * 2 >= entries.len() { most } else { Vec::new() }
}

/// Whether every entry of a list begins with a title in bold, and there are several.
pub(crate) fn has_bold_entries(context: &Context<'_>, index: usize) -> bool {
    bold_entries(context, index) >= MIN_BOLD_ENTRIES
}

/// Whether a section holds a list.
pub(crate) fn has_entries(context: &Context<'_>, index: usize) -> bool {
    !entries(context, context.sections[index].own.clone()).is_empty()
}

/// How many entries a list has; none when one does not begin with a title in bold.
pub(crate) fn bold_entries(context: &Context<'_>, index: usize) -> usize {
    let entries = entries(context, context.sections[index].own.clone());
    let is_bold = |entry: &Range<usize>| match &context.page.blocks[entry.start].kind {
        BlockKind::Item { lines, .. } => lines.first().is_some_and(|line| context.slice(*line).starts_with("**")),
        _ => false,
    };
    if entries.iter().all(is_bold) { entries.len() } else { 0 }
}

/// An entry that begins with an id in bold: `- **R-1 — Loss.** It may ..`.
fn named_entry(context: &Context<'_>, entry: &Range<usize>, section: &Section, group: usize) -> Option<Draft> {
    let draft = entry_draft(context, entry, section, group)?;
    let is_bold = context.slice(draft.title_span).starts_with("**");
    let names = draft.id.as_deref().is_some_and(|id| !numbers_parts(&prefix(id)));
    (is_bold && names && !draft.title.is_empty() && !context.is_form(&draft)).then_some(draft)
}

/// Every entry of the lists of a section whose heading says that it lists risks.
pub(crate) fn read_plain_list(context: &Context<'_>, index: usize, group: usize) -> Vec<Draft> {
    let section = &context.sections[index];
    let entries = entries(context, section.own.clone());
    let found = entries.iter().filter_map(|entry| entry_draft(context, entry, section, group));
    let found: Vec<Draft> = found.filter(|draft| !draft.title.is_empty() && !context.is_form(draft)).collect();
    let parts = found.iter().filter(|draft| names_fields(context, &draft.title)).count();
    if parts * 2 < found.len() { found } else { Vec::new() }
}

/// Entries of a list that its bold titles make a list of risks.
pub(crate) const MIN_BOLD_ENTRIES: usize = 3;
/// Words of an entry that names fields and no risk, as `Impact and likelihood (High/Med/Low)` does.
const MAX_FIELD_WORDS: usize = 7;

/// Whether an entry tells what each risk shall have, as guides of a register list it.
fn names_fields(context: &Context<'_>, title: &str) -> bool {
    let folded = fold_label(title);
    let words: Vec<&str> =
        folded.split(' ').filter(|word| !matches!(*word, "and" | "or" | "of" | "the" | "a")).collect();
    let is_field = |word: &&&str| word.len() > 2 && context.nouns.of(word).is_some_and(|noun| noun != FieldName::Title);
    let fields = words.iter().filter(is_field).count();
    let ends_so = words.last().is_some_and(|last| is_field(&last));
    let names = words.len() <= MAX_FIELD_WORDS && fields * 2 + usize::from(ends_so) > words.len();
    names
        || is_tier(title)
        || is_route(title)
        || is_rung(context, title)
        || is_bare_grade(title)
        || is_known(&read_status(title).word)
}

/// A way into an interface: `GET /risks/{id}`.
fn is_route(title: &str) -> bool {
    let method = title.split_once(" /").map(|(method, _)| method);
    matches!(method, Some("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS"))
}

/// A rung of a scale: `Impact 5`.
fn is_rung(context: &Context<'_>, title: &str) -> bool {
    let Some((word, grade)) = title.rsplit_once(' ') else { return false };
    is_bare_grade(grade) && context.nouns.of(word).is_some_and(FieldName::is_rating)
}

/// The name of a class of something: `Tier 1`, `Level 3`.
fn is_tier(title: &str) -> bool {
    let folded = fold(title);
    let Some((word, number)) = folded.rsplit_once(' ') else { return false };
    matches!(word, "tier" | "level" | "class" | "stage" | "stufe" | "niveau" | "nivel") && number.parse::<u8>().is_ok()
}

/// Ranges of blocks from one item of the outermost list to the next.
fn entries(context: &Context<'_>, own: Range<usize>) -> Vec<Range<usize>> {
    let mut entries: Vec<Range<usize>> = Vec::new();
    for at in own {
        let depth = match &context.page.blocks[at].kind {
            BlockKind::Item { depth, .. } | BlockKind::Paragraph { depth, .. } => *depth,
            BlockKind::Fence { .. } => 2,
            BlockKind::Heading { .. } | BlockKind::Table { .. } => 0,
        };
        match entries.last_mut() {
            _ if depth == 1 && matches!(context.page.blocks[at].kind, BlockKind::Item { .. }) => {
                entries.push(at..at + 1)
            }
            Some(entry) if depth >= 1 && entry.end == at => entry.end = at + 1,
            _ => {}
        }
    }
    entries
}

fn nested_entry(
    context: &Context<'_>,
    entry: Range<usize>,
    section: &Section,
    group: usize,
    is_beside: bool,
) -> Option<Draft> {
    let block = &context.page.blocks[entry.start];
    let BlockKind::Item { lines, .. } = &block.kind else { return None };
    let title_line = *lines.first()?;
    let is_label = labels(context.text, title_line, &context.nouns)
        .iter()
        .any(|label| label.noun.is_some_and(|noun| noun != FieldName::Title));
    if entry.len() < 2 || is_label {
        return None;
    }
    let fields = fields_of(context, statements(context, entry.start + 1..entry.end, 2));
    let read = read_title(context.text, title_line);
    let mut draft = draft(context, read, title_line, fields, section);
    draft.span = block.span;
    draft.group = group;
    draft.band = section.band;
    let nouns = nouns(&draft);
    let told = nouns.iter().any(|noun| noun.is_treatment()) && nouns.len() >= 2;
    let treated = nouns.iter().any(|noun| noun.is_treatment());
    let named = draft.id.is_some() && section.about_risk && treated;
    let sound = (graded(&draft) && (nouns.len() >= 2 || is_beside) || told && section.names_risks || named)
        && !draft.title.is_empty()
        && !context.is_form(&draft);
    sound.then_some(draft)
}

/// An entry that says on its own lines what is done about it or how bad it is.
fn spoken_entry(context: &Context<'_>, entry: &Range<usize>, section: &Section, group: usize) -> Option<Draft> {
    let draft = entry_draft(context, entry, section, group)?;
    let says =
        draft.fields.iter().any(|(noun, field)| field.value.is_stated() && (noun.is_rating() || noun.is_treatment()));
    let named = section.names_risks || draft.id.is_some() || graded(&draft) || is_marked(context, entry);
    let named = named && !is_tier(&draft.title) && !is_rung(context, &draft.title);
    (says && named && !draft.title.is_empty() && !context.is_form(&draft)).then_some(draft)
}

/// An entry with the labels within its lines; its title ends where they begin, or with its first sentence.
fn entry_draft(context: &Context<'_>, entry: &Range<usize>, section: &Section, group: usize) -> Option<Draft> {
    let block = &context.page.blocks[entry.start];
    let BlockKind::Item { lines, .. } = &block.kind else { return None };
    let (first, last) = (lines.first()?, lines.last()?);
    let begins_with_label =
        labels(context.text, *first, &context.nouns).first().is_some_and(|label| label.noun.is_some());
    let status = leading_status(context, *first);
    let is_form = context.slice(*first).starts_with('[') && !context.slice(*first).contains("](");
    if begins_with_label || is_form && status.is_none() {
        return None;
    }
    let whole = Span::new(status.map_or(first.start, |(_, after)| after), last.end);
    let within = |line: &Span| labels_within(context.text, *line, line.start > first.start, &context.nouns);
    let found: Vec<_> = lines.iter().flat_map(within).collect();
    let ends = found.iter().map(|label| label.at).chain([whole.end]).next().unwrap_or(whole.end);
    let (title, rest) = title_span(context, Span::new(whole.start, ends));
    let mut fields: Vec<_> =
        found.iter().filter_map(|label| Some((label.noun?, context.field(label.noun?, label.value, None)))).collect();
    if let Some(grade) = rest.and_then(|rest| leading_grade(context, rest)) {
        fields.push((FieldName::Level, context.field(FieldName::Level, grade, None)));
    }
    if let Some(rest) = rest.filter(|rest| rest.start < rest.end) {
        fields.push((FieldName::Description, context.field(FieldName::Description, rest, None)));
    }
    if let Some((status, _)) = status {
        fields.push((FieldName::Status, context.field(FieldName::Status, status, None)));
    }
    let read = read_title(context.text, title);
    let mut draft = draft(context, read, title, fields, section);
    draft.span = block.span;
    draft.group = group;
    draft.band = section.band;
    Some(draft)
}

fn is_marked(context: &Context<'_>, entry: &Range<usize>) -> bool {
    match &context.page.blocks[entry.start].kind {
        BlockKind::Item { lines, .. } => lines.first().is_some_and(|line| leading_status(context, *line).is_some()),
        _ => false,
    }
}

/// A status in brackets before an entry, and where the entry begins: `[DONE] **Loss**`.
fn leading_status(context: &Context<'_>, line: Span) -> Option<(Span, usize)> {
    let inner = context.slice(line).strip_prefix('[')?;
    let close = inner.find(']')?;
    let span = Span::new(line.start + 1, line.start + 1 + close);
    let known = close > 1 && is_known(&read_status(&plain(context.slice(span))).word);
    let after = span.end + 1;
    let rest = &context.text[after..line.end];
    known.then(|| (span, after + rest.len() - rest.trim_start().len()))
}

/// Where the title of an entry ends: behind bold words, else before the first mark that parts it from the rest.
fn title_span(context: &Context<'_>, span: Span) -> (Span, Option<Span>) {
    let text = cut(context.slice(span), MAX_TITLE_BYTES * 4);
    if let Some(close) = text.strip_prefix("**").and_then(|inner| inner.find("**")) {
        let end = span.start + 2 + close + 2;
        let title = trimmed(context.text, Span::new(span.start, end));
        return (title, Some(rest_of(context, end, span.end)));
    }
    // What parts an id from the title ends no title: `R-1: Loss - Mitigation: ..`.
    let named = text.find([':', ' ']).filter(|end| is_id(&text[..*end]));
    let id = named.map_or(0, |end| end + text[end..].find(char::is_alphanumeric).unwrap_or(0));
    let ends = |mark: &&str| Some((id + outside_brackets(&text[id..], mark)?, mark.len()));
    let first = TITLE_ENDS.iter().filter_map(ends).min();
    let line_end = text.find(['\n', '\r']).unwrap_or(text.len());
    match first.filter(|(at, _)| *at <= MAX_TITLE_BYTES) {
        Some((at, width)) => {
            let title = trimmed(context.text, Span::new(span.start, span.start + at));
            (title, Some(rest_of(context, span.start + at + width, span.end)))
        }
        None if line_end < text.len() && line_end > 0 && text.len() > MAX_TITLE_BYTES => {
            let title = trimmed(context.text, Span::new(span.start, span.start + line_end));
            (title, Some(rest_of(context, span.start + line_end, span.end)))
        }
        None => (without_end(context, span), None),
    }
}

/// Where a mark first stands outside of brackets.
fn outside_brackets(text: &str, mark: &str) -> Option<usize> {
    let stands_outside = |at: &usize| match text[..*at].rfind(['(', ')']) {
        Some(bracket) => text[bracket..].starts_with(')') || !text[*at..].contains(')'),
        None => true,
    };
    text.match_indices(mark).map(|(at, _)| at).find(stands_outside)
}

fn rest_of(context: &Context<'_>, start: usize, end: usize) -> Span {
    let span = trimmed(context.text, Span::new(start.min(end), end));
    let text = context.slice(span);
    let begins = text.find(|c: char| c.is_alphanumeric() || matches!(c, '(' | '[' | '`' | '*')).unwrap_or(text.len());
    trimmed(context.text, Span::new(span.start + begins, span.end))
}

fn without_end(context: &Context<'_>, span: Span) -> Span {
    let text = context.slice(span);
    Span::new(
        span.start,
        span.start + text.trim_end_matches(['.', ';', ',', ' ', '\n', '\r', '-', '–', '—', '(']).len(),
    )
}

/// `(High)`, `[Medium]` at the beginning of what follows the title.
fn leading_grade(context: &Context<'_>, rest: Span) -> Option<Span> {
    let text = context.slice(rest);
    let inner = text.strip_prefix(['(', '['])?;
    let end = inner.find([')', ']'])?;
    let span = trimmed(context.text, Span::new(rest.start + 1, rest.start + 1 + end));
    is_bare_grade(&plain(context.slice(span))).then_some(span)
}
