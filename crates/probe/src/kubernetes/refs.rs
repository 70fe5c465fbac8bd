//! `k8s.ref`: whether what objects name is there, with the keys and ports that they ask for; and where versions disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{Told, image_disagreements, images, ports_without_name, references};
use evidence::{Grade, Value};
use manifests::Object;
use text::{Fields, Node};

use super::tree::{Place, Tree, looking, told};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;

/// Findings that are kept of each kind.
const MAX_KEPT: usize = 200;

/// What some objects name.
#[derive(Clone, Debug)]
pub(crate) struct K8sRef {
    from: Place,
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
}

impl K8sRef {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = Place::read(fields);
        let mut text = |key: &'static str| fields.text(key).map(str::to_owned);
        let (kind, name, namespace) = (text("kind"), text("name"), text("namespace"));
        Some(Self { from: from?, kind, name, namespace })
    }

    fn is_meant(&self, object: &Object) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == object.kind())
            && self.name.as_deref().is_none_or(|name| name == object.name())
            && self.namespace.as_deref().is_none_or(|namespace| namespace == object.namespace())
    }
}

impl Look for K8sRef {
    fn subject(&self) -> String {
        let or_any = |text: &Option<String>| text.clone().unwrap_or_else(|| "*".to_owned());
        format!("{}: {} {}/{}", self.from, or_any(&self.kind), or_any(&self.namespace), or_any(&self.name))
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(async move { looking(&self.from, world, move |tree: &Tree, _: &Path| resolved(&owned, tree)).await })
    }
}

fn resolved(probe: &K8sRef, tree: &Tree) -> Sight {
    let mut sight = Sight::new(&probe.from);
    let meant: Vec<&Object> = tree.objects.iter().filter(|object| probe.is_meant(object)).collect();
    let withheld = tree.withheld.iter().filter(|(object, _)| probe.is_meant(object)).map(|(_, why)| why);
    // What something else may bring is not missing; what cannot be built brings nothing.
    let hidden =
        told(tree.unclear.iter().chain(&tree.elsewhere).chain(tree.broken.iter().map(|broken| &broken.message)));
    let found = references(&meant, &tree.objects, hidden.as_deref());
    let ports: Vec<Told> = match probe.kind.as_deref() {
        None | Some("Service") => {
            let all = ports_without_name(&tree.cluster);
            all.into_iter()
                .filter(|told| meant.iter().any(|object| told.place == object.place(object.node.span)))
                .collect()
        }
        Some(_) => Vec::new(),
    };
    let words = |all: Vec<Told>| -> Vec<String> {
        let all: BTreeSet<String> = all.into_iter().map(|told| format!("{}: {}", told.place, told.message)).collect();
        all.into_iter().take(MAX_KEPT).collect()
    };
    let texts = |all: Vec<String>| Value::List(all.into_iter().map(Value::Text).collect());
    let missing = words(found.missing.into_iter().chain(ports).collect());
    let is_whole = missing.is_empty();
    sight.integer("objects", meant.len());
    sight.integer("refs", found.count);
    // Where nothing is named, nothing can be missing, and that it is not says nothing.
    if found.count > 0 || !is_whole {
        sight.put("missing", texts(missing));
        sight.put("unproven", texts(words(found.unproven)));
    }
    let schemas = schemas(&meant, tree);
    sight.put("unknown_fields", texts(schemas.unknown));
    sight.put("no_schema", texts(schemas.without.into_iter().collect()));
    let pins = meant.iter().flat_map(|object| images(object)).count();
    let mut disagreements = image_disagreements(&meant);
    disagreements.extend(operators(tree));
    sight.put("version_disagreements", texts(disagreements));
    let doubt = tree.doubt(meant.iter().map(|object| object.place(object.node.span)));
    sight.trouble = told(
        withheld
            .chain(&doubt)
            .chain(&schemas.open)
            .chain(&found.open)
            .chain(&tree.failed)
            .chain(&tree.unclear)
            .chain(tree.broken.iter().map(|broken| &broken.message)),
    );
    let is_empty = found.count + schemas.count + pins == 0 && is_whole;
    sight.subjects = if is_empty { 0 } else { (found.count + meant.len()) as u64 };
    let is_open = doubt.is_some() || !found.open.is_empty() || !schemas.open.is_empty();
    sight.grade = match (is_empty, is_whole) {
        (true, _) => None,
        (false, true) => (!is_open).then_some(Grade::Wired),
        (false, false) => Some(Grade::Declared),
    };
    if is_empty && !meant.is_empty() {
        sight.trouble = sight.trouble.or(Some("what is meant names nothing that would have to be there".to_owned()));
    }
    if meant.is_empty() {
        sight.trouble = sight.trouble.or(Some("no such object is here".to_owned()));
    }
    sight
}

/// What definitions say of custom resources.
#[derive(Default)]
struct Schemas {
    /// Fields that never arrive, and resources that are refused.
    unknown: Vec<String>,
    /// Kinds of which no definition is here.
    without: BTreeSet<String>,
    /// What definitions disagree on.
    open: Vec<String>,
    /// How many resources have a definition.
    count: usize,
}

fn schemas(meant: &[&Object], tree: &Tree) -> Schemas {
    let mut found = Schemas::default();
    for object in meant {
        let is_custom = object.group().contains('.') && !object.group().ends_with(".k8s.io");
        if !is_custom {
            continue;
        }
        let Some(judged) = tree.judged(object).filter(|judged| judged.is_described) else {
            found.without.insert(format!("{}/{}", object.group(), object.kind()));
            continue;
        };
        let place = object.place(object.node.span);
        found.count += 1;
        found.unknown.extend(judged.lost.into_iter().map(|(_, why)| format!("{place}: {why}")));
        found.open.extend(judged.open.into_iter().map(|why| format!("{place}: {why}")));
    }
    found.unknown.truncate(MAX_KEPT);
    found
}

/// Operators whose images carry the version that their definitions are marked with: a part of the image's name, the group.
const OPERATORS: [(&str, &str); 4] = [
    ("cert-manager-controller", "cert-manager.io"),
    ("prometheus-operator/prometheus-operator", "monitoring.coreos.com"),
    ("dragonflydb/operator", "dragonflydb.io"),
    ("external-secrets/external-secrets", "external-secrets.io"),
];

/// Labels and annotations of definitions that name their version.
const MARKS: [&str; 3] =
    ["app.kubernetes.io/version", "operator.prometheus.io/version", "operator.dragonflydb.io/version"];

/// Operators of another version than the definitions of their group.
fn operators(tree: &Tree) -> Vec<String> {
    let mut marked: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for definition in tree.objects.iter().filter(|object| object.kind() == "CustomResourceDefinition") {
        let metadata = definition.node.get("metadata");
        let marks = ["labels", "annotations"].map(|key| metadata.and_then(|metadata| metadata.get(key)));
        let version =
            MARKS.iter().find_map(|mark| marks.iter().flatten().find_map(|own| own.get(mark).and_then(Node::as_text)));
        let group = definition.text(&["spec", "group"]).unwrap_or("");
        if let Some(version) = version {
            let at = definition.place(definition.node.span);
            marked.entry(group).or_default().insert((version.trim_start_matches('v').to_owned(), at));
        }
    }
    let mut told = Vec::new();
    for object in &tree.objects {
        for (image, at) in cluster::images(object) {
            let name = image.split('@').next().unwrap_or(&image);
            let Some((name, tag)) = name.rsplit_once(':') else { continue };
            let Some((_, group)) = OPERATORS.iter().find(|(part, _)| name.ends_with(part)) else { continue };
            for (version, definition) in marked.get(group).into_iter().flatten() {
                if version != tag.trim_start_matches('v') {
                    told.push(format!("{at}: the operator is {tag}, and the definition at {definition} is {version}"));
                }
            }
        }
    }
    told.truncate(MAX_KEPT);
    told
}
