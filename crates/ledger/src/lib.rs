//! The append-only, hash-chained memory of observations, verdicts, decisions, drills and runs.
//!
//! The life of an entry: a hand describes it as a [`NewEntry`], [`Ledger::append`] reads the head inside one
//! immediate transaction, links the entry to it by a hash over the stored bytes, and answers only after the commit
//! is on disk. [`Ledger::verify`] walks the whole chain again. A plain chain does not see a cut tail, so a [`Head`]
//! kept somewhere else (a CI summary, a signed statement) is its anchor: changes are not prevented, they show.
//!
//! Bodies are opaque versioned texts; long histories are compressed blobs by digest ([`Ledger::put_blob`]). What this
//! crate does not do: read a clock, interpret a body, delete or change an entry.

mod blob;
mod entry;
mod error;
mod mount;
mod schema;
mod store;
mod verify;

pub use blob::MAX_BLOB_BYTES;
pub use entry::{Entry, Head, MAX_BODY_BYTES, MAX_KIND_BYTES, NewEntry, genesis, kind};
pub use error::Error;
pub use schema::{MAX_PAGES, PAGE_BYTES, SCHEMA_VERSION};
pub use store::{BUSY_WITHIN, Ledger, MAX_APPEND, MAX_ENTRIES};
pub use verify::{Flaw, MAX_FLAWS, Verified};
