//! One place that states something about one risk: a row, a section, a list entry. Several drafts may become one risk.

use text::{Source, Span};

use crate::fold::plain;
use crate::level::Level;
use crate::model::{Field, Kind};
use crate::noun::{FieldName, Nouns};
use crate::outline::Section;
use crate::page::{Page, trimmed};
use crate::status::State;
use crate::title::{begins_with_placeholder, is_placeholder};
use crate::value::{is_nothing, read_value};

/// Lines of a value that may define a scale.
const MAX_SCALE_LINES: usize = 32;

/// What a title was taken from; the better one names the risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TitleFrom {
    Description,
    Component,
    Title,
}

/// What one place says.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: Option<String>,
    pub(crate) ordinal: Option<String>,
    /// Its number follows the word "risk" and means the id `R-3`.
    pub(crate) is_counted: bool,
    pub(crate) title: String,
    pub(crate) title_span: Span,
    pub(crate) title_from: TitleFrom,
    pub(crate) kind: Kind,
    /// The state its headings give it.
    pub(crate) state: Option<State>,
    pub(crate) struck: bool,
    pub(crate) fields: Vec<(FieldName, Field)>,
    pub(crate) span: Span,
    /// The table or list of sections it stands in.
    pub(crate) group: usize,
    pub(crate) is_row: bool,
    /// Adds to a risk found elsewhere, but is none by itself.
    pub(crate) only_details: bool,
    /// A row of a table that sums up what stands elsewhere.
    pub(crate) is_summary: bool,
    /// The severity band of the headings it stands under.
    pub(crate) band: Option<(Level, Span)>,
}

/// Everything the readers of tables, sections and lists look at.
pub(crate) struct Context<'a> {
    pub(crate) source: &'a Source,
    pub(crate) text: &'a str,
    pub(crate) page: &'a Page,
    pub(crate) sections: &'a [Section],
    pub(crate) nouns: Nouns,
    /// How many sections stand right below each.
    pub(crate) below: Vec<usize>,
    line_starts: Vec<usize>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(source: &'a Source, page: &'a Page, sections: &'a [Section], nouns: Nouns) -> Self {
        let mut below = vec![0; sections.len()];
        sections.iter().filter_map(|section| section.parent).for_each(|parent| below[parent] += 1);
        Self { source, text: source.text(), page, sections, nouns, below, line_starts: line_starts(source.text()) }
    }

    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The line of a byte, from 1. A column would cost the length of the line, so none is counted while reading.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// A statement about a noun.
    pub(crate) fn field(&self, noun: FieldName, span: Span, detail: Option<Span>) -> Field {
        let span = trimmed(self.text, span);
        let text = self.slice(span).to_owned();
        let value = read_value(noun, &text);
        Field { value, text, span, line: self.line(span.start), detail }
    }

    /// Whether the draft is a form to be filled in.
    pub(crate) fn is_form(&self, draft: &Draft) -> bool {
        let raw_title = self.slice(draft.title_span);
        let id_left_open =
            draft.fields.iter().any(|(noun, field)| *noun == FieldName::Id && is_placeholder(&field.text));
        let is_scale = |text: &str| is_choice(text) || is_scale_text(text) || is_scale_list(text);
        let choices = draft.fields.iter().any(|(noun, field)| noun.is_rating() && is_scale(&field.text));
        let is_unnamed = !draft.title.is_empty() && is_nothing(&draft.title);
        is_placeholder(raw_title)
            || is_unnamed
            || begins_with_placeholder(raw_title)
            || is_placeholder(&draft.title)
            || id_left_open
            || choices
    }
}

/// `Low / Medium / High`: three or more grades to choose from.
fn is_choice(text: &str) -> bool {
    let parts = text.trim_matches(['[', ']', '<', '>', '{', '}']).split(['/', '|', ',']);
    parts.clone().nth(2).is_some() && parts.into_iter().all(crate::value::is_bare_grade)
}

/// A list of grades with their meanings below a factor.
fn is_scale_list(text: &str) -> bool {
    let meant = |line: &str| {
        let (grade, meaning) = line.trim_start_matches(['-', '*', '+', ' ']).split_once(':')?;
        let bare = plain(grade.trim_matches('*'));
        let bare = bare.split('(').next().unwrap_or("").trim().to_owned();
        (!meaning.trim().is_empty() && crate::value::is_bare_grade(&bare)).then_some(())
    };
    text.lines().take(MAX_SCALE_LINES).filter_map(meant).count() >= 2
}

/// `1-5 (1=low, 5=high)`: what the numbers of a scale mean.
fn is_scale_text(text: &str) -> bool {
    let defines = |(at, _): &(usize, char)| text[..*at].trim_end().ends_with(|c: char| c.is_ascii_digit());
    text.char_indices().filter(|(_, c)| *c == '=').filter(defines).count() >= 2
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends_line = |(at, byte): (usize, &u8)| {
        (*byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))).then_some(at + 1)
    };
    std::iter::once(0).chain(bytes.iter().enumerate().filter_map(ends_line)).collect()
}
