//! End to end, with the real binary on real systems: few tests, each of which shows that the wiring holds.
//!
//! Drills measure time, so no two of them may share the machine: under nextest the settings in `.config/nextest.toml`
//! give each of these tests all of it, and `World` takes a lock for plain `cargo test`.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests start processes, read files and may panic")]

mod world;

mod aftermath;
mod bad_days;
mod choices;
mod commands;
mod deciding;
mod editing;
mod first_minutes;
mod flaws;
mod healing;
mod inferred;
mod integrations;
mod linting;
mod looking;
mod memory;
mod no_room;
mod not_seen;
mod output;
mod promise;
mod proof;
mod repository;
mod running;
mod schema;
mod small;
mod stated;
mod stores;
mod thoughts;
mod trees;
mod wrong_files;
