//! The rules on how failures spread: two hits and two near misses each.

use crate::plan::turns;

/// A scenario with its chain.
fn scenario(title: &str, chain: &str) -> String {
    format!("### {title}\n\n```\n{chain}\n```\n\n")
}

#[test]
fn chain_contradiction() {
    let with = |chain: &str| format!("# Failure modes\n\n{}", scenario("Scenario 1: Search down", chain));
    turns(
        "chain-contradiction",
        &[
            (&with("Search down\n→ No fallback\n→ The list falls back to names"), "No fallback"),
            (&with("Search down\n-> No graceful degradation\n-> Old pages are served from cache"), "served from cache"),
        ],
        &[
            &with("Search down\n→ No fallback\n→ Users call us"),
            &with("Search down\n→ The list falls back to names\n→ No alternative for images"),
        ],
    );
}

#[test]
fn spof_unmarked() {
    let flow = |title: &str, steps: &str, fallback: &str| {
        format!("### {title} flow\n\n```\n{steps}\n```\n**Fallback:** {fallback}\n\n")
    };
    let marked = flow("Mail", "Form → send\n  → [SPOF] Mail relay\n  → thanks", "none");
    let with = |steps: &str, fallback: &str| {
        format!("# Failure modes\n\n## Critical paths\n\n{marked}{}", flow("Order", steps, fallback))
    };
    turns(
        "spof-unmarked",
        &[
            (
                &with("Cart\n  → Inventory lookup\n  → Confirm", "none, it fails without inventory"),
                "through the inventory",
            ),
            (&with("Cart\n  → Database insert\n  → Confirm", "fails if DB is away"), "through the database"),
        ],
        &[
            &with("Cart\n  → [SPOF] Inventory lookup\n  → Confirm", "none, it fails without inventory"),
            &with("Cart\n  → Inventory lookup\n  → Confirm", "a copy of yesterday"),
        ],
    );
}

#[test]
fn fallback_conflict() {
    let table = |now: &str, then: &str| {
        format!(
            "# Failure modes\n\n| Component | Failure mode | Current guardrail | Proposed guardrail |\n|---|---|---|---|\n| Sessions | store away | {now} | {then} |\n| Mail | relay away | none | second relay |\n"
        )
    };
    let caused = format!(
        "# Failure modes\n\n{}{}",
        scenario("Scenario 1: Cache away", "Cache away\n→ falls back to disk\n→ Disk fills up quickly"),
        scenario("Scenario 2: Disk full", "Disk fills up\n→ writes fail")
    );
    let apart = format!(
        "# Failure modes\n\n{}{}",
        scenario("Scenario 1: Cache away", "Cache away\n→ falls back to disk\n→ Pages are slow"),
        scenario("Scenario 2: Disk full", "Disk fills up\n→ writes fail")
    );
    turns(
        "fallback-conflict",
        &[
            (&table("falls back to local files", "local files are for development only"), "local files"),
            (&caused, "Scenario 2"),
        ],
        &[&table("falls back to local files", "shared store in prod"), &apart],
    );
}

#[test]
fn priority_lists() {
    let table = "| ID | Risk | Impact | Priority |\n|---|---|---|---|\n| R-1 | Login cookies leak | High | P0 |\n| R-2 | Mail relay stalls | Low | P1 |\n| R-3 | Invoice export is slow | Low | P1 |\n| R-4 | Backup tapes decay | High | P0 |\n\n";
    let with = |p0: &str, p1: &str| format!("# Risks\n\n{table}## P0\n\n{p0}\n\n## P1\n\n{p1}\n");
    turns(
        "priority-lists",
        &[
            (
                &with("1. Login cookies vault\n2. Backup tapes copy", "1. Mail relay pair"),
                "'Invoice export is slow' (P1)",
            ),
            (
                &with("1. Login cookies vault\n2. Backup tapes copy\n3. Invoice export cache", "1. Mail relay pair"),
                "stands in the list of P0",
            ),
            (&with("1. vault (R-1)\n2. relay (R-2)", "1. cache (R-3)"), "R-2 has priority P1"),
        ],
        &[
            &with("1. Login cookies vault\n2. Backup tapes copy", "1. Mail relay pair\n2. Invoice export cache"),
            &with("1. Paint the door", "1. Water the plants"),
        ],
    );
}

#[test]
fn uncovered() {
    let rows = |modes: &[&str]| {
        let rows: String = modes.iter().map(|mode| format!("| {mode} | fails | x | y |\n")).collect();
        format!(
            "# Failure modes\n\n| Failure mode | Effect | Current guardrail | Proposed guardrail |\n|---|---|---|---|\n{rows}\n"
        )
    };
    let told = format!(
        "{}{}",
        scenario("Scenario 1: Broker queue full", "Broker queue full\n→ waits"),
        scenario("Scenario 2: Token clock drifts", "Token clock drifts\n→ refused")
    );
    let three = format!("{}{told}", rows(&["Broker queue full", "Token clock drifts", "Printer paper jam"]));
    let four = format!(
        "{}{told}",
        rows(&["Broker queue full", "Token clock drifts", "Printer paper jam", "Lamp bulb breaks"])
    );
    turns(
        "uncovered",
        &[(&three, "'Printer paper jam'"), (&four, "2 of 4")],
        &[
            &format!("{}{told}", rows(&["Broker queue full", "Token clock drifts"])),
            &rows(&["Broker queue full", "Printer paper jam"]),
        ],
    );
}

#[test]
fn matrix_incomplete() {
    let section = |title: &str| format!("### {title}\n\n**Likelihood:** Low\n**Impact:** High\n\n");
    let row = |title: &str| format!("| {title} | Low | High |\n");
    let with = |told: &[&str], listed: &[&str]| {
        let told: String = told.iter().map(|title| section(title)).collect();
        let listed: String = listed.iter().map(|title| row(title)).collect();
        format!("# Risks\n\n{told}## Matrix\n\n| Risk | Likelihood | Impact |\n|---|---|---|\n{listed}\n")
    };
    let four = ["Pump stops", "Valve leaks", "Pipe freezes", "Meter lies"];
    turns(
        "matrix-incomplete",
        &[
            (&with(&four, &four[..3]), "'Meter lies'"),
            (&with(&["Pump stops", "Valve leaks", "Pipe freezes", "Meter lies", "Gauge jams"], &four[..3]), "2 of 5"),
        ],
        &[&with(&four, &four), &with(&four[..1], &four)],
    );
}

#[test]
fn impact_severity() {
    let with = |severity: &str, impact: &str| {
        format!("# Risks\n\n### R-1: Thing\n\n**Severity:** {severity}\n**Likelihood:** Low\n**Impact:** {impact}\n")
    };
    turns(
        "impact-severity",
        &[
            (&with("Low", "Data breach of all accounts"), "data breach"),
            (&with("Critical", "purely cosmetic, a wrong icon"), "purely cosmetic"),
        ],
        &[&with("Low", "No data breach is possible"), &with("High", "Data breach of all accounts")],
    );
}

#[test]
fn same_condition_differ() {
    let rows = |one: &str, other: &str| {
        format!(
            "| ID | Risk | Likelihood | Impact |\n|---|---|---|---|\n| R-1 | Heat | {one} | High |\n| R-2 | Noise | {other} | Low |\n"
        )
    };
    turns(
        "same-condition-differ",
        &[
            (&rows("High (above 40 degrees)", "Low (above 40 degrees)"), "above 40 degrees"),
            (&rows("Medium - when the vendor strikes", "High - when the vendor strikes"), "vendor strikes"),
        ],
        &[
            &rows("High (above 40 degrees)", "High (above 40 degrees)"),
            &rows("High (above 40 degrees)", "Low (below 5 degrees)"),
        ],
    );
}

#[test]
fn same_inputs_differ() {
    let rows = |one: &str, other: &str| {
        format!(
            "| ID | Risk | Likelihood | Impact | Level |\n|---|---|---|---|---|\n| R-1 | Heat | {one} |\n| R-2 | Noise | {other} |\n"
        )
    };
    turns(
        "same-inputs-differ",
        &[
            (&rows("Low | High | Medium", "Low | High | High"), "medium for R-1 and high for R-2"),
            (&rows("High | High | Critical", "High | High | High"), "critical for R-1"),
        ],
        &[&rows("Low | High | Medium", "Low | High | Medium"), &rows("Low | High | Medium", "Medium | High | High")],
    );
}

#[test]
fn status_rule() {
    let rows = |one: &str, other: &str| {
        format!(
            "| ID | Risk | Impact | Status |\n|---|---|---|---|\n| R-1 | Heat | High | {one} |\n| R-2 | Noise | Low | {other} |\n"
        )
    };
    turns(
        "status-rule",
        &[
            (
                &rows(
                    "Partially mitigated (fans installed, alarm missing)",
                    "Not mitigated (walls exist but doors not sealed)",
                ),
                "R-2",
            ),
            (
                &rows("Unmitigated (sensor deployed, no alert)", "Partly mitigated (rota documented, not trained)"),
                "R-1",
            ),
        ],
        &[
            &rows("Partially mitigated (fans installed, alarm missing)", "Not mitigated (nothing is there)"),
            &rows(
                "Partially mitigated (fans installed, alarm missing)",
                "Partially mitigated (walls exist but doors not sealed)",
            ),
        ],
    );
}

#[test]
fn mitigation_against_status() {
    let with = |mitigation: &str, status: &str| {
        format!(
            "# Risks\n\n### R-1: Mirror away\n\n**Impact:** High\n**Likelihood:** Low\n\n**Mitigation:**\n1. {mitigation}\n\n**Status:** {status}\n"
        )
    };
    turns(
        "mitigation-against-status",
        &[
            (&with("Read from the mirror with `get --mirror`", "Open (mirroring not implemented)"), "mirroring"),
            (
                &with("Throttle clients through `gate throttle`", "Open (docs written, throttling not available)"),
                "throttling",
            ),
        ],
        &[
            &with("Implement `get --mirror`", "Open (mirroring not implemented)"),
            &with("Read from the mirror with `get --mirror`", "Open (alerts not implemented)"),
        ],
    );
}

#[test]
fn values_that_are_the_default_or_worse() {
    let with = |line: &str| {
        format!("# Risks\n\n### R-1: Thing\n\n**Impact:** High\n**Likelihood:** Low\n\n**Mitigation:**\n1. {line}\n")
    };
    turns(
        "no-op-mitigation",
        &[
            (&with("Run it as StatefulSet with `restartPolicy: Always`"), "StatefulSet"),
            (&with("Set `fsync = on` in postgresql.conf"), "fsync"),
        ],
        &[&with("Run it as a Job with `restartPolicy: Never`"), &with("Set `synchronous_commit = remote_apply`")],
    );
    turns(
        "backwards-value",
        &[
            (&with("Set `terminationGracePeriodSeconds: 5`"), "terminationGracePeriodSeconds: 5"),
            (&with("Keep `revisionHistoryLimit: 2` versions"), "revisionHistoryLimit: 2"),
        ],
        &[&with("Set `terminationGracePeriodSeconds: 120`"), &with("Keep `historyLimit: 2` versions")],
    );
}

#[test]
fn guardrail_bug() {
    let with = |heading: &str, code: &str| format!("# Risks\n\n## {heading}\n\n```python\n{code}\n```\n");
    turns(
        "guardrail-bug",
        &[
            (&with("Disk check", "def check_disk():\n    if free() < 10:\n        logger.error('disk')"), "only logs"),
            (
                &with("Version check", "def verify_version():\n    wanted = read('version')\n    # compare here"),
                "compares it with nothing",
            ),
            (
                &with("Fail when the key is missing", "if KEY == \"changeme\":\n    raise ValueError()"),
                "empty value passes",
            ),
            (
                &with(
                    "Circuit breaker",
                    "circuit = {\"open\": False, \"fails\": 0}\ndef breaker(call):\n    def wrapper():\n        if circuit[\"open\"] and late():\n            circuit[\"open\"] = False\n        return call()\n    return wrapper",
                ),
                "without a trial",
            ),
        ],
        &[
            &with("Disk check", "def check_disk():\n    if free() < 10:\n        raise DiskFull()"),
            &with("Fail when the key is missing", "if not KEY or KEY == \"changeme\":\n    raise ValueError()"),
            &with(
                "Circuit breaker",
                "circuit = {\"open\": False, \"fails\": 0, \"half\": False}\nif circuit[\"open\"]:\n    circuit[\"half\"] = True\n    circuit[\"open\"] = False",
            ),
            &with("Greeting", "def hello():\n    logger.info('hello')"),
        ],
    );
}
