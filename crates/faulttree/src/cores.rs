//! Work that several cores may share.
//!
//! Orders do not race for the same diagram: the first of them mostly fits, and what the others did was in vain (measured:
//! up to 40 % more CPU time on the trees that need millions of nodes).

use std::sync::{Mutex, PoisonError};

/// Whoever does several things at a time. This crate starts no threads; who has some lends them.
pub trait Cores: Sync {
    /// Calls `work` once with each number below `count`, in any order, and returns when all of them are done.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));
}

/// One thing after another.
#[derive(Clone, Copy, Debug)]
pub struct OneCore;

impl Cores for OneCore {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}

/// What the work makes of each number, in their order.
pub(crate) fn all<R: Send>(cores: &dyn Cores, count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let made: Vec<Mutex<Option<R>>> = (0..count).map(|_| Mutex::new(None)).collect();
    cores.each(count, &|at| {
        let result = work(at);
        *made[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    });
    let taken = made.into_iter().map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner));
    taken.map(|one| one.expect("each number is worked on")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_their_numbers() {
        /// The last first.
        struct Backwards;
        impl Cores for Backwards {
            fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
                (0..count).rev().for_each(work);
            }
        }
        assert_eq!(all(&Backwards, 4, |at| at * at), [0, 1, 4, 9]);
        assert_eq!(all(&OneCore, 0, |at| at), []);
    }
}
