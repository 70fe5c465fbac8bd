//! What a repository holds: whether paths exist, what their text says, and when it last changed.

mod age;
pub(crate) mod comment;
mod exists;
pub(crate) mod files;
mod matching;
pub(crate) mod placeholder;

use crate::kind::{Kind, ready};

/// The kinds that read the files of a repository.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "path.exists", read: |fields, _, _| ready(exists::PathExists::read(fields)) },
    Kind { name: "file.match", read: |fields, _, _| ready(matching::FileMatch::read(fields)) },
    Kind { name: "git.age", read: |fields, _, _| ready(age::GitAge::read(fields)) },
];
