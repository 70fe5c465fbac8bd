//! Kubernetes objects as they would be applied, from texts alone: files of several documents, lists, and kustomize trees.
//!
//! Pure: who calls brings the texts by path. Every object knows the file and the line that it comes from, patched or not, so
//! that whatever is concluded from it can be looked up. What is not followed is told by name: remote resources, charts,
//! generators and transformers that are programs.

mod base64;
mod kustomize;
mod object;
mod patch;

pub use base64::decoded;
pub use kustomize::{
    Assembled, MAX_BROUGHT, MAX_DEPTH, MAX_READ, NAMES, assemble, is_kustomization, reached, references, roots,
};
pub use object::{Object, documents, is_manifest, objects, objects_until_broken, read};
