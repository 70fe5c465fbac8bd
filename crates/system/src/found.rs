//! Components and edges found where they stand for another reason: docker-compose files, Kubernetes manifests, Backstage
//! catalogs, calls in traces.
//!
//! What is found is a guess with a source: every item carries the line it was inferred from, so that a person can confirm
//! it. Nothing is resolved (no variables, no anchors, no overlays, no images pulled); what could not be followed is told.

mod backstage;
mod calls;
mod compose;
mod image;
mod manifest;
mod model;

use std::collections::BTreeMap;

pub use backstage::{catalogs, is_catalog};
pub use calls::{Call, calls};
pub use compose::{compose, environment_file};
pub use manifest::manifests;
pub use model::USERS;

use ::manifests::read;
use text::Source;

use crate::{ComponentKind, Needs};

/// The most components of one file.
pub const MAX_FOUND: usize = 2_000;

/// What one file shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Path of the file as shown to people.
    pub path: String,
    /// What runs, by name, in the order of the file.
    pub components: Vec<FoundComponent>,
    /// What needs what, each pair once.
    pub edges: Vec<FoundEdge>,
    /// What was not followed, in words for people.
    pub gaps: Vec<String>,
}

/// Something that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundComponent {
    /// Its name, fit to be a name in `seaworthy.yaml`.
    pub name: String,
    /// What it seems to be.
    pub kind: ComponentKind,
    /// How many of it, where the file says.
    pub replicas: Option<u32>,
    /// `host:port` under which it is published on this machine.
    pub at: Option<String>,
    /// The line it was inferred from.
    pub line: usize,
    /// From what: `image postgres:16`, `build ./api`.
    pub from: String,
    /// Users reach it from outside: the line that says so, and how (`ports`, `Ingress shop`).
    pub entry: Option<(usize, String)>,
    /// How many of its replicas must work, where somebody stated it.
    pub quorum: Option<FoundQuorum>,
}

/// How many replicas must work, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundQuorum {
    /// So many, fewer than there are.
    pub needed: u32,
    /// The file that says so, which may be another one than that of the component.
    pub path: String,
    /// The line it was inferred from.
    pub line: usize,
    /// From what: `PodDisruptionBudget api`.
    pub from: String,
}

/// Something that needs something else.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundEdge {
    /// Who needs.
    pub caller: String,
    /// Who is needed.
    pub callee: String,
    /// The line it was inferred from.
    pub line: usize,
    /// From what: `depends_on`, `DATABASE_URL`.
    pub from: String,
    /// Hard, because files do not say what happens without it; but nobody waits for what only collects telemetry.
    pub needs: Needs,
}

impl Found {
    /// The same component or edge in several files is one; the first file wins.
    pub fn joined(files: &[Self]) -> Self {
        let mut all = Self::default();
        let mut names = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            for component in &file.components {
                names.entry(component.name.clone()).or_insert_with(|| {
                    all.components.push(component.clone());
                    index
                });
            }
            for edge in &file.edges {
                let is_known = all.edges.iter().any(|known| known.caller == edge.caller && known.callee == edge.callee);
                if !is_known {
                    all.edges.push(edge.clone());
                }
            }
        }
        all
    }
}

/// A name as `seaworthy.yaml` allows it; `None` when nothing is left of it.
pub(crate) fn fit(name: &str) -> Option<String> {
    let fitted: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect();
    let fitted = fitted.replace("->", "-");
    let fitted = fitted.trim_matches('-');
    (!fitted.is_empty() && fitted.len() <= 64).then(|| fitted.to_owned())
}

/// The names of components in an address-like value: `postgres://u:p@db:5432/app` names `db`.
pub(crate) fn named_hosts(value: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut hosts = Vec::new();
    for part in value.split([',', ' ', ';']) {
        let after_scheme = part.rsplit("://").next().unwrap_or(part);
        let after_user = after_scheme.rsplit('@').next().unwrap_or(after_scheme);
        let host = after_user.split(|c: char| !is_name(c)).next().unwrap_or("");
        if !host.is_empty() {
            hosts.push(host);
        }
    }
    hosts
}

/// Why a file is no YAML, in words, when it is none.
pub fn unreadable(source: &Source) -> Option<String> {
    let problem = read(source).1.into_iter().find(|problem| problem.rule == "yaml-syntax")?;
    Some(format!("{}:{}: {}", source.path(), problem.line, problem.message))
}

/// Parts of names and images of what collects telemetry. Nobody waits for it.
const TELEMETRY: [&str; 22] = [
    "otel",
    "opentelemetry",
    "jaeger",
    "zipkin",
    "prometheus",
    "grafana",
    "loki",
    "tempo",
    "fluentd",
    "fluent-bit",
    "statsd",
    "datadog",
    "newrelic",
    "signoz",
    "alertmanager",
    "kibana",
    "logstash",
    "filebeat",
    "cadvisor",
    "sentry",
    "apm-server",
    "tracing-server",
];

/// Whether something only collects traces, metrics or logs, by its name or image.
pub(crate) fn is_telemetry(name: &str, image: &str) -> bool {
    let (name, image) = (name.to_lowercase(), image.to_lowercase());
    TELEMETRY.iter().any(|part| name.contains(part) || image.contains(part))
}

/// Whether a variable's name says that its value is an address; without a scheme or a port nothing else does.
pub(crate) fn is_address(name: &str, value: &str) -> bool {
    let upper = name.to_uppercase();
    let ends = [
        "_HOST",
        "_URL",
        "_URI",
        "_ADDR",
        "_ADDRESS",
        "_SERVER",
        "_SERVERS",
        "_ENDPOINT",
        "_BROKERS",
        "_DSN",
        "_SERVICE",
    ];
    let port = value
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.chars().take_while(char::is_ascii_digit).count() >= 2);
    value.contains("://") || port || ends.iter().any(|end| upper.ends_with(end)) || upper == "HOST"
}

/// Whether what stands behind an option of a command is a host.
pub(crate) fn is_host_option(word: &str) -> bool {
    matches!(word, "-h" | "-H" | "--host" | "--hostname" | "--server" | "--url" | "--addr" | "--address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_addresses() {
        assert_eq!(named_hosts("postgres://u:p@db:5432/app"), ["db"]);
        assert_eq!(named_hosts("kafka-1:9092,kafka-2:9092"), ["kafka-1", "kafka-2"]);
        assert_eq!(named_hosts("redis"), ["redis"]);
        assert_eq!(named_hosts(""), [""; 0]);
    }

    #[test]
    fn a_bracket_further_left_is_read_and_places_stay() {
        let text = "services:\n  a:\n    command: [\n      x,\n    ]\n  b: {image: 'postgres'}\n";
        let found = compose(&Source::new("c.yml", text), &BTreeMap::new()).expect("is one");
        let lines: Vec<_> =
            found.components.iter().map(|component| (component.name.as_str(), component.line)).collect();
        assert_eq!(lines, [("a", 2), ("b", 6)]);
        assert_eq!(
            unreadable(&Source::new("c.yml", "a: [\n")),
            Some("c.yml:2: while parsing a node, did not find expected node content".to_owned())
        );
    }

    #[test]
    fn names_are_made_fit() {
        assert_eq!(fit("my app/x").as_deref(), Some("my-app-x"));
        assert_eq!(fit("a->b").as_deref(), Some("a--b"));
        assert_eq!(fit("//"), None);
    }
}
