//! The test words: `check` prints every problem of a file, `check_system` of what stands under `system:`.

use expect_test::Expect;
use system::System;
use text::{Problem, Source, read_yaml};

/// Reads a text and prints what came of it.
pub(crate) fn read(text: &str) -> (Option<System>, Vec<Problem>) {
    let source = Source::new("seaworthy.yaml", text);
    let (node, mut problems) = read_yaml(&source);
    let system = node.and_then(|node| system::read(&source, &node, &mut problems));
    (system, problems)
}

/// One line a problem: `line:column rule: message (help)`; warnings are marked.
pub(crate) fn print(problems: &[Problem]) -> String {
    let line = |problem: &Problem| {
        let mark = if problem.severity == text::Severity::Error { "" } else { "warning " };
        let help = problem.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
        format!("{}:{} {mark}{}: {}{help}\n", problem.line, problem.column, problem.rule, problem.message)
    };
    problems.iter().map(line).collect()
}

/// Compares the problems of a file.
pub(crate) fn check(text: &str, expected: Expect) {
    let (_, problems) = read(text);
    expected.assert_eq(&print(&problems));
}

/// A file that begins with what every file needs; the text given begins in line 3.
pub(crate) fn file(rest: &str) -> String {
    format!("seaworthy: 1\nname: t\n{rest}")
}

/// Compares the problems of what stands under `system:`, which is line 4 on.
pub(crate) fn check_system(system: &str, expected: Expect) {
    check(&with_system(system), expected);
}

/// A file whose `system:` is the text given, indented.
pub(crate) fn with_system(system: &str) -> String {
    let indented: String = system.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    file(&format!("system:\n{indented}"))
}

/// Components that most tests about edges and flows use.
pub(crate) const PARTS: &str = "components:
  web: {kind: client}
  api: {kind: service, start: 'api ${port} ${edge:api->db}'}
  db: {kind: postgres, at: '127.0.0.1:5432'}
";

/// Problems of edges between [`PARTS`]; edges begin in line 9.
pub(crate) fn check_edges(edges: &str, expected: Expect) {
    check_system(&format!("{PARTS}edges:\n{}", indent(edges)), expected);
}

/// Problems of one guard on `web->api`.
pub(crate) fn check_guard(guard: &str, expected: Expect) {
    check_edges(&format!("api->db: {{}}\nweb->api: {{guard: {guard}}}"), expected);
}

/// Problems of flows over [`PARTS`].
pub(crate) fn check_flows(flows: &str, expected: Expect) {
    check_system(&format!("{PARTS}edges: {{web->api: , api->db: }}\nflows:\n{}", indent(flows)), expected);
}

/// Problems of one load.
pub(crate) fn check_load(load: &str, expected: Expect) {
    check_flows(&format!("f: {{path: [web, api], load: {load}}}"), expected);
}

fn indent(text: &str) -> String {
    text.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect()
}
