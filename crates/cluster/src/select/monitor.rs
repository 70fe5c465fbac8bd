//! Monitors and services: which pods they lead to, by the ports that these have.
//!
//! A monitor of services reads a port of a service by its name, and leads nowhere unless *that* service selects pods which have
//! the port behind it. Two services that each have one half lead nowhere. Source: the API of monitoring.coreos.com/v1.

use manifests::Object;
use text::Node;

use super::{Around, Selecting, namespaces, pods};
use crate::labels::{Labels, Selector, labels, written};
use crate::operators::Made;
use crate::workload::{Kubernetes, NamedPort, namespace};

/// A port that a monitor reads.
enum Wanted<'n> {
    /// By its name.
    Named(&'n str),
    /// By the name or number that it has on the pods.
    OnPods(&'n str),
    /// Every one.
    Any,
}

impl Wanted<'_> {
    fn words(&self) -> String {
        match self {
            Self::Named(name) => format!("a port called `{name}`"),
            Self::OnPods(name) => format!("a port `{name}`"),
            Self::Any => "any port".to_owned(),
        }
    }
}

fn wanted(endpoint: &Node) -> Wanted<'_> {
    let says = |key: &str| endpoint.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    match (says("port"), says("targetPort").or_else(|| says("portNumber"))) {
        (Some(port), _) => Wanted::Named(port),
        (None, Some(port)) => Wanted::OnPods(port),
        (None, None) => Wanted::Any,
    }
}

fn endpoints<'n>(object: &'n Object, key: &str) -> &'n [Node] {
    object.node.get("spec").and_then(|spec| spec.get(key)).and_then(Node::as_list).unwrap_or(&[])
}

fn is_port(port: &NamedPort, written: &str) -> bool {
    written.parse::<u16>().map_or_else(|_| port.name == written, |number| port.number == number)
}

/// A monitor of pods reads a port by its name: one that no selected pod has is read nowhere.
pub(super) fn of_pods(cluster: &Kubernetes, object: &Object, made: &[Made], found: &mut Selecting) {
    let all = endpoints(object, "podMetricsEndpoints");
    if all.is_empty() {
        found.void = Some("it names no endpoint that would be read".to_owned());
    }
    for wanted in all.iter().map(wanted) {
        let (Wanted::Named(port) | Wanted::OnPods(port)) = wanted else { continue };
        leads(cluster, port, &wanted, made, found);
    }
}

/// Leaves the pods that have a port.
fn leads(cluster: &Kubernetes, port: &str, wanted: &Wanted<'_>, made: &[Made], found: &mut Selecting) {
    let is_there = |ports: &[NamedPort]| ports.iter().any(|one| is_port(one, port));
    let has_it = |title: &String| {
        cluster.workloads.iter().any(|workload| workload.title() == *title && is_there(&workload.ports))
    };
    let by_operator = |title: &str| made.iter().find(|one| one.title == title);
    let was: Vec<String> = std::mem::take(&mut found.workloads);
    found.workloads = was.iter().filter(|title| has_it(title)).cloned().collect();
    let of_operators = std::mem::take(&mut found.made);
    let (known, open): (Vec<_>, Vec<_>) =
        of_operators.into_iter().partition(|(title, _)| by_operator(title).is_some_and(|one| is_there(&one.ports)));
    found.made = known;
    if !(found.workloads.is_empty() && found.made.is_empty()) {
        return;
    }
    match open.first() {
        // What is known of the ports of an operator need not be all.
        Some((title, _)) => {
            found.may_select = Some(format!("nobody knows here whether {title} makes {}", wanted.words()));
        }
        None if found.may_select.is_none() && !was.is_empty() => {
            found.void = Some(format!("no pod that it selects has {}", wanted.words()));
        }
        None => {}
    }
}

/// A monitor selects services by their labels, and their ports by name.
pub(super) fn of_services(cluster: &Kubernetes, object: &Object, around: Around<'_>, found: &mut Selecting) {
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
    let all = endpoints(object, "endpoints");
    if all.is_empty() {
        found.void = Some("it names no endpoint that would be read".to_owned());
        return;
    }
    if services.is_empty() {
        // Services that operators and charts make are not described anywhere.
        found.may_select = maker(&namespaces, around);
        return;
    }
    for wanted in all.iter().map(wanted) {
        let one = of_endpoint(cluster, (&services, &wanted), around, found);
        let is_nobody = one.workloads.is_empty() && one.made.is_empty();
        if one.void.is_none() && !is_nobody {
            found.workloads.extend(one.workloads);
            found.made.extend(one.made);
            continue;
        }
        (found.workloads, found.made) = (Vec::new(), Vec::new());
        match one.void {
            Some(why) => found.void = Some(why),
            None => found.may_select = one.may_select,
        }
        return;
    }
    found.workloads.sort();
    found.workloads.dedup();
    found.made.sort();
    found.made.dedup();
}

fn maker(namespaces: &[String], (made, unknown): Around<'_>) -> Option<String> {
    let is_in = |one: &&str| namespaces.iter().any(|namespace| namespace == one);
    let all = made.iter().map(|made| made.namespace.as_str());
    let mut all = all.chain(unknown.iter().flat_map(|unknown| &unknown.namespaces).map(String::as_str));
    all.find(is_in).map(|namespace| format!("operators make services in `{namespace}` that no file describes"))
}

/// What one endpoint of a monitor leads to, over the services that have its port.
fn of_endpoint(
    cluster: &Kubernetes,
    (services, wanted): (&[&Object], &Wanted<'_>),
    around: Around<'_>,
    like: &Selecting,
) -> Selecting {
    let empty = || Selecting { workloads: Vec::new(), made: Vec::new(), may_select: None, void: None, ..like.clone() };
    let mut all = empty();
    let mut why = format!("no service that it selects has {}", wanted.words());
    for service in services {
        let spec = service.node.get("spec");
        let ports = spec.and_then(|spec| spec.get("ports")).and_then(Node::as_list).unwrap_or(&[]);
        let is_meant = |port: &&Node| match wanted {
            Wanted::Named(name) => port.get("name").and_then(Node::as_text) == Some(name),
            Wanted::OnPods(_) | Wanted::Any => true,
        };
        let Some(port) = ports.iter().find(is_meant) else { continue };
        let own = labels(spec.and_then(|spec| spec.get("selector")));
        if own.is_empty() {
            let name = service.name();
            all.may_select =
                Some(format!("where the service {name} leads stands in endpoints that somebody else makes"));
            continue;
        }
        let mut one = empty();
        pods(cluster, (&Selector::of_labels(&own), &[namespace(service).to_owned()]), around, &mut one);
        let on_pods = match wanted {
            Wanted::OnPods(name) => Some(*name),
            Wanted::Named(_) | Wanted::Any => target(port),
        };
        if let Some(name) = on_pods {
            leads(cluster, name, &Wanted::OnPods(name), around.0, &mut one);
        }
        if one.workloads.is_empty() && one.made.is_empty() {
            let inner = one.void.unwrap_or_else(|| "it selects no pods".to_owned());
            why = format!("the service {} that has {} leads nowhere: {inner}", service.name(), wanted.words());
        }
        all.workloads.extend(one.workloads);
        all.made.extend(one.made);
        all.may_select = all.may_select.or(one.may_select);
    }
    let leads_nowhere = all.workloads.is_empty() && all.made.is_empty() && all.may_select.is_none();
    all.void = leads_nowhere.then_some(why);
    all
}

/// The name that a port of a service has on the pods, when it is told by name.
fn target(port: &Node) -> Option<&str> {
    port.get("targetPort").and_then(Node::as_text).filter(|target| target.parse::<u16>().is_err())
}

/// A service whose ports all lead to names that no pod has leads nowhere.
pub(super) fn of_service(cluster: &Kubernetes, object: &Object, made: &[Made], found: &mut Selecting) {
    let targets: Option<Vec<&str>> = endpoints(object, "ports").iter().map(target).collect();
    let Some(targets) = targets.filter(|targets| !targets.is_empty()) else { return };
    let mut dead = Vec::new();
    for name in &targets {
        let mut one = found.clone();
        leads(cluster, name, &Wanted::OnPods(name), made, &mut one);
        if !(one.workloads.is_empty() && one.made.is_empty()) {
            return;
        }
        dead.push(one);
    }
    if let Some(one) = dead.into_iter().next().filter(|_| found.void.is_none()) {
        (found.workloads, found.made) = (one.workloads, one.made);
        (found.void, found.may_select) = (one.void, one.may_select);
    }
}
