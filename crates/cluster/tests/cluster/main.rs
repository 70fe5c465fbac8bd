//! One binary for all integration tests of the crate.

mod reach;
mod samples;
mod world;
