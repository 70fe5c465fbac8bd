//! The shapes in which registers are written.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use register::{FieldName, State};
use text::Source;

use crate::{read, understood};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&understood(&read(text)));
}

#[test]
fn what_shall_be_done_next_is_no_risk() {
    check(
        "# Risks\n\n- **Data loss** (H): the disk dies\n- **Slow disk** (M): everything waits\n\n## 3. Next steps\n\n- **Replicate the disk** (M)\n- **Buy a faster disk** (S)\n",
        expect![[r#"
            levels
            data-loss [risk open] Data loss @3 x1: description=(H): the disk dies; level=high
            slow-disk [risk open] Slow disk @4 x1: description=(M): everything waits; level=medium
        "#]],
    );
}

#[test]
fn a_flat_table_has_one_risk_a_row() {
    let text = "\
# Risk register

| ID | Risk | Likelihood | Impact | Score | Status | Owner | Mitigation |
|----|------|:----------:|--------|-------|--------|-------|------------|
| R-1 | Queue fills up | 2 | 3 | 6 | Open | sre | Bound it |
| **R-2** | [Key](x.md) leaks | 1 | 3 | 3 | Accepted (until 2027) | security, legal | - |
| ~~R-3~~ | ~~Old node~~ | 1 | 1 | 1 | | | |
| **Total** | 3 | | | | | | |
";
    check(
        text,
        expect![[r#"
            bmad
            R-1 [risk open] Queue fills up @5 x1: id=R-1; title=Queue fills up; likelihood=2; impact=3; score=6; status=open; owner=sre; mitigation=Bound it
            R-2 [risk accepted] Key leaks @6 x1: id=R-2; title=Key leaks; likelihood=1; impact=3; score=3; status=accepted; owner=security, legal; mitigation=
            R-3 [risk closed] Old node @7 x1: id=R-3; title=Old node; likelihood=1; impact=1; score=1; status=; owner=; mitigation=
        "#]],
    );
}

#[test]
fn a_summary_table_and_its_details_are_one_risk() {
    let text = "\
# Risks

| ID | Risk | Impact | Probability |
|---|---|---|---|
| R-1 | Worker stops | High | Medium |
| R-2 | Slow disk | Low | Low |

## Details

### R-1: Worker stops without notice

**Description:**
Jobs wait.

**Impact:** High
- nothing runs
- nobody sees it

**Mitigation Strategy:**
1. restart it
   - **Owner:** nobody reads this label
2. watch it

**Status:** Partially mitigated (restart exists, alert does not)
";
    let register = read(text);
    expect![[r#"
        levels
        R-1 [risk open] Worker stops @5 x2: id=R-1; title=Worker stops; description=Jobs wait.; likelihood=medium; impact=high; status=open; mitigation=1. restart it - Owner: nobody reads this label 2. watch it
        R-2 [risk open] Slow disk @6 x1: id=R-2; title=Slow disk; likelihood=low; impact=low
    "#]]
    .assert_eq(&understood(&register));
    let risk = register.find("R-1").expect("is listed");
    assert_eq!(risk.score_bmad(), Some(6));
    let impacts: Vec<_> = risk.statements(FieldName::Impact).map(|field| field.line).collect();
    assert_eq!(impacts, [5, 15]);
    let detail = risk.repeated[0].1.detail.expect("has reasons");
    assert_eq!(register.source.slice(detail), "- nothing runs\n- nobody sees it");
}

#[test]
fn sections_without_ids_are_named_by_their_titles() {
    let text = "\
# Engineering risks

**Status:** Draft
**Owner:** the founders

### 1. Table grows too large
**Severity:** HIGH  \n**Likelihood:** HIGH (at 10K users)  \n**Impact:** slow pages

**Current Mitigation:**
- indexes

**Proposed Mitigations (1-3 Months):**
1. **Partition it** (HIGH priority)
   - **Effort:** MEDIUM

### 2. Vendor is down
**Severity:** Low | **Likelihood:** Low

## Matrix

| Risk | Severity | Likelihood | Priority |
|---|---|---|---|
| Table grows | HIGH | HIGH | P0 |
| Vendor is down | LOW | LOW | P2 |
";
    check(
        text,
        expect![[r#"
            levels
            table-grows-too-large [risk open] Table grows too large @6 x2: title=Table grows; likelihood=high; impact=slow pages; severity=high; priority=P0; existing_guardrail=- indexes; planned=1. Partition it (HIGH priority) - Effort: MEDIUM
            vendor-is-down [risk open] Vendor is down @18 x2: title=Vendor is down; likelihood=low; severity=low; priority=P2
        "#]],
    );
}

#[test]
fn a_component_matrix_gives_failure_modes_and_takes_their_scenarios() {
    let text = "\
# Failure propagation

| Component | Failure Mode | Blast Radius | Current Guardrail | Proposed Guardrail | Effort | Priority |
|---|---|---|---|---|---|---|
| **Main DB** | Pool exhausted | all requests | `size=10` | breaker | M | P0 |
| **Main DB** | Unavailable | all requests | None | replica | L | P1 |
| Sign in | Token expiry | one user | 30 min | - | - | - |

### Scenario 1: Main DB pool exhausted
```
pool
  → all requests fail
```
**Mitigation Chain:**
1. breaker opens
2. answer 503

### Scenario 2: Moon falls down
**Mitigation Chain:**
1. none
";
    let register = read(text);
    expect![[r#"
        priorities
        main-db-pool-exhausted [mode open] Main DB: Pool exhausted @5 x2: component=Main DB; failure_mode=Pool exhausted; blast_radius=all requests; priority=P0; mitigation=1. breaker opens 2. answer 503; existing_guardrail=size=10; planned=breaker; effort=M
        main-db-unavailable [mode open] Main DB: Unavailable @6 x1: component=Main DB; failure_mode=Unavailable; blast_radius=all requests; priority=P1; existing_guardrail=; planned=replica; effort=L
        sign-in-token-expiry [mode open] Sign in: Token expiry @7 x1: component=Sign in; failure_mode=Token expiry; blast_radius=one user; priority=; existing_guardrail=30 min; planned=; effort=
    "#]]
    .assert_eq(&understood(&register));
    assert_eq!(register.loose.iter().map(|loose| loose.title.as_str()).collect::<Vec<_>>(), ["Moon falls down"]);
}

#[test]
fn an_fmea_is_read_by_its_letters() {
    let text = "\
| Item | Failure Mode | Effect | S | O | D | RPN |
|---|---|---|---|---|---|---|
| Pump | Leaks | flood | 8 | 3 | 4 | 96 |
";
    check(
        text,
        expect![[r#"
            fmea
            pump-leaks [mode open] Pump: Leaks @3 x1: component=Pump; failure_mode=Leaks; effect=flood; likelihood=3; severity=8; detection=4; score=96
        "#]],
    );
}

#[test]
fn headings_carry_ids_scores_and_plain_labels() {
    let text = "\
# Profile

| Risk ID | Category | Description | Prob | Impact | Score |
|---|---|---|---|---|---|
| SEC-001 | Security | Any pod reaches the cache | 2 | 3 | 6 |

### SEC-001 — No network policy (Score 6)
- Risk: lateral movement
- Mitigation: deny by default; allow `apps`
- Testing: N/A (policy only)
";
    check(
        text,
        expect![[r#"
            bmad
            SEC-001 [risk open] No network policy @5 x2: id=SEC-001; category=Security; description=Any pod reaches the cache; likelihood=2; impact=3; score=6; mitigation=deny by default; allow apps; testing=
        "#]],
    );
}

#[test]
fn a_section_may_hold_a_table_of_labels() {
    let text = "\
# Risks

### Data is lost on failover

| Field | Value |
|---|---|
| **ID** | OPS-7 |
| Likelihood | Low |
| Impact | High |
| Owner | platform |

### Keys are guessed

| ID | SEC-9 |
|---|---|
| Likelihood | High |
| Impact | High |
";
    check(
        text,
        expect![[r#"
            levels
            OPS-7 [risk open] Data is lost on failover @3 x1: id=OPS-7; likelihood=low; impact=high; owner=platform
            SEC-9 [risk open] Keys are guessed @12 x1: id=SEC-9; likelihood=high; impact=high
        "#]],
    );
}

#[test]
fn nested_lists_and_deeper_headings_hold_fields() {
    let text = "\
# Known risks

- **R-1: Disk fills up**
  - Likelihood: High
  - Impact: Medium
  - Mitigation: rotate logs
- **R-2: Clock drifts**
  - Likelihood: Low
  - Impact: Low

## R-3: Leader is lost

#### Impact

High

#### Mitigation

- elect another
- alert
";
    check(
        text,
        expect![[r#"
            levels
            R-1 [risk open] Disk fills up @3 x1: likelihood=high; impact=medium; mitigation=rotate logs
            R-2 [risk open] Clock drifts @7 x1: likelihood=low; impact=low
            R-3 [risk open] Leader is lost @11 x1: impact=high; mitigation=- elect another - alert
        "#]],
    );
}

#[test]
fn other_languages_are_words_in_a_table() {
    let text = "\
# Risiken

| Nr | Risiko | Eintrittswahrscheinlichkeit | Auswirkung | Maßnahme | Verantwortlich | Status |
|---|---|---|---|---|---|---|
| R1 | Ausfall der Datenbank | mittel | hoch | Replikat | Betrieb | geschlossen |

| Risque | Probabilité | Gravité | Propriétaire |
|---|---|---|---|
| Perte de données | faible | élevée | Équipe A |

| Riesgo | Probabilidad | Impacto | Dueño |
|---|---|---|---|
| Fuga de claves | baja | alto | Ana |
";
    check(
        text,
        expect![[r#"
            levels
            R1 [risk closed] Ausfall der Datenbank @5 x1: id=R1; title=Ausfall der Datenbank; likelihood=medium; impact=high; status=closed; owner=Betrieb; mitigation=Replikat
            perte-de-donnees [risk open] Perte de données @9 x1: title=Perte de données; likelihood=low; severity=high; owner=Équipe A
            fuga-de-claves [risk open] Fuga de claves @13 x1: title=Fuga de claves; likelihood=low; impact=high; owner=Ana
        "#]],
    );
}

#[test]
fn an_unknown_dialect_is_named_by_aliases() {
    let text = "| Was | Wie schlimm |\n|---|---|\n| Brand | hoch |\n";
    assert!(read(text).risks.is_empty());
    let columns =
        BTreeMap::from([("Was".to_owned(), "title".to_owned()), ("wie schlimm".to_owned(), "impact".to_owned())]);
    let register = register::read(&Source::new("a.md", text), &columns);
    assert_eq!(understood(&register), "levels\nbrand [risk open] Brand @3 x1: title=Brand; impact=high\n");
}

#[test]
fn what_only_looks_like_a_risk_is_none() {
    for text in [
        "# Risks\n\n| Level | Impact | Likelihood | Response |\n|---|---|---|---|\n| **Critical** | outage | any | now |\n| Low | bug | low | later |\n",
        "# Risks\n\n| Score | Risk | Action |\n|---|---|---|\n| 9 | Critical | stop |\n| 1-3 | Low | go on |\n",
        "# Risks\n\n| Metric | Target | Alert | Critical |\n|---|---|---|---|\n| errors | <2% | >5% | >10% |\n",
        "# Risks\n\n| Month | Risk | Action |\n|---|---|---|\n| 1 | disks | buy |\n",
        "# Risks\n\n| Date | Version | Author |\n|---|---|---|\n| 2025-01-01 | 1 | me |\n",
        "# Risks\n\n| Likelihood \\ Impact | Low | High |\n|---|---|---|\n| Low | 1 | 3 |\n| High | 3 | 9 |\n",
        "# Risks\n\n### [Risk title]\n\n**Likelihood:** Low / Medium / High\n**Impact:** Low / Medium / High\n",
        "# Risks\n\n### R-XXX: <title>\n\n**Likelihood:** Low\n**Impact:** High\n",
        "# Risks\n\n## Template\n\n### R-1: Name it\n\n**Likelihood:** Low\n**Impact:** High\n",
        "# Risks\n\n| ID | Risk | Impact |\n|---|---|---|\n| R-XXX | <risk> | High |\n",
        "# Risks\n\n```\n| ID | Risk | Impact |\n|---|---|---|\n| R-1 | x | High |\n```\n",
        "# Plan\n\n### Feature\n\n**Owner:** me\n**Status:** open\n**Priority:** High\n",
        "# Decisions\n\n### ADR-7: Queues\n\n**Status:** Accepted\n**Impact:** High\n",
        "# Backlog\n\n| Item | Priority | Owner |\n|---|---|---|\n| Buy | P1 | me |\n",
    ] {
        assert!(read(text).risks.is_empty(), "{text}\n{}", understood(&read(text)));
    }
}

#[test]
fn machine_text_is_never_read_as_a_statement() {
    let machine = "<!-- seaworthy:status -->\n\n| ID | Risk | Status |\n|---|---|---|\n| R-1 | Crash | Closed |\n\n<!-- /seaworthy:status -->\n";
    let register =
        read(&format!("# Risks\n\n{machine}\n| ID | Risk | Status |\n|---|---|---|\n| R-1 | Crash | Open |\n"));
    assert_eq!(register.risks.len(), 1);
    assert_eq!((register.risks[0].state, register.risks[0].line), (State::Open, 13));
}

#[test]
fn mitigated_is_not_closed_and_a_heading_may_close() {
    let text = "\
# Risks

| ID | Risk | Status |
|---|---|---|
| R-1 | a b | Mitigated |
| R-2 | c d | ✅ |

## Closed risks

| ID | Risk | Impact |
|---|---|---|
| R-3 | e f | High |
";
    let states: Vec<State> = read(text).risks.iter().map(|risk| risk.state).collect();
    assert_eq!(states, [State::Mitigated, State::Open, State::Closed]);
}

#[test]
fn rows_numbered_from_one_in_two_tables_stay_apart() {
    let table = |title: &str| format!("| # | Risk | Impact |\n|---|---|---|\n| 1 | {title} | High |\n\n");
    let register = read(&format!("# Risks\n\n{}## More\n\n{}", table("Disk is full"), table("Key is lost")));
    assert_eq!(register.risks.iter().map(|risk| risk.id.as_str()).collect::<Vec<_>>(), ["1", "key-is-lost"]);
    assert_eq!(register.find("disk-is-full").map(|risk| risk.line), Some(5));
}

#[test]
fn equal_titles_get_names_of_their_own() {
    let register = read("| Risk | Impact |\n|---|---|\n| Loss | High |\n| Loss | Low |\n| loss-2 | Low |\n");
    assert_eq!(register.risks.iter().map(|risk| risk.id.as_str()).collect::<Vec<_>>(), ["loss", "loss-2", "loss-2-2"]);
}

#[test]
fn an_id_that_cannot_name_claims_becomes_an_alias() {
    let register = read("| ID | Risk | Impact |\n|---|---|---|\n| OPS/7 | Disk is full | High |\n");
    let risk = &register.risks[0];
    assert_eq!((risk.id.as_str(), risk.id_is_written), ("disk-is-full", false));
    assert_eq!(register.find("ops/7").map(|risk| risk.id.as_str()), Some("disk-is-full"));
}

#[test]
fn a_score_needs_a_scale_of_three() {
    let score = |table: &str| read(table).risks[0].score_bmad();
    assert_eq!(score("| ID | Risk | Prob | Impact |\n|---|---|---|---|\n| R-1 | x y | 2 | 3 |\n"), Some(6));
    assert_eq!(
        score("| ID | Risk | Prob | Impact |\n|---|---|---|---|\n| R-1 | x y | 2 | 3 |\n| R-2 | z | 5 | 1 |\n"),
        None
    );
    assert_eq!(score("| ID | Risk | Prob (1-5) | Impact (1-5) |\n|---|---|---|---|\n| R-1 | x y | 2 | 3 |\n"), None);
    assert_eq!(
        score("| ID | Risk | Prob | Impact |\n|---|---|---|---|\n| R-1 | x y | Low-Medium | Critical |\n"),
        Some(6)
    );
    assert_eq!(score("| ID | Risk | Prob | Impact |\n|---|---|---|---|\n| R-1 | x y | Low | data is lost |\n"), None);
}

#[test]
fn files_that_hold_registers_are_named() {
    assert!(register::find_names().contains(&"docs/RISK_REGISTER.md"));
    assert!(register::find_names().iter().all(|name| name.ends_with(".md") && !name.starts_with('/')));
}

#[test]
fn scales_and_closed_lists_around_the_risks_are_told_apart() {
    let text = "\
# Risk register

### Probability scale
| Level | Probability | Description |
|---|---|---|
| 1 | Very Low | < 10% |
| 2 | Low | 10-25% |
| 3 | High | > 25% |

### Impact scale
| Level | Description |
|---|---|
| 1 | nothing happens |
| 2 | a delay |

## Technical risks

| ID | Technical risk | P | I | Score | Status |
|---|---|---|---|---|---|
| T01 | One vendor only | 3 | 2 | 6 | Monitoring |

#### T01: One vendor only
```
Description:  everything runs there
Probability:  High (3)
Owner: Lead
Mitigation Strategies:
1. watch it
2. plan a move
Review Date: monthly
```

## Closed risks

| ID | Risk | Closure date | Outcome |
|---|---|---|---|
| T08 | First rollout | Nov | tested |

## New risks

| ID | Risk | Found | Score |
|---|---|---|---|
| - | No new risks | - | - |
";
    let register = read(text);
    expect![[r#"
        bmad
        T01 [risk watch] One vendor only @20 x2: id=T01; title=One vendor only; description=everything runs there; likelihood=3; impact=2; score=6; status=watch; owner=Lead; mitigation=1. watch it 2. plan a move Review Date: monthly
        T08 [risk closed] First rollout @37 x1: id=T08; title=First rollout
    "#]]
    .assert_eq(&understood(&register));
    let scales: Vec<_> = register.scales.iter().map(|scale| (scale.of, scale.numbers)).collect();
    assert_eq!(scales, [(FieldName::Likelihood, Some((1, 3))), (FieldName::Impact, Some((1, 2)))]);
}

#[test]
fn a_file_may_be_one_risk() {
    let text = "# R-7: Certificate expires\n\n**Likelihood:** High\n**Impact:** High\n**Owner:** platform\n";
    check(
        text,
        expect![[r#"
            levels
            R-7 [risk open] Certificate expires @1 x1: likelihood=high; impact=high; owner=platform
        "#]],
    );
}

#[test]
fn a_closed_word_with_a_doubt_closes_nothing() {
    let row = |status: &str| format!("| ID | Risk | Status |\n|---|---|---|\n| R-1 | Disk is full | {status} |\n");
    for status in
        ["Closed - not verified", "Closed/Reopened", "closed?", "Resolved once tested", "Mitigated", "✅", "100%"]
    {
        assert_ne!(read(&row(status)).risks[0].state, State::Closed, "{status}");
    }
    let partly = "| ID | Risk | Status |\n|---|---|---|\n| R-1 | ~~Disk~~ is full | |\n";
    assert_eq!(read(partly).risks[0].state, State::Open);
}

#[test]
fn a_summary_of_risks_is_not_a_risk_although_it_names_one() {
    let text = "# Profile\n\n## Summary (risk_summary)\n\n```yaml\nrisk_summary:\n  highest:\n    id: SEC-1\n    score: 6\n    title: 'Cache is open'\n```\n\n| Risk ID | Description | Prob | Impact | Score |\n| --- | --- | --- | --- | --- |\n| SEC-1 | Cache is open to all | 2 | 3 | 6 |\n";
    let register = register::read(&text::Source::new("p.md", text), &std::collections::BTreeMap::new());
    let found: Vec<(&str, &str, usize)> =
        register.risks.iter().map(|risk| (risk.id.as_str(), risk.title.as_str(), risk.line)).collect();
    assert_eq!(found, [("SEC-1", "Cache is open to all", 15)]);
}
