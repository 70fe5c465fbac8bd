//! What people wrote down: procedures that others shall follow, and papers that others signed.

mod attest;
mod checks;
mod known;
mod procedure;
mod steps;
mod words;

use crate::kind::{Kind, ready};

/// The kinds that read papers.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "doc.procedure", read: |fields, _, _| ready(procedure::DocProcedure::read(fields)) },
    Kind { name: "attest", read: |fields, _, _| ready(attest::Attest::read(fields)) },
];
