//! Lines that stand where a heading would and are none in Markdown.
//!
//! `**R-1: Crash**` alone on its line; `**R-1. Crash.** It ..` before its text; bold lines, each before its text, below a
//! heading about risks; a line before a list of labels. One such line says nothing where its neighbors decide.

use std::collections::{BTreeMap, BTreeSet};

use text::Span;

use crate::fold::{fold, plain};
use crate::label::labels;
use crate::noun::{FieldName, Nouns};
use crate::outline::Section;
use crate::page::{Block, BlockKind, Page, trimmed};
use crate::prose::prefix;
use crate::title::read_title;

/// Below every heading that Markdown knows.
pub(crate) const LINE_LEVEL: u8 = 7;
/// The longest line that is a heading.
const MAX_LINE_BYTES: usize = 160;
/// Labels that a list below a line must have.
const MIN_LABELS: usize = 3;

/// Makes headings of the lines of a page; tells whether there were any.
pub(crate) fn promote_lines(text: &str, page: &mut Page, sections: &[Section], nouns: &Nouns) -> bool {
    let mut titles = named_lines(text, &page.blocks);
    for section in sections {
        let own = section.own.clone();
        let above = section.parent.is_some_and(|parent| sections[parent].names_risks);
        let lists = (section.names_risks || above) && !is_named(text, &page.blocks, section);
        let bare = if lists { bold_lines(text, &page.blocks, own.clone(), nouns) } else { Vec::new() };
        let labeled = labeled_lines(text, &page.blocks, own, nouns);
        titles.extend(bare.into_iter().chain(labeled));
    }
    if titles.is_empty() {
        return false;
    }
    let blocks = std::mem::take(&mut page.blocks);
    for (at, block) in blocks.into_iter().enumerate() {
        match titles.get(&at) {
            Some(title) => page.blocks.extend(split(text, block, *title)),
            None => page.blocks.push(block),
        }
    }
    true
}

/// Lines in bold that begin with an id or count a risk. Where text follows on the line, a second one must do so.
fn named_lines(text: &str, blocks: &[Block]) -> BTreeMap<usize, Span> {
    let mut whole = BTreeMap::new();
    let mut run_in: BTreeMap<String, Vec<(usize, Span)>> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate() {
        let BlockKind::Paragraph { lines, depth: 0 } = &block.kind else { continue };
        let Some((bold, end)) = lines.first().and_then(|line| leading_bold(text, *line)) else { continue };
        if !text[bold.range()].contains(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let read = read_title(text, bold);
        let ends_line = lines[0].end == end;
        if ends_line && (read.id.is_some() || read.is_counted) && !read.title.is_empty() {
            whole.insert(at, bold);
        } else if let Some(id) = read.id {
            // An id alone is followed by the sentence that names the risk.
            let title = if read.title.is_empty() { lines[0] } else { bold };
            run_in.entry(prefix(&id)).or_default().push((at, title));
        }
    }
    whole.extend(run_in.into_values().filter(|alike| alike.len() >= 2).flatten());
    whole
}

/// Bold words at the beginning of a line, and where their marks end.
fn leading_bold(text: &str, line: Span) -> Option<(Span, usize)> {
    let mark = ["**", "__"].into_iter().find(|mark| text[line.range()].starts_with(mark))?;
    let inner = &text[line.start + mark.len()..line.end];
    let close = inner.find(mark)?;
    let span = trimmed(text, Span::new(line.start + mark.len(), line.start + mark.len() + close));
    (span.start < span.end).then_some((span, line.start + 2 * mark.len() + close))
}

/// Whether the heading of a section is the title of one risk.
fn is_named(text: &str, blocks: &[Block], section: &Section) -> bool {
    match section.heading.map(|at| &blocks[at].kind) {
        Some(BlockKind::Heading { text: title, .. }) => {
            let read = read_title(text, *title);
            read.id.is_some() || read.is_counted
        }
        _ => false,
    }
}

/// Bold lines of a section about risks, each before its text. Where labels stand, too, they are parts of one risk.
fn bold_lines(text: &str, blocks: &[Block], own: std::ops::Range<usize>, nouns: &Nouns) -> Vec<(usize, Span)> {
    let bold = |at: usize| {
        let BlockKind::Paragraph { lines, depth: 0 } = &blocks[at].kind else { return None };
        let (span, end) = leading_bold(text, *lines.first()?)?;
        let shown = plain(&text[span.range()]);
        let is_title = lines.len() == 1
            && end == lines[0].end
            && lines[0].end - lines[0].start <= MAX_LINE_BYTES
            && !shown.ends_with([':', '.', '!', '?'])
            && nouns.of(&shown).is_none();
        is_title.then_some((at, span))
    };
    let found: Vec<(usize, Span)> = own.clone().filter_map(bold).collect();
    let told = |at: usize| {
        let below = blocks.get(at + 1).filter(|_| own.contains(&(at + 1))).map(|block| &block.kind);
        matches!(below, Some(BlockKind::Paragraph { .. } | BlockKind::Item { .. })) && bold(at + 1).is_none()
    };
    let names: BTreeSet<String> = found.iter().map(|(_, span)| fold(&text[span.range()])).collect();
    let labeled = |at: usize| match &blocks[at].kind {
        BlockKind::Paragraph { lines, .. } | BlockKind::Item { lines, .. } => {
            lines.first().is_some_and(|line| !labels(text, *line, nouns).is_empty())
        }
        _ => true,
    };
    let begins_plain = found.first().is_some_and(|(first, _)| !(own.start..*first).any(labeled));
    let sound = found.len() >= 2 && names.len() == found.len() && begins_plain && found.iter().all(|(at, _)| told(*at));
    if sound { found } else { Vec::new() }
}

/// Lines each before a list of labels that grade: `Loss of data` and `- Likelihood: low` below it.
fn labeled_lines(text: &str, blocks: &[Block], own: std::ops::Range<usize>, nouns: &Nouns) -> Vec<(usize, Span)> {
    let mut found = Vec::new();
    for at in own.clone() {
        let BlockKind::Paragraph { lines, depth: 0 } = &blocks[at].kind else { continue };
        let [line] = lines.as_slice() else { continue };
        let below = (at + 1..own.end).map_while(|other| match &blocks[other].kind {
            BlockKind::Item { lines, .. } => Some(lines),
            _ => None,
        });
        let said: BTreeSet<FieldName> = below
            .filter_map(|lines| labels(text, *lines.first()?, nouns).first().and_then(|label| label.noun))
            .collect();
        let graded = said.iter().any(|noun| noun.is_rating());
        let is_label = !labels(text, *line, nouns).is_empty();
        let is_title =
            line.end - line.start <= MAX_LINE_BYTES && !is_label && !text[line.range()].ends_with(['.', ':']);
        if is_title && graded && said.len() >= MIN_LABELS {
            found.push((at, *line));
        }
    }
    if found.len() >= 2 { found } else { Vec::new() }
}

/// The heading and what is left of its paragraph.
fn split(text: &str, block: Block, title: Span) -> Vec<Block> {
    let BlockKind::Paragraph { lines, .. } = &block.kind else { return vec![block] };
    let Some((first, more)) = lines.split_first() else { return vec![block] };
    let marks = ["**", "__"].into_iter().find(|mark| text[title.end..].starts_with(mark)).map_or(0, str::len);
    let rest = trimmed(text, Span::new((title.end + marks).min(first.end), first.end));
    let rest = Some(rest).filter(|rest| text[rest.range()].contains(char::is_alphanumeric));
    let lines: Vec<Span> = rest.into_iter().chain(more.iter().copied()).collect();
    let heading = Block {
        kind: BlockKind::Heading { level: LINE_LEVEL, text: title },
        span: Span::new(first.start, rest.map_or(first.end, |rest| rest.start)),
    };
    let below = lines.first().map(|begin| Span::new(begin.start, block.span.end));
    let paragraph = below.map(|span| Block { kind: BlockKind::Paragraph { lines, depth: 0 }, span });
    std::iter::once(heading).chain(paragraph).collect()
}
