//! Objects of files and of kustomize trees.

mod flux;
mod generators;
mod kustomize;
mod laws;
mod replacements;
