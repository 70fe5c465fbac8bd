//! Problems of the user's files with their lines, as compilers show them.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use text::{Problem, Related, Severity, Source};

/// Whether to paint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// With colors.
    Color,
    /// Without.
    Plain,
}

/// All problems, each with the line it stands in when its source is known, one blank line between them.
pub fn problems(problems: &[Problem], sources: &BTreeMap<String, Source>, paint: Paint) -> String {
    let renderer = match paint {
        Paint::Color => Renderer::styled(),
        Paint::Plain => Renderer::plain(),
    };
    let mut text = String::new();
    for problem in problems {
        text.push_str(&one(problem, sources.get(&problem.path), &renderer));
        text.push_str("\n\n");
    }
    text
}

fn one(problem: &Problem, source: Option<&Source>, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level.primary_title(problem.message.as_str()).id(problem.rule);
    let group = match (problem.span, source) {
        (Some(span), Some(source)) if source.line_text(problem.line).len() > MAX_LINE_BYTES => {
            let origin = annotate_snippets::Origin::path(problem.path.as_str());
            let excerpt = excerpt(source.slice(span));
            let group = Group::with_title(title).element(origin.line(problem.line).char_column(problem.column));
            group.element(Level::NOTE.message(format!("in a line of more than {MAX_LINE_BYTES} bytes: {excerpt}")))
        }
        (Some(span), Some(source)) => {
            let (window, near, far) = window(problem, span, source);
            let shifted = |span| {
                let range = visible(source, span);
                range.start - window.start..range.end - window.start
            };
            let others = near
                .iter()
                .map(|related| AnnotationKind::Context.span(shifted(related.span)).label(related.message.as_str()));
            let line = source.line_column(window.start).0;
            let snippet = Snippet::source(source.slice(window)).path(source.path()).line_start(line);
            let snippet = snippet.annotation(AnnotationKind::Primary.span(shifted(span))).annotations(others);
            let group = Group::with_title(title).element(snippet);
            far.into_iter().fold(group, |group, related| {
                group.element(Level::NOTE.message(format!("line {}: {}", related.line, related.message)))
            })
        }
        (Some(_), None) | (None, _) => {
            Group::with_title(title).element(annotate_snippets::Origin::path(problem.path.as_str()))
        }
    };
    let group = match &problem.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    renderer.render(&[group])
}

/// The most bytes between the places of one problem that are gone through; what lies further away is told by its line.
const MAX_WINDOW_BYTES: usize = 16 * 1024;

/// The lines that hold a problem and the places near it, those places, and those that are far.
fn window<'p>(
    problem: &'p Problem,
    span: text::Span,
    source: &Source,
) -> (text::Span, Vec<&'p Related>, Vec<&'p Related>) {
    let text = source.text();
    let lines = |span: text::Span| {
        let range = visible(source, span);
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
        (start, end)
    };
    let (mut start, mut end) = lines(span);
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for related in problem.related.iter().filter(|related| related.path == problem.path) {
        let (from, to) = lines(related.span);
        if end.max(to) - start.min(from) <= MAX_WINDOW_BYTES {
            (start, end) = (start.min(from), end.max(to));
            near.push(related);
        } else {
            far.push(related);
        }
    }
    (text::Span::new(start, end), near, far)
}

/// The longest line that is shown whole.
const MAX_LINE_BYTES: usize = 4 * 1024;
/// The most characters that are shown of a longer one.
const MAX_EXCERPT: usize = 120;

fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let cut: String = line.chars().take(MAX_EXCERPT).collect();
    if cut.len() < line.len() { format!("{cut}…") } else { cut }
}

/// The part of a span that lies in its first line, so that a whole block is not underlined.
fn visible(source: &Source, span: text::Span) -> std::ops::Range<usize> {
    let end = span.end.min(source.text().len());
    let start = span.start.min(end);
    let slice = source.text().get(start..end).unwrap_or("");
    let first_line = slice.find(['\n', '\r']).unwrap_or(slice.len());
    start..start + first_line
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use text::Span;

    use super::*;

    #[test]
    fn a_problem_shows_its_line_and_what_to_do() {
        let source = Source::new("seaworthy.yaml", "name: x\nreplcias: 2\n");
        let problem = Problem::error("unknown-key", &source, Span::new(8, 16), "unknown key `replcias`")
            .with_help("did you mean `replicas`?");
        let sources = BTreeMap::from([("seaworthy.yaml".to_owned(), source)]);
        expect![[r#"
            error[unknown-key]: unknown key `replcias`
             --> seaworthy.yaml:2:1
              |
            2 | replcias: 2
              | ^^^^^^^^
              |
              = help: did you mean `replicas`?

        "#]]
        .assert_eq(&problems(&[problem], &sources, Paint::Plain));
    }

    #[test]
    fn a_contradiction_shows_both_places() {
        let source = Source::new("risks.md", "total: 3\n\n\n\n\n| R-1 | x |\n");
        let problem = Problem::error("totals-mismatch", &source, Span::new(7, 8), "3 stated, 1 listed").with_related(
            &source,
            Span::new(13, 22),
            "the only row",
        );
        let sources = BTreeMap::from([("risks.md".to_owned(), source)]);
        expect![[r#"
            error[totals-mismatch]: 3 stated, 1 listed
             --> risks.md:1:8
              |
            1 | total: 3
              |        ^
            ...
            6 | | R-1 | x |
              | --------- the only row

        "#]]
        .assert_eq(&problems(&[problem], &sources, Paint::Plain));
    }

    #[test]
    fn a_problem_without_a_place_names_its_file() {
        let problem = Problem::whole_file("unreadable", "docs/risks.md", "no such file");
        expect![[r#"
            error[unreadable]: no such file
            --> docs/risks.md

        "#]]
        .assert_eq(&problems(&[problem], &BTreeMap::new(), Paint::Plain));
    }

    #[test]
    fn a_line_without_end_is_not_printed() {
        let source = Source::new("a.md", format!("{}word{}", "x ".repeat(5000), " y".repeat(5000)));
        let problem = Problem::error("broken-link", &source, Span::new(10_000, 10_004), "leads nowhere");
        let sources = BTreeMap::from([("a.md".to_owned(), source)]);
        let shown = problems(&[problem], &sources, Paint::Plain);
        assert!(shown.len() < 200 && shown.contains("a.md:1:10001") && shown.contains(": word"), "{shown}");
    }

    #[test]
    fn a_span_over_many_lines_underlines_only_the_first() {
        let source = Source::new("a", "one\ntwo\nthree");
        assert_eq!(visible(&source, Span::new(4, 13)), 4..7);
        assert_eq!(visible(&source, Span::new(50, 60)), 13..13);
    }
}
