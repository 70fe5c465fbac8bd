//! Objects of files and of kustomize trees.

mod kustomize;
mod laws;
