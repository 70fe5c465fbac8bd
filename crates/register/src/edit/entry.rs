//! A new section or list entry, made after the last one: its heading or bullet, its labels, its spacing.

use std::collections::BTreeSet;

use text::Span;

use super::add::{New, kind_of};
use super::{EditError, Splice, label};
use crate::draft::Context;
use crate::model::{Field, Risk};
use crate::noun::FieldName;
use crate::page::BlockKind;

/// What stands for what nobody said yet.
const UNSAID: &str = "TBD";

/// The new entry behind the model, and the nouns that it states.
pub(super) fn entry(
    new: &New<'_>,
    context: &Context<'_>,
    model: &Risk,
) -> Result<(Splice, BTreeSet<FieldName>), EditError> {
    let begins = |span: Span| model.spans.iter().find(move |own| own.start == span.start);
    for block in &context.page.blocks {
        let Some(own) = begins(block.span) else { continue };
        match &block.kind {
            BlockKind::Heading { text, .. } => return section(new, context, model, *own, *text),
            BlockKind::Item { lines, .. } => {
                let Some(first) = lines.first() else { continue };
                return item(new, context, model, block.span, *first);
            }
            BlockKind::Paragraph { .. } | BlockKind::Table { .. } | BlockKind::Fence { .. } => {}
        }
    }
    let (id, noun) = (model.id.clone(), FieldName::Title);
    Err(EditError::NoPlace { id, noun, why: "its place cannot serve as a model for another one" })
}

/// Heading and labels.
fn section(
    new: &New<'_>,
    context: &Context<'_>,
    model: &Risk,
    own: Span,
    heading: Span,
) -> Result<(Splice, BTreeSet<FieldName>), EditError> {
    let text = context.text;
    let breaks = label::line_break(text, heading.end);
    let line_start = text[..heading.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let title = titled(new, &text[heading.range()], model);
    // A bold line that stands as a heading has a mark behind it too.
    let mark = ["**", "__"].into_iter().find(|mark| text[heading.end..].starts_with(mark)).unwrap_or("");
    let mut lines = vec![format!("{}{title}{mark}", &text[line_start..heading.start])];
    let (labels, mut written) = labels(new, text, model, own, heading.end + mark.len())?;
    lines.extend(labels);
    let sample = model.fields.values().find_map(|field| label::label_of(text, model, field));
    if sample.is_none() {
        lines.push(String::new());
    }
    for (noun, _) in new.changes {
        if written.insert(*noun) {
            let word = label::word(text, new.register, *noun);
            let label = sample
                .map_or_else(|| label::relabeled("**Label:** ", &word), |(label, _)| label::relabeled(label, &word));
            lines.push(format!("{label}{}", new.value(*noun)?.unwrap_or_default()));
        }
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.push(UNSAID.to_owned());
    }
    let end = own.start + text[own.range()].trim_end().len();
    let whole = lines.join(breaks);
    Ok((Splice { span: Span::new(end, end), text: format!("{breaks}{breaks}{whole}") }, written))
}

/// A bullet with its title, and below it the labels that stand on lines of their own.
fn item(
    new: &New<'_>,
    context: &Context<'_>,
    model: &Risk,
    block: Span,
    first: Span,
) -> Result<(Splice, BTreeSet<FieldName>), EditError> {
    let text = context.text;
    let breaks = label::line_break(text, first.end);
    let line_start = text[..first.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let title = titled(new, &text[first.range()], model);
    let is_bold = text[first.range()].starts_with("**") && title.starts_with("**");
    let title = if is_bold { format!("{title}**") } else { title };
    let bullet = next_number(&text[line_start..first.start]);
    let mut lines = vec![format!("{bullet}{title}")];
    let (labels, mut written) = labels(new, text, model, block, first.end)?;
    let has_labels = !labels.is_empty();
    lines.extend(labels);
    let rest: Vec<&FieldName> =
        new.changes.iter().map(|(noun, _)| noun).filter(|noun| !written.contains(noun)).collect();
    if !rest.is_empty() && !has_labels {
        // An entry of one line says all in one line.
        let mut told = Vec::new();
        for noun in &rest {
            told.push(format!(
                "{}: {}",
                label::word(text, new.register, **noun),
                new.value(**noun)?.unwrap_or_default()
            ));
        }
        lines[0].push_str(&format!(" - {}", told.join("; ")));
        written.extend(rest);
    }
    let end = block.start + text[block.range()].trim_end().len();
    let loose = text[..line_start].ends_with(&format!("{breaks}{breaks}"))
        && text[..line_start].trim_end().len() + 2 * breaks.len() <= line_start;
    let before_is_item = text[..line_start].trim_end().rsplit(['\n', '\r']).next().is_some_and(|line| {
        line.trim_start().starts_with(['-', '*', '+']) || line.trim_start().starts_with(|c: char| c.is_ascii_digit())
    });
    let gap = if loose && before_is_item { breaks } else { "" };
    Ok((Splice { span: Span::new(end, end), text: format!("{breaks}{gap}{}", lines.join(breaks)) }, written))
}

/// The label lines of a place, each with what is said of the new risk.
fn labels(
    new: &New<'_>,
    text: &str,
    model: &Risk,
    own: Span,
    begin: usize,
) -> Result<(Vec<String>, BTreeSet<FieldName>), EditError> {
    let mut fields: Vec<(FieldName, &Field)> = model.fields.iter().map(|(noun, field)| (*noun, field)).collect();
    fields.extend(model.repeated.iter().map(|(noun, field)| (*noun, field)));
    fields.sort_by_key(|(_, field)| field.span);
    let mut lines = Vec::new();
    let mut written = BTreeSet::new();
    let mut last = begin;
    for (noun, field) in fields {
        let inside = own.start <= field.span.start && field.span.end <= own.end && field.span.start >= begin;
        let found = label::label_of(text, model, field).filter(|_| inside && !written.contains(&noun));
        // A value that shares its line with something before it is no line of its own.
        let Some((before, line)) = found.filter(|(_, line)| line.start >= last) else { continue };
        let between = &text[last..line.start];
        let is_next = between.trim().is_empty();
        if between.contains("\n\n") || between.contains("\r\n\r\n") {
            // What stood between two labels is not told of the new risk; one empty line stays.
            lines.push(String::new());
        } else if !is_next && lines.is_empty() {
            lines.push(String::new());
        }
        let hard = if text[line.range()].ends_with("  ") { "  " } else { "" };
        lines.push(format!("{before}{}{hard}", new.value(noun)?.unwrap_or_else(|| UNSAID.to_owned())));
        written.insert(noun);
        last = line.end;
    }
    Ok((lines, written))
}

/// The title of the model with the new id or number and the new title; what follows the title is left out.
fn titled(new: &New<'_>, raw: &str, model: &Risk) -> String {
    let found = raw
        .find(model.title.as_str())
        .or_else(|| model.titles.iter().find_map(|(title, _)| raw.find(title.as_str())))
        .or_else(|| raw.find(|c: char| c.is_alphanumeric()));
    let before = &raw[..found.unwrap_or(0)];
    let before = match new.id {
        Some(id) if before.contains(model.id.as_str()) => before.replacen(model.id.as_str(), id, 1),
        Some(id) if before.chars().any(|c| c.is_ascii_digit()) => numbered(new, before, id),
        Some(id) => format!("{id}: {before}"),
        None => numbered(new, before, ""),
    };
    format!("{before}{}", new.title)
}

/// `3. ` becomes `4. `: the number of the id, else one more than the sections that were told.
fn numbered(new: &New<'_>, before: &str, id: &str) -> String {
    let Some(start) = before.find(|c: char| c.is_ascii_digit()) else { return before.to_owned() };
    let digits = before[start..].chars().take_while(char::is_ascii_digit).count();
    let by_id = &id[id.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    let shown: u64 = before[start..start + digits].parse().unwrap_or(0);
    let kind = kind_of(new.register);
    let told = new.register.risks.iter().filter(|risk| risk.has_section && risk.kind == kind).count() as u64;
    let number = if by_id.is_empty() { (shown.max(told) + 1).to_string() } else { by_id.to_owned() };
    format!("{}{number}{}", &before[..start], &before[start + digits..])
}

/// `3. ` becomes `4. `; other bullets stay.
fn next_number(bullet: &str) -> String {
    let Some(start) = bullet.find(|c: char| c.is_ascii_digit()) else { return bullet.to_owned() };
    let digits = bullet[start..].chars().take_while(char::is_ascii_digit).count();
    let number: u64 = bullet[start..start + digits].parse().unwrap_or(0);
    format!("{}{}{}", &bullet[..start], number.saturating_add(1), &bullet[start + digits..])
}
