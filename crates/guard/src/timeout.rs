//! Timeout: no attempt lasts forever.
//!
//! An edge with `timeout:` gives an attempt that long, counted from the moment the connection stands to the head of
//! the answer; a fault's delay counts as the upstream's. Connecting has a limit of its own (`connect_timeout`). Where
//! nothing is written an attempt still ends, only late. Bodies have no deadline, since a long download is no failure,
//! but they may not stand still.

use std::time::Duration;

use system::Policy;

/// How long an attempt may take on an edge without `timeout:`.
pub const LONGEST_ATTEMPT: Duration = Duration::from_secs(60);
/// How long an attempt may take while the guard is bypassed; long enough that the client gives up first.
pub const LONGEST_BYPASSED_ATTEMPT: Duration = Duration::from_secs(600);
/// How long a bypassed connection attempt may take.
pub const BYPASSED_CONNECT: Duration = Duration::from_secs(60);
/// How long a body may stand still, in either direction, before the connection is given up.
pub const BODY_STANDSTILL: Duration = Duration::from_secs(60);

/// How long the two parts of an attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Opening a connection.
    pub(crate) connect: Duration,
    /// From there to the head of the answer.
    pub(crate) answer: Duration,
}

impl Limits {
    /// What the policy says.
    pub(crate) fn of(policy: &Policy) -> Self {
        Self { connect: policy.connect_timeout, answer: policy.timeout.unwrap_or(LONGEST_ATTEMPT) }
    }

    /// The limits of a plain proxy.
    pub(crate) fn bypassed() -> Self {
        Self { connect: BYPASSED_CONNECT, answer: LONGEST_BYPASSED_ATTEMPT }
    }
}
