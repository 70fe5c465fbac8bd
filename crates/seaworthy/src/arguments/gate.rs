//! What can be typed behind `seaworthy gate` and `seaworthy review`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `gate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Gate {
    /// Instead of a decision.
    #[command(subcommand)]
    pub(crate) verify: Option<GateVerify>,
    #[command(flatten)]
    pub(crate) decide: Decide,
}

/// A decision.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Only this risk (`R-2`) or claim (`R-2/no-lost-write`); may be given several times.
    #[arg(long, value_name = "RISK")]
    pub(crate) only: Vec<String>,
    /// The environment that is released to.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) environment: String,
    /// `human`, versioned `json`, `markdown`, `github` (annotations), `sarif`, `junit`, `bmad` or `oscal`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: GateFormat,
    /// Adds the decision as Markdown to a file, such as "$GITHUB_STEP_SUMMARY".
    #[arg(long, value_name = "FILE")]
    pub(crate) summary: Option<PathBuf>,
    /// Writes the decision as a signed in-toto statement.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) statement: Option<PathBuf>,
    /// The private key that signs it: Ed25519, PKCS #8, PEM.
    #[arg(long, value_name = "FILE", requires = "statement")]
    pub(crate) key: Option<PathBuf>,
    /// What the statement is about, `NAME=sha256:DIGEST`; the commit at hand when none is given.
    #[arg(long, value_name = "SUBJECT", requires = "statement")]
    pub(crate) subject: Vec<String>,
    /// CONCERNS gives exit code 4 instead of 0.
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) at: super::At,
}

/// `gate verify`.
#[derive(Debug, Subcommand)]
pub(crate) enum GateVerify {
    /// Verifies a signed statement; exits with 1 when it does not verify or says FAIL.
    Verify {
        /// The statement.
        statement: PathBuf,
        /// The public key: Ed25519, SPKI, PEM.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// It must be about this, `NAME=sha256:DIGEST`; may be given several times.
        #[arg(long, value_name = "SUBJECT")]
        subject: Vec<String>,
        /// It must decide for this environment.
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
        /// CONCERNS gives exit code 4 instead of 0.
        #[arg(long)]
        strict: bool,
    },
}

/// How a decision is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// For people.
    Human,
    /// For machines; versioned, see docs/schema.
    Json,
    /// A page for a job's summary.
    Markdown,
    /// GitHub's annotations.
    Github,
    /// SARIF 2.1.0, at the lines of the registers.
    Sarif,
    /// JUnit, a case for each claim.
    Junit,
    /// BMAD's decision file.
    Bmad,
    /// OSCAL assessment results.
    Oscal,
}

/// `review`.
#[derive(Debug, Args)]
pub(crate) struct Review {
    /// The risks that were reviewed; without any, the calendar of reviews is shown.
    #[arg(value_name = "RISK")]
    pub(crate) risks: Vec<String>,
    /// What came of it.
    #[arg(long, value_name = "TEXT", requires = "risks")]
    pub(crate) note: Option<String>,
    /// Who reviewed; the user's name when not given.
    #[arg(long, value_name = "NAME", requires = "risks")]
    pub(crate) by: Option<String>,
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(long, default_value = ".")]
    pub(crate) path: PathBuf,
    /// How to write the calendar: `human`, or versioned `json`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: super::Format,
    #[command(flatten)]
    pub(crate) at: super::At,
}
