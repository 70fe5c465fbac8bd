//! What selects pods, and whether it selects any: a budget, a policy, a service, a monitor that selects nothing does nothing.

use manifests::Object;
use text::Node;

use crate::labels::{Fares, Labels, Selector, Wrong, labels, list, written};
use crate::operators::{Made, Unknown};
use crate::workload::{Kubernetes, NamedPort, namespace, place};

/// One selector of one object, and what it selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selecting {
    /// `namespace/name[Kind]`.
    pub title: String,
    /// `file:line` of the object.
    pub place: String,
    /// Workloads that it selects, as titles.
    pub workloads: Vec<String>,
    /// Pods made by operators that it selects, as titles of the resources, with from whom that is known.
    pub made: Vec<(String, String)>,
    /// Why it may select more than that.
    pub may_select: Option<String>,
    /// Why it selects nothing whatever runs: a monitor whose port no service has.
    pub void: Option<String>,
    /// It would be refused.
    pub refused: Option<String>,
}

impl Selecting {
    /// Whether it selects anything that is known.
    pub fn selects(&self) -> bool {
        self.void.is_none() && !(self.workloads.is_empty() && self.made.is_empty())
    }
}

/// Kinds whose selector is understood, with where it stands.
const PODS_BY: [(&str, &[&str]); 5] = [
    ("PodDisruptionBudget", &["spec", "selector"]),
    ("NetworkPolicy", &["spec", "podSelector"]),
    ("Service", &["spec", "selector"]),
    ("PodMonitor", &["spec", "selector"]),
    ("VMPodScrape", &["spec", "selector"]),
];

/// Kinds that select services, and by them pods.
const SERVICES_BY: [&str; 2] = ["ServiceMonitor", "VMServiceScrape"];

/// Every object of a kind, all kinds that are understood when none is given, with what it selects.
pub fn selecting(cluster: &Kubernetes, kind: Option<&str>, made: &[Made], unknown: &[Unknown<'_>]) -> Vec<Selecting> {
    let is_meant = |object: &&Object| kind.is_none_or(|kind| object.kind() == kind);
    cluster.others.iter().filter(is_meant).filter_map(|object| one(cluster, object, made, unknown)).collect()
}

fn one(cluster: &Kubernetes, object: &Object, made: &[Made], unknown: &[Unknown<'_>]) -> Option<Selecting> {
    let mut found = Selecting {
        title: format!("{}/{}[{}]", namespace(object), object.name(), object.kind()),
        place: place(object),
        workloads: Vec::new(),
        made: Vec::new(),
        may_select: None,
        void: None,
        refused: None,
    };
    if SERVICES_BY.contains(&object.kind()) {
        of_monitor(cluster, object, (made, unknown), &mut found);
        return Some(found);
    }
    let (_, path) = PODS_BY.iter().find(|(kind, _)| *kind == object.kind())?;
    let node = path.iter().try_fold(&object.node, |node, key| written(node, key));
    let selector = match (object.kind(), node) {
        // A name elsewhere selects no pods, and is not meant to.
        ("Service", None) if object.text(&["spec", "type"]) == Some("ExternalName") => return None,
        ("Service", None) => {
            found.may_select =
                Some("it has no selector: where it leads stands in endpoints that somebody else makes".to_owned());
            return Some(found);
        }
        ("Service", Some(node)) => Ok(Selector::of_labels(&labels(Some(node)))),
        // Without one a budget selects nothing, a policy everything.
        ("PodDisruptionBudget", None) => {
            found.void = Some("it has no selector, and so selects nothing".to_owned());
            return Some(found);
        }
        (_, None) => Ok(Selector::default()),
        (_, Some(node)) => Selector::read(node),
    };
    let only = match object.kind() {
        "PodDisruptionBudget" => "policy/v1",
        "NetworkPolicy" => "networking.k8s.io/v1",
        _ => object.text(&["apiVersion"]).unwrap_or(""),
    };
    if object.text(&["apiVersion"]).unwrap_or("") != only {
        found.refused = Some(format!("it is of `{only}` alone"));
        return Some(found);
    }
    let namespaces = namespaces(cluster, object);
    match selector.and_then(|selector| Ok((selector, namespaces?))) {
        Ok((selector, namespaces)) => {
            pods(cluster, (&selector, &namespaces), (made, unknown), &mut found);
            of_ports(cluster, object, made, &mut found);
        }
        Err(wrong) => found.refused = Some(wrong.message),
    }
    Some(found)
}

/// The namespaces in which an object selects: its own, or those that a monitor names.
fn namespaces(cluster: &Kubernetes, object: &Object) -> Result<Vec<String>, Wrong> {
    let own = || vec![namespace(object).to_owned()];
    let Some(chosen) = object.node.get("spec").and_then(|spec| written(spec, "namespaceSelector")) else {
        return Ok(own());
    };
    if chosen.get("any").and_then(Node::as_text) == Some("true") {
        return Ok(cluster.namespaces.keys().cloned().collect());
    }
    match written(chosen, "matchNames") {
        Some(names) => Ok(list(names, "`matchNames`")?.iter().filter_map(Node::as_text).map(str::to_owned).collect()),
        None => Ok(own()),
    }
}

fn pods(
    cluster: &Kubernetes,
    (selector, namespaces): (&Selector, &[String]),
    (made, unknown): (&[Made], &[Unknown<'_>]),
    found: &mut Selecting,
) {
    let is_in = |namespace: &str| namespaces.iter().any(|one| one == namespace);
    for workload in cluster.workloads.iter().filter(|workload| is_in(&workload.namespace)) {
        if selector.selects(&workload.labels) {
            found.workloads.push(workload.title());
        }
    }
    for one in made.iter().filter(|one| is_in(&one.namespace)) {
        match one.fares(selector) {
            Fares::All => found.made.push((one.title.clone(), one.known_from.clone())),
            Fares::Some => {
                let why = format!("{} at {} makes pods that differ in the labels it asks for", one.title, one.place);
                found.may_select.get_or_insert(why);
            }
            Fares::None => {}
        }
    }
    if let Some(Unknown { object, .. }) = unknown.iter().find(|one| one.namespaces.iter().any(|name| is_in(name))) {
        let why =
            format!("nobody knows here which pods {} `{}` at {} makes", object.kind(), object.name(), place(object));
        found.may_select.get_or_insert(why);
    }
}

/// A monitor of pods reads a port by its name: one that no selected pod has is read nowhere.
fn of_ports(cluster: &Kubernetes, object: &Object, made: &[Made], found: &mut Selecting) {
    let endpoints = object.node.get("spec").and_then(|spec| spec.get("podMetricsEndpoints")).and_then(Node::as_list);
    let named = endpoints.unwrap_or(&[]).iter().filter_map(|endpoint| endpoint.get("port").and_then(Node::as_text));
    let selected = |title: &String| cluster.workloads.iter().find(|workload| workload.title() == *title);
    for port in named {
        let is_there = |ports: &[NamedPort]| ports.iter().any(|one| one.name == port);
        let workloads = found.workloads.iter().filter_map(selected);
        let by_operator = || made.iter().filter(|one| found.made.iter().any(|(title, _)| *title == one.title));
        if workloads.into_iter().any(|one| is_there(&one.ports)) || by_operator().any(|one| is_there(&one.ports)) {
            continue;
        }
        match by_operator().next() {
            // What is known of its ports need not be all.
            Some(one) => {
                found.may_select =
                    Some(format!("nobody knows here whether {} makes a port called `{port}`", one.title));
                found.made.clear();
                found.workloads.clear();
            }
            None if found.may_select.is_none() => {
                found.void = Some(format!("no pod that it selects has a port called `{port}`"));
            }
            None => {
                found.workloads.clear();
            }
        }
        return;
    }
}

/// A monitor selects services by their labels, and their ports by name.
fn of_monitor(
    cluster: &Kubernetes,
    object: &Object,
    (made, unknown): (&[Made], &[Unknown<'_>]),
    found: &mut Selecting,
) {
    let spec = object.node.get("spec");
    let selector = spec.and_then(|spec| written(spec, "selector")).map_or(Ok(Selector::default()), Selector::read);
    let (selector, namespaces) = match selector.and_then(|selector| Ok((selector, namespaces(cluster, object)?))) {
        Ok(both) => both,
        Err(wrong) => {
            found.refused = Some(wrong.message);
            return;
        }
    };
    let is_selected = |service: &&Object| {
        let own: Labels = labels(service.node.get("metadata").and_then(|metadata| metadata.get("labels")));
        service.kind() == "Service" && namespaces.iter().any(|one| one == namespace(service)) && selector.selects(&own)
    };
    let services: Vec<&Object> = cluster.others.iter().filter(is_selected).collect();
    let ports: Vec<&str> = spec
        .and_then(|spec| spec.get("endpoints"))
        .and_then(Node::as_list)
        .unwrap_or(&[])
        .iter()
        .filter_map(|endpoint| endpoint.get("port").and_then(Node::as_text))
        .collect();
    let names = |service: &Object| -> Vec<String> {
        let ports = service.node.get("spec").and_then(|spec| spec.get("ports")).and_then(Node::as_list).unwrap_or(&[]);
        ports.iter().filter_map(|port| port.get("name").and_then(Node::as_text)).map(str::to_owned).collect()
    };
    let missing =
        ports.iter().find(|port| !services.iter().any(|service| names(service).iter().any(|name| name == *port)));
    if let Some(port) = missing.filter(|_| !services.is_empty()) {
        found.void = Some(format!("no service that it selects has a port called `{port}`"));
        return;
    }
    for service in &services {
        let own = labels(service.node.get("spec").and_then(|spec| spec.get("selector")));
        if !own.is_empty() {
            let within = vec![namespace(service).to_owned()];
            pods(cluster, (&Selector::of_labels(&own), &within), (made, unknown), found);
        }
    }
    // Services that operators make are not described anywhere.
    if services.is_empty() {
        let is_in = |one: &&str| namespaces.iter().any(|namespace| namespace == one);
        let maker = made
            .iter()
            .map(|made| made.namespace.as_str())
            .chain(unknown.iter().flat_map(|unknown| &unknown.namespaces).map(String::as_str))
            .find(is_in);
        found.may_select =
            maker.map(|namespace| format!("operators make services in `{namespace}` that no file describes"));
    }
}
