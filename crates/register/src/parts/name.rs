//! Names of options, settings, variables and functions that the text relies on.
//!
//! Only names in code marks count, and only when their form says what they are. Which of them exist is found out by the
//! shell and judged by rules.

use text::Span;

use super::Reading;
use crate::model::Tense;

/// The most names of one document.
const MAX_NAMES: usize = 10_000;
/// The longest name.
const MAX_NAME_BYTES: usize = 80;
/// The shortest setting or variable: shorter ones are found everywhere.
const MIN_NAME_BYTES: usize = 6;

/// What kind of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// `--cache`, behind the command that takes it.
    Option,
    /// `enable_caching`: a feature flag or setting.
    Setting,
    /// `DATABASE_URL`.
    Variable,
    /// `process_event_batch()`.
    Function,
    /// `runbook.md`: a file by its bare name.
    File,
}

impl NameKind {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Setting => "setting",
            Self::Variable => "variable",
            Self::Function => "function",
            Self::File => "file",
        }
    }
}

/// A name in code marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// What kind of name it is.
    pub kind: NameKind,
    /// The name as it would be found in code: `--cache`, `process_event_batch`.
    pub name: String,
    /// The command before an option: `floe`.
    pub command: Option<String>,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// How the text speaks of it.
    pub tense: Tense,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them. Names come with the tense of their line; the list of marked tasks may say more.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Named> {
    let context = reading.context;
    let mut names = Vec::new();
    for code in &context.page.codes {
        let text = context.slice(*code);
        let found = options(text).or_else(|| one(text).map(|(kind, range)| vec![(kind, range, None)]));
        for (kind, range, command) in found.unwrap_or_default() {
            if names.len() >= MAX_NAMES {
                return names;
            }
            let span = Span::new(code.start + range.start, code.start + range.end);
            names.push(Named {
                kind,
                name: context.slice(span).to_owned(),
                command,
                span,
                line: context.line(span.start),
                tense: crate::mention::line_tense(context.text, *code),
                risk: reading.risk_at(span),
            });
        }
    }
    names
}

type Found = (NameKind, std::ops::Range<usize>, Option<String>);

/// The long options of a command line: `floe compile --cache --out=x`.
fn options(text: &str) -> Option<Vec<Found>> {
    let command = text.split_whitespace().next().filter(|word| is_command(word))?;
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let begins = text[..at].ends_with([' ', '\t']);
        let rest = &text[at + 2..];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        let sound = begins && length >= 2 && rest.starts_with(|c: char| c.is_ascii_lowercase());
        if sound && length <= MAX_NAME_BYTES {
            found.push((NameKind::Option, at..at + 2 + length, Some(command.to_owned())));
        }
    }
    (!found.is_empty()).then_some(found)
}

fn is_command(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A whole code span that is one name.
fn one(text: &str) -> Option<(NameKind, std::ops::Range<usize>)> {
    if text.len() > MAX_NAME_BYTES {
        return None;
    }
    if let Some(name) = text.strip_suffix("()") {
        let is_name = name.len() >= MIN_NAME_BYTES && is_identifier(name) && name.contains('_');
        return is_name.then_some((NameKind::Function, 0..name.len()));
    }
    if is_file(text) {
        return Some((NameKind::File, 0..text.len()));
    }
    let parts = text.split('_').filter(|part| !part.is_empty()).count();
    if text.len() < MIN_NAME_BYTES || parts < 2 || !is_identifier(text) {
        return None;
    }
    let upper = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let lower = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match (upper, lower) {
        (true, _) => Some((NameKind::Variable, 0..text.len())),
        (_, true) => Some((NameKind::Setting, 0..text.len())),
        _ => None,
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Extensions of files that people write themselves.
const EXTENSIONS: &[&str] =
    &["md", "py", "rs", "ts", "tsx", "js", "go", "java", "rb", "sh", "sql", "tf", "yaml", "yml", "toml"];

/// A bare file name whose form leaves no doubt: `rollback-procedures.md`, `batch_processor.py`.
fn is_file(text: &str) -> bool {
    let Some((stem, extension)) = text.rsplit_once('.') else { return false };
    let telling = stem.len() >= MIN_NAME_BYTES && stem.contains(['-', '_']);
    let sound = stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let is_pattern = ["YYYY", "XXX", "yyyy", "your-", "your_", "example", "..."].iter().any(|word| text.contains(word));
    telling && sound && !is_pattern && EXTENSIONS.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<NameKind> {
        one(text).map(|(kind, _)| kind)
    }

    #[test]
    fn the_form_of_a_name_says_what_it_is() {
        assert_eq!(kind("enable_caching"), Some(NameKind::Setting));
        assert_eq!(kind("DATABASE_URL"), Some(NameKind::Variable));
        assert_eq!(kind("process_event_batch()"), Some(NameKind::Function));
        assert_eq!(kind("rollback-procedures.md"), Some(NameKind::File));
        for other in
            ["events", "PASS", "a_b", "GET", "kubectl get pods", "obj.call()", "main.rs", "YYYY_MM.sql", "x_y z"]
        {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn options_belong_to_the_command_before_them() {
        let line = "floe compile --cache --out=x -v";
        let names: Vec<&str> = options(line).into_iter().flatten().map(|(_, range, _)| &line[range]).collect();
        assert_eq!(names, ["--cache", "--out"]);
        assert!(options("--cache").is_none(), "nobody knows whose option it is");
        assert!(options("a -- b").is_none());
    }
}
