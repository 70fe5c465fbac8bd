//! What a kustomization changes in all of its objects: replicas, images, labels, namespaces, names and what refers to them.

use std::collections::BTreeMap;

use text::{Entry, Node, NodeKind};

use crate::object::Object;
use crate::patch::{each, set};

/// Whether objects of a kind lie in no namespace.
pub(crate) fn is_of_the_cluster(kind: &str) -> bool {
    OF_THE_CLUSTER.contains(&kind)
}

/// What `replicas` is about.
const SCALED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/// Kinds that lie in no namespace.
const OF_THE_CLUSTER: [&str; 20] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "FlowSchema",
    "Node",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
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

/// Kinds whose names stay as they are.
const KEEP_THEIR_NAMES: [&str; 3] = ["CustomResourceDefinition", "APIService", "Namespace"];

/// Where labels stand besides in the metadata, for which kinds (any when none is named), whether they are made where they are
/// missing, and whether they select. Source: the field specifications of kustomize.
const LABELED: [(&str, &[&str], bool, bool); 21] = [
    ("spec.selector", &["Service", "ReplicationController"], true, true),
    ("spec.selector.matchLabels", &["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"], true, true),
    ("spec.selector.matchLabels", &["Job", "PodDisruptionBudget"], false, true),
    ("spec.podSelector.matchLabels", &["NetworkPolicy"], false, true),
    ("spec.ingress.[].from.[].podSelector.matchLabels", &["NetworkPolicy"], false, true),
    ("spec.egress.[].to.[].podSelector.matchLabels", &["NetworkPolicy"], false, true),
    ("spec.template.metadata.labels", &TEMPLATED, true, false),
    ("spec.volumeClaimTemplates.[].metadata.labels", &["StatefulSet"], true, false),
    ("spec.jobTemplate.metadata.labels", &["CronJob"], true, false),
    ("spec.jobTemplate.spec.template.metadata.labels", &["CronJob"], true, false),
    ("spec.jobTemplate.spec.selector.matchLabels", &["CronJob"], false, true),
    ("spec.template.spec.topologySpreadConstraints.[].labelSelector.matchLabels", &SPREAD, false, true),
    (
        "spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.[].labelSelector.matchLabels",
        &SPREAD,
        false,
        true,
    ),
    (
        "spec.template.spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.[].podAffinityTerm.labelSelector.matchLabels",
        &SPREAD,
        false,
        true,
    ),
    (
        "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.[].labelSelector.matchLabels",
        &SPREAD,
        false,
        true,
    ),
    (
        "spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.[].podAffinityTerm.labelSelector.matchLabels",
        &SPREAD,
        false,
        true,
    ),
    ("spec.template.metadata.annotations", &[], false, false),
    ("spec.jobTemplate.metadata.annotations", &[], false, false),
    ("spec.jobTemplate.spec.template.metadata.annotations", &[], false, false),
    ("metadata.labels", &[], true, false),
    ("metadata.annotations", &[], true, false),
];

/// Kinds with a template of pods.
const TEMPLATED: [&str; 6] = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController"];

/// Kinds in whose pods kustomize looks for selectors.
const SPREAD: [&str; 2] = ["Deployment", "StatefulSet"];

/// Keys whose values refer by name, where the name stands, and to which kind; to any when none is named.
const HOLDERS: [(&str, &[&str], &str); 13] = [
    ("serviceAccountName", &[], "ServiceAccount"),
    ("persistentVolumeClaim", &["claimName"], "PersistentVolumeClaim"),
    ("priorityClassName", &[], "PriorityClass"),
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

/// Replicas, images, labels, namespace and names. Returns what meets nothing and must.
pub(super) fn transform(node: &Node, made: &mut [Object]) -> Vec<String> {
    let mut missing = Vec::new();
    for replicas in node.get("replicas").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| replicas.get(key).and_then(Node::as_text);
        let (Some(name), Some(count)) = (says("name"), says("count")) else { continue };
        let mut is_met = false;
        for object in made.iter_mut().filter(|object| object.is_called(name) && SCALED.contains(&object.kind())) {
            set(&mut object.node, &["spec", "replicas"], count);
            is_met = true;
        }
        missing.extend((!is_met).then(|| format!("`replicas` of {name} meets nothing")));
    }
    for image in node.get("images").and_then(Node::as_list).unwrap_or_default() {
        let says = |key: &str| image.get(key).and_then(Node::as_text);
        let Some(name) = says("name") else { continue };
        let new = NewImage { name: says("newName"), tag: says("newTag"), digest: says("digest") };
        made.iter_mut().for_each(|object| images(&mut object.node, name, &new));
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
    if let Some(annotations) = node.get("commonAnnotations") {
        made.iter_mut().for_each(|object| annotate(object, annotations));
    }
    name(node, made);
    refer(made);
    missing
}

/// What an image becomes.
struct NewImage<'n> {
    name: Option<&'n str>,
    tag: Option<&'n str>,
    digest: Option<&'n str>,
}

/// The namespace, the beginning and the end of all names.
fn name(node: &Node, made: &mut [Object]) {
    let says = |key: &str| node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let (prefix, suffix, namespace) = (says("namePrefix"), says("nameSuffix"), says("namespace"));
    if prefix.is_none() && suffix.is_none() && namespace.is_none() {
        return;
    }
    for object in made.iter_mut() {
        if let (Some(namespace), "Namespace") = (namespace, object.kind()) {
            // Kustomize gives the namespace itself the new name.
            object.rename(namespace, None);
            continue;
        }
        let keeps = KEEP_THEIR_NAMES.contains(&object.kind());
        let name = match keeps {
            true => object.name().to_owned(),
            false => format!("{}{}{}", prefix.unwrap_or(""), object.name(), suffix.unwrap_or("")),
        };
        let namespace = namespace.filter(|_| !OF_THE_CLUSTER.contains(&object.kind()));
        object.rename(&name, namespace);
    }
}

fn images(node: &mut Node, name: &str, new: &NewImage<'_>) {
    each(node, &mut |entry| {
        if !matches!(entry.key.as_str(), "containers" | "initContainers") {
            return;
        }
        if let NodeKind::List(containers) = &mut entry.value.kind {
            containers.iter_mut().for_each(|container| image(container, name, new));
        }
    });
}

fn image(container: &mut Node, name: &str, new: &NewImage<'_>) {
    let NodeKind::Map(entries) = &mut container.kind else { return };
    for entry in entries.iter_mut().filter(|entry| entry.key == "image") {
        let Some(image) = entry.value.as_text().map(str::to_owned) else { return };
        let (whole, digest) = image.split_once('@').map_or((image.as_str(), ""), |(whole, digest)| (whole, digest));
        let (own, tag) = match whole.rsplit_once(':') {
            Some((own, tag)) if !tag.contains('/') => (own, tag),
            _ => (whole, ""),
        };
        if own != name {
            return;
        }
        let end = match (new.tag, new.digest) {
            (_, Some(digest)) => format!("@{digest}"),
            (Some(tag), None) => format!(":{tag}"),
            (None, None) if !digest.is_empty() => format!("@{digest}"),
            (None, None) if !tag.is_empty() => format!(":{tag}"),
            (None, None) => String::new(),
        };
        set(&mut entry.value, &[], &format!("{}{end}", new.name.unwrap_or(own)));
    }
}

/// Labels of the object, of its pods when they are meant too, and with `selects` of what selects them.
fn label(object: &mut Object, labels: &Node, selects: bool, on_pods: bool) {
    for (path, kinds, creates, is_selector) in LABELED.iter().filter(|(path, ..)| !path.ends_with("annotations")) {
        let is_own = *path == "metadata.labels";
        let is_meant = is_own || (kinds.contains(&object.kind()) && if *is_selector { selects } else { on_pods });
        if is_meant {
            let path: Vec<&str> = path.split('.').collect();
            spread(&mut object.node, &path, labels, *creates);
        }
    }
}

fn annotate(object: &mut Object, annotations: &Node) {
    for (path, ..) in LABELED.iter().filter(|(path, ..)| path.ends_with("annotations")) {
        let path: Vec<&str> = path.split('.').collect();
        let has_template = path.split_last().is_some_and(|(_, above)| {
            above.iter().filter(|part| **part != "metadata").try_fold(&object.node, |node, key| node.get(key)).is_some()
        });
        if has_template {
            spread(&mut object.node, &path, annotations, true);
        }
    }
}

/// Puts pairs into the map at the end of a path; `[]` is every item of a list.
fn spread(node: &mut Node, path: &[&str], pairs: &Node, creates: bool) {
    let Some((first, rest)) = path.split_first() else {
        for entry in pairs.as_map().unwrap_or_default() {
            if let Some(value) = entry.value.as_text() {
                set(node, &[&entry.key], value);
                if let NodeKind::Map(own) = &mut node.kind
                    && let Some(own) = own.iter_mut().find(|own| own.key == entry.key)
                {
                    own.value.kind = NodeKind::Text { value: value.to_owned(), plain: false };
                }
            }
        }
        return;
    };
    let span = node.span;
    match &mut node.kind {
        NodeKind::List(items) if *first == "[]" => items.iter_mut().for_each(|item| spread(item, rest, pairs, creates)),
        NodeKind::Map(entries) => {
            if creates && *first != "[]" && rest.first() != Some(&"[]") && entries.iter().all(|e| e.key != *first) {
                let value = Node { span, kind: NodeKind::Map(Vec::new()) };
                entries.push(Entry { key: (*first).to_owned(), key_span: span, value });
            }
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *first) {
                if creates && matches!(entry.value.kind, NodeKind::Empty) && rest.first() != Some(&"[]") {
                    entry.value.kind = NodeKind::Map(Vec::new());
                }
                spread(&mut entry.value, rest, pairs, creates);
            }
        }
        NodeKind::List(_) | NodeKind::Empty | NodeKind::Text { .. } => {}
    }
}

/// References by name follow the names that changed, within one namespace. One that fits several is left as it is.
fn refer(made: &mut [Object]) {
    let mut moved: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    for object in made.iter().filter(|object| object.names().nth(1).is_some()) {
        let within = object.namespace().to_owned();
        for (name, _) in object.names() {
            let now = moved.entry((object.kind().to_owned(), within.clone(), name.to_owned())).or_default();
            if !now.iter().any(|name| name == object.name()) {
                now.push(object.name().to_owned());
            }
        }
    }
    for object in made {
        let within = object.namespace().to_owned();
        let now = |kind: &str, name: &str| match moved
            .get(&(kind.to_owned(), within.clone(), name.to_owned()))
            .map(Vec::as_slice)
        {
            Some([one]) => Some(one.clone()),
            _ => None,
        };
        each(&mut object.node, &mut |entry| {
            for (_, path, kind) in HOLDERS.iter().filter(|(key, ..)| *key == entry.key) {
                let name = path.iter().try_fold(&entry.value, |node, key| node.get(key)).and_then(Node::as_text);
                let told = entry.value.get("kind").and_then(Node::as_text).unwrap_or("");
                let kind = if kind.is_empty() { told } else { kind };
                if let Some(name) = name.and_then(|name| now(kind, name)) {
                    set(&mut entry.value, path, &name);
                }
            }
        });
    }
}
