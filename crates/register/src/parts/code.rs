//! Code blocks, and the file that the text binds them to.
//!
//! A block belongs to the file that a label right above it names (`**File:** ..`), that its heading is, or that its first
//! line says in a comment.

use text::Span;

use super::Reading;
use crate::draft::Context;
use crate::fold::{fold, plain};
use crate::page::{BlockKind, trimmed};

/// The most blocks of one document.
const MAX_CODES: usize = 10_000;
/// How many blocks above a fence are searched for its file.
const MAX_ABOVE: usize = 2;

/// A quoted piece of code.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeBlock {
    /// The language of the fence, in lower case; empty when none is given.
    pub language: String,
    /// The code.
    pub body: Span,
    /// Line of the fence, from 1.
    pub line: usize,
    /// The file that the text says it belongs to, as written.
    pub file: Option<(String, Span)>,
    /// The heading it stands under, without markup.
    pub under: String,
    /// The line of text right above it, which may promise what the code shall show.
    pub lead: Option<Span>,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<CodeBlock> {
    let context = reading.context;
    let mut codes = Vec::new();
    for section in context.sections {
        let under = section.heading.map_or(String::new(), |at| match context.page.blocks[at].kind {
            BlockKind::Heading { text, .. } => plain(context.slice(text)),
            _ => String::new(),
        });
        for at in section.own.clone() {
            let BlockKind::Fence { body } = context.page.blocks[at].kind else { continue };
            if codes.len() == MAX_CODES {
                return codes;
            }
            let span = context.page.blocks[at].span;
            let above = section.own.start.max(at.saturating_sub(MAX_ABOVE))..at;
            codes.push(CodeBlock {
                language: language(context, span),
                body,
                line: context.line(span.start),
                file: file(context, above.clone(), body),
                under: under.clone(),
                lead: above.last().and_then(|before| last_line(context, before)),
                risk: reading.risk_at(body),
            });
        }
    }
    codes
}

fn language(context: &Context<'_>, fence: Span) -> String {
    let first = context.slice(fence).lines().next().unwrap_or("");
    let info = first.trim_start_matches(['`', '~']);
    if info.len() == first.len() {
        return String::new();
    }
    info.split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#').next().unwrap_or("").to_lowercase()
}

fn last_line(context: &Context<'_>, block: usize) -> Option<Span> {
    match &context.page.blocks[block].kind {
        BlockKind::Paragraph { lines, .. } | BlockKind::Item { lines, .. } => lines.last().copied(),
        _ => None,
    }
}

fn file(context: &Context<'_>, above: std::ops::Range<usize>, body: Span) -> Option<(String, Span)> {
    let labeled = above.rev().find_map(|at| {
        let line = last_line(context, at)?;
        let text = context.slice(line);
        let (label, value) = text.split_once(':')?;
        if !matches!(fold(label).as_str(), "file" | "datei" | "fichier" | "archivo" | "path") {
            return None;
        }
        in_ticks(context, Span::new(line.end - value.len(), line.end))
    });
    labeled.or_else(|| {
        let first = context.slice(body).lines().next()?;
        let comment = first.trim_start().strip_prefix("# ").or_else(|| first.trim_start().strip_prefix("// "))?;
        let name = comment.trim();
        let is_path =
            name.contains('/') && !name.contains(' ') && name.rsplit('.').next().is_some_and(|end| end.len() <= 5);
        let start = body.start + first.find(name)?;
        is_path.then(|| (name.to_owned(), Span::new(start, start + name.len())))
    })
}

/// The first name in ticks.
fn in_ticks(context: &Context<'_>, span: Span) -> Option<(String, Span)> {
    let text = context.slice(span);
    let open = text.find('`')? + 1;
    let close = open + text[open..].find('`')?;
    let inner = trimmed(context.text, Span::new(span.start + open, span.start + close));
    Some((context.slice(inner).to_owned(), inner))
}
