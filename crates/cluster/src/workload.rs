//! Who runs: workloads with the labels and ports of their pods, and the namespaces they run in.

use std::collections::{BTreeMap, BTreeSet};

use manifests::Object;
use text::Node;

use crate::labels::{Fares, Labels, Selector, Varying, labels, written};
use crate::operators::{Made, OwnBudgets, made};
use crate::reach::Protocol;
use crate::spread::{Spread, spreads};

/// The label that every namespace has.
pub(crate) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The namespace of what names none.
const DEFAULT: &str = "default";

/// Kinds whose pods are made from a template.
const TEMPLATED: [&str; 7] =
    ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "Rollout"];

/// Pods of one owner, or one pod that nobody owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Where it runs.
    pub namespace: String,
    /// Its name, or that of the owner of its pods.
    pub name: String,
    /// `Deployment`, `Pod`, ..
    pub kind: String,
    /// The labels of its pods.
    pub labels: Labels,
    /// The ports of its containers.
    pub ports: Vec<NamedPort>,
    /// How many pods there are, where it is known: a daemon has one on every node, a job as many as it needs.
    pub replicas: Option<u32>,
    /// What its pods ask of where they run.
    pub spreads: Vec<Spread>,
    /// Labels that its pods do not agree on.
    pub gap: BTreeSet<String>,
    /// Labels that an operator gives its pods with values of their own.
    pub varying: Varying,
    /// Its pods use the network of their node, where policies mostly do not bind.
    pub host_network: bool,
    /// The operator that makes its pods, when one does.
    pub operator: Option<Operated>,
    /// Why the API server would refuse it, so that it has no pods.
    pub refused: Option<String>,
    /// `file:line` of what describes it.
    pub place: String,
}

/// What an operator does with pods that it makes of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operated {
    /// Which operator, and from whom that is known.
    pub known_from: String,
    /// Whether it makes disruption budgets of its own.
    pub budgets: OwnBudgets,
}

/// A port of a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedPort {
    /// Its name, or nothing.
    pub name: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
}

/// Something that was not understood, or that means less than it seems.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// `file:line`.
    pub place: String,
    /// What it is, without a full stop.
    pub message: String,
    /// What follows.
    pub weight: Weight,
}

/// What follows from something that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing more than is said.
    Note,
    /// It may allow or deny what nobody can tell from here.
    Unclear,
    /// The API server would refuse it, so it is not there.
    Refused,
}

/// What a set of objects says of who runs where.
#[derive(Clone, Debug, Default)]
pub struct Kubernetes {
    /// By namespace, name and kind.
    pub workloads: Vec<Workload>,
    /// The labels of every namespace that is described or that something runs in.
    pub namespaces: BTreeMap<String, Labels>,
    /// Those of them that no object describes, so that their labels are not known.
    pub undescribed: BTreeSet<String>,
    /// Everything else, as it was read.
    pub others: Vec<Object>,
    /// Variables in texts are put in by whoever applies them, and were not yet.
    pub is_raw: bool,
}

impl Workload {
    /// How a selector fares with its pods.
    pub fn fares(&self, selector: &Selector) -> Fares {
        selector.fares(&self.labels, &self.varying)
    }

    /// `namespace/name[Kind]`.
    pub fn title(&self) -> String {
        format!("{}/{}[{}]", self.namespace, self.name, self.kind)
    }

    /// The ports behind a name and a protocol.
    pub fn ports_named<'w>(&'w self, name: &'w str, protocol: Protocol) -> impl Iterator<Item = u16> + 'w {
        let is_meant = move |port: &&NamedPort| port.name == name && port.protocol == protocol;
        self.ports.iter().filter(is_meant).map(|port| port.number)
    }
}

impl Kubernetes {
    /// Sorts objects into workloads, namespaces and the rest. Pods of one owner become one workload.
    pub fn of(objects: Vec<Object>) -> Self {
        let mut found = Self::default();
        for object in objects.iter().filter(|object| object.kind() == "Namespace") {
            let own = labels(object.node.get("metadata").and_then(|metadata| metadata.get("labels")));
            found.namespaces.insert(object.name().to_owned(), own);
        }
        let mut workloads: BTreeMap<(String, String, String), Workload> = BTreeMap::new();
        for object in objects {
            if object.kind() == "Namespace" {
                continue;
            }
            let Some(workload) = workload(&object, &found.namespaces) else {
                found.others.push(object);
                continue;
            };
            let key = (workload.namespace.clone(), workload.name.clone(), workload.kind.clone());
            let is_pod = object.kind() == "Pod";
            match workloads.get_mut(&key) {
                Some(known) => known.join(workload, is_pod),
                None => drop(workloads.insert(key, workload)),
            }
        }
        found.workloads = workloads.into_values().collect();
        for workload in &found.workloads {
            if !found.namespaces.contains_key(&workload.namespace) {
                found.namespaces.insert(workload.namespace.clone(), Labels::new());
                found.undescribed.insert(workload.namespace.clone());
            }
        }
        for (name, own) in &mut found.namespaces {
            own.entry(NAME_LABEL.to_owned()).or_insert_with(|| name.clone());
        }
        found
    }
}

impl Kubernetes {
    /// With the pods that operators are known to make of custom resources, as workloads named after these.
    pub fn with_made(mut self) -> Self {
        let made = made(&self).0;
        self.workloads.extend(made.into_iter().map(Workload::of_made));
        for workload in &self.workloads {
            if !self.namespaces.contains_key(&workload.namespace) {
                self.undescribed.insert(workload.namespace.clone());
            }
            let labels = self.namespaces.entry(workload.namespace.clone()).or_default();
            labels.entry(NAME_LABEL.to_owned()).or_insert_with(|| workload.namespace.clone());
        }
        self
    }
}

impl Workload {
    fn of_made(made: Made) -> Self {
        Self {
            namespace: made.namespace,
            name: made.name,
            kind: made.kind,
            labels: made.labels,
            ports: made.ports,
            replicas: made.replicas,
            spreads: Vec::new(),
            gap: BTreeSet::new(),
            varying: made.varying,
            host_network: false,
            refused: None,
            operator: Some(Operated { known_from: made.known_from, budgets: made.budgets }),
            place: made.place,
        }
    }

    /// Another pod of the same owner, or the same workload as it is written in another place.
    fn join(&mut self, other: Self, is_pod: bool) {
        for (key, value) in &other.labels {
            if self.labels.get(key) != Some(value) {
                self.gap.insert(key.clone());
            }
        }
        let missing = self.labels.keys().filter(|key| !other.labels.contains_key(*key)).cloned();
        self.gap.extend(missing);
        for port in other.ports {
            if !self.ports.contains(&port) {
                self.ports.push(port);
            }
        }
        self.host_network |= other.host_network;
        let both = self.replicas.zip(other.replicas);
        self.replicas = both.map(|(own, other)| if is_pod { own + other } else { own.min(other) });
        if !is_pod {
            // What only one of them says keeps nothing apart for sure.
            self.spreads.retain(|spread| other.spreads.contains(spread));
            self.refused = self.refused.take().or(other.refused);
        }
    }
}

/// The namespace that an object is in.
pub(crate) fn namespace(object: &Object) -> &str {
    object.text(&["metadata", "namespace"]).filter(|name| !name.is_empty()).unwrap_or(DEFAULT)
}

/// `file:line` of an object.
pub(crate) fn place(object: &Object) -> String {
    format!("{}:{}", object.path(), object.line(object.node.span))
}

fn has_host_network(spec: &Node) -> bool {
    spec.get("hostNetwork").and_then(Node::as_text).is_some_and(|word| word != "false")
}

fn workload(object: &Object, namespaces: &BTreeMap<String, Labels>) -> Option<Workload> {
    let kind = object.kind();
    let spec = object.node.get("spec");
    let of = |template: Option<&Node>, name: &str, kind: &str| {
        let metadata = template.and_then(|template| template.get("metadata"));
        Workload {
            namespace: namespace(object).to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            labels: labels(metadata.and_then(|metadata| metadata.get("labels"))),
            ports: ports(template.and_then(|template| template.get("spec"))),
            replicas: replicas(kind, spec),
            spreads: spreads(template, namespace(object), namespaces),
            gap: BTreeSet::new(),
            varying: Varying::new(),
            host_network: template.and_then(|template| template.get("spec")).is_some_and(has_host_network),
            operator: None,
            refused: None,
            place: place(object),
        }
    };
    if kind == "Pod" {
        let (name, kind) = owner(object).unwrap_or((object.name(), "Pod"));
        return Some(of(Some(&object.node), name, kind));
    }
    if kind == "CronJob" {
        let job = spec.and_then(|spec| spec.get("jobTemplate")).and_then(|job| job.get("spec"));
        return Some(of(job.and_then(|job| job.get("template")), object.name(), kind));
    }
    let mut workload =
        TEMPLATED.contains(&kind).then(|| of(spec.and_then(|spec| spec.get("template")), object.name(), kind))?;
    workload.refused = refused(kind, spec, &workload.labels);
    Some(workload)
}

/// A controller that would not find its own pods again is refused.
fn refused(kind: &str, spec: Option<&Node>, own: &Labels) -> Option<String> {
    let is_controller = matches!(kind, "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Rollout");
    let selector = written(spec?, "selector").filter(|_| is_controller)?;
    match Selector::read(selector) {
        Err(wrong) => Some(format!("its selector would be refused: {}", wrong.message)),
        Ok(selector) if selector.is_empty() => Some("it would be refused: its selector is empty".to_owned()),
        Ok(selector) if !selector.selects(own) => {
            Some("it would be refused: its selector does not mean the pods of its own template".to_owned())
        }
        Ok(_) => None,
    }
}

/// The first owner of a pod; a node owns its static pods and is none. An owner of no kind stands for its pods.
fn owner(object: &Object) -> Option<(&str, &str)> {
    let owners = object.node.get("metadata")?.get("ownerReferences")?.as_list()?;
    let first = owners.first()?;
    let text = |key: &str| first.get(key).and_then(Node::as_text);
    let kind = text("kind").unwrap_or("Pod");
    (kind != "Node").then_some((text("name")?, kind))
}

/// The ports of the containers, and of those that start with them and stay.
fn ports(spec: Option<&Node>) -> Vec<NamedPort> {
    let list = |key: &str| spec.and_then(|spec| spec.get(key)).and_then(Node::as_list).unwrap_or(&[]);
    let stays = |container: &&Node| container.get("restartPolicy").and_then(Node::as_text) == Some("Always");
    let mut ports = Vec::new();
    for container in list("containers").iter().chain(list("initContainers").iter().filter(stays)) {
        for port in container.get("ports").and_then(Node::as_list).unwrap_or(&[]) {
            let text = |key: &str| port.get(key).and_then(Node::as_text);
            let protocol = text("protocol").map_or(Some(Protocol::Tcp), Protocol::named);
            let number = text("containerPort").and_then(|number| number.parse().ok());
            if let (Some(protocol), Some(number)) = (protocol, number) {
                ports.push(NamedPort { name: text("name").unwrap_or("").to_owned(), protocol, number });
            }
        }
    }
    ports
}

/// How many pods there are: 1 when nothing is written, as the API has it.
fn replicas(kind: &str, spec: Option<&Node>) -> Option<u32> {
    match kind {
        "DaemonSet" | "Job" | "CronJob" => None,
        "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController" | "Rollout" => {
            let written = spec.and_then(|spec| written(spec, "replicas"));
            written.map_or(Some(1), |replicas| replicas.as_text()?.parse().ok())
        }
        // Pods, each by itself.
        _ => Some(1),
    }
}
