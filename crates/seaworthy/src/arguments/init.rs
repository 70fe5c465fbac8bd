//! What can be typed behind `seaworthy init`.

use std::path::PathBuf;

use clap::Args;

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The repository.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Prints the file instead of writing it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where there is no register: writes one to fill in, `docs/risks.md`.
    #[arg(long)]
    pub(crate) template: bool,
}
