//! The expect language: what must hold of an observation, in CEL's syntax.
//!
//! Literals are whole numbers, decimals, durations `500ms`, sizes `64KiB`, shares `99.9%`, rates `100/s`, texts in
//! quotes, `true` and `false`, and lists. Fields of the observation are `obs.a.b` (or `obs.a['b-c']`). There are
//! `== != < <= > >=`, `in`, `&& || !`, `+ - * /`, `size(x)`, `has(obs.x)`, `list.all(x, ..)`, `list.exists(x, ..)`,
//! `text.contains(..)`, `.startsWith(..)` and `.endsWith(..)`.
//!
//! Three rules make it harder to be fooled:
//! - *Missing data is never true.* `&&` and `||` follow Kleene, so one false side decides `&&`; but a whole that came
//!   out true while any field it names is missing is unknown (no data). Whoever wants to allow a missing field says so
//!   by asking `has(obs.x)`: such a field may be missing.
//! - *Nothing is never enough.* `all` and `exists` over an empty list, and any expectation over no values at all, are
//!   unknown.
//! - *What cannot fail proves nothing.* An expectation that reads no field, or that no made-up observation turns false,
//!   is refused when it is read.
//!
//! What it deliberately is not: a programming language. There is no time, no randomness, no regular expression, and
//! every evaluation ends after [`MAX_STEPS`].

use std::collections::BTreeMap;

use text::{Problem, Severity, Source, Span};

use crate::{Reason, Value};

mod evaluate;
mod lexer;
mod mutate;
mod parser;
mod pool;
mod search;
mod tree;
mod types;

pub(crate) use evaluate::Line;
use search::{Found, Numbers};
use tree::Tree;

/// Steps after which an evaluation stops as unknown.
pub const MAX_STEPS: u32 = 10_000;

/// The longest expectation, in bytes.
pub const MAX_EXPECT_BYTES: usize = 4096;

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Seen to hold.
    True,
    /// Seen to be violated.
    False,
    /// Cannot be told, and why.
    Unknown(Reason),
}

/// What each part of the expectation came to, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// One line a part: `obs.status == 401 is true (obs.status is 401)`.
    pub lines: Vec<String>,
}

/// An expectation over `obs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    text: String,
    tree: Tree,
}

impl Expect {
    /// Reads an expectation that stands at `span` of the source. Every mistake becomes a problem at its own place
    /// within the value, or at the whole value where quotes or escapes make the places differ.
    pub fn read(text: &str, span: Span, source: &Source, problems: &mut Vec<Problem>) -> Option<Self> {
        let (expect, faults) = understand(text);
        problems.extend(faults.into_iter().map(|fault| fault.at(text, span, source)));
        expect
    }

    /// Reads an expectation that stands in no file.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use evidence::{Expect, Truth, Value};
    /// let expect = Expect::parse("obs.status == 401").expect("is an expectation");
    /// let values = BTreeMap::from([("status".to_owned(), Value::Integer(200))]);
    /// let (truth, trace) = expect.hold(&values);
    /// assert_eq!(truth, Truth::False);
    /// assert_eq!(trace.lines, ["obs.status == 401 is false (obs.status is 200)"]);
    /// ```
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let source = Source::new("expect", text);
        let mut problems = Vec::new();
        Self::read(text, Span::new(0, text.len()), &source, &mut problems).ok_or(problems)
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields it reads, without `obs.`, sorted, each once.
    pub fn paths(&self) -> Vec<&str> {
        self.tree.paths().into_iter().collect()
    }

    /// Holds the expectation against values. Never true while a field it names is missing, unless `has` asks for it.
    pub fn hold(&self, values: &BTreeMap<String, Value>) -> (Truth, Trace) {
        let (truth, lines) = self.explain(values);
        (truth, Trace { lines: lines.into_iter().map(|line| line.text).collect() })
    }

    /// Whether some change of one single field turns this true observation false. Also false when the expectation is
    /// not true of the values, and when only several fields together would turn it.
    pub fn mutants_turn(&self, values: &BTreeMap<String, Value>) -> bool {
        self.turning(values).is_some()
    }

    /// The first change of one field that turns it, in words: `obs.p95 were 300 ms (it is 21 ms)`.
    pub fn turning(&self, values: &BTreeMap<String, Value>) -> Option<String> {
        let (truth, _) = self.explain(values);
        if truth == Truth::True { mutate::turning(&self.tree, values) } else { None }
    }

    /// Like [`Expect::hold`], with what each line adds.
    pub(crate) fn explain(&self, values: &BTreeMap<String, Value>) -> (Truth, Vec<Line>) {
        let (result, mut lines) = evaluate::evaluate(&self.tree, &self.text, values);
        let truth = match result {
            Ok(false) => Truth::False,
            Err(doubt) => Truth::Unknown(doubt.reason),
            Ok(true) => match self.missing(values) {
                None => Truth::True,
                Some(what) => {
                    let text = format!("the rest is true, but {what}");
                    lines.push(Line { short: text.replace("obs.", ""), text, adds: None });
                    Truth::Unknown(Reason::NoData)
                }
            },
        };
        (truth, lines)
    }

    /// What is missing for a true answer to count.
    fn missing(&self, values: &BTreeMap<String, Value>) -> Option<String> {
        let asked = self.tree.asked();
        let unread = self.tree.paths().into_iter().find(|path| !values.contains_key(*path) && !asked.contains(path));
        match unread {
            Some(path) => Some(format!("obs.{path} is missing")),
            None if values.is_empty() => Some("nothing was read".to_owned()),
            None => None,
        }
    }
}

/// A mistake in an expectation, at bytes of its own text.
struct Fault {
    severity: Severity,
    rule: &'static str,
    span: Span,
    message: String,
    help: Option<String>,
}

impl Fault {
    fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, rule, span, message: message.into(), help: None }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn at(self, text: &str, value: Span, source: &Source) -> Problem {
        let span = place(self.span, text, value, source);
        let problem = Problem::at(self.severity, self.rule, source, span, self.message);
        match self.help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }
}

/// Where bytes of the text stand in the source. YAML may have unescaped or folded the value; then the places differ
/// and the whole value is meant.
fn place(within: Span, text: &str, value: Span, source: &Source) -> Span {
    let raw = source.slice(value);
    let quoted = raw.len() == text.len() + 2 && raw.starts_with(['"', '\'']) && &raw[1..raw.len() - 1] == text;
    let offset = match (raw == text, quoted) {
        (true, _) => value.start,
        (false, true) => value.start + 1,
        (false, false) => return value,
    };
    Span::new(offset + within.start, offset + within.end)
}

/// Reads and tries an expectation. There is none when any fault is an error.
fn understand(text: &str) -> (Option<Expect>, Vec<Fault>) {
    let whole = Span::new(0, text.len());
    if text.len() > MAX_EXPECT_BYTES {
        let fault = Fault::error("expect-syntax", whole, format!("longer than {MAX_EXPECT_BYTES} bytes"));
        return (None, vec![fault.with_help("split it into several claims")]);
    }
    if text.trim().is_empty() {
        let fault = Fault::error("expect-syntax", whole, "the expectation is empty");
        return (None, vec![fault.with_help("an expectation looks like `obs.status == 401`")]);
    }
    let tree = match parser::parse(text) {
        Ok(tree) => tree,
        Err(fault) => return (None, vec![fault]),
    };
    let faults = types::check(&tree);
    if !faults.is_empty() {
        return (None, faults);
    }
    let fault = try_out(&tree, whole);
    let refused = fault.as_ref().is_some_and(|fault| fault.severity == Severity::Error);
    let expect = (!refused).then(|| Expect { text: text.to_owned(), tree });
    (expect, fault.into_iter().collect())
}

/// What trying the expectation on made-up observations shows to be wrong with it.
fn try_out(tree: &Tree, whole: Span) -> Option<Fault> {
    if tree.paths().is_empty() {
        let message = "this expectation reads no field of `obs`, so nothing that is seen could break it";
        return Some(
            Fault::error("claim-cannot-fail", whole, message)
                .with_help("hold a field against something, as in `obs.status == 401`"),
        );
    }
    if matches!(search::can(tree, false, Numbers::Any), Found::Never | Found::No) {
        let message = "no observation makes this expectation false, so it proves nothing";
        return Some(Fault::error("claim-cannot-fail", whole, message).with_help("drop the part that is always true"));
    }
    if search::can(tree, true, Numbers::Any) == Found::Never {
        let message = "no observation makes this expectation true, so it can never hold";
        return Some(Fault::error("claim-cannot-hold", whole, message).with_help("its parts contradict each other"));
    }
    if matches!(search::can(tree, false, Numbers::FromZero), Found::Never | Found::No) {
        let message = "only a value below zero makes this expectation false, and counts, sizes and durations never are";
        let help = "if the value is never below zero, hold it against a limit that it can miss";
        let fault = Fault::error("claim-cannot-fail", whole, message).with_help(help);
        return Some(Fault { severity: Severity::Warning, ..fault });
    }
    None
}
