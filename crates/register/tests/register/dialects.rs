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

#[test]
fn entries_with_ids_in_bold_are_risks_and_their_brackets_grade_them() {
    let list = "# RISKS.md\n\nStatus: OPEN / RESOLVED.\n\n## History\n\n- **R-H01 (S2, OPEN) — Wrong date.** Sources differ.\n  *Mitigation:* look it up.\n- **R-H02 (S3, RESOLVED) — Late index** was not built.\n";
    let register = read(list);
    assert_eq!(titles(list), ["Wrong date.", "Late index"]);
    assert_eq!(register.risks[0].field(register::FieldName::Severity).expect("is there").text, "S2");
    assert_eq!(register.risks[1].state.word(), "closed");
}

#[test]
fn paragraphs_that_begin_with_an_id_are_risks() {
    let run_in = "# Registre des risques\n\n## Données\n\n**R1. Couverture dégradée.** L'outil est moins fort. Impact fort, proba élevée. Limitation : repli.\n\n**R2. Estimation.** Prix passés. Impact moyen, proba faible.\n";
    let register = read(run_in);
    assert_eq!(titles(run_in), ["Couverture dégradée.", "Estimation."]);
    let said = |noun| register.risks[0].field(noun).expect("is there").text.clone();
    assert_eq!([said(register::FieldName::Impact), said(register::FieldName::Likelihood)], ["fort", "élevée"]);
    assert!(titles("# Notes on risk\n\n**R1. Once.** Only one such paragraph.\n").is_empty());
}

#[test]
fn bold_lines_below_a_heading_about_threats_are_threats() {
    let threats = "# Risk assessment\n\n## Threats\n\n### External\n\n**Data breach**\n\nSomebody reads it.\n\n**Phishing**\n\nSomebody asks.\n\n### Internal\n\n**Human error**\n\nIt happens.\n\n**Weak code**\n\nIt is written.\n";
    assert_eq!(titles(threats), ["Data breach", "Phishing", "Human error", "Weak code"]);
    let one = "# Risks\n\n### R-1: Loss\n\n**Impact:** High\n\n**Details**\n\nText.\n\n**More**\n\nText.\n\n**Status:** Open\n";
    assert_eq!(titles(one), ["Loss"]);
}

#[test]
fn a_line_before_labels_is_a_title_without_any_heading() {
    let plain = "Loss of data\n\n- Description: rows vanish\n- Likelihood: low\n- Impact: high\n\n---\n\nLate start\n\n- Description: it takes long\n- Likelihood: high\n- Impact: low\n";
    assert_eq!(titles(plain), ["Loss of data", "Late start"]);
}

#[test]
fn bullets_below_a_number_belong_to_it_however_they_are_indented() {
    let numbered = "# Risks\n\n## v5 addendum\n\n1. Mapping risk (medium)\n- The mapping may be wrong.\n- Mitigation: check it.\n\n2. Locked in (high)\n- It only runs there.\n- Residual note: none.\n";
    let register = read(numbered);
    assert_eq!(titles(numbered), ["Mapping risk", "Locked in"]);
    assert_eq!(register.risks[0].field(register::FieldName::Mitigation).expect("is there").text, "check it.");
}

#[test]
fn headings_that_only_group_hold_the_risks_below_them() {
    let grouped = "# Initial risk assessment\n\n## Critical cases\n\n### Access to data\nIt costs much.\n\n## Marginal cases\n\n### Market\nOthers are there.\n\n### Bugs\nThey happen.\n";
    assert_eq!(titles(grouped), ["Access to data", "Market", "Bugs"]);
}

#[test]
fn a_debt_table_goes_on_behind_an_empty_line_and_its_categories_name_the_rows() {
    let table = "# Deuda técnica\n\n| Categoría | Descripción | Impacto / Riesgo | Solución |\n|---|---|---|---|\n| **Gordos** | Mucho código | Alto: lento | Partir |\n| **Sin pruebas** | Pocas | Alto | Escribir |\n\n| **Caché** | Se borra todo | Bajo | Claves |\n";
    assert_eq!(titles(table), ["Gordos", "Sin pruebas", "Caché"]);
}

#[test]
fn statuses_tiers_steps_and_forms_are_no_risks() {
    for none in [
        "# Risk registers\n\nStatuses are:\n\n- `open`: not treated\n- `accepted`: covered\n- `closed`: passed\n",
        "# Vendor risk\n\n## Tiers\n\n- `Tier 1` (Critical): all of it.\n- `Tier 2` (Low): a part.\n",
        "# FMEA guide\n\n## 3. Identify failure modes:\n   - List the functions.\n   - For each one list its failure modes.\n",
        "# Debt item\n\n## Risk Level\n\n- High\n- Medium\n- Low\n",
    ] {
        assert!(titles(none).is_empty(), "{none}");
    }
    assert_eq!(
        titles("# Technical debt\n\n* Test the overlay\n* Split the loader\n"),
        ["Test the overlay", "Split the loader"]
    );
}

#[test]
fn words_of_other_languages_may_carry_english_ones_in_brackets() {
    let arabic = "# سجل المخاطر\n\n| معرف (`Risk ID`) | الوصف (`Description`) | الاحتمالية (`Probability`) | التأثير (`Impact`) | المالِك (`Owner`) |\n|---|---|---|---|---|\n| **RSK-1** | **تغير النماذج** | منخفضة (`Low`) | حرج (`Critical`) | أحمد |\n";
    let register = read(arabic);
    let short = |noun| register.risks[0].field(noun).expect("is there").value.short();
    assert_eq!([short(register::FieldName::Likelihood), short(register::FieldName::Impact)], ["low", "critical"]);
    let chinese = "# 已知風險\n\n## R-01 · 停更\n\n| | |\n|---|---|\n| **現況** | 舊版 |\n\n## R-02 · 未驗證\n\n| | |\n|---|---|\n| **緩解中** | 實測 |\n";
    assert_eq!(titles(chinese), ["停更", "未驗證"]);
}

#[test]
fn ids_with_days_signs_of_status_and_german_letters_are_read() {
    let dated = "# Technical debt\n\n## Open\n\n### TD-5.1-20251205 - No tests\n\n- **Status:** 🟡 Open\n\n### TD-ORCH-20251207 - Few tests\n\n- **Status:** Open\n";
    assert_eq!(
        read(dated).risks.iter().map(|risk| risk.id.as_str()).collect::<Vec<_>>(),
        ["TD-5.1-20251205", "TD-ORCH-20251207"]
    );
    let signed = "# Failure modes\n\n### COMMISSION-1 — Placeholder keys can ship · **Open**\n\nThey can.\n\n### COMMISSION-2 — No check · **Accepted**\n\nNone.\n";
    assert_eq!(titles(signed), ["Placeholder keys can ship", "No check"]);
    assert_eq!(read(signed).risks[1].state.word(), "accepted");
    let german = read(
        "# Risikoliste\n\n| Nr. | Risiko | W | A | Status |\n|---|---|---|---|---|\n| R1 | Ausfall | mittel | hoch | beobachten |\n",
    );
    assert_eq!(german.risks[0].field(register::FieldName::Likelihood).expect("is there").value.short(), "medium");
}

#[test]
fn graded_entries_below_the_parts_of_a_list_of_risks_count_one_by_one() {
    let listed = "# Risks\n\n## Keys\n\n1. The key may leak and must be turned. Possiblity: Low\n\n## Links\n\n1. A link breaks the proof: Possibility: Middle\n\n2. A second holder links both. Possibility: High\n\n## Empty\n\n1. \n";
    let register = read(listed);
    let likelihood =
        |at: usize| register.risks[at].field(register::FieldName::Likelihood).map(|field| field.value.short());
    assert_eq!(register.risks.len(), 3);
    let expected = ["low", "medium", "high"].map(|level| Some(level.to_owned()));
    assert_eq!([likelihood(0), likelihood(1), likelihood(2)], expected);
    // Nothing is graded, or no heading says that the lone entry is a risk.
    assert!(titles(&listed.replace("Possib", "Poss. b")).is_empty());
    assert_eq!(titles(&listed.replace("# Risks", "# Notes")).len(), 2);
}

#[test]
fn a_misspelt_heading_is_known_where_only_one_word_is_near() {
    let rows = "| Risk | Probabilty | Imapct | Mitgation |\n|---|---|---|---|\n| Fire | Low | High | Alarm |\n";
    let register = read(&format!("# Risks\n\n{rows}"));
    let nouns: Vec<&str> = register.risks[0].fields.keys().map(|noun| noun.word()).collect();
    // A short word is as near to many others.
    assert_eq!(nouns, ["title", "likelihood", "mitigation"]);
}

#[test]
fn headings_about_what_shall_be_done_list_no_risks() {
    let table = "# Risk Register\n\n| ID | Risk | Impact | Owner |\n|---|---|---|---|\n| R-1 | Fire | High | ops |\n";
    let actions = "\n## Immediate actions (quick wins to reduce the highest risk)\n\n- Build an alarm. Owner: ops\n- Train the staff. Owner: hr\n";
    assert_eq!(titles(&format!("{table}{actions}")), ["Fire"]);
    let both = actions.replace("Immediate actions (quick wins to reduce the highest risk)", "Risks and actions");
    assert_eq!(titles(&format!("{table}{both}")).len(), 3);
    let guide = "# Risks\n\n## Adding and deleting a risk\n\n- Click on the button.\n- Enter a name.\n";
    assert!(titles(guide).is_empty());
}

#[test]
fn a_row_and_a_section_with_the_same_number_and_a_word_in_common_are_one() {
    let text = "# Riscos\n\n### 1. Risco de Liquidez (Investimento)\n\n**Descrição**: x\n\n**Mitigação**: y\n\n### 2. Risco Tecnológico\n\n**Descrição**: x\n\n**Mitigação**: y\n\n## Matriz\n\n| Risco | Probabilidade | Impacto |\n|---|---|---|\n| 1. Liquidez | Baixa | Médio |\n| 2. Tecnológico | Alta | Alto |\n";
    let register = read(text);
    let graded = |at: usize| register.risks[at].field(register::FieldName::Likelihood).map(|field| field.value.short());
    assert_eq!(register.risks.len(), 2);
    assert_eq!([graded(0), graded(1)], [Some("low".to_owned()), Some("high".to_owned())]);
    // The same number alone says nothing.
    let other = read(&text.replace("| 1. Liquidez", "| 1. Pessoal"));
    assert!(other.risks[0].field(register::FieldName::Likelihood).is_none());
}

#[test]
fn sentences_are_titles_and_versions_rungs_and_parts_are_none() {
    let prose = "# Environmental failure modes\n\n## Log collector gives up on a file that is not there\n\nIt stops.\n\n## A validator that passes on stale state\n\nIt passes.\n";
    assert_eq!(titles(prose).len(), 2);
    assert_eq!(titles(&prose.replace("A validator that passes on stale state", "Some mitigations")).len(), 0);
    let versions = "# Risks\n\n## R-1 Loss\n\n- **Status:** open\n\n## Log\n\n### v1.1.0 — 2026-05-14\n\n- **Impact:** none\n\n### v1.0.0 — 2026-05-01\n\n- **Impact:** none\n";
    assert_eq!(titles(versions), ["Loss"]);
    let rungs =
        "# Risk heat map\n\n- Impact 5 (Catastrophic): closure. Impact: high\n- Impact 1 (Low): a day. Impact: low\n";
    assert!(titles(rungs).is_empty());
}

#[test]
fn one_told_debt_is_a_list_of_one() {
    let text = "# Technical debt\n\nKnown shortcomings.\n\n## Sites that use the code of another application's models\n\nThey confuse.\n";
    assert_eq!(titles(text), ["Sites that use the code of another application's models"]);
    assert!(titles(&text.replace("# Technical debt", "# Architecture")).is_empty());
    assert!(titles(&text.replace("Sites that use", "How technical debt is kept in")).is_empty());
}

#[test]
fn pre_mortems_and_hungarian_are_read() {
    let polish = "# Pre-Mortem\n\n## 1. Brief jest za słaby\n\n### Objaw\n\n- złe taski\n\n### Zabezpieczenie\n\n- ostre wejście\n\n## 2. Testy są za słabe\n\n### Objaw\n\n- zła zmiana\n\n### Zabezpieczenie\n\n- smoke tests\n";
    assert_eq!(titles(polish), ["Brief jest za słaby", "Testy są za słabe"]);
    let hungarian = "# Projektkockázatok\n\n## 1. Mindent bele\n\n### Veszély\n\nSok.\n\n### Megelőzés\n\nKevés.\n\n## 2. Elveszett irány\n\n### Veszély\n\nNincs.\n\n### Megelőzés\n\nTerv.\n";
    assert_eq!(titles(hungarian), ["Mindent bele", "Elveszett irány"]);
}

#[test]
fn codes_behind_a_title_and_brackets_before_it_grade_it() {
    let coded = read(
        "# Riscos\n\n### RSK-01 — Loja rejeita · P3 I5 **E15** ⚠️\n\n**Mitigação:** x\n\n### RSK-02 — Fila · P1\n\n**Mitigação:** x\n",
    );
    use register::FieldName::{Impact, Level, Likelihood, Score};
    let text = |at: usize, noun| coded.risks[at].field(noun).map(|field| field.text.as_str());
    assert_eq!(coded.risks[0].title, "Loja rejeita");
    assert_eq!([text(0, Likelihood), text(0, Impact), text(0, Score)], [Some("3"), Some("5"), Some("15")]);
    assert_eq!((coded.risks[1].title.as_str(), text(1, Likelihood)), ("Fila · P1", None));
    let bracketed = read(
        "# 风险清单\n\n## 风险明细\n\n1. 【高】缓存错误\n   - 影响：统计错误\n   - 建议：重建\n\n2. 【低】日志丢失\n   - 影响：无\n   - 建议：忽略\n",
    );
    let levels: Vec<_> = bracketed
        .risks
        .iter()
        .map(|risk| (risk.title.as_str(), risk.field(Level).map(|field| field.value.short())))
        .collect();
    assert_eq!(levels, [("缓存错误", Some("high".to_owned())), ("日志丢失", Some("low".to_owned()))]);
}

#[test]
fn a_letter_of_a_priority_is_an_id_behind_the_word_risk() {
    let text =
        "# Risks\n\n### Risk P2: Slow previews\n\n**Impact:** Low\n\n### Risk T1: Old driver\n\n**Impact:** High\n";
    assert_eq!(read(text).risks.iter().map(|risk| risk.id.as_str()).collect::<Vec<_>>(), ["P2", "T1"]);
}

#[test]
fn a_label_that_nobody_knows_ends_the_value_before_it() {
    let text = "# Riscos\n\n### R1: Fila\n\n- **Prob:** Alta • **Imp:** 4 • **Prio:** Alta • **Cor:** azul\n";
    let register = read(text);
    let texts: Vec<&str> = register.risks[0].fields.values().map(|field| field.text.as_str()).collect();
    assert_eq!(texts, ["Alta", "4", "Alta"]);
}

#[test]
fn a_failure_mode_names_itself_where_no_component_has_two() {
    let rows = "# FMEA\n\n| Item | Failure mode | Effect | Severity |\n|---|---|---|---|\n| Motor | Rotor imbalance | wear | 7 |\n| Belt | Tension drift | slip | 6 |\n";
    assert_eq!(titles(rows), ["Rotor imbalance", "Tension drift"]);
    let same = rows.replace("Belt", "Motor");
    assert_eq!(titles(&same), ["Motor: Rotor imbalance", "Motor: Tension drift"]);
}

#[test]
fn tables_in_html_are_tables_and_no_edit_writes_into_them_what_they_are_not() {
    let text = "# Risks\n\n<table>\n<tr><th>ID</th><th>Category</th><th>Risk</th><th>Impact</th></tr>\n<tr><td>R-1</td><td rowspan=\"2\">Tech</td><td>Data <b>loss</b><br>at night</td><td>High</td></tr>\n\n<tr><td>R-2</td><td>Slow queries</td><td>Low</td></tr>\n</table>\n\n- after\n";
    assert_eq!(titles(text), ["Data loss at night", "Slow queries"]);
    let register = read(text);
    use register::FieldName::{Category, Impact};
    let category = register.risks[1].field(Category).expect("is handed down");
    assert_eq!(category.text, "Tech");
    let none = std::collections::BTreeMap::new();
    let edited = register::edit::set(&register, &none, "R-2", &[(Impact, "High".to_owned())]).expect("is one cell");
    assert_eq!(edited.text, text.replace("Low", "High"));
    assert!(register::edit::add(&register, &none, "Something new", None, &[]).is_err());
    assert!(titles(&text.replace("</table>", "")).is_empty());
    assert!(titles(&format!("```html\n{text}```\n")).is_empty());
}

#[test]
fn a_row_that_is_numbered_is_the_section_with_that_number_and_a_word_in_common() {
    let text = "# Riesgos\n\n| Prioridad | Riesgo | Impacto |\n|---|---|---|\n| 1 | El técnico pierde su cambio | Alto |\n| 2 | Se duplican incidencias | Medio |\n\n## Detalle\n\n### Riesgo 1 — Pérdida del técnico sin conexión\n\n- **Impacto:** Alto\n- **Probabilidad:** Media\n\n### Riesgo 2 — Incidencias dobles\n\n- **Impacto:** Medio\n- **Probabilidad:** Alta\n";
    assert_eq!(titles(text).len(), 2);
    assert_eq!(titles(&text.replace("Incidencias dobles", "Otra cosa")).len(), 3);
}

#[test]
fn beside_the_risks_of_a_log_its_issues_are_none_however_they_are_graded() {
    let text = "# RAID Log\n\n## Risks\n\n### R-001: License\n**Status**: open\n**Severity**: Low\n\n## Issues\n\n### I-001: Endpoint broken\n**Status**: open\n**Severity**: High\n\n## Assumptions\n\n| ID | Assumption | Impact |\n|---|---|---|\n| A-1 | Browsers are new | High |\n";
    assert_eq!(titles(text), ["License"]);
    assert_eq!(titles(&text.replace("## Issues", "## Threats")), ["License", "Endpoint broken"]);
}

#[test]
fn an_id_before_the_title_of_an_entry_ends_no_title() {
    let text =
        "# Risks\n\n- R-01: Pool saturates: at nine\n- R-02 — Disk fills - Mitigation: clean\n- R-03: Keys leak\n";
    let register = read(text);
    let named: Vec<_> = register.risks.iter().map(|risk| (risk.id.as_str(), risk.title.as_str())).collect();
    assert_eq!(named, [("R-01", "Pool saturates"), ("R-02", "Disk fills"), ("R-03", "Keys leak")]);
}

#[test]
fn one_bullet_with_an_id_is_a_list_of_one() {
    let text = "# Risk Log\n- R-0424-01: Pool saturates in the mornings\n- Mitigation: autoscale\n";
    assert_eq!(titles(text), ["Pool saturates in the mornings"]);
    assert!(titles(&text.replace("R-0424-01: ", "")).is_empty());
}

#[test]
fn lists_in_bold_beside_several_lists_of_risks_are_such_lists_too() {
    let links = "- **One stops.** It does.\n- **Two breaks.** It does.\n- **Three hangs.** It does.\n";
    let files = "- **A file is there.** Refused.\n- **A folder is full.** Refused.\n- **A disk is gone.** Refused.\n";
    let text = format!(
        "# How it goes wrong\n\n## Resolution failures\n\n{links}\n## Clobber risks\n\n{files}\n## Filesystem support\n\n- **Old disks.** They fill.\n\n## Next steps\n\n- **Build.** Soon.\n\n## Notes\n\n- Nothing.\n"
    );
    assert_eq!(titles(&text).len(), 7);
    assert_eq!(titles(&text.replace("Clobber risks", "Clobbering")).len(), 3);
}

#[test]
fn a_heading_that_could_head_a_list_is_a_risk_when_it_is_told_like_one() {
    let told =
        |title: &str| format!("## {title}\n\nRisk Level:\n\nHIGH\n\nDescription:\n\nIt grows.\n\nStatus:\n\nOPEN\n\n");
    let text = format!("# Software Risks\n\n{}{}", told("AI Costs"), told("Technical Debt"));
    assert_eq!(titles(&text), ["AI Costs", "Technical Debt"]);
    assert_eq!(
        titles(&text.replace("## Technical Debt\n\nRisk Level:\n\nHIGH\n\n", "## Technical Debt\n\n")),
        ["AI Costs"]
    );
}

#[test]
fn a_table_without_a_heading_lists_what_its_ids_name() {
    let text = "# Known risks\n\n## Rough edges\n\n| | |\n|---|---|\n| C1 | There is no dry run |\n| C2 | The shortcut is by hand |\n";
    assert_eq!(titles(text), ["There is no dry run", "The shortcut is by hand"]);
    assert!(titles(&text.replace("| C", "| STEP-")).is_empty());
}

#[test]
fn a_priority_code_grades_whatever_its_column_is_called() {
    let text = "# 风险清单\n\n| 风险 | 等级 | 控制 |\n|---|---|---|\n| 误报 | P0 | 门 |\n| 直推 | P1 | 分支 |\n";
    let register = read(text);
    let priority = |at: usize| register.risks[at].field(register::FieldName::Priority).map(|field| field.text.as_str());
    assert_eq!([priority(0), priority(1)], [Some("P0"), Some("P1")]);
    assert!(read(&text.replace("P0", "amt").replace("P1", "haus")).risks.is_empty());
}

#[test]
fn an_id_with_a_remark_is_that_id() {
    let text = "# Risks\n\n### RISK-O03 — Wrong research\n\n- **Impact**: High\n- **Status**: open\n\n## Accepted\n\n| ID | Risk | Owner |\n|---|---|---|\n| RISK-O03 (partial) | Wrong research action | Kim |\n";
    let register = read(text);
    assert_eq!(register.risks.iter().map(|risk| risk.id.as_str()).collect::<Vec<_>>(), ["RISK-O03"]);
    assert!(register.risks[0].field(register::FieldName::Owner).is_some());
}

#[test]
fn labels_behind_marks_and_headings_with_grades_belong_to_their_risk() {
    let text = "# Risks\n\n### R-01 — No sandbox · L: High · I: **Low**\n\nProse.\n\n### R-02 — Scope · L: all · I: High\n\nProse.\n";
    let register = read(text);
    use register::FieldName::{Impact, Likelihood};
    let grade = |at: usize, noun| register.risks[at].field(noun).map(|field| field.value.short());
    assert_eq!(register.risks[0].title, "No sandbox");
    assert_eq!([grade(0, Likelihood), grade(0, Impact)], [Some("high".to_owned()), Some("low".to_owned())]);
    assert_eq!(register.risks[1].title, "Scope · L: all · I: High");
    let headed = "# Top risks\n\n## Risk 1: Access control fails\n\n### Risk Level: **CRITICAL**\n- **Likelihood**: Medium\n- **Impact**: High\n\n### Mitigation\n\nTests.\n\n## Risk 2: Logs are lost\n\n### Risk Level: **LOW**\n- **Likelihood**: Low\n- **Impact**: Low\n\n### Mitigation\n\nCopies.\n";
    let register = read(headed);
    let read: Vec<_> = register
        .risks
        .iter()
        .map(|risk| (risk.title.as_str(), risk.field(Likelihood).map(|field| field.value.short())))
        .collect();
    assert_eq!(read, [("Access control fails", Some("medium".to_owned())), ("Logs are lost", Some("low".to_owned()))]);
}

#[test]
fn a_label_at_the_margin_behind_a_list_is_the_risks_own() {
    let text = "# 风险\n\n### R1: 依赖\n**影响：** 失效\n**缓解：**\n- 备份\n- 本地模型\n**状态：** 已关闭\n";
    let register = read(text);
    let status = |register: &register::Register| {
        register.risks[0].field(register::FieldName::Status).map(|field| field.text.clone())
    };
    assert_eq!(status(&register).as_deref(), Some("已关闭"));
    assert_eq!(status(&read(&text.replace("**状态", "  **状态"))), None);
}

#[test]
fn a_table_of_ids_adds_to_the_risks_it_names_and_lists_none() {
    let text = "# Risks\n\n| ID | Risk | Impact |\n|---|---|---|\n| R01 | Fire | High |\n| R02 | Flood | Low |\n\n## Tracking\n\n| Risk ID | Status | Last Reviewed |\n|---|---|---|\n| R01 | Closed | Week 0 |\n| R09 | Open | Week 0 |\n";
    let register = read(text);
    let states: Vec<_> = register.risks.iter().map(|risk| (risk.id.as_str(), risk.state.word())).collect();
    assert_eq!(states, [("R01", "closed"), ("R02", "open")]);
}

#[test]
fn a_processor_is_no_risk() {
    let text = "## Target layout\n\nProse about files.\n\n## Build the runtime\n\nProse about tools.\n";
    let source = text::Source::new("platform.md", format!("# A compiler on RISC OS\n\n{text}").as_str());
    assert!(register::read(&source, &std::collections::BTreeMap::new()).risks.is_empty());
}

#[test]
fn debt_may_be_listed_by_parts_when_every_list_names_it_in_bold() {
    let text = "# Deuda técnica\n\nTexto.\n\n## Cache\n\n1. **Lecturas sin cachear.**\n   Pesadas.\n\n2. **`assertAccess` sin cachear.**\n   También.\n\n## Privacidad\n\n3. **Campo sin uso.**\n   Existe.\n";
    assert_eq!(titles(text), ["Lecturas sin cachear.", "assertAccess sin cachear.", "Campo sin uso."]);
    assert!(titles(&text.replace("3. **Campo sin uso.**", "3. Campo sin uso.")).is_empty());
    assert!(titles(&text.replace("# Deuda técnica", "# Notas")).is_empty());
}

#[test]
fn a_fix_below_a_heading_makes_it_one_of_the_risks_told() {
    let text = "# Risques long terme — Structure\n\n## 🔴 Service Worker\n\nLe cache est ancien.\n\n**Fix recommandé :** un hash.\n\n## 🟡 Icône floue\n\nElle est floue.\n\n**Fix recommandé :** la source.\n\n## Priorités suggérées\n\n| Action | Priorité |\n|---|---|\n| Hash | Haute |\n";
    assert_eq!(titles(text).len(), 2);
    let template = "# RISKS\n\n## R-001 — TBD\n\n- Status: OPEN\n- Impact: UNKNOWN\n- Mitigation:\n";
    assert!(titles(template).is_empty());
    assert_eq!(titles(&template.replace("TBD", "Fire")), ["Fire"]);
}

#[test]
fn numbered_debt_below_headings_that_only_group_may_quote_code_first() {
    let text = "# Tech Debt — client\n\nTracked.\n\n## Bugs\n\n### 1. `missions.py:72` — Misleading literal\n```python\nprint(0)\n```\nIt prints.\n\n### 2. Retry passes a changed body\nIt does.\n\n## Robustness\n\n### 3. `a.py:6` — Redundant ternary\n```python\nx if x else None\n```\n";
    assert_eq!(titles(text).len(), 3);
    assert!(titles(&text.replace("# Tech Debt — client", "# Style guide")).is_empty());
}

#[test]
fn a_table_without_its_line_of_dashes_is_seen_as_one() {
    let text = " Risk ID | Description       | Likelihood | Impact\n         |                   |            |\n R1      | A member is away  | Medium     | High\n R2      | Links break       | Low        | Low\n";
    let register = read(text);
    let read: Vec<_> = register.risks.iter().map(|risk| (risk.id.as_str(), risk.title.as_str())).collect();
    assert_eq!(read, [("R1", "A member is away"), ("R2", "Links break")]);
    assert!(titles(&text.replace(" | Low\n", " Low\n")).is_empty());
    assert!(titles("a | b | c\nd | e | f\ng | h | i\n").is_empty());
}

#[test]
fn ids_without_a_mark_products_behind_a_dot_and_wrapped_values_are_read() {
    let text = "# Risks\n\n## R1 Liquidity vacuum\nIt dries up.\n\n## R2 Shock\nIt comes.\n";
    let ids: Vec<String> = read(text).risks.into_iter().map(|risk| risk.id).collect();
    assert_eq!(ids, ["R1", "R2"]);
    let scored =
        read("# Risks\n\n## RISK-04 — Order of events · **Impact 4 × Likelihood 5 = 20**\n\n- **Mitigation:** x\n");
    use register::FieldName::{Impact, Likelihood, Score};
    let text_of = |noun| scored.risks[0].field(noun).map(|field| field.text.as_str());
    assert_eq!(scored.risks[0].title, "Order of events");
    assert_eq!([text_of(Impact), text_of(Likelihood), text_of(Score)], [Some("4"), Some("5"), Some("20")]);
    let wrapped = "# Risks\n\n## R1 — Latency\n\n- **Probability:** **Medium** — only when many come, but that is\n  the success we want.\n- **Impact:** High\n  and that is bad.\n";
    let register = read(wrapped);
    let likelihood = register.risks[0].field(Likelihood).expect("is there");
    assert_eq!(
        (likelihood.value.level(), likelihood.text.ends_with("we want.")),
        (Some(register::Level::Medium), true)
    );
    let impact = register.risks[0].field(Impact).expect("is there");
    assert_eq!((impact.text.as_str(), impact.detail.is_some()), ("High", true));
}

#[test]
fn beside_a_word_for_detection_its_letter_is_the_grade() {
    let text = "# FMEA\n\n| Id | Failure mode | Effect | Detection | S | O | D | RPN |\n|---|---|---|---|---|---|---|---|\n| FM-01 | Tap is off | key stays down | `tap was off`, then (3) | 5 | 3 | 3 | 45 |\n| FM-02 | Tap stays off | dead | nothing | 5 | 2 | 4 | 41 |\n";
    let register = read(text);
    assert_eq!(register.risks[0].field(register::FieldName::Detection).map(|field| field.text.as_str()), Some("3"));
    let found = register::lint(&register, &register::RepositoryFacts::default());
    let scores: Vec<usize> =
        found.iter().filter(|problem| problem.rule == "score-mismatch").map(|problem| problem.line).collect();
    assert_eq!(scores, [6]);
}

#[test]
fn products_take_the_names_of_their_factors_from_the_text_above() {
    let text = "# Risks\n\nScoring: **Impact** (1–5) × **Likelihood** (1–5) = **Risk**.\n\n| ID | Risk | Score |\n|---|---|---|\n| R-1 | Scope | 4×3=12 |\n| R-2 | Time | 4×3=13 |\n\n### R-3 · Secrets leak (5 × 2 = **10**)\n\n**Mitigation:** none.\n";
    let register = read(text);
    use register::FieldName::{Impact, Likelihood};
    let pair =
        |at: usize| [Impact, Likelihood].map(|noun| register.risks[at].field(noun).map(|field| field.text.clone()));
    let both = |impact: &str, likelihood: &str| [Some(impact.to_owned()), Some(likelihood.to_owned())];
    assert_eq!([pair(0), pair(1), pair(2)], [both("4", "3"), [None, None], both("5", "2")]);
    let unnamed = read(&text.replace("Scoring: **Impact** (1–5) × **Likelihood** (1–5)", "Scoring: a × b"));
    assert!(unnamed.risks[0].field(Impact).is_none());
}

#[test]
fn rows_with_empty_lines_between_them_are_a_table() {
    let text = "\\# Risk Assessment\n\n\\## 2. Risk Register\n\n| ID | Risk | Likelihood | Impact |\n\n|---|---|---|---|\n\n| R-01 | Keys leak | High | Critical |\n\n| R-02 | Rights grow | Medium | High |\n\nEnd.\n";
    assert_eq!(titles(text), ["Keys leak", "Rights grow"]);
    assert!(titles(&text.replace("|---|---|---|---|\n\n", "")).is_empty());
}

#[test]
fn tables_of_debt_are_lists_of_it_by_topic_or_by_area() {
    let topics = "# Technical Debt and Hardening Notes\n\n## Current Candidates\n\n| Area | Topic | Why it matters | Suggested next step |\n|---|---|---|---|\n| API | Error handling | It fails. | Translate. |\n| API | Route coverage | It drifts. | Test. |\n";
    assert_eq!(titles(topics), ["Error handling", "Route coverage"]);
    let areas = "# Maintenance\n\n## Known debt\n\n| Area | Current state | Safe way to change it |\n|---|---|---|\n| Planner | 230 lines | Move them |\n| Schema | English | Slowly |\n";
    assert_eq!(titles(areas), ["Planner", "Schema"]);
    assert!(titles(&areas.replace("Known debt", "Modules")).is_empty());
}

#[test]
fn routes_of_an_interface_are_no_risks() {
    let text = "# Risks\n\n- `GET /risk/devices` lists.\n- `POST /risk/devices` adds.\n";
    assert!(titles(text).is_empty());
    assert_eq!(
        titles(
            &text
                .replace("`GET /risk/devices` lists", "Devices fail")
                .replace("`POST /risk/devices` adds", "Keys leak")
        )
        .len(),
        2
    );
}

#[test]
fn a_word_that_only_holds_the_name_of_a_processor_is_none() {
    for title in ["San Francisco risks", "Risc vital"] {
        let text = format!("# {title}\n\n- The fog comes\n- The bridge sways\n");
        let source = text::Source::new("list.md", text.as_str());
        assert_eq!(register::read(&source, &std::collections::BTreeMap::new()).risks.len(), 2, "{title}");
    }
}

#[test]
fn rows_of_a_table_in_html_may_be_longer_than_its_heading() {
    let rows = "<tr><td>C1</td><td>No dry run</td></tr><tr><td>C2</td><td>By hand</td></tr>";
    for heading in ["<tr></tr>", "<tr><th></th></tr>", "<tr><th></th><th></th><th></th></tr>"] {
        assert_eq!(
            titles(&format!("# Risks\n\n<table>{heading}{rows}</table>\n")),
            ["No dry run", "By hand"],
            "{heading}"
        );
    }
}
