//! The risk profile of BMAD (bmad-core/tasks/risk-profile.md, qa-gate.md) and the bands of its successor.

use crate::model::Model;

/// The band of a product of two factors of 1 to 3.
pub(super) fn band(score: u32, model: Model) -> Option<&'static str> {
    let band = match (model, score) {
        (Model::BmadTea, 9) => "block",
        (Model::BmadTea, 6..=8) => "mitigate",
        (Model::BmadTea, 4..=5) => "monitor",
        (Model::BmadTea, 1..=3) => "document",
        (_, 9) => "critical",
        (_, 6) => "high",
        (_, 4) => "medium",
        (_, 2..=3) => "low",
        (_, 1) => "minimal",
        _ => return None,
    };
    Some(band)
}

/// The overall score out of 100: less 20 for a critical risk, 10 for a high, 5 for a medium, 2 for a low one; never below 0.
pub(crate) fn overall(critical: u32, high: u32, medium: u32, low: u32) -> u32 {
    100_u32.saturating_sub(20 * critical + 10 * high + 5 * medium + 2 * low)
}

/// The decision that the highest score gives.
pub(crate) fn decision(highest: u32) -> &'static str {
    match highest {
        9.. => "FAIL",
        6..=8 => "CONCERNS",
        _ => "PASS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_overall_and_decision() {
        let bands = |model| [1, 2, 3, 4, 6, 9].map(|score| band(score, model).expect("is a product"));
        assert_eq!(bands(Model::Bmad), ["minimal", "low", "low", "medium", "high", "critical"]);
        assert_eq!(bands(Model::BmadTea), ["document", "document", "document", "monitor", "mitigate", "block"]);
        assert_eq!([overall(0, 2, 4, 2), overall(0, 0, 0, 0), overall(6, 0, 0, 0)], [56, 100, 0]);
        assert_eq!([decision(9), decision(6), decision(4)], ["FAIL", "CONCERNS", "PASS"]);
    }
}
