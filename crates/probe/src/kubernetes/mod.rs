//! What manifests come to, from their files alone.

mod reach;
mod tree;

pub(crate) use reach::look;
pub use reach::{K8sReach, connections};
pub use tree::{Connections, MAX_MANIFEST_BYTES};
