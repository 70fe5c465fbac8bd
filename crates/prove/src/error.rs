//! What ends a run before it can decide.

use std::path::PathBuf;

/// A run that could not be finished. What it had started is healed before this is returned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no `seaworthy.yaml` where the user pointed.
    #[error("there is no {}", path.display())]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The environment is not named in the file.
    #[error("environment `{name}` is not named in the file")]
    NoEnvironment {
        /// As asked for.
        name: String,
    },
    /// `--only` matched nothing: an empty selection is never a pass.
    #[error("no claim belongs to {wanted}")]
    NothingSelected {
        /// As asked for.
        wanted: String,
    },
    /// A build command failed.
    #[error("building `{component}` failed: {why}")]
    Build {
        /// The component.
        component: String,
        /// Exit code and the end of its output.
        why: String,
    },
    /// A component could not be started.
    #[error("starting `{component}` failed")]
    Start {
        /// The component.
        component: String,
        /// Why.
        source: outside::Error,
    },
    /// A hole in a command could not be filled.
    #[error("`{text}` of `{component}` cannot be filled: {why}")]
    Fill {
        /// The component.
        component: String,
        /// The command as written.
        text: String,
        /// Why.
        why: String,
    },
    /// A component did not become ready in time, or died before.
    #[error("`{component}` did not become ready")]
    NotReady {
        /// The component.
        component: String,
        /// What was seen, with the end of its log.
        source: drill::Error,
    },
    /// A component that others depend on went away although nobody touched it.
    #[error("`{component}` died by itself: {why}")]
    Died {
        /// The component.
        component: String,
        /// How, with the end of its log.
        why: String,
    },
    /// The guard did not start.
    #[error("the guard did not start: {why}")]
    Guard {
        /// What it said.
        why: String,
    },
    /// The watchdog went away, so nothing may be broken any more.
    #[error("the watchdog died; everything was healed and the run ended")]
    WatchdogDied,
    /// A drill could not be conducted.
    #[error("drill for {claim} failed")]
    Drill {
        /// The claim.
        claim: String,
        /// Why.
        source: drill::Error,
    },
    /// The fault journal could not be written, so nothing may be broken.
    #[error("the fault journal cannot be written")]
    Journal {
        /// Why.
        source: drill::Error,
    },
    /// The ledger could not remember; what is not remembered is not decided.
    #[error("the ledger cannot be written")]
    Ledger {
        /// Why.
        #[from]
        source: ledger::Error,
    },
    /// Something could not be put right again.
    #[error("left to heal after {why}: {}", left.join("; "))]
    LeftToHeal {
        /// What is left.
        left: Vec<String>,
        /// What ended the run.
        why: String,
    },
    /// The baseline of findings cannot be used.
    #[error("the baseline {} cannot be used: {why}", path.display())]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The revision to compare with is not known here.
    #[error("`{revision}` is no revision that version control knows here")]
    NoRevision {
        /// As asked for.
        revision: String,
    },
    /// The file was not there at a revision, or held no system.
    #[error("{} held no system at `{revision}`", path.display())]
    NotThen {
        /// The file.
        path: std::path::PathBuf,
        /// The revision.
        revision: String,
    },
    /// No file says what runs.
    #[error("nothing that runs was found in {}{}", paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "), notes.iter().map(|note| format!("; {note}")).collect::<String>())]
    NothingFound {
        /// What could not be read, in words.
        notes: Vec<String>,
        /// Where somebody pointed.
        paths: Vec<std::path::PathBuf>,
    },
    /// A Prometheus does not say what calls what.
    #[error("{address}: {why}")]
    Traces {
        /// Where it was asked.
        address: String,
        /// Why nothing came of it.
        why: String,
    },
    /// Anything else of the world outside.
    #[error("{what}")]
    Outside {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: outside::Error,
    },
    /// The user or the system asked to stop.
    #[error("stopped on request, after healing")]
    Stopped {
        /// 130 or 143.
        exit_code: u8,
    },
}
