//! Kubernetes manifests: workloads, their replicas and how many must stay, which services their variables, commands and
//! probes name, and what users reach.
//!
//! Plain files and kustomize trees: charts and operators make more, which is not seen here. Secrets are read for the
//! services that they name; nothing else of them is kept or shown.

mod budget;
mod workload;

use std::collections::BTreeMap;

use ::manifests::{Object, decoded};
use text::{Node, Span};

use self::budget::{Budget, Kept};
use self::workload::{Said, Workload};
use super::{
    Found, FoundComponent, FoundEdge, FoundQuorum, MAX_FOUND, fit, image, is_address, is_telemetry, named_hosts,
};
use crate::{ComponentKind, Needs};

/// Names of workloads in one note.
const MAX_NAMED: usize = 12;

/// Kinds of objects whose pods run something.
const WORKLOADS: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "Rollout",
    "Pod",
    "ReplicationController",
];

/// Reads the workloads among objects and joins them by the services that name them.
pub fn manifests(objects: &[Object]) -> Vec<Found> {
    let mut seen = Seen::default();
    let mut files: Vec<Found> = Vec::new();
    for object in objects {
        let at = files.iter().position(|file| file.path == object.path()).unwrap_or_else(|| {
            files.push(Found { path: object.path().to_owned(), ..Found::default() });
            files.len() - 1
        });
        if files[at].components.len() < MAX_FOUND {
            let mut found = std::mem::take(&mut files[at]);
            seen.object(&object.node, &|span| object.line(span), at, &mut found);
            files[at] = found;
        }
    }
    seen.join(&mut files);
    seen.keep(&mut files);
    seen.unwatched(&mut files);
    // What is told of a file without workloads stands with the first that has some.
    let (mut kept, rest): (Vec<Found>, Vec<Found>) = files.into_iter().partition(|file| !file.components.is_empty());
    if let Some(first) = kept.first_mut() {
        first.gaps.extend(rest.into_iter().flat_map(|file| file.gaps));
    }
    kept
}

/// What is joined when all files are read.
#[derive(Default)]
struct Seen {
    workloads: Vec<Workload>,
    services: Vec<Service>,
    config_maps: BTreeMap<String, Vec<(String, String)>>,
    secrets: BTreeMap<String, Vec<(String, String)>>,
    budgets: Vec<Budget>,
    /// Hosts that users reach: the file, the line, how.
    exposed: Vec<(String, usize, String)>,
    /// The least replicas that an autoscaler keeps, by workload.
    least: BTreeMap<String, u32>,
}

struct Service {
    name: String,
    selector: Vec<(String, String)>,
}

impl Seen {
    fn object(&mut self, object: &Node, line: &dyn Fn(Span) -> usize, file: usize, found: &mut Found) {
        let (Some(kind), Some(name)) = (text(object, &["kind"]), text(object, &["metadata", "name"])) else { return };
        match kind {
            "Service" => self.service(object, name, line),
            "ConfigMap" => {
                self.config_maps.insert(name.to_owned(), pairs(object.get("data")));
            }
            "Secret" => {
                let encoded = pairs(object.get("data")).into_iter();
                let data = encoded.filter_map(|(key, value)| Some((key, decoded(&value)?)));
                // Of the same key in both, the plain one counts.
                let plain: BTreeMap<String, String> = data.chain(pairs(object.get("stringData"))).collect();
                self.secrets.insert(name.to_owned(), plain.into_iter().collect());
            }
            "PodDisruptionBudget" => self.budgets.extend(Budget::read(object, name, line, file)),
            "Ingress" | "VirtualService" | "HTTPRoute" | "Route" => {
                let (from, line) = (format!("{kind} {name}"), line(object.span));
                let mut hosts = Vec::new();
                backends(object.get("spec").unwrap_or(object), &mut hosts);
                self.exposed.extend(hosts.into_iter().map(|host| (host, line, from.clone())));
            }
            "HorizontalPodAutoscaler" => {
                let target = text(object, &["spec", "scaleTargetRef", "name"]);
                let least = text(object, &["spec", "minReplicas"]).and_then(|text| text.parse().ok()).unwrap_or(1);
                self.least.extend(target.map(|target| (target.to_owned(), least)));
            }
            kind if WORKLOADS.contains(&kind) => self.workload(object, (kind, name), line, file, found),
            _ => {}
        }
    }

    fn service(&mut self, object: &Node, name: &str, line: &dyn Fn(Span) -> usize) {
        let kind = text(object, &["spec", "type"]).unwrap_or("");
        if matches!(kind, "LoadBalancer" | "NodePort") {
            let span = object.get("spec").and_then(|spec| spec.get("type")).map_or(object.span, |kind| kind.span);
            self.exposed.push((name.to_owned(), line(span), format!("Service {name} of type {kind}")));
        }
        let selector = object.get("spec").and_then(|spec| spec.get("selector"));
        self.services.push(Service { name: name.to_owned(), selector: pairs(selector) });
    }

    fn workload(
        &mut self,
        object: &Node,
        (kind, name): (&str, &str),
        line: &dyn Fn(Span) -> usize,
        file: usize,
        found: &mut Found,
    ) {
        let spec = object.get("spec");
        let template = spec.map(|spec| spec.get("jobTemplate").and_then(|job| job.get("spec")).unwrap_or(spec));
        let (pod, labels) = if kind == "Pod" {
            (spec, pairs(object.get("metadata").and_then(|metadata| metadata.get("labels"))))
        } else {
            let template = template.and_then(|spec| spec.get("template"));
            let labels = template.and_then(|template| template.get("metadata")?.get("labels"));
            (template.and_then(|template| template.get("spec")), pairs(labels))
        };
        // Pods that a workload made have names of their own; their label says whose they are.
        let app = labels.iter().find(|(key, _)| key == "app" || key == "app.kubernetes.io/name");
        let name = if kind == "Pod" { app.map_or(name, |(_, app)| app.as_str()) } else { name };
        let Some(name) = fit(name) else { return };
        let listed = |key: &str| pod.and_then(|pod| pod.get(key)).and_then(Node::as_list).unwrap_or_default();
        let (containers, beginning) = (listed("containers"), listed("initContainers"));
        // A container beside may stand before the one that the workload is about.
        let own = containers.iter().find(|container| text(container, &["name"]) == Some(name.as_str()));
        let image = own.or(containers.first()).and_then(|container| text(container, &["image"]));
        let by_image = image::kind(image, &name);
        let at = object.get("metadata").map_or(object.span, |metadata| metadata.span);
        if found.components.iter().all(|component| component.name != name) {
            found.components.push(FoundComponent {
                kind: if matches!(kind, "Job" | "CronJob") { ComponentKind::Worker } else { by_image },
                replicas: text(object, &["spec", "replicas"]).and_then(|text| text.parse().ok()),
                at: None,
                line: line(at),
                from: image.map_or_else(|| kind.to_owned(), |image| format!("{kind}, image {image}")),
                name: name.clone(),
                entry: None,
                quorum: None,
            });
        }
        let mut workload = Workload::new(object, kind, name, labels, file);
        workload.image = image.unwrap_or("").to_owned();
        containers.iter().chain(beginning).for_each(|container| workload.read(container, line));
        self.workloads.push(workload);
    }

    /// The workload behind a host: by a service and its selector, by a service of the same name, by its own name.
    fn behind(&self, host: &str) -> Option<&Workload> {
        let host = host.split('.').next()?;
        let service = self.services.iter().find(|service| service.name == host);
        let selected = service.filter(|service| !service.selector.is_empty()).and_then(|service| {
            self.workloads.iter().find(|workload| service.selector.iter().all(|pair| workload.labels.contains(pair)))
        });
        selected.or_else(|| self.workloads.iter().find(|workload| workload.name == host))
    }

    fn join(&self, files: &mut [Found]) {
        for workload in &self.workloads {
            for said in self.said_by(workload) {
                for host in named_hosts(&said.value) {
                    match self.behind(host) {
                        Some(callee) => put(&mut files[workload.file].edges, workload, callee, &said),
                        None => tell_of_stranger(&mut files[workload.file].gaps, workload, host, &said),
                    }
                }
            }
        }
        let exposed: BTreeMap<&str, (usize, &str)> = self
            .exposed
            .iter()
            .rev()
            .filter_map(|(host, line, from)| Some((self.behind(host)?.name.as_str(), (*line, from.as_str()))))
            .collect();
        for component in files.iter_mut().flat_map(|file| &mut file.components) {
            component.entry = exposed.get(component.name.as_str()).map(|(line, from)| (*line, (*from).to_owned()));
            component.replicas = self.least.get(&component.name).copied().or(component.replicas);
        }
    }

    /// Addresses among its variables, arguments and probes, with those that its config maps and secrets bring.
    fn said_by(&self, workload: &Workload) -> Vec<Said> {
        let mut all = workload.said.clone();
        for reference in &workload.references {
            let is_secret = reference.is_secret;
            let (maps, kind) = if is_secret { (&self.secrets, "Secret") } else { (&self.config_maps, "ConfigMap") };
            let entries = maps.get(&reference.name).into_iter().flatten();
            let wanted = entries.filter(|(name, _)| reference.key.as_ref().is_none_or(|key| key == name));
            all.extend(wanted.map(|(name, value)| Said {
                from: format!("{name} of {kind} {}", reference.name),
                value: value.clone(),
                line: reference.line,
                is_host: false,
                is_secret,
                probes: None,
            }));
        }
        let variable = |from: &str| from.split(' ').next().unwrap_or(from).to_owned();
        all.retain(|said| said.is_host || is_address(&variable(&said.from), &said.value));
        all
    }

    /// Takes what budgets say of how many replicas must stay, and tells what they make impossible.
    fn keep(&self, files: &mut [Found]) {
        let mut budgeted: BTreeMap<&str, &str> = BTreeMap::new();
        for budget in &self.budgets {
            let mut selected: Vec<&Workload> = Vec::new();
            for workload in self.workloads.iter().filter(|workload| budget.selects(workload)) {
                if selected.iter().all(|other| other.name != workload.name) {
                    selected.push(workload);
                }
            }
            let place = format!("{}:{}: PodDisruptionBudget {}", files[budget.file].path, budget.line, budget.name);
            for workload in &selected {
                if let Some(other) = budgeted.insert(&workload.name, &budget.name) {
                    let why =
                        format!("{place} selects {} as {other} does: then no pod of it is evicted", workload.name);
                    files[budget.file].gaps.push(why);
                }
            }
            let gap = match selected.as_slice() {
                [] => Some("selects no workload in these files".to_owned()),
                [one] if one.is_scaled => self.keep_of_one(budget, one, files),
                [_] => None,
                several => {
                    let names = several.iter().map(|workload| workload.name.as_str()).collect();
                    Some(format!(
                        "counts the replicas of {} together: how many of each must stay is not said",
                        named(names)
                    ))
                }
            };
            files[budget.file].gaps.extend(gap.map(|gap| format!("{place} {gap}")));
        }
    }

    /// Returns what is told of it.
    fn keep_of_one(&self, budget: &Budget, workload: &Workload, files: &mut [Found]) -> Option<String> {
        let path = files[budget.file].path.clone();
        let own = files[workload.file].components.iter_mut().find(|component| component.name == workload.name)?;
        let replicas = own.replicas.unwrap_or(1);
        match budget.kept(replicas) {
            Kept::None => None,
            Kept::Some(needed) => {
                if own.quorum.as_ref().is_none_or(|known| known.needed < needed) {
                    let from = format!("PodDisruptionBudget {}", budget.name);
                    own.quorum = Some(FoundQuorum { needed, path, line: budget.line, from });
                }
                None
            }
            Kept::All => {
                let which = match replicas {
                    0 => return None,
                    1 => format!("does not let the only replica of {} go", workload.name),
                    _ => format!("lets none of the {replicas} replicas of {} go", workload.name),
                };
                let is_scaled_up = self.least.contains_key(&workload.name) && budget.eases_with_more();
                let until = if is_scaled_up { "until the autoscaler makes more" } else { "for ever" };
                Some(format!("{which}: a drain waits {until}"))
            }
        }
    }

    /// Workloads that Services send requests to, whether they answer or not.
    fn unwatched(&self, files: &mut [Found]) {
        let mut names: Vec<&str> = Vec::new();
        for workload in self.workloads.iter().filter(|workload| !workload.has_readiness) {
            let is_served = self.services.iter().any(|service| {
                !service.selector.is_empty() && service.selector.iter().all(|pair| workload.labels.contains(pair))
            });
            if is_served && !names.contains(&workload.name.as_str()) {
                names.push(&workload.name);
            }
        }
        let first = files.iter_mut().find(|file| !file.components.is_empty());
        let (Some(first), false) = (first, names.is_empty()) else { return };
        let verb = if names.len() == 1 { "has" } else { "have" };
        let names = named(names);
        let gap = format!("{names} {verb} no readiness probe: Services go on sending requests to a replica that hangs");
        first.gaps.push(gap);
    }
}

/// Notes an edge once; of several reasons for it the one that needs most.
fn put(edges: &mut Vec<FoundEdge>, caller: &Workload, callee: &Workload, said: &Said) {
    if callee.name == caller.name {
        return;
    }
    // Nobody waits for what collects telemetry, but a probe does.
    let telemetry = is_telemetry(&callee.name, &callee.image);
    let needs = said.probes.unwrap_or(if telemetry { Needs::Async } else { Needs::Hard });
    let (caller, callee) = (caller.name.clone(), callee.name.clone());
    let known = edges.iter_mut().find(|edge| edge.caller == caller && edge.callee == callee);
    let edge = FoundEdge { caller, callee, line: said.line, from: said.from.clone(), needs };
    match known {
        Some(known) if weight(known.needs) < weight(needs) => *known = edge,
        Some(_) => {}
        None => edges.push(edge),
    }
}

fn weight(needs: Needs) -> u8 {
    match needs {
        Needs::Async => 0,
        Needs::Soft => 1,
        Needs::Start => 2,
        Needs::Hard => 3,
    }
}

/// Tells of a host that no file has. What stands in a secret is not shown, because a part of it may look like a host.
fn tell_of_stranger(gaps: &mut Vec<String>, workload: &Workload, host: &str, said: &Said) {
    let Said { from, line, .. } = said;
    let gap = match said.is_secret {
        true => format!("{} names a host in {from} at line {line}, which is not in these files", workload.name),
        false => format!("{} names {host} at line {line}, which is not in these files", workload.name),
    };
    if host.contains('.') && !is_local(host) && !gaps.contains(&gap) {
        gaps.push(gap);
    }
}

/// Names in a sentence.
fn named(names: Vec<&str>) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    match (names.as_slice(), more) {
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (names, 0) => names.concat(),
        (names, more) => format!("{} and {more} more", names[..MAX_NAMED].join(", ")),
    }
}

pub(super) fn text<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    path.iter().try_fold(node, |node, key| node.get(key)).and_then(Node::as_text)
}

fn pairs(map: Option<&Node>) -> Vec<(String, String)> {
    let entries = map.and_then(Node::as_map).unwrap_or_default().iter();
    entries.filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned()))).collect()
}

/// An address of the machine itself, or of any.
fn is_local(host: &str) -> bool {
    host.starts_with("127.") || host.starts_with("0.0.") || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// Hosts that routes lead to, wherever they stand: `service.name`, `serviceName`, `destination.host`, `backendRefs`.
fn backends(node: &Node, hosts: &mut Vec<String>) {
    for item in node.as_list().unwrap_or_default() {
        backends(item, hosts);
    }
    for entry in node.as_map().unwrap_or_default() {
        let own = match entry.key.as_str() {
            "serviceName" => entry.value.as_text(),
            "service" => text(&entry.value, &["name"]),
            "destination" => text(&entry.value, &["host"]),
            "to" => text(&entry.value, &["name"]),
            _ => None,
        };
        hosts.extend(own.map(str::to_owned));
        if entry.key == "backendRefs" {
            let refs = entry.value.as_list().unwrap_or_default().iter();
            hosts.extend(refs.filter_map(|one| text(one, &["name"])).map(str::to_owned));
        }
        backends(&entry.value, hosts);
    }
}

#[cfg(test)]
mod tests {
    use text::Source;

    use super::*;

    const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - image: shop/api:1
          args: ['--bus=amqp://bus.shop:5672', '--fast']
          env:
            - {name: REDIS_ADDR, value: 'cache.shop.svc:6379'}
            - {name: MODE, value: fast}
            - name: MAIL_URL
              valueFrom: {configMapKeyRef: {name: settings, key: mail}}
          envFrom: [{configMapRef: {name: more}}]
---
apiVersion: v1
kind: Service
metadata: {name: cache}
spec: {selector: {app: valkey, tier: back}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: valkey-2}
spec: {template: {metadata: {labels: {app: valkey, tier: back}}, spec: {containers: [{image: 'valkey:8'}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mail: 'http://mailer:25', other: 'http://bus:1'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: more}
data: {TRACES_URL: 'http://jaeger:4317', COLOR: red}
---
apiVersion: v1
kind: List
metadata: {}
items:
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: mailer}, spec: {template: {spec: {containers: [{image: m}]}}}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: bus}, spec: {template: {spec: {containers: [{image: rabbitmq}]}}}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: jaeger}, spec: {template: {spec: {containers: [{image: j}]}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: api}}}]}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec: {scaleTargetRef: {kind: Deployment, name: api}, minReplicas: 2}
";

    #[test]
    fn workloads_are_joined_by_the_services_they_name() {
        let found = manifests(&::manifests::objects(&Source::new("k8s/all.yaml", SHOP)));
        assert_eq!(found.len(), 1);
        let shown: Vec<_> = found[0].components.iter().map(|c| (c.name.as_str(), c.kind, c.replicas, c.line)).collect();
        assert_eq!(
            shown[..2],
            [("api", ComponentKind::Service, Some(2), 3), ("valkey-2", ComponentKind::Redis, None, 26)]
        );
        let edges: Vec<_> = found[0]
            .edges
            .iter()
            .map(|e| format!("{}->{} {} {} {:?}", e.caller, e.callee, e.line, e.from, e.needs))
            .collect();
        assert_eq!(
            edges,
            [
                "api->valkey-2 13 REDIS_ADDR Hard",
                "api->bus 11 args Hard",
                "api->mailer 15 mail of ConfigMap settings Hard",
                "api->jaeger 17 TRACES_URL of ConfigMap more Async",
            ]
        );
        assert_eq!(found[0].components[0].entry, Some((47, "Ingress shop".to_owned())));
        assert_eq!(found[0].components[1].entry, None);
    }
}
