//! Whether something is so, where the files do not always tell.

use std::ops::{BitAnd, BitOr};

/// How what is not known is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// As the whole list has it: the first pod of an owner stands for all, a key that nobody knows is not there.
    Listed,
    /// The least that is open, whatever the unknown turns out to be.
    Least,
    /// The most that is open.
    Most,
}

/// Whether something is so, in the list, for sure, and possibly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Is {
    pub(crate) listed: bool,
    pub(crate) sure: bool,
    pub(crate) may: bool,
}

impl Is {
    pub(crate) const YES: Self = Self { listed: true, sure: true, may: true };
    pub(crate) const NO: Self = Self { listed: false, sure: false, may: false };

    /// Not known; the list has it so.
    pub(crate) const fn maybe(listed: bool) -> Self {
        Self { listed, sure: false, may: true }
    }

    pub(crate) fn is_certain(self) -> bool {
        self.sure == self.may
    }

    /// For what opens: in the least view only what is sure counts.
    pub(crate) fn opens(self, view: View) -> bool {
        match view {
            View::Listed => self.listed,
            View::Least => self.sure,
            View::Most => self.may,
        }
    }

    /// For what shuts: in the least view all that may be counts.
    pub(crate) fn shuts(self, view: View) -> bool {
        match view {
            View::Listed => self.listed,
            View::Least => self.may,
            View::Most => self.sure,
        }
    }
}

impl From<bool> for Is {
    fn from(is: bool) -> Self {
        if is { Self::YES } else { Self::NO }
    }
}

impl BitOr for Is {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { listed: self.listed || other.listed, sure: self.sure || other.sure, may: self.may || other.may }
    }
}

impl BitAnd for Is {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self { listed: self.listed && other.listed, sure: self.sure && other.sure, may: self.may && other.may }
    }
}
