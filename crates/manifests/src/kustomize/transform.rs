//! What a kustomization changes in all of its objects: replicas, images, labels, namespaces, names and what refers to them.

use std::collections::BTreeMap;

use text::Node;

use crate::object::Object;
use crate::patch::{each, set};

/// What `replicas` is about.
const SCALED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/// Kinds that lie in no namespace.
const OF_THE_CLUSTER: [&str; 10] = [
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "PersistentVolume",
    "StorageClass",
    "PriorityClass",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Keys whose values refer by name, where the name stands, and to which kind; to any when none is named.
const HOLDERS: [(&str, &[&str], &str); 10] = [
    ("configMapRef", &["name"], "ConfigMap"),
    ("configMapKeyRef", &["name"], "ConfigMap"),
    ("configMap", &["name"], "ConfigMap"),
    ("secretRef", &["name"], "Secret"),
    ("secretKeyRef", &["name"], "Secret"),
    ("secret", &["name"], "Secret"),
    ("secret", &["secretName"], "Secret"),
    ("service", &["name"], "Service"),
    ("serviceName", &[], "Service"),
    ("scaleTargetRef", &["name"], ""),
];

/// Replicas, images, labels, namespace and names.
pub(super) fn transform(node: &Node, made: &mut [Object]) {
    for replicas in node.get("replicas").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| replicas.get(key).and_then(Node::as_text);
        let (Some(name), Some(count)) = (says("name"), says("count")) else { continue };
        for object in made.iter_mut().filter(|object| object.is_called(name) && SCALED.contains(&object.kind())) {
            set(&mut object.node, &["spec", "replicas"], count);
        }
    }
    for image in node.get("images").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| image.get(key).and_then(Node::as_text);
        let Some(name) = says("name") else { continue };
        made.iter_mut().for_each(|object| images(&mut object.node, name, says("newName"), says("newTag")));
    }
    let common = node.get("commonLabels").map(|labels| (labels, true, true));
    let mut pairs: Vec<(&Node, bool, bool)> = common.into_iter().collect();
    for labels in node.get("labels").and_then(Node::as_list).unwrap_or_default() {
        let is_set = |key: &str| labels.get(key).and_then(Node::as_text) == Some("true");
        let selects = is_set("includeSelectors");
        pairs.extend(labels.get("pairs").map(|pairs| (pairs, selects, selects || is_set("includeTemplates"))));
    }
    for (labels, selects, on_pods) in pairs {
        made.iter_mut().for_each(|object| label(object, labels, selects, on_pods));
    }
    name(node, made);
    refer(made);
}

/// The namespace, the beginning and the end of all names.
fn name(node: &Node, made: &mut [Object]) {
    let says = |key: &str| node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let (prefix, suffix, namespace) = (says("namePrefix"), says("nameSuffix"), says("namespace"));
    if prefix.is_none() && suffix.is_none() && namespace.is_none() {
        return;
    }
    for object in made.iter_mut() {
        let name = format!("{}{}{}", prefix.unwrap_or(""), object.name(), suffix.unwrap_or(""));
        let namespace = namespace.filter(|_| !OF_THE_CLUSTER.contains(&object.kind()));
        object.rename(&name, namespace);
    }
}

fn images(node: &mut Node, name: &str, new_name: Option<&str>, new_tag: Option<&str>) {
    each(node, &mut |entry| {
        let Some(image) = entry.value.as_text().filter(|_| entry.key == "image").map(str::to_owned) else { return };
        let (own, tag) = match image.rsplit_once(':') {
            Some((own, tag)) if !tag.contains('/') => (own, tag),
            _ => (image.as_str(), ""),
        };
        if own == name {
            let tag = new_tag.unwrap_or(tag);
            let colon = if tag.is_empty() { "" } else { ":" };
            set(&mut entry.value, &[], &format!("{}{colon}{tag}", new_name.unwrap_or(own)));
        }
    });
}

/// Labels of the object, of its pods when they are meant too, and with `selects` of what selects them.
fn label(object: &mut Object, labels: &Node, selects: bool, on_pods: bool) {
    let has_pods = object.node.get("spec").is_some_and(|spec| spec.get("template").is_some());
    let is_service = object.kind() == "Service";
    let is_budget = object.kind() == "PodDisruptionBudget"
        && object.node.get("spec").and_then(|spec| spec.get("selector")?.get("matchLabels")).is_some();
    for entry in labels.as_map().unwrap_or_default() {
        let Some(value) = entry.value.as_text() else { continue };
        set(&mut object.node, &["metadata", "labels", &entry.key], value);
        if on_pods && has_pods {
            set(&mut object.node, &["spec", "template", "metadata", "labels", &entry.key], value);
        }
        if selects && (has_pods || is_budget) {
            set(&mut object.node, &["spec", "selector", "matchLabels", &entry.key], value);
        }
        if selects && is_service {
            set(&mut object.node, &["spec", "selector", &entry.key], value);
        }
    }
}

/// References by name follow the names that changed. One that fits several is left as it is.
fn refer(made: &mut [Object]) {
    let mut moved: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for object in made.iter() {
        for (name, _) in object.names() {
            for kind in [object.kind(), ""] {
                let now = moved.entry((kind.to_owned(), name.to_owned())).or_default();
                if !now.iter().any(|name| name == object.name()) {
                    now.push(object.name().to_owned());
                }
            }
        }
    }
    let now = |kind: &str, name: &str| match moved.get(&(kind.to_owned(), name.to_owned())).map(Vec::as_slice) {
        Some([one]) => Some(one.clone()),
        _ => None,
    };
    for object in made {
        each(&mut object.node, &mut |entry| {
            for (_, path, kind) in HOLDERS.iter().filter(|(key, ..)| *key == entry.key) {
                let name = path.iter().try_fold(&entry.value, |node, key| node.get(key)).and_then(Node::as_text);
                if let Some(name) = name.and_then(|name| now(kind, name)) {
                    set(&mut entry.value, path, &name);
                }
            }
        });
    }
}
