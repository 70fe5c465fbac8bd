//! Kubernetes manifests: workloads, their replicas, and which services their variables name.
//!
//! Plain files only: overlays, charts and operators make more, which is not seen here.

use text::{Node, Source, Span, read_yaml};

use super::{Found, FoundComponent, FoundEdge, MAX_FOUND, fit, image, is_address, named_hosts};
use crate::ComponentKind;

/// Kinds of objects whose pods run something.
const WORKLOADS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Rollout"];

/// Whether a text looks like manifests; cheap.
pub fn is_manifest(text: &str) -> bool {
    text.contains("apiVersion:") && text.contains("kind:") && text.contains("metadata:")
}

/// Reads the workloads of manifest files and joins them by the services that name them.
pub fn manifests(sources: &[Source]) -> Vec<Found> {
    let mut files = Vec::new();
    let mut calls: Vec<(usize, Call)> = Vec::new();
    let mut services: Vec<(String, String)> = Vec::new();
    for source in sources {
        let mut found = Found { path: source.path().to_owned(), ..Found::default() };
        for (start, document) in documents(source.text()) {
            if !is_manifest(document) || found.components.len() >= MAX_FOUND {
                continue;
            }
            let part = Source::new(source.path(), document);
            let Some(object) = read_yaml(&part).0 else { continue };
            let line = |span: Span| source.line_column(start + span.start).0;
            read_object(&object, &line, &mut found, &mut services, &mut |call| calls.push((files.len(), call)));
        }
        files.push(found);
    }
    let names: Vec<String> = files.iter().flat_map(|file| file.components.iter().map(|c| c.name.clone())).collect();
    for (file, call) in calls {
        let hosts = named_hosts(&call.value).into_iter().filter_map(|host| {
            let host = host.split('.').next()?;
            let by_service = services.iter().find(|(service, _)| service == host).map(|(_, workload)| workload.clone());
            by_service.or_else(|| names.iter().find(|name| *name == host).cloned())
        });
        for callee in hosts.filter(|callee| *callee != call.caller) {
            let known = files[file].edges.iter().any(|edge| edge.caller == call.caller && edge.callee == callee);
            if !known {
                let edge =
                    FoundEdge { caller: call.caller.clone(), callee, line: call.line, from: call.variable.clone() };
                files[file].edges.push(edge);
            }
        }
    }
    files.retain(|file| !file.components.is_empty());
    files
}

/// A variable of a workload that holds an address.
struct Call {
    caller: String,
    variable: String,
    value: String,
    line: usize,
}

fn read_object(
    object: &Node,
    line: &dyn Fn(Span) -> usize,
    found: &mut Found,
    services: &mut Vec<(String, String)>,
    call: &mut dyn FnMut(Call),
) {
    let text = |path: &[&str]| path.iter().try_fold(object, |node, key| node.get(key)).and_then(Node::as_text);
    let (Some(kind), Some(name)) = (text(&["kind"]), text(&["metadata", "name"])) else { return };
    if kind == "Service" {
        let app = text(&["spec", "selector", "app"]).or_else(|| text(&["spec", "selector", "app.kubernetes.io/name"]));
        services.extend(app.and_then(fit).map(|app| (name.to_owned(), app)));
        return;
    }
    let Some(name) = fit(name).filter(|_| WORKLOADS.contains(&kind)) else { return };
    let template =
        object.get("spec").map(|spec| spec.get("jobTemplate").and_then(|job| job.get("spec")).unwrap_or(spec));
    let pod = template.and_then(|spec| spec.get("template")).and_then(|template| template.get("spec"));
    let containers = pod.and_then(|pod| pod.get("containers")).and_then(Node::as_list).unwrap_or_default();
    let first = containers.first();
    let first_image = first.and_then(|container| container.get("image")).and_then(Node::as_text);
    let at = object.get("metadata").map_or(object.span, |metadata| metadata.span);
    let by_image = image::kind(first_image, &name);
    found.components.push(FoundComponent {
        kind: if matches!(kind, "Job" | "CronJob") { ComponentKind::Worker } else { by_image },
        replicas: text(&["spec", "replicas"]).and_then(|text| text.parse().ok()),
        at: None,
        line: line(at),
        from: first_image.map_or_else(|| kind.to_owned(), |image| format!("{kind}, image {image}")),
        name: name.clone(),
    });
    for container in containers {
        for variable in container.get("env").and_then(Node::as_list).unwrap_or_default() {
            let of = |key| variable.get(key).and_then(Node::as_text);
            if let (Some(key), Some(value)) = (of("name"), of("value"))
                && is_address(key, value)
            {
                let (caller, variable_name) = (name.clone(), key.to_owned());
                call(Call { caller, variable: variable_name, value: value.to_owned(), line: line(variable.span) });
            }
        }
    }
}

/// The documents of a file, split at lines of `---`, each with the byte it begins at.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            documents.push((from, &text[from..at]));
            from = at + line.len();
        }
        at += line.len();
    }
    documents.push((from, &text[from..]));
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - image: shop/api:1
          env:
            - {name: REDIS_ADDR, value: 'cache.shop.svc:6379'}
            - {name: MODE, value: fast}
---
apiVersion: v1
kind: Service
metadata: {name: cache}
spec: {selector: {app: valkey}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: valkey}
spec: {template: {spec: {containers: [{image: 'valkey:8'}]}}}
";

    #[test]
    fn workloads_are_joined_by_the_services_they_name() {
        let found = manifests(&[Source::new("k8s/all.yaml", SHOP), Source::new("values.yaml", "a: 1\n")]);
        assert_eq!(found.len(), 1);
        let shown: Vec<_> = found[0].components.iter().map(|c| (c.name.as_str(), c.kind, c.replicas, c.line)).collect();
        assert_eq!(shown, [("api", ComponentKind::Service, Some(3), 3), ("valkey", ComponentKind::Redis, None, 21)]);
        let edges: Vec<_> =
            found[0].edges.iter().map(|e| format!("{}->{} {} {}", e.caller, e.callee, e.line, e.from)).collect();
        assert_eq!(edges, ["api->valkey 11 REDIS_ADDR"]);
    }

    #[test]
    fn templates_and_other_yaml_give_nothing() {
        assert!(
            manifests(&[Source::new("a.yaml", "apiVersion: v1\nkind: {{ .Values.kind }}\nmetadata:\n  name: x\n")])
                .is_empty()
        );
        assert!(!is_manifest("kind: x\n"));
    }
}
