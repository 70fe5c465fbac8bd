//! The fault that does nothing: the template for others, and the proof that a drill notices when nothing happens.
//!
//! ```text
//!   caller ----------> callee
//! ```

use evidence::Seen;

use super::{not_seen, seen};
use crate::Error;
use crate::journal::Undo;

/// Nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noop;

impl Noop {
    pub(super) fn undos(self) -> Vec<Undo> {
        Vec::new()
    }

    pub(super) fn inject(self) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn bite(self) -> Seen {
        not_seen("nothing was broken")
    }

    pub(super) fn healed(self) -> Seen {
        seen("nothing was broken")
    }
}
