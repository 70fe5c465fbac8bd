//! The words of the end-to-end tests: a copy of a system in a directory of its own, and `seaworthy` run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// Plain `cargo test` runs tests on several threads; drills want the machine for themselves.
static MACHINE: Mutex<()> = Mutex::new(());

/// A directory with a system in it, a state directory of its own, and the machine.
pub(crate) struct World {
    directory: TempDir,
    state: TempDir,
    _machine: MutexGuard<'static, ()>,
}

/// What a command said.
#[must_use]
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// An empty directory.
    pub(crate) fn empty() -> Self {
        let machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { directory: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap(), _machine: machine }
    }

    /// A copy of the example, started from the binary that this test run built, without its build step.
    pub(crate) fn event_tracker() -> Self {
        Self::example("seaworthy.yaml")
    }

    /// The same with another of the example's files as `seaworthy.yaml`.
    pub(crate) fn example(file: &str) -> Self {
        let world = Self::empty();
        let example = repository().join("examples/event-tracker");
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        world.write("seaworthy.yaml", &local(&read(&example.join(file))));
        for entry in std::fs::read_dir(example.join("docs")).unwrap() {
            let entry = entry.unwrap();
            world.write(&format!("docs/{}", entry.file_name().to_string_lossy()), &read(&entry.path()));
        }
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Changes a file in place; what is replaced must stand there.
    pub(crate) fn replace(&self, name: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.path().join(name)).unwrap();
        assert!(text.contains(old), "{name} does not hold {old:?}");
        self.write(name, &text.replace(old, new));
    }

    /// `seaworthy` with arguments, in the directory; not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env("SEAWORTHY_STATE_DIR", self.state()).env("NO_COLOR", "1").env_remove("EVENT_TRACKER_FLAW");
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// Starts in the background.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The result as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }

    /// Asserts the exit code, showing everything that was said.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }
}

/// The repository this test was built from.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// The example's service, built by the same cargo when it is not there yet or older than its code.
pub(crate) fn event_tracker() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_seaworthy")).with_file_name("event-tracker");
    let written = |path: PathBuf| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    let code = std::fs::read_dir(repository().join("examples/event-tracker/src")).unwrap();
    if written(binary.clone()) < code.filter_map(|entry| written(entry.unwrap().path())).max() {
        let release = binary.parent().is_some_and(|folder| folder.ends_with("release"));
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--quiet", "--package", "event-tracker"]).args(release.then_some("--release"));
        assert!(command.current_dir(repository()).status().unwrap().success(), "cargo build -p event-tracker failed");
    }
    binary
}

/// The example's file with our binary in place of the one it builds.
pub(crate) fn local(yaml: &str) -> String {
    let binary = event_tracker();
    let lines = yaml.lines().filter(|line| !line.trim_start().starts_with("build:"));
    let text =
        lines.collect::<Vec<_>>().join("\n").replace("../../target/release/event-tracker", &binary.to_string_lossy());
    assert!(
        !text.contains("target/release") || text.contains(&*binary.to_string_lossy()),
        "the example is started in a way that the tests do not know"
    );
    text + "\n"
}
