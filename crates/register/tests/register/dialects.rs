//! Registers in the manner of many authors, each shape in the fewest lines that show it: what is listed, and what is not.

use crate::read;

/// The titles that are read from a text.
fn titles(text: &str) -> Vec<String> {
    read(text).risks.into_iter().map(|risk| risk.title).collect()
}

#[test]
fn debt_is_listed_below_bands_by_item_or_by_whatever_the_first_column_is_called() {
    let listed = "# Technical Debt Register\n\nNot blocking.\n\n## High-priority\n- **Two engines**: both are called.\n- **One view** of 1,800 lines.\n\n## Low-priority\n- **Dead code** in the view.\n";
    assert_eq!(titles(listed), ["Two engines", "One view", "Dead code"]);
    let tabled = "# Risks and Technical Debt\n\n## Technical Debt\n\n### High Priority\n\n| Item | Description | Location |\n|---|---|---|\n| **Mock in production** | It ships. | `a.swift:65` |\n";
    assert_eq!(titles(tabled), ["Mock in production"]);
    let named = "# Notas\n\n## Deuda técnica\n\n| Aspecto | Estado | Plan de mitigación |\n|---|---|---|\n| Pruebas | No hay | Agregar |\n";
    assert_eq!(titles(named), ["Pruebas"]);
    let deferred = "# Debt\n\n## Deferred Features\n\n| Feature | Reason | Status |\n|---|---|---|\n| Resize | Complex | Backlog |\n";
    assert!(titles(deferred).is_empty());
}

#[test]
fn a_failure_mode_with_its_effect_is_one_below_a_heading_about_them_only() {
    let rows = "| Failure mode | Effect | Detection | Gate |\n|---|---|---|---|\n| Shell takes the way | whole app opens | trace | stop |\n";
    assert_eq!(titles(&format!("# Plan\n\n## 9. FMEA\n\n{rows}")), ["Shell takes the way"]);
    let elsewhere = rows.replace("Failure mode", "Enricher").replace("Effect", "Failure mode");
    assert!(titles(&format!("# Guards\n\n## Enrichers\n\n{elsewhere}")).is_empty());
    let graded = "# Module\n\n## Failure modes\n\n| Component | Failure Mode | Effect | Severity | Risk |\n|---|---|---|---|---|\n| Switch | Short | Overcurrent | Medium | Low |\n";
    let register = read(graded);
    assert_eq!(register.risks[0].title, "Switch: Short");
    assert_eq!(register.risks[0].field(register::FieldName::Level).expect("is there").text, "Low");
}

#[test]
fn a_column_may_hold_both_factors() {
    let rows = "# Risiken\n\n| ID | Risiko | W/A | Gegenmaßnahme |\n|---|---|---|---|\n| R01 | Ausfall | M/SH | Tests |\n| R02 | Brand | 2 x 3 | Melder |\n";
    let register = read(rows);
    let grade = |at: usize, noun| register.risks[at].field(noun).expect("is there").value.short();
    use register::FieldName::{Impact, Likelihood};
    assert_eq!([grade(0, Likelihood), grade(0, Impact)], ["medium", "very high"]);
    assert_eq!([grade(1, Likelihood), grade(1, Impact)], ["2", "3"]);
}

#[test]
fn a_heading_that_begins_with_risk_names_the_subject_and_a_classification_is_no_level() {
    let hot = "# Risk register\n\n| # | Risk hotspot & evidence | Owner | Suggested mitigations |\n|---|---|---|---|\n| 1 | The group is not there | ops | guard it |\n";
    assert_eq!(titles(hot), ["The group is not there"]);
    let classed = "# Risks\n\n| Risk ID | Risk classification | Risk title | Impact |\n|---|---|---|---|\n| R-1 | `[FROM AUDIT]` | Keys in the bundle | High |\n";
    let register = read(classed);
    assert!(register.risks[0].field(register::FieldName::Level).is_none());
    assert!(register.risks[0].field(register::FieldName::Category).is_some());
}

#[test]
fn entries_of_lists_with_ids_and_a_remedy_are_risks_in_the_state_of_their_heading() {
    let listed = "# Risks and findings\n\n## Open\n\n- None\n\n## Closed\n\n- **R1: Summary mismatch**\n  - **Fix**: use the total.\n- **R2: Cache warnings**\n  - **Fix**: own folder.\n";
    let register = read(listed);
    assert_eq!(register.risks.iter().map(|risk| risk.state.word()).collect::<Vec<_>>(), ["closed", "closed"]);
}

#[test]
fn numbered_sections_that_tell_are_risks_and_their_principles_and_lists_are_not() {
    let modes = "# Failure modes\n\n## 1. Reliability principles\n\nAll writes are checked.\n\n## 2. Duplicate events\n\nScenario:\n\n- sent twice\n\nExpected behavior:\n\n- one row\n\n## 3. Late answers\n\nScenario:\n\n- too late\n\nExpected behavior:\n\n- ignored\n";
    assert_eq!(titles(modes), ["Duplicate events", "Late answers"]);
    let wide = "# RISKS：公開\n\n## 1. 予約が未確定\n\n- リスク：遅れる\n- 影響：価値が落ちる\n- 対策\n  - 準備中\n\n## 2. 素材不足\n\n- リスク：足りない\n- 影響：訴求力低下\n\n## 3. 直前に決まること\n\n- 写真\n";
    assert_eq!(titles(wide), ["予約が未確定", "素材不足"]);
}

#[test]
fn a_list_of_what_a_register_shall_hold_is_no_register() {
    let guide = "# Guide\n\n### Risk Register\nWe keep a register:\n- Risk ID and description\n- Impact and likelihood (High/Med/Low)\n- Owner and mitigation plan\n- Current status\n";
    assert!(titles(guide).is_empty());
    let empty = "# Risks\n\n| N | Риск | Проверка | Снижение | Статус |\n|---|---|---|---|---|\n| | | | | |\n";
    assert!(titles(empty).is_empty());
}

#[test]
fn catalan_and_tables_without_outer_bars_are_read() {
    let table = "\nRisc | Probabilitat | Impacte | Mesura preventiva | Responsable\n--- | --- | --- | --- | ---\nPèrdua de dades | Mitjana | Alta | Còpies | Equip\n";
    let register = read(table);
    let risk = &register.risks[0];
    assert_eq!(risk.title, "Pèrdua de dades");
    assert_eq!(risk.field(register::FieldName::Likelihood).expect("is there").value.short(), "medium");
}

#[test]
fn bold_lines_with_ids_stand_as_headings_beside_other_logs() {
    let raid = "# RAID log\n\n## Risks\n\n**R1: Removed interface**\n- **Probability**: High\n- **Impact**: High\n- **Owner**: Ines\n\n**R2: Budget**\nProbability: Low\nImpact: Medium\n\n## Issues\n\n| ID | Issue | Owner | Status |\n|---|---|---|---|\n| I1 | Slow build | Malik | Open |\n";
    assert_eq!(titles(raid), ["Removed interface", "Budget"]);
    let columns = std::collections::BTreeMap::new();
    let changes = [(register::FieldName::Owner, "Ana".to_owned())];
    let edited = register::edit::add(&read(raid), &columns, "Lost key", None, &changes).expect("has a model");
    assert!(edited.text.contains("**R3: Lost key**\n"), "{}", edited.text);
}

#[test]
fn letters_in_brackets_grade_the_entries_of_a_list() {
    let list = "# Analyse des risques\n\n## Liste\n\n- Panne (P: Faible, I: Moyen)\n- Perte (P: Moyen, I: Élevé)\n\n## Plan\n\n| Risque | Action préventive |\n|---|---|\n| Panne | Surveillance |\n| Perte | Sauvegardes |\n";
    let register = read(list);
    assert_eq!(titles(list), ["Panne", "Perte"]);
    let said = |noun| register.risks[1].field(noun).expect("is there").text.clone();
    assert_eq!(said(register::FieldName::Likelihood), "Moyen");
    assert_eq!(said(register::FieldName::Impact), "Élevé");
    assert_eq!(said(register::FieldName::Mitigation), "Sauvegardes");
}

#[test]
fn a_sign_before_an_id_and_a_labeled_title_are_read() {
    let signs = "# Risks\n\n#### :red_circle: RISK-2023-001\n\n**Title**: Single node\n\n**Description**: One node.\n\n**Impact**: High\n\n#### 🟢 RISK-2023-002\n\n**Title**: Expired\n\n**Impact**: Low\n";
    let register = read(signs);
    assert_eq!(titles(signs), ["Single node", "Expired"]);
    assert_eq!(
        register.risks.iter().map(|risk| risk.id.as_str()).collect::<Vec<_>>(),
        ["RISK-2023-001", "RISK-2023-002"]
    );
    assert_eq!(register.risks[0].field(register::FieldName::Description).expect("is there").text, "One node.");
}
