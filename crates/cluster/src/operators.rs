//! Pods that operators make from custom resources: with which labels, how many, and from whom that is known.
//!
//! What is known stands in `operators.yaml`, each entry with its source. It is never complete, so a selector that selects
//! nothing of it selects *nothing that is known*: where some custom resource is of a kind that is not listed, or pods carry
//! labels whose values differ from pod to pod, the answer is unknown and not no.

use std::sync::OnceLock;

use manifests::Object;
use text::{Node, Source, read_yaml};

use crate::labels::{Fares, Labels, Selector, Varying, labels};
use crate::reach::Protocol;
use crate::workload::{Kubernetes, NamedPort, namespace, place};

const DATA: &str = include_str!("operators.yaml");

/// Groups of the API server itself.
const BUILT_IN: [&str; 5] = ["", "apps", "batch", "extensions", "events.k8s.io"];

/// Resources that bring whole charts: their pods may be in any namespace that they name.
const CHARTS: [(&str, &str, &[&str]); 3] = [
    ("helm.toolkit.fluxcd.io", "HelmRelease", &["spec", "targetNamespace"]),
    ("argoproj.io", "Application", &["spec", "destination", "namespace"]),
    ("helm.cattle.io", "HelmChart", &["spec", "targetNamespace"]),
];

/// Whether an operator makes disruption budgets for the pods that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnBudgets {
    /// It makes none.
    None,
    /// Some of its versions do.
    SomeVersions,
    /// It does, for some settings at least.
    Made,
}

/// Pods that an operator makes of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// `namespace/name[Kind]` of the custom resource.
    pub title: String,
    /// `file:line` of it.
    pub place: String,
    /// Where the pods run.
    pub namespace: String,
    /// The name of the custom resource.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Ports of the containers that are known; there may be others.
    pub ports: Vec<NamedPort>,
    /// Labels that all of these pods have.
    pub labels: Labels,
    /// Labels that differ from pod to pod, with the values they may have; any, when none is listed.
    pub varying: Varying,
    /// How many, where the resource says so.
    pub replicas: Option<u32>,
    /// Whether its operator makes disruption budgets of its own.
    pub budgets: OwnBudgets,
    /// Which operator, and from whom that is known.
    pub known_from: String,
}

impl Made {
    /// How a selector fares with these pods: labels that differ make it *some*.
    pub fn fares(&self, selector: &Selector) -> Fares {
        selector.fares(&self.labels, &self.varying)
    }
}

/// A resource of which nobody knows here what it makes.
#[derive(Clone, Debug)]
pub struct Unknown<'c> {
    /// The resource.
    pub object: &'c Object,
    /// Where its pods would be.
    pub namespaces: Vec<String>,
}

/// Everything that operators make of the objects, and the resources of which nobody knows what they make.
pub fn made(cluster: &Kubernetes) -> (Vec<Made>, Vec<Unknown<'_>>) {
    let (mut all, mut unknown) = (Vec::new(), Vec::new());
    for object in &cluster.others {
        let version = object.text(&["apiVersion"]).unwrap_or("");
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let entries: Vec<&Node> =
            known("operators").filter(|entry| is(entry, "group", group) && is(entry, "kind", object.kind())).collect();
        if entries.is_empty() && !makes_none(group, object) {
            let named = CHARTS.iter().find(|(of, kind, _)| *of == group && *kind == object.kind());
            let named = named.and_then(|(_, _, path)| object.text(path)).map(str::to_owned);
            let namespaces = [namespace(object).to_owned()].into_iter().chain(named).collect();
            unknown.push(Unknown { object, namespaces });
        }
        for entry in entries {
            let pods = entry.get("pods").and_then(Node::as_list).unwrap_or(&[]);
            all.extend(pods.iter().filter(|pods| is_made(pods, object)).map(|pods| of(entry, pods, object)));
        }
    }
    (all, unknown)
}

/// The secrets and services that an operator makes of a resource, by kind and name, and from whom that is known.
pub(crate) fn named_by_operator(object: &Object) -> Vec<(&'static str, String, String)> {
    let own = |entry: &&Node| is(entry, "group", object.group()) && is(entry, "kind", object.kind());
    let mut all = Vec::new();
    for entry in known("operators").filter(own) {
        let operator = entry.get("operator").and_then(Node::as_text).unwrap_or("").to_owned();
        for (key, kind) in [("secrets", "Secret"), ("services", "Service")] {
            let names = entry.get(key).and_then(Node::as_list).unwrap_or(&[]).iter().filter_map(Node::as_text);
            all.extend(names.filter_map(|name| Some((kind, filled(name, object)?, operator.clone()))));
        }
    }
    all
}

/// Whether a resource is known to make no pods.
fn makes_none(group: &str, object: &Object) -> bool {
    let listed = |entry: &Node| {
        let kinds = entry.get("kinds").and_then(Node::as_list);
        is(entry, "group", group)
            && kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind.as_text() == Some(object.kind())))
    };
    // An application of Argo CD brings pods where its source is a chart.
    let is_chart = group == "argoproj.io" && {
        let sources =
            object.node.get("spec").and_then(|spec| spec.get("sources")).and_then(Node::as_list).unwrap_or(&[]);
        object.text(&["spec", "source", "chart"]).is_some()
            || sources.iter().any(|source| source.get("chart").is_some())
    };
    BUILT_IN.contains(&group) || (known("without_pods").any(listed) && !is_chart)
}

/// The entries of the data below a key. It is our own file, held by a test; what could not be read is no entry.
fn known(key: &str) -> impl Iterator<Item = &'static Node> {
    static KNOWN: OnceLock<Option<Node>> = OnceLock::new();
    let data = KNOWN.get_or_init(|| read_yaml(&Source::new("operators.yaml", DATA)).0);
    data.as_ref().and_then(|data| data.get(key)).and_then(Node::as_list).unwrap_or(&[]).iter()
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
    let mut varying = Varying::new();
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
        name: object.name().to_owned(),
        kind: object.kind().to_owned(),
        ports: ports(pods),
        labels: own,
        varying,
        replicas,
        budgets: own_budgets(entry, object),
        known_from: format!(
            "{}: {}",
            text(entry, "operator").unwrap_or_default(),
            text(entry, "source").unwrap_or_default()
        ),
    }
}

fn own_budgets(entry: &Node, object: &Object) -> OwnBudgets {
    // A switch that is thrown to `false` makes none; one that is not written stays where its operator has it.
    let is_off = |budget: &&Node| {
        let path = budget.get("when").and_then(Node::as_text);
        path.and_then(|path| field(object, path)).and_then(Node::as_text) == Some("false")
    };
    let all = entry.get("disruption_budget").and_then(Node::as_list).unwrap_or(&[]);
    let all: Vec<&Node> = all.iter().filter(|budget| !is_off(budget)).collect();
    match all.as_slice() {
        [] => OwnBudgets::None,
        all if all.iter().all(|budget| is(budget, "some_versions", "true")) => OwnBudgets::SomeVersions,
        _ => OwnBudgets::Made,
    }
}

fn ports(pods: &Node) -> Vec<NamedPort> {
    let of = |port: &Node| {
        let text = |key: &str| port.get(key).and_then(Node::as_text);
        let number = text("port")?.parse().ok()?;
        Some(NamedPort { name: text("name").unwrap_or_default().to_owned(), protocol: Protocol::Tcp, number })
    };
    pods.get("ports").and_then(Node::as_list).unwrap_or(&[]).iter().filter_map(of).collect()
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
        assert_eq!(known("operators").count(), all);
        assert!(known("without_pods").all(|entry| entry.get("group").is_some()));
        let mut operators = std::collections::BTreeSet::new();
        for entry in known("operators") {
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
