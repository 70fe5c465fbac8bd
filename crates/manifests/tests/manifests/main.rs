//! Objects of files and of kustomize trees.

mod charts;
mod flux;
mod generators;
mod kustomize;
mod laws;
mod replacements;
