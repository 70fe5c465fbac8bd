//! What is there to be named, and with which keys.

use std::collections::{BTreeMap, BTreeSet};

use manifests::Object;
use text::Node;

use super::named::Named;
use crate::operators::named_by_operator;

/// The keys of something.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// These.
    Known(BTreeSet<String>),
    /// Their values come from somewhere that is not seen here; which keys there are is known, or not.
    Sealed(String, Option<BTreeSet<String>>),
}

/// Groups whose objects make no secrets or config maps of names of their own.
const MAKE_NOTHING: [&str; 17] = [
    // What these make is told by name.
    "external-secrets.io",
    "bitnami.com",
    "cert-manager.io",
    "secrets.hashicorp.com",
    "snapshot.storage.k8s.io",
    "source.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "monitoring.coreos.com",
    "operator.victoriametrics.com",
    "cilium.io",
    "gateway.networking.k8s.io",
    "keda.sh",
    "argoproj.io",
    "kyverno.io",
    "dragonflydb.io",
];

/// Everything by kind, namespace and name.
pub(super) struct Produced {
    all: BTreeMap<(String, String, String), Keys>,
    /// Custom resources and releases by namespace: name, kind and place.
    makers: BTreeMap<String, Vec<(String, String, String)>>,
    /// Those that are called otherwise in a cluster, by a hash behind their names.
    hashed: BTreeSet<(String, String, String)>,
    /// Keys that come to what somebody else makes: namespace and name of a secret, which keys, when that is known, and why.
    added: Vec<(String, String, Option<BTreeSet<String>>, String)>,
    /// Secrets that are made in several namespaces.
    everywhere: Vec<(String, String)>,
    /// Claims that stateful sets make: namespace, and how their names begin.
    claims: Vec<(String, String)>,
}

/// Kinds that lie in no namespace.
pub(super) const OF_THE_CLUSTER: [&str; 4] = ["PriorityClass", "ClusterSecretStore", "ClusterIssuer", "StorageClass"];

impl Produced {
    pub(super) fn of(objects: &[Object]) -> Self {
        let mut produced = Self {
            all: BTreeMap::new(),
            makers: BTreeMap::new(),
            hashed: BTreeSet::new(),
            added: Vec::new(),
            everywhere: Vec::new(),
            claims: Vec::new(),
        };
        for object in objects {
            produced.add(object);
        }
        produced
    }

    fn put(&mut self, kind: &str, object: &Object, name: &str, keys: Keys) {
        let namespace = if OF_THE_CLUSTER.contains(&kind) { "" } else { object.namespace() };
        self.all.insert((kind.to_owned(), namespace.to_owned(), name.to_owned()), keys);
    }

    fn add(&mut self, object: &Object) {
        let (kind, spec) = (object.kind(), object.node.get("spec"));
        let text = |path: &[&str]| object.text(path).filter(|text| !text.is_empty());
        match kind {
            "Secret" | "ConfigMap" => {
                let keys = ["data", "stringData", "binaryData"].iter().flat_map(|key| keys(object.node.get(key)));
                self.put(kind, object, object.name(), Keys::Known(keys.collect()));
                if object.is_hashed {
                    self.hashed.insert((kind.to_owned(), object.namespace().to_owned(), object.name().to_owned()));
                }
            }
            "ClusterExternalSecret" => {
                let inner = text(&["spec", "externalSecretSpec", "target", "name"]);
                let name = inner.or(text(&["spec", "externalSecretName"])).unwrap_or(object.name()).to_owned();
                self.everywhere.push((name, format!("comes from a vault, by {}", at(object))));
            }
            "ExternalSecret" => self.external(object, spec),
            "SealedSecret" => {
                // The name in its template is not the one that its controller takes.
                let name = object.name();
                let of = |key: &str| keys(spec.and_then(|spec| spec.get(key)));
                let template = spec.and_then(|spec| spec.get("template")?.get("data"));
                let all = of("encryptedData").into_iter().chain(keys(template)).collect();
                self.put("Secret", object, name, Keys::Known(all));
            }
            "Certificate" => {
                let all = ["tls.crt", "tls.key", "ca.crt"].map(str::to_owned).into_iter().collect();
                let why = format!("is made by the issuer of {}", at(object));
                if let Some(name) = text(&["spec", "secretName"]) {
                    self.put("Secret", object, name, Keys::Sealed(why, Some(all)));
                }
            }
            "VaultStaticSecret" | "VaultDynamicSecret" => {
                if let Some(name) = text(&["spec", "destination", "name"]) {
                    self.put(
                        "Secret",
                        object,
                        name,
                        Keys::Sealed(format!("comes from a vault, by {}", at(object)), None),
                    );
                }
            }
            "Service" => {
                let ports = spec.and_then(|spec| spec.get("ports")).and_then(Node::as_list).unwrap_or(&[]);
                let of =
                    |port: &Node| ["name", "port"].map(|key| port.get(key).and_then(Node::as_text).map(str::to_owned));
                let all = ports.iter().flat_map(of).flatten().collect();
                self.put(kind, object, object.name(), Keys::Known(all));
            }
            other => {
                self.put(other, object, object.name(), Keys::Known(BTreeSet::new()));
                if other == "StatefulSet" {
                    let claims = spec.and_then(|spec| spec.get("volumeClaimTemplates")).and_then(Node::as_list);
                    let name = |claim: &Node| claim.get("metadata")?.get("name")?.as_text().map(str::to_owned);
                    let names = claims.unwrap_or(&[]).iter().filter_map(name);
                    let of = names.map(|name| (object.namespace().to_owned(), format!("{name}-{}-", object.name())));
                    self.claims.extend(of);
                }
            }
        }
        self.add_maker(object);
    }

    /// What makes others: operators by what is known of them, and resources of which nobody knows what they make.
    fn add_maker(&mut self, object: &Object) {
        for (made, name, operator) in named_by_operator(object) {
            let why = format!("is made by {operator} of {}", at(object));
            let key = (made.to_owned(), object.namespace().to_owned(), name);
            // What a file holds itself is known better.
            self.all.entry(key).or_insert(Keys::Sealed(why, None));
        }
        let (kind, group) = (object.kind(), object.group());
        let is_custom = group.contains('.') && !group.ends_with(".k8s.io");
        if is_custom && !MAKE_NOTHING.contains(&group) {
            let target = object.text(&["spec", "targetNamespace"]).filter(|_| kind == "HelmRelease");
            let maker = (object.name().to_owned(), kind.to_owned(), at(object));
            self.makers.entry(target.unwrap_or(object.namespace()).to_owned()).or_default().push(maker);
        }
    }

    fn external(&mut self, object: &Object, spec: Option<&Node>) {
        let target = spec.and_then(|spec| spec.get("target"));
        let says = |key: &str| target.and_then(|target| target.get(key)).and_then(Node::as_text);
        let policy = says("creationPolicy");
        if policy == Some("None") {
            return;
        }
        let name = says("name").filter(|name| !name.is_empty()).unwrap_or(object.name()).to_owned();
        let why = format!("comes from a vault, by {}", at(object));
        let template = target.and_then(|target| target.get("template"));
        let is_merged =
            template.and_then(|template| template.get("mergePolicy")).and_then(Node::as_text) == Some("Merge");
        let is_open = template.is_some_and(|template| template.get("templateFrom").is_some());
        let templated: BTreeSet<String> =
            keys(template.and_then(|template| template.get("data"))).into_iter().collect();
        let list = |key: &str| spec.and_then(|spec| spec.get(key)).and_then(Node::as_list).unwrap_or(&[]);
        let own = list("data").iter().filter_map(|one| one.get("secretKey")?.as_text().map(str::to_owned));
        let known = match (templated.is_empty(), is_merged) {
            (false, false) if !is_open => Some(templated),
            _ if is_open || !list("dataFrom").is_empty() => None,
            _ => Some(own.chain(templated).collect()),
        };
        if policy == Some("Merge") {
            // It adds to a secret that somebody else makes.
            self.added.push((object.namespace().to_owned(), name, known, why));
            return;
        }
        self.put("Secret", object, &name, Keys::Sealed(why, known));
    }

    /// Whether what is named is called otherwise in a cluster.
    pub(super) fn is_hashed(&self, one: &Named) -> bool {
        self.hashed.contains(&(one.kind.clone(), one.namespace.clone(), one.name.clone()))
    }

    /// Who adds a key to what somebody else makes.
    pub(super) fn added(&self, one: &Named) -> Option<&String> {
        let key = one.key.as_ref()?;
        let adds = |(namespace, name, keys, _): &&(String, String, Option<BTreeSet<String>>, String)| {
            *namespace == one.namespace && *name == one.name && keys.as_ref().is_none_or(|keys| keys.contains(key))
        };
        let is_secret = one.kind == "Secret";
        self.added.iter().filter(|_| is_secret).find(adds).map(|(.., why)| why)
    }

    /// The keys of what is named, when it is there.
    pub(super) fn keys(&self, one: &Named) -> Option<&Keys> {
        let namespace = if OF_THE_CLUSTER.contains(&one.kind.as_str()) { "" } else { &one.namespace };
        self.all.get(&(one.kind.clone(), namespace.to_owned(), one.name.clone()))
    }

    /// What every cluster, or every namespace, has by itself.
    pub(super) fn is_given(&self, one: &Named) -> bool {
        match one.kind.as_str() {
            "ConfigMap" => one.name == "kube-root-ca.crt",
            "ServiceAccount" => one.name == "default",
            "PriorityClass" => one.name.starts_with("system-"),
            "PersistentVolumeClaim" => {
                let is_made = |(namespace, begins): &(String, String)| {
                    *namespace == one.namespace && one.name.starts_with(begins.as_str())
                };
                self.claims.iter().any(is_made)
            }
            _ => false,
        }
    }

    /// Who makes it as it is asked to, unseen.
    pub(super) fn is_asked(&self, one: &Named) -> Option<String> {
        if one.is_asked_for {
            return Some("is made by an issuer that an annotation asks".to_owned());
        }
        let is_meant = |(name, _): &&(String, String)| one.kind == "Secret" && *name == one.name;
        if let Some((_, why)) = self.everywhere.iter().find(is_meant) {
            return Some(why.clone());
        }
        None
    }

    /// Who may make it without anybody being able to see that here.
    pub(super) fn may_make(&self, one: &Named) -> Option<String> {
        let makers = self.makers.get(&one.namespace)?;
        let is_release = |kind: &str| kind == "HelmRelease" || kind == "HelmChart";
        let found = makers.iter().find(|(name, kind, _)| {
            (is_release(kind) && one.release.as_ref() != Some(name))
                || (one.name.starts_with(name.as_str())
                    && !is_release(kind)
                    && matches!(one.kind.as_str(), "Secret" | "ConfigMap" | "Service" | "ServiceAccount"))
        });
        found.map(|(_, kind, place)| format!("may be made by the {kind} at {place}"))
    }
}

fn keys(node: Option<&Node>) -> Vec<String> {
    node.and_then(Node::as_map).unwrap_or_default().iter().map(|entry| entry.key.clone()).collect()
}

fn at(object: &Object) -> String {
    object.place(object.node.span)
}
