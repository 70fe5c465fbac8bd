//! A ledger that cannot be written, and a disk that is full, at the beginning and in the middle: what cannot be
//! remembered is not decided, and what was remembered stays whole.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::aftermath::{notes, nothing_is_left, remembered, whole_by_itself};
use crate::running::Running;
use crate::small::post_office;
use crate::world::{Said, World};

/// Runs to the end: exit code 3 before anything started, and the words in what was said.
fn not_begun(world: &World, words: &[&str]) -> Said {
    let said = world.run(&["prove"]).exits(3);
    for word in words {
        assert!(said.err.contains(word), "{word:?} is missing in\n{}", said.err);
    }
    assert!(!said.err.contains("panicked") && !said.err.contains("starting"), "{}", said.err);
    assert!(said.err.contains("nothing was decided"), "{}", said.err);
    assert!(fs::read_dir(world.state()).unwrap().next().is_none(), "there is a journal although nothing began");
    said
}

#[test]
fn a_ledger_that_is_none_is_never_overwritten() {
    let world = post_office();
    let path = world.path().join(".seaworthy/ledger.db");
    world.write(".seaworthy/ledger.db", "these are my notes of the year, not a database at all\n");
    let _said = not_begun(&world, &["not a ledger", ".seaworthy/ledger.db"]);
    assert!(fs::read_to_string(&path).unwrap().starts_with("these are my notes"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let _said = not_begun(&world, &["cannot open the ledger", ".seaworthy/ledger.db"]);
}

#[test]
fn a_place_for_the_ledger_that_is_a_file_is_named() {
    let world = post_office();
    world.write(".seaworthy", "");
    let _said = not_begun(&world, &["cannot open the ledger", ".seaworthy"]);
}

#[test]
fn a_new_ledger_is_kept_out_of_the_repository() {
    let world = post_office();
    let said = world.run(&["prove", "--only", "R-1"]).exits(0);
    assert_eq!(fs::read_to_string(world.path().join(".seaworthy/.gitignore")).unwrap(), "*\n", "{}", said.err);
}

/// A file system of its own below a directory, as small as it is told; only root may have one.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }

    /// Writes until nothing fits any more.
    fn fill(&self) {
        let mut file = File::create(self.0.join("ballast")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0; 1]).is_ok() {}
    }

    fn clear(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A world whose ledger lies on a disk of its own; `None`, said aloud, where no disk may be mounted.
fn on_a_small_disk(test: &str) -> Option<(World, Disk)> {
    let world = post_office();
    let disk = Disk::mount(&world.path().join(".seaworthy"), "size=1m");
    if disk.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: no file system may be mounted here");
    }
    disk.map(|disk| (world, disk))
}

#[test]
fn a_full_disk_is_known_before_anything_starts() {
    let Some((world, disk)) = on_a_small_disk("a_full_disk_is_known_before_anything_starts") else { return };
    disk.fill();
    let _said = not_begun(&world, &["no room for the ledger", "free disk space"]);
    disk.clear();
    let _said = world.run(&["prove", "--only", "R-1"]).exits(0);
    nothing_is_left(&world, &BTreeSet::new(), "after there was room again");
}

#[test]
fn a_read_only_disk_is_known_before_anything_starts() {
    let Some((world, disk)) = on_a_small_disk("a_read_only_disk_is_known_before_anything_starts") else { return };
    let _said = world.run(&["prove", "--only", "R-1"]).exits(0);
    let before = notes(&world);
    fs::remove_dir_all(world.state().join("faults")).unwrap();
    disk.remount("ro");
    let _said = not_begun(&world, &["read-only"]);
    assert_eq!(notes(&world), before);
}

#[test]
fn a_ledger_that_may_not_be_written_is_known_before_anything_starts() {
    let world = post_office();
    let _said = world.run(&["prove", "--only", "R-1"]).exits(0);
    let before = notes(&world);
    fs::remove_dir_all(world.state().join("faults")).unwrap();
    let ledger = world.path().join(".seaworthy/ledger.db");
    fs::set_permissions(&ledger, fs::Permissions::from_mode(0o400)).unwrap();
    if File::options().append(true).open(&ledger).is_ok() {
        let test = "a_ledger_that_may_not_be_written_is_known_before_anything_starts";
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: root may write everything");
        return;
    }
    let _said = not_begun(&world, &["read-only"]);
    assert_eq!(notes(&world), before);
}

#[test]
fn a_disk_that_gets_full_in_the_middle_ends_the_run_and_keeps_what_was_remembered() {
    let name = "a_disk_that_gets_full_in_the_middle_ends_the_run_and_keeps_what_was_remembered";
    let Some((world, disk)) = on_a_small_disk(name) else { return };
    let mut run = Running::start(&world, &["prove"]);
    run.until_said("dependency-down R-2");
    disk.fill();
    let code = run.code();
    let story = run.story();
    assert_eq!(code, Some(3), "{story}");
    assert!(story.contains("no room for the ledger") && story.contains("nothing was decided"), "{story}");
    assert!(!story.contains("panicked"), "{story}");
    disk.clear();
    whole_by_itself(&world, &BTreeSet::new(), &story);
    assert_eq!(remembered(&world, ledger::kind::VERDICT).len(), 2, "the two probes were told, so they are remembered");
    assert_eq!(notes(&world).first().map(String::as_str), Some("began"));
}

/// A file that nobody can write any more, not even who has it open; only root may do that, and not everywhere.
struct Sealed(PathBuf);

impl Sealed {
    fn seal(path: &Path) -> Option<Self> {
        let sealed = Command::new("chattr").arg("+i").arg(path).output();
        sealed.is_ok_and(|output| output.status.success()).then(|| Self(path.to_owned()))
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-i").arg(&self.0).status();
    }
}

#[test]
fn what_the_journal_cannot_take_down_is_not_broken() {
    let test = "what_the_journal_cannot_take_down_is_not_broken";
    let world = post_office();
    let mut run = Running::start(&world, &["prove"]);
    run.until_said("dependency-down R-2");
    let journals = fs::read_dir(world.state().join("faults")).unwrap();
    let journal = journals.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some()).unwrap();
    let Some(sealed) = Sealed::seal(&journal) else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: no file can be sealed here (chattr +i)");
        return;
    };
    let code = run.code();
    let story = run.story();
    // Nothing is broken, but the journal cannot be closed either, and whoever cannot say that all is healed must not.
    assert_eq!(code, Some(10), "{story}");
    assert!(!story.contains("the fault bit") && !story.contains("panicked"), "{story}");
    assert!(story.contains("journal") && story.contains("drill heal"), "{story}");
    let still = world.run(&["drill", "heal"]).exits(10);
    assert!(still.out.contains("LEFT: "), "{}", still.out);
    drop(sealed);
    nothing_is_left(&world, &BTreeSet::new(), &story);
    assert_eq!(notes(&world), ["began", "aborted"]);
}
