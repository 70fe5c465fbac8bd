//! What can be typed behind `seaworthy risk`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

/// `risk ..`.
#[derive(Debug, Subcommand)]
pub(crate) enum Risk {
    /// Every risk with what is stated and what is computed.
    List(List),
    /// One risk with everything the register states about it, and where.
    Show(Show),
    /// A new risk, in the manner of the others.
    Add(Add),
    /// Sets fields, in every place that states them.
    Set(Set),
    /// Closes a risk with a reason, in the document's own word for it.
    Close(Close),
    /// Brings risks of a CSV file or a BMAD decision file into a register.
    Import(Import),
}

/// `risk list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Register, or directory with seaworthy.yaml or with registers.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Only risks that are not closed.
    #[arg(long)]
    pub(crate) open: bool,
    /// How to write the result: `human`, or versioned `json`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: Format,
}

/// `risk show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The id, `R-3`.
    pub(crate) id: String,
    /// Register, or directory with seaworthy.yaml or with registers.
    #[arg(long = "in", value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// How to write the result: `human`, or versioned `json`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: Format,
}

/// `risk add`.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The title: what goes wrong.
    pub(crate) title: String,
    /// Fields as `NAME=VALUE`: `likelihood=low`, `owner="Kim"`, or what the document calls them.
    #[arg(value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<String>,
    /// Its id; the next free one when not given.
    #[arg(long)]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `risk set`.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The id, `R-3`.
    pub(crate) id: String,
    /// Fields as `NAME=VALUE`: `status=mitigated`, `impact=high`, or what the document calls them.
    #[arg(value_name = "NAME=VALUE", required = true)]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `risk close`.
#[derive(Debug, Args)]
pub(crate) struct Close {
    /// The id, `R-3`.
    pub(crate) id: String,
    /// Why it is closed; written beside the status.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `risk import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A CSV file with a heading row, or a BMAD decision file (YAML).
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Where an edit is made, and whether.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Register, or directory with seaworthy.yaml or with registers.
    #[arg(long = "in", value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Shows what would change, and writes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
