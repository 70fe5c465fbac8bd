//! What source code comes to: who calls, what is read, what is swallowed, what is imported.

mod flag;
mod glob;
mod import;
mod swallowed;
mod symbol;
mod tree;

use crate::kind::{Kind, ready};

pub use tree::{MAX_SOURCE_BYTES, MAX_SOURCES_BYTES, SKIPPED_DIRECTORIES};

/// The kinds that read source code.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "code.flag", read: |fields, _, _| ready(flag::CodeFlag::read(fields)) },
    Kind { name: "code.import", read: |fields, _, _| ready(import::CodeImport::read(fields)) },
    Kind { name: "code.symbol", read: |fields, _, _| ready(symbol::CodeSymbol::read(fields)) },
    Kind { name: "code.swallowed", read: |fields, _, _| ready(swallowed::CodeSwallowed::read(fields)) },
];
