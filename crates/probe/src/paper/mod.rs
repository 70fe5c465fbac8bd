//! What people wrote down: procedures that others shall follow, and papers that others signed.

mod attest;

use crate::kind::{Kind, ready};

/// The kinds that read papers.
pub(crate) const KINDS: &[Kind] = &[Kind { name: "attest", read: |fields, _, _| ready(attest::Attest::read(fields)) }];
