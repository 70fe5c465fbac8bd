//! The same work on many things, on as many cores as there are.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The most threads that work at once.
const MAX_WORKERS: usize = 8;

/// What `work` makes of each thing, in their order. A panic of the work goes on in the caller.
pub fn map<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS).min(things.len());
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(at) else { return done };
            done.push((at, work(thing)));
        }
    };
    let mut done = thread::scope(|scope| {
        // A thread that the system refuses is one less to help.
        let helpers: Vec<_> =
            (1..workers).filter_map(|_| thread::Builder::new().spawn_scoped(scope, take).ok()).collect();
        let mut done = take();
        for helper in helpers {
            done.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thing_is_worked_on_once_and_the_order_stays() {
        let things: Vec<usize> = (0..1_000).collect();
        let worked = AtomicUsize::new(0);
        let made = map(&things, |thing| {
            worked.fetch_add(1, Ordering::Relaxed);
            thing * 2
        });
        assert!(made.into_iter().eq((0..1_000).map(|thing| thing * 2)));
        assert_eq!(worked.into_inner(), 1_000);
        assert!(map(&Vec::<u8>::new(), |_| ()).is_empty());
    }

    #[test]
    fn a_panic_of_the_work_is_not_lost() {
        let outcome = std::panic::catch_unwind(|| map(&[1, 2, 3], |thing| assert_ne!(*thing, 2, "two")));
        assert!(outcome.is_err());
    }
}
