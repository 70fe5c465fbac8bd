//! What the text states as done or demands: the sentences that a claim can be made from.
//!
//! A statement is kept as it was written, with its place. Whether it is true is decided by evidence, never here; whether it
//! is worth a claim is decided by its owner.

use std::collections::BTreeSet;

use text::Span;

use crate::fold::{fold, plain};
use crate::model::{Field, Register};
use crate::noun::FieldName;
use crate::page::trimmed;
use crate::parts::Mark;
use crate::status::State;

/// The most statements of one document.
pub const MAX_STATEMENTS: usize = 20_000;
/// The longest statement; a longer one is a paragraph and no sentence to be held to.
const MAX_STATEMENT_BYTES: usize = 600;
/// The shortest statement: below it are words like `none` and `yes`.
const MIN_STATEMENT_BYTES: usize = 6;

/// Why a sentence counts as a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatedAs {
    /// A status with its reason: `Partially mitigated (chart includes probes)`.
    Status,
    /// A guardrail that is said to stand.
    Guardrail,
    /// A tick.
    Tick,
    /// A line of evidence.
    Evidence,
    /// `already exists`, `already implemented`.
    Already,
    /// An acceptance criterion.
    Criterion,
    /// A testing line.
    Test,
}

impl StatedAs {
    /// The words for people: why this counts as a statement.
    pub fn words(self) -> &'static str {
        match self {
            Self::Status => "a status",
            Self::Guardrail => "a guardrail said to stand",
            Self::Tick => "a tick",
            Self::Evidence => "evidence",
            Self::Already => "said to exist already",
            Self::Criterion => "an acceptance criterion",
            Self::Test => "a test",
        }
    }
}

/// One sentence that can be held to.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The risk it belongs to, as an index into the risks of the register.
    pub risk: Option<usize>,
    /// Why it counts.
    pub how: StatedAs,
    /// The sentence, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Words that say that something is there already.
const ALREADY: &[&str] = &[
    "already exists",
    "already exist",
    "already implemented",
    "already in place",
    "already done",
    "already enabled",
    "already configured",
    "likely implemented",
    "bereits vorhanden",
    "bereits umgesetzt",
    "deja en place",
    "ya existe",
    "ja existe",
    "gia implementato",
    "juz istnieje",
];

/// Everything a register states, in the order of the text; one place states one thing.
pub fn stated(register: &Register) -> Vec<Stated> {
    let mut reader = Reader { register, taken: BTreeSet::new(), out: Vec::new() };
    reader.parts();
    for (index, risk) in register.risks.iter().enumerate() {
        let nouns = [
            (FieldName::ExistingGuardrail, StatedAs::Guardrail),
            (FieldName::Evidence, StatedAs::Evidence),
            (FieldName::AcceptanceCriteria, StatedAs::Criterion),
            (FieldName::Testing, StatedAs::Test),
        ];
        for (noun, how) in nouns {
            risk.statements(noun)
                .filter(|field| field.value.is_stated())
                .for_each(|field| reader.items(index, how, field));
        }
        risk.statements(FieldName::Status).for_each(|field| reader.status(index, risk.state, field));
        for noun in [FieldName::Mitigation, FieldName::Planned] {
            risk.statements(noun).for_each(|field| reader.already(index, field));
        }
    }
    let mut out = reader.out;
    out.sort_by_key(|stated| (stated.span, stated.how));
    // A summary and its section say the same thing once.
    let mut said = BTreeSet::new();
    out.retain(|stated| said.insert((stated.risk, stated.how, fold(&stated.text))));
    out.truncate(MAX_STATEMENTS);
    out
}

struct Reader<'r> {
    register: &'r Register,
    taken: BTreeSet<usize>,
    out: Vec<Stated>,
}

impl Reader<'_> {
    /// What has a type of its own already: ticks, criteria, tests.
    fn parts(&mut self) {
        let parts = &self.register.parts;
        for task in parts.tasks.iter().filter(|task| task.mark == Mark::Done) {
            self.push(task.risk, StatedAs::Tick, task.span);
        }
        parts.criteria.iter().for_each(|criterion| self.push(criterion.risk, StatedAs::Criterion, criterion.span));
        parts.tests.iter().for_each(|test| self.push(test.risk, StatedAs::Test, test.span));
    }

    /// The entries of a field: its lines where it is a list, else the whole.
    fn items(&mut self, risk: usize, how: StatedAs, field: &Field) {
        for span in entries(self.register.source.text(), field.span) {
            let slice = self.register.source.slice(span);
            let is_missing = slice.starts_with(['⚠', '❌', '✗', '✘']) || slice.starts_with("[ ]");
            if !is_missing {
                self.push(Some(risk), how, span);
            }
        }
    }

    /// A status that says that something was done, when it says what.
    fn status(&mut self, risk: usize, state: State, field: &Field) {
        let claims_something =
            matches!(state, State::Mitigated | State::Closed) || fold(&field.text).contains("mitigated");
        let reason = field.text.find(['(', '-', '–', '—', ':', ';', ',']);
        if claims_something && reason.is_some() {
            self.push(Some(risk), StatedAs::Status, field.span);
        }
    }

    fn already(&mut self, risk: usize, field: &Field) {
        for span in entries(self.register.source.text(), field.span) {
            let folded = fold(self.register.source.slice(span));
            if ALREADY.iter().any(|words| folded.contains(words)) {
                self.push(Some(risk), StatedAs::Already, span);
            }
        }
    }

    /// Keeps a statement, unless its place is taken or it says nothing.
    fn push(&mut self, risk: Option<usize>, how: StatedAs, span: Span) {
        let source = &self.register.source;
        let text = plain(source.slice(span));
        let is_sentence = (MIN_STATEMENT_BYTES..=MAX_STATEMENT_BYTES).contains(&text.len());
        if is_sentence && self.out.len() < MAX_STATEMENTS && self.taken.insert(span.start) {
            let text = text.trim_start_matches(['✅', '☑', '✔', '✓', '\u{fe0f}', ' ']).to_owned();
            self.out.push(Stated { risk, how, text, span, line: source.line_column(span.start).0 });
        }
    }
}

/// The outermost entries of a list within a span, without bullets, numbers and boxes; a text that is no list is one entry.
fn entries(text: &str, span: Span) -> Vec<Span> {
    let slice = text.get(span.range()).unwrap_or("");
    let line_start = text[..span.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let mut entries: Vec<Span> = Vec::new();
    let mut outermost = usize::MAX;
    let mut start = span.start;
    let mut fenced = false;
    for line in slice.split_inclusive(['\n', '\r']) {
        let at = start;
        start += line.len();
        let body = line.trim_start();
        fenced ^= body.starts_with("```");
        let Some(marker) = bullet(body).filter(|_| !fenced) else { continue };
        // The first line of a span lacks its indentation.
        let before = if at == span.start { at - line_start } else { 0 };
        let indent = before + line.len() - body.len();
        if entries.is_empty() {
            outermost = indent;
        }
        if indent <= outermost {
            let from = at + (line.len() - body.len()) + marker;
            entries.push(trimmed(text, Span::new(from, at + line.len())));
        }
    }
    if entries.is_empty() { vec![trimmed(text, span)] } else { entries }
}

/// How many bytes the mark of a list entry takes: `- `, `* `, `1. `, `- [x] `.
fn bullet(line: &str) -> Option<usize> {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mark = match line[digits..].chars().next()? {
        '.' | ')' if (1..=3).contains(&digits) => digits + 1,
        '-' | '*' | '+' | '•' if digits == 0 => line.chars().next().map_or(1, char::len_utf8),
        _ => return None,
    };
    let rest = line[mark..].strip_prefix([' ', '\t'])?;
    let boxed = ["[x] ", "[X] "].iter().find(|mark| rest.starts_with(**mark)).map_or(0, |mark| mark.len());
    Some(mark + 1 + boxed)
}
