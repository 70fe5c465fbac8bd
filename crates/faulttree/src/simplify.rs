//! Smaller trees that say the same: rules that are applied in turn until none changes anything.

use foldhash::{HashMap, HashMapExt};

use crate::graph::{Gate, Graph, Kind, Literal, Maker, TRUE, node};

/// Rounds of all rules; each round only ever shrinks the tree, and few are needed.
const MAX_ROUNDS: usize = 12;

/// The same function with fewer gates and arguments.
pub(crate) fn simplify(graph: Graph) -> Graph {
    let mut graph = flatten(&graph);
    for _ in 0..MAX_ROUNDS {
        let next = factor(&flatten(&assume(&graph)));
        let next = flatten(&next);
        if next == graph {
            break;
        }
        graph = next;
    }
    graph
}

/// Builds the graph anew from below; `make` gives each gate from its own arguments, already moved.
fn rebuild(graph: &Graph, mut make: impl FnMut(&mut Maker, usize, &Gate, &[Literal]) -> Literal) -> Graph {
    let mut maker = Maker::new(graph.events);
    let mut moved: Vec<Literal> = (0..=graph.events).map(|at| (at as u32) << 1).collect();
    for (at, gate) in graph.gates.iter().enumerate() {
        let literal = make(&mut maker, at, gate, &moved);
        moved.push(literal);
    }
    let top = moved[node(graph.top)] ^ (graph.top & 1);
    maker.graph(top)
}

fn made(maker: &mut Maker, kind: Kind, args: Vec<Literal>) -> Literal {
    match kind {
        Kind::And => maker.and(args),
        Kind::Odd => maker.odd(args),
        Kind::AtLeast(least) => maker.at_least(i64::from(least), args),
    }
}

/// An *and* below an *and* that nobody else uses is part of it; the same for *odd*.
fn flatten(graph: &Graph) -> Graph {
    let parents = graph.parents();
    rebuild(graph, |maker, _, gate, moved| {
        let mut args = Vec::with_capacity(gate.args.len());
        for arg in &gate.args {
            let literal = moved[node(*arg)] ^ (arg & 1);
            let joins = parents[node(*arg)] == 1
                && match (gate.kind, maker.gate(literal)) {
                    (Kind::And, Some(below)) => below.kind == Kind::And && literal & 1 == 0,
                    (Kind::Odd, Some(below)) => below.kind == Kind::Odd,
                    _ => false,
                };
            if joins {
                let negated = literal & 1;
                let below = maker.gate(literal).expect("is a gate");
                // For *odd* the negation of the whole is the negation of any one argument.
                args.extend(below.args.iter().enumerate().map(|(at, arg)| if at == 0 { arg ^ negated } else { *arg }));
            } else {
                args.push(literal);
            }
        }
        made(maker, gate.kind, args)
    })
}

/// Below an *and*, on ways that all lead through it, each of its own arguments is true: where it is false, nothing
/// below matters. (Contini's propagation of failures, over dominators.)
fn assume(graph: &Graph) -> Graph {
    let replaced = assumptions(graph);
    rebuild(graph, |maker, at, gate, moved| {
        let args = gate.args.iter().enumerate().map(|(place, arg)| match replaced.get(&(at, place)) {
            Some(constant) => *constant,
            None => moved[node(*arg)] ^ (arg & 1),
        });
        let args = args.collect();
        made(maker, gate.kind, args)
    })
}

/// Arguments (gate, place) whose value is known where it matters.
fn assumptions(graph: &Graph) -> HashMap<(usize, usize), Literal> {
    let mut replaced = HashMap::new();
    let first = 1 + graph.events;
    let Some(root) = node(graph.top).checked_sub(first) else { return replaced };
    let children = dominated(graph, root);
    // What is assumed at each node: the literal that is true, and how many dominators say so.
    let mut assumed: Vec<(Literal, u32)> = vec![(0, 0); graph.nodes()];
    let mut open = vec![(root, false)];
    while let Some((at, leaving)) = open.pop() {
        let gate = &graph.gates[at];
        if leaving {
            if gate.kind == Kind::And {
                gate.args.iter().for_each(|arg| assumed[node(*arg)].1 -= 1);
            }
            continue;
        }
        for (place, arg) in gate.args.iter().enumerate() {
            let (literal, count) = assumed[node(*arg)];
            if count > 0 {
                replaced.insert((at, place), if literal == *arg { TRUE } else { TRUE ^ 1 });
            }
        }
        if gate.kind == Kind::And {
            for (place, arg) in gate.args.iter().enumerate() {
                let slot = &mut assumed[node(*arg)];
                if slot.1 == 0 {
                    slot.0 = if replaced.contains_key(&(at, place)) { slot.0 } else { *arg };
                }
                slot.1 += 1;
            }
        }
        open.push((at, true));
        open.extend(children[at].iter().map(|child| (*child, false)));
    }
    replaced
}

/// The tree of immediate dominators of the gates: every way from the top to a child leads through its parent.
fn dominated(graph: &Graph, root: usize) -> Vec<Vec<usize>> {
    const NONE: usize = usize::MAX;
    let first = 1 + graph.events;
    let mut over = vec![NONE; graph.gates.len()];
    let mut children = vec![Vec::new(); graph.gates.len()];
    for at in (0..=root).rev() {
        if at != root {
            children[over[at]].push(at);
        }
        for arg in &graph.gates[at].args {
            let Some(below) = node(*arg).checked_sub(first) else { continue };
            let (mut left, mut right) = (at, over[below]);
            // Dominators have higher numbers than what they dominate.
            while right != NONE && left != right {
                if left < right {
                    left = over[left];
                } else {
                    right = over[right];
                }
            }
            over[below] = left;
        }
    }
    children
}

/// `(a or b) and (a or c)` is `a or (b and c)`, for gates that nobody else uses.
fn factor(graph: &Graph) -> Graph {
    let parents = graph.parents();
    rebuild(graph, |maker, _, gate, moved| {
        let moved_args: Vec<Literal> = gate.args.iter().map(|arg| moved[node(*arg)] ^ (arg & 1)).collect();
        if gate.kind != Kind::And {
            return made(maker, gate.kind, moved_args);
        }
        // Negated *and* gates of our own, as lists of arguments; everything else stays.
        let (mut groups, mut rest) = (Vec::new(), Vec::new());
        for (arg, literal) in gate.args.iter().zip(moved_args) {
            match maker.gate(literal) {
                Some(below) if below.kind == Kind::And && literal & 1 == 1 && parents[node(*arg)] == 1 => {
                    groups.push(below.args.clone());
                }
                _ => rest.push(literal),
            }
        }
        while let Some(common) = most_common(&groups) {
            let (with, without): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.contains(&common));
            groups = without;
            let parts = with.into_iter().map(|group| {
                let others = group.into_iter().filter(|arg| *arg != common).collect();
                maker.and(others) ^ 1
            });
            let parts = parts.collect();
            let inner = maker.and(parts) ^ 1;
            // Distinct again, or no gate any more: so every turn leaves fewer groups.
            let joined = maker.and(vec![common, inner]);
            match maker.gate(joined).filter(|gate| gate.kind == Kind::And && joined & 1 == 0) {
                Some(gate) => groups.push(gate.args.clone()),
                None => rest.push(joined ^ 1),
            }
        }
        rest.extend(groups.into_iter().map(|group| maker.and(group) ^ 1));
        maker.and(rest)
    })
}

/// The literal that stands in most groups, when it stands in two; the first of several.
fn most_common(groups: &[Vec<Literal>]) -> Option<Literal> {
    let mut counts: HashMap<Literal, usize> = HashMap::new();
    let mut best: Option<(usize, Literal)> = None;
    for literal in groups.iter().flatten() {
        let count = counts.entry(*literal).or_default();
        *count += 1;
        if *count >= 2 && best.is_none_or(|(most, _)| *count > most) {
            best = Some((*count, *literal));
        }
    }
    best.map(|(_, literal)| literal)
}
