//! The Open-PSA Model Exchange Format, version 2.0d, as far as fault trees go.
//!
//! Read: fault trees, components, gates with all connectives, basic and house events, parameters, expressions, groups with
//! common causes. Told by name and left out: event trees, initiating events, sequences, alignments, rules, extern libraries.

mod circle;
mod formula;
mod names;
mod read;
mod value;
mod write;
mod xml;

pub use read::read;
pub use write::write;
pub use xml::{MAX_DEPTH, MAX_DOCUMENT_BYTES};
