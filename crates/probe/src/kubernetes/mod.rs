//! What manifests come to, from their files alone.

pub(crate) mod disruption;
pub(crate) mod reach;
pub(crate) mod select;
mod tree;
mod who;

pub use disruption::K8sDisruption;
pub use reach::{K8sReach, connections};
pub use select::{K8sSelect, SELECTING_KINDS};
pub use tree::{Connections, MAX_MANIFEST_BYTES};
