//! What people see in a page and Markdown does not: bullets below a number, a table that goes on behind an empty line, a
//! label at the margin right behind a list, a table without the line of dashes.

use text::Span;

use crate::fold::plain;
use crate::label::labels;
use crate::noun::Nouns;
use crate::page::{Block, BlockKind, MAX_COLUMNS, Page, trimmed};

/// The fewest lines and columns of a table without a line of dashes.
const MIN_DRAWN_ROWS: usize = 3;
const MIN_DRAWN_COLUMNS: usize = 3;

/// Puts bullets below the number they stand under, rows behind an empty line to their table, and labels behind a list out of it.
pub(crate) fn see(text: &str, page: &mut Page, nouns: &Nouns) {
    nest_bullets(text, &mut page.blocks);
    close_rows(text, &mut page.blocks);
    draw_tables(text, &mut page.blocks, nouns);
    join_tables(text, &mut page.blocks);
    part_labels(text, &mut page.blocks, nouns);
}

/// Rows with an empty line behind each, as converters write them: a heading, a line of dashes, and rows of as many cells.
fn close_rows(text: &str, blocks: &mut Vec<Block>) {
    let mut closed: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut run: Vec<(Block, Vec<Vec<Span>>)> = Vec::new();
    for block in blocks.drain(..) {
        let rows: Option<Vec<Vec<Span>>> = match &block.kind {
            BlockKind::Paragraph { lines, depth: 0 } => lines.iter().map(|line| cells(text, *line)).collect(),
            _ => None,
        };
        let width = |rows: &[Vec<Span>]| rows.first().map_or(0, Vec::len);
        match rows {
            Some(rows) if run.first().is_none_or(|(_, first)| width(first) == width(&rows)) => run.push((block, rows)),
            _ => {
                close_run(text, std::mem::take(&mut run), &mut closed);
                closed.push(block);
            }
        }
    }
    close_run(text, run, &mut closed);
    *blocks = closed;
}

fn close_run(text: &str, run: Vec<(Block, Vec<Vec<Span>>)>, closed: &mut Vec<Block>) {
    let rows: Vec<&Vec<Span>> = run.iter().flat_map(|(_, rows)| rows).collect();
    let is_rule = |row: &&Vec<Span>| {
        row.iter()
            .all(|cell| text[cell.range()].contains('-') && text[cell.range()].chars().all(|c| matches!(c, '-' | ':')))
    };
    let same = rows.first().is_some_and(|first| rows.iter().all(|row| row.len() == first.len()));
    if rows.len() < MIN_DRAWN_ROWS || !same || !rows.get(1).is_some_and(is_rule) {
        return closed.extend(run.into_iter().map(|(block, _)| block));
    }
    let span = Span::new(run[0].0.span.start, run[run.len() - 1].0.span.end);
    let rows = rows.into_iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, row)| row.clone()).collect();
    closed.push(Block { kind: BlockKind::Table { rows }, span });
}

/// Lines of as many cells each whose first names columns, without the line of dashes that makes a table of them.
fn draw_tables(text: &str, blocks: &mut [Block], nouns: &Nouns) {
    for block in blocks {
        let BlockKind::Paragraph { lines, depth: 0 } = &block.kind else { continue };
        if let Some(rows) = barred(text, lines, nouns) {
            block.kind = BlockKind::Table { rows };
        }
    }
}

fn barred(text: &str, lines: &[Span], nouns: &Nouns) -> Option<Vec<Vec<Span>>> {
    let first = lines.first().filter(|line| lines.len() >= MIN_DRAWN_ROWS && text[line.range()].contains('|'))?;
    let mut rows: Vec<Vec<Span>> = lines.iter().map(|line| parts(text, *line)).collect();
    let columns = parts(text, *first).len();
    if !(MIN_DRAWN_COLUMNS..MAX_COLUMNS).contains(&columns) || rows.iter().any(|row| row.len() != columns) {
        return None;
    }
    let is_blank = |row: &Vec<Span>| row.iter().all(|cell| !text[cell.range()].contains(char::is_alphanumeric));
    rows.retain(|row| !is_blank(row));
    let known = rows.first()?.iter().filter(|cell| nouns.of(&plain(&text[cell.range()])).is_some()).count();
    (rows.len() >= 2 && known >= MIN_DRAWN_COLUMNS - 1).then_some(rows)
}

/// What stands between the bars of a line.
fn parts(text: &str, line: Span) -> Vec<Span> {
    let mut start = line.start;
    let mut parts = Vec::new();
    for piece in text[line.range()].split('|') {
        parts.push(trimmed(text, Span::new(start, start + piece.len())));
        start += piece.len() + 1;
    }
    parts
}

/// Lines that Markdown takes for more of the last entry: `- restart` and `**Status:** open` at the margin below it.
fn part_labels(text: &str, blocks: &mut Vec<Block>, nouns: &Nouns) {
    let mut parted: Vec<Block> = Vec::with_capacity(blocks.len());
    for mut block in blocks.drain(..) {
        let rest = match &mut block.kind {
            BlockKind::Item { lines, .. } => label_at_margin(text, lines, nouns).map(|at| lines.split_off(at)),
            _ => None,
        };
        let Some((rest, first)) = rest.and_then(|rest| rest.first().copied().map(|first| (rest, first))) else {
            parted.push(block);
            continue;
        };
        let end = block.span.end;
        block.span = Span::new(block.span.start, trimmed(text, Span::new(block.span.start, first.start)).end);
        parted.push(block);
        parted.push(Block { kind: BlockKind::Paragraph { lines: rest, depth: 0 }, span: Span::new(first.start, end) });
    }
    *blocks = parted;
}

/// The first line of an entry without labels that begins at the margin with a known label in bold.
fn label_at_margin(text: &str, lines: &[Span], nouns: &Nouns) -> Option<usize> {
    let is_label = |line: &Span| labels(text, *line, nouns).first().is_some_and(|label| label.noun.is_some());
    let at_margin = |line: &Span| {
        text[line.range()].starts_with("**") && text[..line.start].ends_with(['\n', '\r']) && is_label(line)
    };
    let found = lines.iter().skip(1).position(at_margin)? + 1;
    (!is_label(&lines[0])).then_some(found)
}

/// Bullets that follow a numbered entry without an empty line belong to it: `1. Loss` and `- Mitigation: ..` below it.
fn nest_bullets(text: &str, blocks: &mut [Block]) {
    let mut open: Option<(usize, usize)> = None;
    for at in 0..blocks.len() {
        let (begins, end) = (blocks[at].span.start, blocks[at].span.end);
        let own = match blocks[at].kind {
            BlockKind::Item { depth, .. } => Some((depth, true)),
            BlockKind::Paragraph { depth, .. } if depth > 0 => Some((depth, false)),
            _ => None,
        };
        let Some((depth, is_item)) = own else {
            open = None;
            continue;
        };
        if is_item && is_numbered(text, begins) {
            open = Some((at, depth));
            continue;
        }
        let Some((number, outer)) = open else { continue };
        let is_list = is_item && depth == outer;
        let adjoins = at == number + 1 && is_one_break(text, last_byte(&blocks[number]), begins);
        if depth < outer || (at == number + 1 && !(is_list && adjoins)) {
            open = None;
            continue;
        }
        if let BlockKind::Item { depth, .. } | BlockKind::Paragraph { depth, .. } = &mut blocks[at].kind {
            *depth += 1;
        }
        let whole = &mut blocks[number].span;
        *whole = Span::new(whole.start, whole.end.max(end));
    }
}

fn is_numbered(text: &str, start: usize) -> bool {
    text[start..].starts_with(|c: char| c.is_ascii_digit())
}

fn last_byte(block: &Block) -> usize {
    match &block.kind {
        BlockKind::Item { lines, .. } => lines.last().map_or(block.span.end, |line| line.end),
        _ => block.span.end,
    }
}

fn is_one_break(text: &str, from: usize, to: usize) -> bool {
    let between = text.get(from..to).unwrap_or("");
    between.trim().is_empty() && between.replace("\r\n", "\n").matches(['\n', '\r']).count() <= 1
}

/// Rows without a heading of their own, right behind a table of as many columns.
fn join_tables(text: &str, blocks: &mut Vec<Block>) {
    let mut joined: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks.drain(..) {
        let more = match (joined.last(), &block.kind) {
            (Some(Block { kind: BlockKind::Table { rows }, span }), BlockKind::Paragraph { lines, depth: 0 })
                if text.get(span.end..block.span.start).is_some_and(|between| between.trim().is_empty()) =>
            {
                rows_like(text, lines, rows.first().map_or(0, Vec::len))
            }
            _ => None,
        };
        match (more, joined.last_mut()) {
            (Some(more), Some(Block { kind: BlockKind::Table { rows }, span })) => {
                rows.extend(more);
                *span = Span::new(span.start, block.span.end);
            }
            _ => joined.push(block),
        }
    }
    *blocks = joined;
}

fn rows_like(text: &str, lines: &[Span], columns: usize) -> Option<Vec<Vec<Span>>> {
    let rows: Option<Vec<Vec<Span>>> = lines.iter().map(|line| cells(text, *line)).collect();
    rows.filter(|rows| (2..MAX_COLUMNS).contains(&columns) && rows.iter().all(|row| row.len() == columns))
}

/// The cells of a line between bars; bars in code and behind a backslash part nothing.
fn cells(text: &str, line: Span) -> Option<Vec<Span>> {
    let inner = text[line.range()].strip_prefix('|')?.strip_suffix('|')?;
    let base = line.start + 1;
    let (mut start, mut in_code, mut escaped) = (0, false, false);
    let mut cells = Vec::new();
    for (at, c) in inner.char_indices() {
        match c {
            '`' => in_code = !in_code,
            '|' if !in_code && !escaped => {
                cells.push(trimmed(text, Span::new(base + start, base + at)));
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\';
    }
    cells.push(trimmed(text, Span::new(base + start, line.end - 1)));
    Some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::read_page;

    fn seen(text: &str) -> Vec<Block> {
        let mut page = read_page(text);
        see(text, &mut page, &Nouns::new(&std::collections::BTreeMap::new()));
        page.blocks
    }

    #[test]
    fn bullets_right_below_a_number_belong_to_it() {
        let depths = |text: &str| -> Vec<usize> {
            let depth = |block: &Block| match block.kind {
                BlockKind::Item { depth, .. } | BlockKind::Paragraph { depth, .. } => depth,
                _ => 0,
            };
            seen(text).iter().map(depth).collect()
        };
        assert_eq!(depths("1. Loss\n- a\n- b\n\n2. Leak\n- c\n"), [1, 2, 2, 1, 2]);
        assert_eq!(depths("9) Loss\n   - a\n10) Leak\n   - b\n   - c\n"), [1, 2, 1, 2, 2]);
        assert_eq!(depths("1. Loss\n\n- another list\n"), [1, 1]);
        assert_eq!(depths("- a\n- b\n"), [1, 1]);
    }

    #[test]
    fn a_table_goes_on_behind_an_empty_line() {
        let text = "| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | `x|y` |\n| 4 | \\| |\n\nend\n";
        let blocks = seen(text);
        let BlockKind::Table { rows } = &blocks[0].kind else { panic!("is a table") };
        assert_eq!(rows.len(), 4);
        assert_eq!(&text[rows[2][1].range()], "`x|y`");
        assert_eq!(blocks.len(), 2);
        assert_eq!(seen("| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 |\n").len(), 2);
    }
}
