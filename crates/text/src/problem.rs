//! What is wrong, where, and what to do about it.

use crate::{Source, Span};

/// How much a problem weighs. `Error` is kept for what is provably wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Probably a mistake.
    Warning,
    /// Provably wrong; the input cannot be used as it is.
    Error,
}

impl Severity {
    /// The word people read: `error`, `warning`, `info`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong with an input, tied to the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name of the rule, such as `unknown-key`.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// Path of the source, as shown to people.
    pub path: String,
    /// Where it stands; `None` when the whole file is meant.
    pub span: Option<Span>,
    /// Line from 1, or 0 when the whole file is meant.
    pub line: usize,
    /// Column from 1 in characters, or 0 when the whole file is meant.
    pub column: usize,
    /// What is wrong: a fragment in lower case without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The other places that belong to it: what is contradicted, and what it says there.
    pub related: Vec<Related>,
    /// What to write instead, when there is exactly one right answer.
    pub fix: Option<Fix>,
}

/// Another place that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Path of the source, as shown to people.
    pub path: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// What is said there.
    pub message: String,
}

/// The only right answer: these bytes instead of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Problem {
    /// An error at a place.
    pub fn error(rule: &'static str, source: &Source, span: Span, message: impl Into<String>) -> Self {
        Self::at(Severity::Error, rule, source, span, message)
    }

    /// A warning at a place.
    pub fn warning(rule: &'static str, source: &Source, span: Span, message: impl Into<String>) -> Self {
        Self::at(Severity::Warning, rule, source, span, message)
    }

    /// A problem of any weight at a place.
    pub fn at(severity: Severity, rule: &'static str, source: &Source, span: Span, message: impl Into<String>) -> Self {
        let (line, column) = source.line_column(span.start);
        let path = source.path().to_owned();
        Self {
            rule,
            severity,
            path,
            span: Some(span),
            line,
            column,
            message: message.into(),
            help: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// An error about a file as a whole: missing, unreadable, empty.
    pub fn whole_file(rule: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            rule,
            severity: Severity::Error,
            path: path.into(),
            span: None,
            line: 0,
            column: 0,
            message,
            help: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// The same problem with another place that it is about.
    #[must_use]
    pub fn with_related(mut self, source: &Source, span: Span, message: impl Into<String>) -> Self {
        let (path, line) = (source.path().to_owned(), source.line_column(span.start).0);
        self.related.push(Related { path, span, line, message: message.into() });
        self
    }

    /// The same problem with a sentence that says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether any of the problems is an error.
pub fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}
