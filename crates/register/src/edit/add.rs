//! A new risk: a row of the document's table, a section like its other sections, or both where it keeps both.

use std::collections::{BTreeMap, BTreeSet};

use text::Span;

use super::grid::{Grid, grids, row};
use super::{EditError, Edited, Splice, label, settle, splice, spoken};
use crate::draft::Context;
use crate::fold::slug;
use crate::model::{Kind, Register, Risk};
use crate::noun::{FieldName, Nouns};
use crate::outline::outline;
use crate::page::{BlockKind, read_page};
use crate::status::State;

/// What stands in a section for what nobody said yet.
const UNSAID: &str = "TBD";

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
    let page = read_page(register.source.text());
    let sections = outline(&page, register.source.text(), register.source.path());
    let context = Context::new(&register.source, &page, &sections, Nouns::new(columns));
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
        let (section, written) = new.section(&context, model)?;
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

struct New<'n> {
    register: &'n Register,
    title: &'n str,
    id: Option<&'n str>,
    changes: &'n [(FieldName, String)],
}

/// The table that lists the most risks; of a document that lists none yet, the first one.
fn own_grid<'g>(register: &Register, grids: &'g [Grid]) -> Option<&'g Grid> {
    let listed = |grid: &Grid| {
        let holds = |risk: &&Risk| {
            risk.kind == Kind::Risk
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
    let told = || register.risks.iter().rev().filter(|risk| risk.has_section && risk.kind == Kind::Risk);
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
    let written = || register.risks.iter().filter(|risk| risk.id_is_written && risk.kind == Kind::Risk);
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
    fn value(&self, noun: FieldName) -> Result<Option<String>, EditError> {
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
                Some(FieldName::Id) => self.id.unwrap_or("").to_owned(),
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

    /// A section behind that of the model, with the labels of the model.
    fn section(&self, context: &Context<'_>, model: &Risk) -> Result<(Splice, BTreeSet<FieldName>), EditError> {
        let text = context.text;
        let refused = || EditError::NoPlace {
            id: model.id.clone(),
            noun: FieldName::Title,
            why: "its section cannot serve as a model for another one",
        };
        let block = context.page.blocks.iter().find(|block| {
            matches!(block.kind, BlockKind::Heading { .. })
                && model.spans.iter().any(|span| span.start == block.span.start)
        });
        let Some(BlockKind::Heading { text: heading, .. }) = block.map(|block| &block.kind) else {
            return Err(refused());
        };
        let own = model
            .spans
            .iter()
            .find(|span| span.start <= heading.start && heading.end <= span.end)
            .ok_or_else(refused)?;
        let breaks = label::line_break(text, heading.end);
        let line_start = text[..heading.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let mut lines =
            vec![format!("{}{}", &text[line_start..heading.start], self.heading(&text[heading.range()], model)?)];
        let mut written = BTreeSet::new();
        let mut fields: Vec<_> =
            model.fields.iter().chain(model.repeated.iter().map(|(noun, field)| (noun, field))).collect();
        fields.sort_by_key(|(_, field)| field.span);
        let mut last = None;
        for (noun, field) in fields {
            let inside = own.start <= field.span.start && field.span.end <= own.end;
            let Some((before, line)) =
                label::label_of(text, model, field).filter(|_| inside && !written.contains(noun))
            else {
                continue;
            };
            let gap = text[last.unwrap_or(heading.end)..line.start].lines().any(|between| between.trim().is_empty())
                && last.is_none_or(|end: usize| text[end..line.start].matches('\n').count() > 1);
            if gap || last.is_none() && text[heading.end..line.start].matches('\n').count() > 1 {
                lines.push(String::new());
            }
            let hard = if text[line.range()].ends_with("  ") { "  " } else { "" };
            lines.push(format!("{before}{}{hard}", self.value(*noun)?.unwrap_or_else(|| UNSAID.to_owned())));
            written.insert(*noun);
            last = Some(line.end);
        }
        let Some(sample) = model.fields.values().find_map(|field| label::label_of(text, model, field)) else {
            return Err(refused());
        };
        for (noun, _) in self.changes {
            if !written.contains(noun) {
                let label = label::relabeled(sample.0, &label::word(text, self.register, *noun));
                lines.push(format!("{label}{}", self.value(*noun)?.unwrap_or_default()));
                written.insert(*noun);
            }
        }
        let end = own.start + text[own.range()].trim_end().len();
        let whole = lines.join(breaks);
        Ok((Splice { span: Span::new(end, end), text: format!("{breaks}{breaks}{whole}") }, written))
    }

    /// The heading of the model with the new id or number and the new title; what follows the title is left out.
    fn heading(&self, raw: &str, model: &Risk) -> Result<String, EditError> {
        let letters = |text: &str| text.find(|c: char| c.is_alphanumeric()).unwrap_or(0);
        let title_at = raw
            .find(model.title.as_str())
            .or_else(|| model.titles.iter().find_map(|(title, _)| raw.find(title.as_str())));
        let at = title_at.unwrap_or_else(|| letters(raw));
        let before = &raw[..at];
        let before = match self.id {
            Some(id) if before.contains(model.id.as_str()) => before.replacen(model.id.as_str(), id, 1),
            Some(id) if before.chars().any(|c| c.is_ascii_digit()) => self.numbered(before, id),
            Some(id) => format!("{id}: {before}"),
            None => self.numbered(before, ""),
        };
        Ok(format!("{before}{}", self.title))
    }

    /// `3. ` becomes `4. `: one more than the highest number that a heading of a risk has there.
    fn numbered(&self, before: &str, id: &str) -> String {
        let start = before.find(|c: char| c.is_ascii_digit());
        let Some(start) = start else { return before.to_owned() };
        let digits = before[start..].chars().take_while(char::is_ascii_digit).count();
        let by_id: String =
            id.chars().rev().take_while(char::is_ascii_digit).collect::<String>().chars().rev().collect();
        let told = self.register.risks.iter().filter(|risk| risk.has_section && risk.kind == Kind::Risk).count() + 1;
        let number = if by_id.is_empty() { told.to_string() } else { by_id };
        format!("{}{number}{}", &before[..start], &before[start + digits..])
    }
}
