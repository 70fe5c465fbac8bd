//! `k8s.values`: which values of a Helm chart no template reads.
//!
//! The chart is followed and not rendered. Of a chart that is not here nothing is known but what is declared.

use evidence::{Grade, Value};
use manifests::{ARGO_GROUP, IsRead, Object, Reads, chart, keys};
use text::{Fields, Node, Source};

use super::repository::Repository;
use super::tree::{looking_through, told};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;

/// Findings that are kept of each kind.
const MAX_KEPT: usize = 500;

/// The values of a chart.
#[derive(Clone, Debug)]
pub(crate) struct K8sValues {
    chart: Option<String>,
    values: Vec<String>,
    below: Option<String>,
}

impl K8sValues {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let chart = fields.text("chart").map(str::to_owned);
        let below = fields.text("below").map(str::to_owned);
        let values: Vec<String> = fields.texts("values").into_iter().map(|(text, _)| text.to_owned()).collect();
        if values.is_empty() {
            fields.problem(
                "missing-key",
                fields.span(),
                "`values` is missing: a file, or the name of a HelmRelease or Application",
            );
            return None;
        }
        Some(Self { chart, values, below })
    }
}

impl Look for K8sValues {
    fn subject(&self) -> String {
        let chart = self.chart.as_ref().map(|chart| format!(" of {chart}")).unwrap_or_default();
        format!("{}{chart}", self.values.join(", "))
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(async move { looking_through(&self.subject(), world, move |all| resolved(&owned, all)).await })
    }
}

/// Values, the way back to their lines, and the chart that they are for.
struct Given {
    node: Node,
    source: Source,
    above: usize,
    chart: Option<String>,
}

impl Given {
    fn place(&self, span: text::Span) -> String {
        format!("{}:{}", self.source.path(), self.above + self.source.line_column(span.start).0)
    }
}

fn resolved(probe: &K8sValues, repository: &Repository) -> Sight {
    let mut sight = Sight::new(probe.subject());
    let mut all = Vec::new();
    for written in &probe.values {
        match given(written, repository) {
            Ok(given) => all.extend(given),
            Err(why) => {
                sight.trouble = Some(why);
                return sight;
            }
        }
    }
    let own = probe.chart.as_ref().map(|chart| repository.key(chart));
    let place = own.or_else(|| all.iter().find_map(|given| given.chart.clone()));
    let nodes: Vec<&Node> = all.iter().map(|given| &given.node).collect();
    let reads = place.as_ref().and_then(|place| chart(place, &repository.files, &nodes));
    let below: Vec<String> = probe.below.iter().flat_map(|below| below.split('.')).map(str::to_owned).collect();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for given in &all {
        let own = keys(&given.node).into_iter().filter(|key| key.path.starts_with(&below));
        found.extend(own.map(|key| (given.place(key.span), key.path)));
    }
    sight.subjects = found.len() as u64;
    sight.integer("keys", found.len());
    if found.is_empty() {
        let below = probe.below.as_ref().map_or(String::new(), |below| format!(" below `{below}`"));
        sight.trouble = Some(format!("no value is written{below}"));
        return sight;
    }
    match reads {
        Some(reads) => compared(&mut sight, &reads, &found),
        None => {
            let wanted = place.map_or_else(|| "the chart".to_owned(), |place| format!("the chart {place}"));
            let why = format!("{wanted} is not here and not rendered: these values are declared");
            sight.text("reason", &why);
            sight.trouble = Some(why);
            sight.grade = Some(Grade::Declared);
        }
    }
    sight
}

fn compared(sight: &mut Sight, reads: &Reads, found: &[(String, Vec<String>)]) {
    let (mut unread, mut names, mut unknown, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (place, path) in found {
        let name = path.join(".");
        match reads.reads(path) {
            IsRead::Yes => count += 1,
            IsRead::No => {
                unread.push(format!("{name} {place}"));
                names.push(name);
            }
            IsRead::Unknown => unknown.push(format!("{name} {place}")),
        }
    }
    let texts = |all: &[String]| Value::List(all.iter().take(MAX_KEPT).cloned().map(Value::Text).collect());
    sight.integer("read", count);
    sight.put("unread", texts(&unread));
    sight.put("unread_keys", texts(&names));
    sight.put("unknown", texts(&unknown));
    if !unknown.is_empty() {
        let first = format!("{} of the keys may be read by what is not followed", unknown.len());
        sight.trouble = told([first].iter().chain(&reads.notes));
    }
    sight.grade = Some(if unread.is_empty() && unknown.is_empty() { Grade::Wired } else { Grade::Declared });
}

/// The values of a file, or of releases and applications of a name.
fn given(written: &str, repository: &Repository) -> Result<Vec<Given>, String> {
    let key = repository.key(written);
    if let Some(source) = repository.files.get(&key) {
        let (node, problems) = manifests::read_anchored(source);
        let broken = problems.iter().find(|problem| problem.rule != "yaml-anchor");
        return match (node, broken) {
            (Some(node), None) => Ok(vec![Given { node, source: source.clone(), above: 0, chart: None }]),
            (None, None) => Err(format!("{written} holds no values")),
            (_, Some(problem)) => Err(format!("{written}:{}: {}", problem.line, problem.message)),
        };
    }
    let is_named = |object: &&Object| {
        let full = format!("{}/{}", object.namespace(), object.name());
        let is_kind =
            object.kind() == "HelmRelease" || (object.kind() == "Application" && object.group() == ARGO_GROUP);
        is_kind && (object.name() == written || full == written)
    };
    let all: Vec<Given> =
        repository.objects().filter(is_named).filter_map(|object| of_object(object, repository)).collect();
    if all.is_empty() { Err(format!("{written} is neither a file nor a release with values here")) } else { Ok(all) }
}

fn of_object(object: &Object, repository: &Repository) -> Option<Given> {
    let spec = object.node.get("spec")?;
    let source = repository.files.get(object.path())?.clone();
    let (node, chart) = if object.kind() == "HelmRelease" {
        let chart = spec.get("chart").and_then(|chart| chart.get("spec"));
        let is_here = chart.and_then(|chart| chart.get("sourceRef")?.get("kind")?.as_text()) == Some("GitRepository");
        let path = chart.and_then(|chart| chart.get("chart")?.as_text()).filter(|_| is_here);
        (spec.get("values")?.clone(), path)
    } else {
        let from = spec.get("source")?;
        let helm = from.get("helm")?;
        let node = match helm.get("valuesObject") {
            Some(node) => node.clone(),
            None => {
                // The lines of a text within a text are those of its key.
                let text = helm.get("values")?;
                let inner = manifests::read_anchored(&Source::new(object.path(), text.as_text()?)).0?;
                moved(&inner, text.span)
            }
        };
        (node, from.get("path").and_then(Node::as_text))
    };
    let chart = chart.map(|path| path.trim_start_matches("./").trim_end_matches('/').to_owned());
    // Places of an object are counted from its own document.
    let above = object.line(text::Span::new(0, 0)) - 1;
    let source = Source::new(source.path(), object.text_of_document());
    Some(Given { node, source, above, chart })
}

/// The same values, all at one place.
fn moved(node: &Node, span: text::Span) -> Node {
    use text::{Entry, NodeKind};
    let kind = match &node.kind {
        NodeKind::List(items) => NodeKind::List(items.iter().map(|item| moved(item, span)).collect()),
        NodeKind::Map(entries) => NodeKind::Map(
            entries
                .iter()
                .map(|entry| Entry { key: entry.key.clone(), key_span: span, value: moved(&entry.value, span) })
                .collect(),
        ),
        NodeKind::Empty => NodeKind::Empty,
        NodeKind::Text { value, plain } => NodeKind::Text { value: value.clone(), plain: *plain },
    };
    Node { span, kind }
}
