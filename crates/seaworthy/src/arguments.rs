//! What can be typed. No I/O here: this says what was typed, the commands say what it means.

mod gate;
mod impact;
mod init;
mod ledger;
mod lint;
mod report;
mod risk;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use gate::{Decide, Gate, GateFormat, GateVerify, Review};
pub(crate) use impact::{By, Impact, ImpactFormat, View};
pub(crate) use init::Init;
pub(crate) use ledger::{At, Ledger, Which};
pub(crate) use lint::{Lint, LintFormat};
pub(crate) use report::{Report, ReportFormat};
pub(crate) use risk::{Add, Close, Import, List, Place, Risk, Set, Show};

/// Makes the risk register executable: reads it, causes the failures, and decides the release from what it saw.
#[derive(Debug, Parser)]
#[command(name = "seaworthy", version, about, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// What to do; without one, says what is here and what to do next.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Color: `auto` (on terminals, unless NO_COLOR is set), `always` or `never`.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(crate) color: ColorWhen,
}

const AFTER_HELP: &str = "\
Exit codes: 0 pass · 1 FAIL, findings of level error, or a damaged ledger · 2 usage or configuration ·
3 could not decide · 4 CONCERNS under --strict · 10 something is left to heal · 130 interrupted, 143 terminated, after
healing.

First time here? `seaworthy prove examples/event-tracker` in a clone of the project, or `seaworthy` in your repository.";

/// When to use color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On terminals, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For machines; versioned, see docs/schema.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job: lint, impact, probe, drill, gate in one go, with a report.
    Prove(Prove),
    /// Gathers evidence without starting, breaking or changing anything.
    #[command(next_line_help = true)]
    Probe(Probe),
    /// Judges what the ledger holds, and decides; starts and looks at nothing.
    #[command(next_line_help = true)]
    Gate(Gate),
    /// Records that risks were reviewed, and shows which reviews are due.
    #[command(next_line_help = true)]
    Review(Review),
    /// Where registers and seaworthy.yaml contradict themselves.
    #[command(next_line_help = true)]
    Lint(Lint),
    /// Understands what is here and writes a first seaworthy.yaml.
    Init(Init),
    /// The risks of the registers: look, add, change, close.
    #[command(subcommand)]
    Risk(Risk),
    /// What is known, for people and other tools.
    #[command(next_line_help = true)]
    Report(Report),
    /// Blast radius, chains and single points of failure, computed from the graph.
    Impact(Impact),
    /// What drills would break, and what undoes it.
    #[command(subcommand)]
    Drill(Drill),
    /// The resilience proxy for the edges that have a guard.
    #[command(next_line_help = true)]
    Guard(guard::Options),
    /// The ledger as read-only JSON over HTTP.
    Serve(Serve),
    /// The memory: is it whole, where does it go on, what may be forgotten.
    #[command(subcommand)]
    Ledger(Ledger),
}

/// `prove`.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Only this risk (`R-2`) or claim (`R-2/no-lost-write`); may be given several times.
    #[arg(long, value_name = "RISK")]
    pub(crate) only: Vec<String>,
    /// The environment the evidence belongs to.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) environment: String,
    /// Seed of everything random; another one each time when not given, and told with the result.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How to write the result: `human`, or versioned `json`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: Format,
    /// Where to write the HTML report; `.seaworthy/report.html` beside the file when not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// CONCERNS gives exit code 4 instead of 0.
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) at: At,
}

/// `probe`.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// Only these risks (`R-2`) or claims (`R-2/no-lost-write`); all when none is named.
    #[arg(value_name = "RISK")]
    pub(crate) risks: Vec<String>,
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(long, default_value = ".")]
    pub(crate) path: PathBuf,
    /// One look of this kind, with `--with` instead of a claim; nothing is judged or remembered.
    #[arg(long, value_name = "KIND", conflicts_with = "risks")]
    pub(crate) kind: Option<String>,
    /// A key of the look and its value; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", requires = "kind")]
    pub(crate) with: Vec<String>,
    /// With `--kind k8s.reach`: all connections that the manifests below a directory allow, one line a pair.
    #[arg(long, value_name = "DIRECTORY", requires = "kind", conflicts_with = "with")]
    pub(crate) connections: Option<PathBuf>,
    /// Breaks what each claim looked at in a copy: a claim that nothing turns cannot fail.
    #[arg(long, conflicts_with = "kind")]
    pub(crate) mutate: bool,
    /// The environment the evidence belongs to.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) environment: String,
    /// How to write the result: `human`, or versioned `json`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) at: At,
}

/// `drill ..`.
#[derive(Debug, Subcommand)]
pub(crate) enum Drill {
    /// Shows what each drill would touch, why it is allowed, and what undoes it. Breaks nothing.
    Plan {
        /// Directory with seaworthy.yaml, or the file itself.
        #[arg(default_value = ".")]
        path: PathBuf,
        /// The environment the drills would run in.
        #[arg(long, value_name = "NAME", default_value = "local")]
        environment: String,
    },
    /// Undoes what dead runs left behind on this machine. Running it again changes nothing.
    Heal,
}

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Where to listen; port 0 takes a free one, which is told.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8477")]
    pub(crate) listen: std::net::SocketAddr,
    #[command(flatten)]
    pub(crate) at: At,
    /// The environment whose networks a ledger in a database may be in.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) environment: String,
}
