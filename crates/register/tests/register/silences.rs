//! Findings silenced in the document: only with a reason, only where it says so, and never without a trace.

use register::{RepositoryFacts, lint, silence};

use crate::read;

const LISTED: &str = "| ID | Risk | Prob (1-3) | Impact (1-3) |\n|---|---|---|---|\n| R-1 | a b | 2 | 4 |\n";

/// What is told, and what is silenced with its reason.
fn heard(text: &str) -> (Vec<&'static str>, Vec<(&'static str, String)>) {
    let register = read(text);
    let problems = lint(&register, &RepositoryFacts::default());
    let heard = silence(&register, problems);
    let rules = heard.problems.iter().map(|problem| problem.rule).collect();
    (rules, heard.silenced.into_iter().map(|(problem, reason)| (problem.rule, reason)).collect())
}

#[test]
fn a_silence_with_a_reason_covers_the_block_below_the_line_or_the_file() {
    assert_eq!(heard(LISTED).0, ["off-scale"]);
    let above = format!("<!-- seaworthy:allow off-scale: the vendor\n  grades to 5 -->\n\n{LISTED}");
    let in_line = LISTED.replace("4 |", "4 <!-- seaworthy:allow off-scale: agreed --> |");
    let section = format!("<!-- seaworthy:allow off-scale, title-drift: agreed -->\n## Risks\n\nText.\n\n{LISTED}");
    let file = format!("# Title\n\n<!-- seaworthy:allow-file off-scale: agreed -->\n\nText.\n\n{LISTED}");
    for text in [above.as_str(), in_line.as_str(), section.as_str(), file.as_str()] {
        let (told, silenced) = heard(text);
        assert!(told.is_empty(), "{told:?} {text}");
        assert_eq!(silenced.len(), 1, "{text}");
    }
    assert_eq!(heard(&above).1, [("off-scale", "the vendor grades to 5".to_owned())]);
}

#[test]
fn a_silence_elsewhere_silences_nothing_and_is_told() {
    let other_block = format!("<!-- seaworthy:allow off-scale: agreed -->\nText.\n\n{LISTED}");
    let after_section = format!("<!-- seaworthy:allow off-scale: agreed -->\n## A\n\nText.\n\n## Risks\n\n{LISTED}");
    let other_rule = format!("<!-- seaworthy:allow title-drift: agreed -->\n{LISTED}");
    for text in [other_block.as_str(), after_section.as_str(), other_rule.as_str()] {
        let (told, silenced) = heard(text);
        assert!(told.contains(&"off-scale") && told.contains(&"silence-unused"), "{told:?} {text}");
        assert!(silenced.is_empty());
    }
}

#[test]
fn a_silence_without_reason_or_of_no_rule_does_not_count() {
    let told = |comment: &str| heard(&format!("{comment}\n{LISTED}")).0;
    assert_eq!(told("<!-- seaworthy:allow off-scale -->"), ["silence-without-reason", "off-scale"]);
    assert_eq!(told("<!-- seaworthy:allow off-scale:   -->"), ["silence-without-reason", "off-scale"]);
    assert_eq!(told("<!-- seaworthy:allow of-scale: agreed -->"), ["silence-unknown", "off-scale"]);
    assert_eq!(told("<!-- seaworthy:allowed off-scale: agreed -->"), ["off-scale"]);
    assert_eq!(told("`<!-- seaworthy:allow off-scale: agreed -->`"), ["off-scale"]);
    assert_eq!(told("```text\n<!-- seaworthy:allow off-scale: agreed -->\n```"), ["off-scale"]);
}
