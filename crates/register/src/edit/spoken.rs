//! A value in the words of the document: `high` becomes its `HIGH`, `🔴 Hoch` or `3`.

use super::EditError;
use crate::fold::fold;
use crate::model::{Field, Model, Register, Scale};
use crate::noun::FieldName;
use crate::status::{State, is_known};
use crate::value::{FieldValue, is_bare_grade, read_value};

/// The most words of the document that are named in an error.
const MAX_KNOWN: usize = 8;

/// The value as this document would write it.
pub(super) fn spoken(register: &Register, noun: FieldName, value: &str) -> Result<String, EditError> {
    let value = value.trim();
    match noun {
        noun if is_grade(noun) => grade(register, noun, value),
        FieldName::Status => status(register, value),
        _ => Ok(value.to_owned()),
    }
}

/// Whether a field grades, so that its values are words of a scale.
pub(super) fn is_grade(noun: FieldName) -> bool {
    use FieldName::{Detection, Impact, Level, Likelihood, Priority, Severity};
    matches!(noun, Likelihood | Impact | Severity | Level | Priority | Detection)
}

/// Whether a value is a grade and nothing else.
pub(super) fn is_bare(noun: FieldName, value: &str) -> bool {
    matches!(read_value(noun, value), FieldValue::Level { reason: None, .. } | FieldValue::Number { reason: None, .. })
}

/// The part of a statement before its reason, as written; `None` where the two cannot be parted without breaking markup.
pub(super) fn core(field: &Field) -> Option<&str> {
    let reason = match &field.value {
        FieldValue::Level { reason, .. } | FieldValue::Number { reason, .. } | FieldValue::Status { reason, .. } => {
            reason.as_deref()
        }
        FieldValue::Owners(_) | FieldValue::Nothing { .. } | FieldValue::Text(_) => None,
    };
    let core = match reason {
        None => field.text.as_str(),
        Some(reason) => {
            let at = field.text.find(reason)?;
            field.text[..at].trim_end_matches([' ', '(', '[', '-', '—', '–', ':', ',', ';', '/'])
        }
    };
    let is_whole = ["**", "__", "~~", "`"].iter().all(|mark| core.matches(mark).count() % 2 == 0);
    (!core.is_empty() && is_whole).then_some(core)
}

fn statements(register: &Register, noun: FieldName) -> impl Iterator<Item = &Field> {
    register.risks.iter().flat_map(move |risk| risk.statements(noun)).filter(|field| field.value.is_stated())
}

fn grade(register: &Register, noun: FieldName, value: &str) -> Result<String, EditError> {
    let wanted = read_value(noun, value);
    if matches!(wanted, FieldValue::Nothing { .. }) {
        return Ok(value.to_owned());
    }
    let all: Vec<&Field> = statements(register, noun).collect();
    if !is_bare_grade_like(&wanted) {
        let is_used = all.iter().any(|field| fold(&field.text) == fold(value));
        return if all.is_empty() || is_used { Ok(value.to_owned()) } else { Err(off_scale(&all, noun, value)) };
    }
    if let Some(scale) = register.scales.iter().find(|scale| scale.of == noun)
        && is_off(scale, &wanted)
    {
        return Err(off_scale(&all, noun, value));
    }
    if let (None, Some(number), Some(top)) = (wanted.level(), wanted.number(), top_of(register.model, noun))
        && !(1.0..=top).contains(&number)
    {
        return Err(off_scale(&all, noun, value));
    }
    if !is_bare(noun, value) {
        return Ok(value.to_owned());
    }
    let same = all.iter().filter(|field| means_the_same(&field.value, &wanted)).find_map(|field| core(field));
    if let Some(same) = same {
        return Ok(same.to_owned());
    }
    let worded = all.iter().any(|field| field.value.level().is_some());
    let numbered = all.iter().any(|field| field.value.level().is_none() && field.value.number().is_some());
    match (&wanted, worded, numbered) {
        (FieldValue::Level { level, .. }, false, true) => {
            let to_three = |scale: &Scale| scale.of == noun && scale.numbers == Some((1, 3));
            if matches!(register.model, Model::Bmad | Model::BmadTea) || register.scales.iter().any(to_three) {
                Ok(level.of_three().to_string())
            } else {
                Err(off_scale(&all, noun, value))
            }
        }
        (FieldValue::Number { .. }, true, false) => Err(off_scale(&all, noun, value)),
        _ => Ok(styled(value, all.iter().find_map(|field| core(field)))),
    }
}

/// The highest factor of a named model; a higher one would make it another model.
fn top_of(model: Model, noun: FieldName) -> Option<f64> {
    let is_factor =
        matches!(noun, FieldName::Likelihood | FieldName::Impact | FieldName::Severity | FieldName::Detection);
    match model {
        Model::Bmad | Model::BmadTea if is_factor => Some(3.0),
        Model::Fmea | Model::AiagVda if is_factor => Some(10.0),
        _ => None,
    }
}

fn is_bare_grade_like(value: &FieldValue) -> bool {
    matches!(value, FieldValue::Level { .. } | FieldValue::Number { .. })
}

fn means_the_same(left: &FieldValue, right: &FieldValue) -> bool {
    match (left.level(), right.level()) {
        (Some(left), Some(right)) => left == right,
        (None, None) => left.number().is_some() && left.number() == right.number(),
        _ => false,
    }
}

fn is_off(scale: &Scale, wanted: &FieldValue) -> bool {
    match (wanted.level(), wanted.number(), scale.numbers) {
        (Some(level), _, _) => !scale.levels.is_empty() && !scale.levels.contains(&level),
        (None, Some(number), Some((low, high))) => number < f64::from(low) || number > f64::from(high),
        _ => false,
    }
}

fn off_scale(all: &[&Field], noun: FieldName, value: &str) -> EditError {
    let mut known: Vec<String> = Vec::new();
    for text in all.iter().filter_map(|field| core(field)) {
        let text = text.split("<!--").next().unwrap_or("").trim();
        if known.len() < MAX_KNOWN && !known.iter().any(|other| other == text) {
            known.push(text.to_owned());
        }
    }
    EditError::OffScale { noun, value: value.to_owned(), known }
}

/// The value in the letters of a sample: `HIGH`, `High` or `high`, bold when the sample is.
fn styled(value: &str, sample: Option<&str>) -> String {
    let Some(sample) = sample else { return value.to_owned() };
    let letters: Vec<char> = sample.chars().filter(|c| c.is_alphabetic()).collect();
    let cased = if letters.len() > 1 && letters.iter().all(|c| c.is_uppercase()) {
        value.to_uppercase()
    } else if letters.first().is_some_and(|c| c.is_uppercase()) {
        let mut own = value.chars();
        own.next().map_or_else(String::new, |first| first.to_uppercase().chain(own).collect())
    } else {
        value.to_owned()
    };
    if sample.starts_with("**") && sample.ends_with("**") { format!("**{cased}**") } else { cased }
}

/// A status: the document's own word for the state, and what was typed behind it.
fn status(register: &Register, value: &str) -> Result<String, EditError> {
    let FieldValue::Status { state, word, reason } = read_value(FieldName::Status, value) else {
        return Ok(value.to_owned());
    };
    let all: Vec<&Field> = statements(register, FieldName::Status).collect();
    let of = |field: &&&Field, same: &dyn Fn(&State, &str) -> bool| match &field.value {
        FieldValue::Status { state, word, .. } => same(state, word),
        _ => false,
    };
    let by_word = all.iter().find(|field| of(field, &|_, other| other == word));
    if by_word.is_none() && !is_known(&word) {
        return Err(off_scale(&all, FieldName::Status, value));
    }
    // `closed` asks for the state; `in progress` asks for these words.
    let is_canonical = word == state.word();
    let by_state = all.iter().filter(|_| is_canonical).find(|field| of(field, &|other, _| *other == state));
    let own = by_word.or(by_state).and_then(|field| core(field));
    let typed: String = match &reason {
        Some(reason) => value.find(reason.as_str()).map_or(value, |at| &value[..at]).to_owned(),
        None => value.to_owned(),
    };
    let typed = typed.trim_end_matches([' ', '(', '-', '—', '–', ':', ',']);
    let own = own.map_or_else(|| styled(typed, all.iter().find_map(|field| core(field))), str::to_owned);
    Ok(match reason {
        Some(reason) => format!("{own} ({reason})"),
        None => own,
    })
}

/// What the document writes where it states nothing: `-`, `n/a`, or nothing.
pub(super) fn blank(register: &Register, noun: FieldName) -> String {
    let all = register.risks.iter().filter_map(|risk| risk.field(noun));
    let blank =
        all.filter(|field| !field.value.is_stated() && !is_bare_grade(&field.text)).find(|field| field.text.len() <= 4);
    blank.map_or_else(String::new, |field| field.text.clone())
}
