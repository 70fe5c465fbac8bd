//! Fields of custom resources against the definition that is pinned: what the schema does not have never arrives.
//!
//! A lax apply prunes such a field, a strict one refuses the resource. A value of another type, one that is not listed, and one
//! that is missing and required are refused. Patterns, limits and rules are not looked at. Source: CustomResourceDefinition,
//! structural schemas and pruning.

use manifests::{Object, Scalar};
use text::{Node, NodeKind};

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
    /// The resource is refused, and why.
    Refused(String),
    /// It has no schema, or keeps what it does not know.
    Anything,
}

impl<'d> Schema<'d> {
    /// The definitions of an object's kind among others.
    pub fn of(object: &Object, all: impl IntoIterator<Item = &'d Object>) -> Vec<Self> {
        let defines = |definition: &&Object| {
            definition.kind() == "CustomResourceDefinition"
                && definition.text(&["spec", "group"]) == Some(object.group())
                && definition.text(&["spec", "names", "kind"]) == Some(object.kind())
        };
        all.into_iter().filter(defines).map(|definition| Self { definition }).collect()
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
            Some(_) => return Served::Refused(format!("the version {wanted} is not served")),
            None if spec.and_then(|spec| says(spec, "version")).as_deref() == Some(wanted) => of_all(),
            None => return Served::Refused(format!("there is no version {wanted}")),
        };
        let Some(schema) = schema else { return Served::Anything };
        let mut found = Found { path: Vec::new(), unknown: Vec::new(), refused: Vec::new(), open: &object.unknown };
        for entry in object.node.as_map().unwrap_or_default() {
            if !["apiVersion", "kind", "metadata"].contains(&entry.key.as_str()) {
                found.member(schema, &entry.key, &entry.value);
            }
        }
        found.required(schema, &object.node);
        match found.refused.into_iter().next() {
            Some(why) => Served::Refused(why),
            None => Served::Without(found.unknown),
        }
    }
}

/// What was found on the way through a resource.
struct Found<'o> {
    path: Vec<String>,
    unknown: Vec<Vec<String>>,
    refused: Vec<String>,
    /// Values that are not known.
    open: &'o [(String, String)],
}

impl Found<'_> {
    fn member(&mut self, schema: &Node, key: &str, value: &Node) {
        self.path.push(key.to_owned());
        let keeps = is_true(schema, "x-kubernetes-preserve-unknown-fields");
        let own = schema.get("properties").and_then(|properties| properties.get(key));
        let more = schema.get("additionalProperties");
        match own.or(more.filter(|more| more.as_map().is_some())) {
            Some(inner) => self.within(inner, value),
            None if keeps || more.and_then(Node::as_text) == Some("true") => {}
            None => self.unknown.push(self.path.clone()),
        }
        self.path.pop();
    }

    fn within(&mut self, schema: &Node, value: &Node) {
        if schema.get("x-kubernetes-int-or-string").is_some() || value.kind == NodeKind::Empty {
            return;
        }
        self.types(schema, value);
        let is_embedded = is_true(schema, "x-kubernetes-embedded-resource");
        for entry in value.as_map().unwrap_or_default() {
            // These every resource has, also one within another.
            if !(is_embedded && ["apiVersion", "kind", "metadata"].contains(&entry.key.as_str())) {
                self.member(schema, &entry.key, &entry.value);
            }
        }
        self.required(schema, value);
        let Some(items) = schema.get("items") else { return };
        for (at, item) in value.as_list().unwrap_or_default().iter().enumerate() {
            self.path.push(at.to_string());
            self.within(items, item);
            self.path.pop();
        }
    }

    /// Whether a value, or a part of it, is not known or is a variable.
    fn is_open(&self, value: &Node) -> bool {
        let own = self.path.join(".");
        value.as_text().is_some_and(|text| text.contains("${") || text.starts_with("ENC["))
            || self.open.iter().any(|(path, _)| *path == own)
    }

    fn types(&mut self, schema: &Node, value: &Node) {
        let wanted = schema.get("type").and_then(Node::as_text).unwrap_or("");
        if self.is_open(value) {
            return;
        }
        let is_plain = matches!(value.kind, NodeKind::Text { plain: true, .. });
        let scalar = value.as_text().map(|text| if is_plain { Scalar::plain(text) } else { Scalar::Text });
        let is_wrong = match (wanted, scalar) {
            ("object", _) => value.as_map().is_none(),
            ("array", _) => value.as_list().is_none(),
            ("integer" | "number", Some(Scalar::Text)) | ("boolean", Some(Scalar::Text | Scalar::Integer(_))) => true,
            ("string", Some(Scalar::Integer(_) | Scalar::Decimal(_))) => true,
            // `on` and `yes` are texts or not, by who hands them on.
            ("string", Some(Scalar::Boolean(_))) => {
                value.as_text().is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "false"))
            }
            ("integer" | "number" | "boolean" | "string", None) => true,
            _ => false,
        };
        let written = value.as_text().unwrap_or(value.shape());
        if is_wrong {
            self.refused.push(format!("{} is {wanted}, and `{written}` is none", self.path.join(".")));
        }
        let listed = schema.get("enum").and_then(Node::as_list).unwrap_or_default();
        let is_listed = listed.is_empty() || listed.iter().any(|one| one.as_text() == value.as_text());
        if !is_listed && value.as_text().is_some() {
            self.refused.push(format!("{} may not be `{written}`", self.path.join(".")));
        }
    }

    fn required(&mut self, schema: &Node, value: &Node) {
        let Some(entries) = value.as_map() else { return };
        let properties = schema.get("properties");
        for key in schema.get("required").and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_text) {
            let has_default = properties.and_then(|all| all.get(key)?.get("default")).is_some();
            let is_there = entries.iter().any(|entry| entry.key == key);
            if !is_there && !has_default && !["apiVersion", "kind", "metadata"].contains(&key) {
                let whole = self.path.iter().map(String::as_str).chain([key]).collect::<Vec<_>>().join(".");
                self.refused.push(format!("{whole} is missing"));
            }
        }
    }
}

fn is_true(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_text) == Some("true")
}

/// What all definitions of a kind say of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Fields that never arrive, with the definition that says so; the whole of it where the resource is refused.
    pub lost: Vec<(Vec<String>, String)>,
    /// What some definitions have and others do not.
    pub open: Vec<String>,
    /// Some definition with a schema speaks of it.
    pub is_described: bool,
}

/// What definitions say of a resource; of several that are not the same only what all of them say is known.
pub fn judged(object: &Object, all: &[Schema<'_>]) -> Judged {
    let mut judged = Judged::default();
    let mut each: Vec<Vec<(Vec<String>, String)>> = Vec::new();
    for schema in all {
        let definition = schema.definition();
        let named = format!("{} at {}", definition.name(), definition.place(definition.node.span));
        judged.is_described |= !matches!(schema.served(object), Served::Anything);
        each.push(match schema.served(object) {
            Served::Without(fields) => fields
                .into_iter()
                .map(|field| (field.clone(), format!("{} is no field of {named}", field.join("."))))
                .collect(),
            Served::Refused(why) => vec![(Vec::new(), format!("is refused by {named}: {why}"))],
            Served::Anything => Vec::new(),
        });
    }
    let by_all = |path: &Vec<String>| each.iter().all(|own| own.iter().any(|(lost, _)| path.starts_with(lost)));
    for (path, why) in each.iter().flatten() {
        let is_told = judged.lost.iter().any(|(told, _)| told == path);
        if by_all(path) && !is_told {
            judged.lost.push((path.clone(), why.clone()));
        } else if !by_all(path) {
            judged.open.push(format!("{why}, and another definition of its kind is of another mind"));
        }
    }
    judged
}
