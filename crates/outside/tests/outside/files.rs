//! Files: whole or not at all, and nobody else's directory removed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use outside::Error;
use outside::files::{SCRATCH_MARKER, Scratch, SyncedLog, list, read_text, remove_scratch, write_whole};
use outside::process::RunMark;

#[test]
fn text_is_read_up_to_its_limit_and_only_when_it_is_text() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read_text(&path, 5).unwrap(), "12345");
    assert!(matches!(read_text(&path, 4), Err(Error::TooLarge { limit_bytes: 4, .. })));
    fs::write(&path, b"ab\xff").unwrap();
    assert!(matches!(read_text(&path, 9), Err(Error::NotText { offset: 2, .. })));
    assert!(matches!(read_text(directory.path(), 9), Err(Error::Io { .. })));
    assert!(matches!(read_text(&directory.path().join("none"), 9), Err(Error::Io { .. })));
}

#[test]
fn a_file_is_replaced_whole_with_its_permissions_and_through_its_link() {
    let directory = tempfile::tempdir().unwrap();
    let (path, link) = (directory.path().join("a"), directory.path().join("link"));
    write_whole(&path, b"one").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&path, &link).unwrap();
    write_whole(&link, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(list(directory.path()).unwrap(), ["a", "link"], "no temporary file is left");
}

#[test]
fn a_file_that_cannot_be_replaced_is_as_it_was_and_nothing_is_left_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("a")).unwrap();
    assert!(write_whole(&directory.path().join("a"), b"x").is_err());
    assert!(write_whole(&directory.path().join("no/where"), b"x").is_err());
    assert_eq!(list(directory.path()).unwrap(), ["a"]);
}

#[test]
fn a_scratch_directory_goes_with_everything_in_it_on_close_and_on_drop() {
    for close in [true, false] {
        let scratch = Scratch::create(&RunMark::fresh()).unwrap();
        let path = scratch.path().to_owned();
        fs::create_dir_all(path.join("a/b")).unwrap();
        fs::write(path.join("a/b/c"), "x").unwrap();
        symlink("/etc", path.join("link")).unwrap();
        if close {
            scratch.close().unwrap();
        } else {
            drop(scratch);
        }
        assert!(!path.exists());
    }
    assert!(fs::exists("/etc/passwd").unwrap());
}

#[test]
fn a_directory_that_is_not_the_runs_own_stays() {
    let run = RunMark::fresh();
    let scratch = Scratch::create(&run).unwrap();
    let path = scratch.path().to_owned();
    let not_ours = |path: &std::path::Path, run: &RunMark| {
        matches!(remove_scratch(path, run), Err(Error::NotOurs { .. })) && path.exists()
    };
    assert!(not_ours(&path, &RunMark::fresh()), "another run's");
    fs::remove_file(path.join(SCRATCH_MARKER)).unwrap();
    fs::write(path.join("precious"), "x").unwrap();
    assert!(not_ours(&path, &run), "no marker");
    fs::write(path.join(SCRATCH_MARKER), run.as_str()).unwrap();
    let inner = path.join("seaworthy-inner");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join(SCRATCH_MARKER), run.as_str()).unwrap();
    assert!(not_ours(&inner, &run), "not directly below a temporary directory");
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join(SCRATCH_MARKER), run.as_str()).unwrap();
    assert!(not_ours(other.path(), &run), "another name");
    let link = std::env::temp_dir().join(format!("seaworthy-link-{}", run.as_str()));
    symlink(&path, &link).unwrap();
    assert!(not_ours(&link, &run), "a link");
    fs::remove_file(&link).unwrap();
    assert!(remove_scratch(&path, &run).unwrap());
    assert!(!remove_scratch(&path, &run).unwrap(), "gone already");
}

#[test]
fn a_directory_whose_marker_was_cut_short_by_a_crash_is_still_the_runs_own() {
    for (written, other, removed) in
        [("", None, true), ("1", None, true), ("x", None, false), ("", Some("precious"), false)]
    {
        let run = RunMark::fresh();
        let path = Scratch::planned(&run);
        fs::create_dir(&path).unwrap();
        fs::write(path.join(SCRATCH_MARKER), written).unwrap();
        if let Some(name) = other {
            fs::write(path.join(name), "x").unwrap();
        }
        assert_eq!(remove_scratch(&path, &run).is_ok(), removed, "{written:?} {other:?}");
        fs::write(path.join(SCRATCH_MARKER), run.as_str()).unwrap_or_default();
        assert_eq!(remove_scratch(&path, &run).unwrap(), !removed);
    }
}

#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(matches!(read_text(&path, 9), Err(Error::Io { .. })));
}

#[test]
fn a_log_is_made_once_and_held_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut log = SyncedLog::create(&path, b"zero\n").unwrap();
    assert_eq!(list(directory.path()).unwrap(), ["log"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    log.append(b"one\n").unwrap();
    assert!(SyncedLog::create(&path, b"").is_err());
    let mut again = SyncedLog::open(&path).unwrap();
    again.append(b"two\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"zero\none\ntwo\n");
    assert!(log.hold().unwrap());
    assert!(!again.hold().unwrap());
    drop(log);
    assert!(again.hold().unwrap());
}

#[test]
fn a_redactor_hides_the_longest_value_first_and_leaves_short_ones() {
    let redactor = outside::secret::Redactor::new(["pass", "password1", "ab", ""].map(str::to_owned));
    assert_eq!(redactor.redact("x password1 y pass z ab"), "x *** y *** z ab");
    assert_eq!(format!("{redactor:?}"), "Redactor(2 values)");
}

#[test]
fn tokens_are_32_digits_and_differ() {
    let (one, two) = (outside::secret::token(), outside::secret::token());
    assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_ne!(one, two);
}
