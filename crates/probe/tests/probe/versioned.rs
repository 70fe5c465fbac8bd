//! A repository with commits, for tests of what asks git.

#![expect(clippy::disallowed_methods, reason = "git is asked by name, in a temporary directory")]

use std::process::{Command, Stdio};

use crate::world::{NOW, Place};

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// A repository in which git works, without commits.
pub(crate) fn versioned() -> Place {
    let place = Place::new();
    git(&place, &["init", "-q", "-b", "main"], 0);
    place
}

/// Commits everything, so many seconds before the look.
pub(crate) fn commit(place: &Place, message: &str, ago: i64) {
    git(place, &["add", "-A"], ago);
    git(place, &["commit", "-q", "--allow-empty", "-m", message], ago);
}

/// Asks git for something.
pub(crate) fn git(place: &Place, arguments: &[&str], ago: i64) {
    let at = format!("{} +0000", NOW / 1_000_000 - ago);
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.args(identity).args(["-c", "protocol.file.allow=always"]).args(arguments);
    command.env("GIT_AUTHOR_DATE", &at).env("GIT_COMMITTER_DATE", &at);
    let status = command.current_dir(&place.world.directory).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("git runs").success(), "git {arguments:?}");
}
