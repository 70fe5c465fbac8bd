//! The watch over HTTP: what the ledger remembers, for people and programs that may look at it.
//!
//! The life of a request: its host is checked (so that no web page elsewhere can read a ledger on this machine), the
//! ledger is opened read-only in a blocking thread, one reading is answered as versioned JSON, and the ledger is closed
//! again. Nothing here writes: other methods than GET and HEAD are refused, and each connection to the ledger is
//! read-only. What this crate does not do yet: pages, schedules, authentication; hence it listens on loopback by
//! default.

mod answer;
mod error;
mod routes;
mod serve;

pub use error::Error;
pub use routes::{MAX_PAGE, MAX_READERS, READER_WITHIN};
pub use serve::{DRAIN_WITHIN, Options, Server, serve};
