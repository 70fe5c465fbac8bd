//! Documents of the kinds that the requirements were taken from, in small: what each of them states is read.

use expect_test::{Expect, expect};
use register::{FieldName, FieldValue, Kind};

use crate::{read, understood};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&understood(&read(text)));
}

const OVERVIEW: &str = "\
# 11. Risks and technical debt

## Overview

| ID | Risk | Impact | Probability | Priority |
|----|------|--------|-------------|----------|
| R-1 | Scheduler stops | High | Medium | High |
| R-2 | Registry is away | Medium | Low | Medium |
";

#[test]
fn an_overview_states_impact_probability_and_priority() {
    check(
        OVERVIEW,
        expect![[r#"
            levels
            R-1 [risk open] Scheduler stops @7 x1: id=R-1; title=Scheduler stops; likelihood=medium; impact=high; priority=high
            R-2 [risk open] Registry is away @8 x1: id=R-2; title=Registry is away; likelihood=low; impact=medium; priority=medium
        "#]],
    );
}

const DETAILS: &str = "
## Details

### R-1: Scheduler stops

**Description:**
Nothing is started any more.

**Impact:** High
- jobs wait
- nobody is told

**Probability:** Medium
- memory is short

**Mitigation Strategy:**
1. Restart it
2. Alert on its heartbeat:
   ```yaml
   for: 5m
   ```
3. Write the procedure down

**Status:** Partially mitigated (it is restarted, nobody is alerted)
";

#[test]
fn details_keep_their_reasons_their_order_and_why_the_status_is_so() {
    let register = read(&format!("{OVERVIEW}{DETAILS}"));
    let risk = register.find("R-1").expect("is listed");
    let below = |noun| {
        let detail = risk.statements(noun).find_map(|field| field.detail).expect("has reasons");
        register.source.slice(detail).to_owned()
    };
    assert_eq!(below(FieldName::Impact), "- jobs wait\n- nobody is told");
    assert_eq!(below(FieldName::Likelihood), "- memory is short");
    let steps = &risk.field(FieldName::Mitigation).expect("has steps").text;
    let places: Vec<_> = ["1. Restart", "2. Alert", "for: 5m", "3. Write"].map(|step| steps.find(step)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{steps}");
    let status = &risk.field(FieldName::Status).expect("has a status").value;
    assert!(
        matches!(status, FieldValue::Status { word, reason: Some(reason), .. }
            if word == "partially mitigated" && reason == "it is restarted, nobody is alerted"),
        "{status:?}"
    );
}

#[test]
fn technical_debt_is_an_entry_of_its_own_kind() {
    let debt = "
## Technical debt

### TD-1: Streaming is deferred

**Description:** Decided in ADR-0014.

**Impact:** Batches only.

**Mitigation:** Small batches.
";
    let register = read(&format!("{OVERVIEW}{debt}"));
    let entry = register.find("TD-1").expect("is an entry");
    assert_eq!((entry.kind, entry.title.as_str()), (Kind::Debt, "Streaming is deferred"));
    let said = |noun| entry.field(noun).map(|field| field.value.short());
    assert_eq!(said(FieldName::Description).as_deref(), Some("Decided in ADR-0014."));
    assert_eq!(said(FieldName::Mitigation).as_deref(), Some("Small batches."));
    assert_eq!(register.find("R-1").map(|risk| risk.kind), Some(Kind::Risk));
}

#[test]
fn a_playbook_states_levels_criteria_and_owners_of_each_risk() {
    let text = "\
# Risk playbook

## Identified risks

### High risks

#### H1: Index is damaged by an update

**Description**: An update stops halfway.

**Impact**: High - a rebuild takes a day
**Likelihood**: Low-Medium - updates are short
**Risk Level**: **MEDIUM-HIGH**

**Mitigation Strategy**:
- [ ] **Swap**:
  - build aside
  - swap at once
- [x] **Flag**: off by default

**Acceptance Criteria**:
- no damage in 1000 updates

**Owner**: Phase 1 - index; all phases - tests

## Risk register

| ID | Risk | Level | Status | Mitigation Progress | Owner |
|----|------|-------|--------|---------------------|-------|
| H1 | Index damage | MEDIUM-HIGH | Open | 40% | Phase 1 |
";
    check(
        text,
        expect![[r#"
            levels
            H1 [risk open] Index is damaged by an update @7 x2: id=H1; title=Index damage; description=An update stops halfway.; likelihood=low-medium; impact=high; level=medium-high; status=open; owner=Phase 1 - index, all phases - tests; mitigation=- [ ] Swap: - build aside - swap at once - [x] Flag: off by default; acceptance_criteria=- no damage in 1000 updates
        "#]],
    );
}

const RANKED: &str = "\
# Engineering risks

## Top 2 technical risks

### 1. Table grows too large
**Severity:** HIGH
**Likelihood:** HIGH (at 10K users)
**Impact:** slow pages

**Current Mitigation:**
- ✅ an index (already exists)
- ⚠️ **Missing:** partitions

**Proposed Mitigations (1-3 Months):**
1. **Partition it** (HIGH priority)
   - **Effort:** MEDIUM

**Timeline:** Before 10K users

### 2. Vendor is down
**Severity:** MEDIUM
**Likelihood:** LOW
**Impact:** broken integrations

## Additional risks

### 3. Costs grow
**Severity:** LOW
**Likelihood:** MEDIUM
**Impact:** no margin
";

#[test]
fn ranked_risks_and_additional_ones_are_one_list_in_their_order() {
    let register = read(RANKED);
    let titles: Vec<&str> = register.risks.iter().map(|risk| risk.title.as_str()).collect();
    assert_eq!(titles, ["Table grows too large", "Vendor is down", "Costs grow"]);
    assert_eq!(register.find("2").map(|risk| risk.title.as_str()), Some("Vendor is down"));
}

#[test]
fn a_prioritization_matrix_adds_what_it_states_to_the_risks_above() {
    let matrix = "
## Prioritization matrix

| Risk | Severity | Likelihood | Priority | Timeline |
|------|----------|------------|----------|----------|
| Table grows | HIGH | HIGH | HIGH | Before 10K users |
| Vendor is down | MEDIUM | LOW | MEDIUM | Before launch |
";
    check(
        &format!("{RANKED}{matrix}"),
        expect![[r#"
            levels
            table-grows-too-large [risk open] Table grows too large @5 x2: title=Table grows; likelihood=high; impact=slow pages; severity=high; priority=high; existing_guardrail=- ✅ an index (already exists) - ⚠️ Missing: partitions; planned=1. Partition it (HIGH priority) - Effort: MEDIUM; timeline=Before 10K users
            vendor-is-down [risk open] Vendor is down @20 x2: title=Vendor is down; likelihood=low; impact=broken integrations; severity=medium; priority=medium; timeline=Before launch
            costs-grow [risk open] Costs grow @27 x1: likelihood=medium; impact=no margin; severity=low
        "#]],
    );
}

#[test]
fn what_cannot_be_tested_says_why() {
    let text = "\
# Risks

### SEC-2 - Traffic is plain
- Risk: it can be read on the wire
- Testing: N/A (bounded by policy)

### SEC-3 - Key leaks
- Risk: it can be used
- Testing: -
";
    let register = read(text);
    let testing = |id| register.find(id).and_then(|risk| risk.field(FieldName::Testing)).map(|field| &field.value);
    let reason = Some("bounded by policy".to_owned());
    assert_eq!(testing("SEC-2"), Some(&FieldValue::Nothing { reason }));
    assert_eq!(testing("SEC-3"), Some(&FieldValue::Nothing { reason: None }));
}
