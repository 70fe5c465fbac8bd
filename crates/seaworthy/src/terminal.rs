//! What goes to the terminal: results on stdout, progress and messages on stderr.
//!
//! Progress is one line a step, with what was seen under it, the same on a terminal and in a log. A reader that goes away
//! (`| head`) ends the output, not the run.
//!
//! Logs of components, answers and risk titles are foreign text: what in them would steer a terminal is shown as `\u{fffd}`.

use std::io::{IsTerminal, Write};

use evidence::Event;
use report::Paint;

use crate::arguments::ColorWhen;

/// Bold, for the line of a step.
const BOLD: &str = "\u{1b}[1m";

/// Dim, for what was seen within it.
const DIM: &str = "\u{1b}[2m";

const PLAIN: &str = "\u{1b}[0m";

/// Where and how to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    paint: Paint,
}

impl Terminal {
    /// Looks at what stderr is, and what the user said about colors.
    pub(crate) fn new(when: ColorWhen) -> Self {
        let color = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => std::io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_set("CI"),
        };
        Self { paint: if color { Paint::Color } else { Paint::Plain } }
    }

    /// Whether problems on stderr are painted.
    pub(crate) fn paint(self) -> Paint {
        self.paint
    }

    /// Writes a result. Errors of a closed pipe are the reader's wish.
    pub(crate) fn result(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(self.harmless(text).as_bytes()).and_then(|()| out.flush());
    }

    /// Writes a message.
    pub(crate) fn message(self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{}", self.harmless(text));
    }

    /// Without control characters; our own styles stay where we style at all.
    fn harmless(self, text: &str) -> String {
        let styles = matches!(self.paint, Paint::Color);
        let mut shown = String::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let keeps = match c {
                '\n' | '\t' => true,
                '\u{1b}' => styles && is_style(&text[at + 1..]),
                other => !other.is_control(),
            };
            shown.push(if keeps { c } else { char::REPLACEMENT_CHARACTER });
        }
        shown
    }

    /// Shows what happens.
    pub(crate) fn event(self, event: &Event) {
        match event {
            Event::Step { done, total, what } => {
                self.message(&self.styled(BOLD, &format!("[{:>2}/{total}] {what}", done + 1)))
            }
            Event::Saw { what } => self.message(&self.styled(DIM, &format!("        {what}"))),
            Event::Warned { what } => self.message(&format!("warning: {what}")),
        }
    }

    fn styled(self, style: &str, text: &str) -> String {
        match self.paint {
            Paint::Color => format!("{style}{text}{PLAIN}"),
            Paint::Plain => text.to_owned(),
        }
    }
}

/// `[1m` and its like, after an escape character.
fn is_style(rest: &str) -> bool {
    let end = rest
        .strip_prefix('[')
        .and_then(|rest| rest.find(|c: char| !c.is_ascii_digit() && c != ';').map(|at| &rest[at..]));
    end.is_some_and(|end| end.starts_with('m'))
}

fn is_set(name: &str) -> bool {
    outside::secret::variable(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let plain = Terminal { paint: Paint::Plain };
        let log = "\u{1b}[2J\u{1b}]0;owned\u{7}hello\r\n\tworld \u{1b}[31mred";
        assert_eq!(plain.harmless(log), "\u{fffd}[2J\u{fffd}]0;owned\u{fffd}hello\u{fffd}\n\tworld \u{fffd}[31mred");
    }

    #[test]
    fn our_own_styles_stay_where_there_are_styles() {
        let color = Terminal { paint: Paint::Color };
        let styled = color.styled(BOLD, "step");
        assert_eq!(color.harmless(&styled), styled);
        assert_eq!(color.harmless("\u{1b}[2J"), "\u{fffd}[2J");
    }
}
