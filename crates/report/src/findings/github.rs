//! GitHub's workflow commands (docs.github.com, "Workflow commands for GitHub Actions"): one annotation for each finding.

use text::{Problem, Severity};

use super::Linted;

/// One line for each finding.
pub fn github(linted: &Linted) -> String {
    linted.problems.iter().map(|problem| line(linted, problem)).collect()
}

fn line(linted: &Linted, problem: &Problem) -> String {
    let word = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut place = format!("file={}", property(&problem.path));
    if let Some(span) = problem.span {
        place.push_str(&format!(",line={},col={}", problem.line, problem.column));
        let end = linted.sources.get(&problem.path).map(|source| source.line_column(span.end.max(span.start)));
        // Columns of an annotation over several lines are not shown, so only one line is underlined.
        if let Some((_, column)) = end.filter(|(line, _)| *line == problem.line) {
            place.push_str(&format!(",endColumn={column}"));
        }
    }
    let help = problem.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let data = data(&format!("{}{help}", problem.message));
    format!("::{word} {place},title={}::{data}\n", property(problem.rule))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
