//! Every line of a document in one list: headings, prose, items, cells, quotes; each with what it stands under.
//!
//! The readers of parts and the rules on promises look at lines and not at blocks, because people promise things
//! anywhere: in a cell, below a label, in a quote. A line keeps no text, only where it stands; its words are looked at
//! once, so that a rule asks only the lines that can concern it. Code is no line.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};
use text::Span;

use super::Reading;
use super::checklist::Mark;
use crate::draft::Context;
use crate::fold::fold;
use crate::label::labels;
use crate::model::Risk;
use crate::noun::FieldName;
use crate::outline::Section;
use crate::page::{Block, BlockKind, MAX_DOCUMENT_BYTES, trimmed};

/// The longest line that can be a label.
const MAX_LABEL_BYTES: usize = 120;
/// The longest word that is looked up.
const MAX_WORD_BYTES: usize = 24;
/// How many fields that begin before a line are asked whether they hold it.
const MAX_NESTED_FIELDS: usize = 3;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    Heading,
    /// A line of a paragraph.
    Prose,
    /// The first line of a list item.
    Item,
    /// Another line of a list item.
    More,
    /// A cell of the first row of a table.
    Head,
    Cell,
    /// A line of a quote.
    Quote,
}

/// A line, or a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) kind: LineKind,
    /// Its text without the marks before it.
    pub(crate) span: Span,
    /// An item with all that is nested below it; else the same as the span.
    pub(crate) body: Span,
    /// Depth of lists around it.
    pub(crate) depth: usize,
    /// How it is marked.
    pub(crate) mark: Option<Mark>,
    /// The mark is a box, `[ ]`.
    pub(crate) is_box: bool,
    /// What it stands under: the item, the label, the heading of its column or of its section.
    pub(crate) parent: Option<usize>,
    /// The heading of its section.
    pub(crate) section: Option<usize>,
    /// The risk it belongs to.
    pub(crate) risk: Option<usize>,
    /// The field of that risk it stands in.
    pub(crate) noun: Option<FieldName>,
    pub(crate) signals: Signals,
}

/// Which kinds of telling words a line holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals(u16);

impl Signals {
    /// `weekly`, `every`.
    pub(crate) const CADENCE: Self = Self(1);
    /// `already`, `exists`, `implemented`.
    pub(crate) const CLAIM: Self = Self(2);
    /// `likely`, `probably`.
    pub(crate) const DOUBT: Self = Self(4);
    /// `default`, `defaults`.
    pub(crate) const DEFAULT: Self = Self(8);
    /// `todo`, `tbd`, `draft`.
    pub(crate) const TODO: Self = Self(16);
    /// Four digits that may be a year.
    pub(crate) const YEAR: Self = Self(32);
    /// `avoid`, `mitigate`, `transfer`, `accept`.
    pub(crate) const STRATEGY: Self = Self(64);
    /// `month`, `phase`, `Q3`: a period or a time.
    pub(crate) const TIME: Self = Self(128);

    /// Whether it holds one of those words.
    pub(crate) fn has(self, signal: Self) -> bool {
        self.0 & signal.0 != 0
    }
}

const WORDS: &[(Signals, &str)] = &[
    (
        Signals::CADENCE,
        "daily weekly biweekly fortnightly monthly bimonthly quarterly semiannually annually yearly annual nightly \
         hourly every each once per taglich wochentlich monatlich vierteljahrlich quartalsweise halbjahrlich jahrlich \
         hebdomadaire mensuel mensuelle trimestriel trimestrielle annuel annuelle semanal mensual trimestral anual \
         settimanale mensile trimestrale annuale codziennie co",
    ),
    (
        Signals::CLAIM,
        "already exist exists existing implemented integrated configured bereits vorhanden deja existe ya implementado \
         done place be can",
    ),
    (
        Signals::DOUBT,
        "likely probably presumably supposedly assumed maybe wahrscheinlich vermutlich probablement probablemente",
    ),
    (Signals::DEFAULT, "default defaults defaulted standardmassig"),
    (Signals::TODO, "todo todos tbd tbc fixme wip draft entwurf brouillon borrador final approved complete completed"),
    (
        Signals::STRATEGY,
        "avoid mitigate transfer accept avoidance transference acceptance mitigation reduce share retain",
    ),
    (
        Signals::TIME,
        "minute minutes min mins hour hours hr hrs day days week weeks month months quarter quarters year years sprint \
         phase q h immediate immediately now next later short medium long term monat monate woche wochen mois semaine \
         semaines mes meses semana semanas",
    ),
];

static SIGNALS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for (signals, words) in WORDS {
        for word in words.split_whitespace() {
            *table.entry(word).or_insert(0) |= signals.0;
        }
    }
    table
});

/// The signals of a text, in one pass.
pub(crate) fn signals(text: &str) -> Signals {
    let mut found = 0;
    let mut small = [0_u8; MAX_WORD_BYTES];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let bytes = word.as_bytes();
        if bytes[0].is_ascii_digit() {
            let is_year = bytes.len() == 4 && bytes.iter().all(u8::is_ascii_digit);
            found |= if is_year { Signals::YEAR.0 } else { 0 };
            continue;
        }
        // `Q3` and `H1` are told by their letter.
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if letters.len() > MAX_WORD_BYTES {
            continue;
        }
        if letters.is_ascii() {
            let lower = &mut small[..letters.len()];
            lower.copy_from_slice(letters.as_bytes());
            lower.make_ascii_lowercase();
            found |= std::str::from_utf8(lower).ok().and_then(|word| SIGNALS.get(word)).copied().unwrap_or(0);
        } else {
            found |= SIGNALS.get(fold(letters).as_str()).copied().unwrap_or(0);
        }
    }
    Signals(found)
}

/// One statement of a field: an item of its list, a line, or a part of its value.
pub(crate) struct Entry {
    pub(crate) span: Span,
    pub(crate) risk: usize,
    /// The line of the item, when it is one.
    pub(crate) item: Option<usize>,
    /// It stands in a row of a table.
    pub(crate) is_cell: bool,
}

/// The statements of the risks about a noun, one by one, in the order of the text.
pub(crate) fn entries(reading: &Reading<'_>, noun: FieldName) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (risk, stated) in reading.risks.iter().enumerate() {
        for field in stated.statements(noun).filter(|field| field.value.is_stated()) {
            take_field(reading, risk, field.span, &mut entries);
            field.detail.into_iter().for_each(|detail| take_field(reading, risk, detail, &mut entries));
        }
    }
    entries.sort_by_key(|entry| entry.span);
    entries.dedup_by_key(|entry| entry.span);
    entries
}

fn take_field(reading: &Reading<'_>, risk: usize, field: Span, entries: &mut Vec<Entry>) {
    let range = reading.within(field);
    let lines = &reading.lines[range.clone()];
    let top = lines.iter().filter(|line| line.kind == LineKind::Item).map(|line| line.depth).min();
    if let Some(top) = top {
        for (at, line) in range.zip(lines).filter(|(_, line)| line.kind == LineKind::Item && line.depth == top) {
            entries.push(Entry { span: own_lines(reading, at), risk, item: Some(at), is_cell: false });
            debug_assert!(line.span.start >= field.start);
        }
        return;
    }
    let is_cell = lines.iter().any(|line| line.kind == LineKind::Cell);
    let parts = split_list(reading.context.slice(field), field.start, is_cell);
    entries.extend(parts.into_iter().map(|span| Entry { span, risk, item: None, is_cell }));
}

/// An item with its further lines, without what is nested below it.
pub(crate) fn own_lines(reading: &Reading<'_>, item: usize) -> Span {
    let more =
        reading.lines[item + 1..].iter().take_while(|line| line.kind == LineKind::More && line.parent == Some(item));
    Span::new(reading.lines[item].span.start, more.last().map_or(reading.lines[item].span.end, |line| line.span.end))
}

/// The parts of a value that is a list: at semicolons and line breaks, else at commas where those part it.
/// What stands in brackets or code is never parted.
pub(crate) fn split_list(text: &str, start: usize, by_commas: bool) -> Vec<Span> {
    let mark = if text.contains(';') || text.contains("<br") { ';' } else { ',' };
    if mark == ',' && (!by_commas || !text.contains(',')) {
        return vec![Span::new(start, start + text.len())];
    }
    let mut parts = Vec::new();
    let (mut from, mut brackets, mut in_code, mut tag) = (0, 0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '`' => in_code = !in_code,
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '<' if mark == ';' && text[at..].starts_with("<br") => {
                parts.push(Span::new(start + from, start + at));
                (from, tag) = (at, true);
            }
            '>' if tag => (from, tag) = (at + 1, false),
            _ if c == mark && brackets == 0 && !in_code => {
                parts.push(Span::new(start + from, start + at));
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(Span::new(start + from, start + text.len()));
    let whole = |span: Span| &text[span.start - start..span.end - start];
    let trim = |span: Span| {
        let shift = whole(span).len() - whole(span).trim_start().len();
        Span::new(span.start + shift, span.start + whole(span).trim_end().len())
    };
    parts.into_iter().map(trim).filter(|span| span.start < span.end).collect()
}

/// Reads all lines. `risk_at` tells in which risk a place lies.
pub(crate) fn read_lines(context: &Context<'_>, risks: &[Risk], risk_at: &dyn Fn(Span) -> Option<usize>) -> Vec<Line> {
    let places = places(risks);
    let mut walker =
        Walker { context, places, risk_at, lines: Vec::new(), headings: Vec::new(), items: Vec::new(), label: None };
    for section in context.sections {
        walker.section(section);
        section.own.clone().for_each(|at| walker.block(&context.page.blocks[at]));
    }
    walker.quotes();
    walker.lines
}

/// Where the fields stand, in order.
fn places(risks: &[Risk]) -> Vec<(Span, FieldName, usize)> {
    let mut places = Vec::new();
    for (index, risk) in risks.iter().enumerate() {
        let repeated = risk.repeated.iter().map(|(noun, field)| (noun, field));
        for (noun, field) in risk.fields.iter().chain(repeated) {
            places.push((field.span, *noun, index));
            places.extend(field.detail.map(|detail| (detail, *noun, index)));
        }
    }
    places.sort_by_key(|(span, _, _)| *span);
    places
}

struct Walker<'w, 'a> {
    context: &'w Context<'a>,
    places: Vec<(Span, FieldName, usize)>,
    risk_at: &'w dyn Fn(Span) -> Option<usize>,
    lines: Vec<Line>,
    /// The line of the heading of each section so far.
    headings: Vec<Option<usize>>,
    /// Open items: depth and line.
    items: Vec<(usize, usize)>,
    /// The label that the next list stands under.
    label: Option<usize>,
}

impl Walker<'_, '_> {
    fn push(&mut self, kind: LineKind, span: Span, depth: usize, parent: Option<usize>) -> usize {
        let (noun, risk) = match self.place_of(span) {
            Some((noun, risk)) => (Some(noun), Some(risk)),
            None => (None, (self.risk_at)(span)),
        };
        let (mark, rest) = sign(self.context.slice(span));
        let span = Span::new(span.end - rest.len(), span.end);
        let signals = signals(rest);
        let section = self.headings.last().copied().flatten();
        let parent = parent.or(section);
        let line = Line { kind, span, body: span, depth, mark, is_box: false, parent, section, risk, noun, signals };
        self.lines.push(line);
        self.lines.len() - 1
    }

    /// The field a place lies in. A value may hold a smaller one; the nearest that reaches far enough is meant.
    fn place_of(&self, span: Span) -> Option<(FieldName, usize)> {
        let before = self.places.partition_point(|(place, _, _)| place.start <= span.start);
        let mut near = self.places[..before].iter().rev().take(MAX_NESTED_FIELDS);
        let holds = near.find(|(place, _, _)| span.end <= place.end);
        // Else it may be the label and the value in one line.
        let own = self.places.get(before).filter(|(place, _, _)| place.start < span.end);
        holds.or(own).map(|(_, noun, risk)| (*noun, *risk))
    }

    fn section(&mut self, section: &Section) {
        self.items.clear();
        self.label = None;
        let above = section.parent.and_then(|parent| self.headings.get(parent).copied().flatten());
        self.headings.push(above);
        let heading = section.heading.map(|at| &self.context.page.blocks[at].kind);
        if let Some(BlockKind::Heading { text, level }) = heading {
            let line = self.push(LineKind::Heading, *text, usize::from(*level), above);
            self.headings.pop();
            self.headings.push(Some(line));
        }
    }

    fn block(&mut self, block: &Block) {
        match &block.kind {
            BlockKind::Paragraph { lines, depth } => self.paragraph(lines, *depth),
            BlockKind::Item { lines, depth } => self.item(block.span, lines, *depth),
            BlockKind::Table { rows } => self.table(rows),
            BlockKind::Heading { .. } | BlockKind::Fence { .. } => {}
        }
    }

    fn paragraph(&mut self, lines: &[Span], depth: usize) {
        self.close_items(depth + 1);
        if depth == 0 {
            self.label = None;
        }
        for span in lines {
            let parent = self.items.last().map(|(_, line)| *line);
            let line = self.push(LineKind::Prose, *span, depth, parent);
            if depth == 0 {
                self.label = self.is_label(*span).then_some(line);
            }
        }
    }

    fn is_label(&self, span: Span) -> bool {
        let text = self.context.slice(span);
        let bold = text.starts_with("**") && text.ends_with("**");
        let named = || !labels(self.context.text, span, &self.context.nouns).is_empty();
        text.len() <= MAX_LABEL_BYTES && (bold || text.ends_with(':') || text.ends_with(":**") || named())
    }

    fn item(&mut self, block: Span, lines: &[Span], depth: usize) {
        self.close_items(depth);
        let parent = self.items.last().map(|(_, line)| *line).or(self.label);
        let compared = self.comparison(block);
        let lines = if lines.is_empty() { compared.as_slice() } else { lines };
        let Some((first, more)) = lines.split_first() else { return };
        let item = self.push(LineKind::Item, *first, depth, parent);
        let before = self.context.slice(Span::new(block.start, first.start));
        if let Some(mark) = boxed(before) {
            self.lines[item].mark = Some(mark);
            self.lines[item].is_box = true;
        }
        self.lines[item].body = Span::new(first.start, block.end.max(first.end));
        self.items.push((depth, item));
        more.iter().for_each(|span| {
            self.push(LineKind::More, *span, depth, Some(item));
        });
    }

    /// `- >99% available`: Markdown reads a quote, the author meant a comparison.
    fn comparison(&self, block: Span) -> Option<Span> {
        let first = self.context.slice(block).split(['\n', '\r']).next()?;
        let at = first.find('>')?;
        let is_bullet =
            first[..at].chars().all(|c| matches!(c, '-' | '*' | '+' | '.' | ')' | ' ') || c.is_ascii_digit());
        let is_number = first[at + 1..].trim_start_matches(['=', ' ']).starts_with(|c: char| c.is_ascii_digit());
        (is_bullet && is_number).then(|| Span::new(block.start + at, block.start + first.trim_end().len()))
    }

    fn close_items(&mut self, depth: usize) {
        while self.items.last().is_some_and(|(open, _)| *open >= depth) {
            self.items.pop();
        }
    }

    fn table(&mut self, rows: &[Vec<Span>]) {
        self.close_items(0);
        let Some((heading, body)) = rows.split_first() else { return };
        let columns: Vec<usize> = heading.iter().map(|cell| self.push(LineKind::Head, *cell, 0, None)).collect();
        for row in body {
            for (cell, column) in row.iter().zip(&columns).filter(|(cell, _)| cell.start < cell.end) {
                self.push(LineKind::Cell, *cell, 0, Some(*column));
            }
        }
        self.label = None;
    }

    /// Quotes are no blocks, because nobody lists risks in them. They do hold promises and notes.
    fn quotes(&mut self) {
        let text = &self.context.text[..self.context.text.floor_char_boundary(MAX_DOCUMENT_BYTES)];
        let fences = self.context.page.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Fence { .. }));
        let mut fences = fences.map(|block| block.span).peekable();
        self.headings.clear();
        let mut start = 0;
        for piece in text.split_inclusive(['\n', '\r']) {
            let line = Span::new(start, start + piece.len());
            start += piece.len();
            while fences.next_if(|fence| fence.end <= line.start).is_some() {}
            let inner = piece.trim_start_matches([' ', '\t', '>']);
            let is_quote = piece.trim_start().starts_with('>') && fences.peek().is_none_or(|f| f.start > line.start);
            let inner = inner.strip_prefix("- ").or_else(|| inner.strip_prefix("* ")).unwrap_or(inner);
            let span = trimmed(text, Span::new(line.end - inner.len(), line.end));
            if is_quote && span.start < span.end {
                self.push(LineKind::Quote, span, 0, None);
            }
        }
    }
}

/// The box between the bullet and the text of an item.
fn boxed(before: &str) -> Option<Mark> {
    let open = before.find('[')?;
    match &before.as_bytes()[open..] {
        [b'[', b' ', b']', ..] => Some(Mark::Open),
        [b'[', b'x' | b'X', b']', ..] => Some(Mark::Done),
        _ => None,
    }
}

/// The picture that marks a line, and the rest of it.
fn sign(text: &str) -> (Option<Mark>, &str) {
    let Some(first) = text.chars().next().filter(|c| !c.is_ascii()) else { return (None, text) };
    let mark = match first {
        '✅' | '✔' | '☑' | '✓' => Mark::Done,
        '☐' | '⬜' | '🔲' | '⏳' | '🔜' | '🚧' => Mark::Open,
        '❌' | '✗' | '✘' | '⚠' | '🚫' => Mark::Missing,
        _ => return (None, text),
    };
    let rest = text[first.len_utf8()..].trim_start_matches('\u{fe0f}').trim_start();
    if rest.is_empty() { (None, text) } else { (Some(mark), rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_which_words_it_holds() {
        let found = signals("Reviewed QUARTERLY since 2024, already done in Q3");
        assert!(found.has(Signals::CADENCE) && found.has(Signals::YEAR) && found.has(Signals::CLAIM));
        assert!(found.has(Signals::TIME) && !found.has(Signals::TODO) && !found.has(Signals::DOUBT));
        assert!(signals("wöchentlich, täglich").has(Signals::CADENCE));
        assert_eq!(signals("x1 12345 -- 🚀"), Signals::default());
    }

    #[test]
    fn a_sign_marks_a_line_and_stands_alone_for_nothing() {
        assert_eq!(sign("✅ Retries"), (Some(Mark::Done), "Retries"));
        assert_eq!(sign("⚠️ **Missing:** x"), (Some(Mark::Missing), "**Missing:** x"));
        assert_eq!([sign("✅").0, sign("Ä ✅").0, sign("").0], [None; 3]);
        assert_eq!([boxed("- [ ] "), boxed("1. [X] "), boxed("- ")], [Some(Mark::Open), Some(Mark::Done), None]);
    }
}
