//! One binary for all integration tests of the crate.

mod cilium;
mod doubt;
mod list;
mod reach;
mod samples;
mod world;
