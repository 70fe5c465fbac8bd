//! Components and edges found in files that say them for another reason: docker-compose files and Kubernetes manifests.
//!
//! What is found is a guess with a source: every item carries the line it was inferred from, so that a person can confirm
//! it. Nothing is resolved (no variables, no anchors, no overlays, no images pulled); what could not be followed is told.

mod compose;
mod image;
mod manifest;

use std::collections::BTreeMap;

pub use compose::compose;
pub use manifest::{is_manifest, manifests};

use crate::ComponentKind;

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
    fn names_are_made_fit() {
        assert_eq!(fit("my app/x").as_deref(), Some("my-app-x"));
        assert_eq!(fit("a->b").as_deref(), Some("a--b"));
        assert_eq!(fit("//"), None);
    }
}
