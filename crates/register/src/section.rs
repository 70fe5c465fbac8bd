//! Headed sections as risks: `### R-1: Crash` with labels, a table of two columns, or deeper headings.
//!
//! An id in the heading and one statement are enough. Without an id the section must grade something, because every
//! document has headings with an owner and a status below them.

use std::collections::BTreeSet;

use text::Span;

use crate::draft::{Context, Draft, TitleFrom};
use crate::fold::plain;
use crate::model::{Field, Kind};
use crate::noun::FieldName;
use crate::outline::Section;
use crate::page::BlockKind;
use crate::statement::{Statement, statements};
use crate::table::{Role, kind_of, role};
use crate::title::{ReadTitle, names_something_else, read_title};
use crate::value::is_bare_grade;

/// The most deeper headings of one section that are read as labels.
const MAX_HEADED_FIELDS: usize = 32;

/// What a section turned out to be.
pub(crate) enum Read {
    Risk(Draft),
    /// Details of a risk that may be listed elsewhere.
    Details(Draft),
    /// A heading with prose below it; its neighbors decide whether it is a risk.
    Prose(Draft),
    Nothing,
}

/// Fields of a section that its heading alone would not make a risk.
const MIN_FIELDS_OF_FULL: usize = 3;

/// Reads one section. `group` numbers the list of its neighbors.
pub(crate) fn read_section(context: &Context<'_>, index: usize, group: usize, holds_risks: bool) -> Read {
    let section = &context.sections[index];
    let Some(heading) = section.heading.map(|at| &context.page.blocks[at]) else { return Read::Nothing };
    let BlockKind::Heading { text, .. } = heading.kind else { return Read::Nothing };
    let mut read = read_title(context.text, text);
    let mut said = statements(context, section.own.clone(), 1);
    let is_told = said.iter().any(|said| said.noun == Some(FieldName::Title));
    let titled = said.iter().position(|said| said.noun == Some(FieldName::Title));
    let label = titled.filter(|_| read.id.is_some() && read.title.is_empty()).map(|at| said.remove(at).value);
    if let Some(label) = label {
        read.title = plain(context.slice(label));
    }
    let mut fields = fields_of(context, said);
    fields.extend(table_fields(context, section));
    fields.extend(headed_fields(context, index));
    let end = section
        .own
        .end
        .max(section.own.start)
        .checked_sub(1)
        .map_or(heading.span.end, |at| context.page.blocks[at].span.end);
    let span = Span::new(heading.span.start, end.max(heading.span.end));
    // `Technical debt` heads a list, but with grades and fields of its own it names a risk.
    let is_rated = fields.iter().any(|(noun, _)| noun.is_rating());
    let is_full = fields.len() >= MIN_FIELDS_OF_FULL && is_rated && !context.slice(text).contains('`');
    let is_noun = context.nouns.of(&read.title).is_some_and(|noun| noun != FieldName::Title || !is_full);
    let is_grade = graded_heading(context, section).is_some();
    let is_label = read.id.is_none() && (is_noun || is_grade || names_something_else(&read.title));
    if section.is_apart || read.title.is_empty() && read.id.is_none() || is_label {
        return Read::Nothing;
    }
    let mut draft = draft(context, read, text, fields, section);
    draft.span = span;
    draft.group = group;
    draft.title_span = label.unwrap_or(draft.title_span);
    if context.is_form(&draft) {
        return Read::Nothing;
    }
    sort_out(draft, section, holds_risks, is_told)
}

pub(crate) fn draft(
    context: &Context<'_>,
    read: ReadTitle,
    title_span: Span,
    fields: Vec<(FieldName, Field)>,
    section: &Section,
) -> Draft {
    let mut fields = fields;
    fields.extend(read.grades.iter().map(|(noun, span)| (*noun, context.field(*noun, *span, None))));
    let stated_id = fields
        .iter()
        .find(|(noun, field)| *noun == FieldName::Id && field.value.is_stated())
        .map(|(_, field)| plain(&field.text));
    let id = read.id.or(stated_id);
    // Its own heading names it and says nothing about its kind: `Single point of failure` may be a risk.
    let around = section
        .parent
        .filter(|_| title_is_heading(context, section, title_span))
        .map_or(section, |parent| &context.sections[parent]);
    let kind = match kind_of(&[], id.as_deref(), around) {
        Kind::Risk if around.kind == Some(Kind::Mode) && id.is_none() => Kind::Mode,
        kind => kind,
    };
    Draft {
        id,
        ordinal: read.ordinal,
        is_counted: read.is_counted,
        title: read.title,
        title_span,
        title_from: TitleFrom::Title,
        kind,
        state: section.state,
        struck: read.struck,
        fields,
        span: title_span,
        group: 0,
        is_row: false,
        only_details: false,
        is_summary: false,
        band: around.band,
    }
}

fn title_is_heading(context: &Context<'_>, section: &Section, title_span: Span) -> bool {
    section.heading.is_some_and(|at| {
        context.page.blocks[at].span.end >= title_span.end && context.page.blocks[at].span.start <= title_span.start
    })
}

/// Decides whether what was read is a risk.
/// `is_told` says that a label in it is the word for risk.
fn sort_out(draft: Draft, section: &Section, holds_risks: bool, is_told: bool) -> Read {
    let nouns = nouns(&draft);
    let about = section.about_risk || nouns.contains(&FieldName::Likelihood);
    if draft.id.is_some() {
        let sound = !nouns.is_empty() && (about || graded(&draft));
        return match sound {
            true => Read::Risk(draft),
            false if section.about_risk => Read::Prose(draft),
            false => Read::Nothing,
        };
    }
    let treated = nouns.contains(&FieldName::Mitigation)
        || nouns.contains(&FieldName::Planned)
        || nouns.contains(&FieldName::ExistingGuardrail);
    let described = nouns.contains(&FieldName::Impact) || nouns.contains(&FieldName::Description);
    let told = treated && described && (nouns.len() >= 3 || is_told);
    if !holds_risks && about && ((graded(&draft) && nouns.len() >= 2) || told) {
        return Read::Risk(draft);
    }
    let is_detail = section.about_risk && section.level > 1 && !holds_risks;
    match is_detail {
        true if treated => Read::Details(draft),
        true => Read::Prose(draft),
        false => Read::Nothing,
    }
}

pub(crate) fn nouns(draft: &Draft) -> BTreeSet<FieldName> {
    draft.fields.iter().map(|(noun, _)| *noun).filter(|noun| *noun != FieldName::Id).collect()
}

/// Whether a likelihood, impact, severity, level or score is a grade and not prose.
pub(crate) fn graded(draft: &Draft) -> bool {
    draft
        .fields
        .iter()
        .any(|(noun, field)| noun.is_rating() && (field.value.level().is_some() || field.value.number().is_some()))
}

/// Statements as fields. In a section the word "risk" opens a description: the heading is the title.
pub(crate) fn fields_of(context: &Context<'_>, statements: Vec<Statement>) -> Vec<(FieldName, Field)> {
    let known = statements.into_iter().filter_map(|statement| {
        let noun = match statement.noun? {
            FieldName::Title => FieldName::Description,
            noun => noun,
        };
        Some((noun, context.field(noun, statement.value, statement.detail)))
    });
    known.collect()
}

/// Fields of tables of two columns, label and value.
fn table_fields(context: &Context<'_>, section: &Section) -> Vec<(FieldName, Field)> {
    let tables = context.page.blocks[section.own.clone()].iter().filter_map(|block| match &block.kind {
        BlockKind::Table { rows } => Some(rows),
        _ => None,
    });
    let pairs = tables.filter_map(|rows| match role(context, rows, section) {
        Role::Labels(pairs) => Some(pairs),
        Role::Risks { .. } | Role::Other => None,
    });
    pairs.flatten().map(|(noun, value)| (noun, context.field(noun, value, None))).collect()
}

/// Deeper headings that are nothing but a label: `#### Mitigation`.
fn headed_fields(context: &Context<'_>, index: usize) -> Vec<(FieldName, Field)> {
    let children = context.sections[index + 1..]
        .iter()
        .take(MAX_HEADED_FIELDS)
        .take_while(|child| child.parent.is_some_and(|parent| parent >= index));
    let own = children.filter(|child| child.parent == Some(index));
    own.flat_map(|child| match graded_heading(context, child) {
        Some(grade) => {
            std::iter::once(grade).chain(fields_of(context, statements(context, child.own.clone(), 1))).collect()
        }
        None => headed_field(context, child).into_iter().collect::<Vec<_>>(),
    })
    .collect()
}

/// A heading that is a label with its grade: `### Risk level: **CRITICAL**`.
fn graded_heading(context: &Context<'_>, section: &Section) -> Option<(FieldName, Field)> {
    let BlockKind::Heading { text, .. } = context.page.blocks[section.heading?].kind else { return None };
    let (label, grade) = context.slice(text).split_once([':', '：'])?;
    let noun = context.nouns.of(&plain(label)).filter(|noun| noun.is_rating())?;
    let value = Span::new(text.end - grade.len(), text.end);
    is_bare_grade(&plain(grade)).then(|| (noun, context.field(noun, value, None)))
}

fn headed_field(context: &Context<'_>, child: &Section) -> Option<(FieldName, Field)> {
    let BlockKind::Heading { text, .. } = context.page.blocks[child.heading?].kind else { return None };
    let noun = context
        .nouns
        .of(&plain(context.slice(text)))
        .filter(|noun| !matches!(noun, FieldName::Title | FieldName::Id | FieldName::Component))?;
    let blocks = context.page.blocks.get(child.own.clone())?;
    let (first, last) = (blocks.first()?, blocks.last()?);
    let graded = noun.is_rating() || matches!(noun, FieldName::Status | FieldName::Owner | FieldName::Priority);
    let items = blocks.iter().filter(|block| matches!(block.kind, BlockKind::Item { .. })).count();
    // A list of grades is the scale on which they lie.
    if graded && items >= 2 {
        return None;
    }
    let value = match &first.kind {
        BlockKind::Paragraph { lines, .. } if graded => *lines.first()?,
        BlockKind::Item { lines, .. } if blocks.len() == 1 => Span::new(lines.first()?.start, lines.last()?.end),
        _ => Span::new(first.span.start, last.span.end),
    };
    Some((noun, context.field(noun, value, None)))
}
