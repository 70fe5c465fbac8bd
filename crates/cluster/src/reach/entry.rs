//! What comes in from outside over Ingress, Route, Gateway and Traefik objects: on which ports of which workloads.
//!
//! A route of a Gateway leads in only where it names a Gateway, which accepts routes of its namespace, and to a service of
//! another namespace only where a ReferenceGrant there says so. A Gateway that no file describes is taken to accept.
//! Services of type NodePort and LoadBalancer are no entries: who comes by them has an address, which policies see.

use std::collections::BTreeMap;

use manifests::Object;
use text::Node;

use super::ports::{Ports, Protocol};
use crate::labels::{Selector, labels, written};
use crate::workload::{Kubernetes, Told, Weight, Workload, namespace, place};

/// The group of Gateways and their routes.
const GATEWAY: &str = "gateway.networking.k8s.io";

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
            kind if kind.ends_with("Route") && object.group() == GATEWAY => match refusal(cluster, object) {
                None => granted(cluster, object, gateway_route(object), told),
                Some(why) => {
                    told.push(note(object, why));
                    continue;
                }
            },
            "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP" if object.group().starts_with("traefik.") => {
                traefik(object)
            }
            _ => continue,
        };
        has_entries = true;
        for backend in backends {
            add(cluster, object, &backend, &mut entries, told);
        }
    }
    (entries, has_entries)
}

fn note(object: &Object, message: String) -> Told {
    let message = format!("{} `{}` {message}", object.kind(), object.name());
    Told { place: place(object), message, weight: Weight::Note }
}

/// Why nothing comes in by a route of a Gateway: it is attached to none, or to those that do not take it.
fn refusal(cluster: &Kubernetes, object: &Object) -> Option<String> {
    let parents = list(object.node.get("spec"), "parentRefs");
    let gateways: Vec<&Node> =
        parents.iter().filter(|parent| text_of(parent, &["kind"]).is_none_or(|kind| kind == "Gateway")).collect();
    if gateways.is_empty() {
        return Some("is attached to no Gateway".to_owned());
    }
    let accepts = |parent: &&&Node| {
        let home = text_of(parent, &["namespace"]).unwrap_or_else(|| namespace(object));
        let is_meant = |other: &&Object| {
            other.kind() == "Gateway"
                && other.group() == GATEWAY
                && Some(other.name()) == text_of(parent, &["name"])
                && namespace(other) == home
        };
        let gateway = cluster.others.iter().find(is_meant);
        gateway.is_none_or(|gateway| takes(cluster, gateway, text_of(parent, &["sectionName"]), namespace(object)))
    };
    let is_taken = gateways.iter().any(|parent| accepts(&parent));
    (!is_taken).then(|| format!("is taken by no Gateway: none accepts routes of `{}`", namespace(object)))
}

/// Whether some listener of a Gateway takes routes of a namespace: those of its own, where nothing else is written.
fn takes(cluster: &Kubernetes, gateway: &Object, section: Option<&str>, from: &str) -> bool {
    let listeners = list(gateway.node.get("spec"), "listeners");
    listeners.iter().any(|listener| {
        let is_meant = section.is_none_or(|section| text_of(listener, &["name"]) == Some(section));
        let allowed = listener.get("allowedRoutes").and_then(|allowed| allowed.get("namespaces"));
        let is_taken = match allowed.and_then(|allowed| text_of(allowed, &["from"])).unwrap_or("Same") {
            "All" => true,
            "Selector" => allowed.and_then(|allowed| allowed.get("selector")).is_none_or(|selector| {
                let labels = cluster.namespaces.get(from);
                let is_known = labels.is_some() && !cluster.undescribed.contains(from);
                let selector = Selector::read(selector).unwrap_or_default();
                !is_known || labels.is_some_and(|labels| selector.selects(labels))
            }),
            _ => namespace(gateway) == from,
        };
        is_meant && is_taken
    })
}

/// The services that a route may lead to: those of other namespaces need a grant there.
fn granted(cluster: &Kubernetes, object: &Object, backends: Vec<Backend>, told: &mut Vec<Told>) -> Vec<Backend> {
    let own = namespace(object);
    let mut kept = Vec::new();
    for backend in backends {
        let is_from = |from: &Node| {
            text_of(from, &["group"]) == Some(GATEWAY)
                && text_of(from, &["kind"]) == Some(object.kind())
                && text_of(from, &["namespace"]) == Some(own)
        };
        let is_to = |to: &Node| {
            text_of(to, &["kind"]) == Some("Service")
                && text_of(to, &["name"]).is_none_or(|name| name == backend.service)
        };
        let grants = |other: &Object| {
            other.kind() == "ReferenceGrant"
                && namespace(other) == backend.namespace
                && list(other.node.get("spec"), "from").iter().any(is_from)
                && list(other.node.get("spec"), "to").iter().any(is_to)
        };
        if backend.namespace == own || cluster.others.iter().any(grants) {
            kept.push(backend);
        } else {
            let service = format!("{}/{}", backend.namespace, backend.service);
            told.push(note(object, format!("leads to the service `{service}`, for which no ReferenceGrant is there")));
        }
    }
    kept
}

/// The services of routes of Traefik.
fn traefik(object: &Object) -> Vec<Backend> {
    let routes = list(object.node.get("spec"), "routes");
    let services = routes.iter().flat_map(|route| list(Some(route), "services"));
    let is_service = |node: &&Node| text_of(node, &["kind"]).is_none_or(|kind| kind == "Service");
    let backend = |node: &Node| Backend {
        namespace: text_of(node, &["namespace"]).unwrap_or_else(|| namespace(object)).to_owned(),
        service: text_of(node, &["name"]).unwrap_or("").to_owned(),
        port: text_of(node, &["port"]).map(str::to_owned),
        is_target: false,
    };
    services.filter(is_service).map(backend).collect()
}

/// The items below a key.
fn list<'n>(node: Option<&'n Node>, key: &str) -> &'n [Node] {
    node.and_then(|node| node.get(key)).and_then(Node::as_list).unwrap_or(&[])
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
    let mut nodes: Vec<&Node> = spec.get("defaultBackend").or_else(|| spec.get("backend")).into_iter().collect();
    for rule in list(Some(spec), "rules") {
        nodes.extend(list(rule.get("http"), "paths").iter().filter_map(|path| path.get("backend")));
    }
    for node in nodes {
        let service = text_of(node, &["service", "name"]).or_else(|| text_of(node, &["serviceName"]));
        let port = text_of(node, &["service", "port", "number"])
            .or_else(|| text_of(node, &["service", "port", "name"]))
            .or_else(|| text_of(node, &["servicePort"]));
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
    let rules = list(object.node.get("spec"), "rules");
    let references = rules.iter().flat_map(|rule| list(Some(rule), "backendRefs"));
    let references = references.filter(|node| text_of(node, &["weight"]) != Some("0"));
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
