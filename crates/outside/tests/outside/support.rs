//! What the tests share: the host program, spawns of it, and waiting for a condition.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use outside::process::Spawn;

/// How long a condition may take to come true.
const DEADLINE: Duration = Duration::from_secs(20);

/// The program that stands in for seaworthy.
pub(crate) fn host() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_outside-test-host"))
}

/// A subcommand of the host program.
pub(crate) fn hosted(what: &[&str]) -> Spawn {
    program(&host(), what)
}

/// A shell script.
pub(crate) fn script(text: &str) -> Spawn {
    program(Path::new("/bin/sh"), &["-c", text])
}

fn program(path: &Path, arguments: &[&str]) -> Spawn {
    Spawn {
        name: "it".to_owned(),
        program: path.to_owned(),
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        env: BTreeMap::new(),
        directory: "/".into(),
        log: None,
    }
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
