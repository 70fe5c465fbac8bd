//! How far the top's probability scatters when its parameters do: Monte Carlo over the compiled diagrams.
//!
//! Every sample has a sequence of its own, derived from the seed and its number, so that the figures are the same on every
//! machine and however many cores share the work.

use measure::{Random, normal_quantile, percentile, split_mix};

use crate::model::Model;
use crate::question::Question;
use crate::solve::Solution;

/// The most samples of one answer.
pub const MAX_SAMPLES: usize = 10_000_000;

/// Bins of the histogram.
const BINS: usize = 20;

/// Some samples, from [`samples`]; those of several ranges may be joined in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// The top's probability in each sample.
    pub tops: Vec<f64>,
    /// How many event probabilities lay outside of 0..=1 and were moved to the nearer end.
    pub clamped: u64,
}

/// What samples say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertainty {
    /// How many samples.
    pub samples: usize,
    /// From which seed.
    pub seed: u64,
    /// Their mean.
    pub mean: f64,
    /// Where the true mean lies with 95 % confidence, by the normal approximation.
    pub mean_interval: (f64, f64),
    /// Their standard deviation.
    pub deviation: f64,
    /// Quantiles at 5 %, 50 % and 95 %.
    pub quantiles: [f64; 3],
    /// Equal bins from the least to the greatest, with the number of samples in each.
    pub histogram: Vec<(f64, u64)>,
    /// How many event probabilities were moved into 0..=1.
    pub clamped: u64,
}

/// Samples number `from` to `to`. `None` when the tree was too big to be compiled.
pub fn samples(
    model: &Model,
    question: &Question,
    solution: &Solution,
    seed: u64,
    from: usize,
    to: usize,
) -> Option<Samples> {
    let compiled = solution.compiled.as_ref()?;
    let mut samples = Samples::default();
    for number in from..to.min(MAX_SAMPLES) {
        let mut own = seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = Random::new(split_mix(&mut own));
        let drawn = question.draw(model, &mut random);
        samples.clamped += drawn.clamped;
        samples.tops.push(compiled.top(&compiled.chances(drawn.probabilities.into_iter())).yes);
    }
    Some(samples)
}

/// Joins samples. `None` without any.
pub fn uncertainty(parts: Vec<Samples>, seed: u64) -> Option<Uncertainty> {
    let clamped = parts.iter().map(|part| part.clamped).sum();
    let mut tops: Vec<f64> = parts.into_iter().flat_map(|part| part.tops).collect();
    tops.sort_by(f64::total_cmp);
    let (least, greatest) = (*tops.first()?, *tops.last()?);
    let count = tops.len() as f64;
    let mean = tops.iter().sum::<f64>() / count;
    let squares: f64 = tops.iter().map(|top| (top - mean) * (top - mean)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    let half = normal_quantile(0.975) * deviation / count.sqrt();
    let width = (greatest - least) / BINS as f64;
    let mut histogram: Vec<(f64, u64)> = (0..BINS).map(|bin| (least + width * bin as f64, 0)).collect();
    for top in &tops {
        let bin = if width > 0.0 { ((top - least) / width) as usize } else { 0 };
        histogram[bin.min(BINS - 1)].1 += 1;
    }
    let quantile = |share| percentile(&tops, share).unwrap_or(mean);
    Some(Uncertainty {
        samples: tops.len(),
        seed,
        mean,
        mean_interval: (mean - half, mean + half),
        deviation,
        quantiles: [quantile(0.05), quantile(0.5), quantile(0.95)],
        histogram,
        clamped,
    })
}
