//! Probes look and change nothing.
//!
//! The life of a probe: [`read`] turns a claim's `with:` into a [`Probe`] with all problems at once; [`gather`] looks
//! into the [`World`] and answers with an [`evidence::Observation`] of typed values. An observation never says pass or
//! fail, and gathering never fails: what stood in the way is the observation's `trouble`, and a look that reached
//! nothing has zero subjects, from which no expectation can be held.
//!
//! Read-only by construction: files are opened for reading below the repository only, HTTP is GET and HEAD (one
//! kind sends one fixed GraphQL query by POST), Redis is asked seven questions, SQL runs in read-only transactions with a
//! deadline, and programs run only when the file's `exec.allow` names them. What this
//! crate does not do: judge, retry, follow redirects, or touch an address that is neither loopback nor allowed.

mod ask;
mod bundle;
mod change;
mod ci;
mod code;
mod credential;
mod dagster;
mod endpoint;
mod error;
mod exec;
mod file;
mod files;
mod hole;
mod http;
mod iceberg;
mod json;
mod kind;
mod kubernetes;
mod metric;
mod moment;
mod network;
mod oci;
mod paper;
mod prometheus;
mod read;
mod redis;
mod report;
mod repository;
mod sight;
mod sql;
mod world;

pub use bundle::MAX_BUNDLE_BYTES;
pub use code::{MAX_SOURCE_BYTES, MAX_SOURCES_BYTES, SKIPPED_DIRECTORIES};
pub use error::Error;
pub use exec::MAX_EXEC_WITHIN;
pub use file::{FILE_WITHIN, MAX_FILE_BYTES, MAX_MATCHES};
pub use http::{MAX_BODY_BYTES, MAX_TIMES, SECURITY_HEADERS};
pub use kubernetes::{Connections, MAX_MANIFEST_BYTES, SELECTING_KINDS, connections};
pub use metric::{MAX_SERIES, Series};
pub use network::Network;
pub use read::{Probe, kinds, read};
pub use redis::MAX_SETTLE;
pub use sight::MAX_TEXT_BYTES;
pub use sql::{MAX_ROWS, MAX_SQL_WITHIN, MIGRATION_TOOLS};
pub use world::World;

use evidence::Observation;

/// Looks once. Takes at most the probe's own deadlines.
pub async fn gather(probe: &Probe, world: &World) -> Observation {
    let sight = probe.look(world).await;
    sight.into_observation(probe.kind(), &probe.subject(), world)
}
