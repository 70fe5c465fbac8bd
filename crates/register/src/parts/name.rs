//! Names of options, flags, variables and functions that the text relies on.

use text::Span;

use super::Reading;
use crate::model::Tense;

/// What kind of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// `--cache`, with the command before it when there is one.
    Option,
    /// `enable_caching`: a feature flag or setting.
    Setting,
    /// `DATABASE_URL`.
    Variable,
    /// `process_event_batch()`.
    Function,
}

/// A name in code marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// What kind of name it is.
    pub kind: NameKind,
    /// The name as it would be found in code: `--cache`, `process_event_batch`.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
    /// How the text speaks of it.
    pub tense: Tense,
    /// The risk it belongs to.
    pub risk: Option<usize>,
}

/// Reads them.
pub(super) fn read(_reading: &Reading<'_>) -> Vec<Named> {
    Vec::new()
}
