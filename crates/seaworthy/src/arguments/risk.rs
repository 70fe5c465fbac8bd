//! What can be typed behind `seaworthy risk`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `risk ..`.
#[derive(Debug, Subcommand)]
pub(crate) enum Risk {
    /// Every risk with what is stated and what is computed.
    List(List),
}

/// `risk list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Register (Markdown), or the directory with seaworthy.yaml.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
}
