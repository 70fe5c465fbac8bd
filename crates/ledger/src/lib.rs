//! The append-only, hash-chained memory of observations, verdicts, decisions, drills and runs.
//!
//! The life of an entry: a hand describes it as a [`NewEntry`], [`Ledger::append`] reads the head inside one
//! transaction that keeps other writers out, links the entry to it by a hash over the stored bytes, and answers only
//! after the commit is on disk. [`Ledger::verify`] walks the whole chain again. A plain chain does not see a cut tail, so
//! a [`Head`] kept somewhere else (a CI summary, a committed file) is its anchor: changes are not prevented, they show.
//!
//! A ledger is an SQLite file or a PostgreSQL database ([`Address`]); the statements are the same. Bodies are opaque
//! versioned texts; long histories are compressed blobs by digest ([`Ledger::put_blob`]), the only thing that may ever be
//! removed ([`Ledger::prune`], which leaves an entry). What this crate does not do: read a clock, change an entry.

mod address;
mod anchor;
mod blob;
mod carry;
mod engine;
mod entry;
mod error;
mod mount;
mod retention;
mod store;
mod verify;

pub use address::Address;
pub use anchor::{MAX_ANCHORS, anchors, print_anchor};
pub use blob::MAX_BLOB_BYTES;
pub use carry::Moved;
pub use engine::{ANSWER_WITHIN, CONNECT_WITHIN, SCHEMA_VERSION};
pub use entry::{Entry, Head, MAX_BODY_BYTES, MAX_KIND_BYTES, NewEntry, digest, genesis, kind};
pub use error::Error;
pub use retention::Pruned;
pub use store::{BUSY_WITHIN, Ledger, MAX_APPEND, MAX_ENTRIES, MAX_PAGES, PAGE_BYTES};
pub use verify::{Flaw, MAX_FLAWS, Verified};
