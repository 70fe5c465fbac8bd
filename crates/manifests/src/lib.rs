//! Kubernetes objects as they would be applied, from texts alone: files of several documents, lists, and kustomize trees.
//!
//! Pure: who calls brings the texts by path. Every object knows the file and the line that it comes from, patched or not, so
//! that whatever is concluded from it can be looked up. What is not followed is told by name: remote resources, charts,
//! generators and transformers that are programs.

mod argo;
mod base64;
mod chart;
mod flux;
mod kustomize;
mod object;
mod patch;
mod scalar;

pub use argo::{ARGO_GROUP, applications, deliver_application};
pub use base64::decoded;
pub use chart::{How, IsRead, Key, Reads, chart, keys};
pub use flux::{Delivered, FLUX_GROUP, MAX_UNITS, State, Unit, deliver, entries, is_flux, left_alone};
pub use kustomize::{
    Assembled, MAX_BROUGHT, MAX_DEPTH, MAX_READ, NAMES, Shelf, assemble, assemble_on, is_kustomization, patches,
    reached, references, roots,
};
pub use object::{
    Object, Parsed, documents, has_namespace, is_manifest, objects, objects_until_broken, parsed, read, read_anchored,
};
pub use scalar::Scalar;
