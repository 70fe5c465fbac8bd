//! Source code as facts: what is defined, imported, used, and where.
//!
//! A file of Python, JavaScript, TypeScript, Rust or Go is parsed into a syntax tree, so that a name in a comment, a
//! string or a docstring is no use of it. [`read`] turns one file into [`Facts`]; a [`Program`] holds many files, follows
//! imports and re-exports between them and answers who uses a symbol ([`Program::search`]).
//!
//! Everything is told apart into *certain* and *possible*. Code hides callers: decorators that register, interfaces,
//! names in strings, objects whose class cannot be told. What may be a caller and cannot be resolved is possible, with its
//! place and the reason, and is never counted as one nor taken for none. Pure: texts come in, nothing is opened. What this
//! crate does not do: infer types beyond constructors, annotations and return types, or expand macros.

mod alive;
mod caught;
mod dead;
mod facts;
mod flags;
mod go;
mod hidden;
mod homes;
mod idle;
mod language;
mod program;
mod python;
mod receiver;
mod resolve;
mod router;
mod rust;
mod script;
mod search;
mod standing;
mod swallow;
mod walk;

pub use alive::{Alive, Running};
pub use facts::{Binding, Definition, Facts, Import, Made, Role, Shape, Text, Use, Write};
pub use flags::{Flag, flags};
pub use language::Language;
pub use program::{File, Program, Symbol};
pub use receiver::Holder;
pub use search::{Found, Seen};
pub use swallow::{Failing, Fate, call_fate, exit_fate, failing, raise_fate, yield_fate};
pub use walk::{MAX_DEPTH, read};
