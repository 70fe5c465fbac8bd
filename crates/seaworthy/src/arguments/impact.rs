//! `impact`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `impact`.
#[derive(Debug, Args)]
pub(crate) struct Impact {
    /// Directory with seaworthy.yaml, or the file itself.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Infer the system instead: compose files, manifests, kustomize trees, Backstage catalogs, or http:// of a Prometheus.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["path", "openpsa"])]
    pub(crate) from: Vec<PathBuf>,
    /// A register to hold against what follows from the system; those that seaworthy.yaml names are anyway.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["openpsa", "what_if", "diff"])]
    pub(crate) register: Vec<PathBuf>,
    /// A change that is only thought of: `replicas api 3`, `cache web->api`, `remove api->db`, ..; several are made in turn.
    #[arg(long, value_name = "CHANGE", conflicts_with = "openpsa")]
    pub(crate) what_if: Vec<String>,
    /// Compares with the model at a git revision; seaworthy.yaml only.
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["openpsa", "from", "what_if"])]
    pub(crate) diff: Option<String>,
    /// In pictures: the component that fails, `db` or `db:slow`; its reach is lit.
    #[arg(long, value_name = "COMPONENT", conflicts_with = "openpsa")]
    pub(crate) fails: Option<String>,
    /// A fault tree in the Open-PSA format instead; several files are one model.
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    pub(crate) openpsa: Vec<PathBuf>,
    /// The gate to solve, when the model has several that no other gate uses.
    #[arg(long, value_name = "GATE", requires = "openpsa")]
    pub(crate) top: Option<String>,
    /// How many minimal cut sets to list, at most 10,000; all are counted.
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "openpsa")]
    pub(crate) list: usize,
    /// Which cut sets come first: the likeliest, or the smallest.
    #[arg(long, value_name = "RANKING", default_value = "probability", requires = "openpsa")]
    pub(crate) by: By,
    /// Importance measures of every event.
    #[arg(long, requires = "openpsa")]
    pub(crate) importance: bool,
    /// Samples for the uncertainty of parameters that are distributions; at most 10,000,000.
    #[arg(long, value_name = "COUNT", requires = "openpsa")]
    pub(crate) samples: Option<usize>,
    /// Where sampling begins; the same seed gives the same figures everywhere.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "samples")]
    pub(crate) seed: u64,
    /// How long the system is to work, in hours, for laws of failure over time; 8760 without it.
    #[arg(long, value_name = "HOURS", requires = "openpsa")]
    pub(crate) mission_time: Option<f64>,
    /// Nodes of one diagram before a bracket is given instead; a million take about 80 MiB.
    #[arg(long, value_name = "COUNT", requires = "openpsa")]
    pub(crate) nodes: Option<usize>,
    /// With `--format svg`: the `graph`, the flows as `lanes`, what each failure loses as `bars`, or a `map` of both.
    #[arg(long, default_value = "graph", hide_possible_values = true)]
    pub(crate) view: View,
    /// With `--format openpsa`: the flow whose fault tree is written.
    #[arg(long, value_name = "FLOW", conflicts_with = "openpsa")]
    pub(crate) flow: Option<String>,
    /// How to write it: `human`, versioned `json`, `markdown`, `svg`, `mermaid`, `dot`, `cytoscape`, `graphml`, `openpsa`.
    #[arg(long, default_value = "human", hide_possible_values = true)]
    pub(crate) format: ImpactFormat,
}

/// How an impact is written; fault trees have the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImpactFormat {
    /// For people.
    Human,
    /// For machines; versioned, see docs/schema.
    Json,
    /// The matrix as a table in Markdown.
    Markdown,
    /// A picture that stands alone.
    Svg,
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// Cytoscape's JSON.
    Cytoscape,
    /// GraphML.
    Graphml,
    /// The fault tree of one flow, for other engines.
    Openpsa,
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    /// What needs what.
    Graph,
    /// Each flow with its hops.
    Lanes,
    /// What the worst failure of each component loses; of a fault tree the criticality of its events.
    Bars,
    /// Failures by flows.
    Map,
}

/// What `--list` begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The likeliest.
    Probability,
    /// The smallest.
    Order,
}
