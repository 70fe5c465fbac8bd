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
