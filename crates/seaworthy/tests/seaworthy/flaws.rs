//! Each flaw of the example turns the verdict of its claim to Broken, and nobody who judges knows a flaw's name.
//!
//! The names stand in the example's code and in its README. Here a flaw is named by what it breaks, as the README says it,
//! so that a check that knows the answer beforehand would have to be written outside of everything that judges.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::proof::Proof;
use crate::world::{World, event_tracker, repository};

/// A row of the README.
#[derive(Debug)]
pub(crate) struct Flaw {
    pub(crate) name: String,
    breaks: String,
    claims: Vec<String>,
}

/// Every flaw by what it breaks, with a test of its own.
macro_rules! flaws {
    ($($test:ident: $breaks:literal,)*) => {
        $(#[test] fn $test() { breaks_its_claims(&flaw($breaks)); })*

        const ALL: &[&str] = &[$($breaks),*];
    };
}

flaws! {
    a_connection_lost_with_each_mail_breaks_registration: "costs a database connection",
    a_blocking_call_to_a_slow_mailer_breaks_registration: "blocking socket",
    a_batch_dropped_by_one_failure_breaks_the_promise_to_keep_it: "drops the whole batch",
    an_old_summary_shown_for_a_minute_breaks_freshness: "for a minute after the enricher is back",
    an_answer_before_the_write_breaks_durability: "before it is written",
    an_upload_written_piece_by_piece_breaks_wholeness: "piece by piece",
    a_well_known_key_in_production_breaks_both_claims_about_keys: "signs for everybody",
    an_answer_to_every_origin_breaks_both_claims_about_origins: "every web site may read",
    a_limit_counted_by_each_instance_breaks_the_limit: "counts searches for itself",
    an_index_that_is_not_there_breaks_the_claim_about_it: "index of events is not created",
    a_health_check_that_asks_nobody_breaks_the_claim_about_health: "without asking the database",
}

fn breaks_its_claims(flaw: &Flaw) {
    let world = World::event_tracker();
    let claims: Vec<&str> = flaw.claims.iter().map(String::as_str).collect();
    let proof = Proof::run_with(&world, &[("EVENT_TRACKER_FLAW", &flaw.name)], &claims, 1);
    are_broken(&proof, &claims);
}

fn are_broken(proof: &Proof, claims: &[&str]) {
    assert_eq!(proof.outcome(), "FAIL");
    assert_eq!(proof.claims().len(), claims.len());
    for id in claims {
        assert_eq!(proof.verdict(id), "broken", "{:#}", proof.json);
        let risk = proof.risk(id.split_once('/').unwrap().0);
        if risk["stated"] == "mitigated" {
            assert_eq!(risk["difference"], "handled, but only on paper", "{risk:#}");
        }
        if proof.drills().iter().any(|drill| drill["claim"] == *id) {
            assert_eq!(proof.controls(id)[..2], ["held", "held"], "{:#}", proof.drill(id));
        }
    }
}

#[test]
fn every_flaw_of_the_readme_and_of_the_service_has_its_test() {
    let rows = rows();
    assert_eq!(rows.len(), ALL.len(), "{rows:#?}");
    ALL.iter().for_each(|breaks| drop(flaw(breaks)));
    let accepts = |name: &str| {
        let mut service = Command::new(event_tracker());
        service.args(["api", "--check", "--port=0", "--data=.", "--mailer=127.0.0.1:9", "--enricher=127.0.0.1:9"]);
        service.env_remove("EVENT_TRACKER_FLAW").args(["--flaw", name]).output().unwrap().status.success()
    };
    assert!(!accepts("no-such-flaw"));
    rows.iter().for_each(|row| assert!(accepts(&row.name), "the service has no flaw {}", row.name));
}

#[test]
fn switches_of_another_name_turn_the_same_verdicts() {
    let flaws = [flaw("before it is written"), flaw("index of events is not created")];
    let words = [outside::secret::token(), outside::secret::token()];
    let world = World::event_tracker();
    let binary = event_tracker().to_string_lossy().into_owned();
    let cases = flaws
        .iter()
        .zip(&words)
        .map(|(flaw, word)| format!("case \",$MOOD,\" in *,{word},*) flaw=$flaw,{} ;; esac\n", flaw.name));
    let script =
        format!("#!/bin/sh\n{}EVENT_TRACKER_FLAW=${{flaw#,}} exec {binary} \"$@\"\n", cases.collect::<String>());
    world.write("tracker", &script);
    fs::set_permissions(world.path().join("tracker"), fs::Permissions::from_mode(0o755)).unwrap();
    world.replace("seaworthy.yaml", &binary, "./tracker");
    world.replace("seaworthy.yaml", "EVENT_TRACKER_FLAW: \"${env:EVENT_TRACKER_FLAW:-}\"", "MOOD: \"${env:MOOD:-}\"");
    let claims: Vec<&str> = flaws.iter().flat_map(|flaw| &flaw.claims).map(String::as_str).collect();
    assert_eq!(Proof::run(&world, &claims[1..], 0).verdict(claims[1]), "held", "without a word there is no flaw");
    are_broken(&Proof::run_with(&world, &[("MOOD", &words.join(","))], &claims, 1), &claims);
}

#[test]
fn no_name_of_a_flaw_stands_where_claims_are_written_or_judged() {
    let (root, rows) = (repository(), rows());
    let mut read = 0;
    let mut check = |path: &Path, text: &str| {
        read += 1;
        for row in &rows {
            assert!(!names(text, &row.name), "{} knows {}", path.display(), row.name);
        }
    };
    for folder in ["crates", "examples"] {
        files(&root.join(folder), &mut |path| {
            let claims = path.extension().is_some_and(|extension| extension == "yaml");
            if folder == "crates" || claims || path.ends_with("docs/risks.md") {
                check(path, &String::from_utf8_lossy(&fs::read(path).unwrap()));
            }
        });
    }
    assert!(read > 100, "only {read} files were read");
    let code = fs::read_to_string(root.join("examples/event-tracker/src/flaw.rs")).unwrap();
    rows.iter().for_each(|row| assert!(names(&code, &row.name), "{} would not be found", row.name));
}

/// Whether a text holds a name as a word of its own, with hyphens or underscores.
fn names(text: &str, name: &str) -> bool {
    let part_of_a_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    [name.to_owned(), name.replace('-', "_")].iter().any(|name| {
        text.match_indices(name.as_str()).any(|(at, _)| {
            !text[..at].ends_with(part_of_a_word) && !text[at + name.len()..].starts_with(part_of_a_word)
        })
    })
}

/// Every file below a directory, except what runs leave there.
fn files(directory: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            found(&path);
        } else if path.is_dir() && !path.ends_with(".seaworthy") {
            files(&path, found);
        }
    }
}

/// The one flaw that breaks this.
pub(crate) fn flaw(breaks: &str) -> Flaw {
    let mut found: Vec<Flaw> = rows().into_iter().filter(|row| row.breaks.contains(breaks)).collect();
    assert_eq!(found.len(), 1, "{breaks}: {found:?}");
    found.remove(0)
}

/// The rows of the table `Flaw | What it breaks | Claim expected to be Broken`.
fn rows() -> Vec<Flaw> {
    let readme = fs::read_to_string(repository().join("examples/event-tracker/README.md")).unwrap();
    let table = readme.split_once("| Flaw |").unwrap().1;
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            Flaw { name: quoted(cells[1]).remove(0), breaks: cells[2].to_owned(), claims: quoted(cells[3]) }
        })
        .collect()
}
