//! What one object names.

use manifests::Object;
use text::{Node, Span};

/// A name that an object needs to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `file:line` of it.
    pub place: String,
    /// The kind that is named.
    pub kind: String,
    /// The namespace that it is looked for in.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// A key, or a port, of it.
    pub key: Option<String>,
    /// It may as well not be there.
    pub is_optional: bool,
    /// Something that asks for it to be made, such as the annotation of an issuer.
    pub is_asked_for: bool,
    /// The release that names it, which makes nothing that it needs itself.
    pub release: Option<String>,
    /// A kustomization that changes the name that is meant changes this one, too.
    pub is_rewritten: bool,
}

impl Named {
    /// Why it is not known what is named.
    pub(super) fn open(&self) -> Option<String> {
        let has_variable = self.name.contains("${") || self.key.as_ref().is_some_and(|key| key.contains("${"));
        let key = self.key.as_ref().map_or(String::new(), |key| format!(", `{key}`"));
        has_variable.then(|| format!("the {} {}{key} is not known: it holds a variable", self.kind, self.name))
    }
}

/// Keys of maps that name a secret or a config map, and perhaps a key of it.
const REFERENCES: [(&str, &str); 9] = [
    ("superuserSecret", "Secret"),
    ("secretKeyRef", "Secret"),
    ("secretRef", "Secret"),
    ("passwordFromSecret", "Secret"),
    ("passwordSecretRef", "Secret"),
    ("existingSecretRef", "Secret"),
    ("configMapKeyRef", "ConfigMap"),
    ("configMapRef", "ConfigMap"),
    ("valuesFrom", ""),
];

/// Kinds whose references mean something else, or another namespace.
const NOT_READ: [&str; 6] =
    ["CustomResourceDefinition", "SecretStore", "ClusterSecretStore", "ClusterIssuer", "Issuer", "Kustomization"];

struct Naming<'o> {
    object: &'o Object,
    all: Vec<Named>,
}

/// Everything that an object names.
pub fn named(object: &Object) -> Vec<Named> {
    let mut naming = Naming { object, all: Vec::new() };
    if NOT_READ.contains(&object.kind()) {
        return naming.all;
    }
    naming.walk(&object.node);
    if let Some(pods) = pods(object) {
        naming.of_pods(pods);
    }
    naming.of_kind();
    naming.all
}

/// The specification of the pods of a workload.
fn pods(object: &Object) -> Option<&Node> {
    let spec = object.node.get("spec")?;
    match object.kind() {
        "Pod" => Some(spec),
        "CronJob" => spec.get("jobTemplate")?.get("spec")?.get("template")?.get("spec"),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" | "Rollout" => {
            spec.get("template")?.get("spec")
        }
        _ => None,
    }
}

/// The images of an object, each with its place: those of containers, and the one that a custom resource is told.
pub fn images(object: &Object) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut take = |node: &Node| {
        if let Some(image) = node.get("image").and_then(Node::as_text) {
            let span = node.get("image").map_or(node.span, |image| image.span);
            all.push((image.to_owned(), object.place(span)));
        }
    };
    if let Some(pods) = pods(object) {
        for key in ["containers", "initContainers"] {
            list(Some(pods), key).iter().for_each(&mut take);
        }
    } else if let Some(spec) = object.node.get("spec").filter(|_| object.group().contains('.')) {
        take(spec);
    }
    all
}

fn list<'n>(node: Option<&'n Node>, key: &str) -> &'n [Node] {
    node.and_then(|node| node.get(key)).and_then(Node::as_list).unwrap_or(&[])
}

fn says<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty())
}

impl Naming<'_> {
    fn add(&mut self, kind: &str, name: Option<&str>, key: Option<&str>, span: Span, is_optional: bool) {
        let Some(name) = name else { return };
        self.all.push(Named {
            place: self.object.place(span),
            kind: kind.to_owned(),
            namespace: self.object.namespace().to_owned(),
            name: name.to_owned(),
            key: key.map(str::to_owned),
            is_optional,
            is_asked_for: false,
            release: (self.object.kind() == "HelmRelease").then(|| self.object.name().to_owned()),
            is_rewritten: self.object.follows
                || self.object.group().ends_with(".k8s.io")
                || !self.object.group().contains('.'),
        });
    }

    /// References wherever they stand.
    fn walk(&mut self, node: &Node) {
        for entry in node.as_map().unwrap_or_default() {
            let kind = REFERENCES.iter().find(|(key, _)| *key == entry.key).map(|(_, kind)| *kind);
            let value = &entry.value;
            match kind {
                Some("") => {
                    for one in value.as_list().unwrap_or_default() {
                        let key = says(one, "valuesKey").unwrap_or("values.yaml");
                        let kind = says(one, "kind").unwrap_or("");
                        let is_known = matches!(kind, "Secret" | "ConfigMap") && self.object.kind() == "HelmRelease";
                        if is_known {
                            self.add(kind, says(one, "name"), Some(key), one.span, optional(one));
                        }
                    }
                }
                Some(kind) => {
                    let is_here = says(value, "namespace").is_none_or(|other| other == self.object.namespace());
                    if is_here {
                        self.add(kind, says(value, "name"), says(value, "key"), value.span, optional(value));
                    }
                }
                None => {}
            }
            self.walk(value);
        }
        node.as_list().unwrap_or_default().iter().for_each(|item| self.walk(item));
    }

    fn of_pods(&mut self, pods: &Node) {
        for volume in list(Some(pods), "volumes") {
            let own = [("secret", "secretName", "Secret"), ("configMap", "name", "ConfigMap")];
            for (holder, key, kind) in own {
                if let Some(holder) = volume.get(holder) {
                    self.volume(kind, says(holder, key), holder);
                }
            }
            for source in list(volume.get("projected"), "sources") {
                for (holder, kind) in [("secret", "Secret"), ("configMap", "ConfigMap")] {
                    if let Some(holder) = source.get(holder) {
                        self.volume(kind, says(holder, "name"), holder);
                    }
                }
            }
            if let Some(claim) = volume.get("persistentVolumeClaim") {
                self.add("PersistentVolumeClaim", says(claim, "claimName"), None, claim.span, false);
            }
        }
        for secret in list(Some(pods), "imagePullSecrets") {
            self.add("Secret", says(secret, "name"), None, secret.span, false);
        }
        let account = pods.get("serviceAccountName").or_else(|| pods.get("serviceAccount"));
        if let Some(account) = account {
            self.add("ServiceAccount", account.as_text(), None, account.span, false);
        }
        if let Some(priority) = pods.get("priorityClassName") {
            self.add("PriorityClass", priority.as_text(), None, priority.span, false);
        }
    }

    fn volume(&mut self, kind: &str, name: Option<&str>, holder: &Node) {
        let items = list(Some(holder), "items");
        if items.is_empty() {
            self.add(kind, name, None, holder.span, optional(holder));
        }
        for item in items {
            self.add(kind, name, says(item, "key"), item.span, optional(holder));
        }
    }

    fn of_kind(&mut self) {
        let object = self.object;
        if object.kind() == "ServiceAccount" {
            for secret in list(Some(&object.node), "imagePullSecrets") {
                self.add("Secret", says(secret, "name"), None, secret.span, false);
            }
        }
        let Some(spec) = object.node.get("spec") else { return };
        match object.kind() {
            "StatefulSet" => {
                if let Some(service) = spec.get("serviceName") {
                    self.add("Service", service.as_text(), None, service.span, false);
                }
            }
            "HorizontalPodAutoscaler" | "ScaledObject" | "VerticalPodAutoscaler" => {
                let target = spec.get("scaleTargetRef").or_else(|| spec.get("targetRef"));
                if let Some(target) = target {
                    self.add(
                        says(target, "kind").unwrap_or("Deployment"),
                        says(target, "name"),
                        None,
                        target.span,
                        false,
                    );
                }
            }
            "Ingress" => self.of_ingress(spec),
            "HTTPRoute" | "GRPCRoute" | "TCPRoute" => {
                for backend in list(Some(spec), "rules").iter().flat_map(|rule| list(Some(rule), "backendRefs")) {
                    let is_service = says(backend, "kind").is_none_or(|kind| kind == "Service");
                    if is_service && says(backend, "namespace").is_none_or(|other| other == object.namespace()) {
                        self.add("Service", says(backend, "name"), says(backend, "port"), backend.span, false);
                    }
                }
            }
            "ExternalSecret" => {
                if let Some(store) = spec.get("secretStoreRef") {
                    self.add(
                        says(store, "kind").unwrap_or("SecretStore"),
                        says(store, "name"),
                        None,
                        store.span,
                        false,
                    );
                }
            }
            "Certificate" => {
                if let Some(issuer) = spec
                    .get("issuerRef")
                    .filter(|issuer| says(issuer, "group").is_none_or(|group| group == "cert-manager.io"))
                {
                    self.add(says(issuer, "kind").unwrap_or("Issuer"), says(issuer, "name"), None, issuer.span, false);
                }
            }
            _ => {}
        }
    }

    fn of_ingress(&mut self, spec: &Node) {
        let paths = list(Some(spec), "rules").iter().filter_map(|rule| rule.get("http"));
        let backends = paths.flat_map(|http| list(Some(http), "paths")).filter_map(|path| path.get("backend"));
        for service in backends.chain(spec.get("defaultBackend")).filter_map(|backend| backend.get("service")) {
            let port = service.get("port").and_then(|port| says(port, "name").or_else(|| says(port, "number")));
            self.add("Service", says(service, "name"), port, service.span, false);
        }
        let annotations = self.object.node.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let is_asked_for = annotations
            .and_then(Node::as_map)
            .unwrap_or_default()
            .iter()
            .any(|entry| entry.key.starts_with("cert-manager.io/") || entry.key == "kubernetes.io/tls-acme");
        for tls in list(Some(spec), "tls") {
            let before = self.all.len();
            self.add("Secret", says(tls, "secretName"), None, tls.span, false);
            self.all[before..].iter_mut().for_each(|one| one.is_asked_for = is_asked_for);
        }
    }
}

fn optional(node: &Node) -> bool {
    says(node, "optional") == Some("true")
}
