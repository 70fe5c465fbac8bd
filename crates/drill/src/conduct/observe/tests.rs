//! Measuring, with requests made by hand.

use evidence::{Grade, Quantity};
use proptest::prelude::*;

use super::*;
use crate::load::Checked;

const SECOND: i64 = 1_000_000;

fn record(n: u64, at_us: i64, ended: Ended) -> Record {
    let latency_us = if ended == Ended::TimedOut { 2 * SECOND } else { 1000 };
    Record { n, bystander: false, at_us, latency_us, lag_us: 0, ended, status: None, retry_after: false, guard: None }
}

/// 100 requests a second for ten seconds.
fn read(ended: impl Fn(i64) -> Ended) -> Read {
    let at_us = |n: u64| i64::try_from(n).expect("is small") * 10_000;
    let records: Vec<Record> = (0..1000).map(|n| record(n, at_us(n), ended(at_us(n)))).collect();
    let checked = (0..1000).map(|n| Checked { n, found: Found::Whole }).collect();
    let mut read = Read::default();
    (read.finished, read.records, read.checked) = (Some((1000, 0)), records, checked);
    read
}

fn context() -> Context {
    Context {
        kind: "restart".to_owned(),
        subject: "api".to_owned(),
        source: "GET / at 100/s to 127.0.0.1:1".to_owned(),
        environment: "local".to_owned(),
        version: None,
        seed: 7,
        verifies: true,
        bystander: true,
        spacing_s: 0.01,
        min_requests: 50,
        calm_share: 0.99,
    }
}

fn arm() -> Arm {
    Arm {
        from_us: 3 * SECOND,
        lifted_us: 5 * SECOND,
        until_us: 6 * SECOND,
        watched_us: 7 * SECOND,
        recovered: true,
        bite: seen("it bit"),
        felt: None,
        mended: seen("mended"),
        ready: None,
        died: Vec::new(),
    }
}

fn quantity(observation: &Observation, name: &str) -> Quantity {
    match observation.values.get(name) {
        Some(Value::Quantity(quantity)) => *quantity,
        other => panic!("{name} is {other:?}"),
    }
}

fn integer(observation: &Observation, name: &str) -> i64 {
    match observation.values.get(name) {
        Some(Value::Integer(number)) => *number,
        other => panic!("{name} is {other:?}"),
    }
}

fn observe(read: &Read) -> Observation {
    context().observe(&Part::of(&arm(), SECOND), read, Vec::new())
}

#[test]
fn a_window_holds_what_was_due_in_it() {
    let seen = observe(&read(|_| Ended::Good));
    assert_eq!((seen.subjects, integer(&seen, "requests")), (300, 300));
    assert_eq!(seen.grade, Some(Grade::Live));
    let success = quantity(&seen, "success");
    assert!(success.low() > 0.98 && success.high() == 1.0);
    assert_eq!(quantity(&seen, "recovery").low(), 0.0);
}

#[test]
fn what_was_outstanding_when_the_fault_came_met_the_fault() {
    let mut read = read(|_| Ended::Good);
    let straddling = read.records.iter_mut().find(|record| record.at_us == 3 * SECOND - 10_000).expect("is there");
    (straddling.latency_us, straddling.ended) = (500_000, Ended::Reset);
    let on = observe(&read);
    assert_eq!((integer(&on, "requests"), integer(&on, "unknown")), (301, 1));
    let clean = Part::clean(SECOND, 3 * SECOND);
    assert_eq!(integer(&context().observe(&clean, &read, Vec::new()), "requests"), 199);
    assert!(calm(&clean, &context(), &read).yes);
}

#[test]
fn a_write_acknowledged_just_before_the_fault_is_exposed_to_it() {
    let mut read = read(|_| Ended::Good);
    for n in [250, 150] {
        read.checked[n].found = Found::Absent;
    }
    assert_eq!(integer(&observe(&read), "lost_acknowledged"), 1);
    let clean = context().observe(&Part::clean(SECOND, 3 * SECOND), &read, Vec::new());
    assert_eq!(integer(&clean, "lost_acknowledged"), 1);
}

#[test]
fn in_doubt_is_neither_loss_nor_success() {
    let mut read = read(|at_us| if at_us == 4 * SECOND { Ended::TimedOut } else { Ended::Good });
    read.checked[400].found = Found::Absent;
    let seen = observe(&read);
    assert_eq!((integer(&seen, "lost_acknowledged"), integer(&seen, "in_doubt")), (0, 1));
    assert_eq!(integer(&seen, "in_doubt_present"), 0);
    assert_eq!(integer(&seen, "acknowledged") + 1, 500);
}

#[test]
fn a_torn_write_counts_whether_acknowledged_or_in_doubt() {
    let mut read = read(|at_us| if at_us == 4 * SECOND { Ended::Reset } else { Ended::Good });
    for n in [400, 401] {
        read.checked[n].found = Found::Torn;
    }
    assert_eq!(integer(&observe(&read), "torn"), 2);
}

#[test]
fn what_could_not_be_looked_for_widens_the_loss() {
    let mut read = read(|_| Ended::Good);
    read.checked[400].found = Found::Absent;
    read.checked[401].found = Found::Unseen;
    read.checked.retain(|checked| checked.n != 402);
    let lost = quantity(&observe(&read), "lost_acknowledged");
    assert_eq!((lost.low(), lost.high()), (1.0, 3.0));
}

#[test]
fn without_verification_nothing_is_said_of_losses() {
    let context = Context { verifies: false, ..context() };
    let seen = context.observe(&Part::of(&arm(), SECOND), &read(|_| Ended::Good), Vec::new());
    assert!(!seen.values.contains_key("lost_acknowledged") && !seen.values.contains_key("torn"));
}

#[test]
fn who_gave_up_waiting_does_not_bound_the_latency() {
    let seen = observe(&read(|at_us| if at_us >= 3 * SECOND { Ended::TimedOut } else { Ended::Good }));
    let p50 = quantity(&seen, "p50");
    assert_eq!((p50.low(), p50.high()), (2.0, f64::INFINITY));
}

#[test]
fn a_share_of_503_is_there_only_when_there_was_one() {
    let mut read = read(|_| Ended::Good);
    assert!(!observe(&read).values.contains_key("retry_after"));
    for n in 400..404 {
        (read.records[n].status, read.records[n].retry_after) = (Some(503), n != 400);
    }
    assert_eq!(quantity(&observe(&read), "retry_after").low(), 0.75);
}

#[test]
fn a_load_that_lagged_is_not_calm() {
    let mut read = read(|_| Ended::Good);
    let clean = Part::clean(SECOND, 3 * SECOND);
    read.records[150].lag_us = 300_000;
    assert!(calm(&clean, &context(), &read).yes, "one late request of 200 is no more than a percent");
    for n in 150..155 {
        read.records[n].lag_us = 300_000;
    }
    let calm = calm(&clean, &context(), &read);
    assert!(!calm.yes && calm.what.contains("too busy"), "{}", calm.what);
}

#[test]
fn too_few_or_too_bad_requests_are_not_calm() {
    let few = calm(&Part::clean(SECOND, SECOND + 100_000), &context(), &read(|_| Ended::Good));
    assert!(!few.yes && few.what.contains("only 10 of 50"), "{}", few.what);
    let bad = calm(
        &Part::clean(SECOND, 3 * SECOND),
        &context(),
        &read(|at| if at < 1_050_000 { Ended::BadStatus } else { Ended::Good }),
    );
    assert!(!bad.yes && bad.what.contains("97.5 %"), "{}", bad.what);
}

#[test]
fn requests_that_were_not_sent_are_reported_loudly() {
    let seen = observe(&read(|at_us| if at_us >= 5 * SECOND { Ended::NotSent } else { Ended::Good }));
    assert!(seen.trouble.expect("is said").contains("100 requests were never sent"));
    assert_eq!(seen.values.get("not_sent"), Some(&Value::Integer(100)));
}

#[test]
fn the_bystander_is_measured_apart() {
    let mut read = read(|_| Ended::Good);
    read.records.iter_mut().filter(|record| record.n % 2 == 0).for_each(|record| {
        (record.bystander, record.ended) = (true, Ended::BadStatus);
    });
    let seen = observe(&read);
    assert_eq!((integer(&seen, "requests"), integer(&seen, "bystander.requests")), (150, 150));
    assert!(quantity(&seen, "success").low() > 0.9 && quantity(&seen, "bystander.success").high() < 0.1);
}

#[test]
fn a_window_in_which_nothing_was_done_has_no_values() {
    let seen = context().observe(&Part::nothing(3 * SECOND), &read(|_| Ended::Good), Vec::new());
    assert_eq!(seen.subjects, 0);
    assert!(!seen.values.contains_key("success") && !seen.values.contains_key("lost_acknowledged"));
}

fn bounds(value: Option<&Value>) -> (f64, f64) {
    match value {
        Some(Value::Integer(number)) => (*number as f64, *number as f64),
        Some(Value::Quantity(quantity)) => (quantity.low(), quantity.high()),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn knowing_less_of_the_writes_only_widens_what_is_said(gone in proptest::collection::btree_set(200_u64..700, 0..40), unknown in proptest::collection::btree_set(200_u64..700, 0..40)) {
        let mut read = read(|_| Ended::Good);
        for checked in read.checked.iter_mut().filter(|checked| gone.contains(&checked.n)) {
            checked.found = Found::Absent;
        }
        let known = observe(&read);
        read.checked.retain(|checked| !unknown.contains(&checked.n));
        let less = observe(&read);
        for name in ["lost_acknowledged", "torn", "in_doubt_present"] {
            let ((low, high), (wider_low, wider_high)) = (bounds(known.values.get(name)), bounds(less.values.get(name)));
            prop_assert!(wider_low <= low && high <= wider_high, "{name}");
        }
    }

    #[test]
    fn the_order_of_answers_does_not_matter(seed: u64) {
        let mut read = read(|at_us| if at_us % 70_000 == 0 { Ended::BadStatus } else { Ended::Good });
        let before = observe(&read);
        let mut random = measure::Random::new(seed);
        read.records.sort_by_cached_key(|_| random.next_u64());
        read.checked.reverse();
        prop_assert_eq!(before.values, observe(&read).values);
    }
}
