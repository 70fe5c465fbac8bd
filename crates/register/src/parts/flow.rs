//! Critical paths: the steps of a flow, with the marks that the text gives them.

use text::Span;

use super::Reading;
use super::chain::{lines, steps};
use crate::fold::fold;
use crate::page::{BlockKind, trimmed};

/// One critical path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathFlow {
    /// Its heading, without markup.
    pub title: String,
    /// Its steps in order.
    pub steps: Vec<PathStep>,
    /// What it falls back to, as written.
    pub fallback: Option<(String, Span)>,
    /// Where the heading stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// One step of a critical path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathStep {
    /// What happens, without marks.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Marked `[SPOF]`.
    pub is_spof: bool,
    /// Marked optional.
    pub is_optional: bool,
    /// Marked async.
    pub is_async: bool,
    /// What this step falls back to: `wallet` of `card processor (Fallback: wallet)`.
    pub fallback: Option<String>,
}

/// Whether the heading of a section, or the one above it, says that it is a path that users take.
pub(super) fn is_path(reading: &Reading<'_>, section: usize) -> bool {
    let names = |index: usize| {
        let heading = reading.context.sections[index].heading.map(|at| &reading.context.page.blocks[at].kind);
        let Some(BlockKind::Heading { text, .. }) = heading else { return false };
        let folded = fold(reading.context.slice(*text));
        folded.split(' ').any(|word| {
            matches!(
                word,
                "flow"
                    | "flows"
                    | "path"
                    | "paths"
                    | "journey"
                    | "journeys"
                    | "pfad"
                    | "pfade"
                    | "ablauf"
                    | "ablaufe"
                    | "chemin"
                    | "chemins"
                    | "parcours"
            )
        })
    };
    names(section) || reading.context.sections[section].parent.is_some_and(names)
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<PathFlow> {
    let context = reading.context;
    let mut flows = Vec::new();
    for (index, section) in context.sections.iter().enumerate() {
        let Some(heading) = section.heading.filter(|_| is_path(reading, index)) else { continue };
        let BlockKind::Heading { text: span, .. } = context.page.blocks[heading].kind else { continue };
        let chain = section.own.clone().find_map(|at| match context.page.blocks[at].kind {
            BlockKind::Fence { body } => Some(steps(reading, body)).filter(|steps| !steps.is_empty()),
            _ => None,
        });
        let Some(chain) = chain.or_else(|| lines(reading, index).into_iter().next()) else { continue };
        flows.push(PathFlow {
            title: reading.plain(span),
            steps: chain.into_iter().map(|(text, span)| step(&text, span)).collect(),
            fallback: fallback(reading, index),
            line: context.line(span.start),
            span,
        });
    }
    flows
}

fn step(text: &str, span: Span) -> PathStep {
    let lower = text.to_lowercase();
    let bare = text.replace("[SPOF]", "").trim().to_owned();
    PathStep {
        is_spof: lower.contains("[spof]") || lower.contains("single point of failure"),
        is_optional: lower.contains("(optional") || lower.contains("[optional"),
        is_async: lower.contains("(async") || lower.contains("[async"),
        fallback: step_fallback(&bare),
        text: bare,
        span,
    }
}

fn step_fallback(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let at = lower.find("(fallback:").filter(|_| lower.len() == text.len())? + "(fallback:".len();
    let rest = &text[at..];
    Some(rest.split(')').next().unwrap_or(rest).trim().to_owned()).filter(|text| !text.is_empty())
}

fn fallback(reading: &Reading<'_>, section: usize) -> Option<(String, Span)> {
    let own = reading.context.sections[section].own.clone();
    reading.context.page.blocks[own].iter().find_map(|block| {
        let (BlockKind::Paragraph { lines, .. } | BlockKind::Item { lines, .. }) = &block.kind else { return None };
        let line = lines.iter().find(|line| fold(reading.context.slice(**line)).starts_with("fallback"))?;
        let text = reading.context.slice(*line);
        let after = text.find(':')? + 1;
        let skip = text[after..].len() - text[after..].trim_start_matches(['*', ' ', '_']).len();
        let span = trimmed(reading.context.text, Span::new(line.start + after + skip, line.end));
        Some((reading.plain(span), span))
    })
}
