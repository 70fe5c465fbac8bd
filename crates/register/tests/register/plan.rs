//! The rules on promises: two hits and two near misses each, from systems of all kinds.

use register::RepositoryFacts;
use text::Date;

use crate::lints;

/// What a rule says about a text, on a fixed day.
pub(crate) fn said(rule: &str, text: &str) -> Vec<String> {
    let facts = RepositoryFacts { today: Date::parse("2026-11-21"), ..RepositoryFacts::default() };
    lints(text, &facts).iter().filter(|problem| problem.rule == rule).map(|problem| problem.message.clone()).collect()
}

/// Every hit is told with these words, and no near miss is told.
pub(crate) fn turns(rule: &str, hits: &[(&str, &str)], misses: &[&str]) {
    assert!(hits.len() >= 2 && misses.len() >= 2, "{rule} ships with two of each");
    for (text, words) in hits {
        let found = said(rule, text);
        assert!(
            found.iter().any(|message| message.contains(words)),
            "{rule}: `{words}` is not in {found:?} of\n{text}"
        );
    }
    for text in misses {
        assert_eq!(said(rule, text), [""; 0], "{rule} cries wolf over\n{text}");
    }
}

/// A risk with fields, in a section.
fn risk(id: &str, fields: &str) -> String {
    format!("### {id}: Thing {id}\n\n**Likelihood:** Low\n**Impact:** High\n{fields}\n\n")
}

#[test]
fn tick_means_plan() {
    let ticked = |list: &str| {
        format!(
            "# Risks\n\n### R-1: Mail stops\n\n**Severity:** High\n**Impact:** no orders\n\n**Proposed mitigations:**\n1. Second mail provider\n2. Retry queue for mails\n\n## Roadmap\n\n### Month 1\n\n{list}"
        )
    };
    turns(
        "tick-means-plan",
        &[
            (&ticked("- ✅ Second mail provider\n- ✅ Retry queue for mails\n"), "Second mail provider"),
            (&ticked("- [x] Retry queue\n"), "Retry queue"),
        ],
        &[&ticked("- [ ] Second mail provider\n"), &ticked("- ✅ New office chairs\n")],
    );
}

#[test]
fn roadmap_incomplete() {
    let with = |roadmap: &str| {
        format!(
            "# Risks\n\n### R-1: Mail stops\n\n**Severity:** High\n**Impact:** no orders\n\n**Proposed mitigations:**\n1. Second mail provider\n2. Retry queue for mails\n3. Bounce alerts\n\n## Mitigation roadmap\n\n### Month 1-2\n\n{roadmap}\n### Month 3-4\n\n- Bounce alerts\n"
        )
    };
    turns(
        "roadmap-incomplete",
        &[
            (&with("- Second mail provider\n"), "Retry queue for mails"),
            (&with("- Retry queue for mails\n"), "Second mail provider"),
        ],
        &[
            &with("- Second mail provider\n- Retry queue for mails\n"),
            "# Risks\n\n### R-1: Mail stops\n\n**Severity:** High\n**Impact:** no orders\n\n**Proposed mitigations:**\n1. Second mail provider\n",
        ],
    );
}

#[test]
fn window_conflict() {
    let with = |step: &str, period: &str| {
        format!(
            "# Risks\n\n### R-1: Mail stops\n\n**Severity:** High\n**Impact:** no orders\n\n**Proposed mitigations (1-3 months):**\n1. {step}\n\n## Roadmap\n\n### {period}\n\n- Second mail provider\n"
        )
    };
    turns(
        "window-conflict",
        &[
            (&with("Second mail provider", "Month 7-9"), "Month 7-9"),
            (&with("ISO certificate\n   - **Effort:** HIGH (8-12 months)", "Month 1-2"), "8-12 months"),
        ],
        &[
            &with("Second mail provider", "Month 1-2"),
            &with("Second mail provider\n   - **Effort:** LOW (2 weeks)", "Month 2"),
        ],
    );
}

#[test]
fn threshold_gap() {
    let row = |row: &str| format!("# Risks\n\n| Metric | Target | Alert | Critical |\n|---|---|---|---|\n{row}\n");
    turns(
        "threshold-gap",
        &[
            (&row("| Queue age | <5s | >30s | >60s |"), "Queue age"),
            (&row("| Free disk | >40% | <20% | <10% |"), "Free disk"),
        ],
        &[&row("| Queue age | <5s | >=5s | >60s |"), &row("| Tone | friendly | rude | silent |")],
    );
}

#[test]
fn number_mismatch() {
    let with = |test: &str, criterion: &str| {
        format!(
            "# Risks\n\n{}",
            risk("R-1", &format!("**Mitigation:**\n- {test}\n\n**Acceptance criteria:**\n- {criterion}"))
        )
    };
    turns(
        "number-mismatch",
        &[
            (
                &with("Load test with 50 parallel uploads", "No lost file in a load test of 5000 parallel uploads"),
                "50 parallel uploads",
            ),
            (
                &with(
                    "Soak test over 2 nights of replication",
                    "Soak test over 30 nights of replication without drift",
                ),
                "30 nights",
            ),
        ],
        &[
            &with("Load test with 5000 parallel uploads", "No loss at 5000 parallel uploads"),
            &with("Load test with 50 parallel uploads", "Answer within 500 milliseconds in the load test"),
        ],
    );
}

#[test]
fn recovery_point() {
    let with = |promise: &str, backup: &str| {
        format!("# Risks\n\n{promise}\n\n{}", risk("R-1", &format!("**Mitigation:** {backup}")))
    };
    turns(
        "recovery-point",
        &[
            (
                &with("RPO: 15 minutes", "Daily backups to S3"),
                "no more than 15 min of data may be lost, but the most frequent backup is made every 24 h",
            ),
            (
                &with("| Data | RTO | RPO |\n|---|---|---|\n| orders | 4 h | 1 h |", "Snapshots every 6 hours"),
                "every 6 h",
            ),
        ],
        &[
            &with("RPO: 24 hours", "Daily backups to S3"),
            &with("RPO: 1 hour", "Daily full backup\n- hourly incremental backups"),
            &with("RPO: 15 minutes", "Daily backups and WAL archiving"),
            &with("RTO: 15 minutes", "Daily backups to S3"),
            &with("RPO: 15 minutes", "Backups are tested monthly"),
        ],
    );
}

#[test]
fn recovery_points_and_backups_of_other_files_count() {
    use register::{RecoveryFact, RecoverySide};
    let fact = |side, minutes| RecoveryFact { side, minutes, says: "it".to_owned(), place: "other.md:3".to_owned() };
    let said = |text: &str, known: &[RecoveryFact]| -> Vec<String> {
        let facts = RepositoryFacts { recovery: known.to_vec(), ..RepositoryFacts::default() };
        let problems = lints(text, &facts).into_iter().filter(|problem| problem.rule == "recovery-point");
        problems.map(|problem| problem.message).collect()
    };
    let promise = format!("RPO: 1 hour\n\n{}", risk("R-1", ""));
    let copies = format!("{}\n\nDaily backups", risk("R-1", ""));
    let (daily, always) = (fact(RecoverySide::Backup, 1_440), fact(RecoverySide::Backup, 0));
    assert!(said(&promise, std::slice::from_ref(&daily))[0].contains("other.md:3"));
    assert_eq!(said(&promise, &[daily, always]), [""; 0], "one goes on all the time");
    let (hour, often) = (fact(RecoverySide::Point, 60), fact(RecoverySide::Backup, 30));
    assert!(said(&copies, std::slice::from_ref(&hour))[0].contains("other.md:3 allows a loss of no more than 1 h"));
    assert_eq!(said(&copies, &[hour, often]), [""; 0], "another one is frequent enough");
}

#[test]
fn cadence_no_run() {
    let with = |fields: &str| format!("# Risks\n\nLast updated: 2026-11-01\n\n{}", risk("R-1", fields));
    turns(
        "cadence-no-run",
        &[
            (&with("**Mitigation:** Restore the backup quarterly"), "Restore the backup quarterly"),
            (&with("**Mitigation:**\n- Run the failover drill every month"), "failover drill every month"),
        ],
        &[
            &with("**Mitigation:** Restore test quarterly (last run: 2026-10-03)"),
            &with("**Mitigation:** Partition the table monthly"),
        ],
    );
}

#[test]
fn stale() {
    let with = |updated: &str, promise: &str| {
        format!("# Risks\n\nLast updated: {updated}\n\n{}## Review\n\n- {promise}\n", risk("R-1", ""))
    };
    turns(
        "stale",
        &[
            (&with("2025-03-01", "Review this register monthly"), "2025-03-01"),
            (&with("2026-11-01", "Next review: 2026-02-01"), "2026-02-01"),
        ],
        &[&with("2026-11-10", "Review this register monthly"), &with("2025-03-01", "Backups run weekly")],
    );
    let text = with("2025-03-01", "Review this register monthly");
    let facts = RepositoryFacts {
        today: Date::parse("2026-11-21"),
        changed: Date::parse("2026-11-10"),
        ..RepositoryFacts::default()
    };
    assert!(
        lints(&text, &facts).iter().all(|problem| problem.rule != "stale"),
        "version control remembers a later change"
    );
}

#[test]
fn open_todo() {
    let with = |head: &str, tail: &str| format!("# Risks\n\n{head}\n\n{}{tail}\n", risk("R-1", ""));
    turns(
        "open-todo",
        &[
            (&with("TODO: ask the bank", ""), "TODO: ask the bank"),
            (&with("**Status:** Draft", "## Sign-off\n\n**Document status:** Approved"), "draft"),
        ],
        &[&with("**Status:** Approved", ""), &with("The todo application loses items.", "")],
    );
}

#[test]
fn default_conflict() {
    let with = |one: &str, other: &str| {
        format!(
            "# Risks\n\n{}{}",
            risk("R-1", &format!("**Mitigation:** {one}")),
            risk("R-2", &format!("**Mitigation:** {other}"))
        )
    };
    turns(
        "default-conflict",
        &[
            (&with("switch `use_proxy` is on by default", "`use_proxy` is disabled by default"), "use_proxy"),
            (&with("feature flag `enable_sync` (default: true)", "All flags default to OFF"), "enable_sync"),
        ],
        &[
            &with("switch `use_proxy` is on by default", "`use_cache` is disabled by default"),
            &with("feature flag `enable_sync` (default: false)", "All flags default to OFF"),
        ],
    );
}

#[test]
fn duplicate_action() {
    let with = |one: &str, other: &str| {
        format!(
            "# Risks\n\n{}{}",
            risk("R-1", &format!("**Mitigation:**\n1. {one}\n\n**Status:** Mitigated (x)")),
            risk("R-2", &format!("**Mitigation:**\n1. {other}\n\n**Status:** Open (y)"))
        )
    };
    turns(
        "duplicate-action",
        &[
            (
                &with(
                    "Copy the ledger database to the second site daily",
                    "Copy the ledger database to the vault daily",
                ),
                "R-2 (open)",
            ),
            (
                &with("Rotate the signing keys of all gateways", "Rotate the signing keys of all gateways now"),
                "Rotate the signing keys",
            ),
        ],
        &[
            &with("Add unit tests for the parser", "Add unit tests for the lexer"),
            &with("Test the restore of the mail store", "Test the failover of the router pair"),
        ],
    );
}

#[test]
fn strategy_unused() {
    let with = |transfer: &str, field: &str| {
        format!(
            "# Risks\n\n## Strategies\n\n1. **Avoid**: design it away\n2. **Mitigate**: make it rarer\n3. **Transfer**: {transfer}\n4. **Accept**: write it down\n\n{}{}",
            risk("R-1", field),
            risk("R-2", field)
        )
    };
    turns(
        "strategy-unused",
        &[
            (&with("an insurance", "**Mitigation:** a second pump"), "none of the 2 risks"),
            (&with("roll out slowly", "**Strategy:** Avoid"), "roll out slowly"),
        ],
        &[&with("an insurance", "**Strategy:** Transfer"), "# Risks\n\n- Accept: one thing\n"],
    );
}

#[test]
fn owner_not_person() {
    let with = |owner: &str| format!("# Risks\n\n{}", risk("R-1", &format!("**Owner:** {owner}")));
    turns(
        "owner-not-person",
        &[(&with("Sprint 12"), "Sprint 12"), (&with("Q3"), "Q3")],
        &[&with("Release manager"), &with("Phase lead of payments")],
    );
}

#[test]
fn claim_unverified() {
    let with = |line: &str| format!("# Risks\n\n{}", risk("R-1", &format!("**Current controls:**\n- {line}")));
    turns(
        "claim-unverified",
        &[
            (&with("Rate limits (probably implemented)"), "is a guess"),
            (&with("Virus scan already in place"), "names nothing that shows it"),
        ],
        &[&with("Virus scan already in place (`deploy/clamav.yaml`)"), &with("Exists only on paper")],
    );
}

#[test]
fn snippet_incomplete() {
    let with = |lead: &str, code: &str| {
        format!("# Risks\n\n{}", risk("R-1", &format!("**Mitigation:**\n\n{lead}\n\n```yaml\n{code}\n```")))
    };
    turns(
        "snippet-incomplete",
        &[
            (&with("Set requests and limits of the pod:", "resources:\n  limits:\n    cpu: 1"), "shows no requests"),
            (&with("Encrypt volumes and snapshots:", "snapshots:\n  encrypted: true"), "shows no volumes"),
        ],
        &[
            &with("Set requests and limits of the pod:", "resources:\n  limits: {}\n  requests: {}"),
            &with("Deploy and watch it:", "kind: Deployment"),
        ],
    );
}
