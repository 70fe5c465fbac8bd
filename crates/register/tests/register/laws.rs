//! What holds for any text: no panic, no wrong span, the same answer twice, time in proportion.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use register::{Field, Register, RepositoryFacts, lint};

use crate::{read, understood};

/// No document of this size may take longer, in a build without optimization on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pieces from which documents are made that are nearly registers.
pub(crate) const PIECES: &[&str] = &[
    "# Risks\n",
    "## Closed risks\n",
    "### R-1: Crash (Score 6)\n",
    "### 2. Loss\n",
    "#### Impact\n",
    "\n",
    "\n\n",
    "| ID | Risk | Prob | Impact | Score |\n|---|---|---|---|---|\n",
    "| R-1 | a \\| b | 2 | 3 | 6 |\n",
    "| R-1 | `x|y` | High - now | é | |\n",
    "|||\n|---|---|\n",
    "| ~~R-2~~ | ~~ü~~ | 🔴 | - | ~5/9 |\n",
    "**Impact:** High | **Owner:** x\n",
    "**Mitigation**:\n",
    "- [ ] **A**: b\n",
    "  - Likelihood: low\n",
    "1. `docs/x.md` exists\n",
    "> quoted\n",
    "```yaml\nrisk_summary:\n  totals:\n    high: 2\n```\n",
    "<!-- seaworthy:status -->\n",
    "<!-- /seaworthy:status -->\n",
    "Legend: Impact (1-3), Score = P x I\n",
    "Total risks: 3\n",
    "\u{feff}",
    "\r",
    "\0",
    "[[[",
    "***",
    "~~",
    "<br>",
    "&amp;",
    "\\",
    "---\na: b\n---\n",
    "\u{301}",
    "数",
];

fn assert_spans(register: &Register) {
    let source = &register.source;
    let field_is_exact = |field: &Field| {
        assert_eq!(source.slice(field.span), field.text);
        assert_eq!(source.line_column(field.span.start).0, field.line);
        assert!(
            field.detail.is_none_or(|detail| detail.start <= detail.end && source.text().get(detail.range()).is_some())
        );
    };
    for risk in &register.risks {
        risk.fields.values().for_each(field_is_exact);
        risk.repeated.iter().for_each(|(_, field)| field_is_exact(field));
        assert!(risk.spans.iter().all(|span| source.text().get(span.range()).is_some()));
        assert_eq!(source.line_column(risk.span().start).0, risk.line);
        assert!(!risk.id.is_empty() && risk.id.len() <= 64 && !risk.id.contains('/'));
    }
    for mention in &register.mentions {
        assert_eq!(source.slice(mention.span), mention.path);
    }
}

fn assert_lawful(text: &str) {
    let register = read(text);
    assert_spans(&register);
    assert_eq!(register, read(text));
    let problems = lint(&register, &RepositoryFacts::default());
    assert_eq!(problems, lint(&register, &RepositoryFacts::default()));
    assert!(problems.iter().all(|problem| problem.span.is_some_and(|span| text.get(span.range()).is_some())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_read_without_panic_and_with_exact_spans(text in "\\PC{0,200}") {
        assert_lawful(&text);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert_lawful(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn nearly_a_register_is_read_with_exact_spans(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..24)) {
        assert_lawful(&pieces.concat());
    }

    #[test]
    fn line_endings_do_not_change_what_is_understood(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..24)) {
        let text = pieces.concat().replace('\r', "");
        let dos = read(&text.replace('\n', "\r\n"));
        assert_spans(&dos);
        prop_assert_eq!(understood(&read(&text)), understood(&dos));
    }

    #[test]
    fn ids_of_risks_without_written_ids_are_unique(titles in proptest::collection::vec("[a-c ]{1,4}", 0..20)) {
        let rows: String = titles.iter().map(|title| format!("| {title} | High |\n")).collect();
        let register = read(&format!("| Risk | Impact |\n|---|---|\n{rows}"));
        let mut ids: Vec<&str> = register.risks.iter().map(|risk| risk.id.as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), all);
    }
}

fn assert_patient(name: &str, text: &str) {
    let start = Instant::now();
    let register = read(text);
    lint(&register, &RepositoryFacts::default());
    let taken = start.elapsed();
    assert!(taken < PATIENCE, "{name} took {taken:?}");
}

#[test]
fn a_line_of_a_megabyte_takes_time_in_proportion() {
    const MEGABYTE: usize = 1 << 20;
    let long = |piece: &str, size: usize| format!("# Risks\n\n{}", piece.repeat(size / piece.len()));
    for piece in ["a", "[", "**Impact:** High | ", "`a/b.c` ", "> - "] {
        assert_patient(piece, &long(piece, MEGABYTE));
    }
    let marks = [
        "*",
        "**",
        "_",
        "`",
        "|",
        "~~",
        "<",
        ">",
        "- ",
        "#",
        "![",
        "](",
        "&",
        "\\",
        "é",
        "**a",
        "1. ",
        "Legend: Impact (",
    ];
    for piece in marks {
        assert_patient(piece, &long(piece, MEGABYTE / 8));
    }
}

#[test]
fn ten_thousand_rows_take_time_in_proportion() {
    let head = "| ID | Risk | Prob | Impact | Score | Owner |\n|---|---|---|---|---|---|\n";
    let rows: String = (0..10_000).map(|at| format!("| R-{at} | Loss of part {at} | 2 | 3 | 5 | |\n")).collect();
    assert_patient("rows", &format!("{head}{rows}"));
    assert_eq!(read(&format!("{head}{rows}")).risks.len(), 10_000);
    let alike: String = (0..10_000).map(|_| "| R-1 | Loss of data | 2 | 3 | 6 | x |\n").collect();
    assert_patient("the same row", &format!("{head}{alike}"));
    let sections: String =
        (0..2_000).map(|at| format!("### Loss of part {at}\n**Impact:** High\n**Likelihood:** Low\n\n")).collect();
    assert_patient("sections", &format!("# Risks\n\n{head}{rows}\n{sections}"));
    let labels = "**Impact:** High\n**Likelihood:** Low\n".repeat(10_000);
    assert_patient("labels", &format!("# Risks\n\n## R-1: x\n\n{labels}"));
    let wide = format!("|{}\n|{}\n{}", " Risk |".repeat(1000), "---|".repeat(1000), "| x |\n".repeat(2000));
    assert_patient("wide", &wide);
    let nested: String = (0..2_000).map(|at| format!("{}- a\n", " ".repeat(at.min(400)))).collect();
    assert_patient("nested", &format!("# Risks\n\n{nested}"));
}
