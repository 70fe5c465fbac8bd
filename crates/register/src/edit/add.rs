//! A new risk: a row of the document's table, a section like its other sections, or both where it keeps both.

use std::collections::{BTreeMap, BTreeSet};

use text::Span;

use super::grid::{Grid, grids, row};
use super::{EditError, Edited, Splice, entry, label, settle, splice, spoken};
use crate::draft::Context;
use crate::fold::slug;
use crate::model::{Kind, Register, Risk};
use crate::noun::{FieldName, Nouns};
use crate::outline::read_outline;
use crate::status::State;

/// Adds a risk with the next free id of the document, or with the one given.
///
/// # Errors
/// [`EditError`] says why nothing was changed.
pub fn add(
    register: &Register,
    columns: &BTreeMap<String, String>,
    title: &str,
    id: Option<&str>,
    changes: &[(FieldName, String)],
) -> Result<Edited, EditError> {
    let nouns = Nouns::new(columns);
    let (page, sections) = read_outline(&register.source, &nouns);
    let context = Context::new(&register.source, &page, &sections, nouns);
    if title.trim().is_empty() || title.contains(['\n', '\r']) {
        return Err(EditError::LineBreak { noun: FieldName::Title });
    }
    for (noun, value) in changes {
        if value.contains(['\n', '\r']) {
            return Err(EditError::LineBreak { noun: *noun });
        }
    }
    let grids = grids(&context);
    let (grid, model) = (own_grid(register, &grids), last_section(register));
    let id = new_id(register, id)?;
    let new = New { register, title: title.trim(), id: id.as_deref(), changes };
    let mut splices = Vec::new();
    let mut placed = BTreeSet::new();
    if let Some(grid) = grid {
        splices.push(new.row(context.text, grid)?);
        placed.extend(grid.columns.iter().flatten().copied());
    }
    if let Some(model) = model.filter(|model| grid.is_none() || model.has_row) {
        let (section, written) = entry::entry(&new, &context, model)?;
        splices.push(section);
        placed.extend(written);
    }
    if splices.is_empty() {
        return Err(EditError::NoList);
    }
    let known = new.id.map_or_else(|| slug(new.title), str::to_owned);
    if let Some((noun, _)) = changes.iter().find(|(noun, _)| !placed.contains(noun)) {
        return Err(EditError::NoPlace { id: known, noun: *noun, why: "no column and no label is called so" });
    }
    let (text, _) = splice(context.text, &splices);
    let text = settle::settle(register, columns, text, &known);
    settle::held(register, columns, &text, &known, changes, true)?;
    Ok(Edited { text, id: known, notes: Vec::new() })
}

/// The next number of a document whose column of ids only counts; empty where it does not count either.
fn next_ordinal(register: &Register) -> String {
    let numbers = register.risks.iter().filter_map(|risk| risk.field(FieldName::Id)?.text.trim().parse::<u64>().ok());
    numbers.max().map_or_else(String::new, |highest| highest.saturating_add(1).to_string())
}

/// What the new risk is called, and what is said about it.
pub(super) struct New<'n> {
    pub(super) register: &'n Register,
    pub(super) title: &'n str,
    pub(super) id: Option<&'n str>,
    pub(super) changes: &'n [(FieldName, String)],
}

/// The kind of entry that this document lists: risks where there is one, else failure modes, else debt.
pub(super) fn kind_of(register: &Register) -> Kind {
    register.risks.iter().map(|risk| risk.kind).min().unwrap_or(Kind::Risk)
}

/// The table that lists the most risks; of a document that lists none yet, the first one.
fn own_grid<'g>(register: &Register, grids: &'g [Grid]) -> Option<&'g Grid> {
    let kind = kind_of(register);
    let listed = |grid: &Grid| {
        let holds = |risk: &&Risk| {
            risk.kind == kind
                && risk
                    .spans
                    .iter()
                    .any(|span| grid.lines.iter().any(|line| line.start <= span.start && span.end <= line.end))
        };
        register.risks.iter().filter(holds).count()
    };
    let has_sections = register.risks.iter().any(|risk| risk.has_section);
    let best = grids.iter().rev().max_by_key(|grid| listed(grid))?;
    (listed(best) > 0 || !has_sections).then_some(best)
}

/// The last open risk that a section tells, the model of a new one.
fn last_section(register: &Register) -> Option<&Risk> {
    let kind = kind_of(register);
    let told = || register.risks.iter().rev().filter(|risk| risk.has_section && risk.kind == kind);
    told().find(|risk| risk.state != State::Closed).or_else(|| told().next())
}

/// The id of the new risk; `None` where the document has none.
fn new_id(register: &Register, asked: Option<&str>) -> Result<Option<String>, EditError> {
    if let Some(asked) = asked {
        return match register.find(asked) {
            Some(risk) => Err(EditError::Taken { id: asked.to_owned(), line: risk.line }),
            None => Ok(Some(asked.to_owned())),
        };
    }
    let kind = kind_of(register);
    let written = || register.risks.iter().filter(|risk| risk.id_is_written && risk.kind == kind);
    let Some(last) = written().next_back() else { return Ok(register.risks.is_empty().then(|| "R-1".to_owned())) };
    let digits = |id: &str| id.len() - id.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let count = digits(&last.id);
    let prefix = &last.id[..last.id.len() - count];
    let numbers = register.risks.iter().filter_map(|risk| {
        let number = risk
            .id
            .get(..prefix.len())
            .filter(|own| own.eq_ignore_ascii_case(prefix))
            .map(|_| &risk.id[prefix.len()..])?;
        number.parse::<u64>().ok()
    });
    let next = numbers.max().unwrap_or(0).saturating_add(1);
    let padded = last.id[prefix.len()..].starts_with('0');
    Ok(Some(if padded { format!("{prefix}{next:0count$}") } else { format!("{prefix}{next}") }))
}

impl New<'_> {
    /// What is said about a noun, in the document's words.
    pub(super) fn value(&self, noun: FieldName) -> Result<Option<String>, EditError> {
        let asked = self.changes.iter().find(|(other, _)| *other == noun);
        match (asked, noun) {
            (Some((_, value)), _) => spoken::spoken(self.register, noun, value).map(Some),
            (None, FieldName::Status) => spoken::spoken(self.register, noun, "open").map(Some),
            (None, _) => Ok(None),
        }
    }

    /// A row behind the last row that lists a risk.
    fn row(&self, text: &str, grid: &Grid) -> Result<Splice, EditError> {
        let subject = [FieldName::Title, FieldName::FailureMode, FieldName::Description, FieldName::Component]
            .into_iter()
            .find(|noun| grid.columns.contains(&Some(*noun)));
        let mut values = Vec::new();
        for column in &grid.columns {
            values.push(match column {
                Some(FieldName::Id) => self.id.map_or_else(|| next_ordinal(self.register), str::to_owned),
                Some(noun) if Some(*noun) == subject => self.title.to_owned(),
                Some(noun) => self.value(*noun)?.unwrap_or_else(|| self.blank(*noun)),
                None => String::new(),
            });
        }
        // Without a column for ids the id stands before the title, as in the other rows.
        let has_column = grid.columns.contains(&Some(FieldName::Id));
        if let (Some(id), false, Some(at)) =
            (self.id, has_column, grid.columns.iter().position(|noun| *noun == subject))
        {
            values[at] = format!("{id}: {}", self.title);
        }
        let is_risk = |line: &&Span| {
            let spans = self.register.risks.iter().flat_map(|risk| &risk.spans);
            spans.into_iter().any(|span| line.start <= span.start && span.end <= line.end)
        };
        let last = grid.lines[1..].iter().rev().find(is_risk).copied().unwrap_or(grid.head);
        let breaks = label::line_break(text, last.end);
        Ok(Splice { span: Span::new(last.end, last.end), text: format!("{breaks}{}", row(text, grid, &values)) })
    }

    /// Scores and levels are computed afterwards, so their cells stay empty.
    fn blank(&self, noun: FieldName) -> String {
        match noun {
            FieldName::Score | FieldName::Level => String::new(),
            noun => spoken::blank(self.register, noun),
        }
    }
}
