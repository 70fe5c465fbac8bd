//! `ledger ..`, and the flag that names a ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where the ledger is.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// The ledger, as `postgres://USER@HOST/DATABASE` or a path; else what seaworthy.yaml says.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ledger: Option<String>,
}

/// Which ledger a command is about.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) at: At,
    /// The environment whose networks a ledger in a database may be in.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) environment: String,
}

/// `ledger ..`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Checks every entry, and the end of the chain against anchors.
    Verify {
        #[command(flatten)]
        which: Which,
        /// Size and head noted earlier, or a file of them; else `seaworthy.anchors`, if there is one.
        #[arg(long, value_name = "SIZE:HEAD|FILE")]
        against: Option<String>,
    },
    /// Adds size and head to a file that you commit: from then on nothing up to there can be changed unseen.
    Anchor {
        #[command(flatten)]
        which: Which,
        /// The file; `seaworthy.anchors` beside seaworthy.yaml when not given.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Carries everything to another place, byte for byte, and verifies it there. Deletes nothing; run again, it goes on.
    Move {
        #[command(flatten)]
        which: Which,
        /// Where to, as `postgres://USER:${env:NAME}@HOST/DATABASE` or a path.
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// Every entry as one line of JSON, in order.
    Export {
        #[command(flatten)]
        which: Which,
        /// The number of the first entry.
        #[arg(long, value_name = "N", default_value_t = 1)]
        from: u64,
    },
    /// Removes the histories of old drills and notes which; entries stay for ever.
    Prune {
        #[command(flatten)]
        which: Which,
        /// Histories that only entries older than this name, such as `90d`.
        #[arg(long, value_name = "DURATION")]
        older_than: String,
    },
}

impl Ledger {
    /// Which ledger it is about.
    pub(crate) fn which(&self) -> &Which {
        match self {
            Self::Verify { which, .. }
            | Self::Anchor { which, .. }
            | Self::Move { which, .. }
            | Self::Export { which, .. }
            | Self::Prune { which, .. } => which,
        }
    }
}
