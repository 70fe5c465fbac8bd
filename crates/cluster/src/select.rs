//! What selects pods, and whether it selects any: a budget, a policy, a service, a monitor that selects nothing does nothing.

mod monitor;

use manifests::Object;
use text::Node;

use crate::labels::{Fares, Selector, Wrong, labels, list, written};
use crate::operators::{Made, Unknown};
use crate::workload::{Kubernetes, namespace, place};

/// What operators make, and what nobody knows of.
type Around<'a> = (&'a [Made], &'a [Unknown<'a>]);

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
        monitor::of_services(cluster, object, (made, unknown), &mut found);
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
            match object.kind() {
                "PodMonitor" | "VMPodScrape" => monitor::of_pods(cluster, object, made, &mut found),
                "Service" => monitor::of_service(cluster, object, made, &mut found),
                _ => {}
            }
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
    (made, unknown): Around<'_>,
    found: &mut Selecting,
) {
    let is_in = |namespace: &str| namespaces.iter().any(|one| one == namespace);
    let mut dead = Vec::new();
    for workload in cluster.workloads.iter().filter(|workload| is_in(&workload.namespace)) {
        if selector.selects(&workload.labels) {
            match &workload.refused {
                None => found.workloads.push(workload.title()),
                Some(why) => dead.push(format!("{} at {}: {why}", workload.title(), workload.place)),
            }
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
    if found.workloads.is_empty() && found.made.is_empty() && !dead.is_empty() {
        found.void = Some(format!("the pods that it means are never made: {}", dead.join("; ")));
    }
    let is_open = |text: &str| text.contains("${");
    let here = || cluster.workloads.iter().filter(|workload| is_in(&workload.namespace));
    let varies = selector.has(&is_open)
        || here().any(|workload| workload.labels.iter().any(|(key, value)| is_open(key) || is_open(value)));
    if cluster.is_raw && found.workloads.is_empty() && found.made.is_empty() && varies {
        found.may_select = Some("labels hold variables that somebody else puts in".to_owned());
    }
    if let Some(Unknown { object, .. }) = unknown.iter().find(|one| one.namespaces.iter().any(|name| is_in(name))) {
        let why =
            format!("nobody knows here which pods {} `{}` at {} makes", object.kind(), object.name(), place(object));
        found.may_select.get_or_insert(why);
    }
}
