//! What can be typed behind `seaworthy report`.

use std::path::PathBuf;

use clap::Args;

/// `report`.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
}
