//! Who carries the outside in: ingress controllers, told by what people call them.
//!
//! Manifests do not say which pods serve an Ingress. So the names that well-known controllers and their namespaces go by are
//! known here; whom neither a name nor a file tells is possible, and not more.

use super::is::Is;
use super::policy::Chosen;
use crate::labels::Operator;
use crate::workload::Workload;

/// Parts of the names of controllers and of the namespaces that they are installed in.
const CONTROLLERS: [&str; 15] = [
    "ingress",
    "traefik",
    "haproxy",
    "kong",
    "contour",
    "emissary",
    "ambassador",
    "envoy-gateway",
    "nginx-gateway",
    "istio-gateway",
    "cloudflared",
    "apisix",
    "gloo",
    "kgateway",
    "skipper",
];

/// Parts of names of what no Ingress enters through.
const OTHERS: [&str; 14] = [
    "monitoring",
    "prometheus",
    "observability",
    "logging",
    "grafana",
    "cert-manager",
    "argo",
    "flux",
    "velero",
    "vault",
    "backup",
    "keda",
    "loki",
    "kube-node-lease",
];

fn names(word: &str, parts: &[&str]) -> bool {
    let word = word.to_ascii_lowercase();
    parts.iter().any(|part| word.contains(part))
}

/// Whether a workload is a controller of ingresses by its name or the usual labels.
fn is_controller(workload: &Workload) -> bool {
    let labels =
        ["app.kubernetes.io/name", "app", "k8s-app"].map(|key| workload.labels.get(key).map_or("", String::as_str));
    let is_proxy = |word: &str| names(word, &CONTROLLERS) && !names(word, &OTHERS);
    is_proxy(&workload.name) || labels.into_iter().any(is_proxy)
}

/// Whether selectors speak of a controller.
pub(crate) fn is_named(chosen: &Chosen) -> bool {
    says(chosen, &CONTROLLERS)
}

fn says(chosen: &Chosen, parts: &[&str]) -> bool {
    let all = chosen.namespaces.requirements().iter().chain(chosen.pods.requirements());
    all.into_iter().any(|(key, operator)| match operator {
        Operator::In(values) => names(key, parts) || values.iter().any(|value| names(value, parts)),
        Operator::Exists => names(key, parts),
        Operator::NotIn(_) | Operator::DoesNotExist => false,
    })
}

/// Whether a controller of ingresses is among those that are chosen, of whom these workloads are described.
pub(crate) fn carries(chosen: &Chosen, meant: &[Is], workloads: &[Workload]) -> Is {
    let described: Vec<&Workload> = meant.iter().zip(workloads).filter(|(is, _)| is.may).map(|(_, one)| one).collect();
    let is_everybody = chosen.own.is_none() && chosen.fits_a_stranger();
    let by_name = chosen.namespaces.is_empty() && chosen.pods.is_empty() && chosen.own.is_none();
    let sure = by_name || is_named(chosen) && chosen.own.is_none() || described.iter().any(|one| is_controller(one));
    let sure = sure && chosen.unsure.is_none();
    // A namespace of which no file tells may be that of a controller, unless its name speaks of something else.
    let is_possible = chosen.own.is_none() && (is_everybody || described.is_empty() && !says(chosen, &OTHERS));
    Is { listed: is_everybody && chosen.unsure.is_none(), sure, may: sure || is_possible }
}

/// Whether a rule lets in a controller in particular, and not everybody.
pub(crate) fn is_meant(chosen: &Chosen, meant: &[Is], workloads: &[Workload]) -> bool {
    let is_broad = chosen.own.is_none() && chosen.namespaces.is_empty() && chosen.pods.is_empty();
    let described = meant.iter().zip(workloads).any(|(is, workload)| is.may && is_controller(workload));
    !is_broad && (described || chosen.own.is_none() && is_named(chosen))
}
