//! Laws of the statistics, and numbers checked against other implementations.

use measure::{CONFIDENCE, Random, Z_95, percentile, quantile_interval, rule_of_three, wilson};
use proptest::prelude::*;

#[test]
fn wilson_gives_the_published_interval() {
    // Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81 of 263.
    let (low, high) = wilson(81, 263, Z_95);
    assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
}

#[test]
fn a_small_sample_without_failures_does_not_show_99_percent() {
    assert!(wilson(100, 100, Z_95).0 < 0.99);
    assert!(wilson(400, 400, Z_95).0 > 0.99);
}

#[test]
fn a_small_sample_does_not_bound_a_high_quantile() {
    let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(quantile_interval(&sorted, 0.99, CONFIDENCE).1, f64::INFINITY);
    assert_eq!(quantile_interval(&[], 0.5, CONFIDENCE), (f64::NEG_INFINITY, f64::INFINITY));
}

#[test]
fn quantile_interval_of_the_median_gives_the_published_ranks() {
    // Conover, Practical Nonparametric Statistics: n = 16, median, 95 %: the 4th and the 13th.
    let sorted: Vec<f64> = (1..=16).map(f64::from).collect();
    assert_eq!(quantile_interval(&sorted, 0.5, CONFIDENCE), (4.0, 13.0));
}

#[test]
fn quantile_interval_covers_the_truth_as_often_as_it_says() {
    let (trials, q) = (1000, 0.9);
    let mut random = Random::new(11);
    let covered = (0..trials).filter(|_| {
        let mut sample: Vec<f64> = (0..200).map(|_| random.share()).collect();
        sample.sort_by(f64::total_cmp);
        let (low, high) = quantile_interval(&sample, q, CONFIDENCE);
        low <= q && q <= high
    });
    let share = covered.count() as f64 / f64::from(trials);
    assert!(share >= 0.94, "seed 11 covered {share}");
}

proptest! {
    #[test]
    fn wilson_holds_what_was_seen_and_stays_within_one(trials in 1_u64..100_000, part in 0.0..=1.0_f64) {
        let successes = (part * trials as f64) as u64;
        let (low, high) = wilson(successes, trials, Z_95);
        let share = successes as f64 / trials as f64;
        prop_assert!((0.0..=share).contains(&low) && (share..=1.0).contains(&high));
    }

    #[test]
    fn wilson_narrows_with_more_trials(trials in 1_u64..10_000, part in 0.0..=1.0_f64) {
        let successes = (part * trials as f64) as u64;
        let width = |(low, high): (f64, f64)| high - low;
        prop_assert!(width(wilson(successes * 4, trials * 4, Z_95)) < width(wilson(successes, trials, Z_95)));
    }

    #[test]
    fn wilson_is_symmetric(trials in 1_u64..10_000, part in 0.0..=1.0_f64) {
        let successes = (part * trials as f64) as u64;
        let (low, high) = wilson(successes, trials, Z_95);
        let (mirrored_low, mirrored_high) = wilson(trials - successes, trials, Z_95);
        prop_assert!((low - (1.0 - mirrored_high)).abs() < 1e-12 && (high - (1.0 - mirrored_low)).abs() < 1e-12);
    }

    #[test]
    fn quantile_interval_encloses_the_percentile(mut sample in proptest::collection::vec(0.0..10.0_f64, 1..400), q in 0.01..0.99_f64) {
        sample.sort_by(f64::total_cmp);
        let (low, high) = quantile_interval(&sample, q, CONFIDENCE);
        let middle = percentile(&sample, q).expect("has samples");
        prop_assert!(low <= middle && middle <= high, "{low} {middle} {high}");
    }

    #[test]
    fn more_confidence_is_never_narrower(mut sample in proptest::collection::vec(0.0..10.0_f64, 1..200), q in 0.05..0.95_f64) {
        sample.sort_by(f64::total_cmp);
        let (low, high) = quantile_interval(&sample, q, 0.8);
        let (wider_low, wider_high) = quantile_interval(&sample, q, 0.99);
        prop_assert!(wider_low <= low && high <= wider_high);
    }

    #[test]
    fn rule_of_three_is_a_share_that_falls(trials in 0_u64..1_000_000) {
        prop_assert!((0.0..=1.0).contains(&rule_of_three(trials)));
        prop_assert!(rule_of_three(trials + 1) <= rule_of_three(trials));
    }

    #[test]
    fn a_drawn_number_stays_below_its_limit(seed: u64, limit in 1_u64..) {
        let mut random = Random::new(seed);
        prop_assert!(random.below(limit) < limit);
        prop_assert!((0.0..1.0).contains(&random.share()));
        prop_assert_eq!(random.below(0), 0);
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers(seed: u64) {
        let numbers = |mut random: Random| -> Vec<u64> { (0..5).map(|_| random.next_u64()).collect() };
        prop_assert_eq!(numbers(Random::new(seed)), numbers(Random::new(seed)));
        prop_assert_ne!(numbers(Random::new(seed)), numbers(Random::new(seed.wrapping_add(1))));
    }
}
