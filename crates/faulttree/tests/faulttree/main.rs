//! One binary for all integration tests of the crate.

mod aralia;
mod brackets;
mod exact;
mod laws;
mod measures;
mod openpsa;
mod world;
