//! Places for a picture: layers by the longest path from where flows begin, and an order within each layer in which
//! few edges cross. Coordinates and colors are the painter's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use system::{ComponentId, Edge, EdgeId, Needs, System};

/// How often each layer is put in order by its neighbors, down and up.
const SWEEPS: usize = 4;

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Components by layer, then by order.
    pub nodes: Vec<Placed>,
    /// Edges by name.
    pub edges: Vec<Drawn>,
    /// How many layers there are.
    pub layers: usize,
}

/// A component in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The component.
    pub component: ComponentId,
    /// Its layer; an edge leads to a higher one unless it closes a cycle.
    pub layer: usize,
    /// Its place within the layer, from 0.
    pub order: usize,
}

/// An edge in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The edge.
    pub edge: EdgeId,
    /// It closes a cycle, and leads back.
    pub back: bool,
}

/// The edges of a picture by name: those of the system, and one to each component that stands in on one of them.
pub fn drawn_edges(system: &System) -> Vec<Cow<'_, Edge>> {
    let stands_in = |edge: &Edge, other: &ComponentId| {
        let name = Some(format!("instead of {}", edge.id.to));
        Edge::new(EdgeId { from: edge.id.from.clone(), to: other.clone(), name }, Needs::Soft, edge.span)
    };
    let mut edges: Vec<Cow<'_, Edge>> = system.edges.iter().map(Cow::Borrowed).collect();
    for edge in &system.edges {
        edges.extend(edge.instead.iter().map(|other| Cow::Owned(stands_in(edge, other))));
    }
    edges.sort_by(|left, right| left.id.cmp(&right.id));
    edges.dedup_by(|left, right| left.id == right.id);
    edges
}

/// Places every component. The result does not depend on the order in which things were written.
pub fn layout(system: &System) -> Layout {
    let ids: Vec<&ComponentId> = system.components.keys().collect();
    let mut edges: Vec<(usize, usize, &EdgeId)> = Vec::new();
    let drawn = drawn_edges(system);
    for edge in &drawn {
        let ends = (ids.binary_search(&&edge.id.from), ids.binary_search(&&edge.id.to));
        if let (Ok(from), Ok(to)) = ends {
            edges.push((from, to, &edge.id));
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let back = back_edges(ids.len(), &edges);
    let forward: Vec<(usize, usize)> =
        edges.iter().zip(&back).filter(|(_, back)| !**back).map(|((from, to, _), _)| (*from, *to)).collect();
    let layer = layers(ids.len(), &forward);
    let order = orders(&layer, &forward);
    let mut nodes: Vec<Placed> = Vec::new();
    for (at, id) in ids.into_iter().enumerate() {
        nodes.push(Placed { component: id.clone(), layer: layer[at], order: order[at] });
    }
    nodes.sort_by_key(|node| (node.layer, node.order));
    let layers = layer.iter().max().map_or(0, |last| last + 1);
    let mut edges: Vec<Drawn> =
        edges.into_iter().zip(back).map(|((_, _, edge), back)| Drawn { edge: edge.clone(), back }).collect();
    edges.sort_by(|left, right| left.edge.cmp(&right.edge));
    Layout { nodes, edges, layers }
}

/// Edges that lead to a component whose own edges are still being followed. Components nobody needs come first, so
/// that cycles are cut where flows would close them.
fn back_edges(count: usize, edges: &[(usize, usize, &EdgeId)]) -> Vec<bool> {
    let mut from: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut needed = vec![false; count];
    for (at, (caller, callee, _)) in edges.iter().enumerate() {
        from[*caller].push(at);
        needed[*callee] = true;
    }
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|at| needed[*at]);
    let mut back = vec![false; edges.len()];
    let mut seen = vec![false; count];
    let mut open = vec![false; count];
    for start in starts {
        if seen[start] {
            continue;
        }
        (seen[start], open[start]) = (true, true);
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.pop() {
            let Some(edge) = from[at].get(next) else {
                open[at] = false;
                continue;
            };
            stack.push((at, next + 1));
            let to = edges[*edge].1;
            back[*edge] = open[to];
            if !seen[to] {
                (seen[to], open[to]) = (true, true);
                stack.push((to, 0));
            }
        }
    }
    back
}

/// The longest path to each component, over edges without a cycle.
fn layers(count: usize, forward: &[(usize, usize)]) -> Vec<usize> {
    let mut waits = vec![0_usize; count];
    let mut to: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (caller, callee) in forward {
        waits[*callee] += 1;
        to[*caller].push(*callee);
    }
    let mut layer = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|at| waits[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        for callee in &to[at] {
            layer[*callee] = layer[*callee].max(layer[at] + 1);
            waits[*callee] -= 1;
            if waits[*callee] == 0 {
                ready.push(*callee);
            }
        }
    }
    layer
}

/// The place of each component in its layer: sorted again and again by the mean place of its neighbors, by name where
/// that leaves a choice.
fn orders(layer: &[usize], forward: &[(usize, usize)]) -> Vec<usize> {
    let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, layer) in layer.iter().enumerate() {
        rows.entry(*layer).or_default().push(at);
    }
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); layer.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); layer.len()];
    for (caller, callee) in forward {
        above[*callee].push(*caller);
        below[*caller].push(*callee);
    }
    let mut place = vec![0; layer.len()];
    for row in rows.values() {
        settle(row, &mut place);
    }
    for _ in 0..SWEEPS {
        rows.values_mut().for_each(|row| sort_by_neighbors(row, &above, &mut place));
        rows.values_mut().rev().for_each(|row| sort_by_neighbors(row, &below, &mut place));
    }
    place
}

fn sort_by_neighbors(row: &mut [usize], neighbors: &[Vec<usize>], place: &mut [usize]) {
    let mean = |at: usize| {
        let sum: usize = neighbors[at].iter().map(|other| place[*other]).sum();
        if neighbors[at].is_empty() { place[at] as f64 } else { sum as f64 / neighbors[at].len() as f64 }
    };
    let mut keyed: Vec<(f64, usize)> = row.iter().map(|at| (mean(*at), *at)).collect();
    keyed.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    for (slot, (_, at)) in row.iter_mut().zip(keyed) {
        *slot = at;
    }
    settle(row, place);
}

fn settle(row: &[usize], place: &mut [usize]) {
    for (order, at) in row.iter().enumerate() {
        place[*at] = order;
    }
}
