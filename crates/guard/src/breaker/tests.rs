//! The breaker's rules as examples, then as laws over random histories.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use system::Trips;
use text::Ratio;
use tokio::time::Instant;

use super::*;

const OPEN: Duration = Duration::from_secs(5);

fn in_a_row(count: u32, trial: u32) -> Breaker {
    Breaker::new(system::Breaker { trips: Trips::InARow(count), open: OPEN, trial })
}

fn share(percent: f64, of: u32) -> Breaker {
    let share = Ratio::try_new(percent / 100.0).expect("is a ratio");
    Breaker::new(system::Breaker { trips: Trips::Share { share, of }, open: OPEN, trial: 1 })
}

fn run(breaker: &mut Breaker, outcome: Outcome, now: Instant) {
    let admission = breaker.admit(now).expect("is admitted");
    breaker.record(admission, outcome, now);
}

#[test]
fn breaker_trips_after_three_failures_in_a_row_and_a_success_between_starts_anew() {
    let now = Instant::now();
    let mut breaker = in_a_row(3, 1);
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Failure] {
        run(&mut breaker, outcome, now);
        assert_eq!(breaker.word(now), "admitting");
    }
    run(&mut breaker, Outcome::Failure, now);
    assert_eq!(breaker.word(now), "tripped");
    assert_eq!(breaker.admit(now), Err(Rejected { retry_after: Some(OPEN) }));
}

#[test]
fn a_share_needs_its_whole_window_before_it_counts() {
    let now = Instant::now();
    let mut breaker = share(50.0, 4);
    for _ in 0..3 {
        run(&mut breaker, Outcome::Failure, now);
        assert_eq!(breaker.word(now), "admitting");
    }
    run(&mut breaker, Outcome::Success, now);
    assert_eq!(breaker.word(now), "admitting", "a success never trips");
    run(&mut breaker, Outcome::Failure, now);
    assert_eq!(breaker.word(now), "tripped");
}

#[test]
fn the_window_of_a_share_forgets_the_oldest() {
    let now = Instant::now();
    let mut breaker = share(75.0, 4);
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success, Outcome::Success, Outcome::Failure] {
        run(&mut breaker, outcome, now);
    }
    assert_eq!(breaker.word(now), "admitting", "two of the last four");
}

#[test]
fn probing_admits_only_its_trial_and_as_many_successes_close_the_case() {
    let now = Instant::now();
    let mut breaker = in_a_row(1, 2);
    run(&mut breaker, Outcome::Failure, now);
    let later = now + OPEN;
    let first = breaker.admit(later).expect("is the first of two");
    let second = breaker.admit(later).expect("is the second of two");
    assert_eq!(breaker.admit(later), Err(Rejected { retry_after: None }));
    breaker.record(first, Outcome::Success, later);
    assert_eq!(breaker.word(later), "probing");
    breaker.record(second, Outcome::Success, later);
    assert_eq!(breaker.word(later), "admitting");
}

#[test]
fn one_failure_while_probing_trips_again_for_the_whole_time() {
    let now = Instant::now();
    let mut breaker = in_a_row(1, 2);
    run(&mut breaker, Outcome::Failure, now);
    let later = now + OPEN;
    run(&mut breaker, Outcome::Failure, later);
    assert_eq!(breaker.admit(later + OPEN / 2), Err(Rejected { retry_after: Some(OPEN / 2) }));
}

#[test]
fn an_outcome_from_before_the_trip_says_nothing_about_probing() {
    let now = Instant::now();
    let mut breaker = in_a_row(1, 1);
    let slow = breaker.admit(now).expect("is admitted");
    run(&mut breaker, Outcome::Failure, now);
    let later = now + OPEN;
    let probe = breaker.admit(later).expect("is the probe");
    breaker.record(slow, Outcome::Success, later);
    assert_eq!(breaker.word(later), "probing", "the old success must not close the case");
    breaker.record(probe, Outcome::Success, later);
    assert_eq!(breaker.word(later), "admitting");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_permit_gives_its_probing_place_back() {
    let rule = system::Breaker { trips: Trips::InARow(1), open: OPEN, trial: 1 };
    let breaker = Arc::new(SharedBreaker::new(rule));
    breaker.admit().expect("is admitted").record(Outcome::Failure);
    tokio::time::advance(OPEN).await;
    let hung = breaker.admit().expect("is the probe");
    assert!(breaker.admit().is_err(), "the only place is taken");
    drop(hung);
    breaker.admit().expect("has the place").record(Outcome::Success);
    assert_eq!(breaker.word(), "admitting");
}

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Admit,
    Finish(usize, u8),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Admit),
        3 => (0_usize..8, 0_u8..3).prop_map(|(which, outcome)| Step::Finish(which, outcome)),
        1 => (1_u64..4000).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn while_probing_no_more_than_the_trial_is_in_flight(steps in steps(), trial in 1_u32..4, trips in 1_u32..4) {
        let mut breaker = in_a_row(trips, trial);
        let mut now = Instant::now();
        let mut open: Vec<Admission> = Vec::new();
        for step in steps {
            match step {
                Step::Admit => open.extend(breaker.admit(now)),
                Step::Finish(which, outcome) if !open.is_empty() => {
                    let admission = open.remove(which % open.len());
                    let outcome = [Outcome::Success, Outcome::Failure, Outcome::Abandoned][usize::from(outcome)];
                    breaker.record(admission, outcome, now);
                }
                Step::Finish(..) => {}
                Step::Wait(millis) => now += Duration::from_millis(millis),
            }
            if let State::Probing { in_flight, successes } = breaker.state {
                let mine = open.iter().filter(|admission| admission.epoch == breaker.epoch).count();
                prop_assert_eq!(in_flight as usize, mine);
                prop_assert!(in_flight <= trial && successes < trial);
            }
        }
        // Whatever happened: when all have ended and the time is over, somebody is let in again.
        for admission in open { breaker.record(admission, Outcome::Abandoned, now); }
        prop_assert!(breaker.admit(now + OPEN).is_ok());
    }

    #[test]
    fn rejections_and_abandoned_requests_never_trip(rejections in 0_usize..50, abandoned in 0_usize..50) {
        let now = Instant::now();
        let mut breaker = in_a_row(2, 1);
        for _ in 0..abandoned { run(&mut breaker, Outcome::Abandoned, now); }
        prop_assert_eq!(breaker.word(now), "admitting");
        run(&mut breaker, Outcome::Failure, now);
        run(&mut breaker, Outcome::Failure, now);
        for _ in 0..rejections { prop_assert!(breaker.admit(now).is_err()); }
        prop_assert!(breaker.admit(now + OPEN).is_ok(), "rejections must not prolong the time");
    }
}
