//! PodDisruptionBudgets against what they select: how many pods may go at once, and whether a drain can ever end.
//!
//! The arithmetic is that of the disruption controller: percentages round up, both of what must stay and of what may go;
//! replicas are those of the workload, or the least of its autoscaler.

use std::collections::BTreeMap;

use manifests::Object;
use text::Node;

use crate::labels::{Selector, written};
use crate::workload::{Kubernetes, Told, Workload, namespace, place};

/// One budget, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// `namespace/name`.
    pub title: String,
    /// `file:line`.
    pub place: String,
    /// Workloads that it selects, by number in [`Kubernetes::workloads`].
    pub selects: Vec<usize>,
    /// Pods that it selects, where the replicas of all of them are known.
    pub pods: Option<u32>,
    /// How many pods may go at once while all are healthy, where it can be told.
    pub may_go: Option<u32>,
    /// How many must stay, where it can be told.
    pub must_stay: Option<u32>,
    /// More than one budget selects one of these pods: the API then refuses every eviction.
    pub overlaps: bool,
}

/// Every budget, by namespace and name, and what is told of those that the API server would refuse.
pub fn budgets(cluster: &Kubernetes) -> (Vec<Budget>, Vec<Told>) {
    let (mut budgets, mut told) = (Vec::new(), Vec::new());
    let scalers = scalers(cluster);
    for object in cluster.others.iter().filter(|object| object.kind() == "PodDisruptionBudget") {
        match budget(cluster, object, &scalers) {
            Ok(budget) => budgets.push(budget),
            Err(message) => told.push(Told { place: place(object), message, is_error: true }),
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

/// The least replicas of autoscaled workloads, by namespace, kind and name.
fn scalers(cluster: &Kubernetes) -> BTreeMap<(String, String, String), u32> {
    let of = |object: &Object| {
        let spec = object.node.get("spec")?;
        let target = spec.get("scaleTargetRef")?;
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
        let least = text(spec, "minReplicas").or_else(|| text(spec, "minReplicaCount"));
        let least = least.map_or(Some(1), |least| least.parse().ok())?;
        let kind = text(target, "kind").unwrap_or_else(|| "Deployment".to_owned());
        Some(((namespace(object).to_owned(), kind, text(target, "name")?), least))
    };
    let is_scaler = |object: &&Object| matches!(object.kind(), "HorizontalPodAutoscaler" | "ScaledObject");
    cluster.others.iter().filter(is_scaler).filter_map(of).collect()
}

fn budget(
    cluster: &Kubernetes,
    object: &Object,
    scalers: &BTreeMap<(String, String, String), u32>,
) -> Result<Budget, String> {
    let title = format!("{}/{}", namespace(object), object.name());
    let refused = |why: String| format!("PodDisruptionBudget `{title}` would be refused: {why}");
    let Some(spec) = written(&object.node, "spec") else { return Err(refused("it has no `spec`".to_owned())) };
    // Without a selector nothing is selected, with an empty one everything in its namespace.
    let selector = match written(spec, "selector") {
        Some(selector) => Some(Selector::read(selector).map_err(|wrong| refused(wrong.message))?),
        None => None,
    };
    let is_selected = |workload: &Workload| {
        workload.namespace == namespace(object)
            && selector.as_ref().is_some_and(|selector| selector.selects(&workload.labels))
    };
    let all = cluster.workloads.iter().enumerate();
    let selects: Vec<usize> = all.filter(|(_, workload)| is_selected(workload)).map(|(at, _)| at).collect();
    let pods = |at: &usize| {
        let workload = &cluster.workloads[*at];
        let key = (workload.namespace.clone(), workload.kind.clone(), workload.name.clone());
        scalers.get(&key).copied().or(workload.replicas)
    };
    let pods: Option<u32> = selects.iter().map(pods).sum();
    let stays = match (written(spec, "minAvailable"), written(spec, "maxUnavailable")) {
        (Some(_), Some(_)) => return Err(refused("it has both `minAvailable` and `maxUnavailable`".to_owned())),
        (Some(least), None) => share(least, pods).map_err(refused)?,
        (None, Some(most)) => {
            share(most, pods).map_err(refused)?.zip(pods).map(|(most, pods)| pods.saturating_sub(most))
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
        overlaps: false,
    })
}

/// A number, or a percentage of the pods that rounds up; `None` for a percentage of nobody knows how many.
fn share(node: &Node, pods: Option<u32>) -> Result<Option<u32>, String> {
    let text = node.as_text().unwrap_or(node.shape());
    if let Ok(number) = text.parse::<u32>() {
        return Ok(Some(number));
    }
    let percent =
        text.strip_suffix('%').and_then(|percent| percent.parse::<u32>().ok()).filter(|percent| *percent <= 100);
    let Some(percent) = percent else { return Err(format!("`{text}` is neither a number nor a percentage")) };
    Ok(pods.map(|pods| (pods * percent).div_ceil(100)))
}
