//! Pods that operators make from custom resources: with which labels, how many, and from whom that is known.
//!
//! What is known stands in `operators.yaml`, each entry with its source. It is never complete, so a selector that selects
//! nothing of it selects *nothing that is known*: where some custom resource is of a kind that is not listed, or pods carry
//! labels whose values differ from pod to pod, the answer is unknown and not no.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use manifests::Object;
use text::{Node, Source, read_yaml};

use crate::labels::{Labels, Operator, Selector, labels};
use crate::workload::{Kubernetes, namespace, place};

const DATA: &str = include_str!("operators.yaml");

/// Groups of API objects that make no pods by themselves, or whose pods nobody selects by such labels.
const MAKE_NO_PODS: [&str; 40] = [
    "cert-manager.io",
    "acme.cert-manager.io",
    "external-secrets.io",
    "kustomize.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "argoproj.io",
    "bitnami.com",
    "gateway.networking.k8s.io",
    "cilium.io",
    "projectcalico.org",
    "crd.projectcalico.org",
    "networking.istio.io",
    "security.istio.io",
    "telemetry.istio.io",
    "traefik.io",
    "traefik.containo.us",
    "policy.networking.k8s.io",
    "kyverno.io",
    "wgpolicyk8s.io",
    "constraints.gatekeeper.sh",
    "templates.gatekeeper.sh",
    "keda.sh",
    "snapshot.storage.k8s.io",
    "storage.k8s.io",
    "rbac.authorization.k8s.io",
    "apiextensions.k8s.io",
    "admissionregistration.k8s.io",
    "apiregistration.k8s.io",
    "networking.k8s.io",
    "policy",
    "autoscaling",
    "autoscaling.k8s.io",
    "coordination.k8s.io",
    "scheduling.k8s.io",
    "discovery.k8s.io",
    "metallb.io",
    "kustomize.config.k8s.io",
    "external-dns.k8s.io",
];

/// Groups of the API server itself.
const BUILT_IN: [&str; 5] = ["", "apps", "batch", "extensions", "events.k8s.io"];

/// Kinds of otherwise known operators that make no pods.
const KINDS_WITHOUT_PODS: [&str; 30] = [
    "ServiceMonitor",
    "PodMonitor",
    "PrometheusRule",
    "Probe",
    "ScrapeConfig",
    "AlertmanagerConfig",
    "VMServiceScrape",
    "VMPodScrape",
    "VMRule",
    "VMNodeScrape",
    "VMProbe",
    "VMStaticScrape",
    "VMUser",
    "VMAlertmanagerConfig",
    "KafkaTopic",
    "KafkaUser",
    "KafkaConnector",
    "KafkaRebalance",
    "ScheduledBackup",
    "Backup",
    "Database",
    "Publication",
    "Subscription",
    "ImageCatalog",
    "ClusterImageCatalog",
    "User",
    "Grant",
    "Queue",
    "Exchange",
    "Binding",
];

/// Pods that an operator makes of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// `namespace/name[Kind]` of the custom resource.
    pub title: String,
    /// `file:line` of it.
    pub place: String,
    /// Where the pods run.
    pub namespace: String,
    /// Labels that all of these pods have.
    pub labels: Labels,
    /// Labels that differ from pod to pod, with the values they may have; any, when none is listed.
    pub varying: BTreeMap<String, Vec<String>>,
    /// How many, where the resource says so.
    pub replicas: Option<u32>,
    /// Which operator, and from whom that is known.
    pub known_from: String,
}

/// How a selector fares with made pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fares {
    /// It selects them all.
    All,
    /// It selects some of them, or may.
    Some,
    /// It selects none of them.
    None,
}

impl Made {
    /// How a selector fares with these pods: labels that differ make it *some*.
    pub fn fares(&self, selector: &Selector) -> Fares {
        let mut fares = Fares::All;
        for (key, operator) in selector.requirements() {
            let one = match (self.labels.get(key), self.varying.get(key)) {
                (_, Some(values)) => varying(operator, values),
                (own, None) => {
                    let alone: Labels = own.map(|value| (key.clone(), value.clone())).into_iter().collect();
                    if Selector::of(key.clone(), operator.clone()).selects(&alone) { Fares::All } else { Fares::None }
                }
            };
            fares = match (fares, one) {
                (Fares::None, _) | (_, Fares::None) => Fares::None,
                (Fares::All, Fares::All) => Fares::All,
                _ => Fares::Some,
            };
        }
        fares
    }
}

/// A label that pods have with one of these values, or with any.
fn varying(operator: &Operator, values: &[String]) -> Fares {
    let share = |is_in: &dyn Fn(&String) -> bool| match values.iter().filter(|value| is_in(value)).count() {
        _ if values.is_empty() => Fares::Some,
        0 => Fares::None,
        count if count == values.len() => Fares::All,
        _ => Fares::Some,
    };
    match operator {
        Operator::In(wanted) => share(&|value| wanted.contains(value)),
        Operator::NotIn(unwanted) => share(&|value| !unwanted.contains(value)),
        // Not every pod need have it.
        Operator::Exists | Operator::DoesNotExist => Fares::Some,
    }
}

/// Everything that operators make of the objects, and the custom resources of which nobody knows what they make.
pub fn made(cluster: &Kubernetes) -> (Vec<Made>, Vec<&Object>) {
    let (mut all, mut unknown) = (Vec::new(), Vec::new());
    for object in &cluster.others {
        let version = object.text(&["apiVersion"]).unwrap_or("");
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let entries: Vec<&Node> =
            known().iter().filter(|entry| is(entry, "group", group) && is(entry, "kind", object.kind())).collect();
        if entries.is_empty() {
            let makes_none = BUILT_IN.contains(&group)
                || MAKE_NO_PODS.contains(&group)
                || KINDS_WITHOUT_PODS.contains(&object.kind());
            if !makes_none {
                unknown.push(object);
            }
            continue;
        }
        for entry in entries {
            let pods = entry.get("pods").and_then(Node::as_list).unwrap_or(&[]);
            all.extend(pods.iter().filter(|pods| is_made(pods, object)).map(|pods| of(entry, pods, object)));
        }
    }
    (all, unknown)
}

/// The entries of the data. It is our own file, held by a test; what could not be read is no entry.
fn known() -> &'static [Node] {
    static KNOWN: OnceLock<Vec<Node>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let node = read_yaml(&Source::new("operators.yaml", DATA)).0;
        let list = node.and_then(|node| node.get("operators").and_then(Node::as_list).map(<[Node]>::to_vec));
        list.unwrap_or_default()
    })
}

fn is(entry: &Node, key: &str, wanted: &str) -> bool {
    entry.get(key).and_then(Node::as_text) == Some(wanted)
}

/// Whether pods are made of this resource: `when` a field is set and not false, `unless` it is.
fn is_made(pods: &Node, object: &Object) -> bool {
    let is_set = |key: &str| {
        pods.get(key)
            .and_then(Node::as_text)
            .map(|path| field(object, path).is_some_and(|found| found.as_text() != Some("false")))
    };
    is_set("when").unwrap_or(true) && !is_set("unless").unwrap_or(false)
}

/// The value at a dotted path of keys; `a[].b` is not followed here.
fn field<'n>(object: &'n Object, path: &str) -> Option<&'n Node> {
    path.split('.').try_fold(&object.node, |node, key| node.get(key)).filter(|node| node.kind != text::NodeKind::Empty)
}

/// The sum over every element of a list in a path such as `spec.pools[].servers`, or the number at a plain one.
fn number(node: &Node, path: &str) -> Option<u32> {
    match path.split_once("[].") {
        Some((list, rest)) => {
            let items = list.split('.').try_fold(node, |node, key| node.get(key))?.as_list()?;
            items.iter().map(|item| number(item, rest)).sum()
        }
        None => path.split('.').try_fold(node, |node, key| node.get(key))?.as_text()?.parse().ok(),
    }
}

fn of(entry: &Node, pods: &Node, object: &Object) -> Made {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
    let mut own: Labels = Labels::new();
    let mut varying: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in labels(pods.get("labels")) {
        match filled(&value, object) {
            Some(value) => drop(own.insert(key, value)),
            // A field that is not written leaves a label that nobody knows.
            None => drop(varying.insert(key, Vec::new())),
        }
    }
    for one in pods.get("varying_labels").and_then(Node::as_map).unwrap_or(&[]) {
        let values = one.value.as_list().unwrap_or(&[]).iter().filter_map(Node::as_text).map(str::to_owned).collect();
        varying.insert(one.key.clone(), values);
    }
    let templates = [text(pods, "template_labels"), text(entry, "template_labels")];
    for path in templates.into_iter().flatten() {
        own.extend(labels(field(object, &path)));
    }
    if text(entry, "inherits_labels").as_deref() == Some("true") {
        // Which of them are left out differs by setting: they may be there.
        for key in labels(object.node.get("metadata").and_then(|metadata| metadata.get("labels"))).into_keys() {
            if !own.contains_key(&key) {
                varying.entry(key).or_default();
            }
        }
    }
    let replicas = text(pods, "replicas").and_then(|written| {
        let default = || text(pods, "default_replicas").and_then(|number| number.parse().ok());
        written.parse().ok().or_else(|| number(&object.node, &written)).or_else(default)
    });
    Made {
        title: format!("{}/{}[{}]", namespace(object), object.name(), object.kind()),
        place: place(object),
        namespace: namespace(object).to_owned(),
        labels: own,
        varying,
        replicas,
        known_from: format!(
            "{}: {}",
            text(entry, "operator").unwrap_or_default(),
            text(entry, "source").unwrap_or_default()
        ),
    }
}

/// `{name}`, `{namespace}` and `{key:spec.x}` of the resource; `None` when the field is not written.
fn filled(template: &str, object: &Object) -> Option<String> {
    let plain = template.replace("{name}", object.name()).replace("{namespace}", namespace(object));
    let Some((before, rest)) = plain.split_once("{key:") else { return Some(plain) };
    let (path, after) = rest.split_once('}')?;
    let value = match path.strip_prefix("metadata.labels['").and_then(|key| key.strip_suffix("']")) {
        Some(label) => object.node.get("metadata")?.get("labels")?.get(label)?.as_text()?,
        None => field(object, path)?.as_text()?,
    };
    Some(format!("{before}{value}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read_whole_and_every_entry_names_its_source() {
        let (node, problems) = read_yaml(&Source::new("operators.yaml", DATA));
        assert!(problems.is_empty(), "{problems:?}");
        let all = node.expect("is YAML").get("operators").and_then(Node::as_list).map(<[Node]>::len).unwrap_or(0);
        assert_eq!(known().len(), all);
        let mut operators = std::collections::BTreeSet::new();
        for entry in known() {
            for key in ["operator", "group", "kind", "versions", "source"] {
                assert!(
                    entry.get(key).and_then(Node::as_text).is_some_and(|text| !text.is_empty()),
                    "{key}: {entry:?}"
                );
            }
            assert!(entry.get("pods").and_then(Node::as_list).is_some_and(|pods| !pods.is_empty()));
            operators.extend(entry.get("operator").and_then(Node::as_text));
        }
        assert!(operators.len() >= 10, "{operators:?}");
    }
}
