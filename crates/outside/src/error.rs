//! What can go wrong with the world outside, told apart by kind because callers act on the kind: a refused
//! connection is an observation, an unreachable one is a network, a missing program is a mistake in a file.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An operation on the world outside that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system said no; `what` names the operation and its object.
    #[error("cannot {what}")]
    Io {
        /// The operation, as "read /a/b".
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody listens there.
    #[error("{at} refused the connection")]
    Refused {
        /// Where.
        at: SocketAddr,
    },
    /// No answer to the connection attempt in time.
    #[error("{at} did not answer within {within:?}")]
    TimedOut {
        /// Where.
        at: SocketAddr,
        /// How long was waited.
        within: Duration,
    },
    /// The network has no way there.
    #[error("{at} cannot be reached")]
    Unreachable {
        /// Where.
        at: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A `host:port` that names no address.
    #[error("`{host_port}` names no address: {why}")]
    NoAddress {
        /// As it was given.
        host_port: String,
        /// Why not.
        why: String,
    },
    /// A program that is not there.
    #[error("program `{program}` not found, tried {}", list(tried))]
    ProgramNotFound {
        /// As it was given.
        program: String,
        /// Every path that was looked at.
        tried: Vec<PathBuf>,
    },
    /// A program file that may not be executed.
    #[error("`{}` is not executable", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// The directory a process should run in is not there.
    #[error("directory `{}` of process `{name}` does not exist", path.display())]
    NoDirectory {
        /// Name of the process.
        name: String,
        /// The directory.
        path: PathBuf,
    },
    /// The program could not be executed, or its keeper could not do its work.
    #[error("cannot start `{name}`: {why}")]
    NotStarted {
        /// Name of the process.
        name: String,
        /// What the keeper or the trampoline said.
        why: String,
    },
    /// Processes that survived every SIGKILL until the deadline.
    #[error("{} processes are still alive after {within:?}: pids {pids:?}", pids.len())]
    StillAlive {
        /// Their numbers.
        pids: Vec<i32>,
        /// How long was tried.
        within: Duration,
    },
    /// More bytes than the caller allows.
    #[error("`{}` is larger than the limit of {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_bytes: usize,
    },
    /// A file that should be text and is not UTF-8.
    #[error("`{}` is not UTF-8 text (first bad byte at offset {offset})", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Offset of the first byte that is not UTF-8.
        offset: usize,
    },
    /// A run identifier that cannot be a file name and an environment value.
    #[error("`{0}` is no run identifier: 1 to 64 of a-z, 0-9 and `-` are allowed")]
    BadRunMark(String),
    /// A directory that does not carry the marker of the run that wants it gone.
    #[error("`{}` is not removed: {why}", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// What is missing.
        why: String,
    },
    /// A helper process wrote what its protocol does not know, or ended too early.
    #[error("helper `{name}`: {why}")]
    Protocol {
        /// Name of the helper.
        name: String,
        /// What was wrong.
        why: String,
    },
    /// This operating system has no such thing.
    #[error("{0} is not available on this operating system")]
    Unsupported(&'static str),
}

impl Error {
    /// An [`Error::Io`] about an operation.
    pub(crate) fn io(what: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::Io { what: what.into(), source: source.into() }
    }

    /// An [`Error::Io`] about an operation on a path.
    pub(crate) fn path(verb: &str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::io(format!("{verb} {}", path.display()), source)
    }

    /// An [`Error::NotStarted`].
    pub(crate) fn not_started(name: &str, why: impl Into<String>) -> Self {
        Self::NotStarted { name: name.to_owned(), why: why.into() }
    }

    /// An [`Error::Protocol`].
    pub(crate) fn protocol(name: &str, why: impl Into<String>) -> Self {
        Self::Protocol { name: name.to_owned(), why: why.into() }
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    if shown.is_empty() { "nothing: PATH is empty".to_owned() } else { shown.join(", ") }
}
