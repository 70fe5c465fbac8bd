//! How one attempt to reach an upstream failed. The kinds are those a caller can tell apart, because a guard answers
//! each of them differently and a drill asks for each of them by name.

use hyper::StatusCode;

/// One attempt that brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection came about: refused or unreachable. Not a byte was sent, so any request may be sent again.
    Refused,
    /// The connection or the head of the answer took too long.
    TimedOut,
    /// The connection was reset before the head of the answer was complete.
    Reset,
    /// The connection ended, or what came was no HTTP, before the head of the answer was complete.
    Cut,
    /// The client was too slow with its own body, or went away. Nobody else's failure.
    Client,
}

impl Failure {
    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::Client => "client",
        }
    }

    /// What a failure to connect was.
    pub(crate) fn of_connect(error: &outside::Error) -> Self {
        match error {
            outside::Error::TimedOut { .. } => Self::TimedOut,
            _ => Self::Refused,
        }
    }

    /// What a failed exchange on an open connection was.
    pub(crate) fn of_exchange(error: &hyper::Error) -> Self {
        if error.is_user() {
            return Self::Client;
        }
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            if inner.downcast_ref::<std::io::Error>().is_some_and(is_reset) {
                return Self::Reset;
            }
            source = inner.source();
        }
        Self::Cut
    }
}

fn is_reset(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// Whether an answer means that the upstream failed. One set for breaker, retry and cache alike, that of RFC 5861.
pub(crate) fn is_failing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}
