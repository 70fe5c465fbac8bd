//! Registers for other tools: CSV, BMAD's YAML, OSCAL.

mod bmad;
mod csv;
mod oscal;

pub use bmad::{decision_file, risk_summary};
pub use csv::csv;
pub use oscal::{OSCAL_VERSION, assessment_results, plan_of_action};
