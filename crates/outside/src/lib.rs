//! The only pathway to processes, sockets, files, clocks and secrets.
//!
//! Everything that can hurt a machine goes through this crate, so that there is one place to read when one asks
//! what seaworthy can touch, and one place where a process is named by its number *and* its start time. Floors 3
//! and up use it; the pure floors below cannot. It decides nothing: what may be broken is decided by the caller.
//!
//! Linux is where processes are started and killed. `net`, `http`, `files` and `secret` work on other Unix
//! systems; starting a process there is [`Error::Unsupported`], never a quiet success.

#![expect(clippy::disallowed_methods, reason = "this crate is what the ban on these methods points to")]
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test that cannot go on panics"))]

mod error;
pub mod files;
pub mod git;
pub mod http;
pub mod lifeline;
pub mod net;
pub mod parallel;
pub mod process;
pub mod redis;
pub mod secret;
pub mod signal;
pub mod tls;

pub use error::Error;

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in microseconds since 1970-01-01 UTC; negative when the machine's clock stands before that.
pub fn now() -> i64 {
    let (elapsed, sign) = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => (since, 1),
        Err(before) => (before.duration(), -1),
    };
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX) * sign
}
