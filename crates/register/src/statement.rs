//! The labeled statements of a run of blocks: label, value, and the list below it.
//!
//! A label without a value takes the blocks below it (`**Mitigation:**` and a list); one with a value keeps the list
//! as detail (`**Impact:** High` and its reasons). Labels inside a value belong to the value and not to the risk.

use std::ops::Range;

use text::Span;

use crate::draft::Context;
use crate::fold::plain;
use crate::label::{Label, bold_labels_within, graded_parts, labels};
use crate::noun::FieldName;
use crate::page::{BlockKind, trimmed};
use crate::value::is_bare_grade;

/// A fence with fewer known labels is code.
const MIN_FORM_LABELS: usize = 3;
/// The most lines of a form.
const MAX_FORM_LINES: usize = 500;

/// A label with everything that belongs to it.
pub(crate) struct Statement {
    /// `None` when no table knows the label.
    pub(crate) noun: Option<FieldName>,
    pub(crate) value: Span,
    pub(crate) detail: Option<Span>,
    /// The value stands below the label.
    takes_blocks: bool,
    /// Depth of the list item that holds the label; 0 for a paragraph.
    depth: usize,
}

impl Statement {
    fn extend(&mut self, end: usize) {
        self.value = Span::new(self.value.start, self.value.end.max(end));
    }

    fn add_detail(&mut self, span: Span) {
        let start = self.detail.map_or(span.start, |detail| detail.start);
        self.detail = Some(Span::new(start, span.end));
    }

    fn is_empty(&self) -> bool {
        self.value.start == self.value.end
    }
}

/// The statements in a range of blocks. List items count when they are nested `depth` deep.
pub(crate) fn statements(context: &Context<'_>, blocks: Range<usize>, depth: usize) -> Vec<Statement> {
    let mut reader = Reader { context, out: Vec::new(), open: None, depth };
    for block in &context.page.blocks[blocks] {
        match &block.kind {
            BlockKind::Paragraph { lines, depth } if *depth < reader.depth => reader.paragraph(lines),
            BlockKind::Item { lines, depth } => reader.item(lines, *depth, block.span),
            BlockKind::Fence { body } if reader.open.is_none() => reader.form(*body),
            BlockKind::Paragraph { .. } | BlockKind::Fence { .. } => reader.below(block.span),
            BlockKind::Table { .. } | BlockKind::Heading { .. } => reader.open = None,
        }
    }
    reader.out
}

/// The lines of a span that hold something, trimmed.
fn lines_of(text: &str, span: Span) -> Vec<Span> {
    let mut start = span.start;
    let mut lines = Vec::new();
    for piece in text[span.range()].split_inclusive(['\n', '\r']).take(MAX_FORM_LINES) {
        let line = trimmed(text, Span::new(start, start + piece.len()));
        start += piece.len();
        if line.start < line.end {
            lines.push(line);
        }
    }
    lines
}

struct Reader<'c, 'a> {
    context: &'c Context<'a>,
    out: Vec<Statement>,
    open: Option<usize>,
    depth: usize,
}

impl Reader<'_, '_> {
    fn opened(&mut self) -> Option<&mut Statement> {
        self.open.and_then(|at| self.out.get_mut(at))
    }

    fn push_all(&mut self, labels: Vec<Label>, depth: usize) {
        for Label { noun, value } in labels {
            let takes_blocks = value.start == value.end;
            self.out.push(Statement { noun, value, detail: None, takes_blocks, depth });
        }
        self.open = self.out.len().checked_sub(1);
    }

    fn paragraph(&mut self, lines: &[Span]) {
        let mut labeled = false;
        for line in lines {
            let mut found = labels(self.context.text, *line, &self.context.nouns);
            // Within a paragraph only bold labels begin a statement; a plain one may be any sentence.
            if !labeled && line.start != lines[0].start {
                let marked = self.context.slice(*line).trim_start_matches(|c: char| !c.is_ascii() || c == ' ');
                found.retain(|label| label.noun.is_some() && marked.starts_with("**"));
            }
            if !found.is_empty() {
                labeled = true;
                self.push_all(found, 0);
            } else if labeled || self.opened().is_some_and(|open| open.is_empty()) {
                labeled = true;
                self.go_on(*line);
            } else {
                self.open = None;
                self.prose(*line);
            }
        }
    }

    /// A line of prose that ends in bold labels: `It was never tried. **Status:** OPEN.`
    fn prose(&mut self, line: Span) {
        let mut found = bold_labels_within(self.context.text, line, &self.context.nouns);
        if found.is_empty() {
            found = graded_parts(self.context.text, line, &self.context.nouns);
        }
        for Label { noun, value } in found {
            self.out.push(Statement { noun, value, detail: None, takes_blocks: false, depth: 0 });
        }
    }

    /// The next line of the same paragraph: more of a prose value, a reason below a grade.
    fn go_on(&mut self, line: Span) {
        let goes_on = self.context.slice(line).starts_with(char::is_lowercase) && self.is_sentence();
        let Some(open) = self.opened() else { return };
        let graded = open.noun.is_some_and(|noun| {
            noun.is_rating() || matches!(noun, FieldName::Priority | FieldName::Status | FieldName::Owner)
        });
        if open.is_empty() {
            open.value = line;
        } else if graded && !open.takes_blocks && !goes_on {
            open.add_detail(line);
        } else {
            open.extend(line.end);
        }
    }

    /// Whether the open value says more than a grade and is not at its end: `Medium — only when many come, but`.
    fn is_sentence(&self) -> bool {
        let value = self.open.and_then(|at| self.out.get(at)).map_or("", |open| self.context.slice(open.value));
        !value.ends_with(['.', '!', '?', ':', ')', '*']) && value.contains(' ') && !is_bare_grade(&plain(value))
    }

    fn item(&mut self, lines: &[Span], depth: usize, span: Span) {
        let reader_depth = self.depth;
        if let Some(open) = self.opened()
            && open.noun.is_some()
            && (depth > open.depth && (open.takes_blocks || depth > reader_depth))
        {
            if open.is_empty() {
                open.value = span;
            } else if open.takes_blocks {
                open.extend(span.end);
            } else {
                open.add_detail(span);
            }
            return;
        }
        if depth != reader_depth {
            return;
        }
        let Some((first, rest)) = lines.split_first() else { return };
        let mut found = labels(self.context.text, *first, &self.context.nouns);
        found.retain(|label| label.noun.is_some());
        if found.is_empty() {
            return self.plain_item(span);
        }
        self.push_all(found, depth);
        rest.iter().for_each(|line| self.go_on_or_label(*line, depth));
    }

    fn go_on_or_label(&mut self, line: Span, depth: usize) {
        let found = labels(self.context.text, line, &self.context.nouns);
        if found.is_empty() { self.go_on(line) } else { self.push_all(found, depth) }
    }

    /// An item without a label: a reason below a paragraph's value, else the end of what is open.
    fn plain_item(&mut self, span: Span) {
        match self.opened() {
            Some(open) if open.noun.is_some() && open.depth == 0 => open.add_detail(span),
            Some(open) if open.noun.is_none() => {}
            _ => self.open = None,
        }
    }

    /// A fence that is a form: lines `Label: value` and, below a label without value, its lines.
    fn form(&mut self, body: Span) {
        let context = self.context;
        let lines = lines_of(context.text, body);
        // A summary is about risks that stand elsewhere; it is no risk itself.
        if lines.iter().any(|line| context.slice(*line) == "risk_summary:") {
            return;
        }
        let known = lines
            .iter()
            .filter(|line| labels(context.text, **line, &context.nouns).iter().any(|label| label.noun.is_some()))
            .count();
        if known < MIN_FORM_LABELS {
            return;
        }
        for line in lines {
            let found = labels(context.text, line, &context.nouns);
            let slice = context.slice(line);
            if !found.is_empty() {
                self.push_all(found, 0);
            } else if slice.ends_with(':') {
                self.open = None;
            } else {
                self.go_on(line);
            }
        }
        self.open = None;
    }

    /// A paragraph or a fence below a label.
    fn below(&mut self, span: Span) {
        let Some(open) = self.opened() else { return };
        if open.is_empty() {
            open.value = span;
        } else if open.takes_blocks {
            open.extend(span.end);
        } else {
            open.add_detail(span);
        }
    }
}
