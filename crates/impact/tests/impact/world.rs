//! The test words: systems as YAML, answers as text.

use std::collections::BTreeSet;

use expect_test::Expect;
use impact::{Counted, Impact, Single, impact};
use system::{EdgeId, System};
use text::{Source, has_errors, read_yaml};

/// Reads what stands under `system:`.
pub(crate) fn system(text: &str) -> System {
    let indented: String = text.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    let source = Source::new("seaworthy.yaml", format!("seaworthy: 1\nname: t\nsystem:\n{indented}"));
    let (node, mut problems) = read_yaml(&source);
    let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
    assert!(!has_errors(&problems), "{problems:#?}");
    system
}

pub(crate) fn edges(names: &[&str]) -> BTreeSet<EdgeId> {
    names.iter().map(|name| EdgeId::parse(name).expect("is an edge")).collect()
}

/// The impact when these edges count.
pub(crate) fn with(text: &str, counted: &[&str]) -> Impact {
    impact(&system(text), &Counted::effective(edges(counted)))
}

/// Prints the rows that hit anything, with their guardrails.
pub(crate) fn print(impact: &Impact) -> String {
    let mut lines = Vec::new();
    for row in &impact.rows {
        let priority = row.priority.word();
        lines.push(format!("{} {}: {priority}, {:.0} % of use", row.component, row.mode.word(), row.share * 100.0));
        for hit in &row.hits {
            let loses =
                if hit.loses.is_empty() { String::new() } else { format!(", loses {}", hit.loses.join(" and ")) };
            lines.push(format!("  {}{loses}", hit.arrows()));
        }
        for guardrail in &row.guardrails {
            let counted = if guardrail.counted { "counted" } else { "not counted" };
            let protections = guardrail.protections.join(" ");
            lines.push(format!("  at {} [{protections}] {}, {counted}", guardrail.edge, guardrail.effect.word()));
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

pub(crate) fn check(text: &str, counted: &[&str], expected: Expect) {
    expected.assert_eq(&print(&with(text, counted)));
}

/// What alone takes each flow down, and what never runs.
pub(crate) fn check_spofs(text: &str, counted: &[&str], expected: Expect) {
    let line = |flow: &impact::FlowImpact| {
        let name = |single: &Single| match single {
            Single::Component(id) => id.to_string(),
            Single::SharedFate(name) => format!("[{name}]"),
        };
        let spofs: Vec<String> = flow.spofs.iter().map(name).collect();
        let never: Vec<String> = flow.never_runs.iter().map(ToString::to_string).collect();
        let never = if never.is_empty() { String::new() } else { format!(", never runs: {}", never.join(" ")) };
        format!("{} ({:.0} %): {}{never}\n", flow.flow, flow.share * 100.0, spofs.join(" "))
    };
    expected.assert_eq(&with(text, counted).flows.iter().map(line).collect::<String>());
}
