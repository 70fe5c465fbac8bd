//! The tree as the engine works on it: only *and*, *odd* and *at least* gates, with negated arguments.
//!
//! An *or* is a negated *and* of negated arguments, so every rule below is written once and holds for both. Equal gates
//! are one gate. Nodes: 0 is the constant false, then the events, then the gates, each after its arguments.

use foldhash::{HashMap, HashMapExt};

use crate::tree::{Connective, Tree};

/// A node, negated when the lowest bit is set.
pub(crate) type Literal = u32;

pub(crate) const FALSE: Literal = 0;
pub(crate) const TRUE: Literal = 1;

pub(crate) fn node(literal: Literal) -> usize {
    (literal >> 1) as usize
}

/// What a gate does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    And,
    Odd,
    AtLeast(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gate {
    pub(crate) kind: Kind,
    /// In the order written.
    pub(crate) args: Vec<Literal>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    /// How many events there are, whether reached or not.
    pub(crate) events: usize,
    pub(crate) gates: Vec<Gate>,
    pub(crate) top: Literal,
}

impl Graph {
    pub(crate) fn gate(&self, node: usize) -> Option<&Gate> {
        node.checked_sub(1 + self.events).map(|at| &self.gates[at])
    }

    pub(crate) fn nodes(&self) -> usize {
        1 + self.events + self.gates.len()
    }

    /// How many arguments, and the top, refer to each node.
    pub(crate) fn parents(&self) -> Vec<u32> {
        let mut parents = vec![0_u32; self.nodes()];
        for arg in self.gates.iter().flat_map(|gate| &gate.args) {
            parents[node(*arg)] += 1;
        }
        parents[node(self.top)] += 1;
        parents
    }

    /// The tree, with equal gates joined and constants gone.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut maker = Maker::new(tree.events.len());
        let mut made: Vec<Literal> = (0..=tree.events.len()).map(|at| (at as u32) << 1).collect();
        for gate in &tree.gates {
            let args: Vec<Literal> =
                gate.args.iter().map(|arg| made[arg.node()] ^ u32::from(arg.is_negated())).collect();
            made.push(match gate.connective {
                Connective::And => maker.and(args),
                Connective::Or => maker.or(args),
                Connective::Xor => maker.odd(args),
                Connective::AtLeast(least) => maker.at_least(i64::from(least), args),
            });
        }
        maker.graph(made[tree.top.node()] ^ u32::from(tree.top.is_negated()))
    }
}

/// Makes gates from below, simplified as far as their arguments alone allow.
pub(crate) struct Maker {
    events: usize,
    gates: Vec<Gate>,
    known: HashMap<(Kind, Vec<Literal>), Literal>,
}

impl Maker {
    pub(crate) fn new(events: usize) -> Self {
        Self { events, gates: Vec::new(), known: HashMap::new() }
    }

    /// The gate behind a literal made here.
    pub(crate) fn gate(&self, literal: Literal) -> Option<&Gate> {
        node(literal).checked_sub(1 + self.events).map(|at| &self.gates[at])
    }

    pub(crate) fn and(&mut self, args: Vec<Literal>) -> Literal {
        let mut sorted = args.clone();
        sorted.sort_unstable();
        sorted.dedup();
        // A node and its negation are neighbors when sorted.
        if sorted.first() == Some(&FALSE) || sorted.windows(2).any(|pair| pair[0] ^ 1 == pair[1]) {
            return FALSE;
        }
        if sorted.first() == Some(&TRUE) {
            sorted.remove(0);
        }
        match sorted[..] {
            [] => TRUE,
            [only] => only,
            _ => self.known(Kind::And, sorted, args),
        }
    }

    pub(crate) fn or(&mut self, args: Vec<Literal>) -> Literal {
        self.and(args.into_iter().map(|arg| arg ^ 1).collect()) ^ 1
    }

    pub(crate) fn odd(&mut self, args: Vec<Literal>) -> Literal {
        let negated = args.iter().fold(0, |parity, arg| parity ^ (arg & 1));
        let mut sorted: Vec<Literal> = args.iter().map(|arg| arg & !1).filter(|arg| *arg != FALSE).collect();
        sorted.sort_unstable();
        let mut left: Vec<Literal> = Vec::new();
        for arg in sorted {
            if left.last() == Some(&arg) {
                left.pop();
            } else {
                left.push(arg);
            }
        }
        negated
            ^ match left[..] {
                [] => FALSE,
                [only] => only,
                _ => self.known(Kind::Odd, left.clone(), left),
            }
    }

    pub(crate) fn at_least(&mut self, least: i64, args: Vec<Literal>) -> Literal {
        let always = args.iter().filter(|arg| **arg == TRUE).count() as i64;
        let least = least - always;
        let args: Vec<Literal> = args.into_iter().filter(|arg| node(*arg) != 0).collect();
        let count = args.len() as i64;
        if least <= 0 {
            TRUE
        } else if least > count {
            FALSE
        } else if least == 1 {
            self.or(args)
        } else if least == count {
            self.and(args)
        } else {
            let mut sorted = args.clone();
            sorted.sort_unstable();
            self.known(Kind::AtLeast(least as u32), sorted, args)
        }
    }

    /// `written` holds the same literals as `sorted`, and perhaps some twice or true.
    fn known(&mut self, kind: Kind, sorted: Vec<Literal>, mut written: Vec<Literal>) -> Literal {
        let next = ((1 + self.events + self.gates.len()) as u32) << 1;
        let gates = &mut self.gates;
        *self.known.entry((kind, sorted)).or_insert_with(|| {
            if kind == Kind::And {
                let mut seen = foldhash::HashSet::default();
                written.retain(|arg| *arg != TRUE && seen.insert(*arg));
            }
            gates.push(Gate { kind, args: written });
            next
        })
    }

    /// What the top reaches, and nothing else.
    pub(crate) fn graph(self, top: Literal) -> Graph {
        let first = 1 + self.events;
        let mut reached = vec![false; self.gates.len()];
        if let Some(at) = node(top).checked_sub(first) {
            reached[at] = true;
        }
        for at in (0..reached.len()).rev() {
            if reached[at] {
                for arg in &self.gates[at].args {
                    if let Some(below) = node(*arg).checked_sub(first) {
                        reached[below] = true;
                    }
                }
            }
        }
        let mut moved: Vec<Literal> = (0..first).map(|at| (at as u32) << 1).collect();
        let mut gates = Vec::new();
        for (gate, reached) in self.gates.into_iter().zip(reached) {
            moved.push(((first + gates.len()) as u32) << 1);
            if reached {
                let args = gate.args.iter().map(|arg| moved[node(*arg)] ^ (arg & 1)).collect();
                gates.push(Gate { kind: gate.kind, args });
            }
        }
        Graph { events: self.events, gates, top: moved[node(top)] ^ (top & 1) }
    }
}
