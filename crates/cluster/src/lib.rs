//! What Kubernetes manifests come to once they run: workloads with the labels of their pods, what selects them, and who may
//! talk to whom.
//!
//! Pure: objects in, answers out. Every answer knows the objects that it rests on, with file and line. What is not understood
//! is told and never taken for a *no*.

mod budget;
mod labels;
mod operators;
mod reach;
mod refs;
mod schedule;
mod schema;
mod select;
mod spread;
mod workload;

pub use budget::{Amount, Budget, budgets, least_replicas};
pub use labels::{Fares, Labels, Operator, Selector, Varying, Wrong};
pub use operators::{Made, OwnBudgets, Unknown, made};
pub use reach::{
    Address, Allowed, Blocks, Decided, Deciding, Direction, Peer, Ports, Protocol, Reach, connections, protocols_text,
};
pub use refs::{Named, Resolved, image_disagreements, images, named, ports_without_name, references};
pub use schedule::{Backup, backups, longest_gap};
pub use schema::{Judged, Schema, Served, judged};
pub use select::{Selecting, selecting};
pub use spread::Spread;
pub use workload::{Kubernetes, NamedPort, Operated, Told, Weight, Workload};
