//! Retry: a second try for requests that may be sent twice, under a budget.
//!
//! Which requests: GET, HEAD, OPTIONS, PUT and DELETE, and any method with an `Idempotency-Key`; their body must be
//! in memory ([`LONGEST_KEPT_BODY`]). A refused connection sent nothing, so any request may go to the next replica.
//! Which failures: no answer, or one with 500, 502, 503 or 504.
//! The pause has full jitter; an upstream's `Retry-After` is waited for when it is not longer than the longest pause,
//! and when it is longer there is no retry, since coming back too early is not what was asked.
//! The budget is a share of the requests of the last ten seconds, and retries that still wait count too: without that
//! an outage multiplies the load exactly when the upstream can bear it least.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::header::HeaderName;
use hyper::{HeaderMap, Method};
use system::Backoff;
use tokio::time::Instant;

use crate::lock::lock;
use crate::random::Random;

/// The longest request body that is kept in memory so that it can be sent again; longer ones are sent once.
pub const LONGEST_KEPT_BODY: usize = 64 * 1024;
/// Buckets of one second that make up the budget's window.
pub const WINDOW_SECONDS: usize = 10;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Whether sending a request twice does no more than sending it once.
pub(crate) fn may_repeat(method: &Method, headers: &HeaderMap) -> bool {
    let idempotent = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE];
    idempotent.contains(method) || headers.contains_key(IDEMPOTENCY_KEY)
}

/// How long to wait before the n-th retry, n from 0; `None` when the upstream asks for more than we ever wait.
pub(crate) fn pause(backoff: &Backoff, n: u32, random: &Random, retry_after: Option<Duration>) -> Option<Duration> {
    let longest = backoff.ceiling(u32::MAX);
    let jittered = random.up_to(backoff.ceiling(n));
    match retry_after {
        Some(asked) if asked > longest => None,
        Some(asked) => Some(asked.max(jittered)),
        None => Some(jittered),
    }
}

/// The arithmetic of the budget; pure, the time is an argument.
#[derive(Debug)]
pub(crate) struct Budget {
    share: f64,
    floor: u32,
    origin: Instant,
    buckets: [Bucket; WINDOW_SECONDS],
    waiting: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// Which second since the origin it holds.
    second: u64,
    requests: u32,
    retries: u32,
}

impl Budget {
    /// An unused budget.
    pub(crate) fn new(rule: &system::Retry, origin: Instant) -> Self {
        let buckets = [Bucket::default(); WINDOW_SECONDS];
        Self { share: rule.budget.share(), floor: rule.budget_floor, origin, buckets, waiting: 0 }
    }

    /// Counts a request.
    pub(crate) fn request(&mut self, now: Instant) {
        let bucket = self.bucket(now);
        bucket.requests = bucket.requests.saturating_add(1);
    }

    /// Takes a retry out of the budget, when there is one left. It counts as waiting until it starts.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let newest = self.second(now);
        let live = |bucket: &&Bucket| bucket.second + WINDOW_SECONDS as u64 > newest;
        let (requests, retries) = self.buckets.iter().filter(live).fold((0_u64, 0_u64), |(requests, retries), b| {
            (requests + u64::from(b.requests), retries + u64::from(b.retries))
        });
        let allowed = ((requests as f64 * self.share) as u64).max(u64::from(self.floor));
        let fits = retries + u64::from(self.waiting) < allowed;
        self.waiting += u32::from(fits);
        fits
    }

    /// A waiting retry starts.
    pub(crate) fn start(&mut self, now: Instant) {
        self.waiting = self.waiting.saturating_sub(1);
        let bucket = self.bucket(now);
        bucket.retries = bucket.retries.saturating_add(1);
    }

    /// A waiting retry was given up.
    pub(crate) fn give_back(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.origin).as_secs()
    }

    fn bucket(&mut self, now: Instant) -> &mut Bucket {
        let second = self.second(now);
        let bucket = &mut self.buckets[(second % WINDOW_SECONDS as u64) as usize];
        if bucket.second != second {
            *bucket = Bucket { second, ..Bucket::default() };
        }
        bucket
    }
}

/// A budget shared by all cores of the process.
#[derive(Debug)]
pub(crate) struct SharedBudget {
    /// Guards the arithmetic for the length of one step.
    budget: Mutex<Budget>,
}

impl SharedBudget {
    /// An unused budget.
    pub(crate) fn new(rule: &system::Retry) -> Self {
        Self { budget: Mutex::new(Budget::new(rule, Instant::now())) }
    }

    /// Counts a request.
    pub(crate) fn request(&self) {
        lock(&self.budget).request(Instant::now());
    }

    /// Takes a retry, when there is one left.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Ticket> {
        let taken = lock(&self.budget).take(Instant::now());
        taken.then(|| Ticket { budget: Arc::clone(self), waiting: true })
    }
}

/// A retry that waits for its turn; dropped before it starts (the client left) it is no retry.
#[derive(Debug)]
pub(crate) struct Ticket {
    budget: Arc<SharedBudget>,
    waiting: bool,
}

impl Ticket {
    /// The retry starts now.
    pub(crate) fn start(mut self) {
        self.waiting = false;
        lock(&self.budget.budget).start(Instant::now());
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.waiting {
            lock(&self.budget.budget).give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use text::Ratio;

    use super::*;

    fn rule(percent: f64, floor: u32) -> system::Retry {
        let backoff = Backoff::try_new(Duration::from_millis(10), Duration::from_secs(1)).expect("is a backoff");
        let budget = Ratio::try_new(percent / 100.0).expect("is a ratio");
        system::Retry { attempts: 3, backoff, budget, budget_floor: floor }
    }

    #[test]
    fn waiting_retries_count_and_the_window_forgets() {
        let now = Instant::now();
        let mut budget = Budget::new(&rule(20.0, 2), now);
        assert!(budget.take(now) && budget.take(now), "the floor is two");
        assert!(!budget.take(now), "two wait already");
        budget.start(now);
        assert!(!budget.take(now), "one has started, one waits");
        budget.give_back();
        assert!(budget.take(now));
        budget.start(now);
        let later = now + Duration::from_secs(WINDOW_SECONDS as u64);
        assert!(budget.take(later), "ten seconds later nothing is remembered");
    }

    #[test]
    fn a_share_of_the_requests_is_allowed() {
        let now = Instant::now();
        let mut budget = Budget::new(&rule(20.0, 0), now);
        (0..50).for_each(|_| budget.request(now));
        let taken = (0..50).filter(|_| budget.take(now)).count();
        assert_eq!(taken, 10);
    }

    #[test]
    fn a_retry_after_is_waited_for_but_never_longer_than_the_longest_pause() {
        let rule = rule(20.0, 3);
        let random = Random::seeded(1);
        let at_least = pause(&rule.backoff, 0, &random, Some(Duration::from_secs(1))).expect("waits");
        assert!(at_least >= Duration::from_secs(1));
        assert_eq!(pause(&rule.backoff, 0, &random, Some(Duration::from_secs(2))), None);
    }

    #[test]
    fn only_requests_that_may_be_sent_twice_are() {
        let mut headers = HeaderMap::new();
        assert!(may_repeat(&Method::PUT, &headers));
        assert!(!may_repeat(&Method::POST, &headers));
        assert!(!may_repeat(&Method::PATCH, &headers));
        headers.insert("idempotency-key", "\"a\"".parse().expect("is a value"));
        assert!(may_repeat(&Method::POST, &headers));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn retries_never_exceed_share_or_floor(
            steps in proptest::collection::vec((0_u8..3, 0_u64..500), 1..200), percent in 0.0..100.0_f64, floor in 0_u32..5,
        ) {
            let origin = Instant::now();
            let mut budget = Budget::new(&rule(percent, floor), origin);
            let (mut now, mut requests, mut retries) = (origin, 0_u32, 0_u32);
            for (step, millis) in steps {
                match step {
                    0 | 1 => { budget.request(now); requests += 1; }
                    _ => if budget.take(now) { budget.start(now); retries += 1; },
                }
                // One window only, so that the totals are those of the window.
                now = (now + Duration::from_millis(millis)).min(origin + Duration::from_secs(9));
                prop_assert!(retries <= floor.max((f64::from(requests) * percent / 100.0) as u32));
            }
        }

        #[test]
        fn pauses_stay_below_their_ceiling(n in 0_u32..40, seed: u64) {
            let rule = rule(20.0, 3);
            let pause = pause(&rule.backoff, n, &Random::seeded(seed), None).expect("waits");
            prop_assert!(pause <= rule.backoff.ceiling(n) && pause <= Duration::from_secs(1));
        }
    }
}
