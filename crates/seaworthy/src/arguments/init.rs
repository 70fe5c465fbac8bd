//! What can be typed behind `seaworthy init`.

use std::path::PathBuf;

use clap::Args;

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The repository.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
}
