//! Gates and parameters that need themselves: refused, with the whole way around.

use text::{Problem, Source};

use crate::expression::Expression;
use crate::model::{Formula, Model, Place};

/// The longest way that is shown whole.
const MAX_SHOWN: usize = 12;

/// At most one circle of gates and one of parameters: the first that a walk meets.
pub(super) fn circles(model: &Model, sources: &[Source]) -> Vec<Problem> {
    let gates = |at: usize| {
        let mut below = Vec::new();
        model.gates[at].formula.each(&mut |formula| {
            if let Formula::Gate(number) = formula {
                below.push(*number);
            }
        });
        below
    };
    let parameters = |at: usize| {
        let mut below = Vec::new();
        model.parameters[at].value.each(&mut |expression| {
            if let Expression::Parameter(number) = expression {
                below.push(*number);
            }
        });
        below
    };
    let problem = |names: Vec<&str>, place: Place, help: &str| {
        let message = format!("a circle: {}", shown(&names));
        Problem::error("openpsa-circle", &sources[place.document], place.span, message).with_help(help)
    };
    let of_gates = circle(model.gates.len(), gates).map(|way| {
        let names = way.iter().map(|at| model.gates[*at].name.as_str()).collect();
        problem(names, model.gates[way[0]].place, "a fault tree has no circles; cut it at the gate that is not a cause")
    });
    let of_parameters = circle(model.parameters.len(), parameters).map(|way| {
        let names = way.iter().map(|at| model.parameters[*at].name.as_str()).collect();
        problem(names, model.parameters[way[0]].place, "a parameter cannot be computed from itself")
    });
    of_gates.into_iter().chain(of_parameters).collect()
}

fn shown(names: &[&str]) -> String {
    let ways: Vec<&str> = names.iter().chain(names.first()).copied().collect();
    if ways.len() <= MAX_SHOWN {
        return ways.join(" -> ");
    }
    let (head, tail) = (&ways[..MAX_SHOWN - 2], ways[ways.len() - 1]);
    format!("{} -> .. {} more .. -> {tail}", head.join(" -> "), ways.len() - MAX_SHOWN + 1)
}

/// The nodes of a circle in order, when there is one.
fn circle(count: usize, below: impl Fn(usize) -> Vec<usize>) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; count];
    for start in 0..count {
        if state[start] != State::New {
            continue;
        }
        let mut way: Vec<(usize, Vec<usize>)> = vec![(start, below(start))];
        state[start] = State::Open;
        while let Some((at, left)) = way.last_mut() {
            let Some(next) = left.pop() else {
                state[*at] = State::Done;
                way.pop();
                continue;
            };
            match state[next] {
                State::New => {
                    state[next] = State::Open;
                    way.push((next, below(next)));
                }
                State::Open => {
                    let nodes: Vec<usize> = way.iter().map(|(at, _)| *at).collect();
                    let begin = nodes.iter().position(|at| *at == next).unwrap_or(0);
                    return Some(nodes[begin..].to_vec());
                }
                State::Done => {}
            }
        }
    }
    None
}
