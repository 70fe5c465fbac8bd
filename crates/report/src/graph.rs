//! The propagation picture as SVG, and the same as tables: left what users touch, right what it needs.
//!
//! Shape before color: a single point of failure is a thick box with ◆, a guard is a bar across its edge (filled when a drill
//! proved it), soft and async edges are dashed. Deterministic: a diff of two pictures is a change of the system.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ::impact::{Impact, Layout, Single, layout};
use maud::{Markup, html};
use system::{ComponentId, Edge, Needs, System};

use crate::chart::escape;
use crate::proof::Proof;

const COLUMN: f64 = 190.0;
const ROW: f64 = 74.0;
const BOX_WIDTH: f64 = 130.0;
const BOX_HEIGHT: f64 = 40.0;

/// Most components drawn; a bigger system keeps its tables and the picture says how many it hides.
const MAX_NODES: usize = 60;

/// The picture of one proof.
pub(crate) fn picture(proof: &Proof) -> String {
    let layout = layout(&proof.model);
    let places = places(&layout);
    let rows = layout.nodes.iter().map(|node| node.order + 1).max().unwrap_or(1);
    let hidden = layout.nodes.len().saturating_sub(MAX_NODES);
    let (width, height) = (layout.layers.max(1) as f64 * COLUMN, rows.min(MAX_NODES) as f64 * ROW + 24.0);
    let mut svg = String::new();
    let _ =
        write!(svg, r#"<svg viewBox="0 0 {width} {height}" role="img" aria-label="what needs what" class="graph">"#);
    for edge in &proof.model.edges {
        draw_edge(&mut svg, edge, &places, proof);
    }
    let singles = singles(&proof.impact);
    for node in layout.nodes.iter().take(MAX_NODES) {
        draw_node(&mut svg, &node.component, &places, &proof.model, singles.contains(&node.component));
    }
    let note = format!("showing {} of {} components, {hidden} hidden", layout.nodes.len() - hidden, layout.nodes.len());
    let _ = write!(svg, r#"<text class="note" x="4" y="{}">{note}</text></svg>"#, height - 6.0);
    svg
}

/// Middle of each drawn box.
fn places(layout: &Layout) -> BTreeMap<&ComponentId, (f64, f64)> {
    let shown = layout.nodes.iter().take(MAX_NODES);
    shown
        .map(|node| (&node.component, (node.layer as f64 * COLUMN + COLUMN / 2.0, node.order as f64 * ROW + ROW / 2.0)))
        .collect()
}

fn singles(impact: &Impact) -> BTreeSet<ComponentId> {
    let components = impact.spofs().into_iter().filter_map(|single| match single {
        Single::Component(id) => Some(id.clone()),
        Single::SharedFate(_) => None,
    });
    components.collect()
}

fn draw_node(
    svg: &mut String,
    id: &ComponentId,
    places: &BTreeMap<&ComponentId, (f64, f64)>,
    system: &System,
    single: bool,
) {
    let Some((x, y)) = places.get(id) else { return };
    let class = if single { "node spof" } else { "node" };
    let (left, top) = (x - BOX_WIDTH / 2.0, y - BOX_HEIGHT / 2.0);
    let _ =
        write!(svg, r#"<rect class="{class}" x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5"/>"#);
    let mark = if single { "◆ " } else { "" };
    let replicas = system.components.get(id).map_or(1, |component| component.replicas);
    let times = if replicas == 1 { String::new() } else { format!(" ×{replicas}") };
    let _ = write!(
        svg,
        r#"<text x="{x}" y="{}" text-anchor="middle">{mark}{}{times}</text>"#,
        y + 4.0,
        escape(id.as_str())
    );
}

fn draw_edge(svg: &mut String, edge: &Edge, places: &BTreeMap<&ComponentId, (f64, f64)>, proof: &Proof) {
    let (Some((x1, y1)), Some((x2, y2))) = (places.get(&edge.id.from), places.get(&edge.id.to)) else { return };
    let class = match edge.needs {
        Needs::Hard => "edge",
        Needs::Soft => "edge soft",
        Needs::Async => "edge async",
    };
    let (from, to) = (x1 + BOX_WIDTH / 2.0, x2 - BOX_WIDTH / 2.0);
    let bend = ((to - from) / 2.0).max(24.0);
    let _ = write!(
        svg,
        r#"<path class="{class}" d="M{from} {y1}C{} {y1} {} {y2} {to} {y2}"><title>{}</title></path>"#,
        from + bend,
        to - bend,
        escape(&edge.id.to_string())
    );
    if edge.guard.is_some() {
        let proved = proof
            .impact
            .rows
            .iter()
            .flat_map(|row| &row.guardrails)
            .any(|guardrail| guardrail.edge == edge.id && guardrail.counted);
        let class = if proved { "guard effective" } else { "guard" };
        let _ = write!(
            svg,
            r#"<rect class="{class}" x="{}" y="{}" width="5" height="18"/>"#,
            f64::midpoint(from, to) - 2.5,
            f64::midpoint(*y1, *y2) - 9.0
        );
    }
}

/// The same for those who read: what each failure does, and what alone takes a flow down.
pub(crate) fn tables(proof: &Proof) -> Markup {
    html! {
        table {
            thead { tr { th { "Fails" } th { "How" } th { "Flows hit" } th { "Share of use" } th { "Guardrails on the way" } th { "Priority" } } }
            tbody {
                @for row in proof.impact.rows.iter().filter(|row| !row.hits.is_empty()) {
                    tr {
                        th scope="row" { (row.component) }
                        td { (row.mode.word()) }
                        td { @for hit in &row.hits { div { (hit.flow) " " (hit.outcome.word()) div class="small" { (hit.arrows()) } } } }
                        td { (format!("{:.0} %", row.share * 100.0)) }
                        td { @for guardrail in &row.guardrails { div { (guardrail.edge) ": " (guardrail.protections.join(", ")) " — " (if guardrail.counted { guardrail.effect.word() } else { "not proved, does not count" }) } } }
                        td { (row.priority.word()) }
                    }
                }
            }
        }
        table {
            thead { tr { th { "Flow" } th { "Alone takes it down" } } }
            tbody { @for flow in &proof.impact.flows { tr { th scope="row" { (flow.flow) } td { (single_list(&flow.spofs)) } } } }
        }
    }
}

fn single_list(singles: &[Single]) -> String {
    if singles.is_empty() {
        return "nothing that is declared".to_owned();
    }
    singles.iter().map(single_name).collect::<Vec<_>>().join(", ")
}

/// The name of a single point of failure.
pub(crate) fn single_name(single: &Single) -> String {
    match single {
        Single::Component(id) => id.to_string(),
        Single::SharedFate(name) => format!("shared fate `{name}`"),
    }
}
