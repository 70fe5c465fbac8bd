//! The guard over real sockets: an upstream that answers, a guard in front, a client that asks. `world` holds the
//! words.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod admin;
mod faults;
mod forwarding;
mod lifecycle;
mod options;
mod protections;
mod smuggling;
mod tcp;
mod toxiproxy;
mod world;
