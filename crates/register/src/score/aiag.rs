//! Action priority of a design FMEA after the AIAG & VDA FMEA Handbook, 1st edition 2019.
//!
//! The table is the commonly published one; it was not laid beside a copy of the handbook.

/// From which severity on: from which occurrence on, the priority by column of detection.
type Band = (u32, [(u32, [&'static str; 4]); 4]);

/// For each band of severity and of occurrence the priorities for detection 1, 2-4, 5-6 and 7-10.
const TABLE: [Band; 4] = [
    (9, [(8, ["H", "H", "H", "H"]), (6, ["H", "H", "H", "H"]), (4, ["M", "H", "H", "H"]), (2, ["L", "L", "M", "H"])]),
    (7, [(8, ["H", "H", "H", "H"]), (6, ["M", "H", "H", "H"]), (4, ["M", "M", "M", "H"]), (2, ["L", "L", "M", "M"])]),
    (4, [(8, ["M", "M", "H", "H"]), (6, ["L", "M", "M", "M"]), (4, ["L", "L", "L", "M"]), (2, ["L", "L", "L", "L"])]),
    (2, [(8, ["L", "L", "M", "M"]), (6, ["L", "L", "L", "L"]), (4, ["L", "L", "L", "L"]), (2, ["L", "L", "L", "L"])]),
];

/// `H`, `M` or `L`; `None` when a factor is no whole number from 1 to 10.
pub(super) fn action_priority(severity: f64, occurrence: f64, detection: f64) -> Option<&'static str> {
    let [severity, occurrence, detection] = [grade(severity)?, grade(occurrence)?, grade(detection)?];
    let column = match detection {
        1 => 0,
        2..=4 => 1,
        5..=6 => 2,
        _ => 3,
    };
    let rows = TABLE.iter().find(|(from, _)| severity >= *from).map(|(_, rows)| rows);
    let row = rows.and_then(|rows| rows.iter().find(|(from, _)| occurrence >= *from));
    // Severity 1 and occurrence 1 are low, whatever else.
    Some(row.map_or("L", |(_, priorities)| priorities[column]))
}

fn grade(number: f64) -> Option<u32> {
    (1..=10).find(|grade| f64::from(*grade) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_weighs_more_than_the_product() {
        assert_eq!(action_priority(10.0, 4.0, 2.0), Some("H"), "80 as a product");
        assert_eq!(action_priority(2.0, 8.0, 10.0), Some("M"), "160 as a product");
        assert_eq!([action_priority(1.0, 10.0, 10.0), action_priority(10.0, 1.0, 10.0)], [Some("L"); 2]);
        assert_eq!(action_priority(11.0, 1.0, 1.0), None);
    }
}
