//! What keeps the pods of a workload on different nodes or zones, and whether it means these pods at all.
//!
//! A rule that selects other pods, or the right pods of other namespaces, keeps nothing apart. Source: the API reference of
//! Kubernetes 1.32, `PodAffinityTerm` and `TopologySpreadConstraint`.

use std::collections::BTreeMap;

use text::Node;

use crate::labels::{Labels, Selector, labels, written};
use crate::workload::NAME_LABEL;

/// A rule that keeps pods apart, with whether it selects the workload's own pods: one that does not keeps nothing apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spread {
    /// `anti-affinity` or `spread`.
    pub kind: &'static str,
    /// The label of nodes that it keeps them apart by, such as `kubernetes.io/hostname`.
    pub key: String,
    /// It must hold, and is not only preferred.
    pub is_required: bool,
    /// It selects the pods that it stands on.
    pub is_own: bool,
    /// How many more pods one node may have than another; one where none may share a node.
    pub max_skew: u32,
}

impl Spread {
    /// Whether so many pods can never all stand on one node, as long as there are two.
    pub fn parts(&self, pods: Option<u32>) -> Option<bool> {
        match (self.max_skew, pods) {
            (0 | 1, _) => Some(self.is_own),
            (skew, Some(pods)) => Some(self.is_own && skew < pods.max(2)),
            (_, None) if !self.is_own => Some(false),
            (_, None) => None,
        }
    }
}

/// The rules of a template of pods in a namespace.
pub(crate) fn spreads(template: Option<&Node>, within: &str, namespaces: &BTreeMap<String, Labels>) -> Vec<Spread> {
    let Some(spec) = template.and_then(|template| template.get("spec")) else { return Vec::new() };
    let own =
        labels(template.and_then(|template| template.get("metadata")).and_then(|metadata| metadata.get("labels")));
    let term = Term { own: &own, within, namespaces };
    let mut spreads: Vec<Spread> =
        list(Some(spec), "topologySpreadConstraints").iter().map(|one| term.constraint(one)).collect();
    let apart = spec.get("affinity").and_then(|affinity| affinity.get("podAntiAffinity"));
    for one in list(apart, "requiredDuringSchedulingIgnoredDuringExecution") {
        spreads.push(term.anti_affinity(one, true));
    }
    for one in list(apart, "preferredDuringSchedulingIgnoredDuringExecution") {
        spreads.extend(one.get("podAffinityTerm").map(|one| term.anti_affinity(one, false)));
    }
    spreads
}

fn list<'n>(node: Option<&'n Node>, key: &str) -> &'n [Node] {
    node.and_then(|node| node.get(key)).and_then(Node::as_list).unwrap_or(&[])
}

/// The pods that a rule stands on.
struct Term<'t> {
    own: &'t Labels,
    within: &'t str,
    namespaces: &'t BTreeMap<String, Labels>,
}

impl Term<'_> {
    fn constraint(&self, node: &Node) -> Spread {
        let says = |key: &str| node.get(key).and_then(Node::as_text);
        let skew = says("maxSkew").and_then(|skew| skew.parse().ok()).filter(|skew| *skew > 0);
        let when = says("whenUnsatisfiable");
        // Without these two the API server refuses the pods.
        let is_whole = skew.is_some() && matches!(when, Some("DoNotSchedule" | "ScheduleAnyway"));
        Spread {
            kind: "spread",
            key: says("topologyKey").unwrap_or("").to_owned(),
            is_required: when == Some("DoNotSchedule"),
            is_own: is_whole && self.selects(node),
            max_skew: skew.unwrap_or(1),
        }
    }

    fn anti_affinity(&self, node: &Node, is_required: bool) -> Spread {
        let differs = list(Some(node), "mismatchLabelKeys").iter().filter_map(Node::as_text);
        let means_others = differs.into_iter().any(|key| self.own.contains_key(key));
        Spread {
            kind: "anti-affinity",
            key: node.get("topologyKey").and_then(Node::as_text).unwrap_or("").to_owned(),
            is_required,
            is_own: self.selects(node) && self.is_within(node) && !means_others,
            max_skew: 1,
        }
    }

    fn selects(&self, node: &Node) -> bool {
        let selector = written(node, "labelSelector").and_then(|selector| Selector::read(selector).ok());
        selector.is_some_and(|selector| selector.selects(self.own))
    }

    /// Whether the own namespace is among those that are meant; without a word that one alone is.
    fn is_within(&self, node: &Node) -> bool {
        let named = list(Some(node), "namespaces");
        let chosen = written(node, "namespaceSelector");
        if named.is_empty() && chosen.is_none() {
            return true;
        }
        let mut own = self.namespaces.get(self.within).cloned().unwrap_or_default();
        own.entry(NAME_LABEL.to_owned()).or_insert_with(|| self.within.to_owned());
        let is_chosen = chosen.and_then(|chosen| Selector::read(chosen).ok()).is_some_and(|one| one.selects(&own));
        is_chosen || named.iter().any(|name| name.as_text() == Some(self.within))
    }
}
