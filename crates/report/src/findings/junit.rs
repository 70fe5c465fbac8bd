//! JUnit XML, as CI servers show it: one suite for each file, one case for each finding, and one passing case for a file
//! without any, so that a run over nothing does not look like a run.

use text::{Problem, Severity};

use super::Linted;

/// The findings as JUnit XML. Warnings and notes are cases that were skipped, errors are failures.
pub fn junit(linted: &Linted) -> String {
    let mut paths: Vec<&str> = linted.registers.iter().map(register::Register::path).collect();
    paths.extend(linted.problems.iter().map(|problem| problem.path.as_str()));
    paths.sort_unstable();
    paths.dedup();
    let all = |path: &str| -> Vec<&Problem> { linted.problems.iter().filter(|problem| problem.path == path).collect() };
    let suites: String = paths.iter().map(|path| suite(path, &all(path))).collect();
    let failures = linted.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let tests: usize = paths.iter().map(|path| all(path).len().max(1)).sum();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"seaworthy lint\" tests=\"{tests}\" failures=\"{failures}\">\n{suites}</testsuites>\n"
    )
}

fn suite(path: &str, problems: &[&Problem]) -> String {
    let path = escaped(path);
    let failures = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let (tests, skipped) = (problems.len().max(1), problems.len() - failures);
    let cases: String = if problems.is_empty() {
        format!("    <testcase classname=\"{path}\" name=\"no findings\"/>\n")
    } else {
        problems.iter().map(|problem| case(&path, problem)).collect()
    };
    format!(
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n{cases}  </testsuite>\n"
    )
}

fn case(path: &str, problem: &Problem) -> String {
    let Problem { rule, line, column, .. } = problem;
    let message = escaped(&problem.message);
    let help = escaped(problem.help.as_deref().unwrap_or(""));
    let inner = match problem.severity {
        Severity::Error => {
            format!("<failure type=\"{rule}\" message=\"{message}\">{path}:{line}:{column}\n{help}</failure>")
        }
        Severity::Warning | Severity::Info => {
            format!("<skipped message=\"{}: {message}\">{help}</skipped>", problem.severity.word())
        }
    };
    format!("    <testcase classname=\"{path}\" name=\"{rule} {line}:{column}\" line=\"{line}\">{inner}</testcase>\n")
}

/// Text for XML 1.0, which has no form at all for most control characters.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
