//! What users do, and what fails together: `system.flows` and `system.shared_fate`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use text::{Entry, Node, Ratio, Span};

use super::edge::is_none;
use super::load;
use super::walk::{Components, Place, Walk, repeated};
use crate::{ComponentId, Edge, Flow, FlowId, Member, Slo};

pub(super) const KEYS: [&str; 7] = ["path", "async", "weight", "users", "load", "slo", "fallback"];
pub(super) const SLO_KEYS: [&str; 2] = ["success", "p95"];

/// The longest latency that can be promised.
const MAX_LATENCY: Duration = Duration::from_secs(3600);

/// Who has an edge to whom.
type Pairs<'n> = BTreeSet<(&'n ComponentId, &'n ComponentId)>;

/// The most components of one path.
const MAX_HOPS: usize = 256;

/// How far the sum of all weights may pass 100 %, for shares such as three times 33.4 %.
const WEIGHT_SLACK: f64 = 0.01;

/// Reads all flows. One whose path holds fewer than two declared components is left out.
pub(super) fn flows(
    walk: &mut Walk<'_, '_>,
    node: Option<&Node>,
    known: &Components,
    edges: &[Edge],
) -> BTreeMap<FlowId, Flow> {
    let pairs: Pairs<'_> = edges.iter().map(|edge| (&edge.id.from, &edge.id.to)).collect();
    let entries = walk.entries(node, "flows");
    walk.case_twins(entries, "flows");
    let mut flows = BTreeMap::new();
    for entry in entries {
        let Some(id) = FlowId::try_new(&entry.key) else {
            let message = format!("`{}` cannot name a flow", entry.key.escape_debug());
            let help = "a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces";
            walk.error("bad-name", entry.key_span, message, help);
            continue;
        };
        if let Some(flow) = flow(walk, entry, id.clone(), (known, &pairs)) {
            flows.insert(id, flow);
        }
    }
    if let Some(node) = node {
        check_weights(walk, &flows, node.span);
    }
    flows
}

fn flow(walk: &mut Walk<'_, '_>, entry: &Entry, id: FlowId, (known, pairs): (&Components, &Pairs<'_>)) -> Option<Flow> {
    let owner = format!("flow `{id}`");
    let node = &entry.value;
    let mut fields = walk.fields(node, &owner)?;
    let wrote_path = fields.need("path").is_some();
    let weight = fields.ratio("weight");
    let users = fields.rate("users");
    let load = fields.get("load");
    let slo = fields.get("slo");
    let fallback = fields.text("fallback").filter(|text| !is_none(text)).map(|text| text.trim().to_owned());
    let deferred = fields.texts("async");
    let path = node.get("path").filter(|_| wrote_path).map(|path| names(&mut fields, path, &owner)).unwrap_or_default();
    fields.finish();
    let declared = declared(walk, &path[..path.len().min(MAX_HOPS)], &owner, known);
    let deferred = declared_deferred(walk, &deferred, (&owner, &path), known);
    // Holes are read even when the path is broken, so that both mistakes show at once.
    let load = load.and_then(|node| load::load(walk, node, &owner));
    let slo = slo.map_or(Slo::default(), |node| read_slo(walk, node, &owner));
    if path.len() > MAX_HOPS {
        let message = format!("the path of {owner} has {} components; at most {MAX_HOPS} are followed", path.len());
        walk.error("too-many", entry.key_span, message, "split the flow");
        return None;
    }
    if wrote_path && path.len() < 2 {
        let span = node.get("path").map_or(entry.key_span, |path| path.span);
        let message = format!("the path of {owner} has no hop");
        walk.error("short-path", span, message, "name at least two components, such as `[web, api]`");
    }
    // A hop that is not declared is already a problem; its neighbors are not to blame.
    let written = node.get("path").and_then(Node::as_list).map_or(0, <[Node]>::len);
    let all_declared = declared.len() == written && written >= 2;
    if all_declared {
        check_hops(walk, &owner, (&path, &declared), &deferred, pairs);
    }
    let enough = declared.len() >= 2;
    enough.then_some(Flow { id, path: declared, deferred, weight, users, load, slo, fallback, span: entry.key_span })
}

/// A path is a list; a single text would be a path without a hop.
fn names<'n>(fields: &mut text::Fields<'n, '_>, path: &'n Node, owner: &str) -> Vec<(&'n str, Span)> {
    let items = path.as_list().unwrap_or(std::slice::from_ref(path));
    let mut names = Vec::new();
    for item in items {
        match item.as_text() {
            Some(name) => names.push((name, item.span)),
            None => fields.problem(
                "wrong-shape",
                item.span,
                format!("a hop of {owner} must be a name, found {}", item.shape()),
            ),
        }
    }
    names
}

fn declared(walk: &mut Walk<'_, '_>, names: &[(&str, Span)], owner: &str, known: &Components) -> Vec<ComponentId> {
    for (name, span) in repeated(names) {
        let message = format!("`{name}` is named twice in the path of {owner}");
        walk.warning("twice", span, message, "name each component once, in the order of first use");
    }
    let mut path: Vec<ComponentId> = Vec::new();
    for (name, span) in names {
        let id = walk.declared(name, *span, owner, known);
        path.extend(id.filter(|id| !path.contains(id)));
    }
    path
}

fn declared_deferred(
    walk: &mut Walk<'_, '_>,
    names: &[(&str, Span)],
    (owner, path): (&str, &[(&str, Span)]),
    known: &Components,
) -> Vec<ComponentId> {
    let mut deferred: Vec<ComponentId> = Vec::new();
    for (name, span) in names {
        if path.iter().any(|(hop, _)| hop == name) {
            let message = format!("`{name}` of {owner} is on the path and under `async` too");
            walk.warning("twice", *span, message, "keep it under `async` only when the answer does not wait for it");
            continue;
        }
        let id = walk.declared(name, *span, owner, known);
        deferred.extend(id.filter(|id| !deferred.contains(id)));
    }
    deferred
}

/// Every hop must be needed by a component before it on the path, so that `[web, api, db, mailer]` may mean that the
/// API needs both of the last two.
fn check_hops(
    walk: &mut Walk<'_, '_>,
    owner: &str,
    (names, path): (&[(&str, Span)], &[ComponentId]),
    deferred: &[ComponentId],
    pairs: &Pairs<'_>,
) {
    let mut missing = |from: &ComponentId, to: &ComponentId, span: Span| {
        let message = format!("{owner} goes to `{to}`, and no component before it has an edge there");
        let help = format!("declare `{from}->{to}` under `edges`, or correct the path");
        walk.warning("missing-edge", span, message, &help);
    };
    for (index, to) in path.iter().enumerate().skip(1) {
        if !path[..index].iter().any(|from| pairs.contains(&(from, to))) {
            missing(&path[index - 1], to, names[index].1);
        }
    }
    for to in deferred {
        if !path.iter().chain(deferred).any(|from| pairs.contains(&(from, to))) {
            missing(&path[path.len() - 1], to, names[0].1);
        }
    }
}

fn read_slo(walk: &mut Walk<'_, '_>, node: &Node, flow: &str) -> Slo {
    let owner = format!("slo of {flow}");
    let Some(mut fields) = walk.fields(node, &owner) else { return Slo::default() };
    let success = fields.ratio("success");
    let p95 = fields.duration("p95");
    fields.finish();
    Slo { success, p95: walk.positive(p95, Place::of(node, &owner, "p95"), MAX_LATENCY) }
}

fn check_weights(walk: &mut Walk<'_, '_>, flows: &BTreeMap<FlowId, Flow>, span: Span) {
    let sum: f64 = flows.values().filter_map(|flow| flow.weight).map(text::Ratio::share).sum();
    if sum > 1.0 + WEIGHT_SLACK {
        let message = format!("the weights of all flows add up to {:.1} %", sum * 100.0);
        walk.warning("weights", span, message, "a weight is a share of all use; together they are at most 100 %");
    }
}

/// Groups by name, and how often each is down as one, where that is written.
type Fates = (BTreeMap<String, Vec<Member>>, BTreeMap<String, Ratio>);

pub(super) const FATE_KEYS: [&str; 2] = ["members", "unavailability"];

/// Reads the groups that fail together: lists of members, or maps that say how often as well.
pub(super) fn shared_fate(walk: &mut Walk<'_, '_>, node: Option<&Node>, known: &Components) -> Fates {
    let (mut groups, mut figures) = (BTreeMap::new(), BTreeMap::new());
    for entry in walk.entries(node, "shared_fate") {
        let owner = format!("shared_fate `{}`", entry.key);
        let mut listed = &entry.value;
        if entry.value.as_map().is_some() {
            let Some(mut fields) = walk.fields(&entry.value, &owner) else { continue };
            let figure = fields.ratio("unavailability");
            let members = fields.need("members");
            fields.finish();
            figures.extend(figure.map(|figure| (entry.key.clone(), figure)));
            match members {
                Some(members) => listed = members,
                None => continue,
            }
        }
        let Some(items) = listed.as_list() else {
            let message = format!("{owner} must be a list of components, found {}", listed.shape());
            walk.error("wrong-shape", entry.key_span, message, "write `node-1: [api, cache]`");
            continue;
        };
        let mut members: Vec<Member> = Vec::new();
        for item in items {
            let found = member(walk, item, &owner, known).filter(|found| !members.contains(found));
            let Some(found) = found else { continue };
            let both = |other: &&Member| {
                other.component == found.component && other.replica.is_none() != found.replica.is_none()
            };
            if let Some(other) = members.iter().find(both) {
                let message = format!("{owner} names both `{other}` and `{found}`");
                walk.error(
                    "twice",
                    item.span,
                    message,
                    "name the component, or those of its replicas that fail together",
                );
                continue;
            }
            members.push(found);
        }
        if members.len() < 2 {
            let message = format!("{owner} has {} declared members", members.len());
            walk.warning("lonely-fate", entry.key_span, message, "name at least two components that fail together");
        }
        groups.insert(entry.key.clone(), members);
    }
    (groups, figures)
}

/// `api`, or `api/2` for its second replica.
fn member(walk: &mut Walk<'_, '_>, item: &Node, owner: &str, known: &Components) -> Option<Member> {
    let written = item.as_text().unwrap_or(item.shape());
    let (name, replica) = written.split_once('/').map_or((written, None), |(name, replica)| (name, Some(replica)));
    let component = walk.declared(name, item.span, owner, known)?;
    let Some(replica) = replica else { return Some(Member { component, replica: None }) };
    let replicas = known[&component].replicas;
    let Some(replica) = replica.parse().ok().filter(|number| (1..=replicas).contains(number)) else {
        let message = format!("`{written}`, used in {owner}, is no replica of `{component}`, which has {replicas}");
        walk.error("wrong-value", item.span, message, "number its replicas from 1, such as `api/2`");
        return None;
    };
    Some(Member { component, replica: Some(replica) })
}
