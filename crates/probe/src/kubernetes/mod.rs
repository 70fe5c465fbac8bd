//! What manifests come to, from their files alone.

mod disruption;
mod reach;
mod repository;
mod select;
mod tree;
mod who;

pub use reach::connections;
pub use select::SELECTING_KINDS;
pub use tree::{Connections, MAX_MANIFEST_BYTES};

use crate::kind::{Kind, ready};

/// The kinds that read manifests.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "k8s.reach", read: |fields, _, _| ready(reach::K8sReach::read(fields)) },
    Kind { name: "k8s.disruption", read: |fields, _, _| ready(disruption::K8sDisruption::read(fields)) },
    Kind { name: "k8s.select", read: |fields, _, _| ready(select::K8sSelect::read(fields)) },
];
