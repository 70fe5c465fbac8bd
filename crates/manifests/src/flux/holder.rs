//! What holds the values of variables: config maps and secrets that are applied, and what makes such.

use std::collections::BTreeMap;

use text::Node;

use super::Delivered;
use crate::base64;
use crate::object::Object;

/// Config maps and secrets that are applied, by kind, namespace and name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sources(BTreeMap<(String, String, String), Values>);

/// What stands in one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    /// Keys with what stands under them, when that is known.
    pub(super) keys: Vec<(String, Option<String>)>,
    /// Why there may be more keys.
    pub(super) open: Option<String>,
}

impl Sources {
    pub(super) fn of(delivered: &Delivered) -> Self {
        Self(delivered.applied().filter_map(source).collect())
    }

    /// What one of them holds, by kind, namespace and name.
    pub(super) fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Values> {
        self.0.get(&(kind.to_owned(), namespace.to_owned(), name.to_owned()))
    }
}

/// What variables may come from, of an object that holds or makes it.
fn source(object: &Object) -> Option<((String, String, String), Values)> {
    let key = |kind: &str, name: &str| (kind.to_owned(), object.namespace().to_owned(), name.to_owned());
    let made = |why: &str| {
        format!("is made by {} {} at {}, {why}", object.kind(), object.name(), object.place(object.node.span))
    };
    match object.kind() {
        // What a kustomization makes with a hash in its name is called otherwise in the cluster.
        "ConfigMap" | "Secret" if object.group().is_empty() && !object.is_hashed => {
            Some((key(object.kind(), object.name()), values(object)))
        }
        "SealedSecret" => {
            let data = object.node.get("spec").and_then(|spec| spec.get("encryptedData")).and_then(Node::as_map);
            let keys = data.unwrap_or_default().iter().map(|entry| (entry.key.clone(), None)).collect();
            Some((key("Secret", object.name()), Values { keys, open: None }))
        }
        "ExternalSecret" if !matches!(object.text(&["spec", "target", "creationPolicy"]), Some("Merge" | "None")) => {
            let name = object.text(&["spec", "target", "name"]).filter(|name| !name.is_empty());
            let values = Values { keys: Vec::new(), open: Some(made("from a vault")) };
            Some((key("Secret", name.unwrap_or(object.name())), values))
        }
        _ => None,
    }
}

/// The keys of something encrypted are readable, and its values are not.
fn values(object: &Object) -> Values {
    let is_sealed = object.node.get("sops").is_some();
    let is_secret = object.kind() == "Secret";
    let mut all = Values::default();
    for (place, is_encoded) in [("data", is_secret), ("stringData", false)] {
        for entry in object.node.get(place).and_then(Node::as_map).unwrap_or_default() {
            let text = entry.value.as_text().unwrap_or("");
            let path = format!("{place}.{}", entry.key);
            let is_open = is_sealed || text.starts_with("ENC[") || object.unknown.iter().any(|(open, _)| *open == path);
            let value = if is_encoded { base64::decoded(text) } else { Some(text.to_owned()) };
            all.keys.push((entry.key.clone(), value.filter(|_| !is_open)));
        }
    }
    all
}
