//! Secrets that are none: defaults that everybody knows, and tokens that lie in the tree.
//!
//! No secret is kept: of each, at most three characters are shown. What stands in tests, examples and documents is told apart,
//! and never silently left out.

mod defaults;
mod formats;
mod idioms;
mod leaked;
mod weak;
mod words;

use crate::kind::{Kind, ready};

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "secret.default", read: |fields, _, _| ready(defaults::SecretDefault::read(fields)) },
    Kind { name: "secret.leaked", read: |fields, _, _| ready(leaked::SecretLeaked::read(fields)) },
];
