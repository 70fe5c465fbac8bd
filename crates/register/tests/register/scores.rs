//! The score models, and the rules on what a document states about its whole: two hits and two near misses each.

use register::{Model, Table, TableError};

use crate::plan::turns;
use crate::read;

/// A profile of three risks with scores, and a machine block.
fn profile(block: &str, scores: [(u32, u32); 3], tail: &str) -> String {
    let rows: String = ["SEC-001", "OPS-001", "TECH-001"]
        .iter()
        .zip(scores)
        .map(|(id, (likelihood, impact))| {
            format!("| {id} | Thing of {id} | {likelihood} | {impact} | {} |\n", likelihood * impact)
        })
        .collect();
    format!(
        "# Risk profile\n\n```yaml\nrisk_summary:\n{block}```\n\n| Risk ID | Description | Prob | Impact | Score |\n|---|---|---|---|---|\n{rows}\n{tail}\n"
    )
}

const TOTALS: &str = "  totals: {critical: 0, high: 1, medium: 1, low: 1}\n";
const SCORES: [(u32, u32); 3] = [(2, 3), (2, 2), (1, 2)];

#[test]
fn aggregate_mismatch() {
    let overall = |score: u32| profile(TOTALS, SCORES, &format!("Overall risk score: {score}/100"));
    let words = |whole: &str, one: &str| {
        format!(
            "# Plan\n\n**Overall risk level:** {whole}\n\n### R-1: Thing\n\n**Impact:** High\n**Likelihood:** Low\n**Risk level:** {one}\n"
        )
    };
    turns(
        "aggregate-mismatch",
        &[(&overall(70), "the rows give 83"), (&words("Low", "High"), "R-1 alone is high")],
        &[&overall(83), &words("High", "High"), &profile(TOTALS, SCORES, "Coverage score: 70/100")],
    );
}

#[test]
fn gate_mismatch() {
    let decided = |word: &str, scores| profile(&format!("{TOTALS}  gate: {word}\n"), scores, "");
    turns(
        "gate-mismatch",
        &[(&decided("PASS", SCORES), "gives CONCERNS"), (&decided("CONCERNS", [(3, 3), (1, 1), (1, 1)]), "gives FAIL")],
        &[&decided("CONCERNS", SCORES), &decided("WAIVED", SCORES)],
    );
}

#[test]
fn gate_vs_acceptance() {
    let with = |word: &str, line: &str| profile(&format!("{TOTALS}  gate: {word}\n"), SCORES, line);
    turns(
        "gate-vs-acceptance",
        &[
            (&with("CONCERNS", "- Must fix before production: all risks of score 6"), "SEC-001"),
            (&with("PASS", "- Score 4 blocks release\n- No release with score 4 risks"), "score 4"),
        ],
        &[
            &with("FAIL", "- Must fix before production: all risks of score 6"),
            &with("CONCERNS", "- Must fix before production: all risks of score 9"),
        ],
    );
}

#[test]
fn unknown_key() {
    let with = |extra: &str| profile(&format!("{TOTALS}{extra}"), SCORES, "");
    turns(
        "unknown-key",
        &[
            (&with("  recommendations: {must_fix: [], could_fix: []}\n"), "could_fix"),
            (&with("  verdict: ok\n"), "verdict"),
        ],
        &[
            &with("  recommendations: {must_fix: [], monitor: []}\n"),
            "# Notes\n\n```yaml\nother:\n  verdict: ok\n```\n",
        ],
    );
}

#[test]
fn highest_tie() {
    let with = |id: &str, scores, title: &str| {
        profile(&format!("{TOTALS}  highest: {{id: {id}, score: 6, title: '{title}'}}\n"), scores, "")
    };
    turns(
        "highest-tie",
        &[
            (&with("SEC-001", [(2, 3), (3, 2), (1, 2)], "Thing of SEC-001"), "OPS-001 has the same score"),
            (&with("SEC-001", SCORES, "Quite another story"), "Quite another story"),
        ],
        &[&with("SEC-001", SCORES, "Thing of SEC-001"), &profile(TOTALS, [(2, 3), (3, 2), (1, 2)], "")],
    );
}

#[test]
fn scale_missing() {
    let rows = |word: &str| {
        format!(
            "| ID | Risk | Impact |\n|---|---|---|\n| R-1 | Loss of mail | {word} |\n| R-2 | Slow disks | Low |\n| R-3 | Old keys | Low |\n"
        )
    };
    turns(
        "scale-missing",
        &[
            (&format!("# Risks\n\n{}", rows("High")), "'high' is a word"),
            (
                "# Risiken\n\n## R-1: Ausfall\n\n**Auswirkung:** Hoch\n\n## R-2: Verlust\n\n**Auswirkung:** Hoch\n\n## R-3: Brand\n\n**Auswirkung:** Hoch\n",
                "is a word",
            ),
        ],
        &[
            &format!("# Risks\n\nScale: High means that nobody can order.\n\n{}", rows("High")),
            "# Risks\n\n| ID | Risk | Impact |\n|---|---|---|\n| R-1 | Loss of mail | High |\n| R-2 | Slow disks | Low |\n",
        ],
    );
}

#[test]
fn prefix_category() {
    let row = |id: &str, category: &str| format!("| {id} | {category} | Thing {id} | 2 | 3 | 6 |\n");
    let with = |id: &str, category: &str| {
        let rows: String =
            [row("SEC-001", "Security"), row("OPS-001", "Ops"), row("TECH-001", "Technical"), row(id, category)]
                .concat();
        format!(
            "# Profile\n\n```yaml\nrisk_summary:\n  totals: {{high: 4}}\n```\n\n| ID | Category | Risk | Prob | Impact | Score |\n|---|---|---|---|---|---|\n{rows}"
        )
    };
    turns(
        "prefix-category",
        &[(&with("NET-001", "Ops"), "NET"), (&with("DATA-001", "Security"), "its category is Security")],
        &[&with("PERF-001", "Performance"), &with("DATA-001", "Ingest")],
    );
}

#[test]
fn band_mismatch() {
    let with = |heading: &str, level: &str| {
        format!(
            "# Risks\n\n## {heading}\n\n### C1: Thing\n\n**Impact:** High\n**Likelihood:** Low\n**Risk level:** {level}\n"
        )
    };
    turns(
        "band-mismatch",
        &[(&with("Critical risks", "High"), "stands under 'critical'"), (&with("Low", "Medium"), "stands under 'low'")],
        &[&with("High risks", "High"), &with("High availability", "Low")],
    );
}

#[test]
fn scale_contradiction() {
    let with = |impact: &str| {
        format!(
            "# Risks\n\n| Level | Impact |\n|---|---|\n| High | Lost orders |\n| Medium | Slow pages |\n| Low | Wrong colors |\n\n### R-1: Thing\n\n**Impact:** {impact}\n**Likelihood:** Low\n"
        )
    };
    turns(
        "scale-contradiction",
        &[
            (&with("Low - lost orders in the night"), "the scale calls high"),
            (&with("High - slow pages for some"), "the scale calls medium"),
        ],
        &[&with("High - lost orders in the night"), &with("Low - a typo")],
    );
}

#[test]
fn fields_that_nobody_states_are_told_once() {
    let rows = |columns: &str, cells: &str| {
        format!(
            "# Risks\n\n{columns}\n{}\n",
            (1..=3).map(|id| format!("| R-{id} | Thing {id} | {cells} |\n")).collect::<String>()
        )
    };
    let bare = rows("| ID | Risk | Likelihood | Impact |\n|---|---|---|---|", "Low | High");
    let full = rows(
        "Scale: low to high\n\n| ID | Risk | Likelihood | Impact | Owner | Status |\n|---|---|---|---|---|---|",
        "Low | High | Kim | Open",
    );
    turns(
        "field-missing",
        &[
            (&bare, "none of the 3 risks states its owner, its status"),
            (
                &full.replace(" Owner |", "").replace("|---|\n| R-1", "|\n| R-1").replace(" Kim |", ""),
                "none of the 3 risks states its owner",
            ),
        ],
        &[&full, "# Risks\n\n| Risk | Mitigation |\n|---|---|\n| A thing | x |\n| B thing | y |\n| C thing | z |\n"],
    );
}

#[test]
fn every_model_is_recognized_and_computes_beside_what_is_stated() {
    let row = |head: &str, cells: &str, tail: &str| {
        let columns = head.matches('|').count() + 1;
        let text = format!(
            "# R\n\n{tail}\n\n| ID | Risk | {head} |\n|---|---|{}\n| R-1 | Thing | {cells} |\n",
            "---|".repeat(columns)
        );
        let register = read(&text);
        let computed = register.risks[0].computed.clone();
        (
            register.model,
            computed.as_ref().and_then(|computed| computed.score),
            computed.and_then(|computed| computed.band),
        )
    };
    let band = |word: &str| Some(word.to_owned());
    assert_eq!(row("Prob | Impact | Score", "2 | 3 | 5", ""), (Model::Bmad, Some(6.0), band("high")));
    let bands = "Bands: 1-3 DOCUMENT, 4-5 MONITOR, 6-8 MITIGATE, 9 BLOCK";
    assert_eq!(row("Prob | Impact", "3 | 3", bands), (Model::BmadTea, Some(9.0), band("block")));
    assert_eq!(row("Likelihood | Impact", "4 | 5", ""), (Model::Matrix, Some(20.0), None));
    assert_eq!(row("Likelihood | Impact", "Low | High", ""), (Model::Levels, Some(3.0), None));
    assert_eq!(
        row("Likelihood | Impact", "Low | High", "Scored after NIST SP 800-30."),
        (Model::Nist, None, band("low"))
    );
    assert_eq!(row("S | O | D | RPN", "8 | 7 | 4 | 224", ""), (Model::Fmea, Some(224.0), None));
    assert_eq!(
        row("S | O | D | RPN", "9 | 4 | 2 | 72", "AIAG & VDA handbook"),
        (Model::AiagVda, Some(72.0), band("H"))
    );
    assert_eq!(row("Impact | Priority", "orders wait | P1", ""), (Model::Priorities, None, None));
}

#[test]
fn a_table_of_ones_own_computes_or_says_what_is_wrong_with_it() {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let cells = vec![words(&["green", "yellow"]), words(&["yellow", "red"])];
    let table = Table::try_new(words(&["seldom", "often"]), words(&["small", "big"]), cells).expect("is sound");
    let mut register = read(
        "| ID | Risk | Likelihood | Impact |\n|---|---|---|---|\n| R-1 | Hail | Often | Big (roof) |\n| R-2 | Rain | daily | Small |\n",
    );
    table.apply(&mut register);
    let bands: Vec<_> =
        register.risks.iter().map(|risk| risk.computed.as_ref().and_then(|computed| computed.band.clone())).collect();
    assert_eq!(bands, [Some("red".to_owned()), None], "a word that is not in the table computes nothing");
    let wrong = Table::try_new(words(&["a", "A"]), words(&["x", "y"]), vec![words(&["1"])]).expect_err("is wrong");
    assert_eq!(
        wrong,
        [
            TableError::Words { factor: "likelihood" },
            TableError::Rows { expected: 2, found: 1 },
            TableError::Cells { row: 1, expected: 2, found: 1 }
        ]
    );
}
