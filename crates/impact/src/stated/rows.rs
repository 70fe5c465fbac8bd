//! Which row of a text speaks of which failure of the system.

use std::collections::BTreeSet;

use register::{FieldName, Kind, Register, Risk, fold};
use system::{Component, ComponentId, ComponentKind, FlowId, System};
use text::Span;

use super::modes;
use super::parts::{Parts, only};
use super::tokens::tokens;
use super::told::{Told, told};
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
    /// Components that the part may mean.
    pub(super) meant: BTreeSet<ComponentId>,
    /// Why no failure is known.
    pub(super) why_not: String,
}

/// Parts of other parts: a row may name what they belong to, and how they fail.
const INNER: [ComponentKind; 5] = [
    ComponentKind::State,
    ComponentKind::Function,
    ComponentKind::Secret,
    ComponentKind::Config,
    ComponentKind::Volume,
];

impl StatedRow {
    /// The rows of a register that name parts, with what they speak of.
    pub(super) fn all(register: &Register, system: &System, parts: &Parts<'_>, impact: &Impact) -> Vec<Self> {
        let of = |risk: &Risk| Self::of(risk, system, parts, impact);
        register.risks.iter().filter_map(of).collect()
    }

    fn of(risk: &Risk, system: &System, parts: &Parts<'_>, impact: &Impact) -> Option<Self> {
        let field = |noun: FieldName| risk.stated(noun).map(|field| (plain(&field.text), field.span));
        let component = field(FieldName::Component);
        if component.is_none() && risk.kind != Kind::Mode {
            return None;
        }
        let part = component.or_else(|| risk.titles.first().cloned()).unwrap_or((risk.title.clone(), risk.span()));
        let radius = [FieldName::BlastRadius, FieldName::Effect, FieldName::Impact]
            .into_iter()
            .find_map(|noun| field(noun).map(|(text, span)| (text.trim_end_matches('.').to_owned(), span)));
        let mut row = Self {
            part,
            mode: field(FieldName::FailureMode),
            radius,
            priority: field(FieldName::Priority).and_then(|(text, span)| Some((code(&text)?, span))),
            failure: None,
            meant: BTreeSet::new(),
            why_not: String::new(),
        };
        row.find(system, parts, impact);
        Some(row)
    }

    fn find(&mut self, system: &System, parts: &Parts<'_>, impact: &Impact) {
        // Without a column of its own the name may say it: `Redis unavailable`.
        let mode = self.mode.as_ref().map_or(self.part.0.as_str(), |(mode, _)| mode);
        // What stands in brackets explains.
        let mode = Some(mode.split('(').next().unwrap_or(mode).trim()).filter(|mode| !mode.is_empty()).unwrap_or(mode);
        let meant = parts.meant(&self.part.0);
        self.meant = meant.iter().map(|one| one.id.clone()).collect();
        let own: BTreeSet<String> = tokens(&self.part.0).into_iter().collect();
        let mut scored: Vec<(usize, &Row)> = Vec::new();
        for row in &impact.rows {
            let component = &system.components[&row.component];
            let is_part = self.meant.contains(&row.component);
            // `Database: schema migration fails` speaks of the schema.
            let inner = if INNER.contains(&component.kind) { parts.score(component, mode).min(20) } else { 0 };
            if !is_part && inner == 0 {
                continue;
            }
            let mut words = parts.words(component);
            words.extend(own.iter().cloned());
            let by_mode = modes::score(&row.mode, component, mode, &words);
            match (is_part, by_mode) {
                (_, 0) => {}
                (true, _) => scored.push((by_mode + 2, row)),
                (false, by_mode) if inner > 0 && by_mode >= 2 => scored.push((by_mode + inner, row)),
                (false, _) => {}
            }
        }
        self.decide(&scored, &meant, (system, parts));
    }

    fn decide(&mut self, scored: &[(usize, &Row)], meant: &[&Component], (system, known): (&System, &Parts<'_>)) {
        let mode = self.mode.as_ref().map_or("", |(text, _)| text.as_str());
        let Some(best) = scored.iter().map(|(score, _)| *score).max() else {
            self.why_not = match only(meant) {
                Some(_) if self.mode.is_none() => {
                    "nothing says how it fails; if a column does, name it: `columns: {..: failure_mode}`".to_owned()
                }
                Some(component) => {
                    format!("`{}` has no mode that is called like '{mode}'; declare it under `modes`", component.id)
                }
                None if meant.is_empty() => "no component is called like that; name it with `known_as`".to_owned(),
                None => Self::several(&self.meant),
            };
            return;
        };
        let best: Vec<&Row> = scored.iter().filter(|(score, _)| *score == best).map(|(_, row)| *row).collect();
        let parts: BTreeSet<ComponentId> = best.iter().map(|row| row.component.clone()).collect();
        if parts.len() > 1 {
            self.why_not = Self::several(&parts);
            return;
        }
        let component = &system.components[&best[0].component];
        let lost =
            modes::lost(mode, &known.words(component)).filter(|lost| lost + component.quorum <= component.replicas);
        if let Some(lost) = lost {
            self.why_not = format!(
                "it speaks of {lost} of the {} replicas of `{}`, and {} must work",
                component.replicas, component.id, component.quorum
            );
            return;
        }
        self.meant = parts;
        self.failure = best.first().map(|row| (row.component.clone(), row.mode.clone()));
    }

    fn several(parts: &BTreeSet<ComponentId>) -> String {
        let names: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
        format!("it may mean {}; say which with `known_as`", names.join(" or "))
    }

    /// The part alone, when exactly one is meant.
    pub(super) fn component<'s>(&self, system: &'s System) -> Option<&'s Component> {
        match self.meant.len() {
            1 => self.meant.first().and_then(|id| system.components.get(id)),
            _ => None,
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

    /// It speaks of slowness that need not keep anybody waiting for ever.
    pub(super) fn is_mild(&self) -> bool {
        let mode = self.mode.as_ref().map_or("", |(mode, _)| mode.as_str());
        self.failure.as_ref().is_some_and(|(_, failure)| *failure == Mode::Slow) && modes::is_mild(mode)
    }

    pub(super) fn told(&self) -> BTreeSet<Told> {
        self.radius.as_ref().map_or(BTreeSet::new(), |(text, _)| told(text))
    }
}

/// What the flows of a row feel, the worst first.
pub(super) fn worst(row: &Row) -> Outcome {
    row.hits.iter().map(|hit| hit.outcome).max().unwrap_or(Outcome::Unaffected)
}

pub(super) fn flows(row: &Row) -> BTreeSet<&FlowId> {
    row.hits.iter().map(|hit| &hit.flow).collect()
}

/// `P1`, `P0 (critical)`, `Prio 2`; words count critical 0, high 1, medium 2, low 3.
pub(super) fn code(text: &str) -> Option<u32> {
    let folded = fold(text);
    let mut words = folded.split(' ');
    let first = words.next()?;
    let digits = first.strip_prefix('p').filter(|digits| digits.len() == 1).and_then(|digits| digits.parse().ok());
    match first {
        _ if digits.is_some() => digits,
        "prio" | "priority" => words.next()?.parse().ok().filter(|number| *number < 10),
        "critical" | "kritisch" | "highest" => Some(0),
        "high" | "hoch" => Some(1),
        "medium" | "mittel" | "moderate" => Some(2),
        "low" | "niedrig" | "lowest" => Some(3),
        _ => None,
    }
}

/// Without marks of Markdown.
fn plain(text: &str) -> String {
    text.trim_matches(['*', '_', ' ']).replace(['*', '`'], "")
}
