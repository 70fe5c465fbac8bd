//! Kubernetes manifests: workloads, their replicas, which services their variables name, and what users reach.
//!
//! Plain files and kustomize trees: charts and operators make more, which is not seen here.

use std::collections::BTreeMap;

use ::manifests::Object;
use text::{Node, Span};

use super::{Found, FoundComponent, FoundEdge, MAX_FOUND, fit, image, is_address, is_telemetry, named_hosts};
use crate::{ComponentKind, Needs};

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
    files.retain(|file| !file.components.is_empty());
    files
}

/// What is joined when all files are read.
#[derive(Default)]
struct Seen {
    workloads: Vec<Workload>,
    services: Vec<Service>,
    config_maps: BTreeMap<String, Vec<(String, String)>>,
    /// Hosts that users reach: the file, the line, how.
    exposed: Vec<(String, usize, String)>,
    /// The least replicas that an autoscaler keeps, by workload.
    least: BTreeMap<String, u32>,
}

struct Workload {
    file: usize,
    name: String,
    labels: Vec<(String, String)>,
    image: String,
    /// Variable, value, line.
    values: Vec<(String, String, usize)>,
    /// Names of config maps whose entries become variables, each with one key or all.
    from_maps: Vec<(String, Option<String>, usize)>,
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
                let entries = object.get("data").and_then(Node::as_map).unwrap_or_default().iter();
                let entries = entries.filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned())));
                self.config_maps.insert(name.to_owned(), entries.collect());
            }
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
        let image = containers.first().and_then(|container| container.get("image")).and_then(Node::as_text);
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
            });
        }
        let image = image.unwrap_or("").to_owned();
        let mut workload = Workload { file, name, labels, image, values: Vec::new(), from_maps: Vec::new() };
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
            for (variable, value, line) in self.values_of(workload) {
                for host in named_hosts(&value) {
                    let Some(callee) = self.behind(host) else {
                        let gap = format!("{} names {host} at line {line}, which is not in these files", workload.name);
                        let gaps = &mut files[workload.file].gaps;
                        if host.contains('.') && !is_local(host) && !gaps.contains(&gap) {
                            gaps.push(gap);
                        }
                        continue;
                    };
                    if callee.name == workload.name {
                        continue;
                    }
                    let known = files[workload.file]
                        .edges
                        .iter()
                        .any(|edge| edge.caller == workload.name && edge.callee == callee.name);
                    if !known {
                        let telemetry = is_telemetry(&callee.name, &callee.image);
                        files[workload.file].edges.push(FoundEdge {
                            caller: workload.name.clone(),
                            callee: callee.name.clone(),
                            line,
                            from: variable.clone(),
                            needs: if telemetry { Needs::Async } else { Needs::Hard },
                        });
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

    /// Addresses among its variables and arguments, with those that its config maps bring.
    fn values_of(&self, workload: &Workload) -> Vec<(String, String, usize)> {
        let mut values = workload.values.clone();
        for (map, key, line) in &workload.from_maps {
            let entries = self.config_maps.get(map).into_iter().flatten();
            let wanted = entries.filter(|(name, _)| key.as_ref().is_none_or(|key| key == name));
            values.extend(wanted.map(|(name, value)| (format!("{name} of ConfigMap {map}"), value.clone(), *line)));
        }
        values.retain(|(variable, value, _)| is_address(variable.split(' ').next().unwrap_or(variable), value));
        values
    }
}

impl Workload {
    fn read(&mut self, container: &Node, line: &dyn Fn(Span) -> usize) {
        for variable in container.get("env").and_then(Node::as_list).unwrap_or_default() {
            let Some(name) = text(variable, &["name"]) else { continue };
            if let Some(value) = text(variable, &["value"]) {
                self.values.push((name.to_owned(), value.to_owned(), line(variable.span)));
            }
            let reference = &["valueFrom", "configMapKeyRef"];
            let at = |key: &str| text(variable, &[reference[0], reference[1], key]).map(str::to_owned);
            if let Some(map) = at("name") {
                self.from_maps.push((map, at("key"), line(variable.span)));
            }
        }
        for from in container.get("envFrom").and_then(Node::as_list).unwrap_or_default() {
            if let Some(map) = text(from, &["configMapRef", "name"]) {
                self.from_maps.push((map.to_owned(), None, line(from.span)));
            }
        }
        for key in ["command", "args"] {
            for word in container.get(key).and_then(Node::as_list).unwrap_or_default() {
                let value = word.as_text().unwrap_or("");
                let value = value.rsplit_once('=').map_or(value, |(_, value)| value);
                self.values.push((key.to_owned(), value.to_owned(), line(word.span)));
            }
        }
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
