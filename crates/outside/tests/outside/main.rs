//! Tests of what only the real machine shows: processes that are killed, sockets that break, files that are replaced.

#![expect(clippy::disallowed_methods, reason = "the machine is set up and looked at from outside the crate under test")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod files;
mod http;
mod process;
mod support;
