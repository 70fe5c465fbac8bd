//! What can be typed behind `seaworthy report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `report`.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Directory with seaworthy.yaml, the file itself, or a register.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// What to write: `markdown`, versioned `json`, `csv`, `bmad`, `bmad-gate`, `oscal-poam` or `oscal-ar`.
    #[arg(long, default_value = "markdown", hide_possible_values = true)]
    pub(crate) format: ReportFormat,
    /// The environment whose evidence is told.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) environment: String,
    /// Writes the status between the marks of each register, and nowhere else.
    #[arg(long)]
    pub(crate) write: bool,
    /// Fails when the status between the marks is not the one that would be written.
    #[arg(long, conflicts_with = "write")]
    pub(crate) check: bool,
    /// With --write: adds the marks below the title of a register that has none.
    #[arg(long, requires = "write")]
    pub(crate) insert_markers: bool,
    #[command(flatten)]
    pub(crate) at: super::At,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A page for people.
    Markdown,
    /// For machines; versioned, see docs/schema.
    Json,
    /// RFC 4180; `risk import` reads it back.
    Csv,
    /// BMAD's `risk_summary`.
    Bmad,
    /// BMAD's decision file.
    BmadGate,
    /// OSCAL plan of action and milestones.
    OscalPoam,
    /// OSCAL assessment results.
    OscalAr,
}
