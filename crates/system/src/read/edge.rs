//! What needs what: `system.edges`.

use std::collections::BTreeMap;
use std::time::Duration;

use text::{Entry, Node, NodeKind, Span};

use super::guard;
use super::walk::{Components, Place, Walk, span_of};
use crate::{ComponentId, ComponentKind, Edge, EdgeId, Needs};

pub(super) const KEYS: [&str; 7] = ["needs", "timeout", "attempts", "fallback", "instead", "loses", "guard"];

/// The most tries of a caller.
const MAX_ATTEMPTS: i64 = 100;

/// The longest time a caller can say it waits.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Reads all edges in the order written. An edge of an undeclared component is left out.
pub(super) fn edges(walk: &mut Walk<'_, '_>, node: Option<&Node>, known: &Components) -> Vec<Edge> {
    let mut seen = BTreeMap::new();
    let mut edges = Vec::new();
    for entry in walk.entries(node, "edges") {
        let Some(id) = edge_id(walk, entry, known) else { continue };
        if let Some(first) = seen.insert(id.clone(), entry.key.clone()) {
            let message = format!("edge `{id}` is written twice, first as `{first}`");
            walk.error(
                "duplicate-edge",
                entry.key_span,
                message,
                "keep one, or name them: `a->b/read` and `a->b/write`",
            );
            continue;
        }
        edges.extend(edge(walk, entry, id, known));
    }
    edges
}

fn edge_id(walk: &mut Walk<'_, '_>, entry: &Entry, known: &Components) -> Option<EdgeId> {
    let Some(id) = EdgeId::parse(&entry.key) else {
        let message = format!("`{}` cannot name an edge", entry.key.escape_debug());
        walk.error(
            "bad-name",
            entry.key_span,
            message,
            "write `from->to`, or `from->to/name` for a second edge of a pair",
        );
        return None;
    };
    if id.from == id.to {
        let message = format!("edge `{id}` leads from `{}` to itself", id.from);
        walk.error("self-edge", entry.key_span, message, "an edge joins two components; remove it");
        return None;
    }
    let used = format!("edge `{id}`");
    let mut declared = |end: &ComponentId| walk.declared(end.as_str(), entry.key_span, &used, known).is_some();
    let (from, to) = (declared(&id.from), declared(&id.to));
    (from && to).then_some(id)
}

fn edge(walk: &mut Walk<'_, '_>, entry: &Entry, id: EdgeId, known: &Components) -> Option<Edge> {
    let node = &entry.value;
    let owner = format!("edge `{id}`");
    let mut fields = walk.fields(node, &owner)?;
    let needs = fields.one_of("needs", &Needs::ALL.map(Needs::word)).map_or(Needs::Hard, |index| Needs::ALL[index]);
    let timeout = fields.duration("timeout");
    let attempts = fields.integer("attempts", 1..=MAX_ATTEMPTS).unwrap_or(1);
    let fallback = fields.text("fallback");
    let instead = fields.texts("instead");
    let loses = fields.texts("loses");
    let guard = fields.get("guard");
    fields.finish();
    let timeout = walk.positive(timeout, Place::of(node, &owner, "timeout"), MAX_TIMEOUT);
    if node.get("guard").is_some_and(|guard| guard.kind == NodeKind::Empty) {
        let message = format!("`guard` of {owner} has nothing behind it, so no guard stands there");
        walk.warning(
            "empty-guard",
            span_of(node, "guard"),
            message,
            "write `guard: {}` for a guard without protections",
        );
    }
    let instead = stand_ins(walk, &instead, &id, known);
    let kind = known.get(&id.to).expect("both ends of an edge are declared").kind;
    Some(Edge {
        needs,
        timeout,
        attempts: u32::try_from(attempts).expect("lies within 1..=MAX_ATTEMPTS"),
        fallback: fallback.filter(|text| !is_none(text)).map(|text| text.trim().to_owned()),
        instead,
        loses: loses.into_iter().map(|(text, _)| text.to_owned()).collect(),
        guard: guard.and_then(|node| guard::policy(walk, node, &id, kind)),
        span: entry.key_span,
        id,
    })
}

/// Declared components that can stand in for the callee: neither end of the edge, each once.
fn stand_ins(walk: &mut Walk<'_, '_>, written: &[(&str, Span)], id: &EdgeId, known: &Components) -> Vec<ComponentId> {
    let mut stand_ins: Vec<ComponentId> = Vec::new();
    for (name, span) in written {
        let Some(stand_in) = walk.declared(name, *span, &format!("`instead` of edge `{id}`"), known) else { continue };
        if stand_in == id.from || stand_in == id.to {
            let message = format!("`{stand_in}` is an end of edge `{id}` and cannot stand in on it");
            walk.error("self-edge", *span, message, "name a third component");
        } else if known[&stand_in].kind == ComponentKind::Client {
            let message =
                format!("`{stand_in}` in `instead` of edge `{id}` is a client, and users stand in for nothing");
            walk.error("wrong-value", *span, message, "name a component that serves");
        } else if stand_ins.contains(&stand_in) {
            let message = format!("`{stand_in}` stands twice in `instead` of edge `{id}`");
            walk.error("twice", *span, message, "name each once; the first that works serves");
        } else {
            stand_ins.push(stand_in);
        }
    }
    stand_ins
}

/// `fallback: none` says that there is none.
pub(super) fn is_none(fallback: &str) -> bool {
    let text = fallback.trim();
    text.is_empty() || text == "-" || text.eq_ignore_ascii_case("none")
}
