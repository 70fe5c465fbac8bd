//! Which row of a text speaks of which failure of the system.

use std::collections::BTreeSet;

use register::{FieldName, Kind, Register, Risk};
use system::{Component, ComponentId, ComponentKind, FlowId, System};
use text::Span;

use super::words::{KNOWN, Told, names, names_mode, says_all, told};
use crate::{Impact, Mode, Outcome, Row};

/// A row of a matrix, and the failure that it speaks of.
#[derive(Clone, Debug)]
pub(super) struct StatedRow {
    /// What it calls the part, and where.
    pub(super) part: (String, Span),
    /// How it says that the part fails.
    pub(super) mode: Option<(String, Span)>,
    /// How far it says that this reaches.
    pub(super) radius: Option<(String, Span)>,
    /// `P0` and the like.
    pub(super) priority: Option<(u32, Span)>,
    /// The failure, when exactly one is meant.
    pub(super) failure: Option<(ComponentId, Mode)>,
    /// Why none is.
    pub(super) why_not: String,
}

/// A weaker likeness of names than this is none.
const LEAST: usize = 2;

impl StatedRow {
    /// The rows of a register that name parts, with what they speak of.
    pub(super) fn all(register: &Register, system: &System, impact: &Impact) -> Vec<Self> {
        let of = |risk: &Risk| Self::of(risk, system, impact);
        register.risks.iter().filter_map(of).collect()
    }

    fn of(risk: &Risk, system: &System, impact: &Impact) -> Option<Self> {
        let field = |noun: FieldName| risk.stated(noun).map(|field| (plain(&field.text), field.span));
        let component = field(FieldName::Component);
        if component.is_none() && risk.kind != Kind::Mode {
            return None;
        }
        let part = component.or_else(|| risk.titles.first().cloned()).unwrap_or((risk.title.clone(), risk.span()));
        let mut row = Self {
            part,
            mode: field(FieldName::FailureMode),
            radius: field(FieldName::BlastRadius)
                .or_else(|| field(FieldName::Effect))
                .or_else(|| field(FieldName::Impact)),
            priority: field(FieldName::Priority).and_then(|(text, span)| Some((code(&text)?, span))),
            failure: None,
            why_not: String::new(),
        };
        row.find(system, impact);
        Some(row)
    }

    /// Part and mode together, because a part may be named by what it is part of: `database, schema migration fails`.
    fn find(&mut self, system: &System, impact: &Impact) {
        let part = &self.part.0;
        let mode = self.mode.as_ref().map_or("", |(text, _)| text.as_str());
        let mut scored: Vec<(usize, &Row)> = Vec::new();
        for row in &impact.rows {
            let component = &system.components[&row.component];
            let (by_part, by_mode) = (names(component, part), names_mode(&row.mode, mode));
            let in_mode = names(component, mode).min(KNOWN) / 2;
            let is_named = by_part >= LEAST || (in_mode > 0 && by_mode >= LEAST);
            if is_named && (by_mode > 0 || mode.is_empty()) {
                scored.push((by_part + by_mode + in_mode, row));
            }
        }
        let Some(best) = scored.iter().map(|(score, _)| *score).max() else {
            self.why_not = self.nothing_found(system);
            return;
        };
        let best: Vec<&Row> = scored.iter().filter(|(score, _)| *score == best).map(|(_, row)| *row).collect();
        let parts: BTreeSet<&ComponentId> = best.iter().map(|row| &row.component).collect();
        if parts.len() > 1 {
            let names: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
            self.why_not = format!("it may mean {}; say which with `known_as`", names.join(" or "));
            return;
        }
        // Without a word for the mode the plain one is meant.
        self.failure = best.first().map(|row| (row.component.clone(), row.mode.clone()));
    }

    /// The part alone, when exactly one is meant best.
    pub(super) fn component<'s>(&self, system: &'s System) -> Option<&'s Component> {
        best_named(system, &self.part.0)
    }

    fn nothing_found(&self, system: &System) -> String {
        match (self.component(system), &self.mode) {
            (Some(component), Some((mode, _))) => {
                format!("`{}` has no mode that is called like '{mode}'; declare it under `modes`", component.id)
            }
            _ => "no component is called like that; name it with `known_as`".to_owned(),
        }
    }

    /// The failure computed.
    pub(super) fn computed<'i>(&self, impact: &'i Impact) -> Option<&'i Row> {
        let (component, mode) = self.failure.as_ref()?;
        impact.row(component, mode)
    }

    /// Its name for people.
    pub(super) fn name(&self) -> String {
        match &self.mode {
            Some((mode, _)) => format!("{}: {mode}", self.part.0),
            None => self.part.0.clone(),
        }
    }

    pub(super) fn told(&self) -> Option<Told> {
        self.radius.as_ref().and_then(|(text, _)| told(text))
    }

    pub(super) fn says_all(&self) -> bool {
        self.radius.as_ref().is_some_and(|(text, _)| says_all(text))
    }
}

/// The one component that a text names best; users do not fail.
pub(super) fn best_named<'s>(system: &'s System, text: &str) -> Option<&'s Component> {
    let can_fail = system.components.values().filter(|component| component.kind != ComponentKind::Client);
    let scored: Vec<(usize, &Component)> = can_fail.map(|one| (names(one, text), one)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best >= LEAST)?;
    let mut found = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, component)| component);
    found.next().filter(|_| found.next().is_none())
}

/// What the flows of a row feel, the worst first.
pub(super) fn worst(row: &Row) -> Outcome {
    row.hits.iter().map(|hit| hit.outcome).max().unwrap_or(Outcome::Unaffected)
}

pub(super) fn flows(row: &Row) -> BTreeSet<&FlowId> {
    row.hits.iter().map(|hit| &hit.flow).collect()
}

/// `P1` of a priority cell.
pub(super) fn code(text: &str) -> Option<u32> {
    let upper = text.trim().to_uppercase();
    let digits = upper.strip_prefix('P')?;
    digits.parse().ok().filter(|number| *number < 10)
}

/// Without marks of Markdown.
fn plain(text: &str) -> String {
    text.trim_matches(['*', '_', ' ']).replace(['*', '`'], "")
}
