//! `path.exists`, `file.match` and `git.age`: what is there, what it says, and when it was last touched.

use std::os::unix::fs::symlink;

use evidence::Grade;

use crate::versioned::{DAY, commit, git, versioned};
use crate::world::{Place, blind, broken, held, not_seen};

const RUNBOOK: &str = "# Restore\n\nRun `make restore`.\n";

// ===== path.exists =====

#[tokio::test]
async fn paths_that_are_there_hold_and_a_renamed_one_turns() {
    let place = Place::new();
    place.write("docs/runbooks/restore.md", RUNBOOK);
    place.write("docs/compliance/gdpr.md", "What we keep.\n");
    let with = "{paths: [docs/runbooks/restore.md, 'docs/compliance/*.md', docs/compliance/]}";
    let sound = place.look("path.exists", with).await;
    held(&sound, "obs.all_found && obs.count == 3 && 'docs/compliance/gdpr.md' in obs.found");
    assert_eq!(sound.grade, Some(Grade::Declared));
    std::fs::rename(
        place.world.directory.join("docs/runbooks/restore.md"),
        place.world.directory.join("docs/runbooks/Restore.md"),
    )
    .expect("renames");
    let renamed = place.look("path.exists", with).await;
    broken(&renamed, "obs.all_found");
    held(&renamed, "obs.missing == ['docs/runbooks/restore.md']");
}

#[tokio::test]
async fn a_directory_is_no_file_and_an_empty_one_says_nothing() {
    let place = Place::new();
    place.write("backup.sh/x", "");
    place.write("empty/.gitkeep", "");
    broken(&place.look("path.exists", "{paths: backup.sh, kind: file}").await, "obs.all_found");
    let empty = place.look("path.exists", "{paths: empty, kind: directory, not_empty: true}").await;
    broken(&empty, "obs.all_found");
    held(&empty, "obs.placeholders == ['empty']");
    held(&place.look("path.exists", "{paths: '*', kind: directory}").await, "obs.all_found && obs.count == 2");
}

#[tokio::test]
async fn a_runbook_of_promises_is_a_placeholder() {
    let place = Place::new();
    let with = "{paths: runbook.md, not_empty: true}";
    place.write("runbook.md", RUNBOOK);
    held(&place.look("path.exists", with).await, "obs.all_found && obs.count == 1");
    for promise in ["# Restore\n\nTBD\n", "", "# Restore\n\nLorem ipsum dolor sit amet,\nconsectetur.\n"] {
        place.write("runbook.md", promise);
        broken(&place.look("path.exists", with).await, "obs.all_found");
    }
}

#[tokio::test]
async fn a_file_that_is_only_on_this_disk_is_not_in_the_release() {
    let place = versioned();
    place.write("README.md", "x\n");
    place.write(".gitignore", "secret/\n");
    commit(&place, "first", DAY);
    place.write("docs/runbook.md", RUNBOOK);
    place.write("secret/plan.md", RUNBOOK);
    let loose = place.look("path.exists", "{paths: [README.md, docs/runbook.md, secret/plan.md]}").await;
    not_seen(&loose, "obs.all_found");
    not_seen(&loose, "obs.count == 1");
    assert!(loose.trouble.as_ref().is_some_and(|why| why.contains("only on this disk")), "{loose:?}");
    git(&place, &["add", "-A"], 0);
    not_seen(&place.look("path.exists", "{paths: docs/runbook.md}").await, "obs.all_found");
    commit(&place, "second", 0);
    held(&place.look("path.exists", "{paths: ['docs/*.md']}").await, "obs.all_found && size(obs.untracked) == 0");
    std::fs::remove_file(place.world.directory.join("docs/runbook.md")).expect("removes");
    broken(&place.look("path.exists", "{paths: docs/runbook.md}").await, "obs.all_found");
}

#[tokio::test]
async fn links_that_lead_out_or_nowhere_are_not_seen() {
    let place = Place::new();
    outside::files::write_whole(&place.around().join("out.md"), b"x").expect("writes");
    symlink(place.around().join("out.md"), place.world.directory.join("out.md")).expect("links");
    symlink("gone.md", place.world.directory.join("gone-link.md")).expect("links");
    for path in ["out.md", "gone-link.md", "../out.md"] {
        let seen = place.look("path.exists", &format!("{{paths: {path}}}")).await;
        not_seen(&seen, "obs.all_found");
        not_seen(&seen, "size(obs.missing) == 0");
    }
}

// ===== file.match =====

#[tokio::test]
async fn a_setting_in_code_holds_and_the_same_in_a_comment_turns() {
    let place = Place::new();
    let with = "{paths: backend/, pattern: 'pool_pre_ping\\s*=\\s*True'}";
    place.write("backend/database.py", "engine = create_engine(\n    URL,\n    pool_pre_ping=True,\n)\n");
    place.write("backend/other.py", "x = 1\n");
    let sound = place.look("file.match", with).await;
    held(&sound, "obs.matches == 1 && obs.files == 2 && obs.places == ['backend/database.py:3']");
    held(&sound, "obs.missing_in == ['backend/other.py']");
    assert_eq!((sound.source.as_str(), sound.grade), ("backend/database.py:3", Some(Grade::Declared)));
    for dead in [
        "engine = create_engine(\n    URL,\n    # pool_pre_ping=True,\n)\n",
        "engine = create_engine(URL, pool_pre_ping=False)  # was pool_pre_ping=True\n",
        "def engine():\n    \"\"\"Uses pool_pre_ping=True.\"\"\"\n",
        "engine = create_engine(URL, pool_preping=True)\n",
    ] {
        place.write("backend/database.py", dead);
        broken(&place.look("file.match", with).await, "obs.matches == 1");
    }
    place.write("backend/database.py", "# pool_pre_ping=True\n");
    let commented = place.look("file.match", with).await;
    held(&commented, "obs.in_comments == 1 && obs.matches == 0");
    assert_eq!(commented.grade, Some(Grade::Absent));
    held(&place.look("file.match", &with.replace("}", ", ignore: nothing}")).await, "obs.matches == 1");
}

#[tokio::test]
async fn a_search_over_no_file_or_an_unreadable_one_is_no_search() {
    let place = Place::new();
    place.write("a/x.py", "y = 1\n");
    blind(&place.look("file.match", "{paths: 'b/**/*.py', pattern: debug}").await, "no file is meant");
    let half = place.look("file.match", "{paths: [a, b], pattern: debug}").await;
    not_seen(&half, "obs.matches == 0");
    std::fs::copy("/proc/self/exe", place.world.directory.join("a/binary")).expect("copies");
    not_seen(&place.look("file.match", "{paths: a, pattern: debug}").await, "obs.matches == 0");
    let except = place.look("file.match", "{paths: a, except: a/binary, pattern: debug}").await;
    held(&except, "obs.matches == 0 && obs.files == 1");
}

#[tokio::test]
async fn the_file_of_the_claims_itself_is_no_evidence() {
    let place = Place::new();
    place.write("seaworthy.yaml", "with: {pattern: 'pool_pre_ping'}\n");
    place.write("app.yaml", "x: 1\n");
    held(&place.look("file.match", "{paths: '*.yaml', pattern: pool_pre_ping}").await, "obs.matches == 0");
}

#[tokio::test]
async fn patterns_that_cannot_be_read_or_match_everything_are_refused() {
    let place = Place::new();
    for (with, why) in [
        ("{paths: a, pattern: '('}", "no pattern"),
        ("{paths: a, pattern: 'x*'}", "every file does"),
        ("{paths: /etc, pattern: x}", "relative"),
        ("{paths: a, pattern: '(x{1000}){1000}'}", "too large"),
        ("{pattern: x}", "paths"),
        ("{paths: a, pattern: x, ignore: all}", "ignore"),
    ] {
        let problems = place.read("file.match", with).expect_err("is refused");
        assert!(problems.iter().any(|problem| problem.message.contains(why)), "{why}: {problems:?}");
    }
    assert!(place.read("path.exists", "{paths: [a, 'b[']}").is_err());
    assert!(place.read("git.age", "{path: '*.md'}").is_err());
}

// ===== git.age =====

#[tokio::test]
async fn an_age_is_that_of_the_last_commit_that_changed_the_path() {
    let place = versioned();
    place.write("docs/runbook.md", RUNBOOK);
    place.write("docs/other.md", "x\n");
    commit(&place, "first", 200 * DAY);
    place.write("docs/other.md", "y\n");
    commit(&place, "second", 10 * DAY);
    let with = "{path: docs/runbook.md, since: 90d}";
    let old = place.look("git.age", with).await;
    held(&old, "obs.age > 90d && obs.changes == 0 && obs.uncommitted == false");
    broken(&old, "obs.age <= 90d");
    held(&place.look("git.age", "{path: docs, since: 90d}").await, "obs.age < 11d && obs.changes == 1");
    place.write("docs/runbook.md", "# Restore\n\nNew.\n");
    held(&place.look("git.age", with).await, "obs.uncommitted && obs.age > 90d");
    commit(&place, "third", DAY);
    held(&place.look("git.age", with).await, "obs.age <= 90d && obs.changes == 1");
}

#[tokio::test]
async fn what_git_does_not_know_has_no_age() {
    let place = versioned();
    place.write("a.md", "x\n");
    commit(&place, "first", DAY);
    place.write("new.md", "x\n");
    blind(&place.look("git.age", "{path: new.md}").await, "never committed");
    blind(&place.look("git.age", "{path: none.md}").await, "is not here");
    blind(&place.look("git.age", "{path: a.md, branch: nowhere}").await, "does not know the branch");
    blind(&Place::new().look("git.age", "{path: a.md}").await, "is not here");
    let plain = Place::new();
    plain.write("a.md", "x\n");
    blind(&plain.look("git.age", "{path: a.md}").await, "git does not know it");
}

#[tokio::test]
async fn the_boundary_of_a_shallow_clone_is_no_change() {
    let place = versioned();
    place.write("a.md", "x\n");
    commit(&place, "first", 300 * DAY);
    place.write("b.md", "x\n");
    commit(&place, "second", 2 * DAY);
    let shallow = Place::new();
    let from = format!("file://{}", place.world.directory.display());
    std::fs::remove_dir_all(shallow.world.directory.join(".git")).expect("removes");
    git(&shallow, &["clone", "-q", "--depth", "1", &from, "."], 0);
    let seen = shallow.look("git.age", "{path: a.md}").await;
    blind(&seen, "shallow");
    not_seen(&seen, "obs.age < 90d");
}
