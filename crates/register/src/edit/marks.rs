//! The marks between which machine text may stand: `<!-- seaworthy:status -->` and `<!-- /seaworthy:status -->`, each on a line
//! of its own. Nothing outside of them is ever touched.

use text::Span;

use super::label::line_break;
use super::{Splice, splice};
use crate::model::Register;
use crate::page::{MACHINE_END, MACHINE_START};

/// Why there is no one place between marks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// There are none.
    #[error("there are no marks for the status")]
    Absent,
    /// There are several pairs.
    #[error("there are several pairs of marks, the first in line {first} and another in line {second}")]
    Several {
        /// Line of the first pair.
        first: usize,
        /// Line of another one.
        second: usize,
    },
    /// One of the two is missing, or they stand the wrong way round.
    #[error("the mark in line {line} has no partner")]
    Alone {
        /// Its line.
        line: usize,
    },
}

impl MarkError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Absent => format!("add the lines `{MACHINE_START}` and `{MACHINE_END}`, or use --insert-markers"),
            Self::Several { .. } => "keep one pair".to_owned(),
            Self::Alone { .. } => format!("write `{MACHINE_START}` above and `{MACHINE_END}` below"),
        }
    }
}

/// What stands between the marks, line breaks included.
///
/// # Errors
/// [`MarkError`] when there is not exactly one pair.
pub fn between(register: &Register) -> Result<Span, MarkError> {
    let marks = marks(register.source.text());
    let line = |at: usize| register.source.line_column(at).0;
    match marks.as_slice() {
        [] => Err(MarkError::Absent),
        [(start, true), (end, false)] => Ok(Span::new(start.end, end.start)),
        [(first, true), (_, false), (second, true), ..] => {
            Err(MarkError::Several { first: line(first.start), second: line(second.start) })
        }
        [(alone, _), ..] => Err(MarkError::Alone { line: line(alone.start) }),
    }
}

/// The text of the register with these lines between its marks; the same text when they stand there already.
///
/// # Errors
/// [`MarkError`] when there is not exactly one pair.
pub fn write_between(register: &Register, lines: &[String]) -> Result<String, MarkError> {
    let span = between(register)?;
    let text = register.source.text();
    let breaks = line_break(text, span.start);
    // A table needs an empty line above, or it would go on from what stands before it.
    let inner = format!("{breaks}{}{breaks}", lines.join(breaks));
    Ok(splice(text, &[Splice { span, text: inner }]).0)
}

/// The text of the register with an empty pair of marks below its title, or at its end where it has none.
pub fn insert_marks(register: &Register) -> String {
    let text = register.source.text();
    let breaks = line_break(text, text.len());
    let pair = format!("{MACHINE_START}{breaks}{MACHINE_END}");
    let title = lines(text).find(|(span, is_code)| !is_code && text[span.range()].starts_with("# "));
    let splice_at = match title {
        Some((line, _)) => Splice { span: Span::new(line.end, line.end), text: format!("{breaks}{breaks}{pair}") },
        None => {
            let end = text.trim_end_matches(['\n', '\r']).len();
            Splice { span: Span::new(end, end), text: format!("{breaks}{breaks}{pair}") }
        }
    };
    splice(text, &[splice_at]).0
}

/// The marks outside of code, in order: the line without indentation, and whether it opens.
fn marks(text: &str) -> Vec<(Span, bool)> {
    lines(text)
        .filter(|(_, is_code)| !is_code)
        .filter_map(|(line, _)| {
            let raw = text[line.range()].trim_start_matches('\u{feff}');
            let start = line.end - raw.trim_start_matches([' ', '\t']).len();
            let mark = text[start..line.end].trim_end();
            let is_open = mark == MACHINE_START;
            (is_open || mark == MACHINE_END).then(|| (Span::new(start, start + mark.len()), is_open))
        })
        .collect()
}

/// Every line without its break, and whether it stands in fenced code.
fn lines(text: &str) -> impl Iterator<Item = (Span, bool)> {
    let mut at = 0;
    let mut fence: Option<String> = None;
    std::iter::from_fn(move || {
        if at > text.len() || at == text.len() && at > 0 {
            return None;
        }
        let end = text[at..].find(['\n', '\r']).map_or(text.len(), |found| at + found);
        let line = Span::new(at, end);
        let raw = text[line.range()].trim_start();
        let marker: String = raw.chars().take_while(|c| matches!(c, '`' | '~')).collect();
        let is_fence = marker.len() >= 3;
        let is_code = fence.is_some() || is_fence;
        match &fence {
            None if is_fence => fence = Some(marker),
            Some(open) if marker.starts_with(open.as_str()) && raw.trim_end() == marker => fence = None,
            _ => {}
        }
        at = if text[end..].starts_with("\r\n") { end + 2 } else { end + 1 };
        Some((line, is_code))
    })
}
