//! Work that several cores may share, and a race among tries whose winner does not depend on who is faster.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whoever does several things at a time. This crate starts no threads; who has some lends them.
pub trait Cores: Sync {
    /// Calls `work` once with each number below `count`, begun in their order, and returns when all of them are done.
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

/// A race of numbered tries, in which the lowest number that succeeds wins.
pub(crate) struct Race {
    best: Arc<AtomicUsize>,
}

impl Race {
    pub(crate) fn new() -> Self {
        Self { best: Arc::new(AtomicUsize::new(usize::MAX)) }
    }

    pub(crate) fn runner(&self, number: usize) -> Runner {
        Runner { best: Arc::clone(&self.best), number }
    }
}

/// One try of a race.
pub(crate) struct Runner {
    best: Arc<AtomicUsize>,
    number: usize,
}

impl Runner {
    /// Whether a lower number has succeeded, so that this try decides nothing any more.
    pub(crate) fn is_beaten(&self) -> bool {
        self.best.load(Ordering::Relaxed) < self.number
    }

    /// This try succeeded.
    pub(crate) fn wins(&self) {
        self.best.fetch_min(self.number, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_that_succeeds_beats_those_above_and_none_below() {
        let race = Race::new();
        let runners: Vec<Runner> = (0..4).map(|number| race.runner(number)).collect();
        assert!(!runners.iter().any(Runner::is_beaten));
        runners[2].wins();
        runners[3].wins();
        assert_eq!(runners.iter().map(Runner::is_beaten).collect::<Vec<_>>(), [false, false, false, true]);
        runners[1].wins();
        assert_eq!(runners.iter().map(Runner::is_beaten).collect::<Vec<_>>(), [false, false, true, true]);
    }

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
