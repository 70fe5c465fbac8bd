//! Shares: how many of how many, and what that says of the true share.
//!
//! Wilson's score interval and not the textbook one (`p ± z·σ`), because drills live at the edges: with 200 good answers
//! of 200 the textbook interval is `1..=1`, which claims a certainty that 200 answers cannot give.

/// The standard score that leaves 2.5 % at each side: a confidence of 95 %.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Wilson's score interval of a share, as `(low, high)` within `0..=1`.
///
/// Without any trial nothing is known: `(0, 1)`. More successes than trials count as all. `z` is the standard score of
/// the confidence, [`Z_95`] for 95 %.
///
/// ```
/// let (low, high) = measure::wilson(450, 450, measure::Z_95);
/// assert!(low > 0.99 && high == 1.0);
/// assert_eq!(measure::wilson(0, 0, measure::Z_95), (0.0, 1.0));
/// ```
pub fn wilson(successes: u64, trials: u64, z: f64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let successes = successes.min(trials);
    let (hits, n, z2) = (successes as f64, trials as f64, z * z);
    let share = hits / n;
    let center = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = (z / (1.0 + z2 / n)) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At the edges the formula gives the edge itself but for rounding, which must not exclude what was seen.
    let low = if successes == 0 { 0.0 } else { (center - half).clamp(0.0, share) };
    let high = if successes == trials { 1.0 } else { (center + half).clamp(share, 1.0) };
    (low, high)
}

/// The rule of three: when something was never seen in `trials` trials, its true share is at most this at a confidence
/// of 95 %. 1 without any trial.
///
/// ```
/// assert_eq!(measure::rule_of_three(300), 0.01);
/// assert_eq!(measure::rule_of_three(0), 1.0);
/// ```
pub fn rule_of_three(trials: u64) -> f64 {
    if trials == 0 { 1.0 } else { (3.0 / trials as f64).min(1.0) }
}
