//! `attest`: the paper that was accepted is there, and its time has not run out.

use evidence::Grade;

use crate::world::{Place, broken, held, not_seen};

/// Of `report\n`.
const DIGEST: &str = "sha256:49e2e7c52f7a31bf58c5bd9d8aff3abdc18d6bdf74a8e0f4a84a7d2d9ee3e2a3";

fn with(digest: &str, until: &str) -> String {
    format!(
        "{{document: audits/2025.md, kind: penetration-test, by: Example GmbH, on: 2025-05-01, valid_until: {until}, \
         digest: '{digest}'}}"
    )
}

/// The digest as the look itself tells it, so that the tests need no second hash.
async fn place() -> (Place, String) {
    let place = Place::new();
    place.write("audits/2025.md", "Report of Example GmbH: nothing was found.\n");
    let seen = place.look("attest", &with(DIGEST, "2026-05-01")).await;
    let digest = crate::world::text(&seen, "digest");
    (place, digest)
}

#[tokio::test]
async fn a_paper_in_its_time_holds_and_one_changed_by_a_byte_turns() {
    let (place, digest) = place().await;
    let sound = place.look("attest", &with(&digest, "2026-05-01")).await;
    held(&sound, "obs.digest_matches && obs.valid && obs.days_left > 100 && obs.names_by && obs.age < 365d");
    assert_eq!(sound.grade, Some(Grade::Declared));
    place.write("audits/2025.md", "Report of Example GmbH: nothing was found!\n");
    broken(&place.look("attest", &with(&digest, "2026-05-01")).await, "obs.digest_matches && obs.valid");
    std::fs::remove_file(place.world.directory.join("audits/2025.md")).expect("removes");
    let gone = place.look("attest", &with(&digest, "2026-05-01")).await;
    broken(&gone, "obs.digest_matches && obs.valid");
    assert_eq!(gone.grade, Some(Grade::Absent));
}

#[tokio::test]
async fn a_paper_whose_time_has_run_out_turns_and_one_without_an_end_is_not_seen() {
    let (place, digest) = place().await;
    // The look is on 2025-11-13, and a paper is valid through its last day.
    held(&place.look("attest", &with(&digest, "2025-11-13")).await, "obs.valid && obs.days_left == 0");
    let over = place.look("attest", &with(&digest, "2025-11-12")).await;
    broken(&over, "obs.digest_matches && obs.valid");
    held(&over, "obs.expired && obs.days_left == -1");
    let endless = place.look("attest", "{document: audits/2025.md, by: Example GmbH}").await;
    not_seen(&endless, "obs.valid");
    not_seen(&endless, "obs.digest_matches");
    let early =
        place.look("attest", "{document: audits/2025.md, by: E, on: 2026-01-01, valid_until: 2027-01-01}").await;
    not_seen(&early, "obs.valid");
}

#[tokio::test]
async fn a_paper_names_who_and_when_in_words_of_their_own() {
    let place = Place::new();
    let with = "{document: audits/a.md, by: Al, on: 2025-03-01, valid_until: 2026-03-01}";
    for (text, names_by, names_on) in [
        ("Signed by Al on 2025-03-01.", true, true),
        ("Signed by\n  AL, March 1, 2025.", true, true),
        ("Al (01.03.2025)", true, true),
        ("We also found nothing, on 2025-03-011.", false, false),
        ("Signed by Al on 2024-03-01.", true, false),
    ] {
        place.write("audits/a.md", text);
        let seen = place.look("attest", with).await;
        held(&seen, &format!("obs.names_by == {names_by} && obs.names_on == {names_on}"));
    }
}

#[tokio::test]
async fn what_is_stated_of_a_paper_must_make_sense() {
    let place = Place::new();
    for with in [
        "{document: a.md}",
        "{document: /etc/passwd, by: x}",
        "{document: a.md, by: x, digest: 'md5:12'}",
        "{document: a.md, by: x, valid_until: soon}",
        "{document: a.md, by: x, on: 2025-02-01, valid_until: 2025-01-01}",
        "{document: a.md, by: x, kind: rumor}",
    ] {
        assert!(place.read("attest", with).is_err(), "{with}");
    }
    not_seen(&place.look("attest", "{document: none/a.md, by: x}").await, "obs.found == false");
}

// ===== doc.procedure =====

const RUNBOOK: &str = "\
# Recovery

## Restart the daemon

1. Restart it:

   ```bash
   kubectl rollout restart deployment/dagster-daemon -n floe-platform
   kubectl logs -f statefulset/postgres -n floe-platform
   ```

2. Restore with `scripts/restore.sh`, see [the policy](policy.md#keep):

   ```sh
   ./scripts/restore.sh --from <backup-id> | tee restore.log
   python scripts/rotate.py --grace 24h
   make migrate ENV=prod
   npm run smoke --prefix web
   docker compose exec api alembic upgrade head
   docker compose exec -T api cat data/none.json
   psql -f db/check.sql < restore.log
   ```

## Something else

Run `make nothing-of-the-kind`.
";

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: dagster-daemon, namespace: floe-platform}\nspec:\n  selector: {matchLabels: {app: d}}\n  template: {metadata: {labels: {app: d}}, spec: {containers: []}}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: postgres, namespace: floe-platform}\nspec:\n  selector: {matchLabels: {app: p}}\n  template: {metadata: {labels: {app: p}}, spec: {containers: []}}\n";

const OF_SECTION: &str = "{path: docs/runbook.md, section: Restart the daemon}";
const COMPLETE: &str = "obs.found && obs.checked > 0 && size(obs.missing) == 0";

fn runbook() -> Place {
    let place = Place::new();
    place.write("docs/runbook.md", RUNBOOK);
    place.write("docs/policy.md", "# 1. Keep\n\nKeep it.\n");
    place.write("deploy/all.yaml", MANIFEST);
    place.write("scripts/restore.sh", "#!/bin/sh\ncase \"$1\" in --from) shift;; esac\n");
    place.write("scripts/rotate.py", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--grace')\n");
    place.write("Makefile", "# nothing:\n.PHONY: migrate\nmigrate: build\n\ttrue\n");
    place.write("web/package.json", "{\"scripts\": {\"smoke\": \"true\"}}");
    place.write("compose.yaml", "services:\n  api: {image: a}\n");
    place.write("db/check.sql", "select 1;\n");
    executable(&place, "scripts/restore.sh", 0o755);
    place
}

fn executable(place: &Place, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let path = place.world.directory.join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("sets");
}

#[tokio::test]
async fn a_procedure_whose_steps_name_what_exists_is_wired() {
    let place = runbook();
    let sound = place.look("doc.procedure", OF_SECTION).await;
    held(&sound, COMPLETE);
    held(&sound, "obs.steps == 2 && obs.commands == 9 && size(obs.unknown) == 0 && size(obs.placeholders) == 1");
    assert_eq!(sound.grade, Some(Grade::Wired));
    let whole = place.look("doc.procedure", "{path: docs/runbook.md}").await;
    broken(&whole, COMPLETE);
    held(&whole, "obs.missing == ['docs/runbook.md:26: target `nothing-of-the-kind` in Makefile']");
}

#[tokio::test]
async fn a_procedure_turns_when_anything_that_a_step_names_is_renamed() {
    let changes = [
        ("deploy/all.yaml", "name: dagster-daemon", "name: dagster-deamon", "Deployment `dagster-daemon`"),
        (
            "deploy/all.yaml",
            "dagster-daemon, namespace: floe-platform",
            "dagster-daemon, namespace: floe",
            "it is in `floe`",
        ),
        ("deploy/all.yaml", "kind: StatefulSet", "kind: DaemonSet", "StatefulSet `postgres`"),
        ("Makefile", "migrate: build", "# migrate: build", "target `migrate`"),
        ("web/package.json", "smoke", "smoke-test", "script `smoke`"),
        ("compose.yaml", "api:", "backend:", "service `api`"),
        ("scripts/rotate.py", "--grace", "--period", "flag `--grace`"),
        ("docs/runbook.md", "db/check.sql", "db/checks.sql", "db/checks.sql"),
        ("docs/runbook.md", "policy.md", "policies.md", "policies.md"),
        ("docs/policy.md", "1. Keep", "1. Retention", "docs/policy.md#keep"),
        ("docs/runbook.md", "`scripts/restore.sh`", "`scripts/restore-db.sh`", "scripts/restore-db.sh"),
    ];
    for (path, old, new, told) in changes {
        let place = runbook();
        let text = std::fs::read(place.world.directory.join(path)).expect("reads");
        let text = String::from_utf8(text).expect("is text");
        assert!(text.contains(old), "{old}");
        place.write(path, &text.replace(old, new));
        let seen = place.look("doc.procedure", OF_SECTION).await;
        broken(&seen, COMPLETE);
        assert!(format!("{:?}", seen.values["missing"]).contains(told), "{told}: {seen:?}");
    }
    let place = runbook();
    executable(&place, "scripts/restore.sh", 0o644);
    broken(&place.look("doc.procedure", OF_SECTION).await, COMPLETE);
}

#[tokio::test]
async fn what_a_chart_or_an_operator_may_make_is_unknown() {
    let place = runbook();
    place.write("deploy/all.yaml", &MANIFEST.replace("dagster-daemon", "other"));
    place.write("charts/floe/Chart.yaml", "name: floe\n");
    let seen = place.look("doc.procedure", OF_SECTION).await;
    held(&seen, "size(obs.unknown) == 1 && size(obs.missing) == 0");
    assert_eq!(seen.grade, Some(Grade::Declared));
    let place = runbook();
    let cluster = "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\n";
    place.write("deploy/all.yaml", &format!("{}{cluster}", MANIFEST.replace("dagster-daemon", "other")));
    held(&place.look("doc.procedure", OF_SECTION).await, "size(obs.unknown) == 1");
}

#[tokio::test]
async fn a_procedure_of_words_alone_is_declared_and_says_so() {
    let place = Place::new();
    place.write("docs/runbook.md", "# Fail over\n\nCall the person on duty.\n");
    let seen = place.look("doc.procedure", "{path: docs/runbook.md}").await;
    held(&seen, "obs.found && obs.checked == 0 && !obs.empty");
    broken(&seen, COMPLETE);
    assert_eq!(seen.grade, Some(Grade::Declared));
    place.write("docs/runbook.md", "# Fail over\n\nTBD\n");
    held(&place.look("doc.procedure", "{path: docs/runbook.md}").await, "obs.empty && size(obs.placeholders) == 1");
    let gone = place.look("doc.procedure", "{path: docs/runbook.md, section: Rollback}").await;
    broken(&gone, "obs.found");
    assert_eq!(gone.grade, Some(Grade::Absent));
    not_seen(&gone, COMPLETE.trim_start_matches("obs.found && "));
    not_seen(&place.look("doc.procedure", "{path: doc/runbook.md}").await, "obs.found");
    assert!(place.read("doc.procedure", "{path: /etc/hosts}").is_err());
}
