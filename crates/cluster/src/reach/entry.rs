//! What comes in from outside over Ingress and Route objects: on which ports of which workloads.

use std::collections::BTreeMap;

use manifests::Object;
use text::Node;

use super::ports::{Ports, Protocol};
use crate::labels::{Selector, labels, written};
use crate::workload::{Kubernetes, Told, Weight, Workload, namespace, place};

/// Ports of workloads that some entry leads to, and whether there are entries at all.
pub(crate) fn entries(cluster: &Kubernetes, told: &mut Vec<Told>) -> (BTreeMap<usize, Ports>, bool) {
    let mut entries = BTreeMap::new();
    let mut has_entries = false;
    for object in &cluster.others {
        let backends = match object.kind() {
            "Ingress" => ingress(object),
            "Route"
                if object.text(&["apiVersion"]).is_some_and(|version| version.starts_with("route.openshift.io")) =>
            {
                route(object)
            }
            kind if kind.ends_with("Route") && kind.len() > "Route".len() => gateway_route(object),
            _ => continue,
        };
        has_entries = true;
        for backend in backends {
            add(cluster, object, &backend, &mut entries, told);
        }
    }
    (entries, has_entries)
}

/// A service that an entry leads to, and which of its ports; none is all of them.
struct Backend {
    namespace: String,
    service: String,
    port: Option<String>,
    /// The port is written as a port of the pods, or its name.
    is_target: bool,
}

fn text_of<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    path.iter().try_fold(node, |node, key| node.get(key)).and_then(Node::as_text)
}

fn ingress(object: &Object) -> Vec<Backend> {
    let Some(spec) = object.node.get("spec") else { return Vec::new() };
    let mut found = Vec::new();
    let list =
        |node: &'_ Node, key: &str| node.get(key).and_then(Node::as_list).map(<[Node]>::to_vec).unwrap_or_default();
    let mut nodes: Vec<Node> =
        spec.get("defaultBackend").or_else(|| spec.get("backend")).cloned().into_iter().collect();
    for rule in list(spec, "rules") {
        let paths = rule.get("http").map(|http| list(http, "paths")).unwrap_or_default();
        nodes.extend(paths.into_iter().filter_map(|path| path.get("backend").cloned()));
    }
    for node in nodes {
        let service = text_of(&node, &["service", "name"]).or_else(|| text_of(&node, &["serviceName"]));
        let port = text_of(&node, &["service", "port", "number"])
            .or_else(|| text_of(&node, &["service", "port", "name"]))
            .or_else(|| text_of(&node, &["servicePort"]));
        let Some(service) = service else { continue };
        found.push(Backend {
            namespace: namespace(object).to_owned(),
            service: service.to_owned(),
            port: port.map(str::to_owned),
            is_target: false,
        });
    }
    found
}

fn route(object: &Object) -> Vec<Backend> {
    let Some(spec) = object.node.get("spec") else { return Vec::new() };
    let port = text_of(spec, &["port", "targetPort"]);
    let alternates = spec.get("alternateBackends").and_then(Node::as_list).unwrap_or(&[]);
    let all = spec.get("to").into_iter().chain(alternates);
    let backend = |node: &Node| Backend {
        namespace: namespace(object).to_owned(),
        service: text_of(node, &["name"]).unwrap_or("").to_owned(),
        port: port.map(str::to_owned),
        is_target: true,
    };
    all.map(backend).collect()
}

/// HTTPRoute, GRPCRoute, TCPRoute and their like.
fn gateway_route(object: &Object) -> Vec<Backend> {
    let rules = object.node.get("spec").and_then(|spec| spec.get("rules")).and_then(Node::as_list).unwrap_or(&[]);
    let references = rules.iter().filter_map(|rule| rule.get("backendRefs").and_then(Node::as_list)).flatten();
    let is_service = |node: &&Node| text_of(node, &["kind"]).is_none_or(|kind| kind == "Service");
    let backend = |node: &Node| Backend {
        namespace: text_of(node, &["namespace"]).unwrap_or_else(|| namespace(object)).to_owned(),
        service: text_of(node, &["name"]).unwrap_or("").to_owned(),
        port: text_of(node, &["port"]).map(str::to_owned),
        is_target: false,
    };
    references.filter(is_service).map(backend).collect()
}

fn add(
    cluster: &Kubernetes,
    object: &Object,
    backend: &Backend,
    entries: &mut BTreeMap<usize, Ports>,
    told: &mut Vec<Told>,
) {
    let is_meant = |other: &&Object| {
        other.kind() == "Service" && other.name() == backend.service && namespace(other) == backend.namespace
    };
    let mut tell = |message: String| told.push(Told { place: place(object), message, weight: Weight::Note });
    let Some(service) = cluster.others.iter().find(is_meant) else {
        tell(format!(
            "{} `{}` leads to the service `{}`, which nothing describes",
            object.kind(),
            object.name(),
            backend.service
        ));
        return;
    };
    let spec = service.node.get("spec");
    let selected = labels(spec.and_then(|spec| spec.get("selector")));
    if selected.is_empty() {
        tell(format!("the service `{}` selects by no label, so nobody knows whom it leads to", backend.service));
        return;
    }
    let selector = Selector::of_labels(&selected);
    let of_service = spec.and_then(|spec| spec.get("ports")).and_then(Node::as_list).unwrap_or(&[]);
    for (at, workload) in cluster.workloads.iter().enumerate() {
        if workload.namespace != backend.namespace || !selector.selects(&workload.labels) {
            continue;
        }
        let mut open = Ports::none();
        for port in of_service.iter().filter(|port| is_port(port, backend)) {
            open = open.union(&target(port, workload));
        }
        let entry = entries.entry(at).or_insert_with(Ports::none);
        *entry = entry.union(&open);
    }
}

/// Whether an entry means this port of a service.
fn is_port(port: &Node, backend: &Backend) -> bool {
    let Some(wanted) = &backend.port else { return true };
    let is = |key: &str| text_of(port, &[key]) == Some(wanted.as_str());
    match backend.is_target {
        true => is("targetPort") || is("name") || (written(port, "targetPort").is_none() && is("port")),
        false => is("port") || is("name"),
    }
}

/// The ports of a workload that a port of its service leads to.
fn target(port: &Node, workload: &Workload) -> Ports {
    let protocol = text_of(port, &["protocol"]).map_or(Some(Protocol::Tcp), Protocol::named);
    let Some(protocol) = protocol else { return Ports::none() };
    let Some(written) = text_of(port, &["targetPort"]).or_else(|| text_of(port, &["port"])) else {
        return Ports::none();
    };
    match written.parse() {
        Ok(number) => Ports::range(protocol, number, number),
        Err(_) => {
            let ports = workload.ports_named(written, protocol).map(|number| Ports::range(protocol, number, number));
            ports.fold(Ports::none(), |all, one| all.union(&one))
        }
    }
}
