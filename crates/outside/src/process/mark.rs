//! The mark of a run: an environment variable that every process of the run carries and hands on to its children.
//!
//! It finds what no tree shows any more: a daemon whose parents are gone. What overwrites its own environment (some
//! databases write their title there) is found as a descendant of a marked process instead, as long as one lives.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;

use super::id::{ProcessId, own_pid};
use super::table;
use crate::Error;

/// The variable that holds the mark.
pub const RUN_VARIABLE: &str = "SEAWORTHY_RUN";
/// The variable that tells the parts of a run apart, one value for each kept process.
pub const PART_VARIABLE: &str = "SEAWORTHY_PART";
/// Longest mark.
const MARK_LIMIT_BYTES: usize = 64;
/// Longest environment that is looked through.
const ENVIRONMENT_LIMIT_BYTES: u64 = 4 * 1024 * 1024;

/// The name of a run: value of [`RUN_VARIABLE`] in all its processes, and part of its files' names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunMark(String);

impl RunMark {
    /// A mark out of a text of 1 to 64 characters `a-z`, `0-9` and `-`, not beginning with `-`.
    ///
    /// # Errors
    /// [`Error::BadRunMark`].
    pub fn try_new(text: &str) -> Result<Self, Error> {
        let fits = (1..=MARK_LIMIT_BYTES).contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(Error::BadRunMark(text.to_owned())) }
    }

    /// A mark that no other run has: the time, then randomness, so that names sort by age.
    pub fn fresh() -> Self {
        let token = crate::secret::token();
        Self(format!("{}-{}", crate::now().unsigned_abs(), &token[..8]))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RunMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every live process that carries the mark of a run, with all its descendants, without the caller.
pub fn marked(run: &RunMark) -> Vec<ProcessId> {
    carrying(RUN_VARIABLE, run.as_str())
}

/// Every live process that carries a part's mark, with all its descendants, without the caller.
pub(super) fn part(mark: &str) -> Vec<ProcessId> {
    carrying(PART_VARIABLE, mark)
}

fn carrying(variable: &str, value: &str) -> Vec<ProcessId> {
    let wanted = format!("{variable}={value}");
    let all = table::scan();
    let carriers: HashSet<i32> =
        all.iter().map(|stat| stat.id.pid).filter(|pid| environment_has(*pid, wanted.as_bytes())).collect();
    let own = own_pid();
    table::with_descendants(&all, &carriers).into_iter().filter(|id| id.pid != own && id.pid != 1).collect()
}

fn environment_has(pid: i32, wanted: &[u8]) -> bool {
    let mut bytes = Vec::new();
    // Not ours to read, or gone: not ours to kill either.
    let Ok(file) = File::open(format!("/proc/{pid}/environ")) else { return false };
    if file.take(ENVIRONMENT_LIMIT_BYTES).read_to_end(&mut bytes).is_err() {
        return false;
    }
    bytes.split(|byte| *byte == 0).any(|entry| entry == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_could_leave_their_directory_are_refused() {
        for text in ["", "-a", "../x", "a/b", "a b", "A", "ä", "a.b", &"a".repeat(65)] {
            assert!(RunMark::try_new(text).is_err(), "{text}");
        }
        assert_eq!(RunMark::try_new("r-1").unwrap().as_str(), "r-1");
    }

    #[test]
    fn fresh_marks_are_valid_and_differ() {
        let (a, b) = (RunMark::fresh(), RunMark::fresh());
        assert_ne!(a, b);
        assert_eq!(RunMark::try_new(a.as_str()).unwrap(), a);
    }

    #[test]
    fn nobody_carries_a_mark_that_was_never_given() {
        assert_eq!(marked(&RunMark::fresh()), vec![]);
    }
}
