//! Tables of risks as they stand in the bytes: rows, cells between bars, and columns that are padded to one width.

use text::Span;

use super::Splice;
use crate::draft::Context;
use crate::noun::FieldName;
use crate::page::BlockKind;
use crate::table::{Role, role};

/// A table of risks.
pub(super) struct Grid {
    /// The lines of its rows, the heading first, without line breaks.
    pub(super) lines: Vec<Span>,
    /// The noun of each column.
    pub(super) columns: Vec<Option<FieldName>>,
    /// The lines of the heading and of the rule below it.
    pub(super) head: Span,
    /// Which columns are padded to one width in every row.
    widths: Vec<Option<usize>>,
}

/// Every table of risks, in order.
pub(super) fn grids(context: &Context<'_>) -> Vec<Grid> {
    let mut grids = Vec::new();
    for section in context.sections.iter().filter(|section| !section.is_apart) {
        for block in &context.page.blocks[section.own.clone()] {
            let BlockKind::Table { rows } = &block.kind else { continue };
            if let Role::Risks { columns, heading } = role(context, rows, section) {
                let lines: Vec<Span> = rows[heading..].iter().filter_map(|row| line_of(context.text, row)).collect();
                grids.extend(grid(context.text, lines, columns));
            }
        }
    }
    grids
}

fn grid(text: &str, lines: Vec<Span>, columns: Vec<Option<FieldName>>) -> Option<Grid> {
    let first = *lines.first()?;
    let rule = next_line(text, first.end)?;
    let widths = (0..columns.len()).map(|at| width(text, &lines, at)).collect();
    Some(Grid { head: Span::new(first.start, rule.end), lines, columns, widths })
}

/// The width of a column in characters, when every row has the same.
fn width(text: &str, lines: &[Span], at: usize) -> Option<usize> {
    let mut widths = lines.iter().map(|line| Some(text[cells(text, *line).get(at)?.range()].chars().count()));
    let first = widths.next()??;
    (lines.len() >= 2 && widths.all(|width| width == Some(first))).then_some(first)
}

/// The line that a row of cells stands in.
fn line_of(text: &str, row: &[Span]) -> Option<Span> {
    let at = row.first()?.start;
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |found| at + found);
    let start = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start };
    Some(Span::new(start, end))
}

/// The line that follows the end of a line.
pub(super) fn next_line(text: &str, end: usize) -> Option<Span> {
    let rest = &text[end..];
    let skip = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with(['\n', '\r'])) };
    (skip > 0).then(|| {
        let start = end + skip;
        Span::new(start, text[start..].find(['\n', '\r']).map_or(text.len(), |found| start + found))
    })
}

/// What stands between the bars of a row, with its padding. A bar behind a backslash is text.
pub(super) fn cells(text: &str, line: Span) -> Vec<Span> {
    let raw = &text[line.range()];
    let bytes = raw.as_bytes();
    let bars: Vec<usize> = (0..bytes.len())
        .filter(|at| {
            bytes[*at] == b'|' && bytes[..*at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
        })
        .collect();
    let leads = raw.trim_start().starts_with('|');
    let ends = raw.trim_end().ends_with('|') && bars.last().is_some_and(|last| raw[*last + 1..].trim().is_empty());
    let mut edges: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    for bar in &bars {
        edges.push((from, *bar));
        from = bar + 1;
    }
    edges.push((from, raw.len()));
    if ends {
        edges.pop();
    }
    let skip = usize::from(leads && !edges.is_empty());
    edges[skip..].iter().map(|(start, end)| Span::new(line.start + start, line.start + end)).collect()
}

/// A value in a cell: bars are escaped.
pub(super) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut before = ' ';
    for c in value.chars() {
        if c == '|' && before != '\\' {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// The splice that writes a value over a span; in a column of one width the padding gives way.
pub(super) fn place(context: &Context<'_>, grids: &[Grid], span: Span, value: &str) -> Splice {
    let text = context.text;
    let found = grids.iter().find_map(|grid| {
        let line = grid.lines.iter().find(|line| line.start <= span.start && span.end <= line.end)?;
        let at = cells(text, *line).into_iter().position(|cell| cell.start <= span.start && span.end <= cell.end)?;
        Some((grid, at, cells(text, *line)[at]))
    });
    let Some((grid, at, cell)) = found else {
        let in_table = line_of(text, &[span]).is_some_and(|line| text[line.range()].trim_start().starts_with('|'));
        return Splice { span, text: if in_table { escaped(value) } else { value.to_owned() } };
    };
    let value = escaped(value);
    let is_blank = text[cell.range()].trim().is_empty();
    let (lead, tail) = if is_blank { (" ", " ") } else { (&text[cell.start..span.start], &text[span.end..cell.end]) };
    let whole = format!("{lead}{value}{tail}");
    let Some(width) = grid.widths.get(at).copied().flatten().filter(|_| is_blank || tail.trim().is_empty()) else {
        return if is_blank { Splice { span: cell, text: whole } } else { Splice { span, text: value } };
    };
    let bare = format!("{lead}{value}");
    let pad = width.saturating_sub(bare.chars().count()).max(usize::from(tail.starts_with(' ')));
    Splice { span: cell, text: format!("{bare}{}", " ".repeat(pad)) }
}

/// A new row in the manner of a model row: its bars, its padding, its columns' widths.
pub(super) fn row(text: &str, grid: &Grid, values: &[String]) -> String {
    let model = grid.lines.last().copied().unwrap_or(grid.head);
    let raw = &text[model.range()];
    let indent = &raw[..raw.len() - raw.trim_start().len()];
    let leads = raw.trim_start().starts_with('|');
    let ends = raw.trim_end().ends_with('|');
    let is_tight = cells(text, model)
        .iter()
        .all(|cell| !text[cell.range()].starts_with([' ', '\t']) || text[cell.range()].trim().is_empty());
    let pad = if is_tight { "" } else { " " };
    let cell = |(at, value): (usize, &String)| {
        let value = format!("{pad}{}{pad}", escaped(value));
        let width = grid.widths.get(at).copied().flatten().unwrap_or(0);
        let missing = width.saturating_sub(value.chars().count());
        format!("{value}{}", " ".repeat(missing))
    };
    let inner = values.iter().enumerate().map(cell).collect::<Vec<_>>().join("|");
    format!("{indent}{}{}{}", if leads { "|" } else { "" }, inner, if ends { "|" } else { "" })
}
