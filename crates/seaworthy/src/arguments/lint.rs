//! What can be typed behind `seaworthy lint`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// `lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Registers (Markdown) or seaworthy.yaml files; seaworthy.yaml here and its registers when not given.
    pub(crate) files: Vec<PathBuf>,
    /// Explains a rule instead: what, why, before, after.
    #[arg(long, value_name = "RULE")]
    pub(crate) explain: Option<String>,
    /// How to write the result: `human`, or versioned `json`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: Format,
}
