//! What can be typed behind `seaworthy lint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Registers, seaworthy.yaml files or directories; `-` is standard input; without any: what is here.
    pub(crate) files: Vec<PathBuf>,
    /// Explains a rule instead: what, why, before, after.
    #[arg(long, value_name = "RULE")]
    pub(crate) explain: Option<String>,
    /// Lists every rule with its severity instead.
    #[arg(long)]
    pub(crate) list_rules: bool,
    /// How to write it: `human`, versioned `json`, `sarif`, `junit`, `markdown` or `github`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: LintFormat,
    /// Tells only what is not in the baseline; `seaworthy-baseline.json` when no file is named.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ::prove::baseline::BASELINE_NAME, require_equals = true)]
    pub(crate) baseline: Option<PathBuf>,
    /// Writes what is found now into the baseline, and passes.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ::prove::baseline::BASELINE_NAME, require_equals = true)]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Tells only what is new since a commit or branch, and which sentences rest on what changed.
    #[arg(long, value_name = "REVISION")]
    pub(crate) since: Option<String>,
    /// Mends in the files what has exactly one right answer: products, counts, links.
    #[arg(long, conflicts_with_all = ["write_baseline", "since"])]
    pub(crate) fix: bool,
    /// With --fix: changes nothing, and fails when there is something to mend.
    #[arg(long, requires = "fix")]
    pub(crate) check: bool,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people.
    Human,
    /// For machines; versioned, see docs/schema.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// A Markdown table.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
}
