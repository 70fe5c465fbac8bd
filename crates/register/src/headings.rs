//! Bold lines that stand where a heading would: `**R-1: Crash**` alone on its line, with its labels below.

use crate::page::{Block, BlockKind, Page, trimmed};
use crate::title::read_title;
use text::Span;

/// Below every heading that Markdown knows.
pub(crate) const BOLD_LEVEL: u8 = 7;

/// Makes headings of the bold lines that carry an id or a counted title; the lines below stay a paragraph.
pub(crate) fn promote_bold(text: &str, page: &mut Page) {
    let mut blocks = Vec::with_capacity(page.blocks.len());
    for block in page.blocks.drain(..) {
        match split(text, &block) {
            Some((heading, rest)) => blocks.extend([Some(heading), rest].into_iter().flatten()),
            None => blocks.push(block),
        }
    }
    page.blocks = blocks;
}

fn split(text: &str, block: &Block) -> Option<(Block, Option<Block>)> {
    let BlockKind::Paragraph { lines, depth: 0 } = &block.kind else { return None };
    let (first, rest) = lines.split_first()?;
    let title = bold_title(text, *first)?;
    let heading = Block { kind: BlockKind::Heading { level: BOLD_LEVEL, text: title }, span: *first };
    let rest = rest.first().map(|second| Block {
        kind: BlockKind::Paragraph { lines: rest.to_vec(), depth: 0 },
        span: Span::new(second.start, block.span.end),
    });
    Some((heading, rest))
}

/// What stands between the marks of a line that is bold as a whole and names a risk.
fn bold_title(text: &str, line: Span) -> Option<Span> {
    let mark = ["**", "__"].into_iter().find(|mark| text[line.range()].starts_with(mark))?;
    let inner = text[line.range()].strip_prefix(mark)?.strip_suffix(mark)?;
    let span = trimmed(text, Span::new(line.start + mark.len(), line.end - mark.len()));
    let read = read_title(text, span);
    let names = (read.id.is_some() || read.is_counted) && !read.title.is_empty();
    (names && !inner.contains(mark)).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::read_page;

    fn headings(text: &str) -> Vec<String> {
        let mut page = read_page(text);
        promote_bold(text, &mut page);
        let named = page.blocks.iter().filter_map(|block| match &block.kind {
            BlockKind::Heading { level: BOLD_LEVEL, text: span } => Some(text[span.range()].to_owned()),
            _ => None,
        });
        named.collect()
    }

    #[test]
    fn a_bold_line_with_an_id_is_a_heading() {
        assert_eq!(
            headings("**R1: Loss**\n- Impact: High\n\n__Risk 2: Leak__\nImpact: Low\n"),
            ["R1: Loss", "Risk 2: Leak"]
        );
    }

    #[test]
    fn other_bold_lines_stay_what_they_are() {
        for text in ["**Impact:** High\n", "**Note**\n", "**R1: Loss** and **more**\n", "- **R1: Loss**\n", "**R1**\n"]
        {
            assert!(headings(text).is_empty(), "{text}");
        }
    }
}
