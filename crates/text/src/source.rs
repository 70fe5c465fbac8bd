//! A named text and ranges of its bytes.

use std::ops::Range;

/// A range of bytes in one [`Source`]; `start <= end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`; an end before the start is moved to the start.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The bytes as a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A text with the path it was read from. Lines and columns count from 1; columns count characters.
///
/// ```
/// let source = text::Source::new("a.yaml", "one\ntwo");
/// assert_eq!(source.line_column(5), (2, 2));
/// assert_eq!(source.line_text(2), "two");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    path: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Keeps the text and the beginnings of its lines (LF, CRLF and lone CR all end a line).
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = line_starts(&text);
        Self { path: path.into(), text, line_starts }
    }

    /// The path as it should be shown to people.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of a span; empty when the span lies outside or splits a character.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte, both from 1. An offset past the end is the end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.as_bytes()[start..offset].iter().filter(|byte| !is_continuation(**byte)).count() + 1;
        (line, column)
    }

    /// The text of a line counted from 1, without its ending; empty when there is no such line.
    pub fn line_text(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|index| self.line_starts.get(index)) else { return "" };
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or("").trim_end_matches(['\r', '\n'])
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (index, byte) in bytes.iter().enumerate() {
        let ends_line = *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
        if ends_line {
            starts.push(index + 1);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_lf_crlf_and_lone_cr() {
        let source = Source::new("x", "a\r\nb\rc\nd");
        assert_eq!(["a", "b", "c", "d"], [1, 2, 3, 4].map(|line| source.line_text(line)));
    }

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let source = Source::new("x", "äö: 1");
        assert_eq!(source.line_column(4), (1, 3));
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        assert_eq!(Source::new("x", "ab").line_column(99), (1, 3));
    }
}
