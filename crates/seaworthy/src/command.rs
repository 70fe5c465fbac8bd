//! The commands, one file each.

pub(crate) mod drill;
pub(crate) mod gate;
pub(crate) mod here;
pub(crate) mod impact;
pub(crate) mod init;
pub(crate) mod ledger;
pub(crate) mod lint;
pub(crate) mod probe;
pub(crate) mod prove;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod risk;
pub(crate) mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::prove::{Case, Error, Reading};
pub(crate) use ::report::count;
use outside::secret::Redactor;
use text::{Problem, Source};

use crate::exit::Exit;
use crate::terminal::Terminal;

/// Reads the case a path points to; warnings are shown, errors end the command.
pub(crate) fn case(path: &Path, terminal: Terminal) -> Result<(PathBuf, Case, Vec<Problem>), Exit> {
    case_without(path, &[], terminal)
}

/// The same where some problems do not matter, by their rules: a graph needs no register.
pub(crate) fn case_without(
    path: &Path,
    rules: &[&str],
    terminal: Terminal,
) -> Result<(PathBuf, Case, Vec<Problem>), Exit> {
    let file = ::prove::find(path).map_err(|error| failed(&error, terminal))?;
    let mut reading = ::prove::read(&file);
    reading.problems.retain(|problem| !rules.contains(&problem.rule));
    let case = reading.sound();
    show(&reading.problems, &reading.sources, terminal);
    match case {
        Some(case) => Ok((file, case, reading.problems)),
        None => {
            terminal.message(&count(&reading.problems));
            Err(Exit::Usage)
        }
    }
}

/// Shows problems on stderr.
pub(crate) fn show(problems: &[Problem], sources: &BTreeMap<String, Source>, terminal: Terminal) {
    if !problems.is_empty() {
        terminal.message(::report::problems(problems, sources, terminal.paint()).trim_end());
        terminal.message("");
    }
}

/// `1 risk`, `2 risks`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Says what happened, where, and what to do, and which exit code that is.
pub(crate) fn failed(error: &Error, terminal: Terminal) -> Exit {
    failed_hiding(error, &Redactor::new(Vec::new()), terminal)
}

/// As [`failed`], with secrets hidden: the end of a component's log may hold them.
pub(crate) fn failed_hiding(error: &Error, redactor: &Redactor, terminal: Terminal) -> Exit {
    let mut text = format!("error: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("\n  because: {cause}"));
        source = cause.source();
    }
    if let Some(help) = help(error) {
        text.push_str(&format!("\n  help: {help}"));
    }
    terminal.message(&redactor.redact(&text));
    match error {
        Error::NoFile { .. }
        | Error::NoEnvironment { .. }
        | Error::NothingSelected { .. }
        | Error::Fill { .. }
        | Error::Baseline { .. }
        | Error::NoRevision { .. }
        | Error::NotThen { .. }
        | Error::NothingFound { .. } => Exit::Usage,
        Error::Stopped { exit_code } => Exit::Stopped(*exit_code),
        Error::Ledger { source: ::ledger::Error::Damaged { .. } } => Exit::Fail,
        Error::Ledger { source: ::ledger::Error::NoAddress { .. } | ::ledger::Error::NotAllowed { .. } } => Exit::Usage,
        Error::LeftToHeal { .. } => Exit::LeftToHeal,
        Error::Build { .. }
        | Error::Start { .. }
        | Error::NotReady { .. }
        | Error::Died { .. }
        | Error::Guard { .. }
        | Error::WatchdogDied
        | Error::Drill { .. }
        | Error::Journal { .. }
        | Error::Ledger { .. }
        | Error::Traces { .. }
        | Error::Outside { .. } => Exit::Undecided,
    }
}

fn help(error: &Error) -> Option<&'static str> {
    match error {
        Error::NoFile { .. } => Some("point to the directory that holds it: `seaworthy prove DIR`"),
        Error::NoEnvironment { .. } => Some("name it under `environments:`, or leave `--environment` out"),
        Error::NothingSelected { .. } => {
            Some("`--only` takes a risk (`R-2`) or a claim (`R-2/no-lost-write`) of seaworthy.yaml")
        }
        Error::Baseline { .. } => Some("`seaworthy lint --write-baseline` writes it anew"),
        Error::NoRevision { .. } => Some("name a commit, branch or tag that was fetched: `--since origin/main`"),
        Error::NotThen { .. } => Some("compare with a later revision, in which the file is"),
        Error::Traces { .. } => {
            Some("a service graph is kept by the service graph connector of OpenTelemetry, Tempo or Alloy")
        }
        Error::NothingFound { .. } => {
            Some("point to a compose file, Kubernetes manifests, a Backstage catalog, or a directory of them")
        }
        Error::Build { .. } => Some("run the `build` command by hand in the directory of seaworthy.yaml"),
        Error::Fill { .. } => Some("set the variable, or give it a default: `${env:NAME:-default}`"),
        Error::Start { .. } | Error::NotReady { .. } => {
            Some("run the `start` command by hand in the directory of seaworthy.yaml")
        }
        Error::Died { .. } => Some("a system that falls by itself cannot be drilled; see the log above"),
        Error::LeftToHeal { .. } => Some("run `seaworthy drill heal`"),
        Error::Journal { .. } => {
            Some("nothing was broken; make the state directory writable (SEAWORTHY_STATE_DIR names another)")
        }
        Error::Ledger { .. } => Some("nothing was decided, because it could not be remembered"),
        Error::Guard { .. }
        | Error::WatchdogDied
        | Error::Drill { .. }
        | Error::Outside { .. }
        | Error::Stopped { .. } => None,
    }
}

/// A runtime on this thread: processes are spawned by outside's own thread, everything else waits here.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// What a reading came to, for commands that go on in spite of problems.
pub(crate) fn reading(path: &Path, terminal: Terminal) -> Result<Reading, Exit> {
    let file = ::prove::find(path).map_err(|error| failed(&error, terminal))?;
    Ok(::prove::read(&file))
}
