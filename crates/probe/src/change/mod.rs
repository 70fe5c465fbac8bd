//! How a project changes: its versions, its changelog, and how ripe the things are that it uses.

mod log;
mod maturity;
mod pins;
mod semver;
mod versions;

use crate::kind::{Kind, ready};

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "change.semver", read: |fields, _, _| ready(semver::ChangeSemver::read(fields)) },
    Kind { name: "change.log", read: |fields, _, _| ready(log::ChangeLog::read(fields)) },
    Kind { name: "change.maturity", read: |fields, _, _| ready(maturity::ChangeMaturity::read(fields)) },
];
