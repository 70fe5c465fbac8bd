//! The graph for other programs: Mermaid, DOT, Cytoscape JSON and GraphML.
//!
//! Deterministic, by name: a diff of two exports is a change of the system. A single point of failure is told by shape
//! (hexagon, `octagon`, `spof`), needs by the kind of line, guards by the label of their edge.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use ::impact::{Impact, Single, drawn_edges, protections};
use serde_json::{Value as Json, json};
use system::{Component, ComponentKind, Edge, Needs, System};

use crate::chart::escape;
use crate::wire::pretty;

/// A system with what follows from it, ready to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'d> {
    /// What runs.
    pub system: &'d System,
    /// What follows.
    pub impact: &'d Impact,
}

impl Drawing<'_> {
    /// Components that alone take a flow down.
    pub(crate) fn singles(&self) -> BTreeSet<&str> {
        let all = self.impact.spofs().into_iter();
        all.filter_map(|single| match single {
            Single::Component(id) => Some(id.as_str()),
            Single::SharedFate(_) => None,
        })
        .collect()
    }

    fn components(&self) -> impl Iterator<Item = &Component> {
        self.system.components.values()
    }

    /// A number for each component, because not every name is one in other languages.
    fn number(&self, name: &str) -> usize {
        self.components().position(|component| component.id.as_str() == name).unwrap_or(usize::MAX)
    }
}

/// What stands on an edge, or else what the edge is called: `read`, `instead of stock`.
fn written_on(edge: &Edge) -> String {
    let on = protections(edge).join(", ");
    if on.is_empty() { edge.id.name.clone().unwrap_or_default() } else { on }
}

/// What a component is called in a picture: its name, and how many when not one.
pub(crate) fn label(component: &Component) -> String {
    if component.replicas == 1 {
        component.id.to_string()
    } else {
        format!("{} ×{}", component.id, component.replicas)
    }
}

/// A box with its corners cut: the shape of a single point of failure.
pub(crate) fn octagon(class: &str, (left, top, right, bottom): (f64, f64, f64, f64), cut: f64) -> String {
    let (west, east, north, south) = (left + cut, right - cut, top + cut, bottom - cut);
    format!(
        r#"<polygon class="{class}" points="{west},{top} {east},{top} {right},{north} {right},{south} {east},{bottom} {west},{bottom} {left},{south} {left},{north}"/>"#
    )
}

/// Whether it keeps something.
pub(crate) fn is_store(kind: ComponentKind) -> bool {
    use ComponentKind as Kind;
    matches!(kind, Kind::Postgres | Kind::Redis | Kind::Sqlite | Kind::Volume | Kind::Queue | Kind::State)
}

/// A Mermaid flowchart.
pub fn mermaid(drawing: &Drawing<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    let singles = drawing.singles();
    for (at, component) in drawing.components().enumerate() {
        let name = label(component).replace('"', "#quot;");
        let (open, close) = match component.kind {
            _ if singles.contains(component.id.as_str()) => ("{{\"◆ ", "\"}}"),
            ComponentKind::Client => ("([\"", "\"])"),
            kind if is_store(kind) => ("[(\"", "\")]"),
            _ => ("[\"", "\"]"),
        };
        let _ = writeln!(text, "  c{at}{open}{name}{close}");
    }
    for edge in drawn_edges(drawing.system) {
        let arrow = match edge.needs {
            Needs::Hard => "-->",
            Needs::Soft => "-.->",
            Needs::Async | Needs::Start => "-..->",
        };
        let on = written_on(&edge).replace('"', "#quot;");
        let label = if on.is_empty() { String::new() } else { format!("|\"{on}\"|") };
        let (from, to) = (drawing.number(edge.id.from.as_str()), drawing.number(edge.id.to.as_str()));
        let _ = writeln!(text, "  c{from} {arrow}{label} c{to}");
    }
    for (at, (name, members)) in drawing.system.shared_fate.iter().enumerate() {
        let _ = writeln!(text, "  subgraph f{at} [\"shared fate: {}\"]", name.replace('"', "#quot;"));
        let drawn: BTreeSet<&str> = members.iter().map(|member| member.component.as_str()).collect();
        for component in drawn {
            let _ = writeln!(text, "    c{}", drawing.number(component));
        }
        text.push_str("  end\n");
    }
    text
}

/// Graphviz.
pub fn dot(drawing: &Drawing<'_>) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = format!("digraph {} {{\n  rankdir=LR;\n", quoted(&drawing.system.name));
    let singles = drawing.singles();
    for component in drawing.components() {
        let shape = match component.kind {
            _ if singles.contains(component.id.as_str()) => "octagon",
            ComponentKind::Client => "ellipse",
            kind if is_store(kind) => "cylinder",
            _ => "box",
        };
        let (name, label) = (quoted(component.id.as_str()), quoted(&label(component)));
        let _ = writeln!(text, "  {name} [shape={shape}, label={label}];");
    }
    for edge in drawn_edges(drawing.system) {
        let style = match edge.needs {
            Needs::Hard => "solid",
            Needs::Soft => "dashed",
            Needs::Async | Needs::Start => "dotted",
        };
        let (from, to) = (quoted(edge.id.from.as_str()), quoted(edge.id.to.as_str()));
        let _ = writeln!(text, "  {from} -> {to} [style={style}, label={}];", quoted(&written_on(&edge)));
    }
    text.push_str("}\n");
    text
}

/// Cytoscape's JSON of elements.
pub fn cytoscape(drawing: &Drawing<'_>) -> String {
    let singles = drawing.singles();
    let node = |component: &Component| {
        json!({"data": {
            "id": component.id.as_str(),
            "label": label(component),
            "kind": component.kind.word(),
            "replicas": component.replicas,
            "spof": singles.contains(component.id.as_str()),
        }})
    };
    let edge = |edge: &Cow<'_, Edge>| {
        json!({"data": {
            "id": edge.id.to_string(),
            "source": edge.id.from.as_str(),
            "target": edge.id.to.as_str(),
            "needs": Needs::word(edge.needs),
            "protections": protections(edge),
        }})
    };
    let nodes: Vec<Json> = drawing.components().map(node).collect();
    let edges: Vec<Json> = drawn_edges(drawing.system).iter().map(edge).collect();
    pretty(&json!({"elements": {"nodes": nodes, "edges": edges}}))
}

/// GraphML, for yEd, Gephi and the like.
pub fn graphml(drawing: &Drawing<'_>) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for (key, of, kind) in [
        ("kind", "node", "string"),
        ("replicas", "node", "int"),
        ("spof", "node", "boolean"),
        ("needs", "edge", "string"),
        ("protections", "edge", "string"),
    ] {
        let _ = writeln!(text, "  <key id=\"{key}\" for=\"{of}\" attr.name=\"{key}\" attr.type=\"{kind}\"/>");
    }
    let _ = writeln!(text, "  <graph id=\"{}\" edgedefault=\"directed\">", escape(&drawing.system.name));
    let singles = drawing.singles();
    for component in drawing.components() {
        let spof = singles.contains(component.id.as_str());
        let (name, kind, replicas) = (escape(component.id.as_str()), component.kind.word(), component.replicas);
        let _ = writeln!(
            text,
            "    <node id=\"{name}\"><data key=\"kind\">{kind}</data><data key=\"replicas\">{replicas}</data><data key=\"spof\">{spof}</data></node>"
        );
    }
    for edge in drawn_edges(drawing.system) {
        let (from, to) = (escape(edge.id.from.as_str()), escape(edge.id.to.as_str()));
        let (needs, on) = (Needs::word(edge.needs), escape(&protections(&edge).join(", ")));
        let _ = writeln!(
            text,
            "    <edge id=\"{}\" source=\"{from}\" target=\"{to}\"><data key=\"needs\">{needs}</data><data key=\"protections\">{on}</data></edge>",
            escape(&edge.id.to_string())
        );
    }
    text.push_str("  </graph>\n</graphml>\n");
    text
}
