//! Words on a 3x3, 4x4 or 5x5 matrix: the product of their rungs.
//!
//! The matrix is as wide as its widest word: `very low` or `very high` make five rungs, `critical` four, else there are three.

use crate::level::Level;

/// The product of the rungs.
pub(super) fn score(likelihood: Level, impact: Level) -> f64 {
    let rungs = [likelihood, impact].into_iter().map(needed).max().unwrap_or(3);
    f64::from(rung(likelihood, rungs) * rung(impact, rungs))
}

fn needed(level: Level) -> u32 {
    match level {
        Level::Minimal | Level::VeryHigh => 5,
        Level::Critical => 4,
        _ => 3,
    }
}

fn rung(level: Level, rungs: u32) -> u32 {
    let low = if rungs == 5 { 2 } else { 1 };
    match level {
        Level::Minimal => 1,
        Level::Low => low,
        Level::LowMedium | Level::Medium => low + 1,
        Level::MediumHigh | Level::High => low + 2,
        Level::VeryHigh | Level::Critical => low + 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_word_decides_how_wide_the_matrix_is() {
        assert_eq!(score(Level::High, Level::High), 9.0);
        assert_eq!(score(Level::High, Level::Critical), 12.0);
        assert_eq!(score(Level::Minimal, Level::VeryHigh), 5.0);
        assert_eq!(score(Level::Medium, Level::VeryHigh), 15.0);
    }
}
