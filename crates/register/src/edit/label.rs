//! Labels of a section: `**Owner:** Kim`. A new one is written like those that are there.

use text::Span;

use super::{EditError, Splice, spoken};
use crate::draft::Context;
use crate::model::{Field, Register, Risk};
use crate::noun::FieldName;

/// The longest label with its bullet and marks; what is longer is a sentence.
const MAX_LABEL_BYTES: usize = 64;

/// What stands in a line before a value, and where that line is; `None` for cells and for values behind other values.
pub(super) fn label_of<'t>(text: &'t str, risk: &Risk, field: &Field) -> Option<(&'t str, Span)> {
    let start = text[..field.span.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let end = text[field.span.end..].find(['\n', '\r']).map_or(text.len(), |at| field.span.end + at);
    let before = &text[start..field.span.start];
    let is_first = !risk
        .fields
        .values()
        .any(|other| other.span.start >= start && other.span.end <= field.span.start && other.span != field.span);
    let is_label = before.len() <= MAX_LABEL_BYTES
        && !before.contains(". ")
        && before.contains(|c: char| c.is_alphabetic())
        && !before.trim_start().starts_with(['|', '#'])
        && is_first
        && text[field.span.end..end].trim_matches(['*', '_', ' ', '\\']).is_empty();
    is_label.then_some((before, Span::new(start, end)))
}

/// A label with the word of another noun: `- **Impact:** ` becomes `- **Owner:** `.
pub(super) fn relabeled(label: &str, word: &str) -> String {
    let start = label.find(|c: char| c.is_alphabetic()).unwrap_or(0);
    let end = label.trim_end_matches(|c: char| !c.is_alphanumeric()).len().max(start);
    let word = if label[start..].starts_with(|c: char| c.is_uppercase()) { capital(word) } else { word.to_owned() };
    format!("{}{word}{}", &label[..start], &label[end..])
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the document calls a noun, else the word in our output.
pub(super) fn word(text: &str, register: &Register, noun: FieldName) -> String {
    let used = register.risks.iter().filter_map(|risk| Some((risk, risk.field(noun)?)));
    let label = used.filter_map(|(risk, field)| label_of(text, risk, field)).next();
    label.map_or_else(
        || noun.word().replace('_', " "),
        |(label, _)| label.trim_matches(|c: char| !c.is_alphanumeric()).to_owned(),
    )
}

/// A label and its value below the last label of a risk that lacks the noun.
pub(super) fn insert(
    context: &Context<'_>,
    register: &Register,
    risk: &Risk,
    noun: FieldName,
    value: &str,
) -> Result<Splice, EditError> {
    let text = context.text;
    let no_place = |why| EditError::NoPlace { id: risk.id.clone(), noun, why };
    let labels = risk.fields.values().filter(|field| field.detail.is_none());
    let last = labels.filter_map(|field| label_of(text, risk, field)).max_by_key(|(_, line)| line.start);
    let Some((label, line)) = last else {
        return Err(no_place(if risk.has_row { "its table has no such column" } else { "it has no labels" }));
    };
    let own = relabeled(label, &word(text, register, noun));
    let new = spoken::spoken(register, noun, value)?;
    let breaks = line_break(text, line.end);
    let hard = if text[line.range()].ends_with("  ") { "  " } else { "" };
    let apart = if is_apart(text, line) { breaks } else { "" };
    Ok(Splice { span: Span::new(line.end, line.end), text: format!("{breaks}{apart}{own}{new}{hard}") })
}

/// Whether the label lines of a section stand in paragraphs of their own: one above is followed by an empty line.
fn is_apart(text: &str, line: Span) -> bool {
    let above = text[..line.start].trim_end_matches([' ', '\t']);
    let has_gap = above.ends_with("\n\n") || above.ends_with("\r\n\r\n");
    let before = above.trim_end().rsplit(['\n', '\r']).next().unwrap_or("");
    has_gap && !before.starts_with('#') && before.contains(':')
}

/// The line break of a document: the one at a place, else the first there is.
pub(super) fn line_break(text: &str, at: usize) -> &'static str {
    let of = |rest: &str| {
        if rest.starts_with("\r\n") {
            Some("\r\n")
        } else if rest.starts_with('\n') {
            Some("\n")
        } else {
            rest.starts_with('\r').then_some("\r")
        }
    };
    let first = || text.find(['\n', '\r']).and_then(|first| of(&text[first..]));
    of(&text[at..]).or_else(first).unwrap_or("\n")
}
