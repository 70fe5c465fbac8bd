//! What manifests come to, from their files alone; and what an API server says of what runs ([`live`]).

mod deployed;
mod disruption;
mod field;
mod given;
mod live;
mod reach;
mod refs;
mod repository;
mod select;
pub(crate) mod tree;
mod values;
mod who;

pub use reach::connections;
pub use select::SELECTING_KINDS;
pub use tree::{Connections, MAX_MANIFEST_BYTES};

use crate::kind::{Kind, ready};

/// The kinds that read manifests.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "k8s.reach", read: |fields, _, _| ready(reach::K8sReach::read(fields)) },
    Kind { name: "k8s.disruption", read: |fields, _, _| ready(disruption::K8sDisruption::read(fields)) },
    Kind { name: "k8s.deployed", read: |fields, _, _| ready(deployed::K8sDeployed::read(fields)) },
    Kind { name: "k8s.field", read: |fields, _, _| ready(field::K8sField::read(fields)) },
    Kind { name: "k8s.ref", read: |fields, _, _| ready(refs::K8sRef::read(fields)) },
    Kind { name: "k8s.select", read: |fields, _, _| ready(select::K8sSelect::read(fields)) },
    Kind { name: "k8s.live", read: |fields, system, source| ready(live::K8sLive::read(fields, system, source)) },
    Kind { name: "k8s.values", read: |fields, _, _| ready(values::K8sValues::read(fields)) },
];
