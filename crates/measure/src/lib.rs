//! Statistics for drills: intervals instead of single numbers, and randomness that a seed repeats.
//!
//! A drill sees a sample; an expectation is about the system. Every function here therefore answers with the range in
//! which the true value lies at a stated confidence, and a sample too small to bound something says so with an infinite
//! end. Pure: no clock, no files, no randomness but a seed. What this crate does not do: decide whether a range is good.

mod normal;
mod proportion;
mod quantile;
mod random;

pub use normal::normal_quantile;
pub use proportion::{Z_95, rule_of_three, wilson};
pub use quantile::{CONFIDENCE, percentile, quantile_interval};
pub use random::{Random, split_mix};
