//! Fields of custom resources against the definition that is pinned: what the schema does not have never arrives.
//!
//! A lax apply prunes such a field, a strict one refuses the resource. Only structure is looked at; types, patterns and rules
//! are not. Source: CustomResourceDefinition, structural schemas and pruning.

use manifests::Object;
use text::Node;

/// A definition of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'d> {
    definition: &'d Object,
}

/// What a definition says of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// Fields that it does not have, each as a path with list indices as numbers.
    Without(Vec<Vec<String>>),
    /// Its version is not there: the resource is refused.
    NoSuchVersion,
    /// It has no schema, or keeps what it does not know.
    Anything,
}

impl<'d> Schema<'d> {
    /// The definition of an object's kind among others; the first, when several are.
    pub fn of(object: &Object, all: impl IntoIterator<Item = &'d Object>) -> Option<Self> {
        let defines = |definition: &&Object| {
            definition.kind() == "CustomResourceDefinition"
                && definition.text(&["spec", "group"]) == Some(object.group())
                && definition.text(&["spec", "names", "kind"]) == Some(object.kind())
        };
        all.into_iter().find(defines).map(|definition| Self { definition })
    }

    /// The object of the definition.
    pub fn definition(&self) -> &'d Object {
        self.definition
    }

    /// What it says of a resource.
    pub fn served(&self, object: &Object) -> Served {
        let spec = self.definition.node.get("spec");
        let is_true = |node: Option<&Node>| node.and_then(Node::as_text) == Some("true");
        if is_true(spec.and_then(|spec| spec.get("preserveUnknownFields"))) {
            return Served::Anything;
        }
        let wanted = object.text(&["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(_, v)| v);
        let says = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
        let versions = spec.and_then(|spec| spec.get("versions")).and_then(Node::as_list).unwrap_or(&[]);
        let own = versions.iter().find(|version| says(version, "name").as_deref() == Some(wanted));
        let is_served = |version: &&Node| says(version, "served").as_deref() != Some("false");
        let of_all = || spec.and_then(|spec| spec.get("validation")?.get("openAPIV3Schema"));
        let schema = match own {
            Some(version) if is_served(&version) => {
                version.get("schema").and_then(|schema| schema.get("openAPIV3Schema")).or_else(of_all)
            }
            Some(_) => return Served::NoSuchVersion,
            None if spec.and_then(|spec| says(spec, "version")).as_deref() == Some(wanted) => of_all(),
            None => return Served::NoSuchVersion,
        };
        let Some(schema) = schema else { return Served::Anything };
        let mut unknown = Vec::new();
        for entry in object.node.as_map().unwrap_or_default() {
            if !["apiVersion", "kind", "metadata"].contains(&entry.key.as_str()) {
                member(schema, &entry.key, &entry.value, &mut Vec::new(), &mut unknown);
            }
        }
        Served::Without(unknown)
    }
}

fn member(schema: &Node, key: &str, value: &Node, path: &mut Vec<String>, unknown: &mut Vec<Vec<String>>) {
    path.push(key.to_owned());
    let keeps = schema.get("x-kubernetes-preserve-unknown-fields").and_then(Node::as_text) == Some("true");
    let own = schema.get("properties").and_then(|properties| properties.get(key));
    let more = schema.get("additionalProperties");
    match own.or(more.filter(|more| more.as_map().is_some())) {
        Some(inner) => within(inner, value, path, unknown),
        None if keeps || more.and_then(Node::as_text) == Some("true") => {}
        None => unknown.push(path.clone()),
    }
    path.pop();
}

fn within(schema: &Node, value: &Node, path: &mut Vec<String>, unknown: &mut Vec<Vec<String>>) {
    if schema.get("x-kubernetes-embedded-resource").is_some() || schema.get("x-kubernetes-int-or-string").is_some() {
        return;
    }
    for entry in value.as_map().unwrap_or_default() {
        member(schema, &entry.key, &entry.value, path, unknown);
    }
    let Some(items) = schema.get("items") else { return };
    for (at, item) in value.as_list().unwrap_or_default().iter().enumerate() {
        path.push(at.to_string());
        within(items, item, path, unknown);
        path.pop();
    }
}
