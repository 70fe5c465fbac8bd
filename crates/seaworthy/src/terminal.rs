//! What goes to the terminal: results on stdout, progress and messages on stderr.
//!
//! Progress is one line a step, with what was seen under it, the same on a terminal and in a log. A reader that goes away
//! (`| head`) ends the output, not the run.

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
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Writes a message.
    pub(crate) fn message(self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
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

fn is_set(name: &str) -> bool {
    outside::secret::variable(name).is_some_and(|value| !value.is_empty())
}
