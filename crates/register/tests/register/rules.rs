//! Each rule finds what it is for, twice, and is silent on what only looks like it, twice.

use std::collections::{BTreeMap, BTreeSet};

use register::{RepositoryFacts, rules};
use text::Severity;

use crate::{findings, lints, read};

const SCORED: &str = "| ID | Risk | Prob | Impact | Score |\n|---|---|---|---|---|\n";
const LISTED: &str = "| ID | Risk | Impact | Owner | Status |\n|---|---|---|---|---|\n";

#[test]
fn every_rule_is_explained_and_named_once() {
    let names: BTreeSet<&str> = rules().iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules().len());
    assert!(rules().iter().all(|rule| !rule.what.is_empty() && !rule.why.is_empty() && rule.before != rule.after));
}

#[test]
fn a_wrong_product_is_found_where_the_document_multiplies() {
    let by_rows = format!("{SCORED}| R-1 | a b | 2 | 3 | 6 |\n| R-2 | c d | 2 | 3 | 5 |\n");
    assert_eq!(findings("score-mismatch", &by_rows), ["4: the score of R-2 is 5, but 2 × 3 is 6"]);
    let by_legend =
        format!("{SCORED}| R-1 | a b | 1 | 3 | 6 |\n\nLegend: Probability (1–3), Impact (1–3), Score = Prob×Impact\n");
    assert_eq!(findings("score-mismatch", &by_legend), ["3: the score of R-1 is 6, but 1 × 3 is 3"]);
    let in_heading = format!("{SCORED}| R-1 | a b | 2 | 3 | 6 |\n\n### R-1 — a b (Score 4)\n- Mitigation: x\n");
    assert_eq!(findings("score-mismatch", &in_heading), ["5: the score of R-1 is 4, but 2 × 3 is 6"]);
    let words = format!("{SCORED}| R-1 | a b | High | Medium | 6 |\n| R-2 | c d | Low | Medium | 4 |\n");
    assert_eq!(findings("score-mismatch", &words), ["4: the score of R-2 is 4, but low (1) × medium (2) is 2"]);
    let fmea = "| Failure Mode | S | O | D | RPN |\n|---|---|---|---|---|\n| Leak | 8 | 3 | 4 | 69 |\n";
    assert_eq!(findings("score-mismatch", fmea), ["3: the score of leak is 69, but 3 × 8 × 4 is 96"]);
}

#[test]
fn a_score_made_in_another_way_is_left_alone() {
    let sums = format!("{SCORED}| R-1 | a b | 2 | 3 | 5 |\n| R-2 | c d | 1 | 3 | 4 |\n");
    let stated_sum = format!("{SCORED}| R-1 | a b | 2 | 3 | 5 |\n\nScore = Probability + Impact\n");
    let unknown = format!("{SCORED}| R-1 | a b | 2 | 3 | 8 |\n| R-2 | c d | 1 | 3 | 7 |\n");
    let weighted = format!(
        "{SCORED}| R-1 | a b | 2 | 3 | 8 |\n| R-2 | c d | 1 | 3 | 3 |\n\nScore = max(Probability, Impact) x weight\n"
    );
    let sound = format!("{SCORED}| R-1 | a b | 2 | 3 | 6 |\n| R-2 | c d | 0.5 | 8 | 4 |\n");
    for text in [sums, stated_sum, unknown, weighted, sound] {
        assert!(findings("score-mismatch", &text).is_empty(), "{text}");
    }
}

#[test]
fn a_single_row_that_fits_no_formula_is_only_a_warning() {
    let problems = lints(&format!("{SCORED}| R-1 | a b | 2 | 3 | 7 |\n"), &RepositoryFacts::default());
    assert_eq!(
        problems.iter().map(|problem| (problem.rule, problem.severity)).collect::<Vec<_>>(),
        [("score-mismatch", Severity::Warning)]
    );
}

fn summary(medium: u32) -> String {
    let rows = "| R-1 | a b | 2 | 3 | 6 |\n| R-2 | c d | 2 | 2 | 4 |\n| R-3 | e f | 2 | 2 | 4 |\n";
    format!(
        "# Profile\n\n```yaml\nrisk_summary:\n  totals:\n    critical: 0\n    high: 1\n    medium: {medium}\n    low: 0\n```\n\n{SCORED}{rows}"
    )
}

#[test]
fn a_count_that_differs_from_the_rows_is_found() {
    assert_eq!(findings("totals-mismatch", &summary(6)), ["8: 6 medium risks are stated, but there are 2 in the rows"]);
    let table = format!(
        "# Risks\n\n| Impact | Count |\n|---|---|\n| High | 2 |\n| Low | 0 |\n\n{LISTED}| R-1 | a b | High | x | Open |\n| R-2 | c d | Low | x | Open |\n"
    );
    let found = findings("totals-mismatch", &table);
    assert_eq!(
        found,
        [
            "5: 2 high risks are stated, but there is 1 in the rows",
            "6: 0 low risks are stated, but there is 1 in the rows"
        ]
    );
    let line = format!("# Risks\n\n**Total risks:** 5\n\n{LISTED}| R-1 | a b | High | x | Open |\n");
    assert_eq!(findings("totals-mismatch", &line), ["3: 5 risks are stated in total, but there is 1 in the rows"]);
    let sum = format!(
        "# Risks\n\n| Impact | Count |\n|---|---|\n| High | 1 |\n| Low | 1 |\n| Total | 1 |\n\n{LISTED}| R-1 | a b | High | x | Open |\n| R-2 | c d | Low | x | Closed |\n"
    );
    assert_eq!(findings("totals-mismatch", &sum), ["7: the counts sum to 2, but their total is 1"]);
}

#[test]
fn a_count_of_all_or_of_open_risks_is_left_alone() {
    assert!(findings("totals-mismatch", &summary(2)).is_empty());
    let rows = "| R-1 | a b | High | x | Open |\n| R-2 | c d | High | x | Closed |\n";
    for (high, total) in [(1, 1), (2, 2)] {
        let text = format!(
            "# Risks\n\nTotal risks: {total}\n\n| Impact | Count |\n|---|---|\n| High | {high} |\n| Low | 0 |\n\n{LISTED}{rows}"
        );
        assert!(findings("totals-mismatch", &text).is_empty(), "{text}");
    }
    let ungraded = format!(
        "# Risks\n\n| Impact | Count |\n|---|---|\n| High | 7 |\n| Low | 0 |\n\n{LISTED}| R-1 | a b | data is gone | x | Open |\n"
    );
    assert!(findings("totals-mismatch", &ungraded).is_empty());
}

#[test]
fn one_id_for_two_risks_is_found() {
    let rows = format!("{LISTED}| R-1 | Disk full | High | x | Open |\n| R-1 | Key lost | High | x | Open |\n");
    assert_eq!(findings("duplicate-id", &rows), ["4: R-1 is the id of two risks: 'Disk full' and 'Key lost'"]);
    assert_eq!(read(&rows).risks.len(), 2);
    let sections = "# Risks\n\n## r-1: Disk full\n**Impact:** High\n\n## R-1: Key lost\n**Impact:** Low\n";
    assert_eq!(findings("duplicate-id", sections).len(), 1);
}

#[test]
fn one_id_in_a_summary_and_its_details_is_no_duplicate() {
    let twice =
        format!("{LISTED}| R-1 | Disk full | High | x | Open |\n\n### R-1: Disk full again\n**Impact:** High\n");
    let same_row = format!("{LISTED}| R-1 | Disk full | High | x | Open |\n| R-1 | Disk full | High | x | Open |\n");
    let no_ids = "| Risk | Impact |\n|---|---|\n| Loss | High |\n| Loss | Low |\n";
    for text in [twice.as_str(), same_row.as_str(), no_ids] {
        assert!(findings("duplicate-id", text).is_empty(), "{text}");
    }
}

#[test]
fn a_field_that_the_others_have_is_missed() {
    let rows =
        format!("{LISTED}| R-1 | a b | High | x | Open |\n| R-2 | c d | Low | y | Open |\n| R-3 | e f | - | - | |\n");
    assert_eq!(findings("field-missing", &rows), ["5: R-3 states no owner and no status and no impact"]);
    let sections = "# Risks\n\n## R-1: a b\n**Impact:** High\n**Owner:** x\n\n## R-2: c d\n**Impact:** High\n**Owner:** x\n\n## R-3: e f\n**Impact:** High\n";
    assert_eq!(
        findings("field-missing", sections),
        ["3: none of the 3 risks states its status", "11: R-3 states no owner"]
    );
}

#[test]
fn a_field_is_not_missed_where_nobody_has_it_or_a_reason_is_given() {
    let nobody = "| ID | Risk | Impact |\n|---|---|---|\n| R-1 | a b | High |\n| R-2 | c d | Low |\n";
    let reason = format!(
        "{LISTED}| R-1 | a b | High | x | Open |\n| R-2 | c d | Low | y | Open |\n| R-3 | e f | Low | N/A (vendor) | Open |\n"
    );
    let closed = format!(
        "{LISTED}| R-1 | a b | High | x | Open |\n| R-2 | c d | Low | y | Open |\n| R-3 | e f | Low | | Closed |\n"
    );
    let debt = "# Risks\n\n## R-1: a b\n**Impact:** High\n**Owner:** x\n\n## R-2: c d\n**Impact:** High\n**Owner:** x\n\n# Debt\n\n## TD-1: e f\n**Impact:** High\n";
    for text in [nobody, reason.as_str(), closed.as_str(), debt] {
        assert!(findings("field-missing", text).is_empty(), "{text}");
    }
}

#[test]
fn a_grade_outside_the_scale_is_found() {
    let numbers = "| ID | Risk | Prob (1-3) | Impact (1-3) |\n|---|---|---|---|\n| R-1 | a b | 2 | 4 |\n";
    assert_eq!(findings("off-scale", numbers), ["3: the impact of R-1 is '4', which is not on the scale: 1 to 3"]);
    let words = "# Risks\n\n| Level | Meaning |\n|---|---|\n| High | bad |\n| Low | fine |\n\n| ID | Risk | Level |\n|---|---|---|\n| R-1 | a b | Critical |\n";
    assert_eq!(
        findings("off-scale", words),
        ["10: the level of R-1 is 'critical', which is not on the scale: high, low"]
    );
}

#[test]
fn a_grade_between_two_of_the_scale_is_left_alone() {
    let between = "# Risks\n\n| Level | Meaning |\n|---|---|\n| High | bad |\n| Medium | so |\n| Low | fine |\n\n| ID | Risk | Level |\n|---|---|---|\n| R-1 | a b | MEDIUM-HIGH |\n";
    let inside = "| ID | Risk | Prob (1-3) | Impact (1-3) |\n|---|---|---|---|\n| R-1 | a b | 1 | 3 |\n";
    let other_noun = "# Risks\n\n| Level | Meaning |\n|---|---|\n| High | bad |\n| Low | fine |\n\n| ID | Risk | Impact |\n|---|---|---|\n| R-1 | a b | Critical |\n";
    for text in [between, inside, other_noun] {
        assert!(findings("off-scale", text).is_empty(), "{text}");
    }
}

#[test]
fn titles_that_drifted_apart_are_found() {
    let detail = |title: &str| {
        format!("{LISTED}| R-1 | Daemon crash | High | x | Open |\n\n### R-1: {title}\n**Impact:** High\n")
    };
    assert_eq!(
        findings("title-drift", &detail("Slow queries")),
        ["5: R-1 is 'Slow queries' here and 'Daemon crash' in line 3"]
    );
    assert_eq!(findings("title-drift", &detail("Backups are never tested")).len(), 1);
    for title in ["Daemon Crash Recovery", "Crashing daemons", "Daemon crash"] {
        assert!(findings("title-drift", &detail(title)).is_empty(), "{title}");
    }
}

#[test]
fn an_acceptance_without_a_record_is_found() {
    let text = format!(
        "{LISTED}| R-1 | a b | High | x | Accepted |\n| R-2 | c d | High | x | accepted by the board |\n| R-3 | e f | High | x | not accepted |\n| R-4 | g h | High | x | Open |\n"
    );
    let found = findings("accept-no-record", &text);
    assert_eq!(
        found,
        [
            "3: R-1 is called accepted, but no acceptance is recorded",
            "4: R-2 is called accepted, but no acceptance is recorded"
        ]
    );
    let facts = RepositoryFacts {
        accepted: BTreeSet::from(["r-1".to_owned(), "R-2".to_owned()]),
        ..RepositoryFacts::default()
    };
    assert!(lints(&text, &facts).iter().all(|problem| problem.rule != "accept-no-record"));
}

#[test]
fn a_path_that_is_not_there_weighs_as_the_text_speaks_of_it() {
    let text = "\
# Risks

### R-1: Calls hang
**Impact:** High
**Current Mitigation:**
- timeouts in `src/client.rs`, see `src/gone.rs:12`

**Proposed Mitigations:**
1. Retries
   - Files: `src/retry.rs`

## Notes

`docs/known.md` and `docs/lost.md`, never `src/**/x.rs` or `GET /a/`
";
    let register = read(text);
    let named: Vec<String> =
        register::named_paths(&register, &register.source).into_iter().map(|(path, _)| path).collect();
    assert_eq!(named, ["src/client.rs", "src/gone.rs", "src/retry.rs", "docs/known.md", "docs/lost.md"]);
    let there = |path: &String| (path.clone(), path == "src/client.rs" || path == "docs/known.md");
    let facts = RepositoryFacts { paths: named.iter().map(there).collect(), ..RepositoryFacts::default() };
    let found: Vec<(usize, Severity)> =
        lints(text, &facts).iter().map(|problem| (problem.line, problem.severity)).collect();
    assert_eq!(found, [(6, Severity::Warning), (10, Severity::Info), (14, Severity::Info)]);
    assert!(lints(text, &RepositoryFacts::default()).is_empty(), "a path nobody looked for is not judged");
}

#[test]
fn an_alias_for_a_noun_that_does_not_exist_is_an_error() {
    let columns = BTreeMap::from([("Schwere".to_owned(), "impakt".to_owned())]);
    let register = register::read(&text::Source::new("a.md", "x"), &columns);
    let problems = register::lint(&register, &RepositoryFacts::default());
    assert_eq!((problems[0].rule, problems[0].severity), ("unknown-noun", Severity::Error));
    assert!(problems[0].message.contains("'impact'"), "{}", problems[0].message);
}

#[test]
fn a_document_beyond_the_limits_says_so() {
    let wide = format!(
        "| ID | Risk | Impact |{}\n|---|---|---|{}\n| R-1 | a b | High |\n",
        " x |".repeat(100),
        "---|".repeat(100)
    );
    assert_eq!(findings("limit-reached", &wide).len(), 1);
    assert_eq!(read(&wide).risks.len(), 1);
    assert!(findings("limit-reached", "# Risks\n").is_empty());
}

#[test]
fn findings_stand_in_the_order_of_the_text() {
    let text = format!(
        "{SCORED}| R-1 | a b | 3 | 3 | 5 |\n| R-2 | c d | 2 | 3 | 6 |\n| R-2 | e f | 1 | 1 | 9 |\n| R-4 | g h | 1 | 2 | 2 |\n"
    );
    let spans: Vec<_> = lints(&text, &RepositoryFacts::default()).iter().map(|problem| problem.span).collect();
    assert!(spans.len() >= 3 && spans.is_sorted());
}
