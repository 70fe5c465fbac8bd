//! What stood in the way of a look. It ends as the `trouble` of an observation, never as a failure of the run.

use std::net::SocketAddr;
use std::time::Duration;

use text::print_duration;

/// Why a look reached less than it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The variable that a secret comes from is not set.
    #[error("environment variable {0} is not set")]
    NoVariable(String),
    /// The component has no address or file in this run.
    #[error("`{component}` has no {what} here: it was not started, and the file names none")]
    NotHere {
        /// The component.
        component: String,
        /// `address` or `file`.
        what: &'static str,
    },
    /// The address is neither loopback nor allowed.
    #[error(
        "{at} is not allowed in environment `{environment}`: add its network to `environments.{environment}.allow`"
    )]
    NotAllowed {
        /// The address.
        at: SocketAddr,
        /// The environment.
        environment: String,
    },
    /// The path leads out of the repository, or to something that is no file.
    #[error("{path} {why}")]
    Path {
        /// As written.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The text is not what its format says.
    #[error("{path}:{line}: {what}")]
    Syntax {
        /// As written.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// It took longer than allowed.
    #[error("no answer within {}", print_duration(*.0))]
    TimedOut(Duration),
    /// What SQLite said.
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What PostgreSQL, or the connection to it, said.
    #[error("postgres: {}", postgres_words(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The statement would write.
    #[error("the statement is not read-only")]
    NotReadOnly,
    /// What was answered is not what can be read, or may not be seen.
    #[error("{0}")]
    Unfit(String),
    /// What the world outside said.
    #[error(transparent)]
    Outside(#[from] outside::Error),
    /// What stood between us and a Redis.
    #[error("redis: {0}")]
    Redis(outside::redis::Failure),
    /// A server did not answer as asked.
    #[error("{at}: {what}")]
    Service {
        /// Address and path.
        at: String,
        /// What came instead.
        what: String,
    },
    /// The thread that looked is gone.
    #[error("the look was cut short")]
    CutShort,
}

/// The server's own words where it has some; tokio-postgres alone says `db error`.
fn postgres_words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => error.to_string(),
    }
}

impl Error {
    /// The error with its sources, one sentence.
    pub(crate) fn words(&self) -> String {
        let mut words = self.to_string();
        if matches!(self, Self::Postgres(error) if error.as_db_error().is_some()) {
            return words;
        }
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let more = error.to_string();
            if !words.contains(&more) {
                words.push_str(": ");
                words.push_str(&more);
            }
            source = error.source();
        }
        words
    }
}
