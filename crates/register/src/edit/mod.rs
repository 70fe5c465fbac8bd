//! Changing a register in place, in its own dialect: its columns and labels, its words for levels and states, its marks.
//!
//! An edit is a list of [`Splice`]s of the original bytes. What follows from a change (a product, a count) is changed with
//! it. Before anything is handed out the new text is read again: the value must be there, and every other risk must say what
//! it said; else the edit is refused with [`EditError::ChangesMore`].

mod add;
mod entry;
mod error;
mod grid;
mod label;
mod marks;
mod settle;
mod spoken;

use std::collections::BTreeMap;

use text::{Fix, Span};

use crate::draft::Context;
use crate::model::{Field, Register, Risk};
use crate::noun::{FieldName, Nouns};
use crate::outline::read_outline;
use crate::status::State;
use crate::value::FieldValue;

pub use add::add;
pub use error::EditError;
pub use marks::{MarkError, between, insert_marks, write_between};

/// These bytes instead of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl From<&Fix> for Splice {
    fn from(fix: &Fix) -> Self {
        Self { span: fix.span, text: fix.text.clone() }
    }
}

/// An edit that was made and read again.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The whole new text.
    pub text: String,
    /// The id of the risk.
    pub id: String,
    /// What to look at: a reason that was kept beside a new grade.
    pub notes: Vec<String>,
}

/// The text with the splices made. Every byte outside of their spans stays. Of two that overlap the first one counts; spans
/// beyond the text or inside a character are left out. Returns how many were made.
pub fn splice(text: &str, splices: &[Splice]) -> (String, usize) {
    let mut ordered: Vec<&Splice> = splices.iter().filter(|splice| text.get(splice.span.range()).is_some()).collect();
    ordered.sort_by_key(|splice| (splice.span.start, splice.span.end));
    ordered.dedup();
    let (mut out, mut at, mut made) = (String::with_capacity(text.len()), 0, 0);
    for splice in ordered {
        if splice.span.start < at {
            continue;
        }
        out.push_str(&text[at..splice.span.start]);
        out.push_str(&splice.text);
        (at, made) = (splice.span.end, made + 1);
    }
    out.push_str(&text[at..]);
    (out, made)
}

/// Reads the name of a field: one of ours, or what the document or `columns` calls it.
pub fn field_name(name: &str, columns: &BTreeMap<String, String>) -> Option<FieldName> {
    FieldName::parse(name).or_else(|| Nouns::new(columns).of(name))
}

/// Sets fields of a risk, in every place that states them.
///
/// # Errors
/// [`EditError`] says why nothing was changed.
pub fn set(
    register: &Register,
    columns: &BTreeMap<String, String>,
    id: &str,
    changes: &[(FieldName, String)],
) -> Result<Edited, EditError> {
    let risk = find(register, id)?;
    let nouns = Nouns::new(columns);
    let (page, sections) = read_outline(&register.source, &nouns);
    let context = Context::new(&register.source, &page, &sections, nouns);
    let grids = grid::grids(&context);
    let mut splices = Vec::new();
    let mut notes = Vec::new();
    for (noun, value) in changes {
        refuse(register, risk, *noun, value)?;
        let places: Vec<&Field> = places(risk, *noun);
        if places.is_empty() {
            splices.push(label::insert(&context, register, risk, *noun, value)?);
            continue;
        }
        for field in places {
            let (place, note) = replace(&context, register, &grids, risk, *noun, field, value)?;
            splices.push(place);
            notes.extend(note.filter(|note| !notes.contains(note)));
        }
    }
    let (text, _) = splice(register.source.text(), &splices);
    let text = settle::settle(register, columns, text, &risk.id);
    settle::held(register, columns, &text, &risk.id, changes, false)?;
    Ok(Edited { text, id: risk.id.clone(), notes })
}

/// Closes a risk: its status becomes the document's word for closed, with the reason.
///
/// # Errors
/// [`EditError`] says why nothing was changed.
pub fn close(
    register: &Register,
    columns: &BTreeMap<String, String>,
    id: &str,
    reason: &str,
) -> Result<Edited, EditError> {
    let risk = find(register, id)?;
    if risk.state == State::Closed {
        return Err(EditError::IsClosed { id: risk.id.clone(), line: risk.line });
    }
    set(register, columns, id, &[(FieldName::Status, format!("closed ({reason})"))])
}

fn find<'r>(register: &'r Register, id: &str) -> Result<&'r Risk, EditError> {
    let risk = register.find(id).ok_or_else(|| {
        let known = register.risks.iter().map(|risk| risk.id.as_str());
        EditError::NoRisk { id: id.to_owned(), near: text::nearest(id, known).map(str::to_owned) }
    })?;
    let same: Vec<usize> =
        register.risks.iter().filter(|other| other.id.eq_ignore_ascii_case(&risk.id)).map(|other| other.line).collect();
    if let [first, second, ..] = same.as_slice() {
        return Err(EditError::Twice { id: risk.id.clone(), first: *first, second: *second });
    }
    Ok(risk)
}

/// What cannot be set by anybody.
fn refuse(register: &Register, risk: &Risk, noun: FieldName, value: &str) -> Result<(), EditError> {
    if value.contains(['\n', '\r']) {
        return Err(EditError::LineBreak { noun });
    }
    if noun == FieldName::Id || noun == FieldName::Title {
        return Err(EditError::Name { noun, line: risk.line });
    }
    let is_made = risk.computed.as_ref().is_some_and(|computed| computed.score.is_some());
    if noun == FieldName::Score && is_made {
        return Err(EditError::Computed { by: register.model.word() });
    }
    Ok(())
}

/// The statements that a change is written to: all of a grade, a status or an owner, else the first one.
fn places(risk: &Risk, noun: FieldName) -> Vec<&Field> {
    let everywhere = noun.is_rating()
        || matches!(
            noun,
            FieldName::Likelihood | FieldName::Status | FieldName::Owner | FieldName::Priority | FieldName::Detection
        );
    let all = risk.statements(noun);
    if everywhere { all.collect() } else { all.take(1).collect() }
}

/// The new value in the place of the old one.
fn replace(
    context: &Context<'_>,
    register: &Register,
    grids: &[grid::Grid],
    risk: &Risk,
    noun: FieldName,
    field: &Field,
    value: &str,
) -> Result<(Splice, Option<String>), EditError> {
    if field.text.contains(['\n', '\r']) || field.detail.is_some() && field.text.is_empty() {
        return Err(EditError::ManyLines { id: risk.id.clone(), noun, line: field.line });
    }
    let is_prose = matches!(field.value, FieldValue::Text(_)) && field.text.contains(' ');
    if is_prose && spoken::is_grade(noun) && spoken::is_bare(noun, value) {
        return Err(EditError::Prose { id: risk.id.clone(), noun, line: field.line });
    }
    let new = spoken::spoken(register, noun, value)?;
    let mut note = None;
    let (span, new) = match (&field.value, spoken::core(field)) {
        // A grade alone leaves the reason that was given for the old one, and says so.
        (
            FieldValue::Level { reason: Some(reason), .. } | FieldValue::Number { reason: Some(reason), .. },
            Some(core),
        ) if spoken::is_bare(noun, value) => {
            let id = &risk.id;
            note = Some(format!("{id}: '{reason}' is still given as the reason; look whether it holds for {value}"));
            (Span::new(field.span.start, field.span.start + core.len()), new)
        }
        _ => (field.span, new),
    };
    Ok((grid::place(context, grids, span, &new), note))
}
