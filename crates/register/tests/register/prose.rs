//! Shapes without tables, ids or labels.

use expect_test::expect;
use register::{FieldName, Level};

use crate::{read, understood};

fn titles(text: &str) -> Vec<String> {
    read(text).risks.iter().map(|risk| risk.title.clone()).collect()
}

#[test]
fn headings_with_a_trigger_and_a_recovery_are_failure_modes() {
    let text = "# Failure modes\n\n## Overview\n\nWhat we know.\n\n## Broker is away\n\nScenario: nobody answers on the port.\n\nExpected behavior:\n\n- Writes wait.\n\nRecovery:\n\n1. Start it.\n\n## Disk fills\n\n**What happens:** writes fail.\n\n**Recovery:** the old files go.\n\n## Known limitations\n\n### Slow restart\n\nIt takes a while.\n";
    assert_eq!(titles(text), ["Broker is away", "Disk fills"]);
    // One such heading alone lists nothing.
    assert_eq!(titles("# Notes\n\n## Broker is away\n\nRecovery:\n\n1. Start it.\n"), [""; 0]);
}

#[test]
fn rows_that_sum_up_sections_are_no_further_risks() {
    let section = |title: &str| format!("## {title}\n\n**Trigger:** x\n\n**Recovery:** y\n\n");
    let rows = "## Recovery summary\n\n| Failure | Detection | Recovery |\n|---|---|---|\n| DB gone | alert | restart |\n| Queue full | alert | drain |\n";
    let text = format!("# Failure modes\n\n{}{}{rows}", section("1. Postgres is not there"), section("2. Queue full"));
    assert_eq!(titles(&text), ["Postgres is not there", "Queue full"]);
    // Without sections the same rows are the list.
    assert_eq!(titles(&format!("# Failure modes\n\n{rows}")), ["DB gone", "Queue full"]);
}

#[test]
fn numbered_prose_below_a_heading_about_risks_is_a_list_of_risks() {
    let text = "# Open risks\n\nA living list.\n\n## 1. Model drifts — RESOLVED\n\nIt was retrained.\n\n## 2. Labels are thin\n\nFew people agree.\n";
    expect![[r#"
        unscored
        model-drifts [risk closed] Model drifts @5 x1: status=closed
        labels-are-thin [risk open] Labels are thin @9 x1: 
    "#]]
    .assert_eq(&understood(&read(text)));
    let process = "# Risk management\n\n## 1. Purpose\n\nWhy we do it.\n\n## 2. Process\n\nHow we do it.\n\n## 3. Roles\n\nWho does it.\n";
    assert_eq!(titles(process), [""; 0]);
}

#[test]
fn an_id_in_the_heading_is_enough_beside_its_like() {
    let text = "# Risk register\n\n## High\n\n### R1 — Restart loses state\n\n- **Likelihood:** High\n- **Impact:** orders vanish\n\n## Low\n\n### R2 — Files pile up\n\nOld ones stay. **Status:** OPEN, no hurry.\n";
    let register = read(text);
    assert_eq!(register.risks.len(), 2);
    assert_eq!(register.risks[1].field(FieldName::Status).map(|field| field.text.as_str()), Some("OPEN, no hurry."));
    let bands: Vec<_> = register.risks.iter().map(|risk| risk.band.map(|(level, _)| level)).collect();
    assert_eq!(bands, [Some(Level::High), Some(Level::Low)]);
    // Steps and phases carry numbers too.
    let plan = "# Risk plan\n\n### STEP-1 Prepare\n\nText.\n\n### STEP-2 Go\n\nText.\n";
    assert_eq!(titles(plan), [""; 0]);
}

#[test]
fn factors_in_the_heading_are_read() {
    let text = "# Risks\n\n### R-1 · Tenants mix (Impact 5 × Likelihood 3 = **15**)\nOne filter is missing.\n\n**Mitigation:** a guard.\n\n### R-2 · Keys leak (4 × 2 = 8)\nThey are printed.\n\n**Mitigation:** none.\n";
    let register = read(text);
    let number = |risk: usize, noun| register.risks[risk].field(noun).and_then(|field| field.value.number());
    assert_eq!(register.risks[0].title, "Tenants mix");
    assert_eq!(
        [FieldName::Impact, FieldName::Likelihood, FieldName::Score].map(|noun| number(0, noun)),
        [Some(5.0), Some(3.0), Some(15.0)]
    );
    // The first product names its factors, the others have them in that order.
    assert_eq!((number(1, FieldName::Score), number(1, FieldName::Impact)), (Some(8.0), Some(4.0)));
}

#[test]
fn a_numbered_risk_and_its_id_are_one() {
    let text = "# Register\n\n| ID | Risk | Severity |\n|---|---|---|\n| R1 | Scope grows | High |\n| R8 | Memory runs out | High |\n\n## Details\n\n### Risk 8: Exhaustion of everything\n\n**Owner**: kernel\n**Mitigation**: limits\n";
    let register = read(text);
    assert_eq!(register.risks.len(), 2);
    assert_eq!(register.risks[1].field(FieldName::Owner).map(|field| field.text.as_str()), Some("kernel"));
}

#[test]
fn entries_on_one_line_are_risks_where_they_say_what_is_done() {
    let text = "# Plan\n\n## Goals\n\n- Ship it - next week\n\n## Risks\n\n- **One vendor** (High): all eggs there. Mitigation: a thin adapter\n- Search is slow - Mitigation: cache; Owner: Kim\n\n## Dates\n\n- June: start\n";
    expect![[r#"
        levels
        one-vendor [risk open] One vendor @9 x1: description=(High): all eggs there.; level=high; mitigation=a thin adapter
        search-is-slow [risk open] Search is slow @10 x1: owner=Kim; mitigation=cache
    "#]]
    .assert_eq(&understood(&read(text)));
}

#[test]
fn a_plain_list_counts_only_in_a_document_that_lists_nothing_else() {
    let list = "## Main risks\n\n1. The crane tips over.\n2. The river rises; nobody looks.\n";
    assert_eq!(titles(&format!("# Risks\n\n{list}")), ["The crane tips over", "The river rises; nobody looks"]);
    let table = "| ID | Risk | Impact |\n|---|---|---|\n| R-1 | Fire | High |\n";
    assert_eq!(titles(&format!("# Risks\n\n{table}\n{list}")), ["Fire"]);
    let treatment = "# Risk policy\n\n## Risk treatment\n\n- Avoid: do not do it\n- Accept: write it down\n";
    assert_eq!(titles(treatment), [""; 0]);
}

#[test]
fn the_title_of_a_row_is_its_whole_cell() {
    let text = "| ID | Risk | Impact |\n|---|---|---|\n| R1 | **Carry over drifts**: edits come late. | High |\n| R2 | **JWT** keys never turn | Low |\n\n### R1: Carry over drifts\n\n- Status: open\n\n### Carry over drifts often\n\nNo.\n";
    let register = read(text);
    let titles: Vec<&str> = register.risks.iter().map(|risk| risk.title.as_str()).collect();
    assert_eq!(titles, ["Carry over drifts: edits come late.", "JWT keys never turn"]);
    assert_eq!(register.risks[0].field(FieldName::Status).map(|field| field.text.as_str()), Some("open"));
}

#[test]
fn forms_scales_and_empty_rows_are_no_risks() {
    let model = "# Risks\n\n## Model\n\n| Field | Values |\n|---|---|\n| Severity | Low, Medium, High, Critical |\n| Status | Open, Closed, Accepted |\n";
    assert_eq!(titles(model), [""; 0]);
    let empty = "# Failure modes\n\n| Failure | Impact | Mitigation |\n|---|---|---|\n| TBD | TBD | TBD |\n";
    assert_eq!(titles(empty), [""; 0]);
    let scale = "# Risks\n\n## Scales\n\n### Likelihood\n\n- Low\n- High\n\n### Impact\n\n- Low\n- Critical\n";
    assert_eq!(titles(scale), [""; 0]);
}
