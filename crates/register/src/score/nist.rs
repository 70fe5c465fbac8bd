//! Level of risk from likelihood and impact, NIST SP 800-30 Rev. 1, table I-2.

use crate::level::Level;

/// Rows by likelihood, columns by impact, both from very low to very high.
const TABLE_I_2: [[&str; 5]; 5] = [
    ["very low", "very low", "very low", "low", "low"],
    ["very low", "low", "low", "low", "moderate"],
    ["very low", "low", "moderate", "moderate", "high"],
    ["very low", "low", "moderate", "high", "very high"],
    ["very low", "low", "moderate", "high", "very high"],
];

/// The level of risk.
pub(super) fn risk(likelihood: Level, impact: Level) -> &'static str {
    TABLE_I_2[place(likelihood)][place(impact)]
}

fn place(level: Level) -> usize {
    match level {
        Level::Minimal => 0,
        Level::Low => 1,
        Level::LowMedium | Level::Medium => 2,
        Level::MediumHigh | Level::High => 3,
        Level::VeryHigh | Level::Critical => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_middle_of_the_table() {
        assert_eq!(risk(Level::Minimal, Level::VeryHigh), "low");
        assert_eq!(risk(Level::VeryHigh, Level::Minimal), "very low");
        assert_eq!(risk(Level::Medium, Level::Medium), "moderate");
        assert_eq!(risk(Level::High, Level::Critical), "very high");
    }
}
