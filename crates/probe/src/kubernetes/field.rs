//! `k8s.field`: a value of an object as it is applied, after overlays and variables, with its type.
//!
//! A value that is written and never arrives counts as missing: the object is not applied, or the definition of its kind has
//! no such field and the API server prunes it. A value that stands in something sealed is not known.

use std::path::Path;
use std::time::Duration;

use evidence::{Grade, Quantity, Unit, Value};
use manifests::{Object, Scalar};
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use text::{Fields, Node, NodeKind};

use super::tree::{Place, Tree, looking, told};
use crate::World;
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::Sight;

/// The most values that are kept; all are counted.
const MAX_VALUES: usize = 1000;

/// How often a path may search all descendants.
const MAX_DESCENTS: usize = 1;

/// Values of some objects.
#[derive(Clone, Debug)]
pub(crate) struct K8sField {
    from: Place,
    kind: String,
    name: Option<String>,
    namespace: Option<String>,
    at: JsonPath,
    written: String,
}

impl K8sField {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = Place::read(fields);
        let kind = fields.need_text("kind").map(str::to_owned);
        let name = fields.text("name").map(str::to_owned);
        let namespace = fields.text("namespace").map(str::to_owned);
        let written = fields.need_text("at").map(str::to_owned);
        let span = span_of(fields, "at");
        let written = written?;
        let at = match JsonPath::parse(&written) {
            Ok(at) if written.matches("..").count() <= MAX_DESCENTS => at,
            Ok(_) => {
                fields.problem("wrong-path", span, format!("`at` may search with `..` {MAX_DESCENTS} time only"));
                return None;
            }
            Err(error) => {
                let message = format!(
                    "`{written}` is no JSONPath such as `$.spec.replicas`, see its character {}",
                    error.position() + 1
                );
                fields.problem("wrong-path", span, message);
                return None;
            }
        };
        Some(Self { from: from?, kind: kind?, name, namespace, at, written })
    }

    fn is_meant(&self, object: &Object) -> bool {
        self.kind == object.kind()
            && self.name.as_deref().is_none_or(|name| name == object.name())
            && self.namespace.as_deref().is_none_or(|namespace| namespace == object.namespace())
    }
}

impl Look for K8sField {
    fn subject(&self) -> String {
        let or_any = |text: &Option<String>| text.clone().unwrap_or_else(|| "*".to_owned());
        format!("{}: {} {}/{} {}", self.from, self.kind, or_any(&self.namespace), or_any(&self.name), self.written)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(async move { looking(&self.from, world, move |tree: &Tree, _: &Path| resolved(&owned, tree)).await })
    }
}

/// What was found in all objects.
#[derive(Default)]
struct Found<'o> {
    values: Vec<(&'o Node, Vec<String>)>,
    missing: Vec<String>,
    pruned: Vec<String>,
    open: Vec<String>,
    places: Vec<String>,
}

fn resolved(probe: &K8sField, tree: &Tree) -> Sight {
    let mut sight = Sight::new(&probe.from);
    let meant: Vec<&Object> = tree.objects.iter().filter(|object| probe.is_meant(object)).collect();
    let withheld = tree.withheld.iter().filter(|(object, _)| probe.is_meant(object));
    let withheld: Vec<String> = withheld.map(|(object, why)| format!("{}: {why}", title(object))).collect();
    if meant.is_empty() {
        return nothing(probe, sight, tree, withheld);
    }
    let mut found = Found::default();
    meant.iter().for_each(|object| within(probe, object, tree, &mut found));
    let texts = |all: Vec<String>| Value::List(all.into_iter().map(Value::Text).collect());
    sight.subjects = meant.len() as u64;
    sight.integer("objects", meant.len());
    sight.integer("count", found.values.len());
    let is_found = found.missing.is_empty() && found.pruned.is_empty();
    if found.open.is_empty() {
        sight.boolean("found", is_found);
        put_values(&mut sight, &found, tree.is_built);
    }
    sight.source = found.places.first().cloned().unwrap_or_else(|| String::from(&probe.from));
    let is_release = probe.kind == "HelmRelease" && probe.written.starts_with("$.spec.values");
    sight.grade = Some(match (found.values.is_empty(), tree.is_built && !is_release) {
        (true, _) => Grade::Absent,
        (false, true) if found.pruned.is_empty() => Grade::Wired,
        (false, _) => Grade::Declared,
    });
    let concerns = |why: &&String| {
        let is_silent = ["lies elsewhere", "is not rendered", "`helmCharts`"].iter().any(|silent| why.contains(silent));
        !is_silent || meant.iter().any(|object| why.starts_with(object.path()))
    };
    let broken = tree.broken.iter().map(|broken| &broken.message).filter(|why| {
        // A document that cannot be read may hold the object once more.
        meant.iter().any(|object| why.starts_with(object.path()))
    });
    let unclear = tree.unclear.iter().filter(concerns);
    let doubt = tree.doubt(meant.iter().map(|object| object.place(object.node.span)));
    // Of what may not be applied, or is not known, nobody can say how far it goes.
    sight.grade = sight.grade.filter(|grade| *grade == Grade::Absent || (doubt.is_none() && found.open.is_empty()));
    sight.trouble = told(found.open.iter().chain(&withheld).chain(unclear).chain(broken).chain(&doubt));
    sight.put("missing", texts(found.missing));
    sight.put("pruned", texts(found.pruned));
    if is_release {
        sight.text("reason", "the chart is not rendered: these values are declared and may be read by nothing");
    }
    sight
}

/// No such object is applied.
fn nothing(probe: &K8sField, mut sight: Sight, tree: &Tree, withheld: Vec<String>) -> Sight {
    let texts = |all: &[String]| Value::List(all.iter().cloned().map(Value::Text).collect());
    if withheld.is_empty() {
        let releases = tree.objects.iter().filter(|object| object.kind() == "HelmRelease" && tree.is_built);
        let releases: Vec<String> =
            releases.map(|object| format!("{}: its chart is not rendered", title(object))).collect();
        let broken: Vec<String> = tree.broken.iter().map(|broken| broken.message.clone()).collect();
        let homeless = tree.homeless(&probe.kind, probe.name.as_deref(), probe.namespace.as_deref());
        let hidden = broken.iter().chain(&tree.unclear).chain(&tree.elsewhere).chain(&releases);
        sight.trouble = told(hidden.chain(&homeless));
        if sight.trouble.is_some() {
            return sight;
        }
        // A directory without any object is no place that was searched.
        let is_searched = !tree.objects.is_empty() || tree.is_built;
        sight.subjects = u64::from(is_searched);
        sight.grade = is_searched.then_some(Grade::Absent);
        // What cannot be built applies nothing; what it meant to apply is not known.
        sight.trouble = told(&tree.failed);
    } else {
        sight.subjects = withheld.len() as u64;
        sight.grade = Some(Grade::Declared);
        sight.trouble = told(&withheld);
    }
    sight.integer("objects", 0);
    sight.integer("count", 0);
    sight.boolean("found", false);
    sight.put("missing", texts(&withheld));
    sight.put("pruned", Value::List(Vec::new()));
    sight
}

fn title(object: &Object) -> String {
    format!("{} {}/{} at {}", object.kind(), object.namespace(), object.name(), object.place(object.node.span))
}

fn within<'o>(probe: &K8sField, object: &'o Object, tree: &'o Tree, found: &mut Found<'o>) {
    let whole = json(&object.node, tree.is_built);
    let located = probe.at.query_located(&whole).dedup();
    let judged = tree.judged(object).unwrap_or_default();
    found.open.extend(judged.open.iter().map(|why| format!("{}: {why}", title(object))));
    let mut count = 0;
    for one in located.iter() {
        let path: Vec<String> = one
            .location()
            .iter()
            .map(|element| match element.as_name() {
                Some(name) => name.to_owned(),
                None => element.as_index().unwrap_or_default().to_string(),
            })
            .collect();
        let Some(node) = walk(&object.node, &path) else { continue };
        let dotted = path.join(".");
        let place = object.place(node.span);
        let touches = |(open, _): &&(String, String)| {
            *open == dotted
                || open.strip_prefix(dotted.as_str()).is_some_and(|rest| rest.starts_with('.'))
                || dotted.is_empty()
        };
        found.open.extend(
            object.unknown.iter().filter(touches).map(|(path, why)| format!("{}: {path}: {why}", title(object))),
        );
        // What stands in files for others to run may hold variables of its own.
        let is_text = matches!(object.kind(), "ConfigMap" | "Secret");
        if matches!(probe.from, Place::From(_)) && !is_text && has_variable(node) {
            let why = "holds a variable that whoever applies it puts in: look by `flux`";
            found.open.push(format!("{}: {dotted} {why}", title(object)));
        }
        if is_sealed(node) {
            found.open.push(format!("{}: {dotted} is encrypted", title(object)));
        }
        if let Some((_, why)) = judged.lost.iter().find(|(lost, _)| path.starts_with(lost)) {
            found.pruned.push(format!("{place}: {why}"));
            continue;
        }
        if matches!(node.kind, NodeKind::Empty) {
            // Null is not there.
            continue;
        }
        if matches!(probe.from, Place::Flux(_)) && is_unreplaced(node) {
            found.missing.push(format!("{}: the variable of {dotted} is replaced by nobody", title(object)));
            continue;
        }
        count += 1;
        found.places.push(place);
        found.values.push((node, path));
    }
    if count == 0 && !found.missing.iter().any(|missing| missing.starts_with(&title(object))) {
        found.missing.push(title(object));
    }
}

/// Nothing but a variable, where Flux has none to put in.
fn is_unreplaced(node: &Node) -> bool {
    let variable = node.as_text().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    variable.is_some_and(|inner| !inner.contains('}'))
}

/// Whether a variable of Flux stands somewhere in it.
fn has_variable(node: &Node) -> bool {
    let is_name = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match &node.kind {
        NodeKind::Text { value, .. } => value.split("${").skip(1).any(is_name),
        NodeKind::List(items) => items.iter().any(has_variable),
        NodeKind::Map(entries) => entries.iter().any(|entry| has_variable(&entry.value)),
        NodeKind::Empty => false,
    }
}

fn is_sealed(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Text { value, .. } => value.starts_with("ENC["),
        NodeKind::List(items) => items.iter().any(is_sealed),
        NodeKind::Map(entries) => entries.iter().any(|entry| is_sealed(&entry.value)),
        NodeKind::Empty => false,
    }
}

fn walk<'n>(root: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, part| match node.as_list() {
        Some(items) => items.get(part.parse::<usize>().ok()?),
        None => node.get(part),
    })
}

fn put_values(sight: &mut Sight, found: &Found<'_>, is_built: bool) {
    let kept = found.values.iter().take(MAX_VALUES);
    let values: Option<Vec<Value>> = kept.map(|(node, _)| crate::json::value(&json(node, is_built))).collect();
    if let Some(values) = values {
        sight.put("values", Value::List(values));
    }
    let all: Vec<Option<Quantity>> = found.values.iter().map(|(node, path)| quantity(node, path)).collect();
    if let Some(all) = all.iter().cloned().collect::<Option<Vec<Quantity>>>().filter(|all| all.len() > 1) {
        sight.put("quantities", Value::List(all.into_iter().map(Value::Quantity).collect()));
    }
    let [(node, path)] = found.values.as_slice() else { return };
    if let Some(value) = crate::json::value(&json(node, is_built)) {
        sight.put("value", value);
    }
    if let Some(quantity) = quantity(node, path) {
        sight.put("quantity", Value::Quantity(quantity));
    }
    match &node.kind {
        NodeKind::Text { value, .. } => sight.text("text", value),
        NodeKind::List(items) => sight.integer("size", items.len()),
        NodeKind::Map(entries) => {
            sight.integer("size", entries.len());
            let keys = entries.iter().map(|entry| Value::Text(entry.key.clone())).collect();
            sight.put("keys", Value::List(keys));
        }
        NodeKind::Empty => {}
    }
}

/// A node as the API server reads it. What kustomize has written knows `true` and `false` alone, and has `on` as a text.
fn json(node: &Node, is_built: bool) -> Json {
    match &node.kind {
        NodeKind::Empty => Json::Null,
        NodeKind::Text { value, plain: false } => Json::String(value.clone()),
        NodeKind::Text { value, plain: true } => match Scalar::plain(value) {
            Scalar::Null => Json::Null,
            Scalar::Boolean(_) if is_built && !matches!(value.to_lowercase().as_str(), "true" | "false") => {
                Json::String(value.clone())
            }
            Scalar::Boolean(yes) => Json::Bool(yes),
            Scalar::Integer(number) => Json::from(number),
            Scalar::Decimal(number) => serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number),
            Scalar::Text => Json::String(value.clone()),
        },
        NodeKind::List(items) => Json::Array(items.iter().map(|item| json(item, is_built)).collect()),
        NodeKind::Map(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value, is_built))).collect())
        }
    }
}

/// A resource quantity, a duration, or a share. Which of them a text such as `500m` is follows from its field.
fn quantity(node: &Node, path: &[String]) -> Option<Quantity> {
    let text = node.as_text()?;
    let last = path.last().map_or("", String::as_str);
    let above = path.len().checked_sub(2).and_then(|at| path.get(at)).map_or("", String::as_str);
    if last == "cpu" {
        return amount(text).and_then(|number| Quantity::exact(number, Unit::One));
    }
    let is_resource = matches!(above, "requests" | "limits" | "capacity" | "hard" | "resources");
    let has_binary_unit = text.ends_with('i') && amount(text).is_some();
    if has_binary_unit || matches!(last, "memory" | "storage" | "ephemeral-storage") {
        return amount(text).and_then(|number| Quantity::exact(number, Unit::Byte));
    }
    if is_resource {
        return amount(text).and_then(|number| Quantity::exact(number, Unit::One));
    }
    if let Some(percent) = text.strip_suffix('%').and_then(|percent| percent.parse::<f64>().ok()) {
        return Quantity::exact(percent / 100.0, Unit::One);
    }
    if last.ends_with("Seconds") {
        return text.parse::<f64>().ok().and_then(|seconds| Quantity::exact(seconds, Unit::Second));
    }
    duration(text).map(Quantity::duration)
}

/// A quantity of Kubernetes: `500m`, `1.5`, `2Gi`, `100M`, `1e3`.
fn amount(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 14] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("", 1.0),
    ];
    UNITS.iter().find_map(|(unit, times)| {
        let number = text.strip_suffix(unit)?;
        let is_number = number.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        is_number.then(|| number.parse::<f64>().ok()).flatten().map(|number| number * times)
    })
}

/// A duration of Go (`1h30m`), or with days and weeks.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let after = &rest[end..];
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let times = match &after[..unit_end] {
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            _ => return None,
        };
        seconds += number * times;
        rest = &after[unit_end..];
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}
