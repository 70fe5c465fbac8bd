//! One binary for all integration tests of the crate.

mod cilium;
mod doubt;
mod reach;
mod samples;
mod world;
