//! Results into text for people and JSON for machines. Nothing below this crate prints.
//!
//! A [`Proof`] is everything one `seaworthy prove` came to; [`matrix`], [`json`] and [`html`] are three views of the same
//! proof, so they cannot disagree. Problems of the user's files are shown with their lines by [`problems`].
//! Deterministic: the same proof gives the same bytes.

mod chart;
mod compared;
mod decided;
mod drawing;
mod exchange;
mod faulttree;
mod findings;
mod first_file;
mod graph;
mod html;
mod impact;
mod impact_matrix;
mod inferred;
mod json;
mod looked;
mod matrix;
mod mutated;
mod picture;
mod problems;
mod proof;
mod recall;
mod reviews;
mod risks;
mod standing;
mod stated;
mod survey;
mod time;
mod views;
mod wire;

pub use compared::{Side, compared_json, compared_text};
pub use decided::{decision_findings, decision_junit, decision_markdown, standing_of};
pub use drawing::{Drawing, cytoscape, dot, graphml, mermaid};
pub use exchange::{OSCAL_VERSION, assessment_results, csv, decision_file, plan_of_action, risk_summary};
pub use faulttree::{SolvedTree, fault_tree_bars, fault_tree_json, fault_tree_text};
pub use findings::{LINT_SCHEMA, Linted, count, fingerprints, github, junit, lint_json, markdown, sarif};
pub use first_file::first_file;
pub use html::html;
pub use impact::{impact_json, impact_text};
pub use impact_matrix::impact_matrix;
pub use inferred::inferred_text;
pub use json::{PROVE_SCHEMA, json};
pub use looked::{PROBE_SCHEMA, looked_json, looked_text, observation_alone, observation_text};
pub use matrix::{drills, matrix};
pub use mutated::{MUTATE_SCHEMA, Mutated, Mutation, Turned, mutated_json, mutated_text};
pub use picture::{Shown, picture};
pub use problems::{Paint, problems};
pub use proof::{Difference, DrillRow, Proof, RiskRow, Stated};
pub use recall::{observation_of, verdict_of};
pub use reviews::{REVIEW_SCHEMA, Review, reviews_json, reviews_text};
pub use risks::{RISKS_SCHEMA, changed_lines, risk_json, risk_list, risk_sheet, risks_json};
pub use standing::{Decided, Last, REPORT_SCHEMA, Seen, Standing, standing_json, standing_markdown, status_lines};
pub use stated::{StatedAgainst, stated_text};
pub use survey::{LookedUp, Survey, Surveyed, survey, telling};
pub use time::timestamp;
pub use views::{Bar, bars, heat_map, importance_bars, lanes};
pub use wire::{decision_body, drill_body, observation_body, verdict_body};
