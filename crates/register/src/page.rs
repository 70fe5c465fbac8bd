//! A Markdown document as a flat list of blocks with their bytes: headings, paragraphs in lines, list items, tables, fences.
//!
//! This is the only place that knows the Markdown parser. It decides nothing about risks; it only forgets what cannot
//! hold one: quotes, text between the marks of machine text, and what lies beyond the limits.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use text::Span;

use crate::html::{HtmlTable, MAX_TABLE_BYTES, opening, table};

/// The largest document that is read, 64 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
/// The most columns of a table that are read.
pub const MAX_COLUMNS: usize = 64;
/// The most blocks and table cells of a document that are kept.
pub const MAX_BLOCKS: usize = 4_000_000;
/// How deep lists and quotes may be nested to be read.
pub const MAX_NESTING: usize = 24;

pub(crate) const MACHINE_START: &str = "<!-- seaworthy:status -->";
pub(crate) const MACHINE_END: &str = "<!-- /seaworthy:status -->";

/// A document in blocks.
pub(crate) struct Page {
    pub(crate) blocks: Vec<Block>,
    /// Code spans in the text, without their ticks, in order.
    pub(crate) codes: Vec<Span>,
    /// Links and images in the text, whole, in order.
    pub(crate) links: Vec<Span>,
    /// Whether something was left out because of a limit.
    pub(crate) is_cut: bool,
}

/// A block and its bytes.
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) span: Span,
}

/// What a block is. Depth counts the lists around it.
pub(crate) enum BlockKind {
    Heading {
        level: u8,
        text: Span,
    },
    Paragraph {
        lines: Vec<Span>,
        depth: usize,
    },
    Item {
        lines: Vec<Span>,
        depth: usize,
    },
    /// Cells by row; the first row is the heading.
    Table {
        rows: Vec<Vec<Span>>,
    },
    Fence {
        body: Span,
    },
}

/// Reads a document. The text is at most [`MAX_DOCUMENT_BYTES`] long; what follows is left out.
pub(crate) fn read_page(text: &str) -> Page {
    let skip = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let end = text.floor_char_boundary(MAX_DOCUMENT_BYTES);
    let body = &text[skip.min(end)..end];
    let mut reader = Reader::new(text, skip);
    reader.page.is_cut = end < text.len();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_FOOTNOTES;
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        if !reader.has_room() {
            break;
        }
        reader.take(event, Span::new(range.start + skip, range.end + skip));
    }
    reader.page
}

/// Ranges of machine text: from a line that starts with the opening mark to the closing one.
fn machine_spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(MACHINE_START).map(|at| at + from) {
        let Some(end) = text[start..].find(MACHINE_END).map(|at| at + start + MACHINE_END.len()) else { break };
        let begins_line = text[..start]
            .trim_end_matches([' ', '\t'])
            .chars()
            .next_back()
            .is_none_or(|c| matches!(c, '\n' | '\r' | '\u{feff}'));
        if begins_line {
            spans.push(Span::new(start, end));
        }
        from = if begins_line { end } else { start + MACHINE_START.len() };
    }
    spans
}

/// What inline text belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Inline {
    /// A paragraph of its own, or the words of a list item that has none.
    Prose,
    Heading,
    Cell,
    Fence,
    /// Front matter, HTML, footnotes.
    Ignored,
}

struct Reader<'t> {
    text: &'t str,
    skip: usize,
    page: Page,
    kept: usize,
    machine: Vec<Span>,
    next_machine: usize,
    inline: Inline,
    quotes: usize,
    /// Open list items: the block of each.
    items: Vec<Option<usize>>,
    lines: Vec<Span>,
    line: Option<Span>,
    heading: Option<(u8, Option<Span>)>,
    rows: Vec<Vec<Span>>,
    fence: Option<Span>,
    /// The last table in HTML; what Markdown sees within is a part of it.
    html_table: Span,
    /// Where tables in HTML are looked for again behind one that is not closed.
    unclosed_until: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, skip: usize) -> Self {
        Self {
            text,
            skip,
            page: Page { blocks: Vec::new(), codes: Vec::new(), links: Vec::new(), is_cut: false },
            kept: 0,
            machine: machine_spans(text),
            next_machine: 0,
            inline: Inline::Prose,
            quotes: 0,
            items: Vec::new(),
            lines: Vec::new(),
            line: None,
            heading: None,
            rows: Vec::new(),
            fence: None,
            html_table: Span::default(),
            unclosed_until: 0,
        }
    }

    fn has_room(&mut self) -> bool {
        if self.kept >= MAX_BLOCKS {
            self.page.is_cut = true;
        }
        self.kept < MAX_BLOCKS
    }

    fn take(&mut self, event: Event<'_>, span: Span) {
        if (self.html_table.start..self.html_table.end).contains(&span.start) {
            return;
        }
        match event {
            Event::Start(tag) => self.start(&tag, span),
            Event::End(tag) => self.end(tag, span),
            Event::SoftBreak | Event::HardBreak => self.break_line(),
            Event::Code(_) => {
                self.code(span);
                self.grow(span);
            }
            Event::TaskListMarker(_) | Event::Rule | Event::Html(_) => {}
            Event::Text(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_) => self.grow(span),
        }
    }

    fn start(&mut self, tag: &Tag<'_>, span: Span) {
        match tag {
            Tag::Paragraph => self.flush_lines(),
            Tag::Heading { level, .. } => {
                self.flush_lines();
                self.inline = Inline::Heading;
                self.heading = Some((level_number(*level), None));
            }
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) => {
                self.flush_lines();
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                self.flush_lines();
                self.inline = Inline::Fence;
                self.fence = matches!(kind, CodeBlockKind::Fenced(_) | CodeBlockKind::Indented)
                    .then_some(Span::new(span.end, span.end));
            }
            Tag::List(_) => self.flush_lines(),
            Tag::Item => {
                self.flush_lines();
                let depth = self.items.len() + 1;
                let block = self.push(BlockKind::Item { lines: Vec::new(), depth }, span);
                self.items.push(block);
            }
            Tag::Table(_) => {
                self.flush_lines();
                self.rows.clear();
            }
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::TableCell => {
                self.inline = Inline::Cell;
                self.cell(span);
            }
            Tag::HtmlBlock | Tag::MetadataBlock(_) => {
                self.flush_lines();
                self.inline = Inline::Ignored;
                if matches!(tag, Tag::HtmlBlock) {
                    self.html_table(span);
                }
            }
            Tag::Link { .. } | Tag::Image { .. } => {
                self.link(span);
                self.grow(span);
            }
            _ => self.grow(span),
        }
    }

    fn end(&mut self, tag: TagEnd, span: Span) {
        match tag {
            TagEnd::Paragraph | TagEnd::List(_) => self.flush_lines(),
            TagEnd::Heading(_) => {
                self.inline = Inline::Prose;
                if let Some((level, Some(text))) = self.heading.take() {
                    self.push(BlockKind::Heading { level, text }, span);
                }
            }
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => {
                self.flush_lines();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                self.inline = Inline::Prose;
                if let Some(body) = self.fence.take() {
                    self.push(BlockKind::Fence { body }, span);
                }
            }
            TagEnd::Item => {
                self.flush_lines();
                self.items.pop();
            }
            TagEnd::Table => {
                self.inline = Inline::Prose;
                let rows = std::mem::take(&mut self.rows);
                self.push(BlockKind::Table { rows }, span);
            }
            TagEnd::HtmlBlock | TagEnd::MetadataBlock(_) => self.inline = Inline::Prose,
            TagEnd::TableCell => self.inline = Inline::Prose,
            _ => self.grow(Span::new(span.end, span.end)),
        }
    }

    /// Lets what is open reach to the end of a piece of inline text.
    fn grow(&mut self, span: Span) {
        let grown =
            |old: Option<Span>| old.map_or(span, |old| Span::new(old.start.min(span.start), old.end.max(span.end)));
        match self.inline {
            Inline::Prose => {
                // The end of an element never begins a line; only its beginning does.
                if self.line.is_some() || span.start < span.end {
                    self.line = Some(grown(self.line));
                }
            }
            Inline::Heading => {
                if let Some((_, text)) = &mut self.heading {
                    *text = Some(grown(*text));
                }
            }
            Inline::Fence => {
                if let Some(body) = &mut self.fence {
                    *body = Span::new(body.start.min(span.start), span.end);
                }
            }
            Inline::Cell | Inline::Ignored => {}
        }
    }

    fn break_line(&mut self) {
        if self.inline == Inline::Prose
            && let Some(line) = self.line.take()
        {
            self.keep_line(line);
        }
    }

    fn keep_line(&mut self, line: Span) {
        let line = trimmed(self.text, line);
        if line.start < line.end {
            self.kept += 1;
            self.lines.push(line);
        }
    }

    /// Ends the open paragraph. The first one of a list item is the item's own.
    fn flush_lines(&mut self) {
        self.break_line();
        if self.lines.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        if self.quotes > 0 {
            return;
        }
        if let Some(Some(item)) = self.items.last()
            && let Some(Block { kind: BlockKind::Item { lines: own, .. }, .. }) = self.page.blocks.get_mut(*item)
            && own.is_empty()
        {
            *own = lines;
            return;
        }
        let span = Span::new(lines[0].start, lines[lines.len() - 1].end);
        self.push(BlockKind::Paragraph { lines, depth: self.items.len() }, span);
    }

    /// A table in HTML, which may go on behind the block in which it begins: an empty line ends a block.
    fn html_table(&mut self, block: Span) {
        if self.quotes > 0 || self.is_machine(block) || block.start < self.unclosed_until {
            return;
        }
        let Some(open) = opening(self.text, block) else { return };
        let Some(HtmlTable { span, rows }) = table(self.text, open) else {
            // What follows would be looked through again and again.
            self.unclosed_until = open.start + MAX_TABLE_BYTES;
            return;
        };
        self.kept += rows.iter().map(Vec::len).sum::<usize>();
        self.inline = Inline::Prose;
        self.html_table = span;
        self.push(BlockKind::Table { rows }, span);
    }

    fn cell(&mut self, span: Span) {
        let Some(row) = self.rows.last_mut() else { return };
        if row.len() < MAX_COLUMNS {
            self.kept += 1;
            row.push(trimmed(self.text, span));
        } else {
            self.page.is_cut = true;
        }
    }

    fn code(&mut self, span: Span) {
        let raw = &self.text[span.range()];
        let ticks = raw.len() - raw.trim_start_matches('`').len();
        let inner = Span::new(span.start + ticks, span.end.saturating_sub(ticks));
        let inner = trimmed(self.text, inner);
        if inner.start < inner.end && !self.is_machine(inner) {
            self.kept += 1;
            self.page.codes.push(inner);
        }
    }

    fn link(&mut self, span: Span) {
        if !self.is_machine(span) {
            self.kept += 1;
            self.page.links.push(span);
        }
    }

    fn push(&mut self, kind: BlockKind, span: Span) -> Option<usize> {
        self.kept += 1;
        if self.items.len() + self.quotes > MAX_NESTING {
            self.page.is_cut = true;
            return None;
        }
        if self.quotes > 0 || self.is_machine(span) {
            return None;
        }
        let span = trimmed(self.text, Span::new(span.start.max(self.skip), span.end));
        self.page.blocks.push(Block { kind, span });
        Some(self.page.blocks.len() - 1)
    }

    /// Whether a span lies in machine text; spans are asked for in order.
    fn is_machine(&mut self, span: Span) -> bool {
        while self.machine.get(self.next_machine).is_some_and(|machine| machine.end <= span.start) {
            self.next_machine += 1;
        }
        let near = [self.next_machine.saturating_sub(1), self.next_machine];
        near.iter()
            .filter_map(|index| self.machine.get(*index))
            .any(|machine| (machine.start..machine.end).contains(&span.start))
    }
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// The span without white space at its ends.
pub(crate) fn trimmed(text: &str, span: Span) -> Span {
    let slice = text.get(span.range()).unwrap_or("");
    let start = span.start + (slice.len() - slice.trim_start().len());
    Span::new(start.min(span.end), span.start + slice.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<String> {
        let slice = |span: &Span| text[span.range()].to_owned();
        let all = |spans: &[Span]| spans.iter().map(slice).collect::<Vec<_>>().join("|");
        let blocks = read_page(text).blocks;
        let show = |block: &Block| match &block.kind {
            BlockKind::Heading { level, text } => format!("h{level} {}", slice(text)),
            BlockKind::Paragraph { lines, depth } => format!("p{depth} {}", all(lines)),
            BlockKind::Item { lines, depth } => format!("i{depth} {}", all(lines)),
            BlockKind::Table { rows } => format!("t {}", rows.iter().map(|row| all(row)).collect::<Vec<_>>().join("/")),
            BlockKind::Fence { body } => format!("f {}", slice(body).trim_end()),
        };
        blocks.iter().map(show).collect()
    }

    #[test]
    fn blocks_keep_their_order_lines_and_depth() {
        let text = "# A **b**\n\n**x:** 1  \n**y:** 2\n\n- one\n  - two `c`\n    more\n\n- three\n\n  own\n\n```yaml\nk: v\n```\n";
        let expected =
            ["h1 A **b**", "p0 **x:** 1|**y:** 2", "i1 one", "i2 two `c`|more", "i1 three", "p1 own", "f k: v"];
        assert_eq!(shape(text), expected);
    }

    #[test]
    fn cells_are_trimmed_and_keep_escaped_pipes() {
        assert_eq!(shape("| a | b |\n|---|---|\n|  x\\|y |  |\n| z |\n"), ["t a|b/x\\|y|/z|"]);
    }

    #[test]
    fn quotes_front_matter_comments_and_machine_text_are_no_blocks() {
        let machine = "<!-- seaworthy:status -->\n\n| ID | Risk | Status |\n|---|---|---|\n| R-1 | x | held |\n\n<!-- /seaworthy:status -->\n";
        assert_eq!(shape(&format!("---\na: b\n---\n\n<!-- c -->\n\n> quoted\n\n{machine}\nlast\n")), ["p0 last"]);
    }

    #[test]
    fn an_opening_mark_alone_hides_nothing() {
        assert_eq!(shape("<!-- seaworthy:status -->\n\nshown\n"), ["p0 shown"]);
    }

    #[test]
    fn every_line_ending_and_a_mark_of_byte_order_give_the_same_blocks() {
        let text = "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n**x:** 1\n**y:** 2\n";
        assert_eq!(shape(text), shape(&text.replace('\n', "\r\n")));
        assert_eq!(shape(text), shape(&text.replace('\n', "\r")));
        assert_eq!(shape(text), shape(&format!("\u{feff}{text}")));
    }
}
