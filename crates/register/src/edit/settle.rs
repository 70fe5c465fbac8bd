//! What follows from an edit, and what must not: products and counts are carried on, everything else must stay.

use std::collections::BTreeMap;

use text::{Source, Span};

use super::{EditError, Splice, grid, splice, spoken};
use crate::draft::Context;
use crate::lint::counts;
use crate::model::{Model, Register, Risk};
use crate::noun::{FieldName, Nouns};
use crate::outline::read_outline;
use crate::read::read;

/// The text with what follows from the edit: the score and level of the risk, where they followed before or were never
/// written, and the counts of the document, where they were right before.
pub(super) fn settle(old: &Register, columns: &BTreeMap<String, String>, text: String, id: &str) -> String {
    let new = read(&Source::new(old.source.path(), text), columns);
    let Some(risk) = new.find(id) else { return new.source.text().to_owned() };
    let before = old.find(id);
    let mut splices = Vec::new();
    if let Some(span) = score_to_write(before, risk) {
        splices.push((span.0, span.1));
    }
    if let Some(level) = level_to_write(&new, before, risk) {
        splices.push(level);
    }
    let text = placed(&new, columns, &splices);
    let settled = read(&Source::new(old.source.path(), text), columns);
    splice(settled.source.text(), &counts_to_write(old, &settled)).0
}

/// The counts that the document states about its risks, where they were right before and mean one thing.
fn counts_to_write(old: &Register, new: &Register) -> Vec<Splice> {
    if old.totals.len() != new.totals.len() {
        return Vec::new();
    }
    let pairs = old.totals.iter().zip(&new.totals);
    let of_pair = pairs.filter_map(|(before, after)| {
        let (stated, old_counts, new_counts) = (before.count as usize, counts(old, before)?, counts(new, after)?);
        let right = match (stated == old_counts.0, stated == old_counts.1) {
            (true, false) => new_counts.0,
            (false, true) => new_counts.1,
            (true, true) if new_counts.0 == new_counts.1 => new_counts.0,
            _ => return None,
        };
        let is_number = new.source.slice(after.span) == after.count.to_string();
        (is_number && right != after.count as usize).then(|| Splice { span: after.span, text: right.to_string() })
    });
    of_pair.collect()
}

fn placed(register: &Register, columns: &BTreeMap<String, String>, values: &[(Span, String)]) -> String {
    let nouns = Nouns::new(columns);
    let (page, sections) = read_outline(&register.source, &nouns);
    let context = Context::new(&register.source, &page, &sections, nouns);
    let grids = grid::grids(&context);
    let splices: Vec<Splice> = values.iter().map(|(span, value)| grid::place(&context, &grids, *span, value)).collect();
    splice(register.source.text(), &splices).0
}

/// The score, when it was what the model gives, or is an empty cell of a new risk.
fn score_to_write(before: Option<&Risk>, risk: &Risk) -> Option<(Span, String)> {
    let computed = risk.computed.as_ref()?.score?;
    let field = risk.field(FieldName::Score)?;
    let stated = field.value.number();
    if stated == Some(computed) || field.text.contains(['\n', '\r']) {
        return None;
    }
    let Some(stated) = stated else { return before.is_none().then(|| (field.span, computed.to_string())) };
    let followed = before.and_then(|risk| risk.computed.as_ref()?.score) == Some(stated);
    let shown = stated.to_string();
    let at = field.text.find(&shown).filter(|_| followed)?;
    let start = field.span.start + at;
    Some((Span::new(start, start + shown.len()), computed.to_string()))
}

/// The level, by the same law.
fn level_to_write(new: &Register, before: Option<&Risk>, risk: &Risk) -> Option<(Span, String)> {
    let band = |risk: &Risk| risk.computed.as_ref().and_then(|computed| computed.band.clone());
    let wanted = band(risk)?;
    let field = risk.field(FieldName::Level)?;
    let is_same = |text: &str, band: &str| crate::fold::fold(text) == crate::fold::fold(band);
    if is_same(&field.value.short(), &wanted) || field.text.contains(['\n', '\r']) {
        return None;
    }
    let may = match before {
        Some(before) => is_same(&before.field(FieldName::Level)?.value.short(), &band(before)?),
        None => !field.value.is_stated(),
    };
    let word = spoken::spoken(new, FieldName::Level, &wanted).ok().filter(|_| may)?;
    Some((
        spoken::core(field).map_or(field.span, |core| Span::new(field.span.start, field.span.start + core.len())),
        word,
    ))
}

/// Reads the new text again: the risk says what was asked for, and every other one what it said.
pub(super) fn held(
    old: &Register,
    columns: &BTreeMap<String, String>,
    text: &str,
    id: &str,
    changes: &[(FieldName, String)],
    is_new: bool,
) -> Result<(), EditError> {
    let named = || changes.iter().map(|(noun, _)| format!("the {noun} of {id}")).collect::<Vec<_>>().join(", ");
    let what = || if is_new { format!("the new risk {id}") } else { named() };
    let refused = || EditError::ChangesMore { what: what() };
    let new = read(&Source::new(old.source.path(), text), columns);
    if new.risks.len() != old.risks.len() + usize::from(is_new) {
        return Err(refused());
    }
    if new.model != old.model && old.model != Model::Unscored {
        return Err(refused());
    }
    let risk = new.find(id).ok_or_else(refused)?;
    for (noun, value) in changes {
        let wanted = spoken::spoken(old, *noun, value)?;
        let said = risk.field(*noun).ok_or_else(refused)?;
        let is_said =
            [grid::escaped(&wanted), wanted.clone()].iter().any(|wanted| said.text.starts_with(wanted.as_str()));
        if !is_said {
            return Err(refused());
        }
    }
    let others = |register: &Register| {
        let all = register.risks.iter().filter(|risk| risk.id != new_id(risk, id));
        all.map(said).collect::<Vec<_>>()
    };
    if others(old) == others(&new) { Ok(()) } else { Err(refused()) }
}

fn new_id<'r>(risk: &'r Risk, id: &'r str) -> &'r str {
    if risk.id.eq_ignore_ascii_case(id) { &risk.id } else { "" }
}

/// Everything a risk says, in text.
fn said(risk: &Risk) -> (String, String, &'static str, Vec<(FieldName, String)>) {
    let fields = risk.fields.iter().chain(risk.repeated.iter().map(|(noun, field)| (noun, field)));
    let fields = fields.map(|(noun, field)| (*noun, field.text.clone())).collect();
    (risk.id.clone(), risk.title.clone(), risk.state.word(), fields)
}
