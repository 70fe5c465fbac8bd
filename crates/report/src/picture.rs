//! The propagation picture as SVG: left what users touch, right what it needs.
//!
//! Shape before color: a single point of failure is an octagon with ◆, a store has a double top, users are round; a guard is
//! a bar across its edge, filled when a drill proved it; soft and async edges are dashed; what shares a fate stands in a
//! dashed box. With a failure shown, the failed one is crossed out, what it reaches is thick with the word for what it
//! suffers, and an edge whose guard stops the failure is cut. Deterministic: a diff of two pictures is a change of the system.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ::impact::{Layout, Mode, Outcome, Row, drawn_edges, layout};
use system::{Component, ComponentId, ComponentKind, Edge, Needs};

use crate::chart::escape;
use crate::drawing::{Drawing, is_store, label, octagon};

const COLUMN: f64 = 190.0;
const ROW: f64 = 74.0;
const BOX_WIDTH: f64 = 140.0;
const BOX_HEIGHT: f64 = 40.0;
const MARGIN: f64 = 24.0;

/// Most boxes drawn; of a bigger system the least important of each column stand together, and the picture says how many.
const MAX_NODES: usize = 60;

/// The longest name that fits a box, in characters; the whole name is in the title.
const MAX_NAME: usize = 19;

/// How far an edge stays away from the boxes that it passes.
const CLEAR: f64 = 8.0;

/// How a picture that stands alone is painted; the report has the same in its own style.
const STYLE: &str = "<style>:root{color-scheme:light dark}svg{background:#fbfbf8}text{fill:#14202b;font:11px system-ui,sans-serif}.note,.word{fill:#5a6b78;font-size:10px}.node{fill:#fff;stroke:#14202b;stroke-width:1.2}.spof{stroke-width:3}.edge{stroke:#5a6b78;stroke-width:1.3;fill:none}.soft{stroke-dasharray:6 3}.async{stroke-dasharray:2 3}.guard{fill:#8a5a00}.guard.effective{fill:#1d6f42}.fate{fill:none;stroke:#5a6b78;stroke-dasharray:3 3}.reached{stroke:#b3261e;stroke-width:3}.failed{fill:#f3d6d2;stroke:#b3261e;stroke-width:3}.cross{stroke:#b3261e;stroke-width:2}.cut{stroke:#1d6f42;stroke-width:3}@media(prefers-color-scheme:dark){svg{background:#12181d}text{fill:#e6ebee}.node{fill:#1b242b;stroke:#e6ebee}.failed{fill:#4a2320}}</style>";

/// What is shown beside the system itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'s> {
    /// A component and the way it fails: its reach is lit.
    pub fails: Option<(&'s ComponentId, &'s Mode)>,
    /// The picture is a file of its own and brings its style.
    pub alone: bool,
}

/// Where a box stands.
struct Place {
    x: f64,
    y: f64,
}

/// The picture.
pub fn picture(drawing: &Drawing<'_>, shown: Shown<'_>) -> String {
    let layout = layout(drawing.system);
    let scene = Scene::new(drawing, &layout, shown);
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="what needs what" class="graph">"#,
        scene.width, scene.height
    );
    if shown.alone {
        svg.push_str(STYLE);
    }
    scene.fates(&mut svg);
    let mut drawn = BTreeSet::new();
    for edge in drawn_edges(drawing.system) {
        scene.edge(&mut svg, &edge, &mut drawn);
    }
    for component in drawing.system.components.values() {
        scene.node(&mut svg, component);
    }
    for (place, count) in scene.groups.values() {
        let (left, top) = (place.x - BOX_WIDTH / 2.0, place.y - BOX_HEIGHT / 2.0);
        let _ = write!(
            svg,
            r#"<rect class="node" x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="20"/><text x="{}" y="{}" text-anchor="middle">and {count} more</text>"#,
            place.x,
            place.y + 4.0
        );
    }
    let hidden: usize = scene.groups.values().map(|(_, count)| count).sum();
    let all = drawing.system.components.len();
    let note = format!("showing {} of {all} components, {hidden} hidden", all - hidden);
    let _ = writeln!(svg, r#"<text class="note" x="4" y="{}">{note}</text></svg>"#, scene.height - 6.0);
    svg
}

/// Curves from one end to the other, level where they pass a column.
fn path(from: (f64, f64), between: &[(f64, f64, f64)], to: (f64, f64)) -> String {
    let mut text = format!("M{} {}", from.0, from.1);
    let mut at = from;
    let curve = |text: &mut String, at: (f64, f64), to: (f64, f64)| {
        let bend = ((to.0 - at.0) / 2.0).max(24.0);
        let _ = write!(text, "C{} {} {} {} {} {}", at.0 + bend, at.1, to.0 - bend, to.1, to.0, to.1);
    };
    for (left, right, y) in between {
        let y = (y * 10.0).round() / 10.0;
        curve(&mut text, at, (*left, y));
        let _ = write!(text, "L{right} {y}");
        at = (*right, y);
    }
    curve(&mut text, at, to);
    text
}

struct Scene<'d> {
    drawing: &'d Drawing<'d>,
    singles: BTreeSet<&'d str>,
    places: BTreeMap<&'d ComponentId, Place>,
    /// By layer: where the rest of it stands, and how many they are.
    groups: BTreeMap<usize, (Place, usize)>,
    layer: BTreeMap<&'d ComponentId, usize>,
    /// What the failure that is shown does to each component.
    suffers: BTreeMap<&'d ComponentId, Outcome>,
    /// Edges over which it came.
    carried: BTreeSet<String>,
    /// Edges at which it was stopped.
    stopped: BTreeSet<String>,
    failed: Option<&'d ComponentId>,
    width: f64,
    height: f64,
}

impl<'d> Scene<'d> {
    fn new(drawing: &'d Drawing<'d>, layout: &'d Layout, shown: Shown<'_>) -> Self {
        let row = shown
            .fails
            .and_then(|(id, mode)| drawing.impact.rows.iter().find(|row| row.component == *id && row.mode == *mode));
        let singles = drawing.singles();
        let hidden = hidden(drawing, layout, &singles);
        let (mut places, mut groups, mut layer) =
            (BTreeMap::new(), BTreeMap::<usize, (Place, usize)>::new(), BTreeMap::new());
        let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
        for node in &layout.nodes {
            layer.insert(&node.component, node.layer);
            if hidden.contains(&node.component) {
                groups.entry(node.layer).or_insert((Place { x: 0.0, y: 0.0 }, 0)).1 += 1;
            } else {
                let order = rows.entry(node.layer).or_default();
                places.insert(&node.component, place(node.layer, *order));
                *order += 1;
            }
        }
        for (at, (group, _)) in &mut groups {
            let order = rows.entry(*at).or_default();
            *group = place(*at, *order);
            *order += 1;
        }
        let most = rows.values().max().copied().unwrap_or(1);
        // Columns stand in the middle, every second one half a row lower: edges that pass a column then pass between its boxes.
        let down = |layer: usize| {
            (most - rows.get(&layer).copied().unwrap_or(most)) as f64 * ROW / 2.0
                + if layer % 2 == 1 { ROW / 2.0 } else { 0.0 }
        };
        places.iter_mut().for_each(|(id, place): (&&ComponentId, &mut Place)| place.y += down(layer[*id]));
        groups.iter_mut().for_each(|(layer, (place, _))| place.y += down(*layer));
        let (width, height) = (layout.layers.max(1) as f64 * COLUMN, (most as f64 + 0.5) * ROW + MARGIN * 2.0);
        let mut scene = Self {
            drawing,
            singles,
            places,
            groups,
            layer,
            suffers: BTreeMap::new(),
            carried: BTreeSet::new(),
            stopped: BTreeSet::new(),
            failed: row.map(|row| &row.component),
            width,
            height,
        };
        row.into_iter().for_each(|row| scene.light(row));
        scene
    }

    fn light(&mut self, row: &'d Row) {
        for step in row.hits.iter().flat_map(|hit| &hit.chain) {
            let felt = self.suffers.entry(&step.component).or_insert(step.suffers);
            *felt = (*felt).max(step.suffers);
            self.carried.extend(step.over.as_ref().map(ToString::to_string));
        }
        let stops = row.guardrails.iter().filter(|guardrail| guardrail.counted && guardrail.effect.stops());
        self.stopped.extend(stops.map(|guardrail| guardrail.edge.to_string()));
    }

    /// Where a component stands, or the group that it is part of.
    fn at(&self, id: &ComponentId) -> Option<&Place> {
        self.places.get(id).or_else(|| self.groups.get(self.layer.get(id)?).map(|(place, _)| place))
    }

    fn node(&self, svg: &mut String, component: &Component) {
        let Some(Place { x, y }) = self.places.get(&component.id) else { return };
        let (left, top, right, bottom) =
            (x - BOX_WIDTH / 2.0, y - BOX_HEIGHT / 2.0, x + BOX_WIDTH / 2.0, y + BOX_HEIGHT / 2.0);
        let single = self.singles.contains(component.id.as_str());
        let failed = self.failed == Some(&component.id);
        let class = match (failed, self.suffers.contains_key(&component.id), single) {
            (true, ..) => "node failed",
            (false, true, _) => "node reached",
            (false, false, true) => "node spof",
            (false, false, false) => "node",
        };
        let _ = write!(svg, "<g><title>{}</title>", escape(&label(component)));
        if single {
            svg.push_str(&octagon(class, (left, top, right, bottom), 10.0));
        } else {
            let round = if component.kind == ComponentKind::Client { BOX_HEIGHT / 2.0 } else { 5.0 };
            let _ = write!(
                svg,
                r#"<rect class="{class}" x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="{round}"/>"#
            );
        }
        if is_store(component.kind) {
            let _ = write!(svg, r#"<path class="edge" d="M{} {}H{}"/>"#, left + 10.0, top + 5.0, right - 10.0);
        }
        if failed {
            let _ = write!(
                svg,
                r#"<path class="cross" d="M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"/>"#
            );
        }
        let mark = if single { "◆ " } else { "" };
        let _ = write!(
            svg,
            r#"<text x="{x}" y="{}" text-anchor="middle">{mark}{}</text>"#,
            y + 4.0,
            escape(&short(&label(component)))
        );
        if let Some(outcome) = self.suffers.get(&component.id) {
            let _ = write!(
                svg,
                r#"<text class="word" x="{x}" y="{}" text-anchor="middle">{}</text>"#,
                bottom + 12.0,
                outcome.word()
            );
        }
        svg.push_str("</g>");
    }

    /// Edges into a group are drawn once.
    fn edge(&self, svg: &mut String, edge: &Edge, drawn: &mut BTreeSet<String>) {
        let (Some(from), Some(to)) = (self.at(&edge.id.from), self.at(&edge.id.to)) else { return };
        let class = match edge.needs {
            Needs::Hard => "edge",
            Needs::Soft => "edge soft",
            Needs::Async | Needs::Start => "edge async",
        };
        let name = edge.id.to_string();
        let (carried, stopped) = (self.carried.contains(&name), self.stopped.contains(&name));
        let lit = if carried && !stopped { " reached" } else { "" };
        let (x1, x2) = (from.x + BOX_WIDTH / 2.0, to.x - BOX_WIDTH / 2.0);
        let between = self.between((x1, from.y), (x2, to.y));
        let path = path((x1, from.y), &between, (x2, to.y));
        if !drawn.insert(format!("{class}{lit} {path}")) {
            return;
        }
        let _ = write!(svg, r#"<path class="{class}{lit}" d="{path}"><title>{}</title></path>"#, escape(&name));
        // What stands on the edge stands before the first column that it passes.
        let end = between.first().map_or((x2, to.y), |(left, _, y)| (*left, *y));
        let (x, y) = (f64::midpoint(x1, end.0), f64::midpoint(from.y, end.1));
        if edge.guard.is_some() || edge.has_fallback() {
            let class = if self.is_proved(edge) { "guard effective" } else { "guard" };
            let _ = write!(svg, r#"<rect class="{class}" x="{}" y="{}" width="5" height="18"/>"#, x - 2.5, y - 9.0);
        }
        if stopped {
            let _ = write!(
                svg,
                r#"<path class="cut" d="M{} {}L{} {}M{} {}L{} {}"/>"#,
                x - 9.0,
                y - 9.0,
                x - 3.0,
                y + 9.0,
                x + 3.0,
                y - 9.0,
                x + 9.0,
                y + 9.0
            );
        }
    }

    /// Where an edge passes the columns between its ends: left, right and height of each, between the boxes and not behind.
    fn between(&self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> Vec<(f64, f64, f64)> {
        let mut columns: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for place in self.places.values().chain(self.groups.values().map(|(place, _)| place)) {
            let (left, right) = (place.x - BOX_WIDTH / 2.0, place.x + BOX_WIDTH / 2.0);
            if x1 < left && right < x2 {
                // Whole columns stand at the same whole number.
                columns.entry(place.x.round() as u64).or_default().push(place.y);
            }
        }
        let pass = |(x, boxes): (u64, Vec<f64>)| {
            let x = x as f64;
            let straight = y1 + (y2 - y1) * (x - x1) / (x2 - x1);
            let is_free = |y: &f64| boxes.iter().all(|other| (other - y).abs() >= BOX_HEIGHT / 2.0 + CLEAR);
            let beside = boxes.iter().flat_map(|other| [other - ROW / 2.0, other + ROW / 2.0]);
            let free = std::iter::once(straight).chain(beside).filter(is_free);
            let y = free.min_by(|left, right| (left - straight).abs().total_cmp(&(right - straight).abs()));
            (x - BOX_WIDTH / 2.0, x + BOX_WIDTH / 2.0, y.unwrap_or(straight))
        };
        columns.into_iter().map(pass).collect()
    }

    fn is_proved(&self, edge: &Edge) -> bool {
        let rows = self.drawing.impact.rows.iter();
        rows.flat_map(|row| &row.guardrails).any(|guardrail| guardrail.edge == edge.id && guardrail.counted)
    }

    /// One box around members that stand together; around each, where others stand between them.
    fn fates(&self, svg: &mut String) {
        for (name, members) in &self.drawing.system.shared_fate {
            let places: Vec<&Place> = members.iter().filter_map(|member| self.places.get(&member.component)).collect();
            let ends = |of: &dyn Fn(&Place) -> f64| {
                places
                    .iter()
                    .map(|place| of(place))
                    .fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at), high.max(at)))
            };
            let ((x1, x2), (y1, y2)) = (ends(&|place| place.x), ends(&|place| place.y));
            let inside = |place: &Place| (x1..=x2).contains(&place.x) && (y1..=y2).contains(&place.y);
            let strangers = self
                .places
                .iter()
                .any(|(id, place)| inside(place) && members.iter().all(|member| member.component != **id));
            let boxes: Vec<(f64, f64, f64, f64)> = if strangers {
                places.iter().map(|place| (place.x, place.y, place.x, place.y)).collect()
            } else {
                places.first().map(|_| (x1, y1, x2, y2)).into_iter().collect()
            };
            for (x1, y1, x2, y2) in boxes {
                let (left, top) = (x1 - BOX_WIDTH / 2.0 - 8.0, y1 - BOX_HEIGHT / 2.0 - 12.0);
                let (width, height) = (x2 - x1 + BOX_WIDTH + 16.0, y2 - y1 + BOX_HEIGHT + 18.0);
                let _ = write!(
                    svg,
                    r#"<rect class="fate" x="{left}" y="{top}" width="{width}" height="{height}" rx="8"/><text class="word" x="{}" y="{}">{}</text>"#,
                    left + 6.0,
                    top + 9.0,
                    escape(name)
                );
            }
        }
    }
}

fn place(layer: usize, order: usize) -> Place {
    Place { x: layer as f64 * COLUMN + COLUMN / 2.0, y: order as f64 * ROW + ROW / 2.0 + 6.0 }
}

/// The least important, when there are too many: no single points of failure, least lost when they fail, by name.
fn hidden<'d>(drawing: &Drawing<'d>, layout: &'d Layout, singles: &BTreeSet<&str>) -> BTreeSet<&'d ComponentId> {
    if layout.nodes.len() <= MAX_NODES {
        return BTreeSet::new();
    }
    let mut loss: BTreeMap<&ComponentId, f64> = BTreeMap::new();
    for row in &drawing.impact.rows {
        let most = loss.entry(&row.component).or_default();
        *most = most.max(row.loss);
    }
    let weight = |id: &ComponentId| (singles.contains(id.as_str()), loss.get(id).copied().unwrap_or(0.0));
    let mut nodes: Vec<&ComponentId> = layout.nodes.iter().map(|node| &node.component).collect();
    nodes.sort_by(|left, right| {
        let (left_weight, right_weight) = (weight(left), weight(right));
        right_weight.0.cmp(&left_weight.0).then(right_weight.1.total_cmp(&left_weight.1)).then(left.cmp(right))
    });
    nodes.split_off(MAX_NODES.saturating_sub(layout.layers.min(MAX_NODES / 2))).into_iter().collect()
}

fn short(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    name.chars().take(MAX_NAME - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` needs `c` past `b`, which stands between them on the same height.
    #[test]
    fn an_edge_that_passes_a_column_passes_between_its_boxes() {
        let text = "seaworthy: 1\nname: t\nsystem:\n  components: {a: {kind: client}, b: {kind: service}, c: {kind: service}}\n  edges: {a->b: , b->c: , a->c: }\n  flows: {f: {path: [a, b, c]}}\n";
        let source = text::Source::new("seaworthy.yaml", text);
        let (node, mut problems) = text::read_yaml(&source);
        let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
        let impact = ::impact::impact(&system, &::impact::Counted::nothing());
        let drawing = Drawing { system: &system, impact: &impact };
        let layout = layout(&system);
        let scene = Scene::new(&drawing, &layout, Shown::default());
        let at = |name: &str| &scene.places[&system::ComponentId::try_new(name).expect("is a name")];
        let (a, b, c) = (at("a"), at("b"), at("c"));
        let between = scene.between((a.x + BOX_WIDTH / 2.0, a.y), (c.x - BOX_WIDTH / 2.0, c.y));
        assert_eq!(between.len(), 1);
        assert!((between[0].2 - b.y).abs() >= BOX_HEIGHT / 2.0 + CLEAR, "{between:?} {}", b.y);
        assert!(scene.between((a.x + BOX_WIDTH / 2.0, a.y), (b.x - BOX_WIDTH / 2.0, b.y)).is_empty());
        assert_eq!(path((0.0, 0.0), &between, (9.0, 9.0)).matches('C').count(), 2);
    }
}
