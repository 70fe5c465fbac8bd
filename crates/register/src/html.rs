//! Tables that are written in HTML, as people do for lists within cells: rows of cells with their bytes.
//!
//! Only what a table needs is known: rows, cells, and how many rows or columns one spans. What stands in a cell keeps its
//! tags; they fall with the other markup when it is looked at. A table within a cell is text.

use text::Span;

use crate::fold::cut;
use crate::page::{MAX_COLUMNS, trimmed};

/// The longest table that is read, 1 MiB.
pub(crate) const MAX_TABLE_BYTES: usize = 1024 * 1024;
/// The longest tag.
const MAX_TAG_BYTES: usize = 1024;
/// The most rows one cell may stand for.
const MAX_ROWS_SPANNED: usize = 200;

/// A table and the bytes from its opening tag to its closing one.
pub(crate) struct HtmlTable {
    pub(crate) span: Span,
    pub(crate) rows: Vec<Vec<Span>>,
}

/// Where the first table begins whose opening tag lies within a span.
pub(crate) fn opening(text: &str, within: Span) -> Option<Span> {
    let mut tags = tags(&text[..within.end], within.start);
    tags.find(|tag| tag.name == Name::Table && !tag.closes).map(|tag| tag.span)
}

/// The table behind an opening tag; `None` when it is not closed within the limit.
pub(crate) fn table(text: &str, open: Span) -> Option<HtmlTable> {
    let mut table = Table { text, rows: Vec::new(), cell: None, below: Vec::new() };
    let mut depth = 1;
    let text = cut(text, open.start.saturating_add(MAX_TABLE_BYTES));
    for tag in tags(text, open.end) {
        if tag.name == Name::Table {
            depth = if tag.closes { depth - 1 } else { depth + 1 };
        }
        if depth == 0 {
            table.close(tag.span.start);
            let span = Span::new(open.start, tag.span.end);
            return Some(HtmlTable { span, rows: table.rows });
        }
        if depth == 1 && tag.name != Name::Table {
            table.take(&tag);
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq)]
enum Name {
    Table,
    Row,
    Cell,
}

struct Tag<'t> {
    name: Name,
    closes: bool,
    span: Span,
    attributes: &'t str,
}

/// The tags that matter to a table, from a byte on.
fn tags(text: &str, from: usize) -> impl Iterator<Item = Tag<'_>> {
    let mut next = from;
    std::iter::from_fn(move || {
        loop {
            let start = next + text[next..].find('<')?;
            next = start + 1;
            let inner = cut(&text[next..], MAX_TAG_BYTES);
            let closes = inner.starts_with('/');
            let inner = inner.strip_prefix('/').unwrap_or(inner);
            let length = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let name = match inner[..length].to_ascii_lowercase().as_str() {
                "table" => Name::Table,
                "tr" => Name::Row,
                "td" | "th" => Name::Cell,
                _ => continue,
            };
            let end = inner.find('>')?;
            next += usize::from(closes) + end + 1;
            return Some(Tag { name, closes, span: Span::new(start, next), attributes: &inner[length..end] });
        }
    })
}

/// A table in the making.
struct Table<'t> {
    text: &'t str,
    rows: Vec<Vec<Span>>,
    /// Where the open cell begins, and the rows and columns it stands for.
    cell: Option<(usize, usize, usize)>,
    /// Cells that stand for rows below, too: column, how many, the cell.
    below: Vec<(usize, usize, Span)>,
}

impl Table<'_> {
    fn take(&mut self, tag: &Tag<'_>) {
        self.close(tag.span.start);
        match (tag.name, tag.closes) {
            (Name::Row, false) => {
                self.rows.push(Vec::new());
                self.hand_down();
            }
            (Name::Cell, false) => {
                if self.rows.is_empty() {
                    self.rows.push(Vec::new());
                }
                let count = |name| number(tag.attributes, name).unwrap_or(1).max(1);
                let columns = count("colspan").min(MAX_COLUMNS);
                self.cell = Some((tag.span.end, count("rowspan").min(MAX_ROWS_SPANNED), columns));
            }
            _ => {}
        }
    }

    /// Ends the open cell.
    fn close(&mut self, end: usize) {
        let Some((start, rows, columns)) = self.cell.take() else { return };
        let Some(row) = self.rows.last_mut() else { return };
        let cell = trimmed(self.text, Span::new(start, end));
        if rows > 1 {
            self.below.push((row.len(), rows - 1, cell));
        }
        let empty = Span::new(cell.end, cell.end);
        let room = MAX_COLUMNS.saturating_sub(row.len());
        row.extend(std::iter::once(cell).chain(std::iter::repeat_n(empty, columns - 1)).take(room));
        self.hand_down();
    }

    /// Puts the cells from rows above where the next cell of this row would stand.
    fn hand_down(&mut self) {
        let Some(row) = self.rows.last_mut() else { return };
        while let Some((_, left, cell)) = self.below.iter_mut().find(|(column, _, _)| *column == row.len()) {
            *left -= 1;
            row.push(*cell);
            self.below.retain(|(_, left, _)| *left > 0);
        }
    }
}

/// The number of an attribute: `rowspan="2"`.
fn number(attributes: &str, name: &str) -> Option<usize> {
    let lower = attributes.to_ascii_lowercase();
    let after = &lower[lower.find(name)? + name.len()..];
    let digits = after.trim_start_matches([' ', '=', '"', '\'']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Option<Vec<Vec<&str>>> {
        let open = opening(text, Span::new(0, text.len()))?;
        let rows = table(text, open)?.rows;
        Some(rows.iter().map(|row| row.iter().map(|cell| &text[cell.range()]).collect()).collect())
    }

    #[test]
    fn rows_and_cells_are_found_however_they_are_closed() {
        let text =
            "x <TABLE class='a'>\n<tr><th>ID</th><th>Risk\n<tr>\n <td> R-1 </td><td>a <b>b</b>\n\n c\n</table> y";
        assert_eq!(cells(text), Some(vec![vec!["ID", "Risk"], vec!["R-1", "a <b>b</b>\n\n c"]]));
        assert_eq!(cells("<table><tr><td>a</td></tr>"), None);
        assert_eq!(cells("</table> <tablet><tr><td>a</td></tr></tablet>"), None);
    }

    #[test]
    fn a_cell_may_stand_for_several_rows_and_columns() {
        let text = "<table><tr><td rowspan=\"2\">a</td><td colspan='2'>b</td></tr><tr><td>c</td><td rowspan=9>d</td></tr><tr><td>e</td><td>f</td></tr></table>";
        assert_eq!(cells(text), Some(vec![vec!["a", "b", ""], vec!["a", "c", "d"], vec!["e", "f", "d"]]));
        let wide = format!("<table><tr><td colspan=\"{}\">a</td></tr></table>", usize::MAX);
        assert_eq!(cells(&wide).map(|rows| rows[0].len()), Some(MAX_COLUMNS));
    }

    #[test]
    fn a_table_within_a_cell_is_text() {
        let text = "<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>c</td></tr></table>";
        assert_eq!(cells(text), Some(vec![vec!["a<table><tr><td>b</td></tr></table>", "c"]]));
    }
}
