//! Statements that can be held to, and sentences that state nothing.

use register::{StatedAs, stated};

use crate::read;

fn found(text: &str) -> Vec<(StatedAs, String)> {
    stated(&read(text)).into_iter().map(|stated| (stated.how, stated.text)).collect()
}

#[test]
fn guardrails_tests_criteria_and_a_status_with_its_reason_are_statements() {
    let text = "\
# Risks

### R-1: Importer stalls
**Impact:** High
**Current Mitigation:**
- Watchdog restarts it after 5 minutes
- ⚠️ **Missing:** alert

**Mitigation:**
1. Back off
2. Queue limit (already exists in `importer/queue.py`)

**Acceptance Criteria:**
- No stall in 24 hours
- Backlog below 100

**Testing:** kill the importer, the backlog drains
**Status:** Partially mitigated (watchdog deployed, no alert)

### R-2: Nothing is done
**Impact:** Low
**Current Mitigation:** None
**Status:** Open
";
    assert_eq!(
        found(text),
        [
            (StatedAs::Guardrail, "Watchdog restarts it after 5 minutes".to_owned()),
            (StatedAs::Already, "Queue limit (already exists in importer/queue.py)".to_owned()),
            (StatedAs::Criterion, "No stall in 24 hours".to_owned()),
            (StatedAs::Criterion, "Backlog below 100".to_owned()),
            (StatedAs::Test, "kill the importer, the backlog drains".to_owned()),
            (StatedAs::Status, "Partially mitigated (watchdog deployed, no alert)".to_owned()),
        ]
    );
}

#[test]
fn a_cell_is_one_statement_and_an_empty_one_is_none() {
    let text = "\
| Component | Failure mode | Impact | Current guardrail | Proposed guardrail |
|---|---|---|---|---|
| Mailer | stops | High | retry 3 times, then dead letters | alert |
| Cache | stale | Low | - | expiry |
| Search | slow | Low | None | already implemented somewhere |
";
    assert_eq!(
        found(text),
        [
            (StatedAs::Guardrail, "retry 3 times, then dead letters".to_owned()),
            (StatedAs::Already, "already implemented somewhere".to_owned()),
        ]
    );
}

#[test]
fn every_statement_stands_where_it_says() {
    let text = "# Risks\n\n### R-1: x y\n**Impact:** High\n**Testing:**\n- one test\n  - nested words\n- another one\n";
    let register = read(text);
    let all = stated(&register);
    assert_eq!(all.iter().map(|stated| stated.line).collect::<Vec<_>>(), [6, 8]);
    assert!(all.iter().all(|stated| register.source.slice(stated.span) == stated.text));
    assert!(all.iter().all(|stated| stated.risk == Some(0)));
}
