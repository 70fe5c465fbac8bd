//! One line on stderr for what people should know although the service goes on.

/// Writes the line.
#[expect(clippy::print_stderr, reason = "the log of a small service")]
pub(crate) fn note(line: &str) {
    eprintln!("event-tracker: {line}");
}
