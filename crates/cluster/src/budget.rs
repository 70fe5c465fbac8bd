//! PodDisruptionBudgets against what they select: how many pods may go at once, and whether a drain can ever end.
//!
//! The arithmetic is that of the disruption controller: percentages round up, both of what must stay and of what may go;
//! replicas are those of the workload, or the least of its autoscaler.

use std::collections::BTreeMap;

use manifests::Object;
use text::{Node, NodeKind};

use crate::labels::{Fares, Selector, written};
use crate::workload::{Kubernetes, Told, Weight, Workload, namespace, place};

/// One budget, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// `namespace/name`.
    pub title: String,
    /// `file:line`.
    pub place: String,
    /// Workloads that it selects, by number in [`Kubernetes::workloads`].
    pub selects: Vec<usize>,
    /// Why it may select more than these.
    pub unclear: Option<String>,
    /// Pods that it selects, where the replicas of all of them are known.
    pub pods: Option<u32>,
    /// How many pods may go at once while all are healthy, where it can be told.
    pub may_go: Option<u32>,
    /// How many must stay, where it can be told.
    pub must_stay: Option<u32>,
    /// More than one budget selects one of these pods: the API then refuses every eviction.
    pub overlaps: bool,
}

/// What a budget may say.
const KEYS: [&str; 4] = ["minAvailable", "maxUnavailable", "selector", "unhealthyPodEvictionPolicy"];

/// Every budget, by namespace and name, and what is told of those that the API server would refuse.
pub fn budgets(cluster: &Kubernetes) -> (Vec<Budget>, Vec<Told>) {
    let (mut budgets, mut told) = (Vec::new(), Vec::new());
    let scalers = scalers(cluster);
    for object in cluster.others.iter().filter(|object| object.kind() == "PodDisruptionBudget") {
        match budget(cluster, object, &scalers) {
            Ok(budget) => budgets.push(budget),
            Err(message) => told.push(Told { place: place(object), message, weight: Weight::Refused }),
        }
    }
    budgets.sort_by(|left, right| left.title.cmp(&right.title));
    let mut selecting: BTreeMap<usize, usize> = BTreeMap::new();
    for at in budgets.iter().flat_map(|budget| &budget.selects) {
        *selecting.entry(*at).or_default() += 1;
    }
    for budget in &mut budgets {
        budget.overlaps = budget.selects.iter().any(|at| selecting[at] > 1);
        if budget.overlaps {
            budget.may_go = budget.may_go.map(|_| 0);
        }
    }
    (budgets, told)
}

/// The least replicas of autoscaled workloads, by namespace, kind and name; nothing where it cannot be told.
type Scalers = BTreeMap<(String, String, String), Option<u32>>;

fn scalers(cluster: &Kubernetes) -> Scalers {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
    let mut all = Scalers::new();
    let mut seen: BTreeMap<(String, String, String), (String, String)> = BTreeMap::new();
    let is_scaler = |object: &&Object| matches!(object.kind(), "HorizontalPodAutoscaler" | "ScaledObject");
    for object in cluster.others.iter().filter(is_scaler) {
        let Some(spec) = object.node.get("spec") else { continue };
        let Some(target) = spec.get("scaleTargetRef") else { continue };
        let Some(name) = text(target, "name") else { continue };
        let kind = text(target, "kind").unwrap_or_else(|| "Deployment".to_owned());
        let least = ["idleReplicaCount", "minReplicas", "minReplicaCount"].iter().find_map(|key| text(spec, key));
        // An autoscaler of its own leaves one, one of KEDA none.
        let default = u32::from(object.kind() == "HorizontalPodAutoscaler");
        let least = least.map_or(Some(default), |least| least.parse().ok());
        let target = (namespace(object).to_owned(), kind, name);
        let own = (object.kind().to_owned(), object.name().to_owned());
        let is_again = seen.insert(target.clone(), own.clone()).is_some_and(|first| first == own);
        let known = all.get(&target).copied();
        let least = match known {
            None => least,
            // One autoscaler that is read twice, as overlays beside each other hold it: the lesser counts.
            Some(known) if is_again => known.zip(least).map(|(known, least)| known.min(least)),
            // Of two that pull at one workload nobody knows who wins.
            Some(_) => None,
        };
        all.insert(target, least);
    }
    all
}

/// How many pods of a workload there are at the least: by its autoscaler where it has one, else as it says itself.
pub fn least_replicas(cluster: &Kubernetes, workload: &Workload) -> Option<u32> {
    least(&scalers(cluster), workload)
}

fn least(scalers: &Scalers, workload: &Workload) -> Option<u32> {
    let key = (workload.namespace.clone(), workload.kind.clone(), workload.name.clone());
    scalers.get(&key).copied().unwrap_or(workload.replicas)
}

fn budget(cluster: &Kubernetes, object: &Object, scalers: &Scalers) -> Result<Budget, String> {
    let title = format!("{}/{}", namespace(object), object.name());
    let refused = |why: String| format!("PodDisruptionBudget `{title}` would be refused: {why}");
    if object.text(&["apiVersion"]) != Some("policy/v1") {
        return Err(refused("budgets are of `policy/v1` alone, since Kubernetes 1.25".to_owned()));
    }
    let Some(spec) = written(&object.node, "spec") else { return Err(refused("it has no `spec`".to_owned())) };
    let is_known = |key: &str| KEYS.contains(&key);
    if let Some(entry) = spec.as_map().unwrap_or_default().iter().find(|entry| !is_known(&entry.key)) {
        return Err(refused(format!("a budget has no `{}`", entry.key)));
    }
    // Without a selector nothing is selected, with an empty one everything in its namespace.
    let selector = match written(spec, "selector") {
        Some(selector) => Some(Selector::read(selector).map_err(|wrong| refused(wrong.message))?),
        None => None,
    };
    let fares = |workload: &Workload| match &selector {
        Some(selector) if workload.namespace == namespace(object) && workload.refused.is_none() => {
            workload.fares(selector)
        }
        _ => Fares::None,
    };
    let all = || cluster.workloads.iter().enumerate();
    let selects: Vec<usize> = all().filter(|(_, workload)| fares(workload) == Fares::All).map(|(at, _)| at).collect();
    let part = all().find(|(_, workload)| fares(workload) == Fares::Some);
    let unclear =
        part.map(|(_, workload)| format!("it takes in some pods of {}, and how many differs", workload.title()));
    let is_open = |text: &str| text.contains("${");
    let near = || all().map(|(_, workload)| workload).filter(|workload| workload.namespace == namespace(object));
    let is_varied = |workload: &Workload| workload.labels.iter().any(|(key, value)| is_open(key) || is_open(value));
    let varies =
        cluster.is_raw && (selector.as_ref().is_some_and(|selector| selector.has(&is_open)) || near().any(is_varied));
    let open = (selects.is_empty() && varies).then(|| "labels hold variables that somebody else puts in".to_owned());
    let unclear = unclear.or(open);
    let pods = |at: &usize| least(scalers, &cluster.workloads[*at]);
    let pods: Option<u32> = selects.iter().map(pods).sum::<Option<u32>>().filter(|_| unclear.is_none());
    let stays = match (written(spec, "minAvailable"), written(spec, "maxUnavailable")) {
        (Some(_), Some(_)) => return Err(refused("it has both `minAvailable` and `maxUnavailable`".to_owned())),
        (Some(least), None) => share(least, pods, cluster.is_raw).map_err(refused)?,
        (None, Some(most)) => {
            share(most, pods, cluster.is_raw).map_err(refused)?.zip(pods).map(|(most, pods)| pods.saturating_sub(most))
        }
        // Neither: the disruption controller expects no pods then, and lets none go.
        (None, None) => pods,
    };
    Ok(Budget {
        title,
        place: place(object),
        may_go: pods.zip(stays).map(|(pods, stays)| pods.saturating_sub(stays)),
        must_stay: stays,
        pods,
        selects,
        unclear,
        overlaps: false,
    })
}

/// A number of pods, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many of a hundred, rounded up.
    Percent(u32),
}

impl Amount {
    /// Reads `2` or `50%`.
    pub fn read(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(share) => share.parse().ok().map(Self::Percent),
            None => text.parse().ok().map(Self::Count),
        }
    }

    /// How many of so many pods; a share of nobody knows how many is not known.
    pub fn of(self, pods: Option<u32>) -> Option<u32> {
        match self {
            Self::Count(count) => Some(count),
            Self::Percent(share) => {
                let part = (u64::from(pods?) * u64::from(share)).div_ceil(100);
                Some(u32::try_from(part).unwrap_or(u32::MAX))
            }
        }
    }
}

/// What a budget writes: a number, or a percentage up to 100.
fn share(node: &Node, pods: Option<u32>, is_raw: bool) -> Result<Option<u32>, String> {
    let text = node.as_text().unwrap_or(node.shape());
    // A variable that somebody else puts in.
    if is_raw && text.contains("${") {
        return Ok(None);
    }
    match Amount::read(text) {
        Some(Amount::Count(_)) if matches!(node.kind, NodeKind::Text { plain: false, .. }) => {
            Err(format!("`{text}` in quotes is no number, and no percentage"))
        }
        Some(Amount::Percent(101..)) | None => Err(format!("`{text}` is neither a number nor a percentage")),
        Some(amount) => Ok(amount.of(pods)),
    }
}
