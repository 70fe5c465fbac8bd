//! Objects of files and of kustomize trees.

mod generators;
mod kustomize;
mod laws;
mod replacements;
