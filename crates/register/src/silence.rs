//! Findings that somebody silenced in the document itself, with a reason: `<!-- seaworthy:allow RULE: reason -->`.
//!
//! At the end of a line it silences that line. On a line of its own it silences the block that follows: the paragraph, the
//! table, the list item, or with a heading its whole section. `seaworthy:allow-file` silences the file. A silence without a
//! reason silences nothing and is told, and so is one that silences nothing any more.

use text::{Problem, Severity, Source, Span};

use crate::lint::{MAX_FINDINGS, Rule, rules};
use crate::model::Register;

/// The most comments of one document that are read.
const MAX_SILENCES: usize = 10_000;
const OPEN: &str = "<!--";
const WORD: &str = "seaworthy:allow";

/// The rules about silences.
pub(crate) const RULES: &[Rule] = &[WITHOUT_REASON, UNUSED, UNKNOWN];

const WITHOUT_REASON: Rule = Rule {
    name: "silence-without-reason",
    severity: Severity::Warning,
    what: "a finding is silenced without a reason; the silence does not count",
    why: "in half a year nobody knows whether it was a decision or impatience",
    before: "<!-- seaworthy:allow off-scale -->",
    after: "<!-- seaworthy:allow off-scale: the vendor grades to 5, agreed 2025-03-01 -->",
};

const UNUSED: Rule = Rule {
    name: "silence-unused",
    severity: Severity::Info,
    what: "a silence silences nothing",
    why: "the next finding of that rule in this place would be silenced before anybody saw it",
    before: "<!-- seaworthy:allow off-scale: .. --> above a table whose grades are all on the scale",
    after: "the comment removed",
};

const UNKNOWN: Rule = Rule {
    name: "silence-unknown",
    severity: Severity::Warning,
    what: "a silence names a rule that does not exist",
    why: "its author believes that something is silenced",
    before: "<!-- seaworthy:allow of-scale: .. -->",
    after: "<!-- seaworthy:allow off-scale: .. -->",
};

/// What is left after the silences of a document were heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// What is still told, with what is wrong with the silences themselves; in the order of the text.
    pub problems: Vec<Problem>,
    /// What was silenced, each with the reason given.
    pub silenced: Vec<(Problem, String)>,
}

struct Silence {
    /// The whole comment.
    span: Span,
    rules: Vec<(String, Span)>,
    reason: String,
    /// What it covers.
    covers: Span,
}

/// Hears the silences of a document.
pub fn silence(register: &Register, problems: Vec<Problem>) -> Heard {
    let silences = read(&register.source, &register.parts.codes.iter().map(|code| code.body).collect::<Vec<_>>());
    if silences.is_empty() {
        return Heard { problems, silenced: Vec::new() };
    }
    let source = &register.source;
    let mut used = vec![false; silences.len()];
    let mut heard = Heard::default();
    for problem in problems {
        let covering = silences.iter().position(|silence| silence.covers(&problem));
        match covering {
            Some(at) => {
                used[at] = true;
                heard.silenced.push((problem, silences[at].reason.clone()));
            }
            None => heard.problems.push(problem),
        }
    }
    let about = silences.iter().zip(used).flat_map(|(silence, used)| about(silence, used, source));
    heard.problems.extend(about.take(MAX_FINDINGS));
    heard.problems.sort_by(|left, right| (left.span, left.rule).cmp(&(right.span, right.rule)));
    heard
}

impl Silence {
    fn covers(&self, problem: &Problem) -> bool {
        let place = problem.span.unwrap_or_default();
        let inside = self.covers.start <= place.start && place.start < self.covers.end.max(self.covers.start + 1);
        inside && !self.reason.is_empty() && self.rules.iter().any(|(rule, _)| rule == problem.rule)
    }
}

/// What is wrong with a silence itself.
fn about(silence: &Silence, used: bool, source: &Source) -> Vec<Problem> {
    let known: Vec<&str> = rules().into_iter().map(|rule| rule.name).collect();
    let of = |rule: &Rule, span, message: String, help: String| {
        Problem::at(rule.severity, rule.name, source, span, message).with_help(help)
    };
    let mut problems = Vec::new();
    for (name, span) in silence.rules.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let near = text::nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "`seaworthy lint --list-rules` names them".to_owned());
        problems.push(of(&UNKNOWN, *span, format!("there is no rule `{name}` to silence"), help));
    }
    if silence.rules.is_empty() || silence.reason.is_empty() {
        let message = "this silences nothing: it gives no rule or no reason".to_owned();
        problems.push(of(&WITHOUT_REASON, silence.span, message, format!("write `<!-- {WORD} RULE: reason -->`")));
    } else if !used && problems.is_empty() {
        let message = format!("nothing to silence: {} finds nothing here", names(&silence.rules));
        problems.push(of(&UNUSED, silence.span, message, "take it away".to_owned()));
    }
    problems
}

fn names(rules: &[(String, Span)]) -> String {
    rules.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn read(source: &Source, codes: &[Span]) -> Vec<Silence> {
    let text = source.text();
    if !text.contains(WORD) {
        return Vec::new();
    }
    let blocks = Blocks::new(text);
    let mut silences = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find(OPEN) {
        let start = from + found;
        let Some(length) = text[start..].find("-->") else { break };
        let span = Span::new(start, start + length + "-->".len());
        from = span.end;
        let is_code = codes.iter().any(|code| code.start <= start && start < code.end) || text[..start].ends_with('`');
        if silences.len() < MAX_SILENCES && !is_code {
            silences.extend(one(text, span, &blocks));
        }
    }
    silences
}

fn one(text: &str, span: Span, blocks: &Blocks) -> Option<Silence> {
    let inner = &text[span.start + OPEN.len()..span.end - "-->".len()];
    let shift = inner.len() - inner.trim_start().len();
    let rest = inner.trim_start().strip_prefix(WORD)?;
    let (rest, of_file) = match rest.strip_prefix("-file") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    if rest.starts_with(|c: char| !c.is_whitespace() && c != ':') {
        return None;
    }
    let begin = span.start + OPEN.len() + shift + (inner.trim_start().len() - rest.len());
    let (list, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let mut rules = Vec::new();
    let mut at = begin;
    for piece in list.split_inclusive([',', ' ', '\n', '\t', '\r']) {
        let name = piece.trim_matches([',', ' ', '\n', '\t', '\r', '`']);
        let lead = piece.find(name).unwrap_or(0);
        if !name.is_empty() {
            rules.push((name.to_owned(), Span::new(at + lead, at + lead + name.len())));
        }
        at += piece.len();
    }
    let covers = if of_file { Span::new(0, text.len()) } else { covered(text, span, blocks) };
    Some(Silence { span, rules, reason: reason.split_whitespace().collect::<Vec<_>>().join(" "), covers })
}

/// The line of a comment, or when it stands alone the block below it.
fn covered(text: &str, span: Span, blocks: &Blocks) -> Span {
    let line_start = text[..span.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line_end = text[span.end..].find(['\n', '\r']).map_or(text.len(), |at| span.end + at);
    let alone = text[line_start..span.start].trim().is_empty() && text[span.end..line_end].trim().is_empty();
    if alone { blocks.below(line_end) } else { Span::new(line_start, line_end) }
}

/// The most levels of headings.
const LEVELS: usize = 6;

/// Where the blocks and sections of a text end, known for every line at once, so that many comments cost no more than one.
struct Blocks {
    /// Each line that is not blank: where it begins, and where its block ends, or with a heading its section.
    lines: Vec<(usize, usize)>,
}

impl Blocks {
    fn new(text: &str) -> Self {
        let mut starts = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            starts.push((at, line));
            at += line.len();
        }
        let mut lines = Vec::with_capacity(starts.len());
        // From the end: where the paragraph ends, and where the next heading of each level or a higher one begins.
        let (mut block_end, mut section_end) = (text.len(), [text.len(); LEVELS + 1]);
        for (start, line) in starts.into_iter().rev() {
            if line.trim().is_empty() {
                block_end = start;
                continue;
            }
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            if (1..=LEVELS).contains(&level) {
                lines.push((start, section_end[level]));
                section_end[level..].iter_mut().for_each(|end| *end = start);
            } else {
                lines.push((start, block_end));
            }
        }
        lines.reverse();
        Self { lines }
    }

    /// What begins with the first line at or behind a place that is not blank.
    fn below(&self, place: usize) -> Span {
        let next = self.lines.partition_point(|(start, _)| *start < place);
        self.lines.get(next).map_or(Span::new(place, place), |(start, end)| Span::new(*start, *end))
    }
}
