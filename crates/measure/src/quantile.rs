//! Quantiles of latencies, with an interval that assumes nothing about how latencies are spread.
//!
//! The number of samples below the true `q`-quantile is binomial, whatever the distribution. So two order statistics
//! (the `l`-th and the `u`-th smallest sample) enclose the true quantile with a probability that can be counted exactly.
//! A high quantile of a small sample has no upper end: with 200 samples nothing bounds the 99th percentile from above,
//! and this says so instead of offering the largest sample.

/// The confidence used for drills.
pub const CONFIDENCE: f64 = 0.95;

/// The sample at or above the share `q` of all samples (nearest rank), of samples in ascending order. `None` without
/// samples. `q` is clamped to `0..=1`.
///
/// ```
/// assert_eq!(measure::percentile(&[1.0, 2.0, 3.0, 4.0], 0.5), Some(2.0));
/// assert_eq!(measure::percentile(&[], 0.5), None);
/// ```
pub fn percentile(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = (q.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Ends that enclose the true `q`-quantile with at least `confidence`, of samples in ascending order.
///
/// An end that the sample cannot bound is infinite: both without samples. `q` and `confidence` outside of the open
/// range `0..1` bound nothing.
///
/// ```
/// let sorted: Vec<f64> = (1..=1000).map(f64::from).collect();
/// let (low, high) = measure::quantile_interval(&sorted, 0.5, 0.95);
/// assert!(low < 500.0 && 500.0 < high && high - low < 70.0);
/// assert_eq!(measure::quantile_interval(&sorted[..200], 0.99, 0.95).1, f64::INFINITY);
/// ```
pub fn quantile_interval(sorted: &[f64], q: f64, confidence: f64) -> (f64, f64) {
    let inside = |share: f64| share > 0.0 && share < 1.0;
    if sorted.is_empty() || !inside(q) || !inside(confidence) {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let tail = (1.0 - confidence) / 2.0;
    let mass = binomial(sorted.len(), q);
    // The true quantile lies below the l-th sample when fewer than l samples lie below it.
    let low = samples_within(mass.iter().copied(), tail);
    // It lies above the u-th sample when at least u samples lie below it.
    let high = samples_within(mass.iter().rev().copied(), tail);
    let low = low.checked_sub(1).map_or(f64::NEG_INFINITY, |index| sorted[index]);
    let high = high.checked_sub(1).map_or(f64::INFINITY, |index| sorted[sorted.len() - 1 - index]);
    (low, high)
}

/// How many outcomes fit into a tail before its probability is used up.
fn samples_within(mass: impl Iterator<Item = f64>, tail: f64) -> usize {
    let sums = mass.scan(0.0, |sum, probability| {
        *sum += probability;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= tail).count()
}

/// Probabilities of 0 to `n` successes. In logarithms, because `q^n` alone underflows from some hundred trials on.
fn binomial(n: usize, q: f64) -> Vec<f64> {
    let mut log_factorials = Vec::with_capacity(n + 1);
    log_factorials.push(0.0);
    for k in 1..=n {
        log_factorials.push(log_factorials[k - 1] + (k as f64).ln());
    }
    let log_mass = |k: usize| {
        let ways = log_factorials[n] - log_factorials[k] - log_factorials[n - k];
        ways + k as f64 * q.ln() + (n - k) as f64 * (1.0 - q).ln()
    };
    (0..=n).map(|k| log_mass(k).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binomial_probabilities_are_exact_for_a_coin() {
        let mass = binomial(4, 0.5);
        for (seen, wanted) in mass.iter().zip([1.0, 4.0, 6.0, 4.0, 1.0]) {
            assert!((seen * 16.0 - wanted).abs() < 1e-9, "{mass:?}");
        }
    }
}
