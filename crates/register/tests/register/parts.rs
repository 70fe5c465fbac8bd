//! What a register holds besides its risks, each read into a type of its own.

use register::parts::{DatedAs, Mark, Promise};
use register::{FieldName, Register};

use crate::read;

/// A register with one risk and what is added below it.
fn with(below: &str) -> Register {
    let register = read(&format!("# Risks\n\n### R-1: Index lost\n**Impact:** High\n**Likelihood:** Low\n\n{below}\n"));
    assert_eq!(register.risks.len(), 1, "{below}");
    register
}

fn texts<'t>(all: impl Iterator<Item = &'t String>) -> Vec<&'t str> {
    all.map(String::as_str).collect()
}

#[test]
fn a_checklist_knows_what_is_done_and_whose_it_is() {
    let register =
        with("**Mitigation Strategy:**\n\n- [x] Rebuild job\n- [ ] Alert\n  - [ ] page the owner\n\n- ✅ Backup\n");
    let tasks = &register.parts.tasks;
    assert_eq!(texts(tasks.iter().map(|task| &task.text)), ["Rebuild job", "Alert", "page the owner", "Backup"]);
    let done: Vec<bool> = tasks.iter().map(|task| task.mark == Mark::Done).collect();
    assert_eq!(done, [true, false, false, true]);
    assert!(tasks.iter().all(|task| task.risk == Some(0)));
}

#[test]
fn criteria_and_tests_are_read_one_by_one() {
    let register = with(
        "**Acceptance Criteria:**\n- p95 < 200 ms\n- no lost row in 1000 runs\n\n**Testing:** kill the node; restore the copy\n",
    );
    assert_eq!(
        texts(register.parts.criteria.iter().map(|one| &one.text)),
        ["p95 < 200 ms", "no lost row in 1000 runs"]
    );
    assert_eq!(texts(register.parts.tests.iter().map(|one| &one.text)), ["kill the node", "restore the copy"]);
}

#[test]
fn a_metric_has_target_alert_and_critical_bounds() {
    let register = with(
        "## Monitoring\n\n| Metric | Target | Alert | Critical |\n|---|---|---|---|\n| Error rate | <1% | >2% | >5% |\n",
    );
    let metric = &register.parts.metrics[0];
    let bound = |threshold: &Option<register::parts::Threshold>| {
        let bound = threshold.as_ref().and_then(|threshold| threshold.bound).expect("is a bound");
        (bound.is_upper, bound.value)
    };
    assert_eq!(metric.name, "Error rate");
    assert_eq!(
        [bound(&metric.target), bound(&metric.alert), bound(&metric.critical)].map(|(_, value)| value),
        [0.01, 0.02, 0.05]
    );
    assert!(bound(&metric.target).0 && !bound(&metric.alert).0);
}

#[test]
fn chains_and_flows_keep_their_steps_and_marks() {
    let register = with(
        "## Scenarios\n\n### Scenario 1: Index lost\n```\nIndex lost\n  → searches fail\n  → users leave\n```\n\n**Mitigation chain:**\n1. Rebuild\n2. Tell\n\n### Checkout flow\n```\nShop → POST /order\n  → [SPOF] Payment\n  → Mail (async)\n```\n**Fallback:** None\n",
    );
    let scenario = &register.parts.scenarios[0];
    assert_eq!(texts(scenario.chain.iter().map(|(text, _)| text)), ["Index lost", "searches fail", "users leave"]);
    assert_eq!(texts(scenario.mitigation.iter().map(|(text, _)| text)), ["Rebuild", "Tell"]);
    let flow = register.parts.flows.iter().find(|flow| flow.title.contains("Checkout")).expect("is a flow");
    assert!(flow.steps.iter().any(|step| step.is_spof && step.text.contains("Payment")));
    assert!(flow.steps.iter().any(|step| step.is_async && step.text.contains("Mail")));
    assert_eq!(flow.fallback.as_ref().map(|(text, _)| text.as_str()), Some("None"));
}

#[test]
fn a_component_beside_a_subsystem_is_the_component() {
    let register = read(
        "## Failure modes\n\n| Subsystem | Component | How it fails | Priority |\n|---|---|---|---|\n| Shop | Stripe | Down | P0 |\n| Shop | Search | Slow | P1 |\n",
    );
    let component = |at: usize| register.risks[at].field(FieldName::Component).map(|field| field.text.as_str());
    assert_eq!((component(0), component(1)), (Some("Stripe"), Some("Search")));
}

#[test]
fn a_chain_may_stand_in_one_line() {
    let register = with(
        "## Flows\n\n### Login flow\n```\nWeb → API → [SPOF] Auth → DB\n```\n\n### Odd flow\n```\nlet a = b => c => (d);\n```\n",
    );
    let flows = &register.parts.flows;
    assert_eq!(flows.len(), 1, "{flows:?}");
    assert_eq!(texts(flows[0].steps.iter().map(|step| &step.text)), ["Web", "API", "Auth", "DB"]);
    assert_eq!(flows[0].steps.iter().map(|step| step.is_spof).collect::<Vec<_>>(), [false, false, true, false]);
}

#[test]
fn plans_have_periods_and_emergencies_have_windows() {
    let register = with(
        "## Roadmap\n\n### Month 1-2\n- [x] Rebuild job\n- Alert\n\n### Month 3\n\n## Emergency response\n\n### Immediate (0-15 minutes)\n1. Stop the writer\n2. Call the owner\n\n### Level 2: Team lead\n- Trigger: 2 hours without an end\n- Action: decide\n",
    );
    let roadmap = &register.parts.roadmap;
    assert_eq!(roadmap.len(), 2);
    assert_eq!((roadmap[0].items.len(), roadmap[1].is_empty), (2, true));
    let windows = &register.parts.windows;
    assert_eq!(windows[0].minutes, Some((0, 15)));
    assert!(windows.iter().any(|window| window.is_escalation && window.name.contains("Level 2")), "{windows:?}");
    assert_eq!(texts(windows[0].steps.iter().map(|(text, _)| text)), ["Stop the writer", "Call the owner"]);
}

#[test]
fn promises_of_looking_again_have_a_rhythm_and_a_last_day() {
    let register = with(
        "**Last updated:** 2025-11-18\n\n## Review\n\n- Weekly: review the register\n- Test the restore quarterly\n",
    );
    let rhythms: Vec<u32> = register.parts.cadences.iter().map(|cadence| cadence.days).collect();
    assert!(rhythms.contains(&7) && rhythms.iter().any(|days| (85..=95).contains(days)), "{rhythms:?}");
    assert!(register.parts.cadences.iter().any(|cadence| cadence.promise == Promise::Review));
    let updated = register.parts.dates.iter().find(|date| date.what == DatedAs::Updated).expect("is dated");
    assert_eq!(updated.date.to_string(), "2025-11-18");
}

#[test]
fn proposals_have_priority_effort_files_and_a_window() {
    let register = with(
        "**Proposed Mitigations (1-3 months):**\n1. **Partition the table** (HIGH priority)\n   - **Effort:** 3 days\n   - **Files:** `db/schema.sql`, `src/store.rs`\n",
    );
    let proposals = &register.parts.proposals;
    assert_eq!(proposals.len(), 1, "{proposals:?}");
    let proposal = &proposals[0];
    assert_eq!(proposal.effort.as_ref().map(|(text, _)| text.as_str()), Some("3 days"));
    assert_eq!(proposal.priority.as_ref().map(|(text, _)| text.to_lowercase()).as_deref(), Some("high priority"));
    assert_eq!(proposal.window.map(|(days, _)| days.1 >= 84), Some(true));
    assert_eq!(texts(proposal.files.iter().map(|(text, _)| text)), ["db/schema.sql", "src/store.rs"]);
}

#[test]
fn lists_of_priorities_quoted_code_and_machine_blocks_are_read() {
    let register = with(
        "## Guardrails\n\n### P0 (first)\n1. Rebuild job\n2. Alert\n\n**File:** `src/guard.py`\n\n```python\nraise ValueError()\n```\n\n```yaml\nrisk_summary:\n  totals: {critical: 0, high: 1}\n  highest: {id: R-1, score: 6, title: 'Index lost'}\n  recommendations: {must_fix: ['rebuild'], monitor: []}\n```\n",
    );
    let list = &register.parts.priority_lists[0];
    assert_eq!((list.priority.as_str(), list.entries.len()), ("P0", 2));
    let code = register.parts.codes.iter().find(|code| code.language == "python").expect("is quoted");
    assert_eq!(code.file.as_ref().map(|(file, _)| file.as_str()), Some("src/guard.py"));
    let gate = &register.parts.gates[0];
    assert_eq!(gate.highest.id.as_ref().map(|(id, _)| id.as_str()), Some("R-1"));
    assert_eq!(texts(gate.must_fix.iter().map(|(text, _)| text)), ["rebuild"]);
}

#[test]
fn progress_counts_boxes_once() {
    let register = with(
        "**Mitigation Strategy:**\n\n- [x] Rebuild job\n- [ ] Alert\n  - [x] page the owner\n- [ ] Tell\n\n- ✅ Backup\n",
    );
    assert_eq!(register.parts.progress(0), (1, 3));
    assert_eq!(with("**Mitigation:** none\n").parts.progress(0), (0, 0));
}

#[test]
fn a_line_is_a_chain_where_the_heading_says_so_and_nowhere_else() {
    let register = read(
        "# Failure scenarios\n\n1. **LDAP** down → API down → builds fail\n2. Loki hangs -> API hangs -> dashboard hangs\n\n## Scenario 3: The renderer\n\nPDF down → gateway down → balance fails\n\n# Releases\n\nbuild → test → deploy\n\n# Critical paths\n\n## Buy\n\nweb → api → [SPOF] db\n\n- **Fallback:** none\n",
    );
    let told: Vec<String> = register
        .parts
        .scenarios
        .iter()
        .map(|one| {
            format!(
                "{}: {}",
                one.title,
                one.chain.iter().map(|(step, _)| step.as_str()).collect::<Vec<_>>().join(" > ")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "LDAP down: LDAP down > API down > builds fail",
            "Loki hangs: Loki hangs > API hangs > dashboard hangs",
            "Scenario 3: The renderer: PDF down > gateway down > balance fails",
        ]
    );
    let path = &register.parts.flows[0];
    assert_eq!((path.title.as_str(), path.steps.len(), path.steps[2].is_spof), ("Buy", 3, true));
    assert_eq!(path.fallback.as_ref().map(|(text, _)| text.as_str()), Some("none"));
}
